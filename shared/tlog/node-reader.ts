/** Roots and proofs from tiles: which tiles are needed follows from numbers alone, so they are fetched at once. */
import { partialTiles } from './right-edge.ts'
import { decodeTile, TILE_WIDTH, type Tile, tilePath, tileRoot, tileWith } from './tile.ts'
import { consistencyRanges, type Hash, inclusionRanges, type Range, rootOf, sameHash } from './tree.ts'

/** The bytes of a tile of hashes. What a reader throws, these functions throw. */
export type ReadTile = (tile: Tile) => Promise<Uint8Array>

export const inclusionProof = async (index: number, size: number, read: ReadTile): Promise<Hash[]> =>
  rootsOf(inclusionRanges(index, size), size, await readAll(tilesUnder(inclusionRanges(index, size), size), read))

export const consistencyProof = async (oldSize: number, size: number, read: ReadTile): Promise<Hash[]> =>
  rootsOf(
    consistencyRanges(oldSize, size),
    size,
    await readAll(tilesUnder(consistencyRanges(oldSize, size), size), read),
  )

/**
 * The root that the log had when it had `oldSize` entries, out of the tiles of a later one. Tiles are not taken at their word: each that
 * is full must have the hash that the tile above says, and those at the right edge together must give the later root.
 * @returns undefined when they do not: then they say nothing about the log
 */
export async function earlierRoot(
  oldSize: number,
  { size, root }: { size: number; root: Hash },
  read: ReadTile,
): Promise<Hash | undefined> {
  const old = { start: 0, end: oldSize }
  const wanted = new Map([...tilesUnder([old], size), ...partialTiles(size)].map((tile) => [tilePath(tile), tile]))
  // A map that grows is walked to its new end.
  for (const tile of wanted.values()) {
    if (tile.width < TILE_WIDTH) continue
    const { tile: parent } = parentOf(tile, size)
    wanted.set(tilePath(parent), parent)
  }
  const tiles = await readAll([...wanted.values()], read)
  for (const tile of wanted.values()) {
    if (tile.width < TILE_WIDTH) continue
    const { tile: parent, at } = parentOf(tile, size)
    if (!sameHash(tileRoot(hashesOf(tile, tiles)), hashesOf(parent, tiles)[at])) return undefined
  }
  const [oldRoot, newRoot] = rootsOf([old, { start: 0, end: size }], size, tiles)
  return sameHash(newRoot, root) ? oldRoot : undefined
}

type Tiles = ReadonlyMap<string, Hash[]>

const hashesOf = (tile: Tile, tiles: Tiles) => tiles.get(tilePath(tile)) as Hash[] // `readAll` has read what was asked for

async function readAll(tiles: readonly Tile[], read: ReadTile): Promise<Tiles> {
  const wanted = new Map(tiles.map((tile) => [tilePath(tile), tile]))
  const pairs = [...wanted].map(async ([path, tile]) => [path, decodeTile(await read(tile), tile)] as const)
  return new Map(await Promise.all(pairs))
}

/** @param size of the log, which says how wide its last tiles are */
function tilesUnder(ranges: readonly Range[], size: number): Tile[] {
  const tiles: Tile[] = []
  const unread = new Uint8Array(32)
  for (const range of ranges) {
    rootOf(range, (level, index) => {
      tiles.push(placeOf(level, index, size).tile)
      return unread
    })
  }
  return tiles
}

const rootsOf = (ranges: readonly Range[], size: number, tiles: Tiles): Hash[] =>
  ranges.map((range) =>
    rootOf(range, (level, index) => {
      const { tile, from, to } = placeOf(level, index, size)
      return tileRoot(hashesOf(tile, tiles).slice(from, to))
    }),
  )

/** Where the root of the leaves from index · 2^level on lies: below which hashes of which tile. */
function placeOf(level: number, index: number, size: number): { tile: Tile; from: number; to: number } {
  const tileLevel = Math.floor(level / 8)
  const width = 2 ** (level % 8)
  const start = index * width
  const from = start % TILE_WIDTH
  return { tile: tileWith(tileLevel, start, size), from, to: from + width }
}

/** The hash of a full tile, in the tile above. */
function parentOf({ level, index }: Tile, size: number): { tile: Tile; at: number } {
  return { tile: tileWith((level as number) + 1, index, size), at: index % TILE_WIDTH }
}
