/**
 * A round, as one of its aggregators keeps it beside the reports (`reports.ts`), in files that are each written once:
 *
 *     rounds/b5bb9d…/record          the round, signed by the publisher and both aggregators: {"type":"round",…}
 *     rounds/b5bb9d…/task.json       its task
 *     rounds/b5bb9d…/part-0, part-1  what the leader and the helper drew for the verify key, before the first report
 *     rounds/b5bb9d…/jobs/3.json     which reports of a job are counted, and this aggregator's share of their sum
 *     rounds/b5bb9d…/batch.json      what was counted in all: from here on, nothing else is
 *     rounds/b5bb9d…/share-0, -1     the noised shares: noise is drawn once, after the batch is fixed
 *     rounds/b5bb9d…/aggregate       their sum
 *     rounds/b5bb9d…/outcome.json    that it was released, or why not: never both
 *
 * A crash loses what was not written yet, and that is done again with the same result; what was written stays. When there is an outcome,
 * reports, jobs, keys and shares are removed.
 */
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { batchDigest } from '../../shared/federated/batch.ts'
import { sampleDiscreteGaussians } from '../../shared/federated/discrete-gaussian.ts'
import { type Role, roundIdBytes } from '../../shared/federated/report.ts'
import type { Vdaf } from '../../shared/federated/vdaf.ts'
import type { Bytes } from '../../shared/federated/wire.ts'
import { base64Of, bytesOf, hexOf } from '../../shared/tlog/base64.ts'
import { entryId, type RoundEntry, type TaskEntry } from '../../shared/tlog/entry.ts'
import {
  makePrivateFolder,
  namesIn,
  readIfPresent,
  removeWithPartials,
  replaceDurably,
  syncFolder,
  writeOnce,
} from '../durable-file.ts'
import type { Batch } from './messages.ts'

const VERIFY_PART_BYTES = 32

export interface Round {
  id: string
  entry: RoundEntry
  task: TaskEntry
  vdaf: Vdaf
  role: Role
  /** Its folder. */
  at: string
  /** This aggregator counts no more. */
  maxReports: number
  /** Opens the shares that are sealed to this aggregator. */
  privateKey(): Promise<CryptoKey>
}

export type Outcome = { state: 'released'; batch: Batch; aggregate: string } | { state: 'aborted'; reason: string }

/** A job, once it is counted. */
export interface Job {
  /** Which of its reports are. */
  accepted: boolean[]
  /** Of those that are: `batch.ts`. */
  leaves: Bytes[]
  /** Of their sum. */
  share: Bytes
}

/** The number of an aggregator in the VDAF. */
export const numberOf = (role: Role): 0 | 1 => (role === 'leader' ? 0 : 1)
export const peerOf = ({ role, task }: Round): TaskEntry['leader'] => (role === 'leader' ? task.helper : task.leader)

/** What this aggregator draws for the verify key, once. */
export const ownPart = ({ at, role }: Round): Promise<Bytes> =>
  writeOnce(join(at, `part-${numberOf(role)}`), () => crypto.getRandomValues(new Uint8Array(VERIFY_PART_BYTES)))

/** What the other one drew. @returns that of the first time */
export const peerPart = ({ at, role }: Round, part: Bytes): Promise<Bytes> =>
  writeOnce(join(at, `part-${1 - numberOf(role)}`), () => part)

/** Fixed before the first report; undefined before. No shopper knows it: else a proof could be made to fit. */
export async function verifyKeyOf({ at, entry }: Round): Promise<Bytes | undefined> {
  const parts = await Promise.all([0, 1].map((n) => readIfPresent(join(at, `part-${n}`))))
  if (!parts[0] || !parts[1]) return undefined
  const hash = createHash('sha256').update('vitrine verify key\n').update(roundIdBytes(entry))
  return new Uint8Array(hash.update(parts[0]).update(parts[1]).digest())
}

/** A job is counted once; whoever counts it again gets what was counted. */
export async function countJob({ at }: Round, number: number, make: () => Job | Promise<Job>): Promise<Job> {
  await makePrivateFolder(at, join(at, 'jobs'))
  return decodeJob(await writeOnce(join(at, 'jobs', `${number}.json`), async () => encodeJob(await make())))
}

export async function readJob({ at }: Round, number: number): Promise<Job | undefined> {
  const bytes = await readIfPresent(join(at, 'jobs', `${number}.json`))
  return bytes && decodeJob(bytes)
}

/** One after the other: a share is as long as the vector that is summed, and a round has thousands of jobs. */
async function* readJobs({ at }: Round): AsyncGenerator<Job> {
  const folder = join(at, 'jobs')
  for (const name of await namesIn(folder)) {
    const bytes = /^\d+\.json$/.test(name) && (await readIfPresent(join(folder, name)))
    if (bytes) yield decodeJob(bytes)
  }
}

/** Of all reports that are counted. */
export async function readLeaves(round: Round): Promise<Bytes[]> {
  const leaves: Bytes[] = []
  for await (const job of readJobs(round)) leaves.push(...job.leaves)
  return leaves
}

const encodeJob = ({ accepted, leaves, share }: Job): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ accepted, leaves: leaves.map(base64Of), share: base64Of(share) }))

/** Our own file, whole or not there. */
function decodeJob(bytes: Uint8Array): Job {
  const job = JSON.parse(new TextDecoder().decode(bytes)) as { accepted: boolean[]; leaves: string[]; share: string }
  return {
    accepted: job.accepted,
    leaves: job.leaves.map((leaf) => bytesOf(leaf) as Bytes),
    share: bytesOf(job.share) as Bytes,
  }
}

/** What is counted so far. */
export async function batchOf(round: Round): Promise<Batch> {
  const leaves = await readLeaves(round)
  return { type: 'batch', round: round.id, reports: leaves.length, digest: hexOf(batchDigest(leaves)) }
}

/** Nothing is counted from here on. @returns the batch of the first time */
export async function fixBatch({ at }: Round, batch: Batch): Promise<Batch> {
  const bytes = await writeOnce(join(at, 'batch.json'), () => new TextEncoder().encode(JSON.stringify(batch)))
  return JSON.parse(new TextDecoder().decode(bytes)) as Batch
}

/** Undefined before it is fixed. */
export async function readBatch({ at }: Round): Promise<Batch | undefined> {
  const bytes = await readIfPresent(join(at, 'batch.json'))
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Batch)
}

/** This aggregator's share of the sum, with its noise: the same bytes whenever it is asked for. */
export const noisedShare = (round: Round): Promise<Bytes> =>
  writeOnce(join(round.at, `share-${numberOf(round.role)}`), async () => {
    const { vdaf, task } = round
    let share = vdaf.aggregate([])
    for await (const job of readJobs(round)) share = vdaf.aggregate([share, job.share])
    return task.noiseMultiplier === 0 ? share : vdaf.addNoise(share, drawNoise(vdaf, task.noiseMultiplier))
  })

/** Of N_ℤ(0, (z · sensitivity)²), one for each element; each aggregator's own, whatever the other does. */
function drawNoise({ length, squaredSensitivity }: Vdaf, noiseMultiplier: number): bigint[] {
  const { numerator, denominator } = exactly(noiseMultiplier)
  const variance = {
    numerator: numerator * numerator * squaredSensitivity,
    denominator: denominator * denominator,
  }
  return sampleDiscreteGaussians(variance, length, (bytes) => crypto.getRandomValues(new Uint8Array(bytes)))
}

/** A float is a whole number times a power of 2. */
function exactly(value: number): { numerator: bigint; denominator: bigint } {
  let denominator = 1n
  let numerator = value
  while (!Number.isInteger(numerator)) {
    numerator *= 2
    denominator *= 2n
  }
  return { numerator: BigInt(numerator), denominator }
}

/** The two noised shares. @returns the SHA-256 of the aggregate, which is kept @throws Rejected for what is no share */
export async function combineShares(round: Round, own: Bytes, peer: Bytes): Promise<string> {
  return hashOf(await writeOnce(join(round.at, 'aggregate'), () => round.vdaf.aggregate([own, peer])))
}

export const readAggregate = async ({ at }: Round): Promise<Uint8Array | undefined> =>
  readIfPresent(join(at, 'aggregate'))

/** Of the aggregate, once there is one. */
export async function aggregateHash(round: Round): Promise<string | undefined> {
  const aggregate = await readAggregate(round)
  return aggregate && hashOf(aggregate)
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** @returns the outcome of the first time: what was released is not aborted, and what was aborted not released */
export async function conclude({ at }: Round, outcome: Outcome): Promise<Outcome> {
  const bytes = await writeOnce(join(at, 'outcome.json'), () => new TextEncoder().encode(JSON.stringify(outcome)))
  return JSON.parse(new TextDecoder().decode(bytes)) as Outcome
}

export async function outcomeOf({ at }: Round): Promise<Outcome | undefined> {
  const bytes = await readIfPresent(join(at, 'outcome.json'))
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Outcome)
}

/** All that was of use only until there was an outcome; of one that was aborted, the sum too. */
export async function clear({ at }: Round, { state }: Outcome): Promise<void> {
  const names = ['jobs', 'part-0', 'part-1', 'share-0', 'share-1', ...(state === 'aborted' ? ['aggregate'] : [])]
  for (const name of names) await removeWithPartials(join(at, name))
}

/** Its record and its task, for good. */
export async function keepRound(folder: string, entry: RoundEntry, record: Uint8Array, task: TaskEntry): Promise<void> {
  const at = roundFolder(folder, entry)
  await makePrivateFolder(folder, at)
  await replaceDurably(join(at, 'task.json'), new TextEncoder().encode(JSON.stringify(task)))
  await writeOnce(join(at, 'record'), () => record)
}

/** What a process that is gone left is there after a power cut too, before anything is made of it. */
export async function forceToDisk({ at }: Round): Promise<void> {
  const folders = (await readdir(at, { withFileTypes: true })).filter((one) => one.isDirectory())
  for (const folder of [at, ...folders.map(({ name }) => join(at, name))]) await syncFolder(folder)
}

export const roundFolder = (folder: string, entry: RoundEntry): string => join(folder, 'rounds', entryId(entry))
