import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BundleStore, MAX_UPLOAD_BYTES, openBundles } from '../../edge/bundles.ts'
import { decodeManifest, sha256Hex } from '../../shared/model/bundle.ts'
import { publish, putAll, sampleBundle, signedManifest } from './sample-bundle.ts'

let folder: string
let store: BundleStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-bundles-'))
  store = await openBundles(folder)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const abc = new TextEncoder().encode('abc')
/** FIPS 180-2, appendix B.1. */
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

test('a chunk is read back in every encoding', async () => {
  expect(await store.putChunk(ABC, abc)).toBe('stored')
  expect(await store.putChunk(ABC, abc)).toBe('present')
  expect(await store.readChunk(ABC)).toEqual(Buffer.from('abc'))
  expect(brotliDecompressSync((await store.readChunk(ABC, 'br'))!).toString()).toBe('abc')
  expect(gunzipSync((await store.readChunk(ABC, 'gzip'))!).toString()).toBe('abc')
  expect(await store.usage()).toEqual({ chunks: 1, bytes: 3 })
})

test('a chunk that was never put is absent, and appears once it is put', async () => {
  expect(await store.readChunk(ABC)).toBeUndefined()
  expect(await store.readChunk(ABC, 'br')).toBeUndefined()
  await store.putChunk(ABC, abc)
  expect(await store.readChunk(ABC)).toEqual(Buffer.from('abc'))
})

test('bytes that are not those of the name are refused, and leave nothing', async () => {
  await expect(store.putChunk(ABC, new TextEncoder().encode('abd'))).rejects.toMatchObject({ status: 422 })
  expect(await readdir(join(folder, 'chunks'))).toEqual([])
})

test('a name that is no hash never becomes a path', async () => {
  await expect(store.readChunk('../../etc/passwd')).rejects.toThrow('no SHA-256')
  await expect(store.putChunk('../evil', abc)).rejects.toThrow()
  expect(await readdir(folder)).toEqual(['chunks', 'latest'])
})

test('a chunk above the limit is refused', async () => {
  const bytes = new Uint8Array(MAX_UPLOAD_BYTES + 1)
  await expect(store.putChunk(await sha256Hex(bytes), bytes)).rejects.toMatchObject({ status: 413 })
})

test('a damaged chunk is never read, in no encoding, and putting it again mends it', async () => {
  await publish(store, await sampleBundle(1))
  for (const name of await readdir(join(folder, 'chunks'))) {
    if (name.endsWith('.br')) continue
    const path = join(folder, 'chunks', name)
    const bytes = await readFile(path)
    bytes[17] ^= 1
    await writeFile(path, bytes)
  }
  const reopened = await openBundles(folder)
  const bundle = await sampleBundle(1)
  for (const [sha256, bytes] of bundle.chunks) {
    if (sha256 === bundle.latest.manifest) continue // signed anew, so another one
    for (const encoding of ['identity', 'br', 'gzip'] as const) {
      await expect(reopened.readChunk(sha256, encoding)).rejects.toMatchObject({ status: 500 })
    }
    expect(await reopened.putChunk(sha256, bytes)).toBe('stored')
    expect(await reopened.readChunk(sha256)).toEqual(Buffer.from(bytes))
  }
})

test('a damaged brotli copy is made anew', async () => {
  await store.putChunk(ABC, abc)
  const whole = await store.readChunk(ABC, 'br')
  const copy = join(folder, 'chunks', `${ABC}.br`)
  for (const damaged of [Buffer.from('nonsense'), whole!.subarray(0, 2), Buffer.alloc(0)]) {
    await writeFile(copy, damaged)
    expect(await (await openBundles(folder)).readChunk(ABC, 'br')).toEqual(whole)
    expect(await readFile(copy)).toEqual(whole)
  }
})

test('publishing makes brotli copies before it returns', async () => {
  const bundle = await sampleBundle(1)
  await publish(store, bundle)
  for (const [sha256, bytes] of bundle.chunks) {
    const copy = await readFile(join(folder, 'chunks', `${sha256}.br`))
    expect(Buffer.compare(brotliDecompressSync(copy), bytes)).toBe(0)
  }
})

test('versions only grow, across processes that reopen the folder', async () => {
  expect(await store.latest()).toBeUndefined()
  await publish(store, await sampleBundle(3))
  for (const version of [1, 2, 3]) {
    await expect(publish(store, await sampleBundle(version, 'again'))).rejects.toMatchObject({ status: 409 })
  }
  const nine = await publish(await openBundles(folder), await sampleBundle(9))
  expect(await store.latest()).toEqual(nine)
  expect(await (await openBundles(folder)).latest()).toEqual(nine)
})

test('of publishers of one version at the same time exactly one wins, through one store or several', async () => {
  const stores = [store, store, await openBundles(folder), await openBundles(folder), await openBundles(folder)]
  for (let round = 1; round <= 5; round++) {
    const bundles = await Promise.all(stores.map((_, i) => sampleBundle(round * 10 + (i % 2), `publisher ${i}`)))
    await Promise.all(bundles.map((bundle, i) => putAll(stores[i], bundle)))
    const before = (await store.latest())?.version ?? 0
    const outcomes = await Promise.allSettled(bundles.map((bundle, i) => stores[i].setLatest(bundle.latest)))
    const winners = bundles.filter((_, i) => outcomes[i].status === 'fulfilled')
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ status: 409 })
    }
    // Each winner followed what was latest when it looked: 10 then 11 may both win, 11 then 10 or two 10s may not.
    const versions = winners.map((bundle) => bundle.latest.version)
    expect(versions.length).toBeGreaterThan(0)
    expect(new Set(versions).size).toBe(versions.length)
    const newest = winners.find((bundle) => bundle.latest.version === Math.max(...versions))
    for (const each of stores) expect(await each.latest()).toEqual(newest?.latest)
    expect(newest!.latest.version).toBeGreaterThan(before)
  }
})

test('a bundle with a missing chunk, a wrong length, another version or no note is not published', async () => {
  const old = await publish(store, await sampleBundle(1))
  const bundle = await sampleBundle(2)
  const [[shelf, shelfBytes], [vectors]] = [...bundle.chunks]
  const note = bundle.chunks.get(bundle.latest.manifest)!

  await expect(store.setLatest(bundle.latest)).rejects.toThrow('manifest')
  await store.putChunk(bundle.latest.manifest, note)
  await store.putChunk(shelf, shelfBytes)
  await expect(store.setLatest(bundle.latest)).rejects.toMatchObject({ status: 422, members: { missing: [vectors] } })
  await expect(store.setLatest({ ...bundle.latest, version: 3 })).rejects.toThrow('of version 2, not 3')

  const short = await signedManifest({
    version: 2,
    chunks: [{ name: 'shelf', sha256: shelf, bytes: shelfBytes.length - 1, phase: 'first' }],
  })
  for (const [manifest, reason] of [
    [short, 'the manifest says'],
    [note.subarray(0, note.indexOf(10)), 'no signed note'],
    [new TextEncoder().encode('{}\n\n— nobody AAAA\n'), 'format'],
    [new TextEncoder().encode('not json\n\n— nobody AAAA\n'), 'not JSON'],
  ] as const) {
    const sha256 = await sha256Hex(manifest)
    await store.putChunk(sha256, manifest)
    await expect(store.setLatest({ version: 2, manifest: sha256 })).rejects.toThrow(reason)
  }
  expect(await store.latest()).toEqual(old)
})

test('a chunk that vanished from the disk after it was served is missed when it is published', async () => {
  const bundle = await sampleBundle(1)
  await putAll(store, bundle)
  const [shelf] = bundle.chunks.keys()
  await store.readChunk(shelf)
  await rm(join(folder, 'chunks', shelf))
  await expect(store.setLatest(bundle.latest)).rejects.toMatchObject({ status: 422, members: { missing: [shelf] } })
})

test('a publisher killed between its chunks and its pointer leaves the old bundle', async () => {
  const old = await publish(store, await sampleBundle(1))
  const child = startPublisher('chunks-only')
  const [line] = await once(createInterface(child.stdout), 'line')
  expect(line).toBe('put')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const reopened = await openBundles(folder)
  expect(await reopened.latest()).toEqual(old)
  expect((await publish(reopened, await sampleBundle(2))).version).toBe(2) // and the next publisher is not in its way
})

test('a publisher killed at any moment leaves the last bundle it committed, or the next one, whole', async () => {
  let said = 0
  for (const delayMs of [5, 23]) {
    const child = startPublisher('all')
    const lines = createInterface(child.stdout)
    lines.on('line', (line) => (said = Number(line)))
    await once(lines, 'line')
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    child.kill('SIGKILL')
    await once(child, 'exit')
    const reopened = await openBundles(folder)
    const latest = await reopened.latest()
    expect([said, said + 1]).toContain(latest?.version)
    const note = new TextDecoder().decode(await reopened.readChunk(latest!.manifest))
    const manifest = decodeManifest(note.slice(0, note.lastIndexOf('\n\n') + 1))
    expect(manifest.version).toBe(latest!.version)
    for (const { sha256, bytes } of manifest.chunks) expect(await reopened.readChunk(sha256)).toHaveLength(bytes)
  }
})

test('what a crash left is removed an hour later, and not what another publisher is writing', async () => {
  const old = join(folder, 'chunks', '.a.partial')
  const young = join(folder, 'chunks', '.b.partial')
  await writeFile(old, 'x')
  await writeFile(young, 'x')
  const hoursAgo = Date.now() / 1000 - 2 * 3600
  await utimes(old, hoursAgo, hoursAgo)
  await openBundles(folder)
  expect(await readdir(join(folder, 'chunks'))).toEqual(['.b.partial'])
})

test('a folder whose pointer was tampered with is not opened, and the file is named', async () => {
  await publish(store, await sampleBundle(4))
  const next = join(folder, 'latest', 'after-4.json')
  for (const text of ['{"version":4,"manifest":"x"}', '', `{"version":2,"manifest":"${ABC}"}`]) {
    await writeFile(next, text)
    await expect(openBundles(folder)).rejects.toThrow('after-4.json')
  }
})

test('a folder that cannot be made is an error that names it', async () => {
  await writeFile(join(folder, 'file'), 'in the way')
  await expect(openBundles(join(folder, 'file', 'bundles'))).rejects.toThrow(`${join(folder, 'file', 'bundles')}: no`)
})

function startPublisher(mode: string) {
  const script = join(import.meta.dirname, 'publish-until-killed.ts')
  return spawn(process.execPath, ['--import', 'tsx', script, folder, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
}
