/**
 * PINE (draft-chen-cfrg-vdaf-pine-01, with the framing of VDAF-11): sums of vectors that no aggregator sees, each proved to be no longer
 * than a bound. The draft leaves Shard and Prep open; its reference code and the 32 published vectors are what this follows. Not audited.
 *
 *     shard → prepInit at each aggregator → prepSharesToPrep → prepNext → aggregate → unshard
 *
 * Elements of a measurement are whole numbers, in units of 2 to minus the fraction bits. All that travels is bytes; what cannot be read, or
 * is not shown to be valid, throws `Rejected`, which says nothing of why.
 */
import { FIELD32, FIELD40, FIELD64, FIELD128, inverse } from '../field.ts'
import { type Bytes, concat, isSame, Rejected, reader, splitBytes } from '../wire.ts'
import { deriveSeed, type Stream, XOF_HMAC_SHA256_AES128, XOF_TURBOSHAKE128_VDAF11 } from '../xof.ts'
import {
  encodeGradientAndNorm,
  encodeWrChecks,
  normCircuit,
  type PineCircuit,
  restCircuit,
  wrResults,
} from './circuits.ts'
import { type PineParameters, type PineShape, shapeOf } from './parameters.ts'
import { arityOf, type FieldVectors, signBytes } from './vectors.ts'

const VERSION = 1
const NONCE_BYTES = 16
/** Of the joint randomness of a proof. */
const JOINT_RAND_LENGTH = 3

const USAGE = {
  measShare: 1,
  proofShare: 2,
  jointRandomness: 3,
  proveRandomness: 4,
  queryRandomness: 5,
  jointRandSeed: 6,
  jointRandPart: 7,
  wrJointRandomness: 8,
  wrJointRandSeed: 9,
  wrJointRandPart: 10,
} as const

/** What the variants that are published differ in. */
export const PINE_VARIANTS = {
  Pine128: { id: 0xffff_ffff, field: FIELD128, xof: XOF_TURBOSHAKE128_VDAF11 },
  Pine64: { id: 0xffff_ffff, field: FIELD64, xof: XOF_TURBOSHAKE128_VDAF11 },
  Pine64HmacSha256Aes128: { id: 0xffff_1004, field: FIELD64, xof: XOF_HMAC_SHA256_AES128 },
  Pine32HmacSha256Aes128: { id: 0xffff_1005, field: FIELD32, xof: XOF_HMAC_SHA256_AES128 },
  Pine40HmacSha256Aes128: { id: 0xffff_1006, field: FIELD40, xof: XOF_HMAC_SHA256_AES128 },
} as const

export interface Pine<V> {
  parameters: PineParameters
  shape: PineShape
  vectors: FieldVectors<V>
}

/** @throws Error for parameters with which a proof would not prove it */
export function createPine<V>(parameters: PineParameters, vectors: FieldVectors<V>): Pine<V> {
  return { parameters, shape: shapeOf(parameters), vectors }
}

export interface PineReport {
  publicShare: Bytes
  /** The leader's first. */
  inputShares: Bytes[]
}
export interface PrepState<V> {
  outShare: V
  wrSeed: Bytes
  seed: Bytes
}

/** Random bytes that `shard` takes: four seeds a helper, two blinds of the leader, one seed of the prover. */
export const randomBytesOf = ({ parameters: { shares, xof } }: Pine<unknown>): number =>
  (4 * (shares - 1) + 3) * xof.seedBytes

/**
 * @param gradient whole numbers
 * @param random `randomBytesOf` of them, of which none may ever be used again
 * @throws Error where the norm is more than the bound, and, about never, where wraparound tests want other random bytes
 */
export async function shard<V>(
  pine: Pine<V>,
  gradient: ArrayLike<number>,
  nonce: Bytes,
  random: Bytes,
): Promise<PineReport> {
  const { parameters, shape, vectors } = pine
  return shardEncoded(pine, encodeGradientAndNorm(vectors, parameters, shape, gradient), nonce, random)
}

/** @param gradientAndNorm encoded, and taken at its word: of what it says nothing is looked at */
export async function shardEncoded<V>(
  pine: Pine<V>,
  gradientAndNorm: V,
  nonce: Bytes,
  random: Bytes,
): Promise<PineReport> {
  const { parameters, shape, vectors } = pine
  const { shares, proofs, normProofs, xof } = parameters
  if (nonce.length !== NONCE_BYTES) throw new Error(`pine: a nonce of ${nonce.length} bytes`)
  if (random.length !== randomBytesOf(pine)) throw new Error(`pine: ${random.length} random bytes`)
  const seeds = splitBytes(random, xof.seedBytes)
  const helpers = await Promise.all(
    Array.from({ length: shares - 1 }, async (_, n) => {
      const [measSeed, proofSeed, wrBlind, blind] = seeds.slice(4 * n, 4 * n + 4)
      const measShare = await measShareOf(pine, n + 1, measSeed)
      return { measSeed, proofSeed, wrBlind, blind, measShare }
    }),
  )
  const [leaderWrBlind, leaderBlind, proveSeed] = seeds.slice(4 * (shares - 1))
  const leaderShareOf = (meas: V) =>
    helpers.reduce(
      (rest, { measShare }) => vectors.subtract(rest, vectors.slice(measShare, 0, vectors.length(meas))),
      meas,
    )

  // What is tested for wraparound is chosen by what has been shared before, so that nobody chooses it.
  const leaderGradient = leaderShareOf(gradientAndNorm)
  const wrParts = await Promise.all([
    jointRandPart(pine, USAGE.wrJointRandPart, 0, leaderWrBlind, leaderGradient, nonce),
    ...helpers.map(({ wrBlind, measShare }, n) => {
      const share = vectors.slice(measShare, 0, shape.gradientAndNorm)
      return jointRandPart(pine, USAGE.wrJointRandPart, n + 1, wrBlind, share, nonce)
    }),
  ])
  const signs = await wrSigns(pine, await jointRandSeed(pine, USAGE.wrJointRandSeed, wrParts))
  const results = wrResults(vectors, parameters, gradientAndNorm, signs)
  const wrBits = encodeWrChecks(vectors.field, parameters, shape, vectors.elements(results))
  if (!wrBits) throw new Error('pine: too few wraparound tests succeed: shard again, with other random bytes')

  const meas = vectors.concat(gradientAndNorm, vectors.of(wrBits))
  const leaderMeas = leaderShareOf(meas)
  const parts = await Promise.all([
    jointRandPart(pine, USAGE.jointRandPart, 0, leaderBlind, leaderMeas, nonce),
    ...helpers.map(({ blind, measShare }, n) =>
      jointRandPart(pine, USAGE.jointRandPart, n + 1, blind, measShare, nonce),
    ),
  ])
  const jointRands = await jointRandsOf(pine, await jointRandSeed(pine, USAGE.jointRandSeed, parts))
  const binder = Uint8Array.of(normProofs, proofs)
  const proveRands = await expand(pine, proveSeed, USAGE.proveRandomness, binder, lengthOfAll(pine, 'seeds'))
  const input = { parameters, shape, vectors, meas, results, sharesInverse: 1n }
  const circuits = circuitsOf(pine, input, jointRands)
  let at = 0
  let leaderProofs = vectors.concat(
    ...circuits.map(({ calls }) => {
      const length = arityOf(calls)
      at += length
      return vectors.prove(calls, vectors.slice(proveRands, at - length, at))
    }),
  )
  for (const [n, { proofSeed }] of helpers.entries()) {
    leaderProofs = vectors.subtract(leaderProofs, await proofsShareOf(pine, n + 1, proofSeed))
  }
  return {
    publicShare: concat([...wrParts, ...parts]),
    inputShares: [
      concat([vectors.encode(leaderMeas), vectors.encode(leaderProofs), leaderWrBlind, leaderBlind]),
      ...helpers.map(({ measSeed, proofSeed, wrBlind, blind }) => concat([measSeed, proofSeed, wrBlind, blind])),
    ],
  }
}

/** @throws Rejected for bytes that are no shares, and for a report that cannot be tested without being known */
export async function prepInit<V>(
  pine: Pine<V>,
  verifyKey: Bytes,
  aggregatorId: number,
  nonce: Bytes,
  publicShare: Bytes,
  inputShare: Bytes,
): Promise<{ state: PrepState<V>; prepShare: Bytes }> {
  const { parameters, shape, vectors } = pine
  const { shares, proofs, normProofs, xof, field, dimension } = parameters
  if (publicShare.length !== 2 * shares * xof.seedBytes) throw new Rejected()
  const read = reader(inputShare)
  let [meas, proofsShare]: (V | undefined)[] = []
  if (aggregatorId === 0) {
    meas = decodeOrReject(vectors, read(shape.measurement * field.bytes))
    proofsShare = decodeOrReject(vectors, read(lengthOfAll(pine, 'proof') * field.bytes))
  } else {
    meas = await measShareOf(pine, aggregatorId, read(xof.seedBytes))
    proofsShare = await proofsShareOf(pine, aggregatorId, read(xof.seedBytes))
  }
  const [wrBlind, blind] = [read(xof.seedBytes), read(xof.seedBytes)]
  read.end()

  const claimed = splitBytes(publicShare, xof.seedBytes)
  // Its own part is what its share gives, whatever the client says of it.
  const corrected = (parts: readonly Bytes[], own: Bytes) => parts.map((part, n) => (n === aggregatorId ? own : part))
  const gradientAndNorm = vectors.slice(meas, 0, shape.gradientAndNorm)
  const [wrPart, part] = await Promise.all([
    jointRandPart(pine, USAGE.wrJointRandPart, aggregatorId, wrBlind, gradientAndNorm, nonce),
    jointRandPart(pine, USAGE.jointRandPart, aggregatorId, blind, meas, nonce),
  ])
  const [wrSeed, seed] = await Promise.all([
    jointRandSeed(pine, USAGE.wrJointRandSeed, corrected(claimed.slice(0, shares), wrPart)),
    jointRandSeed(pine, USAGE.jointRandSeed, corrected(claimed.slice(shares), part)),
  ])
  const results = wrResults(vectors, parameters, meas, await wrSigns(pine, wrSeed))
  const queryRands = vectors.elements(
    await expand(
      pine,
      verifyKey,
      USAGE.queryRandomness,
      concat([Uint8Array.of(normProofs, proofs), nonce]),
      normProofs + proofs,
    ),
  )
  const input = { parameters, shape, vectors, meas, results, sharesInverse: inverse(field, BigInt(shares)) }
  const circuits = circuitsOf(pine, input, await jointRandsOf(pine, seed))
  let at = 0
  const verifiers = circuits.map(({ calls, result }, n) => {
    const { proof: length } = n < normProofs ? shape.norm : shape.rest
    at += length
    const answer = vectors.query(calls, vectors.slice(proofsShare, at - length, at), queryRands[n])
    if (!answer) throw new Rejected()
    const { outputs, wires, value } = answer
    return vectors.concat(vectors.of([result(vectors.elements(outputs))]), wires, vectors.of([value]))
  })
  return {
    state: { outShare: vectors.slice(meas, 0, dimension), wrSeed, seed },
    prepShare: concat([vectors.encode(vectors.concat(...verifiers)), wrPart, part]),
  }
}

/** @throws Rejected for a report that is not valid */
export async function prepSharesToPrep<V>(pine: Pine<V>, prepShares: readonly Bytes[]): Promise<Bytes> {
  const { parameters, shape, vectors } = pine
  const { shares, normProofs, proofs, xof, field } = parameters
  if (prepShares.length !== shares) throw new Rejected()
  const read = prepShares.map((share) => {
    const next = reader(share)
    const verifiers = decodeOrReject(vectors, next(lengthOfAll(pine, 'verifier') * field.bytes))
    const parts = { verifiers, wrPart: next(xof.seedBytes), part: next(xof.seedBytes) }
    next.end()
    return parts
  })
  const verifiers = vectors.elements(read.map((share) => share.verifiers).reduce(vectors.add))
  let at = 0
  for (let n = 0; n < normProofs + proofs; n++) {
    const { verifier: length } = n < normProofs ? shape.norm : shape.rest
    at += length
    const [result, ...wires] = verifiers.slice(at - length, at)
    const value = wires.pop()
    // The circuit's result is 0, and the gadget polynomial is the gadget of the wires.
    const gadget = n < normProofs ? sumOfSquares(wires) : sumOfProducts(wires)
    if (result !== 0n || gadget % field.modulus !== value) throw new Rejected()
  }
  return concat([
    await jointRandSeed(
      pine,
      USAGE.wrJointRandSeed,
      read.map(({ wrPart }) => wrPart),
    ),
    await jointRandSeed(
      pine,
      USAGE.jointRandSeed,
      read.map(({ part }) => part),
    ),
  ])
}

const sumOfSquares = (wires: readonly bigint[]) => wires.reduce((sum, x) => sum + x * x, 0n)
const sumOfProducts = (wires: readonly bigint[]) =>
  wires.reduce((sum, x, n) => (n % 2 ? sum + x * wires[n - 1] : sum), 0n)

/** The output share. @throws Rejected where the client's joint randomness was not that of its shares */
export function prepNext<V>({ outShare, wrSeed, seed }: PrepState<V>, prepMessage: Bytes): V {
  if (!isSame(prepMessage, concat([wrSeed, seed]))) throw new Rejected()
  return outShare
}

export const aggregate = <V>({ vectors, parameters }: Pine<V>, outShares: readonly V[]): V =>
  outShares.reduce(vectors.add, vectors.of(new Array<bigint>(parameters.dimension).fill(0n)))

/** The sum, in units of 2 to minus the fraction bits. */
export function unshard<V>(pine: Pine<V>, aggregateShares: readonly V[]): bigint[] {
  const { modulus } = pine.parameters.field
  return pine.vectors.elements(aggregate(pine, aggregateShares)).map((x) => (x > modulus / 2n ? x - modulus : x))
}

/** Of all proofs of a report. */
function lengthOfAll({ parameters, shape }: Pine<unknown>, what: 'seeds' | 'proof' | 'verifier'): number {
  return parameters.normProofs * shape.norm[what] + parameters.proofs * shape.rest[what]
}

/** One for each proof, in the order of the proofs. */
function circuitsOf<V>(
  { parameters: { normProofs, proofs } }: Pine<V>,
  input: Parameters<typeof normCircuit<V>>[0],
  jointRands: readonly bigint[],
): PineCircuit<V>[] {
  const norm = normCircuit(input)
  return [
    ...Array.from({ length: normProofs }, () => norm),
    ...Array.from({ length: proofs }, (_, n) =>
      restCircuit(input, jointRands.slice(n * JOINT_RAND_LENGTH, (n + 1) * JOINT_RAND_LENGTH)),
    ),
  ]
}

function decodeOrReject<V>(vectors: FieldVectors<V>, bytes: Bytes): V {
  try {
    return vectors.decode(bytes)
  } catch {
    throw new Rejected()
  }
}

function domainSeparationTag({ parameters: { id } }: Pine<unknown>, usage: number): Bytes {
  const tag = new Uint8Array(7)
  const view = new DataView(tag.buffer)
  tag[0] = VERSION
  view.setUint32(1, id)
  view.setUint16(5, usage)
  return tag
}

function start(pine: Pine<unknown>, seed: Bytes, usage: number, binder: Bytes): Promise<Stream> {
  return pine.parameters.xof.start(seed, domainSeparationTag(pine, usage), binder)
}

async function expand<V>(pine: Pine<V>, seed: Bytes, usage: number, binder: Bytes, length: number): Promise<V> {
  return pine.vectors.expand(await start(pine, seed, usage, binder), length)
}

const measShareOf = <V>(pine: Pine<V>, aggregatorId: number, seed: Bytes) =>
  expand(pine, seed, USAGE.measShare, Uint8Array.of(aggregatorId), pine.shape.measurement)

function proofsShareOf<V>(pine: Pine<V>, aggregatorId: number, seed: Bytes): Promise<V> {
  const { normProofs, proofs } = pine.parameters
  const binder = Uint8Array.of(normProofs, proofs, aggregatorId)
  return expand(pine, seed, USAGE.proofShare, binder, lengthOfAll(pine, 'proof'))
}

function jointRandPart<V>(
  pine: Pine<V>,
  usage: number,
  aggregatorId: number,
  blind: Bytes,
  measShare: V,
  nonce: Bytes,
): Promise<Bytes> {
  const binder = concat([Uint8Array.of(aggregatorId), nonce, pine.vectors.encode(measShare)])
  return deriveSeed(pine.parameters.xof, blind, domainSeparationTag(pine, usage), binder)
}

function jointRandSeed(pine: Pine<unknown>, usage: number, parts: readonly Bytes[]): Promise<Bytes> {
  const { xof } = pine.parameters
  return deriveSeed(xof, new Uint8Array(xof.seedBytes), domainSeparationTag(pine, usage), concat(parts))
}

async function jointRandsOf<V>(pine: Pine<V>, seed: Bytes): Promise<bigint[]> {
  const { proofs } = pine.parameters
  const length = JOINT_RAND_LENGTH * proofs
  return pine.vectors.elements(await expand(pine, seed, USAGE.jointRandomness, Uint8Array.of(proofs), length))
}

async function wrSigns(pine: Pine<unknown>, seed: Bytes): Promise<Bytes> {
  const next = await start(pine, seed, USAGE.wrJointRandomness, new Uint8Array(0))
  return next(pine.parameters.wrChecks * signBytes(pine.parameters.dimension))
}
