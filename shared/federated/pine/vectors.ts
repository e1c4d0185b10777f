/**
 * What PINE asks of vectors over a field: the seam between the steps of the protocol (`pine.ts`) and arithmetic, of which there are two
 * kinds that give the same bytes: the plain one below, over any field, to be read and compared with; and a fast one over Field64
 * (`fast-vectors.ts`).
 */
import { addVectors, decodeVector, encodeVector, type Field, reduce, subtractVectors } from '../field.ts'
import { dotProduct, evaluate, inverseNtt, nextPowerOf2, ntt, weightsAt } from '../polynomial.ts'
import type { Bytes } from '../wire.ts'
import { nextVector, type Stream } from '../xof.ts'

/** Calls of a gadget: a₁b₁ + a₂b₂ + … where there is a `right`, a₁² + a₂² + … where not, as many terms a call as `chunkLength`. */
export interface GadgetCalls<V> {
  left: V
  right?: V
  chunkLength: number
}

export interface FieldVectors<V> {
  field: Field
  length(v: V): number
  of(elements: readonly bigint[]): V
  elements(v: V): bigint[]
  /** Whole numbers, negative ones too, of less than 2^53 in size. */
  ofIntegers(numbers: ArrayLike<number>): V
  slice(v: V, start: number, end?: number): V
  concat(...parts: readonly V[]): V
  /** Sum of two of one length. */
  add(a: V, b: V): V
  subtract(a: V, b: V): V
  /** The n-th element times the n-th power of r. */
  timesPowers(v: V, r: bigint): V
  /** Each element, and c. */
  addToEach(v: V, c: bigint): V
  encode(v: V): Bytes
  /** @throws Error unless the bytes are whole elements, each less than p */
  decode(bytes: Bytes): V
  expand(next: Stream, length: number): Promise<V>
  /**
   * Sums of the elements with signs. A sign has two bits, 00 for −1, 11 for 1, the others for 0, the low bits of a byte first; each sum
   * begins with a new byte.
   */
  signedSums(v: V, signs: Bytes, sums: number): V
  /** Wire seeds, then the coefficients of the gadget polynomial (VDAF-11 section 7.3.3). */
  prove(calls: GadgetCalls<V>, seeds: V): V
  /**
   * @param proof a share of what `prove` gives
   * @returns the gadget's output at each call, each wire at t, the gadget polynomial at t; undefined where t is a root of unity
   */
  query(calls: GadgetCalls<V>, proof: V, t: bigint): { outputs: V; wires: V; value: bigint } | undefined
}

/** Wires of the gadget: its inputs in a call. */
export const arityOf = ({ right, chunkLength }: GadgetCalls<unknown>): number => (right ? 2 : 1) * chunkLength
/** Of the signs of a sum. */
export const signBytes = (length: number): number => Math.ceil(length / 4)
export const callsOf = (products: number, chunkLength: number): number => Math.ceil(products / chunkLength)
/** P, the number of values of a wire. */
export const wireLength = (calls: number): number => nextPowerOf2(1 + calls)

export function plainVectors(field: Field): FieldVectors<bigint[]> {
  const { modulus } = field

  /** Of each product two wires, its a and its b, of each square one: the seed, then an input a call, then zeros. */
  function wiresOf({ left, right, chunkLength }: GadgetCalls<bigint[]>, seeds: readonly bigint[]): bigint[][] {
    const calls = callsOf(left.length, chunkLength)
    const factors = right ? [left, right] : [left]
    return seeds.map((seed, wire) => {
      const inputs = factors[wire % factors.length]
      const values = new Array<bigint>(wireLength(calls)).fill(0n)
      values[0] = seed
      for (let call = 0; call < calls; call++) {
        values[1 + call] = inputs[call * chunkLength + Math.floor(wire / factors.length)] ?? 0n
      }
      return values
    })
  }

  return {
    field,
    length: (v) => v.length,
    of: (elements) => [...elements],
    elements: (v) => v,
    ofIntegers: (numbers) => Array.from(numbers, (x) => reduce(field, BigInt(x))),
    slice: (v, start, end) => v.slice(start, end),
    concat: (...parts) => parts.flat(),
    add: (a, b) => addVectors(field, a, b),
    subtract: (a, b) => subtractVectors(field, a, b),
    timesPowers(v, r) {
      let factor = 1n
      return v.map((x) => {
        const product = (x * factor) % modulus
        factor = (factor * r) % modulus
        return product
      })
    },
    addToEach: (v, c) => v.map((x) => (x + c) % modulus),
    encode: (v) => encodeVector(field, v),
    decode: (bytes) => decodeVector(field, bytes),
    expand: (next, length) => nextVector(next, field, length),
    signedSums(v, signs, sums) {
      return Array.from({ length: sums }, (_, sum) => {
        let result = 0n
        for (let n = 0; n < v.length; n++) {
          const sign = (signs[sum * signBytes(v.length) + (n >> 2)] >> (2 * (n & 3))) & 3
          if (sign === 3) result += v[n]
          else if (sign === 0) result -= v[n]
        }
        return reduce(field, result)
      })
    },
    prove(calls, seeds) {
      const wires = wiresOf(calls, seeds)
      const size = 2 * wires[0].length
      const products = new Array<bigint>(size).fill(0n)
      const doubled = (wire: bigint[]) => ntt(field, inverseNtt(field, wire), size)
      const factors = calls.right ? 2 : 1
      for (let wire = 0; wire < wires.length; wire += factors) {
        const a = doubled(wires[wire])
        const b = calls.right ? doubled(wires[wire + 1]) : a
        for (let i = 0; i < size; i++) products[i] = (products[i] + a[i] * b[i]) % modulus
      }
      return [...seeds, ...inverseNtt(field, products).slice(0, size - 1)]
    },
    query(calls, proof, t) {
      const arity = arityOf(calls)
      const wires = wiresOf(calls, proof.slice(0, arity))
      const polynomial = proof.slice(arity)
      const size = wires[0].length
      const weights = weightsAt(field, size, t)
      if (!weights) return undefined
      // At the roots of unity of order P, xᴾ is 1.
      const folded = polynomial.slice(0, size).map((x, n) => (x + (polynomial[n + size] ?? 0n)) % modulus)
      return {
        outputs: ntt(field, folded, size).slice(1, 1 + callsOf(calls.left.length, calls.chunkLength)),
        wires: wires.map((wire) => dotProduct(field, wire, weights)),
        value: evaluate(field, polynomial, t),
      }
    },
  }
}
