/**
 * Everything that leaves the device leaves through this file, for the tag, the worker and the shelves alike.
 *
 * All of it is GET of public files that are the same for everyone: no cookie, no referrer, no query string, no header
 * of ours, nothing after the path that a shopper's behaviour could choose. `test/web/network.test.ts` holds every
 * other file to it.
 */

/** A record, a proof in a log of 2^53 entries, and a checkpoint that 16 have signed. */
const LATEST_MAX_BYTES = 8192
const MANIFEST_MAX_BYTES = 64 * 1024
const TILE_MAX_BYTES = 8192
const ROUNDS_MAX_BYTES = 256 * 1024
/** TF.js is the largest. */
const ASSET_MAX_BYTES = 1024 * 1024
/** `latest` is small: an edge that takes longer is as good as absent, and the shop goes on with what it has. */
const LATEST_TIMEOUT_MS = 8_000
/** A megabyte at 10 kB/s, which is a bad phone line. */
const CHUNK_TIMEOUT_MS = 100_000

/** The edge did not answer, or not with the file. Everything else that goes wrong is a file that must be refused. */
export class Unreachable extends Error {}

/**
 * The newest bundle and the proof that it is on record, as text. From the edge it is asked without If-None-Match ('no-store'): an ETag chosen
 * for one browser would be a cookie by another name. Asked from the HTTP cache, it is the copy that `keepLatest` left.
 */
export async function getLatest(edge: string, from: 'edge' | 'cache' = 'edge'): Promise<string> {
  return readLatest(edge, from === 'edge' ? 'no-store' : 'force-cache')
}

/**
 * Leaves a copy of it in the HTTP cache, for a page that finds the edge away. A request more on the first visit
 * and at each new version, none otherwise. ('reload' for every question would be one request, but it throws the old copy
 * away before the edge has answered.)
 */
export async function keepLatest(edge: string, latest: string): Promise<void> {
  if ((await readLatest(edge, 'force-cache')) !== latest) await readLatest(edge, 'reload')
}

async function readLatest(edge: string, cache: RequestCache): Promise<string> {
  return new TextDecoder().decode(await get(`${edge}v1/latest`, { cache }, LATEST_MAX_BYTES, LATEST_TIMEOUT_MS))
}

/** Which rounds are open, as text. The same for everyone who contributes. */
export async function getRounds(edge: string): Promise<string> {
  const bytes = await get(`${edge}v1/rounds`, { cache: 'no-store' }, ROUNDS_MAX_BYTES, LATEST_TIMEOUT_MS)
  return new TextDecoder().decode(bytes)
}

/** A file named by its hash: a copy never goes stale, so the cached one always does ('reload' after a damaged one). */
export async function getChunk(
  edge: string,
  sha256: string,
  maxBytes = MANIFEST_MAX_BYTES,
  cache: 'reload' | 'force-cache' = 'force-cache',
): Promise<Uint8Array<ArrayBuffer>> {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error('a chunk name is no SHA-256')
  return get(`${edge}v1/chunks/${sha256}`, { cache }, maxBytes, CHUNK_TIMEOUT_MS)
}

/** A tile of the log's tree. @param path as `tilePath` writes it, which numbers alone decide */
export function getTile(edge: string, path: string, cache: 'reload' | 'force-cache'): Promise<Uint8Array<ArrayBuffer>> {
  return get(`${edge}v1/log/${path}`, { cache }, TILE_MAX_BYTES, LATEST_TIMEOUT_MS)
}

/** A file of the tag's own release. The browser refuses it when it is not the one the tag was built with. */
export function getAsset(edge: string, file: string, integrity: string): Promise<Uint8Array<ArrayBuffer>> {
  return get(assetUrl(edge, file), { cache: 'force-cache', integrity }, ASSET_MAX_BYTES, CHUNK_TIMEOUT_MS)
}

export function assetUrl(edge: string, file: string): string {
  return `${edge}assets/${file}`
}

/** Where a script element gets its code from: the edge, the same file for everyone, held to its hash. */
export function aimScript(
  script: { src: string; integrity: string; crossOrigin: string | null; referrerPolicy: string },
  trustedUrl: string,
  integrity: string,
): void {
  script.crossOrigin = 'anonymous'
  script.referrerPolicy = 'no-referrer'
  script.integrity = integrity
  script.src = trustedUrl
}

/**
 * Shows the shop's own picture of an item. The picture's host then sees that this item was shown to this browser: the
 * one request here that is not the same for everyone. It is made only by shelves with pictures="shop".
 */
export function aimPicture(image: { src: string; referrerPolicy: string }, url: string): void {
  image.referrerPolicy = 'no-referrer'
  image.src = url
}

async function get(
  url: string,
  how: { cache: RequestCache; integrity?: string },
  maxBytes: number,
  timeoutMs: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'GET',
      mode: 'cors',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      ...how,
    })
  } catch (error) {
    throw new Unreachable(`no answer: ${error instanceof Error ? error.name : 'unknown'}`)
  }
  if (!response.ok || !response.body) throw new Unreachable(`status ${response.status}`)
  return readAtMost(response.body, maxBytes)
}

/** Stops reading at the limit, so that a file that never ends costs no more than one that is as long as promised. */
async function readAtMost(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader()
  const pieces: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read().catch((error: Error) => {
      throw new Unreachable(`broke off: ${error.name}`)
    })
    if (done) break
    length += value.length
    if (length > maxBytes) {
      reader.cancel().catch(() => {})
      throw new Error(`longer than ${maxBytes} bytes`)
    }
    pieces.push(value)
  }
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const piece of pieces) {
    bytes.set(piece, offset)
    offset += piece.length
  }
  return bytes
}
