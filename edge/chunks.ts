/**
 * The chunks that an edge serves: parts of bundles, their manifests, the files of the tag. In a folder:
 *
 *     chunks/9f86d0…            a chunk, named by the SHA-256 of its bytes
 *     chunks/9f86d0….br         the same in brotli, made when it is published
 *
 * Chunks never change: each is written whole under its name or not at all, and a bundle may be left half uploaded, because nothing
 * points to it until it is in the log (`log.ts`).
 *
 * Readers get only bytes that were checked: a chunk is read, hashed and then kept in memory, so what was verified is
 * what is served, whatever happens to the file meanwhile.
 */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '../shared/model/bundle.ts'
import { ByteCache } from './byte-cache.ts'
import { readIfPresent, removeAbandoned, replaceDurably } from './durable-file.ts'
import { decodeBrotli, type Encoding, encodeBrotli, encodeGzip } from './encoding.ts'
import { Problem } from './problem.ts'

/** A bundle for 10,000 items has chunks below 1 MB. This is a limit on what an operator can do by mistake. */
export const MAX_UPLOAD_BYTES = 16 * 1024 * 1024
/** Room for a bundle of 10,000 items in three encodings, several versions of it. */
const CACHE_BYTES = 64 * 1024 * 1024

/** How a chunk is named, in the folder and on the wire. */
export const SHA256_HEX = /^[0-9a-f]{64}$/

export interface ChunkStore {
  /** @throws Problem 422 when the bytes are not those of the name, 413 when they are too many. */
  putChunk(sha256: string, bytes: Uint8Array): Promise<'stored' | 'present'>
  /** Undefined when there is no such chunk. @throws Problem 500 when the file is damaged. */
  readChunk(sha256: string, encoding?: Encoding): Promise<Uint8Array | undefined>
  /** The same, past what is in memory, which does not outlive us. */
  readKept(sha256: string): Promise<Uint8Array | undefined>
  /** What is on the disk, brotli copies left out. */
  usage(): Promise<{ chunks: number; bytes: number }>
}

/** @throws Error naming the folder when it cannot be made or read. */
export async function openChunks(folder: string): Promise<ChunkStore> {
  const chunks = join(folder, 'chunks')
  await mkdir(chunks, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${folder}: no folder for bundles can be made here (${error.code})`, { cause: error })
  })
  await removeAbandoned(chunks, Date.now())

  const cache = new ByteCache(CACHE_BYTES)
  const pathOf = (sha256: string) => {
    if (!SHA256_HEX.test(sha256)) throw new Error(`no SHA-256 in hexadecimal: ${sha256}`) // never outside the folder
    return join(chunks, sha256)
  }

  async function readVerified(sha256: string): Promise<Uint8Array | undefined> {
    const bytes = await readIfPresent(pathOf(sha256))
    if (bytes && (await sha256Hex(bytes)) !== sha256) {
      throw new Problem(500, `chunk ${sha256} is damaged on the edge's disk: publish it again`)
    }
    return bytes
  }

  /** The copy on the disk if it decodes to the chunk, else a new one. */
  async function readBrotli(sha256: string): Promise<Uint8Array | undefined> {
    const bytes = await readChunk(sha256)
    if (!bytes) return undefined
    const path = `${pathOf(sha256)}.br`
    const kept = await readIfPresent(path)
    const decoded = kept && (await decodeBrotli(kept, bytes.length).catch(() => undefined))
    if (kept && decoded && Buffer.compare(decoded, bytes) === 0) return kept
    const made = await encodeBrotli(bytes)
    // Keeping it only saves work: a full or read-only disk must not keep shoppers from what is in memory.
    await replaceDurably(path, made).catch(() => undefined)
    return made
  }

  async function readGzip(sha256: string): Promise<Uint8Array | undefined> {
    const bytes = await readChunk(sha256)
    return bytes && encodeGzip(bytes)
  }

  const readers = { identity: readVerified, br: readBrotli, gzip: readGzip }
  function readChunk(sha256: string, encoding: Encoding = 'identity'): Promise<Uint8Array | undefined> {
    return cache.get(`${sha256} ${encoding}`, () => readers[encoding](sha256))
  }

  async function putChunk(sha256: string, bytes: Uint8Array): Promise<'stored' | 'present'> {
    if (bytes.length > MAX_UPLOAD_BYTES) throw new Problem(413, `a chunk has at most ${MAX_UPLOAD_BYTES} bytes`)
    const copy = new Uint8Array(bytes) // the caller may reuse theirs while ours is being written
    const actual = await sha256Hex(copy)
    if (actual !== sha256) throw new Problem(422, `the SHA-256 of these ${bytes.length} bytes is ${actual}`)
    const file = await readIfPresent(pathOf(sha256))
    const present = file !== undefined && Buffer.compare(file, copy) === 0
    if (!present) {
      await replaceDurably(pathOf(sha256), copy)
      for (const encoding of ['identity', 'br', 'gzip']) cache.delete(`${sha256} ${encoding}`) // a read may be failing
    }
    return present ? 'present' : 'stored'
  }

  async function usage(): Promise<{ chunks: number; bytes: number }> {
    const names = (await readdir(chunks)).filter((name) => SHA256_HEX.test(name))
    let bytes = 0
    for (const name of names) bytes += (await stat(join(chunks, name))).size
    return { chunks: names.length, bytes }
  }

  return { putChunk, readChunk, readKept: readVerified, usage }
}
