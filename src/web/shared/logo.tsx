import type { ReactElement } from 'react';

interface LogoProps {
  /** Height in px. */
  readonly size?: number;
}

/** The seal: a ring, and in it the ridges of a thumbprint that close to a keyhole. */
export function Logo({ size = 32 }: LogoProps): ReactElement {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 32 32"
      fill="none"
      aria-hidden="true"
      style={{ color: 'var(--mantine-primary-color-filled)', flex: 'none' }}
    >
      <rect width="32" height="32" rx="9" fill="currentColor" />
      <g stroke="#fff" strokeWidth="2" strokeLinecap="round">
        <path d="M7.5 17.5V16a8.5 8.5 0 0 1 17 0v1.5" />
        <path d="M11.2 22.2V16a4.8 4.8 0 0 1 9.6 0v6.2" />
        <path d="M16 15.6v9.4" />
      </g>
    </svg>
  );
}
