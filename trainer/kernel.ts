/** Compiled kernels on disk, by the hash of what they were compiled from: only the first to need one waits. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
import { type CompilerOptions, compileAssemblyScript } from '../shared/model/assemblyscript.ts'

const ROOT = join(import.meta.dirname, '..')
const CACHE = join(ROOT, 'node_modules', '.cache', 'vitrine')

/**
 * The WebAssembly of `shared/kernels/<name>.ts`.
 * @throws Error with the compiler's messages
 */
export async function kernel(name: string, options: CompilerOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const source = await readFile(join(ROOT, 'shared', 'kernels', `${name}.ts`), 'utf8')
  const compiler = await readFile(join(ROOT, 'shared', 'model', 'assemblyscript.ts'), 'utf8')
  const version = packageJson.dependencies.assemblyscript
  const hash = createHash('sha256')
    .update([version, compiler, JSON.stringify(options), source].join('\0'))
    .digest('hex')
  const file = join(CACHE, `${name}.${hash.slice(0, 16)}.wasm`)
  const kept = await readFile(file).catch(() => undefined)
  if (kept) return new Uint8Array(kept)
  const bytes = Uint8Array.from(await compileAssemblyScript(source, options))
  // Written aside and moved, so that a second process never reads half a file. A folder that is not ours to write to
  // costs the next process a second, nothing else.
  const partial = `${file}.${process.pid}`
  await mkdir(CACHE, { recursive: true })
    .then(() => writeFile(partial, bytes))
    .then(() => rename(partial, file))
    .catch(() => {})
  return bytes
}
