/** The script of the page, bundled into one classic script that imports nothing. */
import { join } from 'node:path'

/** @throws the bundler's error */
export async function pageScript(): Promise<string> {
  const { build } = await import('vite')
  const results = await build({
    configFile: false,
    root: import.meta.dirname,
    publicDir: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: join(import.meta.dirname, 'page', 'main.ts'), formats: ['iife'], name: 'report' },
    },
  })
  const [result] = Array.isArray(results) ? results : [results]
  if (!('output' in result)) throw new Error('page script: the bundler watches instead of building')
  const [chunk, ...others] = result.output
  if (chunk.type !== 'chunk' || others.length > 0) throw new Error('page script: built to more than one file')
  return chunk.code
}
