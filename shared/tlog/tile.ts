/**
 * Tiles (C2SP tlog-tiles.md): a log as static files. A tile is 256 hashes of one level, side by side; the root of a whole tile is one
 * hash of the level of tiles above. An entry bundle is the 256 records below a tile of level 0, each after its length in two bytes.
 *
 *     tile/0/x001/x234/067        hashes of leaves 1,234,067 · 256 …
 *     tile/1/000.p/17             the first 17 hashes of level 1, in a log that has no more yet
 *     tile/entries/x001/x234/067  the records
 *
 * A log of 70,000 entries has 273 whole tiles of level 0 and one of 112 hashes, one whole tile of level 1 and one of 17, and one of level
 * 2 with a single hash.
 */
import { type Hash, nodeHash } from './tree.ts'

export const TILE_WIDTH = 256
const HASH_BYTES = 32
const MAX_LEVEL = 5

export interface Tile {
  /** Of tiles, 0 … 5; "entries" for the records. */
  level: number | 'entries'
  index: number
  /** Hashes or records: 1 … 256; fewer than 256 where the log ends. */
  width: number
}

export function tilePath({ level, index, width }: Tile): string {
  const partial = width === TILE_WIDTH ? '' : `.p/${width}`
  return `tile/${level}/${groupsOf(index).join('/')}${partial}`
}

/** Three digits each, all but the last begun with an x: 1234067 is x001/x234/067. */
function groupsOf(index: number): string[] {
  const groups = [String(index % 1000).padStart(3, '0')]
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`)
  }
  return groups
}

/** Undefined for what is no path of a tile, or not the one way to write it. */
export function parseTilePath(path: string): Tile | undefined {
  const [, levelText, indexText, widthText] =
    /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path) ?? []
  if (levelText === undefined) return undefined
  const level = levelText === 'entries' ? levelText : Number(levelText)
  const tile: Tile = {
    level,
    index: Number(indexText.replace(/[x/]/g, '')),
    width: widthText === undefined ? TILE_WIDTH : Number(widthText),
  }
  if (level !== 'entries' && level > MAX_LEVEL) return undefined
  return Number.isSafeInteger(tile.index) && tilePath(tile) === path ? tile : undefined
}

/** The tile that has this hash of a level, or this record, as wide as it is in a log of so many entries. */
export function tileWith(level: Tile['level'], at: number, size: number): Tile {
  const hashes = level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level)
  const index = Math.floor(at / TILE_WIDTH)
  return { level, index, width: Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH) }
}

/** All tiles of a log of so many entries: hashes from level 0 up, then the records. */
export function* tilesOf(size: number): Generator<Tile> {
  for (let [level, hashes] = [0, size]; hashes > 0; [level, hashes] = [level + 1, Math.floor(hashes / TILE_WIDTH)]) {
    for (let at = 0; at < hashes; at += TILE_WIDTH) yield tileWith(level, at, size)
  }
  for (let at = 0; at < size; at += TILE_WIDTH) yield tileWith('entries', at, size)
}

/** Its hashes, side by side. @throws Error unless there are as many as the tile is wide */
export function decodeTile(bytes: Uint8Array, { level, width }: Tile): Hash[] {
  if (level === 'entries') throw new Error('tile: records are no hashes')
  if (bytes.length !== width * HASH_BYTES) throw new Error(`tile: ${bytes.length} bytes are not ${width} hashes`)
  return Array.from({ length: width }, (_, n) => bytes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES))
}

/** A partial tile, out of the whole one that it has become. @throws Error for what are no entries */
export function partOf(whole: Uint8Array, { level, width }: Tile): Uint8Array {
  if (level !== 'entries') return whole.slice(0, width * HASH_BYTES)
  return encodeEntries(decodeEntries(whole, TILE_WIDTH).slice(0, width))
}

/** The root of hashes that are a power of two. */
export function tileRoot(hashes: readonly Hash[]): Hash {
  if (hashes.length === 1) return hashes[0]
  const half = hashes.length / 2
  return nodeHash(tileRoot(hashes.slice(0, half)), tileRoot(hashes.slice(half)))
}

export const MAX_RECORD_BYTES = 0xffff

export function encodeEntries(records: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(records.reduce((sum, { length }) => sum + 2 + length, 0))
  let at = 0
  for (const record of records) {
    if (record.length > MAX_RECORD_BYTES) throw new Error(`entries: a record of ${record.length} bytes`)
    bytes.set([record.length >> 8, record.length & 0xff], at)
    bytes.set(record, at + 2)
    at += 2 + record.length
  }
  return bytes
}

/** @throws Error unless the bytes are so many whole records, and nothing beside */
export function decodeEntries(bytes: Uint8Array, width: number): Uint8Array[] {
  const records: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    const end = at + 2 + (bytes[at] << 8) + bytes[at + 1]
    if (at + 2 > bytes.length || end > bytes.length) throw new Error('entries: the last record is cut short')
    records.push(bytes.subarray(at + 2, end))
    at = end
  }
  if (records.length !== width) throw new Error(`entries: ${records.length} records, not ${width}`)
  return records
}
