/**
 * Exact noise of the discrete Gaussian N_ℤ(0, σ²): a whole number x with a probability in proportion to exp(−x² / 2σ²) (Canonne, Kamath,
 * Steinke 2020, "The Discrete Gaussian for Differential Privacy", section 5).
 *
 * Uniform whole numbers give a coin that falls true with probability exp(−γ); such coins give the discrete Laplace distribution, whose
 * tails are heavier; and of its samples the right share is rejected. No step rounds, so what is drawn has the distribution of the
 * proof. Floats would not do: of the sums that rounded noise leads to, some are impossible without one shopper's report, and so give it
 * away (Mironov 2012).
 *
 * Where it stops working: the time it takes depends on what is drawn. Do not let anyone time the noise of a single coordinate.
 */

/** Uniform random bytes, so many: of a CSPRNG, and in tests of a seed. */
export type RandomBytes = (length: number) => Uint8Array
/** A uniform whole number of 0 … modulus − 1. */
export type Uniform = (modulus: bigint) => bigint

/** Not negative, and not necessarily in lowest terms. */
export interface Rational {
  numerator: bigint
  /** More than 0. */
  denominator: bigint
}

/** @param variance σ² as the noise is specified; that of what is drawn is a little less (`accounting/discrete-gaussian.ts`) */
export const sampleDiscreteGaussian = (variance: Rational, random: RandomBytes): bigint =>
  sampleDiscreteGaussians(variance, 1, random)[0]

/** So many, independent of each other. Random bytes are taken by the block, and what is left of the last is dropped. */
export function sampleDiscreteGaussians(variance: Rational, count: number, random: RandomBytes): bigint[] {
  const { numerator, denominator } = variance
  if (numerator <= 0n || denominator <= 0n) {
    throw new Error(`discrete Gaussian: a variance must be more than 0: ${numerator} / ${denominator}`)
  }
  const uniform = uniformFrom(random)
  return Array.from({ length: count }, () => gaussian(variance, uniform))
}

/** Algorithm 3: of the Laplace distribution of scale t, y stays with probability exp(−(|y| − σ²/t)² / 2σ²). */
function gaussian({ numerator, denominator }: Rational, uniform: Uniform): bigint {
  const t = integerSquareRoot(numerator / denominator) + 1n
  for (;;) {
    const y = laplace(t, uniform)
    const distance = (y < 0n ? -y : y) * t * denominator - numerator
    const gamma = { numerator: distance * distance, denominator: 2n * numerator * denominator * t * t }
    if (bernoulliExp(gamma, uniform)) return y
  }
}

/** Algorithm 2 for a whole scale t: y with a probability in proportion to exp(−|y| / t). */
export function laplace(t: bigint, uniform: Uniform): bigint {
  for (;;) {
    const rest = uniform(t)
    if (!bernoulliExp({ numerator: rest, denominator: t }, uniform)) continue
    let whole = 0n
    while (bernoulliExpOf1(uniform)) whole++
    const y = rest + t * whole
    const isNegative = uniform(2n) === 1n
    // 0 has one sign, else it would come twice as often.
    if (!(isNegative && y === 0n)) return isNegative ? -y : y
  }
}

/** Algorithm 1: true with probability exp(−γ). */
export function bernoulliExp({ numerator, denominator }: Rational, uniform: Uniform): boolean {
  for (let whole = numerator / denominator; whole > 0n; whole--) if (!bernoulliExpOf1(uniform)) return false
  return bernoulliExpUpTo1(numerator % denominator, denominator, uniform)
}

const bernoulliExpOf1 = (uniform: Uniform): boolean => bernoulliExpUpTo1(1n, 1n, uniform)

/**
 * For γ ≤ 1: coins of probability γ, γ/2, γ/3 … are tossed to the first that falls false. It is the k-th or a later one with probability
 * γᵏ⁻¹ / (k − 1)!, so that k is odd with probability 1 − γ + γ²/2! − γ³/3! + … = exp(−γ).
 */
function bernoulliExpUpTo1(numerator: bigint, denominator: bigint, uniform: Uniform): boolean {
  let k = 1n
  while (uniform(denominator * k) < numerator) k++
  return k % 2n === 1n
}

/** Bytes asked for at once: less than what getRandomValues gives. */
const BLOCK_BYTES = 16_384

/** By rejection: as many bits as the modulus has, until they are less than it. */
export function uniformFrom(random: RandomBytes): Uniform {
  let block: DataView = new DataView(new ArrayBuffer(0))
  let at = 0
  const nextWord = (): number => {
    if (at === block.byteLength) {
      const bytes = random(BLOCK_BYTES)
      if (bytes.length !== BLOCK_BYTES) throw new Error(`random: ${bytes.length} bytes, not ${BLOCK_BYTES}`)
      block = new DataView(bytes.buffer, bytes.byteOffset, BLOCK_BYTES)
      at = 0
    }
    at += 4
    return block.getUint32(at - 4, true)
  }
  return (modulus) => {
    const bits = (modulus - 1n).toString(2).length
    for (;;) {
      let x = 0n
      for (let drawn = 0; drawn < bits; drawn += 32) x = (x << 32n) | BigInt(nextWord())
      x = BigInt.asUintN(bits, x)
      if (x < modulus) return x
    }
  }
}

/** ⌊√x⌋, by Newton's method from above. */
function integerSquareRoot(x: bigint): bigint {
  let root = 1n << BigInt((x.toString(2).length + 1) >> 1)
  while (root * root > x) root = (root + x / root) >> 1n
  return root
}
