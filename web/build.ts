/**
 * `npm run build`: the tag and what it loads into dist/tag, the demo shop into dist/shop.
 *
 *     dist/tag/vitrine.js          the script tag, with the names and hashes of the others written into it
 *     dist/tag/worker.1f0a….js     named by their content, so that they can be kept for ever
 *     dist/tag/shelf.77d0….js
 *     dist/tag/panel.c41b….js
 *     dist/tag/assistant.09ab….js
 *     dist/tag/learner.90ce….js
 *     dist/tag/contributor.3b9a….js
 *     dist/tag/learning.5d02….js
 *     dist/tag/learning-simd.8f1e….wasm
 *     dist/tag/integrity.json      {"vitrine.js":"sha256-…", …}
 *
 * What is up to date is left alone: a file of hashes of the sources lies beside each result.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileAssemblyScript } from '../shared/model/assemblyscript.ts'
import { hashedName } from '../shared/tlog/release-files.ts'

const ROOT = join(import.meta.dirname, '..')
const TAG = join(ROOT, 'dist', 'tag')
const SHOP = join(ROOT, 'dist', 'shop')
const KERNEL = join(ROOT, 'shared', 'kernels', 'rank.ts')
const FIELD64 = join(ROOT, 'shared', 'kernels', 'field64.ts')
const TFJS_WASM = createRequire(import.meta.url).resolve(
  '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
)
const PLATFORM_CRYPTO = join(ROOT, 'web', 'federated', 'platform-crypto.ts')
const SOURCES_FILE = '.sources'

const TAG_SOURCES = [
  ...[
    'tag',
    'capture',
    'store',
    'widgets',
    'panel',
    'worker',
    'assistant',
    'learning',
    'federated',
    'log-growth.ts',
    'network.ts',
    'protocol.ts',
    'build.ts',
  ].map((p) => `web/${p}`),
  'shared',
  'package-lock.json',
]
const SHOP_SOURCES = ['web', 'shared', 'vite.config.ts', 'package-lock.json']

/** @throws the bundler's error */
export async function buildWeb(): Promise<void> {
  await whenChanged(TAG, TAG_SOURCES, buildTag)
  if (!existsSync(join(ROOT, 'web', 'shop', 'index.html'))) return
  await whenChanged(SHOP, SHOP_SOURCES, async () => {
    const { build } = await import('vite')
    await build({ root: join(ROOT, 'web', 'shop'), configFile: join(ROOT, 'vite.config.ts'), logLevel: 'warn' })
  })
}

async function buildTag(): Promise<void> {
  await mkdir(TAG, { recursive: true })
  const integrity: Record<string, string> = {}
  const write = async (file: string, code: string | Uint8Array) => {
    // Written aside and moved, so that an edge that serves the folder never reads half a file.
    const partial = join(TAG, `.${file}.${process.pid}`)
    await writeFile(partial, code)
    await rename(partial, join(TAG, file))
    // SHA-256, which is also how the chunks of a release are named.
    integrity[file] = `sha256-${createHash('sha256').update(code).digest('base64')}`
    return { file, integrity: integrity[file] }
  }
  const writeHashed = (name: string, code: string | Uint8Array, extension = 'js') =>
    write(hashedName(name, createHash('sha256').update(code).digest('hex'), extension), code)

  const kernel = await compileAssemblyScript(await readFile(KERNEL, 'utf8'), { importMemory: true })
  const kernelText = JSON.stringify(Buffer.from(kernel).toString('hex'))
  const worker = await writeHashed('worker', await bundle('web/worker/worker.ts', { RANK_KERNEL: kernelText }))
  const shelf = await writeHashed('shelf', await bundle('web/widgets/shelf.ts'))
  const panel = await writeHashed('panel', await bundle('web/panel/panel.ts'))
  const assistant = await writeHashed('assistant', await bundle('web/assistant/worker.ts'))
  const learning = await writeHashed('learning', await bundle('web/learning/worker.ts'))
  const wasm = await writeHashed('learning-simd', await readFile(TFJS_WASM), 'wasm')
  const field64 = await compileAssemblyScript(await readFile(FIELD64, 'utf8'), { importMemory: true })
  const field64Text = JSON.stringify(Buffer.from(field64).toString('hex'))
  const contributor = await writeHashed(
    'contributor',
    await bundle('web/federated/contributor.ts', { FIELD64_KERNEL: field64Text }),
  )
  const lessons = defines({ LEARNING_ASSET: learning, WASM_ASSET: wasm, CONTRIBUTOR_ASSET: contributor })
  const learner = await writeHashed('learner', await bundle('web/learning/learner.ts', lessons))
  const assets = {
    WORKER_ASSET: worker,
    SHELF_ASSET: shelf,
    PANEL_ASSET: panel,
    ASSISTANT_ASSET: assistant,
    LEARNER_ASSET: learner,
    CONTRIBUTOR_ASSET: contributor,
  }
  // What a shop's tag trusts is left open, and `vitrine publish` writes it in.
  await write('vitrine.js', await bundle('web/tag/vitrine.ts', defines(assets)))
  const list = JSON.stringify(integrity)
  await write('integrity.json', list)
  for (const file of await readdir(TAG)) {
    if (/\.(js|wasm)$/.test(file) && !(file in integrity)) await rm(join(TAG, file))
  }
}

/** Names and hashes, as they are written into the script that loads them. */
function defines(assets: Record<string, object>): Record<string, string> {
  return Object.fromEntries(Object.entries(assets).map(([name, asset]) => [name, JSON.stringify(asset)]))
}

/** One classic script with nothing beside it: what a page, a Blob and an integrity hash need. */
async function bundle(entry: string, define: Record<string, string> = {}): Promise<string> {
  // Half a second that a start with nothing to build does not pay.
  const [{ build }, { svelte }] = await Promise.all([import('vite'), import('@sveltejs/vite-plugin-svelte')])
  const results = await build({
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'warn',
    define,
    // Node by node, where a page with Trusted Types refuses markup in text.
    plugins: [svelte({ configFile: false, compilerOptions: { fragments: 'tree', css: 'external', dev: false } })],
    // Whoever builds, a test too, builds what ships.
    // @hpke/core asks Node for what every browser has.
    resolve: { conditions: ['svelte', 'module', 'browser', 'production'], alias: { crypto: PLATFORM_CRYPTO } },
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: join(ROOT, entry), formats: ['iife'], name: 'vitrineScript' },
    },
  })
  const [result] = Array.isArray(results) ? results : [results]
  if (!('output' in result)) throw new Error(`${entry}: the bundler watches instead of building`)
  const [chunk, ...others] = result.output
  if (chunk.type !== 'chunk' || others.length > 0) throw new Error(`${entry}: built to more than one file`)
  return chunk.code
}

async function whenChanged(folder: string, sources: string[], make: () => Promise<void>): Promise<void> {
  const now = await hashSources(sources)
  const file = join(folder, SOURCES_FILE)
  if (existsSync(file) && (await readFile(file, 'utf8')) === now) return
  await make()
  await writeFile(file, now)
}

async function hashSources(sources: string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const source of sources) {
    const path = join(ROOT, source)
    for (const file of await filesUnder(path)) {
      hash.update(`${relative(ROOT, file)}\0`).update(await readFile(file))
    }
  }
  return hash.digest('hex')
}

async function filesUnder(path: string): Promise<string[]> {
  if (!existsSync(path)) return []
  if (/\.\w+$/.test(path)) return [path]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await buildWeb()
