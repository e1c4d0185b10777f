/**
 * A growing tree, of which only the right edge is kept: the last, partial tile of each level. All that a log needs to take an entry, to
 * know its root and to write its tiles.
 */

import { decodeTile, TILE_WIDTH, type Tile, tileRoot } from './tile.ts'
import { type Hash, leafHash, rootOf } from './tree.ts'

export interface MadeTile {
  tile: Tile
  bytes: Uint8Array
}

export class RightEdge {
  size = 0
  /** By level: the hashes of the tile that is not full yet. */
  readonly #levels: Hash[][] = []

  /** @param tiles the partial ones of a log of this size (`partialTiles`) */
  static of(size: number, tiles: readonly MadeTile[]): RightEdge {
    const edge = new RightEdge()
    edge.size = size
    for (const { tile, bytes } of tiles) edge.#levels[tile.level as number] = decodeTile(bytes, tile)
    return edge
  }

  clone(): RightEdge {
    const copy = new RightEdge()
    copy.size = this.size
    for (const hashes of this.#levels) copy.#levels.push([...(hashes ?? [])])
    return copy
  }

  /** @returns the tiles that are full now, the lowest first */
  append(record: Uint8Array): MadeTile[] {
    const full: MadeTile[] = []
    let hash = leafHash(record)
    this.size++
    for (let level = 0; ; level++) {
      const hashes = (this.#levels[level] ??= [])
      hashes.push(hash)
      if (hashes.length < TILE_WIDTH) return full
      const index = this.size / TILE_WIDTH ** (level + 1) - 1
      full.push({ tile: { level, index, width: TILE_WIDTH }, bytes: joined(hashes) })
      hash = tileRoot(hashes)
      this.#levels[level] = []
    }
  }

  partial(): MadeTile[] {
    return partialTiles(this.size).map((tile) => ({ tile, bytes: joined(this.#levels[tile.level as number]) }))
  }

  root(): Hash {
    return rootOf({ start: 0, end: this.size }, (level, index) => {
      const tileLevel = Math.floor(level / 8)
      const width = 2 ** (level % 8)
      const from = (index * width) % TILE_WIDTH
      return tileRoot(this.#levels[tileLevel].slice(from, from + width))
    })
  }
}

/** Of a log of this size, those of hashes that are not full. */
export function partialTiles(size: number): Tile[] {
  const tiles: Tile[] = []
  for (let [level, hashes] = [0, size]; hashes > 0; [level, hashes] = [level + 1, Math.floor(hashes / TILE_WIDTH)]) {
    const width = hashes % TILE_WIDTH
    if (width > 0) tiles.push({ level, index: Math.floor(hashes / TILE_WIDTH), width })
  }
  return tiles
}

function joined(hashes: readonly Hash[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * 32)
  for (const [n, hash] of hashes.entries()) bytes.set(hash, n * 32)
  return bytes
}
