/**
 * How an update of the shared model travels: PINE over Field64, with the XOF that is all the platform's own. An element is a whole number of
 * 2 to minus the fraction bits; the norm that is proved is that of the whole numbers, so nothing is lost to rounding.
 */
import { bitLengths, type PineParameters } from './pine/parameters.ts'
import { PINE_VARIANTS } from './pine/pine.ts'
import { callsOf, wireLength } from './pine/vectors.ts'

export interface UpdateShape {
  /** d */
  dimension: number
  /** S: the largest norm of an update. */
  clipNorm: number
  fractionBits: number
}

/** With α = 8.7 an honest report fails one of its tests with probability 2^−101 (a Chernoff bound; not reviewed). */
const ALPHA = 8.7
const WR_CHECKS = 100

/** @throws Error where S in units of the fraction bits is not a whole number */
export function updateParameters({ dimension, clipNorm, fractionBits }: UpdateShape): PineParameters {
  const normBound = clipNorm * 2 ** fractionBits
  if (!Number.isSafeInteger(normBound))
    throw new Error(`a clip norm of ${clipNorm} has more than ${fractionBits} fraction bits`)
  const { bits } = bitLengths({ normBound, alpha: ALPHA, wrChecks: WR_CHECKS })
  return {
    ...PINE_VARIANTS.Pine64HmacSha256Aes128,
    dimension,
    normBound,
    fractionBits,
    alpha: ALPHA,
    wrChecks: WR_CHECKS,
    wrSuccesses: WR_CHECKS,
    chunkLength: shortest((chunk) => callsOf(bits, chunk) + callsOf(WR_CHECKS, chunk), 2),
    chunkLengthNorm: shortest((chunk) => callsOf(dimension, chunk), 1),
    proofs: 2,
    normProofs: 1,
    shares: 2,
  }
}

const MAX_CHUNK = 1024

/** The chunk length with which a proof is shortest: its wire seeds, and a polynomial twice as long as a wire. */
function shortest(calls: (chunk: number) => number, wires: number): number {
  const lengthOf = (chunk: number) => wires * chunk + 2 * wireLength(calls(chunk))
  let best = 1
  for (let chunk = 2; chunk <= MAX_CHUNK; chunk++) if (lengthOf(chunk) < lengthOf(best)) best = chunk
  return best
}
