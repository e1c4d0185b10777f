/**
 * The static text encoder: a table of subword vectors that a page can afford, distilled from a sentence encoder that it
 * cannot (`trainer/text-encoder.ts`). A text's vector is the sum of its units' rows, scaled to length 1; a row's own
 * length is the unit's weight, learned with it. No TF.js, microseconds a query.
 *
 *     keys     (rows) u32, ascending: hashes of subwords, so the file names no word
 *     values   (rows, width) i8
 *     scales   (rows) f32, one a row
 */
import { partKeys, unitKey, unitsOf } from '../data/subwords.ts'
import { decodeArrays, encodeArrays, take } from './arrays.ts'
import type { QuantisedRows } from './quantise.ts'

const FORMAT = 'vitrine-text/1'

/** TARGETS of the bundle: text comes last, in idle time, and is no more than this. */
export const MAX_TEXT_ENCODER_BYTES = 550_000

export interface TextEncoderInfo {
  format: typeof FORMAT
  width: number
  /** Which model taught it, in words. */
  teacher: string
  /** Languages that it can be asked in, BCP 47. */
  languages: string[]
}

/** Where a subword's row is; undefined when there is none. */
export type RowOf = (key: number) => number | undefined

export interface SubwordEncoder {
  info: TextEncoderInfo
  keys: Uint32Array
  rows: QuantisedRows
  rowOf: RowOf
}

/** @param keys ascending, as many as there are rows */
export function subwordEncoder(info: TextEncoderInfo, keys: Uint32Array, rows: QuantisedRows): SubwordEncoder {
  const numbers = new Map<number, number>()
  keys.forEach((key, row) => {
    numbers.set(key, row)
  })
  return { info, keys, rows, rowOf: (key) => numbers.get(key) }
}

/** @returns (width) of length 1, or all 0 for a text of which nothing is known */
export function encodeText({ rows, rowOf }: SubwordEncoder, text: string): Float32Array {
  const { width, values, scales } = rows
  const vector = new Float32Array(width)
  for (const unit of unitsOf(text)) {
    const found = rowsOfUnit(unit, rowOf)
    for (const row of found) {
      const weight = scales[row] / found.length
      for (let j = 0; j < width; j++) vector[j] += weight * values[row * width + j]
    }
  }
  return normalise(vector)
}

/** A unit's own row, else those of its parts; their mean stands for it. */
export function rowsOfUnit(unit: string, rowOf: RowOf): number[] {
  const own = rowOf(unitKey(unit))
  if (own !== undefined) return [own]
  return partKeys(unit).flatMap((key) => rowOf(key) ?? [])
}

/** In place. A vector of zeros stays so. */
export function normalise(vector: Float32Array): Float32Array {
  let square = 0
  for (const value of vector) square += value * value
  if (square > 0) {
    const scale = 1 / Math.sqrt(square)
    for (let j = 0; j < vector.length; j++) vector[j] *= scale
  }
  return vector
}

export function encodeTextEncoder({ info, keys, rows }: SubwordEncoder): Uint8Array {
  return encodeArrays({ meta: info, arrays: { keys, values: rows.values, scales: rows.scales } })
}

/** @throws Error saying what is wrong with the bytes */
export function decodeTextEncoder(bytes: Uint8Array): SubwordEncoder {
  const file = decodeArrays<TextEncoderInfo>(bytes)
  const { format, width, teacher, languages } = file.meta ?? {}
  if (format !== FORMAT) throw new Error(`text encoder: format ${JSON.stringify(format)} is not "${FORMAT}"`)
  if (!Number.isSafeInteger(width) || width < 1) throw new Error(`text encoder: width ${JSON.stringify(width)}`)
  if (typeof teacher !== 'string' || !Array.isArray(languages)) throw new Error('text encoder: no teacher or languages')
  const scales = take(file, 'scales', 'f32')
  const keys = take(file, 'keys', 'u32', scales.length)
  const values = take(file, 'values', 'i8', scales.length * width)
  for (let row = 0; row < keys.length; row++) {
    if (row > 0 && keys[row] <= keys[row - 1]) throw new Error(`text encoder: key ${row} is not above the one before`)
    if (!(scales[row] >= 0 && scales[row] < Number.POSITIVE_INFINITY)) {
      throw new Error(`text encoder: scale ${row} is ${scales[row]}`)
    }
  }
  return subwordEncoder({ format, width, teacher, languages }, keys, { width, values, scales })
}

export const textEncoderInfo = (width: number, teacher: string, languages: string[]): TextEncoderInfo => ({
  format: FORMAT,
  width,
  teacher,
  languages,
})
