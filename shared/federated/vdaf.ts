/**
 * The VDAF that a task names: one shape for the two dialects, PINE for updates of the model and Prio3 for what is counted. All that travels
 * or is kept is bytes; of an aggregate share they are its elements, one after the other.
 */
import { entryId, type TaskEntry } from '../tlog/entry.ts'
import { encodeVector, reduce } from './field.ts'
import { updateParameters } from './model-update.ts'
import { shareBytes } from './pine/parameters.ts'
import * as pineSteps from './pine/pine.ts'
import { type FieldVectors, plainVectors } from './pine/vectors.ts'
import * as prio3Steps from './prio3/prio3.ts'
import { type Bytes, Rejected } from './wire.ts'

export interface Vdaf {
  /** Random bytes that `shard` takes. */
  randomBytes: number
  /** Of a report's parts, whatever is measured: of another length there is none. */
  shareBytes: { publicShare: number; inputShares: number[] }
  /** Elements of an aggregate. */
  length: number
  /** Of the sum, in its own units, squared: how far one report can move it (`accounting/sensitivity.ts`). */
  squaredSensitivity: bigint
  /**
   * @param measurement an update in whole numbers; or 0 or 1; a number; a bucket; a 0 or 1 for each bucket
   * @throws Error for what is no measurement of this kind
   */
  shard(
    measurement: ArrayLike<number>,
    nonce: Bytes,
    random: Bytes,
  ): Promise<{ publicShare: Bytes; inputShares: Bytes[] }>
  /** @param verifyKey (32) of either dialect @throws Rejected */
  prepare(
    verifyKey: Bytes,
    aggregator: 0 | 1,
    nonce: Bytes,
    publicShare: Bytes,
    inputShare: Bytes,
  ): Promise<Preparation>
  /** What both aggregators must see the same. @throws Rejected for a report that is not valid */
  combine(shares: readonly [leader: Bytes, helper: Bytes]): Promise<Bytes>
  /** Of none it is zeros. @throws Rejected for bytes that are no share */
  aggregate(shares: readonly Bytes[]): Bytes
  /** @param noise (length) whole numbers */
  addNoise(share: Bytes, noise: readonly bigint[]): Bytes
  /** (length) sums, which noise may have made negative. */
  unshard(shares: readonly [leader: Bytes, helper: Bytes]): bigint[]
}

export interface Preparation {
  /** For the other aggregator. */
  share: Bytes
  /** The report's part of an aggregate share. @throws Rejected */
  finish(combined: Bytes): Bytes
}

/** @param vectors over Field64, plain or fast @throws Error for parameters with which a proof would not prove it */
export function vdafOf<V>(task: TaskEntry, vectors: FieldVectors<V>): Vdaf {
  return task.vdaf.kind === 'pine' ? pineVdaf(task.vdaf, vectors) : prio3Vdaf(task, task.vdaf)
}

type Kind = TaskEntry['vdaf']

function pineVdaf<V>(shape: Extract<Kind, { kind: 'pine' }>, vectors: FieldVectors<V>): Vdaf {
  const pine = pineSteps.createPine(updateParameters(shape), vectors)
  return {
    ...sumsOf(vectors, shape.dimension),
    randomBytes: pineSteps.randomBytesOf(pine),
    shareBytes: shareBytes(pine.parameters),
    squaredSensitivity: BigInt(pine.parameters.normBound) ** 2n,
    shard: (measurement, nonce, random) => pineSteps.shard(pine, measurement, nonce, random),
    async prepare(verifyKey, aggregator, nonce, publicShare, inputShare) {
      const { state, prepShare } = await pineSteps.prepInit(pine, verifyKey, aggregator, nonce, publicShare, inputShare)
      return { share: prepShare, finish: (combined) => vectors.encode(pineSteps.prepNext(state, combined)) }
    },
    combine: (shares) => pineSteps.prepSharesToPrep(pine, shares),
  }
}

const SHARES = 2

function prio3Vdaf(task: TaskEntry, kind: Exclude<Kind, { kind: 'pine' }>): Vdaf {
  switch (kind.kind) {
    case 'count':
      return prio3Of(task, prio3Steps.prio3Count(SHARES), 1n, ([bit]) => bit)
    case 'sum':
      return prio3Of(task, prio3Steps.prio3Sum(SHARES, BigInt(kind.max)), BigInt(kind.max) ** 2n, ([x]) => BigInt(x))
    case 'histogram': {
      const vdaf = prio3Steps.prio3Histogram(SHARES, kind.length, chunkOf(kind.length))
      return prio3Of(task, vdaf, 1n, ([bucket]) => bucket)
    }
    case 'multihot': {
      const { length, maxWeight } = kind
      const vdaf = prio3Steps.prio3MultihotCountVec(SHARES, length, maxWeight, chunkOf(length))
      return prio3Of(task, vdaf, BigInt(maxWeight), (bits) => bits.map((bit) => bit === 1))
    }
  }
}

/** Near which a proof is shortest (draft-20 section 7.4.3). */
const chunkOf = (length: number) => Math.ceil(Math.sqrt(length))

/** The application context of Prio3 is the task's id, so that a report of one task is none of another. */
function prio3Of<Measurement, Result>(
  task: TaskEntry,
  vdaf: prio3Steps.Prio3<Measurement, Result>,
  squaredSensitivity: bigint,
  measurementOf: (numbers: number[]) => Measurement,
): Vdaf {
  const { field, outputLength } = vdaf.circuit
  const ctx = new TextEncoder().encode(entryId(task))
  return {
    ...sumsOf(plainVectors(field), outputLength),
    randomBytes: prio3Steps.randomBytesOf(vdaf),
    shareBytes: prio3Steps.shareBytes(vdaf),
    squaredSensitivity,
    shard: (measurement, nonce, random) =>
      prio3Steps.shard(vdaf, ctx, measurementOf(Array.from(measurement)), nonce, random),
    async prepare(verifyKey, aggregator, nonce, publicShare, inputShare) {
      const begun = await prio3Steps.verifyInit(vdaf, verifyKey, ctx, aggregator, nonce, publicShare, inputShare)
      const finish = (combined: Bytes) => encodeVector(field, prio3Steps.verifyNext(begun.state, combined))
      return { share: begun.verifierShare, finish }
    },
    combine: (shares) => prio3Steps.verifierSharesToMessage(vdaf, ctx, shares),
  }
}

/** What is done with shares once they are verified: they are vectors of a field, which add up. */
function sumsOf<V>(
  vectors: FieldVectors<V>,
  length: number,
): Pick<Vdaf, 'length' | 'aggregate' | 'addNoise' | 'unshard'> {
  const { field } = vectors
  const decode = (share: Bytes): V => {
    if (share.length !== length * field.bytes) throw new Rejected()
    try {
      return vectors.decode(share)
    } catch {
      throw new Rejected()
    }
  }
  const sum = (shares: readonly Bytes[]) =>
    shares.reduce((total, share) => vectors.add(total, decode(share)), vectors.of(new Array<bigint>(length).fill(0n)))
  const centred = (x: bigint) => (x > field.modulus / 2n ? x - field.modulus : x)
  return {
    length,
    aggregate: (shares) => vectors.encode(sum(shares)),
    addNoise: (share, noise) =>
      vectors.encode(vectors.add(decode(share), vectors.of(noise.map((x) => reduce(field, x))))),
    unshard: (shares) => vectors.elements(sum(shares)).map(centred),
  }
}
