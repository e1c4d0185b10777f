/** Where a log is read from: an edge over HTTP, or the folder that one serves. Nothing that comes from there is trusted. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '../../shared/model/bundle.ts'
import { integrityHex } from '../../shared/tlog/integrity.ts'
import { partOf, TILE_WIDTH, type Tile, tilePath } from '../../shared/tlog/tile.ts'

/** 256 records of the largest size. */
const MAX_TILE_BYTES = 256 * (2 + 0xffff)
const MAX_NOTE_BYTES = 1 << 16
/** As the edge takes them. */
const MAX_CHUNK_BYTES = 16 << 20
const TIMEOUT_MS = 60_000
const ATTEMPTS = 3

/** The bytes of a file; undefined where there is none. */
type Read<T extends unknown[]> = (...what: T) => Promise<Uint8Array | undefined>

export interface LogSource {
  /** For people. */
  name: string
  checkpoint: Read<[]>
  /** As a witness has it (C2SP tlog-witness), where the place is one. */
  witnessed: Read<[origin: string]>
  latest: Read<[]>
  tile: Read<[Tile]>
  chunk: Read<[sha256: string]>
  /** A file of a release: what is served under its name, where that is to be had. */
  asset: Read<[name: string, integrity: string]>
}

/** The source did not answer, or not in time: nothing is known of what it has. */
export class SourceUnreachable extends Error {}

/** @param place an address of an edge, or a folder. @param timeoutMs for each file */
export function openSource(place: string, timeoutMs = TIMEOUT_MS): LogSource {
  return /^https?:\/\//.test(place) ? edgeSource(place, timeoutMs) : folderSource(place)
}

/** @throws SourceUnreachable where there is no such place, or nothing in it has to do with a log */
export async function requireLog(source: LogSource): Promise<void> {
  if ((await source.checkpoint()) || (await source.latest())) return
  throw new SourceUnreachable(`${source.name}: there is no log`)
}

function edgeSource(place: string, timeoutMs: number): LogSource {
  const base = place.replace(/\/$/, '')
  const read = async (path: string, maxBytes: number): Promise<Uint8Array | undefined> => {
    const url = `${base}/${path}`
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await fetch(url, {
          redirect: 'error',
          headers: { 'cache-control': 'no-cache' },
          signal: AbortSignal.timeout(timeoutMs),
        })
        if (response.status === 404) return undefined
        if (!response.ok || !response.body) throw new Error(`status ${response.status}`)
        return await readAtMost(response.body, maxBytes)
      } catch (error) {
        if (attempt < ATTEMPTS) continue
        const { cause, message } = error as Error & { cause?: Error }
        throw new SourceUnreachable(`${url}: ${cause?.message || message}`)
      }
    }
  }
  return {
    name: base,
    checkpoint: () => read('v1/log/checkpoint', MAX_NOTE_BYTES),
    witnessed: async (origin) => {
      const hash = await sha256Hex(new TextEncoder().encode(origin))
      return read(`${hash}/checkpoint`, MAX_NOTE_BYTES)
    },
    latest: () => read('v1/latest', MAX_NOTE_BYTES),
    tile: (tile) => read(`v1/log/${tilePath(tile)}`, MAX_TILE_BYTES),
    chunk: (sha256) => read(`v1/chunks/${sha256}`, MAX_CHUNK_BYTES),
    asset: (name) => read(name === 'vitrine.js' ? name : `assets/${name}`, MAX_CHUNK_BYTES),
  }
}

/** Stops at the limit: what is longer is not what it should be, and its beginning shows that. */
async function readAtMost(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body) {
    parts.push(part)
    length += part.length
    if (length > maxBytes) break
  }
  return new Uint8Array(Buffer.concat(parts).subarray(0, maxBytes + 1))
}

function folderSource(folder: string): LogSource {
  const read = async (path: string, maxBytes: number): Promise<Uint8Array | undefined> => {
    const file = join(folder, path)
    const found = await stat(file).catch(() => undefined)
    if (!found?.isFile()) return undefined
    return new Uint8Array((await readFile(file)).subarray(0, maxBytes + 1))
  }
  const chunk = (sha256: string) => read(join('chunks', sha256), MAX_CHUNK_BYTES)
  return {
    name: folder,
    checkpoint: () => read('log/checkpoint', MAX_NOTE_BYTES),
    witnessed: async () => undefined,
    latest: () => read('log/latest', MAX_NOTE_BYTES),
    async tile(tile) {
      const readAs = (width: number) => read(join('log', tilePath({ ...tile, width })), MAX_TILE_BYTES)
      const bytes = await readAs(tile.width)
      // A log that grows meanwhile takes the part away when it has the whole.
      const whole = bytes || tile.width === TILE_WIDTH ? undefined : await readAs(TILE_WIDTH)
      return whole ? partOf(whole, tile) : bytes
    },
    chunk,
    asset: (_name, integrity) => chunk(integrityHex(integrity)),
  }
}
