/**
 * Numbers of a matrix in fewer bytes. What ranks is int8 with one scale a row: a quarter of the bytes. What travels may be
 * int4, half of that again: sixteen levels for the whole matrix, each an int8 number, so that unpacking is a look-up and
 * inference does not know. `vitrine evaluate --tables float32,int8,int4` measures what each loses.
 */

export interface QuantisedRows {
  width: number
  /** (rows, width) −127 … 127 */
  values: Int8Array
  /** (rows) */
  scales: Float32Array
}

export function quantiseRows(matrix: Float32Array, width: number): QuantisedRows {
  const rows = matrix.length / width
  const values = new Int8Array(matrix.length)
  const scales = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    let peak = 0
    for (let j = 0; j < width; j++) peak = Math.max(peak, Math.abs(matrix[row * width + j]))
    // Rounded to float32 first, so that the browser divides by the very number that it multiplies by.
    const scale = Math.fround(peak / 127)
    scales[row] = scale
    if (scale > 0) for (let j = 0; j < width; j++) values[row * width + j] = Math.round(matrix[row * width + j] / scale)
  }
  return { width, values, scales }
}

/** The matrix that the quantised rows stand for. */
export function rowsOf({ width, values, scales }: QuantisedRows): Float32Array {
  return Float32Array.from(values, (value, at) => value * scales[Math.floor(at / width)])
}

const LEVELS = 16

export interface PackedRows {
  width: number
  /** (rows, ⌈width/2⌉) two levels a byte, the earlier in the lower half */
  codes: Uint8Array
  /** (16) the int8 numbers that codes stand for, ascending */
  levels: Int8Array
  /** (rows) */
  scales: Float32Array
}

/**
 * The levels are where the numbers are (Lloyd 1982, "Least squares quantization in PCM"): trained rows are bell-shaped, and
 * evenly spaced levels have a third more square error. Each row's scale is then the one of least squares.
 */
export function packRows({ width, values, scales }: QuantisedRows): PackedRows {
  const rows = scales.length
  const levels = lloydLevels(values)
  const nearest = Uint8Array.from({ length: 255 }, (_, at) => nearestLevel(levels, at - 127))
  const bytes = Math.ceil(width / 2)
  const codes = new Uint8Array(rows * bytes)
  const refitted = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    let [product, square] = [0, 0]
    for (let j = 0; j < width; j++) {
      const value = values[row * width + j]
      const code = nearest[value + 127]
      codes[row * bytes + (j >> 1)] |= code << (j % 2 ? 4 : 0)
      product += value * levels[code]
      square += levels[code] ** 2
    }
    refitted[row] = square > 0 ? (scales[row] * product) / square : 0
  }
  return { width, codes, levels, scales: refitted }
}

export function unpackRows({ width, codes, levels, scales }: PackedRows): QuantisedRows {
  const bytes = Math.ceil(width / 2)
  const values = new Int8Array(scales.length * width)
  for (let row = 0; row < scales.length; row++) {
    for (let j = 0; j < width; j++) {
      const pair = codes[row * bytes + (j >> 1)]
      values[row * width + j] = levels[j % 2 ? pair >> 4 : pair & 15]
    }
  }
  return { width, values, scales }
}

/** k-means of the numbers, on their histogram, from evenly spaced levels. */
function lloydLevels(values: Int8Array): Int8Array {
  const counts = new Float64Array(255)
  for (const value of values) counts[value + 127]++
  let levels = Array.from({ length: LEVELS }, (_, k) => -127 + (254 * (k + 0.5)) / LEVELS)
  for (let moved = true; moved; ) {
    const sums = new Float64Array(LEVELS)
    const sizes = new Float64Array(LEVELS)
    counts.forEach((count, at) => {
      const k = nearestLevel(levels, at - 127)
      sums[k] += count * (at - 127)
      sizes[k] += count
    })
    const means = levels.map((level, k) => (sizes[k] > 0 ? sums[k] / sizes[k] : level))
    moved = means.some((mean, k) => Math.abs(mean - levels[k]) > 1e-3)
    levels = means
  }
  return Int8Array.from(levels, Math.round)
}

function nearestLevel(levels: ArrayLike<number>, value: number): number {
  let best = 0
  for (let k = 1; k < levels.length; k++) {
    if (Math.abs(levels[k] - value) < Math.abs(levels[best] - value)) best = k
  }
  return best
}
