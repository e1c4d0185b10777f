/** Vectors over Field64 in WebAssembly (`shared/kernels/field64.ts`): the same bytes as the plain ones, some tens of times sooner. */
import { FIELD64, rootOfUnity } from '../field.ts'
import type { Bytes } from '../wire.ts'
import type { Stream } from '../xof.ts'
import { arityOf, callsOf, type FieldVectors, type GadgetCalls, signBytes, wireLength } from './vectors.ts'

/** Elements, less than p. */
type Vector = BigUint64Array<ArrayBuffer>

const ELEMENT_BYTES = 8
const PAGE_BYTES = 65_536

/**
 * One that works for one caller at a time, as a thread does: arrays lie in its memory only while they are worked on.
 * @param module `shared/kernels/field64.ts`, compiled with imported memory
 */
export function fastVectors(module: WebAssembly.Module): FieldVectors<Vector> {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const run = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel
  /** Roots of unity of orders up to 2 to this lie at the beginning. */
  let logOfRoots = 0
  const endOfRoots = () => ELEMENT_BYTES * 2 ** logOfRoots

  function grow(bytes: number): void {
    const missing = bytes - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES))
  }

  function needRoots(log: number): void {
    if (log <= logOfRoots) return
    logOfRoots = log
    grow(endOfRoots())
    run.prepareRoots(rootOfUnity(FIELD64, log), log, 0)
  }

  /** Lays out copies of arrays, and room for so many elements, behind the roots. @returns where each begins */
  function lay(...parts: (Vector | Bytes | number)[]): number[] {
    const lengths = parts.map((part) => (typeof part === 'number' ? part * ELEMENT_BYTES : part.byteLength))
    let end = endOfRoots()
    const starts = lengths.map((length) => {
      const start = end
      end += Math.ceil(length / ELEMENT_BYTES) * ELEMENT_BYTES
      return start
    })
    grow(end)
    for (const [n, part] of parts.entries()) {
      if (typeof part === 'number') continue
      const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
      new Uint8Array(memory.buffer, starts[n], part.byteLength).set(bytes)
    }
    return starts
  }

  /** A copy: the next call lays out anew. */
  const read = (start: number, length: number): Vector => new BigUint64Array(memory.buffer, start, length).slice()

  function ofBytes(bytes: Bytes): { kept: Vector; length: number } {
    const length = bytes.length / ELEMENT_BYTES
    const [v] = lay(bytes)
    return { kept: read(v, run.keepReduced(v, length)), length }
  }

  function ofSame(a: Vector, b: Vector, work: Kernel['add']): Vector {
    if (a.length !== b.length) throw new Error('field: vectors of different lengths')
    const [left, right] = lay(a, b)
    work(left, right, left, a.length)
    return read(left, a.length)
  }

  function withScalar(v: Vector, scalar: bigint, work: Kernel['addToEach']): Vector {
    const [at] = lay(v)
    work(at, scalar, at, v.length)
    return read(at, v.length)
  }

  /** Inputs of a gadget, with zeros up to a whole call. */
  function layCalls({ left, right, chunkLength }: GadgetCalls<Vector>, ...others: (Vector | number)[]) {
    const calls = callsOf(left.length, chunkLength)
    const length = wireLength(calls)
    needRoots(Math.log2(length) + 1)
    const whole = (v: Vector) => padded(v, calls * chunkLength)
    const [leftAt, rightAt, ...at] = lay(whole(left), right ? whole(right) : 0, ...others)
    return { shape: [calls, chunkLength, Math.log2(length), 0] as const, leftAt, rightAt: right ? rightAt : 0, at }
  }

  return {
    field: FIELD64,
    length: (v) => v.length,
    of: (elements) => BigUint64Array.from(elements),
    elements: (v) => Array.from(v),
    ofIntegers(numbers) {
      const v = new BigUint64Array(numbers.length)
      for (let n = 0; n < numbers.length; n++) {
        const x = numbers[n]
        v[n] = x < 0 ? FIELD64.modulus - BigInt(-x) : BigInt(x)
      }
      return v
    },
    slice: (v, start, end) => v.subarray(start, end),
    concat(...parts) {
      const whole = new BigUint64Array(parts.reduce((length, part) => length + part.length, 0))
      let at = 0
      for (const part of parts) {
        whole.set(part, at)
        at += part.length
      }
      return whole
    },
    add: (a, b) => ofSame(a, b, run.add),
    subtract: (a, b) => ofSame(a, b, run.subtract),
    timesPowers: (v, r) => withScalar(v, r, run.timesPowers),
    addToEach: (v, c) => withScalar(v, c, run.addToEach),
    // As memory has them: every machine that has WebAssembly puts the low byte first.
    encode: (v) => new Uint8Array(v.buffer, v.byteOffset, v.byteLength).slice(),
    decode(bytes) {
      if (bytes.length % ELEMENT_BYTES !== 0) throw new Error('field: not a whole number of elements')
      const { kept, length } = ofBytes(bytes)
      if (kept.length < length) throw new Error('field: an element is not reduced')
      return kept
    },
    async expand(next: Stream, length) {
      let { kept } = ofBytes(await next(length * ELEMENT_BYTES))
      while (kept.length < length) {
        const more = ofBytes(await next((length - kept.length) * ELEMENT_BYTES)).kept
        kept = BigUint64Array.from([...kept, ...more])
      }
      return kept
    },
    signedSums(v, signs, sums) {
      const [at, signsAt, to] = lay(padded(v, 4 * signBytes(v.length)), signs, sums)
      run.signedSums(at, v.length, signsAt, sums, to)
      return read(to, sums)
    },
    prove(calls, seeds) {
      const length = wireLength(callsOf(calls.left.length, calls.chunkLength))
      const { shape, leftAt, rightAt, at } = layCalls(calls, seeds, 4 * length, 2 * length)
      const [seedsAt, room, to] = at
      run.prove(leftAt, rightAt, seedsAt, ...shape, room, to)
      return this.concat(seeds, read(to, 2 * length - 1))
    },
    query(calls, proof, t) {
      const arity = arityOf(calls)
      const length = wireLength(callsOf(calls.left.length, calls.chunkLength))
      const polynomial = padded(proof.subarray(arity), 2 * length)
      const seeds = proof.subarray(0, arity)
      const { shape, leftAt, rightAt, at } = layCalls(calls, seeds, polynomial, length, length, arity, length)
      const [seedsAt, polynomialAt, room, weightsAt, wires, outputs] = at
      if (isRoot(t, shape[2])) return undefined
      run.weights(t, shape[2], 0, room, weightsAt)
      run.query(leftAt, rightAt, seedsAt, ...shape, weightsAt, polynomialAt, wires, outputs)
      return {
        outputs: read(outputs, 1 + shape[0]).subarray(1),
        wires: read(wires, arity),
        value: BigInt.asUintN(64, run.evaluate(polynomialAt, 2 * length - 1, t)),
      }
    },
  }
}

/** Of order 2^log. */
function isRoot(t: bigint, log: number): boolean {
  let power = t
  for (let n = 0; n < log; n++) power = (power * power) % FIELD64.modulus
  return power === 1n
}

function padded(v: Vector, length: number): Vector {
  if (v.length === length) return v
  const longer = new BigUint64Array(length)
  longer.set(v)
  return longer
}

/** What the module exports: addresses and lengths are numbers, elements bigints. */
interface Kernel {
  add(a: number, b: number, to: number, length: number): void
  subtract(a: number, b: number, to: number, length: number): void
  addToEach(v: number, c: bigint, to: number, length: number): void
  timesPowers(v: number, r: bigint, to: number, length: number): void
  keepReduced(v: number, length: number): number
  signedSums(v: number, length: number, signs: number, sums: number, to: number): void
  prepareRoots(root: bigint, log: number, to: number): void
  prove(
    left: number,
    right: number,
    seeds: number,
    calls: number,
    chunkLength: number,
    log: number,
    roots: number,
    room: number,
    to: number,
  ): void
  weights(t: bigint, log: number, roots: number, room: number, to: number): void
  query(
    left: number,
    right: number,
    seeds: number,
    calls: number,
    chunkLength: number,
    log: number,
    roots: number,
    weights: number,
    polynomial: number,
    wires: number,
    outputs: number,
  ): void
  evaluate(polynomial: number, length: number, t: bigint): bigint
}
