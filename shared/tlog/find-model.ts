/** A model by its version, from the newest entry back: what is asked for is mostly the one before. */
import { decodeEntry, type ModelEntry } from './entry.ts'
import { decodeEntries, TILE_WIDTH, type Tile } from './tile.ts'

/**
 * @param size of the log
 * @param read a bundle of its entries; undefined where there is none
 * @returns undefined where no entry is of that version
 */
export async function findModel(
  version: number,
  size: number,
  read: (tile: Tile) => Promise<Uint8Array | undefined>,
): Promise<ModelEntry | undefined> {
  for (let index = Math.floor((size - 1) / TILE_WIDTH); index >= 0; index--) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
    const bytes = await read({ level: 'entries', index, width })
    for (const record of bytes ? decodeEntries(bytes, width).reverse() : []) {
      const { entry } = decodeEntry(record)
      if ((entry.type === 'bundle' || entry.type === 'rollback') && entry.version === version) return entry
    }
  }
  return undefined
}
