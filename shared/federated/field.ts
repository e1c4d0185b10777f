/**
 * Prime fields with roots of unity (VDAF draft-20 section 6.1; PINE-01 for the two small ones). An element is a bigint of 0 … p − 1.
 *
 * Written to be read and to be compared with: `pine/vectors.ts` says what is fast. A bigint takes longer for larger values, and so nothing
 * here hides a secret from whoever can measure time on the same device.
 */
export interface Field {
  name: string
  /** p */
  modulus: bigint
  /** Of an encoded element, little-endian. */
  bytes: number
  /** Of the group of roots of unity: 2 to this. */
  logOrder: number
  /** Generates that group. */
  generator: bigint
}

const field = (name: string, modulus: bigint, bytes: number, logOrder: number, generator: bigint): Field => ({
  name,
  modulus,
  bytes,
  logOrder,
  generator,
})

export const FIELD64 = (() => {
  const p = 2n ** 32n * 4294967295n + 1n
  return field('Field64', p, 8, 32, modPow(7n, 4294967295n, p))
})()
export const FIELD128 = (() => {
  const p = 2n ** 66n * 4611686018427387897n + 1n
  return field('Field128', p, 16, 66, modPow(7n, 4611686018427387897n, p))
})()
export const FIELD32 = field('Field32', 4293918721n, 4, 20, 3925978153n)
export const FIELD40 = (() => {
  const p = 2n ** 20n * 1048555n + 1n
  return field('Field40', p, 5, 20, modPow(7n, 1048555n, p))
})()

function modPow(base: bigint, exponent: bigint, p: bigint): bigint {
  let [result, square] = [1n, base % p]
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % p
    square = (square * square) % p
  }
  return result
}

export const power = ({ modulus }: Field, base: bigint, exponent: bigint): bigint => modPow(base, exponent, modulus)

/** By Fermat; of 0 it is 0. */
export const inverse = ({ modulus }: Field, x: bigint): bigint => modPow(x, modulus - 2n, modulus)

/** Of any integer, negative ones too. */
export function reduce({ modulus }: Field, x: bigint): bigint {
  const rest = x % modulus
  return rest < 0n ? rest + modulus : rest
}

/** A root of unity of order 2 to this. @throws Error where the field has none */
export function rootOfUnity(of: Field, logOrder: number): bigint {
  if (logOrder > of.logOrder) throw new Error(`${of.name}: no root of unity of order 2^${logOrder}`)
  return power(of, of.generator, 1n << BigInt(of.logOrder - logOrder))
}

export function encodeVector({ bytes }: Field, vector: readonly bigint[]): Uint8Array<ArrayBuffer> {
  const encoded = new Uint8Array(vector.length * bytes)
  vector.forEach((element, n) => {
    for (let at = n * bytes, rest = element; rest > 0n; rest >>= 32n) {
      let word = Number(rest & 0xffff_ffffn)
      for (let i = 0; i < 4 && at < (n + 1) * bytes; i++, word >>>= 8) encoded[at++] = word
    }
  })
  return encoded
}

/** @throws Error unless the bytes are whole elements, each less than p */
export function decodeVector(of: Field, encoded: Uint8Array): bigint[] {
  if (encoded.length % of.bytes !== 0) throw new Error('field: not a whole number of elements')
  const vector: bigint[] = []
  for (let at = 0; at < encoded.length; at += of.bytes) {
    const element = readElement(of, encoded, at)
    if (element >= of.modulus) throw new Error('field: an element is not reduced')
    vector.push(element)
  }
  return vector
}

/** Whatever the bytes say: it may be p or more. */
export function readElement({ bytes }: Field, encoded: Uint8Array, at: number): bigint {
  let element = 0n
  for (let end = at + bytes; end > at; end -= 4) {
    const start = Math.max(at, end - 4)
    let word = 0
    for (let i = end - 1; i >= start; i--) word = word * 256 + encoded[i]
    element = (element << BigInt(8 * (end - start))) | BigInt(word)
  }
  return element
}

/** Sum of bits times powers of two; of shares of bits, the share of that sum. */
export const fromBits = ({ modulus }: Field, bits: readonly bigint[]): bigint =>
  bits.reduce((sum, bit, n) => (sum + (bit << BigInt(n))) % modulus, 0n)

/** The low bits first. @throws Error where the value has more */
export function toBits(value: bigint, count: number): bigint[] {
  if (value >> BigInt(count) !== 0n) throw new Error(`field: a value of more than ${count} bits`)
  return Array.from({ length: count }, (_, n) => (value >> BigInt(n)) & 1n)
}

export function addVectors({ modulus }: Field, a: readonly bigint[], b: readonly bigint[]): bigint[] {
  if (a.length !== b.length) throw new Error('field: vectors of different lengths')
  return a.map((x, n) => (x + b[n]) % modulus)
}

export function subtractVectors({ modulus }: Field, a: readonly bigint[], b: readonly bigint[]): bigint[] {
  if (a.length !== b.length) throw new Error('field: vectors of different lengths')
  return a.map((x, n) => (x < b[n] ? x + modulus - b[n] : x - b[n]))
}
