/**
 * What a leader does when a round has closed: it verifies the reports with its helper, a job at a time, has both sign what was counted,
 * and releases the sum of the two noised shares. Every step can be begun again: what was done is found in its files, and what the helper
 * was asked is answered again in the same way.
 */
import { createHash } from 'node:crypto'
import { batchLeaf } from '../../shared/federated/batch.ts'
import { decodeReport, type Report } from '../../shared/federated/report.ts'
import { type Bytes, Rejected } from '../../shared/federated/wire.ts'
import { hexOf } from '../../shared/tlog/base64.ts'
import { type Answer, type AnswerOf, type Batch, JOB_REPORTS, type Question } from './messages.ts'
import type { Reports } from './reports.ts'
import {
  aggregateHash,
  batchOf,
  combineShares,
  conclude,
  countJob,
  fixBatch,
  type Job,
  noisedShare,
  type Outcome,
  type Round,
  readBatch,
  readJob,
  verifyKeyOf,
} from './round.ts'
import { finish, type Prepared, prepare } from './verification.ts'

/** A helper that forgets a job so often is not stopped again and again: it does not want to count it. */
const MOST_FORGOTTEN = 20

/** Asks the helper until it answers. @throws Aborted when it has been away for too long */
export type Ask = (question: Question) => Promise<Answer>

/** The round cannot be trusted, or not be finished: nothing is released. */
export class Aborted extends Error {
  constructor(readonly reason: string) {
    super(`the round is aborted: ${reason}`)
  }
}

/** @returns what became of the round, which both aggregators have kept */
export async function lead(round: Round, reports: Reports, ask: Ask): Promise<Outcome> {
  try {
    return await collect(round, reports, ask)
  } catch (error) {
    if (!(error instanceof Aborted)) throw error
    return conclude(round, { state: 'aborted', reason: error.reason })
  }
}

async function collect(round: Round, reports: Reports, ask: Ask): Promise<Outcome> {
  // What is in its files the helper has agreed to: it may be further than this leader knows, and is not asked for what came before.
  const batch = (await readBatch(round)) ?? (await countReports(round, reports, ask))
  const aggregate = (await aggregateHash(round)) ?? (await exchangeShares(round, batch, ask))
  // From here on the helper may have released it.
  const share = await noisedShare(round)
  const released = expect('released', await ask({ type: 'release', round: round.id, share }))
  if (released.aggregate !== aggregate) throw new Aborted('aggregate-differs')
  return conclude(round, { state: 'released', batch, aggregate })
}

async function countReports(round: Round, reports: Reports, ask: Ask): Promise<Batch> {
  if (!reports.has(round.id)) throw new Aborted('never-opened')
  const ids = await reports.close(round.id)
  for (let number = 0; number * JOB_REPORTS < ids.length; number++) {
    const of = ids.slice(number * JOB_REPORTS, (number + 1) * JOB_REPORTS)
    await runJob(round, reports, number, of, ask)
  }
  const batch = await batchOf(round)
  if (batch.reports < round.task.minBatch) throw new Aborted('too-few')
  return fixBatch(round, batch)
}

/** @returns the hash of the aggregate */
async function exchangeShares(round: Round, batch: Batch, ask: Ask): Promise<string> {
  const collected = expect('collected', await ask(batch))
  if (collected.batch.digest !== batch.digest || collected.batch.reports !== batch.reports) {
    throw new Aborted('batch-differs')
  }
  try {
    return await combineShares(round, await noisedShare(round), collected.share)
  } catch (error) {
    if (error instanceof Rejected) throw new Aborted('helper-share-malformed')
    throw error
  }
}

async function runJob(round: Round, reports: Reports, number: number, ids: readonly string[], ask: Ask): Promise<void> {
  let job = await readJob(round, number)
  for (let forgotten = 0; ; forgotten++) {
    job ??= await verifyJob(round, reports, number, ids, ask)
    const answer = await ask({ type: 'count', round: round.id, job: number, accepted: job.accepted })
    const isForgotten = answer.type === 'refused' && answer.reason === 'job-unknown' && forgotten < MOST_FORGOTTEN
    if (!isForgotten) {
      expect('counted', answer)
      return
    }
    // A helper that was stopped has forgotten what it had verified and not counted: it is verified again, with the same result.
    job = undefined
  }
}

async function verifyJob(
  round: Round,
  reports: Reports,
  number: number,
  ids: readonly string[],
  ask: Ask,
): Promise<Job> {
  const verifyKey = await verifyKeyOf(round)
  if (!verifyKey) throw new Aborted('never-opened')
  const all = await Promise.all(ids.map((id) => readReport(round, reports, id)))
  const prepared = await prepare(round, verifyKey, all)
  const asked = all.flatMap((report, n) => (prepared[n] ? [{ report, own: prepared[n] }] : []))
  const { shares } = expect('verified', await ask(verifyQuestion(round, number, asked)))
  if (shares.length !== asked.length) throw new Aborted('helper-job-differs')
  const outShares: Bytes[] = []
  const accepted: boolean[] = []
  const leaves: Bytes[] = []
  for (const [n, { report, own }] of asked.entries()) {
    const outShare = await finish(round, own, [own.share, shares[n]])
    accepted.push(outShare !== undefined)
    if (!outShare) continue
    outShares.push(outShare)
    leaves.push(batchLeaf(report))
  }
  return countJob(round, number, () => ({ accepted, leaves, share: round.vdaf.aggregate(outShares) }))
}

function verifyQuestion(
  round: Round,
  job: number,
  asked: readonly { report: Report; own: NonNullable<Prepared> }[],
): Question {
  return {
    type: 'verify',
    round: round.id,
    job,
    reports: asked.map(({ report: { id, time, publicShare, sealed }, own }) => ({
      id: hexOf(id),
      time,
      publicShare,
      leader: createHash('sha256').update(sealed[0]).digest('hex'),
      sealed: sealed[1],
      share: own.share,
    })),
  }
}

/** It was acknowledged: that it is not there, or cannot be read, is no accident. */
async function readReport(round: Round, reports: Reports, id: string): Promise<Report> {
  const bytes = await reports.read(round.id, id)
  if (!bytes) throw new Aborted('report-lost')
  return decodeReport(bytes)
}

/** @throws Aborted for a refusal, and for an answer to something else */
function expect<T extends Answer['type']>(type: T, answer: Answer): AnswerOf<T> {
  if (answer.type === type) return answer as AnswerOf<T>
  throw new Aborted(answer.type === 'refused' ? `helper-${answer.reason}`.slice(0, 64) : 'helper-confused')
}
