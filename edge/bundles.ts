/**
 * The bundles an edge serves, in a folder:
 *
 *     chunks/9f86d0…            a chunk, named by the SHA-256 of its bytes
 *     chunks/9f86d0….br         the same in brotli, made when it is published
 *     latest/after-0.json       {"version":7,"manifest":"9f86d0…"}   what was published first
 *     latest/after-7.json       {"version":8,"manifest":"41b2c7…"}   what was published after version 7
 *
 * How publishing stays safe. Chunks never change: each is written whole under its name or not at all, and a bundle may be
 * left half uploaded, because nothing points to it. The pointer is a chain: the latest version is the one that nothing
 * comes after. Whoever creates `after-7.json`, with a call that can succeed once, has compared and swapped: two
 * publishers, in one process or in two, cannot both follow version 7; no lock can be left behind by a crash; and since
 * a link always names a greater version, the edge cannot go back. The files stay as the record of what was published.
 *
 * Readers get only bytes that were checked: a chunk is read, hashed and then kept in memory, so what was verified is
 * what is served, whatever happens to the file meanwhile.
 */
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeLatest, decodeManifest, filesOf, type Latest, type Manifest, sha256Hex } from '../shared/model/bundle.ts'
import { ByteCache } from './byte-cache.ts'
import { createDurably, removeAbandoned, replaceDurably } from './durable-file.ts'
import { decodeBrotli, type Encoding, encodeBrotli, encodeGzip } from './encoding.ts'
import { decodeOr, Problem } from './problem.ts'

/** A bundle for 10,000 items has chunks below 1 MB. This is a limit on what an operator can do by mistake. */
export const MAX_UPLOAD_BYTES = 16 * 1024 * 1024
/** Room for a bundle of 10,000 items in three encodings, several versions of it. */
const CACHE_BYTES = 64 * 1024 * 1024

/** How a chunk is named, in the folder and on the wire. */
export const SHA256_HEX = /^[0-9a-f]{64}$/

export interface BundleStore {
  /** What was published last; undefined before the first time. */
  latest(): Promise<Latest | undefined>
  /**
   * Publishes. Every chunk and delta that the manifest names must have been put. Returns when they are all compressed, so that no
   * shopper waits for that.
   * @throws Problem 409 when `next` is not newer than what is latest, or another publisher was first; 422 when the
   * manifest or a chunk is missing or not what it says.
   */
  setLatest(next: Latest): Promise<void>
  /** @throws Problem 422 when the bytes are not those of the name, 413 when they are too many. */
  putChunk(sha256: string, bytes: Uint8Array): Promise<'stored' | 'present'>
  /** Undefined when there is no such chunk. @throws Problem 500 when the file is damaged. */
  readChunk(sha256: string, encoding?: Encoding): Promise<Uint8Array | undefined>
  /** What is on the disk, brotli copies left out. */
  usage(): Promise<{ chunks: number; bytes: number }>
}

/** @throws Error naming the folder when it cannot be made or read. */
export async function openBundles(folder: string): Promise<BundleStore> {
  const chunks = join(folder, 'chunks')
  const links = join(folder, 'latest')
  for (const part of [chunks, links]) {
    await mkdir(part, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      throw new Error(`${folder}: no folder for bundles can be made here (${error.code})`, { cause: error })
    })
    await removeAbandoned(part, Date.now())
  }

  const cache = new ByteCache(CACHE_BYTES)
  const pathOf = (sha256: string) => {
    if (!SHA256_HEX.test(sha256)) throw new Error(`no SHA-256 in hexadecimal: ${sha256}`) // never outside the folder
    return join(chunks, sha256)
  }
  const linkAfter = (version: number) => join(links, `after-${version}.json`)

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

  let newest: Latest | undefined
  /** Follows the chain from where it was last seen to end: usually one file that is not there. */
  async function latest(): Promise<Latest | undefined> {
    for (;;) {
      const after = newest?.version ?? 0
      const bytes = await readIfPresent(linkAfter(after))
      if (!bytes) return newest
      const next = decodeLink(linkAfter(after), bytes)
      if (next.version <= after) throw new Error(`${linkAfter(after)}: version ${next.version} is not after ${after}`)
      if ((newest?.version ?? 0) < next.version) newest = next // others may have followed it meanwhile
    }
  }

  async function setLatest(next: Latest): Promise<void> {
    const current = await latest()
    if (current && next.version <= current.version) {
      throw new Problem(409, `version ${next.version} is not after ${current.version}, the latest`, {}, { current })
    }
    await checkBundle(next)
    // The link commits: a crash before this line leaves the old version, a crash after it the new one.
    const won = await createDurably(linkAfter(current?.version ?? 0), Buffer.from(`${JSON.stringify(next)}\n`))
    if (!won) {
      const winner = await latest()
      throw new Problem(409, `version ${winner?.version} was published meanwhile`, {}, { current: winner })
    }
  }

  /** @throws Problem 422 unless the manifest says this version and every chunk is here, whole. */
  async function checkBundle({ version, manifest: sha256 }: Latest): Promise<void> {
    const note = await readVerified(sha256)
    if (!note) throw new Problem(422, `the manifest ${sha256} has not been put`, {}, { missing: [sha256] })
    const manifest = readManifest(note)
    if (manifest.version !== version) {
      throw new Problem(422, `the manifest is of version ${manifest.version}, not ${version}`)
    }
    const missing: string[] = []
    for (const chunk of filesOf(manifest)) {
      const bytes = await readVerified(chunk.sha256) // from the disk: what is in memory does not outlive us
      if (!bytes) missing.push(chunk.sha256)
      else if (bytes.length !== chunk.bytes) {
        throw new Problem(422, `chunk ${chunk.sha256} has ${bytes.length} bytes, the manifest says ${chunk.bytes}`)
      }
    }
    if (missing.length) throw new Problem(422, `${missing.length} chunks have not been put`, {}, { missing })
    for (const chunk of [{ sha256 }, ...filesOf(manifest)]) await readChunk(chunk.sha256, 'br')
  }

  async function usage(): Promise<{ chunks: number; bytes: number }> {
    const names = (await readdir(chunks)).filter((name) => SHA256_HEX.test(name))
    let bytes = 0
    for (const name of names) bytes += (await stat(join(chunks, name))).size
    return { chunks: names.length, bytes }
  }

  await latest() // a folder that is no store says so now, not to a shopper
  return { latest, setLatest, putChunk, readChunk, usage }
}

/** The edge holds no key: whether a manifest is signed by the right one is checked where it matters, in the browser. */
function readManifest(note: Uint8Array): Manifest {
  const text = new TextDecoder().decode(note)
  const end = text.lastIndexOf('\n\n') // a signed note's text ends at its last blank line
  if (end < 0) throw new Problem(422, 'the manifest is no signed note: no blank line before its signatures')
  return decodeOr(422, () => decodeManifest(text.slice(0, end + 1)))
}

function decodeLink(path: string, bytes: Uint8Array): Latest {
  try {
    return decodeLatest(new TextDecoder().decode(bytes))
  } catch (error) {
    throw new Error(`${path} is damaged`, { cause: error })
  }
}

async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
