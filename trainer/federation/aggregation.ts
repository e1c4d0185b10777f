/** From a round's reports to their mean. */
import type { Random } from '../../shared/data/random.ts'
import { type RandomBytes, sampleDiscreteGaussians } from '../../shared/federated/discrete-gaussian.ts'
import type { UpdateShape } from '../../shared/federated/model-update.ts'
import { quantiseUpdate, type Random32 } from '../../shared/federated/update.ts'

/**
 * What becomes of a round's updates, (d) whole numbers of 2 to minus the fraction bits each, between devices and trainer.
 * @returns (d) their mean, in floats, with whatever noise the aggregators add
 */
export type Aggregation = (updates: readonly Float64Array[]) => Promise<Float64Array>

/** Both add their own, since only one of them need be honest: utility pays for √2 as much. */
const AGGREGATORS = 2

/** Says what `plaintextAggregation` is, wherever its figures are shown. */
export const PLAINTEXT = 'plaintext short cut: no cryptography ran'

/**
 * Adds the numbers up as they are, with the noise that two aggregators would add: the sum is the one that shares, proofs and
 * aggregation would lead to, and nothing is hidden from anyone.
 * @param noiseMultiplier z, of each aggregator's: its standard deviation is z times the clip norm; 0 for none
 * @param random of the noise
 */
export function plaintextAggregation(shape: UpdateShape, noiseMultiplier: number, random: Random): Aggregation {
  return async (updates) => {
    const sum = new Float64Array(shape.dimension)
    for (const update of updates) for (let n = 0; n < sum.length; n++) sum[n] += update[n]
    return meanOf(sum, updates.length, shape, noiseMultiplier, random)
  }
}

/** @param sum of so many reports, in whole numbers */
export function meanOf(
  sum: Float64Array,
  reports: number,
  { clipNorm, fractionBits, dimension }: UpdateShape,
  noiseMultiplier: number,
  random: Random,
): Float64Array {
  if (reports < 1) throw new Error('a round of no report has no mean')
  const noisy = Float64Array.from(sum)
  if (noiseMultiplier > 0) {
    // A whole number of thousandths, squared: the variance is a rational number.
    const deviation = BigInt(Math.round(1000 * noiseMultiplier * clipNorm * 2 ** fractionBits))
    const variance = { numerator: deviation ** 2n, denominator: 1_000_000n }
    for (let aggregator = 0; aggregator < AGGREGATORS; aggregator++) {
      sampleDiscreteGaussians(variance, dimension, bytesOf(random)).forEach((noise, n) => {
        noisy[n] += Number(noise)
      })
    }
  }
  return noisy.map((value) => value / 2 ** fractionBits / reports)
}

/** As a device clips and rounds it, with seeded chances. */
export const reportOf = (update: ArrayLike<number>, shape: UpdateShape, random: Random): Float64Array =>
  quantiseUpdate(update, shape, random32Of(random))

const random32Of =
  (random: Random): Random32 =>
  (length) =>
    Uint32Array.from({ length }, () => random.next() * 2 ** 32)

const bytesOf =
  (random: Random): RandomBytes =>
  (length) => {
    const bytes = new Uint8Array(length)
    for (let n = 0; n < length; n++) bytes[n] = random.int(256)
    return bytes
  }
