/**
 * The records of a log, hashed into a tree of our own as they are read: every tile that is served must be the one that they give. So
 * every byte below a checkpoint is looked at, once.
 */
import { base64Of } from '../../shared/tlog/base64.ts'
import { type MadeTile, partialTiles, type RightEdge } from '../../shared/tlog/right-edge.ts'
import { decodeEntries, TILE_WIDTH, type Tile, tilePath, tileWith } from '../../shared/tlog/tile.ts'
import { leafHash } from '../../shared/tlog/tree.ts'
import { type Finding, finding } from './findings.ts'
import type { LogSource } from './source.ts'

/**
 * @param tree of the entries that are known; it grows to `size`
 * @param onRecords is given each bundle's new records, and the index of the first
 * @returns whether all could be read: what cannot is a finding, and the end
 */
export async function walkTree(
  source: Pick<LogSource, 'tile'>,
  size: number,
  tree: RightEdge,
  findings: Finding[],
  onRecords: (records: readonly Uint8Array[], first: number) => Promise<void>,
): Promise<boolean> {
  const read = async (tile: Tile): Promise<Uint8Array | undefined> => {
    const bytes = await source.tile(tile)
    if (!bytes) findings.push(finding('tile-missing', tilePath(tile), `a log of ${size} entries has it`))
    return bytes
  }
  const compare = async ({ tile, bytes }: MadeTile): Promise<boolean> => {
    const served = await read(tile)
    if (served && Buffer.compare(served, bytes) !== 0) {
      findings.push(finding('tile-differs', tilePath(tile), differenceOf(served, bytes, tile), { served }))
    }
    return served !== undefined
  }

  async function compareTail(): Promise<boolean> {
    const tile = tileWith('entries', tree.size - 1, size)
    const bytes = await read(tile)
    if (!bytes) return false
    const known = tree.partial().find((made) => made.tile.level === 0)
    try {
      const records = decodeEntries(bytes, tile.width).slice(0, tree.size % TILE_WIDTH)
      if (known && Buffer.compare(Buffer.concat(records.map(leafHash)), known.bytes) !== 0) {
        const message = 'it has not the records that an earlier audit read'
        findings.push(finding('tile-differs', tilePath(tile), message, { served: bytes }))
      }
      return true
    } catch (error) {
      findings.push(finding('tile-malformed', tilePath(tile), (error as Error).message, { served: bytes }))
      return false
    }
  }

  // What an earlier audit has read of a bundle that was not full is served still, and may be served as something else.
  if (tree.size % TILE_WIDTH > 0 && !(await compareTail())) return false
  // Its right edge first: a log that claims what it does not have is not walked for long.
  if (size > tree.size) {
    for (const tile of [...partialTiles(size), tileWith('entries', size - 1, size)])
      if (!(await read(tile))) return false
  }
  while (tree.size < size) {
    const tile = tileWith('entries', tree.size, size)
    const bytes = await read(tile)
    if (!bytes) return false
    let records: Uint8Array[]
    try {
      records = decodeEntries(bytes, tile.width).slice(tree.size % TILE_WIDTH)
    } catch (error) {
      findings.push(finding('tile-malformed', tilePath(tile), (error as Error).message, { served: bytes }))
      return false
    }
    const first = tree.size
    for (const record of records) for (const full of tree.append(record)) if (!(await compare(full))) return false
    await onRecords(records, first)
  }
  for (const partial of tree.partial()) if (!(await compare(partial))) return false
  return true
}

function differenceOf(served: Uint8Array, made: Uint8Array, { level, index }: Tile): string {
  if (served.length !== made.length) return `${served.length} bytes, and the entries give ${made.length}`
  const at = Math.floor(made.findIndex((byte, n) => byte !== served[n]) / 32)
  const hash = base64Of(made.subarray(at * 32, at * 32 + 32))
  return `the entries give ${hash} as hash ${index * TILE_WIDTH + at} of level ${level}`
}
