import { Box } from '@mantine/core';
import type { ReactElement } from 'react';

interface QrImageProps {
  readonly svg: string;
  readonly alt: string;
  /** Has run out: only its place is kept. */
  readonly faded?: boolean;
  readonly size?: number;
}

/** A QR code, on white whatever the colours are. */
export function QrImage({ svg, alt, faded = false, size = 340 }: QrImageProps): ReactElement {
  return (
    <Box
      bg="white"
      w="100%"
      maw={size}
      style={{
        borderRadius: 'var(--mantine-radius-lg)',
        border: '1px solid #dfe5ea',
        overflow: 'hidden',
      }}
    >
      <img
        src={`data:image/svg+xml,${encodeURIComponent(svg)}`}
        alt={alt}
        width={size - 2}
        height={size - 2}
        style={{
          display: 'block',
          width: '100%',
          height: 'auto',
          opacity: faded ? 0.08 : 1,
          imageRendering: 'pixelated',
        }}
        data-testid="qr"
      />
    </Box>
  );
}
