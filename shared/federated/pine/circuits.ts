/**
 * What PINE proves of an encoded measurement (PINE-01 section 4, by ROCT23), as inputs of gadget calls and a rest that is affine. Of a
 * share the same functions give the share.
 *
 * A measurement is d elements x; the bits of v = ‖x‖² and of u = B² − v; and for each wraparound test the bits of its result and whether it
 * succeeded. The squared norm could wrap around the field; a ±1 sum of elements so large would nearly always be out of the narrow range
 * whose bits are checked.
 */
import { type Field, fromBits, reduce, toBits } from '../field.ts'
import type { Bytes } from '../wire.ts'
import type { PineParameters, PineShape } from './parameters.ts'
import type { FieldVectors, GadgetCalls } from './vectors.ts'

/** x with the bits of v and u. @throws Error where the norm is more than B */
export function encodeGradientAndNorm<V>(
  vectors: FieldVectors<V>,
  { normBound, dimension }: PineParameters,
  { squaredNormBits }: PineShape,
  gradient: ArrayLike<number>,
): V {
  if (gradient.length !== dimension) throw new Error(`pine: ${gradient.length} elements, not ${dimension}`)
  let squaredNorm = 0
  for (let n = 0; n < gradient.length; n++) squaredNorm += gradient[n] ** 2
  // Exact below 2^53; above, it is more than any bound.
  if (!(squaredNorm <= normBound ** 2)) throw new Error(`pine: a norm of more than ${normBound}`)
  return vectors.concat(
    vectors.ofIntegers(gradient),
    vectors.of([
      ...toBits(BigInt(squaredNorm), squaredNormBits),
      ...toBits(BigInt(normBound) ** 2n - BigInt(squaredNorm), squaredNormBits),
    ]),
  )
}

/** ±1 sums of the measurement, or of a share of it. @param signs two bits for each element and test */
export const wrResults = <V>(
  vectors: FieldVectors<V>,
  { dimension, wrChecks }: PineParameters,
  meas: V,
  signs: Bytes,
): V => vectors.signedSums(vectors.slice(meas, 0, dimension), signs, wrChecks)

/**
 * The bits of each result, and whether it counts.
 * @returns undefined where too few tests succeed: other randomness has to be tried
 */
export function encodeWrChecks(
  field: Field,
  { wrSuccesses }: PineParameters,
  { wrBound, wrBits }: PineShape,
  results: readonly bigint[],
): bigint[] | undefined {
  let successes = 0
  const encoded = results.flatMap((result) => {
    const v = reduce(field, result + BigInt(wrBound) - 1n)
    const isInRange = v < 2n * BigInt(wrBound)
    const counts = isInRange && successes < wrSuccesses
    if (counts) successes++
    // Of one that is out of range the bits say nothing.
    return [...toBits(isInRange ? v : 0n, wrBits), counts ? 1n : 0n]
  })
  return successes === wrSuccesses ? encoded : undefined
}

export interface CircuitInput<V> {
  parameters: PineParameters
  shape: PineShape
  vectors: FieldVectors<V>
  meas: V
  /** Of `wrResults`. */
  results: V
  /** 1 / the number of shares: what a constant is to each of them. */
  sharesInverse: bigint
}

/** A circuit: the gadget's inputs, and its result from the gadget's outputs. */
export interface PineCircuit<V> {
  calls: GadgetCalls<V>
  result(outputs: readonly bigint[]): bigint
}

/** v = Σ x². */
export function normCircuit<V>({ parameters, shape, vectors, meas }: CircuitInput<V>): PineCircuit<V> {
  const { dimension, chunkLengthNorm } = parameters
  return {
    calls: { left: vectors.slice(meas, 0, dimension), chunkLength: chunkLengthNorm },
    result(outputs) {
      const v = vectors.elements(vectors.slice(meas, dimension, dimension + shape.squaredNormBits))
      return reduce(vectors.field, fromBits(vectors.field, v) - total(outputs))
    },
  }
}

/**
 * All bits are 0 or 1; v + u = B²; each test that counts has the result that its bits say; as many count as must.
 * @param jointRand three elements
 */
export function restCircuit<V>(
  { parameters, shape, vectors, meas, results, sharesInverse }: CircuitInput<V>,
  [rBits, rWr, rFinal]: readonly bigint[],
): PineCircuit<V> {
  const { dimension, normBound, chunkLength, wrSuccesses } = parameters
  const { squaredNormBits, wrBound, wrBits, bitProducts } = shape
  const { field } = vectors
  const bits = vectors.slice(meas, dimension)
  const padding = vectors.of(new Array<bigint>(bitProducts - shape.bits).fill(0n))
  const elements = vectors.elements(bits)
  const v = fromBits(field, elements.slice(0, squaredNormBits))
  const u = fromBits(field, elements.slice(squaredNormBits, 2 * squaredNormBits))
  const offset = (BigInt(wrBound) - 1n) * sharesInverse
  const counts: bigint[] = []
  const differences = vectors.elements(results).map((result, n) => {
    const at = 2 * squaredNormBits + n * (wrBits + 1)
    counts.push(elements[at + wrBits])
    return reduce(field, result - fromBits(field, elements.slice(at, at + wrBits)) + offset)
  })
  return {
    calls: {
      left: vectors.concat(
        vectors.timesPowers(bits, rBits),
        padding,
        vectors.timesPowers(vectors.of(differences), rWr),
      ),
      right: vectors.concat(vectors.addToEach(bits, reduce(field, -sharesInverse)), padding, vectors.of(counts)),
      chunkLength,
    },
    result(outputs) {
      const bitCalls = bitProducts / chunkLength
      const bitCheck = total(outputs.slice(0, bitCalls))
      const rangeCheck = v + u - BigInt(normBound) ** 2n * sharesInverse
      const wrCheck = total(outputs.slice(bitCalls))
      const successCheck = total(counts) - BigInt(wrSuccesses) * sharesInverse
      return reduce(field, bitCheck + rFinal * (rangeCheck + rFinal * (wrCheck + rFinal * successCheck)))
    },
  }
}

const total = (elements: readonly bigint[]) => elements.reduce((sum, x) => sum + x, 0n)
