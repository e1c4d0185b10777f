/**
 * From an update of the shared vector to what PINE proves: clipped to the norm S, then in whole numbers of 2 to minus the fraction bits,
 * each rounded up or down by chance so that its expectation is what it was. The norm of the whole numbers is S exactly, or less: what is
 * accounted for is what is sent.
 */
import type { UpdateShape } from './model-update.ts'

/** Uniform in 0 … 2^32 − 1, as many as are asked for. */
export type Random32 = (length: number) => Uint32Array

/** How much less than S is tried after a rounding that came out longer: a millionth, then twice as much each time, at last all of it. */
const FIRST_STEP = 2 ** -20

/**
 * @param update (dimension) floats
 * @returns (dimension) whole numbers, of a norm of at most S · 2^f
 * @throws Error for another length, and for what is no finite number
 */
export function quantiseUpdate(
  update: ArrayLike<number>,
  { dimension, clipNorm, fractionBits }: UpdateShape,
  random: Random32,
): Float64Array {
  if (update.length !== dimension) throw new Error(`an update of ${update.length} elements, not ${dimension}`)
  const norm = normOf(update)
  if (!Number.isFinite(norm)) throw new Error('an update with an element that is no finite number')
  const bound = clipNorm * 2 ** fractionBits
  for (let less = 0; ; less = Math.min(1, 2 * less || FIRST_STEP)) {
    const most = clipNorm * (1 - less)
    const scale = 2 ** fractionBits * (norm > most ? most / norm : 1)
    const chances = random(dimension)
    const rounded = Float64Array.from(chances, (chance, n) => Math.floor(update[n] * scale + chance / 2 ** 32))
    if (squaredNormOf(rounded) <= bound ** 2) return rounded
  }
}

/** Scaled first: the squares of finite numbers may not be finite. */
function normOf(vector: ArrayLike<number>): number {
  let largest = 0
  for (let n = 0; n < vector.length; n++) {
    if (!Number.isFinite(vector[n])) return Number.NaN
    largest = Math.max(largest, Math.abs(vector[n]))
  }
  if (largest === 0) return 0
  let sum = 0
  for (let n = 0; n < vector.length; n++) sum += (vector[n] / largest) ** 2
  return largest * Math.sqrt(sum)
}

/** Exact below 2^53, and whatever is longer than any bound may be. */
function squaredNormOf(vector: Float64Array): number {
  let sum = 0
  for (const x of vector) sum += x * x
  return sum
}
