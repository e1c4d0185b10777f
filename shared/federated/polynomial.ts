/**
 * Polynomials over a field, by their coefficients or by their values at the n-th roots of unity 1, w, w², …, where n is a power of two;
 * the number theoretic transform leads from the one to the other (VDAF draft-20 section 6.1.3).
 */
import { type Field, inverse, power, rootOfUnity } from './field.ts'

export const nextPowerOf2 = (n: number): number => 2 ** Math.ceil(Math.log2(n))

/** Values at the n-th roots of unity; what is missing of n coefficients is 0. */
export function ntt(field: Field, coefficients: readonly bigint[], n: number): bigint[] {
  const { modulus } = field
  const log = Math.log2(n)
  const values = Array.from({ length: n }, (_, i) => coefficients[reverseBits(i, log)] ?? 0n)
  for (let level = 1; level <= log; level++) {
    const half = 2 ** (level - 1)
    const step = rootOfUnity(field, level)
    let root = 1n
    for (let i = 0; i < half; i++) {
      for (let at = i; at < n; at += 2 * half) {
        const [even, odd] = [values[at], (root * values[at + half]) % modulus]
        values[at] = (even + odd) % modulus
        values[at + half] = even < odd ? even + modulus - odd : even - odd
      }
      root = (root * step) % modulus
    }
  }
  return values
}

function reverseBits(i: number, count: number): number {
  let reversed = 0
  for (let bit = 0; bit < count; bit++) reversed |= ((i >> bit) & 1) << (count - 1 - bit)
  return reversed
}

/** Coefficients of the polynomial that has these values at the roots of unity, as many as there are. */
export function inverseNtt(field: Field, values: readonly bigint[]): bigint[] {
  const n = values.length
  const scale = inverse(field, BigInt(n))
  const [first, ...others] = ntt(field, values, n)
  return [first, ...others.reverse()].map((x) => (x * scale) % field.modulus)
}

/** Twice as many values of the same polynomial, at the 2n-th roots of unity. */
export const doubleValues = (field: Field, values: readonly bigint[]): bigint[] =>
  ntt(field, inverseNtt(field, values), 2 * values.length)

export const evaluate = ({ modulus }: Field, coefficients: readonly bigint[], t: bigint): bigint =>
  coefficients.reduceRight((sum, coefficient) => (sum * t + coefficient) % modulus, 0n)

/**
 * What the values at the n-th roots of unity are to be multiplied with, and then added, for the value at t:
 * (tⁿ − 1) / n · wⁱ / (t − wⁱ). Undefined where t is one of the roots.
 */
export function weightsAt(field: Field, n: number, t: bigint): bigint[] | undefined {
  const { modulus } = field
  const vanishing = (power(field, t, BigInt(n)) + modulus - 1n) % modulus
  if (vanishing === 0n) return undefined
  const w = rootOfUnity(field, Math.log2(n))
  const roots = [1n]
  for (let i = 1; i < n; i++) roots.push((roots[i - 1] * w) % modulus)
  const scale = (vanishing * inverse(field, BigInt(n))) % modulus
  const inverses = invertAll(
    field,
    roots.map((root) => (t + modulus - root) % modulus),
  )
  return roots.map((root, i) => (((scale * root) % modulus) * inverses[i]) % modulus)
}

/** One inversion for all of them. @param elements none of them 0 */
function invertAll(field: Field, elements: readonly bigint[]): bigint[] {
  const { modulus } = field
  const products = [1n]
  for (const [i, x] of elements.entries()) products.push((products[i] * x) % modulus)
  let rest = inverse(field, products[elements.length])
  const inverses = new Array<bigint>(elements.length)
  for (let i = elements.length - 1; i >= 0; i--) {
    inverses[i] = (rest * products[i]) % modulus
    rest = (rest * elements[i]) % modulus
  }
  return inverses
}

export const dotProduct = ({ modulus }: Field, a: readonly bigint[], b: readonly bigint[]): bigint =>
  a.reduce((sum, x, i) => (sum + x * b[i]) % modulus, 0n)
