import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const source = fileURLToPath(new URL('../src', import.meta.url))

/** Everything goes to `dist`, below `/console/`, under names that change with what is in the files. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^#codec\//, replacement: `${source}/codec/` },
      { find: /^#core\//, replacement: `${source}/core/` },
    ],
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsDir: 'console',
    // A file in the page's own text would need a policy that allows `data:` scripts and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    // These know `light-dark()`, which otherwise is written so that only pages of one file understand it.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    // What is loaded first is counted by a test, compressed.
    chunkSizeWarningLimit: 1_000,
  },
})
