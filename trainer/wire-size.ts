/** How many bytes something is on the way to a browser: brotli, as the edge makes it. */
import { promisify } from 'node:util'
import { type BrotliOptions, brotliCompress, constants } from 'node:zlib'

const brotli = promisify<Uint8Array, BrotliOptions, Uint8Array>(brotliCompress)
/** The edge's quality takes a second for half a megabyte: each chunk is measured once. */
const measured = new WeakMap<Uint8Array, Promise<number>>()

export function brotliBytes(bytes: Uint8Array): Promise<number> {
  let size = measured.get(bytes)
  if (!size) {
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    }
    size = brotli(bytes, { params }).then(({ length }) => length)
    measured.set(bytes, size)
  }
  return size
}
