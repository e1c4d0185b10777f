/**
 * Prio3 (VDAF draft-20 section 7): sums of measurements that no aggregator sees, each proved to be in range. All that travels is bytes;
 * what cannot be read, or is not shown to be valid, throws `Rejected`, which says nothing of why.
 *
 *     shard → verifyInit at each aggregator → verifierSharesToMessage → verifyNext → aggregate → unshard
 */
import { addVectors, encodeVector, FIELD64, FIELD128, type Field, subtractVectors } from '../field.ts'
import { type Bytes, concat, decodeOrReject, isSame, Rejected, reader, splitBytes } from '../wire.ts'
import { deriveSeed, expandIntoVector, XOF_TURBOSHAKE128 } from '../xof.ts'
import { count, histogram, multihotCountVec, sum, sumVec } from './circuits.ts'
import {
  type Circuit,
  decide,
  proofLength,
  prove,
  proveRandLength,
  query,
  queryRandLength,
  verifierLength,
} from './flp.ts'

const VERSION = 18
const ALGORITHM_CLASS_VDAF = 0
const NONCE_BYTES = 16
const XOF = XOF_TURBOSHAKE128
const SEED_BYTES = XOF.seedBytes

const USAGE = {
  measShare: 1,
  proofShare: 2,
  jointRandomness: 3,
  proveRandomness: 4,
  queryRandomness: 5,
  jointRandSeed: 6,
  jointRandPart: 7,
} as const

export interface Prio3<Measurement, Result> {
  /** Algorithm identifier (draft-20, table 17). */
  id: number
  circuit: Circuit<Measurement, Result>
  shares: number
  proofs: number
}

export const prio3Count = (shares: number): Prio3<number, bigint> => ({
  id: 1,
  circuit: count(FIELD64),
  shares,
  proofs: 1,
})
export const prio3Sum = (shares: number, max: bigint): Prio3<bigint, bigint> => ({
  id: 2,
  circuit: sum(FIELD64, max),
  shares,
  proofs: 1,
})
export const prio3SumVec = (
  shares: number,
  length: number,
  max: bigint,
  chunkLength: number,
): Prio3<bigint[], bigint[]> => ({
  id: 3,
  circuit: sumVec(FIELD128, length, max, chunkLength),
  shares,
  proofs: 1,
})
export const prio3Histogram = (shares: number, length: number, chunkLength: number): Prio3<number, bigint[]> => ({
  id: 4,
  circuit: histogram(FIELD128, length, chunkLength),
  shares,
  proofs: 1,
})
export const prio3MultihotCountVec = (
  shares: number,
  length: number,
  maxWeight: number,
  chunkLength: number,
): Prio3<readonly boolean[], bigint[]> => ({
  id: 5,
  circuit: multihotCountVec(FIELD128, length, maxWeight, chunkLength),
  shares,
  proofs: 1,
})
/** Several proofs make up for a small field. */
export const prio3SumVecWithMultiproof = (
  shares: number,
  field: Field,
  proofs: number,
  length: number,
  max: bigint,
  chunkLength: number,
): Prio3<bigint[], bigint[]> => ({
  id: 0xffff_ffff,
  circuit: sumVec(field, length, max, chunkLength),
  shares,
  proofs,
})

type AnyPrio3 = Prio3<never, unknown>

export interface Sharded {
  publicShare: Bytes
  /** The leader's first. */
  inputShares: Bytes[]
}
export interface VerifyState {
  outShare: bigint[]
  jointRandSeed: Bytes
}

/** Random bytes that `shard` takes. */
export const randomBytesOf = ({ circuit, shares }: AnyPrio3): number =>
  shares * SEED_BYTES * (circuit.jointRandLength > 0 ? 2 : 1)

/** Of a report's parts, whatever is measured. */
export function shareBytes({ circuit, proofs, shares }: AnyPrio3): { publicShare: number; inputShares: number[] } {
  const blindBytes = circuit.jointRandLength > 0 ? SEED_BYTES : 0
  const elements = circuit.measurementLength + proofs * proofLength(circuit)
  const helpers = new Array<number>(shares - 1).fill(SEED_BYTES + blindBytes)
  return { publicShare: shares * blindBytes, inputShares: [elements * circuit.field.bytes + blindBytes, ...helpers] }
}

/**
 * @param random `randomBytesOf` of them, of which none may ever be used again
 * @throws Error for a measurement that is out of range
 */
export async function shard<Measurement>(
  vdaf: Prio3<Measurement, unknown>,
  ctx: Bytes,
  measurement: Measurement,
  nonce: Bytes,
  random: Bytes,
): Promise<Sharded> {
  const { circuit, shares, proofs } = vdaf
  const { field } = circuit
  if (nonce.length !== NONCE_BYTES) throw new Error(`prio3: a nonce of ${nonce.length} bytes`)
  if (random.length !== randomBytesOf(vdaf)) throw new Error(`prio3: ${random.length} random bytes`)
  const seeds = splitBytes(random, SEED_BYTES)
  const hasJointRand = circuit.jointRandLength > 0
  const helpers = Array.from({ length: shares - 1 }, () => ({
    seed: seeds.shift() as Bytes,
    blind: hasJointRand ? (seeds.shift() as Bytes) : undefined,
  }))
  const leaderBlind = hasJointRand ? (seeds.shift() as Bytes) : undefined
  const [proveSeed] = seeds

  const meas = circuit.encode(measurement)
  let leaderMeas = meas
  const parts: Bytes[] = []
  for (const [n, { seed, blind }] of helpers.entries()) {
    const share = await measShareOf(vdaf, ctx, n + 1, seed)
    leaderMeas = subtractVectors(field, leaderMeas, share)
    if (blind) parts.push(await jointRandPart(vdaf, ctx, n + 1, blind, share, nonce))
  }
  if (leaderBlind) parts.unshift(await jointRandPart(vdaf, ctx, 0, leaderBlind, leaderMeas, nonce))

  const proveRands = await expand(vdaf, proveSeed, ctx, USAGE.proveRandomness, byte(proofs), proveRandLength(circuit))
  const jointRands = hasJointRand ? await jointRandsOf(vdaf, ctx, await jointRandSeedOf(vdaf, ctx, parts)) : []
  let leaderProofs: bigint[] = []
  for (let n = 0; n < proofs; n++) {
    const proveRand = part(proveRands, n, proveRandLength(circuit))
    leaderProofs.push(...prove(circuit, meas, proveRand, part(jointRands, n, circuit.jointRandLength)))
  }
  for (const [n, { seed }] of helpers.entries()) {
    leaderProofs = subtractVectors(field, leaderProofs, await proofsShareOf(vdaf, ctx, n + 1, seed))
  }
  return {
    publicShare: concat(parts),
    inputShares: [
      concat([encodeVector(field, leaderMeas), encodeVector(field, leaderProofs), leaderBlind ?? NOTHING]),
      ...helpers.map(({ seed, blind }) => concat([seed, blind ?? NOTHING])),
    ],
  }
}

/** @throws Rejected for bytes that are no shares, and for a report that cannot be tested without being known */
export async function verifyInit(
  vdaf: AnyPrio3,
  verifyKey: Bytes,
  ctx: Bytes,
  aggregatorId: number,
  nonce: Bytes,
  publicShare: Bytes,
  inputShare: Bytes,
): Promise<{ state: VerifyState; verifierShare: Bytes }> {
  const { circuit, shares, proofs } = vdaf
  const { field } = circuit
  const hasJointRand = circuit.jointRandLength > 0
  const blindBytes = hasJointRand ? SEED_BYTES : 0
  if (publicShare.length !== blindBytes * shares) throw new Rejected()

  const read = reader(inputShare)
  let [meas, proofsShare]: bigint[][] = []
  if (aggregatorId === 0) {
    meas = decodeOrReject(field, read(circuit.measurementLength * field.bytes))
    proofsShare = decodeOrReject(field, read(proofs * proofLength(circuit) * field.bytes))
  } else {
    const seed = read(SEED_BYTES)
    meas = await measShareOf(vdaf, ctx, aggregatorId, seed)
    proofsShare = await proofsShareOf(vdaf, ctx, aggregatorId, seed)
  }
  const blind = read(blindBytes)
  read.end()

  let [jointRandSeed, ownPart]: Bytes[] = [NOTHING, NOTHING]
  if (hasJointRand) {
    ownPart = await jointRandPart(vdaf, ctx, aggregatorId, blind, meas, nonce)
    const parts = splitBytes(publicShare, SEED_BYTES)
    parts[aggregatorId] = ownPart // whatever the client says of it
    jointRandSeed = await jointRandSeedOf(vdaf, ctx, parts)
  }
  const jointRands = hasJointRand ? await jointRandsOf(vdaf, ctx, jointRandSeed) : []
  const binder = concat([byte(proofs), nonce])
  const queryRands = await expand(vdaf, verifyKey, ctx, USAGE.queryRandomness, binder, queryRandLength(circuit))
  const verifiers: bigint[] = []
  for (let n = 0; n < proofs; n++) {
    const proof = part(proofsShare, n, proofLength(circuit))
    const queryRand = part(queryRands, n, queryRandLength(circuit))
    const jointRand = part(jointRands, n, circuit.jointRandLength)
    const verifier = query(circuit, meas, proof, queryRand, jointRand, shares)
    if (!verifier) throw new Rejected()
    verifiers.push(...verifier)
  }
  return {
    state: { outShare: circuit.truncate(meas), jointRandSeed },
    verifierShare: concat([encodeVector(field, verifiers), ownPart]),
  }
}

/** @throws Rejected for a report that is not valid */
export async function verifierSharesToMessage(
  vdaf: AnyPrio3,
  ctx: Bytes,
  verifierShares: readonly Bytes[],
): Promise<Bytes> {
  const { circuit, shares, proofs } = vdaf
  const { field } = circuit
  if (verifierShares.length !== shares) throw new Rejected()
  const length = verifierLength(circuit)
  let verifiers = new Array<bigint>(proofs * length).fill(0n)
  const parts: Bytes[] = []
  for (const share of verifierShares) {
    const read = reader(share)
    verifiers = addVectors(field, verifiers, decodeOrReject(field, read(proofs * length * field.bytes)))
    parts.push(read(circuit.jointRandLength > 0 ? SEED_BYTES : 0))
    read.end()
  }
  for (let n = 0; n < proofs; n++) if (!decide(circuit, part(verifiers, n, length))) throw new Rejected()
  return circuit.jointRandLength > 0 ? jointRandSeedOf(vdaf, ctx, parts) : NOTHING
}

/** The output share. @throws Rejected where the client's joint randomness was not that of its shares */
export function verifyNext({ outShare, jointRandSeed }: VerifyState, message: Bytes): bigint[] {
  if (!isSame(message, jointRandSeed)) throw new Rejected()
  return outShare
}

export const aggregate = ({ circuit }: AnyPrio3, outShares: readonly (readonly bigint[])[]): bigint[] =>
  outShares.reduce<bigint[]>(
    (total, share) => addVectors(circuit.field, total, share),
    new Array<bigint>(circuit.outputLength).fill(0n),
  )

export const unshard = <Result>(
  vdaf: Prio3<never, Result>,
  aggregateShares: readonly (readonly bigint[])[],
  measurements: number,
): Result => vdaf.circuit.decode(aggregate(vdaf, aggregateShares), measurements)

const NOTHING: Bytes = new Uint8Array(0)
const byte = (value: number): Bytes => Uint8Array.of(value)

/** Section 6.2.3. */
function domainSeparationTag({ id }: AnyPrio3, usage: number, ctx: Bytes): Bytes {
  const tag = new Uint8Array(8)
  const view = new DataView(tag.buffer)
  tag.set([VERSION, ALGORITHM_CLASS_VDAF])
  view.setUint32(2, id)
  view.setUint16(6, usage)
  return concat([tag, ctx])
}

/** @param each elements a proof */
const expand = (vdaf: AnyPrio3, seed: Bytes, ctx: Bytes, usage: number, binder: Bytes, each: number) =>
  expandIntoVector(XOF, vdaf.circuit.field, seed, domainSeparationTag(vdaf, usage, ctx), binder, each * vdaf.proofs)

const measShareOf = (vdaf: AnyPrio3, ctx: Bytes, aggregatorId: number, seed: Bytes) =>
  expandIntoVector(
    XOF,
    vdaf.circuit.field,
    seed,
    domainSeparationTag(vdaf, USAGE.measShare, ctx),
    byte(aggregatorId),
    vdaf.circuit.measurementLength,
  )

const proofsShareOf = (vdaf: AnyPrio3, ctx: Bytes, aggregatorId: number, seed: Bytes) =>
  expand(vdaf, seed, ctx, USAGE.proofShare, Uint8Array.of(vdaf.proofs, aggregatorId), proofLength(vdaf.circuit))

const jointRandPart = (
  vdaf: AnyPrio3,
  ctx: Bytes,
  aggregatorId: number,
  blind: Bytes,
  measShare: readonly bigint[],
  nonce: Bytes,
) => {
  const binder = concat([byte(aggregatorId), nonce, encodeVector(vdaf.circuit.field, measShare)])
  return deriveSeed(XOF, blind, domainSeparationTag(vdaf, USAGE.jointRandPart, ctx), binder)
}

const jointRandSeedOf = (vdaf: AnyPrio3, ctx: Bytes, parts: readonly Bytes[]) =>
  deriveSeed(XOF, new Uint8Array(SEED_BYTES), domainSeparationTag(vdaf, USAGE.jointRandSeed, ctx), concat(parts))

const jointRandsOf = (vdaf: AnyPrio3, ctx: Bytes, seed: Bytes) =>
  expand(vdaf, seed, ctx, USAGE.jointRandomness, byte(vdaf.proofs), vdaf.circuit.jointRandLength)

const part = (vector: readonly bigint[], n: number, length: number) => vector.slice(n * length, (n + 1) * length)
