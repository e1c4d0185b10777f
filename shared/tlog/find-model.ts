/** A model by its version, from the newest entry back: what is asked for is mostly the one before. */
import { decodeEntry, isModel, type ModelEntry } from './entry.ts'
import { decodeEntries, type Tile, tileWith } from './tile.ts'

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
  for (let tile: Tile, end = size; end > 0; end -= tile.width) {
    tile = tileWith('entries', end - 1, size)
    const bytes = await read(tile)
    for (const record of bytes ? decodeEntries(bytes, tile.width).reverse() : []) {
      const { entry } = decodeEntry(record)
      if (isModel(entry) && entry.version === version) return entry
    }
  }
  return undefined
}
