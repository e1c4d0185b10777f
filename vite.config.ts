import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

/** The demo shop is the only thing Vite serves by itself; the tag, worker and shelf are built by web/build.ts. */
export default defineConfig({
  root: 'web/shop',
  plugins: [svelte()],
  build: { outDir: '../../dist/shop', emptyOutDir: true },
  test: {
    root: '.',
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})
