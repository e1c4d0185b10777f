import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ChunkStore, MAX_UPLOAD_BYTES, openChunks } from '../../edge/chunks.ts'
import { sha256Hex } from '../../shared/model/bundle.ts'
import { sampleBundle } from './sample-bundle.ts'

let folder: string
let store: ChunkStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-chunks-'))
  store = await openChunks(folder)
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
  expect(await readdir(folder)).toEqual(['chunks'])
})

test('a chunk above the limit is refused', async () => {
  const bytes = new Uint8Array(MAX_UPLOAD_BYTES + 1)
  await expect(store.putChunk(await sha256Hex(bytes), bytes)).rejects.toMatchObject({ status: 413 })
})

test('a damaged chunk is never read, in no encoding, and putting it again mends it', async () => {
  const { chunks } = await sampleBundle(1)
  for (const [sha256, bytes] of chunks) {
    await store.putChunk(sha256, bytes)
    await store.readChunk(sha256, 'br')
    const path = join(folder, 'chunks', sha256)
    const damaged = await readFile(path)
    damaged[17] ^= 1
    await writeFile(path, damaged)
  }
  const reopened = await openChunks(folder)
  for (const [sha256, bytes] of chunks) {
    for (const encoding of ['identity', 'br', 'gzip'] as const) {
      await expect(reopened.readChunk(sha256, encoding)).rejects.toMatchObject({ status: 500 })
    }
    expect(await reopened.putChunk(sha256, bytes)).toBe('stored')
    expect(await reopened.readChunk(sha256)).toEqual(Buffer.from(bytes))
  }
})

test('what is in memory does not hide that a chunk vanished from the disk', async () => {
  await store.putChunk(ABC, abc)
  await store.readChunk(ABC)
  await rm(join(folder, 'chunks', ABC))
  expect(await store.readKept(ABC)).toBeUndefined()
  expect(await store.putChunk(ABC, abc)).toBe('stored')
  expect(await store.readKept(ABC)).toEqual(Buffer.from('abc'))
})

test('a damaged brotli copy is made anew', async () => {
  await store.putChunk(ABC, abc)
  const whole = await store.readChunk(ABC, 'br')
  const copy = join(folder, 'chunks', `${ABC}.br`)
  for (const damaged of [Buffer.from('nonsense'), whole!.subarray(0, 2), Buffer.alloc(0)]) {
    await writeFile(copy, damaged)
    expect(await (await openChunks(folder)).readChunk(ABC, 'br')).toEqual(whole)
    expect(await readFile(copy)).toEqual(whole)
  }
})

test('what a crash left is removed an hour later, and not what another publisher is writing', async () => {
  const old = join(folder, 'chunks', '.a.partial')
  const young = join(folder, 'chunks', '.b.partial')
  await writeFile(old, 'x')
  await writeFile(young, 'x')
  const hoursAgo = Date.now() / 1000 - 2 * 3600
  await utimes(old, hoursAgo, hoursAgo)
  await openChunks(folder)
  expect(await readdir(join(folder, 'chunks'))).toEqual(['.b.partial'])
})

test('a folder that cannot be made is an error that names it', async () => {
  await writeFile(join(folder, 'file'), 'in the way')
  await expect(openChunks(join(folder, 'file', 'bundles'))).rejects.toThrow(`${join(folder, 'file', 'bundles')}: no`)
})
