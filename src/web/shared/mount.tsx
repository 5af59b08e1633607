import '@mantine/core/styles.css';
import './page.css';
import { MantineProvider } from '@mantine/core';
import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { ErrorBoundary } from './error-boundary.js';
import { theme, tints } from './theme.js';

/** Puts a page into the document's #root, with the theme, the viewer's colour scheme and a last line of defence. */
export function mount(page: ReactNode): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('The document has no #root.');
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={tints} defaultColorScheme="auto">
        <ErrorBoundary>{page}</ErrorBoundary>
      </MantineProvider>
    </StrictMode>,
  );
}
