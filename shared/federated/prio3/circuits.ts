/** The validity circuits of Prio3 (VDAF draft-20 section 7.4), in the order of their algorithm identifiers. */
import { type Field, fromBits, reduce, toBits } from '../field.ts'
import type { Circuit, Gadget } from './flp.ts'

/** 0 or 1. */
export function count(field: Field): Circuit<number, bigint> {
  return {
    field,
    gadget: sumOfProducts(field, 1),
    calls: 1,
    measurementLength: 1,
    jointRandLength: 0,
    outputLength: 1,
    evalOutputLength: 1,
    encode(measurement) {
      if (measurement !== 0 && measurement !== 1) throw new Error(`count: a measurement of ${measurement}, not 0 or 1`)
      return [BigInt(measurement)]
    },
    evaluate: (call, [x]) => [reduce(field, call([x, x]) - x)],
    truncate: (measurement) => [...measurement],
    decode: ([total]) => total,
  }
}

/** A whole number of 0 … max. */
export function sum(field: Field, max: bigint): Circuit<bigint, bigint> {
  const range = bitsUpTo(field, max)
  return {
    field,
    gadget: { arity: 1, evaluate: ([x]) => (x * (x + field.modulus - 1n)) % field.modulus },
    calls: range.bits,
    measurementLength: range.bits,
    jointRandLength: 0,
    outputLength: 1,
    evalOutputLength: range.bits,
    encode: range.encode,
    evaluate: (call, bits) => bits.map((bit) => call([bit])),
    truncate: (bits) => [range.decode(bits)],
    decode: ([total]) => total,
  }
}

/** A vector of whole numbers of 0 … max. @param chunkLength bits a gadget call */
export function sumVec(field: Field, length: number, max: bigint, chunkLength: number): Circuit<bigint[], bigint[]> {
  const range = bitsUpTo(field, max)
  const chunks = bitChunks(field, length * range.bits, chunkLength)
  return {
    field,
    ...chunks.shape,
    measurementLength: length * range.bits,
    outputLength: length,
    evalOutputLength: 1,
    encode(measurement) {
      requireLength(measurement, length)
      return measurement.flatMap(range.encode)
    },
    evaluate: (call, bits, jointRand, sharesInverse) => [chunks.check(call, bits, jointRand, sharesInverse)],
    truncate: (bits) =>
      Array.from({ length }, (_, n) => range.decode(bits.slice(n * range.bits, (n + 1) * range.bits))),
    decode: (totals) => [...totals],
  }
}

/** One of so many buckets. */
export function histogram(field: Field, length: number, chunkLength: number): Circuit<number, bigint[]> {
  const chunks = bitChunks(field, length, chunkLength)
  return {
    field,
    ...chunks.shape,
    measurementLength: length,
    outputLength: length,
    evalOutputLength: 2,
    encode(measurement) {
      if (!Number.isInteger(measurement) || measurement < 0 || measurement >= length) {
        throw new Error(`histogram: no bucket ${measurement} of ${length}`)
      }
      return Array.from({ length }, (_, n) => (n === measurement ? 1n : 0n))
    },
    evaluate: (call, buckets, jointRand, sharesInverse) => [
      chunks.check(call, buckets, jointRand, sharesInverse),
      reduce(field, total(buckets) - sharesInverse),
    ],
    truncate: (buckets) => [...buckets],
    decode: (totals) => [...totals],
  }
}

/** So many yes or no, of which no more than `maxWeight` are yes. */
export function multihotCountVec(
  field: Field,
  length: number,
  maxWeight: number,
  chunkLength: number,
): Circuit<readonly boolean[], bigint[]> {
  if (maxWeight > length) throw new Error(`multihot: a weight of ${maxWeight} of ${length}`)
  const weight = bitsUpTo(field, BigInt(maxWeight))
  const measurementLength = length + weight.bits
  const chunks = bitChunks(field, measurementLength, chunkLength)
  return {
    field,
    ...chunks.shape,
    measurementLength,
    outputLength: length,
    evalOutputLength: 2,
    encode(measurement) {
      requireLength(measurement, length)
      const bits = measurement.map((isSet) => (isSet ? 1n : 0n))
      return [...bits, ...weight.encode(total(bits))]
    },
    evaluate: (call, bits, jointRand, sharesInverse) => [
      chunks.check(call, bits, jointRand, sharesInverse),
      reduce(field, total(bits.slice(0, length)) - weight.decode(bits.slice(length))),
    ],
    truncate: (bits) => bits.slice(0, length),
    decode: (totals) => [...totals],
  }
}

const total = (elements: readonly bigint[]) => elements.reduce((so, x) => so + x, 0n)

function requireLength({ length }: readonly unknown[], wanted: number): void {
  if (length !== wanted) throw new Error(`a measurement of ${length} entries, not ${wanted}`)
}

/** ParallelSum of Mul: a · b + c · d + … */
function sumOfProducts({ modulus }: Field, products: number): Gadget {
  return {
    arity: 2 * products,
    evaluate(inputs) {
      let result = 0n
      for (let n = 0; n < inputs.length; n += 2) result = (result + inputs[n] * inputs[n + 1]) % modulus
      return result
    },
  }
}

/**
 * Whole numbers of 0 … max as bits that cannot say more: the last of them has just the weight that is missing.
 * @throws Error where the field is too small
 */
function bitsUpTo(field: Field, max: bigint) {
  if (max <= 0n) throw new Error(`a largest measurement of ${max}`)
  const bits = max.toString(2).length
  if (1n << BigInt(bits) >= field.modulus)
    throw new Error(`a largest measurement of ${max} is too much for ${field.name}`)
  const ones = (1n << BigInt(bits - 1)) - 1n
  const lastWeight = max - ones
  return {
    bits,
    encode(value: bigint): bigint[] {
      if (value < 0n || value > max) throw new Error(`a measurement of ${value}, not of 0 … ${max}`)
      const isMore = value > ones
      return [...toBits(isMore ? value - lastWeight : value, bits - 1), isMore ? 1n : 0n]
    },
    decode: (encoded: readonly bigint[]): bigint =>
      (fromBits(field, encoded.slice(0, bits - 1)) + encoded[bits - 1] * lastWeight) % field.modulus,
  }
}

/** That each of so many is 0 or 1, a chunk a gadget call: Σ rⁱ b (b − 1) is 0 for a random r only if all are. */
function bitChunks(field: Field, length: number, chunkLength: number) {
  const { modulus } = field
  const calls = Math.ceil(length / chunkLength)
  return {
    shape: { gadget: sumOfProducts(field, chunkLength), calls, jointRandLength: calls },
    check(
      call: (inputs: readonly bigint[]) => bigint,
      bits: readonly bigint[],
      jointRand: readonly bigint[],
      sharesInverse: bigint,
    ): bigint {
      let result = 0n
      for (const [i, r] of jointRand.entries()) {
        const inputs: bigint[] = []
        let power = r
        for (let j = i * chunkLength; j < (i + 1) * chunkLength; j++) {
          const bit = bits[j] ?? 0n
          inputs.push((power * bit) % modulus, reduce(field, bit - sharesInverse))
          power = (power * r) % modulus
        }
        result = (result + call(inputs)) % modulus
      }
      return result
    },
  }
}
