import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Three pages that share their chunks: /portal/index.html, /phone/index.html and /invitation/index.html, hashed assets beside them. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        portal: `${import.meta.dirname}/portal/index.html`,
        invitation: `${import.meta.dirname}/invitation/index.html`,
        phone: `${import.meta.dirname}/phone/index.html`,
      },
    },
  },
});
