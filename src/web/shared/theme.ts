import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const signet: MantineColorsTuple = [
  '#e9f5f4',
  '#d3e8e6',
  '#a5d0cc',
  '#74b8b2',
  '#4ca39b',
  '#33958d',
  '#0f766e',
  '#0c625c',
  '#0a504b',
  '#063c38',
];
const dark: MantineColorsTuple = [
  '#dfe5ea',
  '#b8c2cb',
  '#94a0ab',
  '#6b7884',
  '#3b4651',
  '#2c353e',
  '#222a32',
  '#171d23',
  '#11161b',
  '#0b0f13',
];

export const theme = createTheme({
  primaryColor: 'signet',
  primaryShade: 6,
  colors: { signet, dark },
  autoContrast: true,
  defaultRadius: 'md',
  radius: { xs: '4px', sm: '6px', md: '10px', lg: '16px', xl: '24px' },
  cursorType: 'pointer',
  fontFamily:
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace",
  headings: {
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '1.75rem', lineHeight: '1.25' },
      h2: { fontSize: '1.25rem', lineHeight: '1.35' },
      h3: { fontSize: '1.05rem', lineHeight: '1.4' },
    },
  },
});

const TINTED = ['signet', 'red', 'orange', 'yellow', 'teal', 'gray'];

/** Tints that can be told from the ground in the dark, and coloured words that do not pass for black in the light. */
export const tints: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-error': 'var(--mantine-color-red-9)',
    '--mantine-color-signet-light-color': 'var(--mantine-color-signet-7)',
    '--mantine-color-gray-light-color': 'var(--mantine-color-gray-7)',
    // 4.5:1 on their tints, which the ninth shades miss
    '--mantine-color-teal-light-color': '#066649',
    '--mantine-color-yellow-light-color': '#7a4b00',
  },
  dark: {
    '--mantine-color-error': 'var(--mantine-color-red-4)',
    ...Object.fromEntries(
      TINTED.flatMap((name) => [
        [`--mantine-color-${name}-light`, tint(name, 20)],
        [`--mantine-color-${name}-light-hover`, tint(name, 28)],
        [`--mantine-color-${name}-light-color`, `var(--mantine-color-${name}-3)`],
      ]),
    ),
  },
});

function tint(name: string, percent: number): string {
  return `color-mix(in srgb, var(--mantine-color-${name}-5) ${String(percent)}%, transparent)`;
}
