/** Parameters of PINE (PINE-01 section 4): what a report has, and whether its proofs would prove anything. */
import type { Field } from '../field.ts'
import type { Xof } from '../xof.ts'
import { callsOf, wireLength } from './vectors.ts'

export interface PineParameters {
  /** Algorithm identifier. */
  id: number
  field: Field
  xof: Xof
  /** d, elements of a measurement. */
  dimension: number
  /** B: the largest norm of a measurement, in units of 2 to minus the fraction bits. */
  normBound: number
  fractionBits: number
  /** Of the wraparound tests, which hold for ±1 sums within α · B. */
  alpha: number
  wrChecks: number
  /** How many of them must succeed. */
  wrSuccesses: number
  /** Products in a call of the gadget. */
  chunkLength: number
  /** Squares in a call of the one for the norm. */
  chunkLengthNorm: number
  /** That the bits are bits, the norm is in range and nothing wrapped around. */
  proofs: number
  /** That the norm is that of the measurement. */
  normProofs: number
  shares: number
}

/** Lengths, in elements, that follow from the parameters. */
export interface PineShape {
  squaredNormBits: number
  /** A power of 2; results of −bound + 1 … bound pass. */
  wrBound: number
  wrBits: number
  /** The measurement and the two bit vectors of its squared norm. */
  gradientAndNorm: number
  /** Elements that are 0 or 1. */
  bits: number
  /** All that is shared. */
  measurement: number
  /** Products of the two circuits. */
  bitProducts: number
  /** Wire seeds, proof and verifier of a proof of the norm, and of one of all else. */
  norm: ProofShape
  rest: ProofShape
}
interface ProofShape {
  seeds: number
  proof: number
  verifier: number
}

/** Lengths, in elements, that follow from the bound and the tests alone. */
type BitLengths = Pick<PineShape, 'squaredNormBits' | 'wrBound' | 'wrBits' | 'bits'>

export function bitLengths(of: Pick<PineParameters, 'normBound' | 'alpha' | 'wrChecks'>): BitLengths {
  const { normBound, alpha, wrChecks } = of
  const squaredNormBits = (BigInt(normBound) ** 2n).toString(2).length
  const wrBound = 2 ** Math.ceil(Math.log2(Math.ceil(alpha * normBound) + 1))
  const wrBits = (2n * BigInt(wrBound) - 1n).toString(2).length
  return { squaredNormBits, wrBound, wrBits, bits: 2 * squaredNormBits + (wrBits + 1) * wrChecks }
}

/** @throws Error for parameters with which a proof would not prove it (ROCT23, figure 1 and lemma 3.3) */
export function shapeOf(parameters: PineParameters): PineShape {
  const { field, dimension, normBound, wrChecks, chunkLength, chunkLengthNorm } = parameters
  const { modulus } = field
  if (dimension < 1 || normBound < 1) throw new Error(`pine: dimension ${dimension}, norm bound ${normBound}`)
  const lengths = bitLengths(parameters)
  const bound = BigInt(lengths.wrBound)
  const isWideEnough =
    modulus > 3n * BigInt(normBound) ** 2n + 2n &&
    modulus >= 2n * BigInt(wrChecks) &&
    modulus >= 2600n * bound &&
    modulus * 4000n >= bound * bound
  if (!isWideEnough) throw new Error(`pine: a norm bound of ${normBound} is too large for ${field.name}`)

  const proofShape = (calls: number, arity: number): ProofShape => ({
    seeds: arity,
    proof: arity + 2 * (wireLength(calls) - 1) + 1,
    verifier: 1 + arity + 1,
  })
  const bitCalls = callsOf(lengths.bits, chunkLength)
  return {
    ...lengths,
    gradientAndNorm: dimension + 2 * lengths.squaredNormBits,
    measurement: dimension + lengths.bits,
    bitProducts: bitCalls * chunkLength,
    norm: proofShape(callsOf(dimension, chunkLengthNorm), chunkLengthNorm),
    rest: proofShape(bitCalls + callsOf(wrChecks, chunkLength), 2 * chunkLength),
  }
}

/** What `shard` gives, in bytes: two seeds of each share are public, a helper's share is four, the leader's is whole. */
export function shareBytes(parameters: PineParameters): { publicShare: number; inputShares: number[] } {
  const { field, xof, shares, proofs, normProofs } = parameters
  const { measurement, norm, rest } = shapeOf(parameters)
  const elements = measurement + normProofs * norm.proof + proofs * rest.proof
  const helpers = new Array<number>(shares - 1).fill(4 * xof.seedBytes)
  return {
    publicShare: 2 * shares * xof.seedBytes,
    inputShares: [elements * field.bytes + 2 * xof.seedBytes, ...helpers],
  }
}
