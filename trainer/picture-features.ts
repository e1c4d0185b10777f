/**
 * What a picture looks like without a vision model: its colours and the directions of its edges. A browser decodes it,
 * whatever its format, scaled to SIDE × SIDE; the numbers are computed here.
 *
 *     colour   shares of 12 hues, and of black, grey and white, of the middle and of the rest (Swain & Ballard 1991)
 *     shape    shares of 8 gradient directions in each of 3 × 3 fields (Dalal & Triggs 2005, HOG)
 *
 * Both are square roots of shares: their dot product is then the Bhattacharyya coefficient of two histograms.
 */
import type { Product } from '../shared/data/catalog.ts'
import { type SparseMatrix, sparseOf } from '../shared/model/sparse.ts'
import { launchChromium } from './chromium.ts'
import { type Thumbnails, thumbnailOf } from './thumbnails.ts'

export const SIDE = 48
const HUES = 12
const COLOURS = HUES + 3
const FIELDS = 3
const DIRECTIONS = 8
export const PICTURE_WIDTH = 2 * COLOURS + FIELDS * FIELDS * DIRECTIONS
/** Pictures that cross to the browser in one call. */
const BATCH = 64

/** @returns a row for each product, and how many have a picture that could be read */
export async function pictureFeatures(
  products: readonly Product[],
  thumbnails: Thumbnails,
): Promise<{ pictures: SparseMatrix; found: number }> {
  const rows = new Float32Array(products.length * PICTURE_WIDTH)
  const named = products.flatMap((product, item) => {
    const name = thumbnailOf(product, thumbnails)
    return name === undefined ? [] : [{ item, name }]
  })
  let found = 0
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    for (let at = 0; at < named.length; at += BATCH) {
      const batch = named.slice(at, at + BATCH)
      const files = await Promise.all(batch.map(async ({ name }) => (await thumbnails.read(name))?.toString('base64')))
      // A damaged file is decoded to nothing: its product has no picture.
      const pixels = await page.evaluate(
        ({ files, side }) =>
          Promise.all(
            files.map((file) =>
              fetch(`data:image/*;base64,${file ?? ''}`)
                .then((response) => response.blob())
                .then((blob) => createImageBitmap(blob, { resizeWidth: side, resizeHeight: side }))
                .then((bitmap) => {
                  const context = new OffscreenCanvas(side, side).getContext('2d') as OffscreenCanvasRenderingContext2D
                  context.drawImage(bitmap, 0, 0)
                  return Array.from(context.getImageData(0, 0, side, side).data)
                })
                .catch(() => undefined),
            ),
          ),
        { files, side: SIDE },
      )
      pixels.forEach((rgba, n) => {
        if (!rgba) return
        rows.set(featuresOf(rgba), batch[n].item * PICTURE_WIDTH)
        found++
      })
    }
  } finally {
    await browser.close()
  }
  return { pictures: sparseOf(PICTURE_WIDTH, rows), found }
}

/** @param rgba (SIDE · SIDE · 4) 0 … 255 */
export function featuresOf(rgba: ArrayLike<number>): Float32Array {
  const counts = new Float32Array(PICTURE_WIDTH)
  const grey = (x: number, y: number) => {
    const at = 4 * (y * SIDE + x)
    return (0.299 * rgba[at] + 0.587 * rgba[at + 1] + 0.114 * rgba[at + 2]) / 255
  }
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const at = 4 * (y * SIDE + x)
      const middle = Math.abs(x - SIDE / 2) < SIDE / 4 && Math.abs(y - SIDE / 2) < SIDE / 4
      counts[(middle ? 0 : COLOURS) + colourOf(rgba[at], rgba[at + 1], rgba[at + 2])]++
      if (x === 0 || y === 0 || x === SIDE - 1 || y === SIDE - 1) continue
      const [across, down] = [grey(x + 1, y) - grey(x - 1, y), grey(x, y + 1) - grey(x, y - 1)]
      // Light on dark and dark on light are the same edge: directions within half a turn.
      const turn = (Math.atan2(down, across) / Math.PI + 1) % 1
      const field = Math.floor((y * FIELDS) / SIDE) * FIELDS + Math.floor((x * FIELDS) / SIDE)
      const direction = Math.min(DIRECTIONS - 1, Math.floor(turn * DIRECTIONS))
      counts[2 * COLOURS + field * DIRECTIONS + direction] += Math.hypot(across, down)
    }
  }
  const share = (from: number, to: number) => {
    const part = counts.subarray(from, to)
    const total = part.reduce((sum, value) => sum + value, 0)
    for (let i = 0; i < part.length; i++) part[i] = total > 0 ? Math.sqrt(part[i] / total) : 0
  }
  share(0, COLOURS)
  share(COLOURS, 2 * COLOURS)
  share(2 * COLOURS, PICTURE_WIDTH)
  return counts
}

/** A twelfth of the colour circle, or black, grey, white where there is little colour (HSV, Smith 1978). */
function colourOf(red: number, green: number, blue: number): number {
  const [high, low] = [Math.max(red, green, blue), Math.min(red, green, blue)]
  if (high < 50) return HUES
  if ((high - low) / high < 0.15) return high > 200 ? HUES + 2 : HUES + 1
  const spread = high - low
  let sixth: number
  if (high === red) sixth = ((green - blue) / spread + 6) % 6
  else if (high === green) sixth = (blue - red) / spread + 2
  else sixth = (red - green) / spread + 4
  return Math.floor((sixth / 6) * HUES) % HUES
}
