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
    // The counts of a soak take minutes on two busy cores.
    testTimeout: process.env.VITRINE_SOAK ? 900_000 : 60_000,
    hookTimeout: 120_000,
    // What a page comes to, it comes to in its own time on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
  },
})
