/**
 * What a helper answers to its leader. It trusts nothing that it is told: it verifies each report by itself, counts none twice, adds its
 * own noise, and gives its share once, of a batch that is large enough and that both have counted alike.
 */

import { createHash } from 'node:crypto'
import { leafOf } from '../../shared/federated/batch.ts'
import { type Report, roundIdBytes } from '../../shared/federated/report.ts'
import { type Bytes, isSame } from '../../shared/federated/wire.ts'
import { hexOf } from '../../shared/tlog/base64.ts'
import type { Question, QuestionOf, Reply } from './messages.ts'
import {
  batchOf,
  combineShares,
  conclude,
  countJob,
  fixBatch,
  hasBatch,
  noisedShare,
  ownPart,
  peerPart,
  type Round,
  readJob,
  readJobs,
  verifyKeyOf,
} from './round.ts'
import { finish, prepare } from './verification.ts'

const HOUR_SECONDS = 3600

/** What was verified and not counted yet: gone after a crash, and then verified again. */
export interface Verified {
  leaves: Bytes[]
  /** This helper's shares; undefined for what it rejects. */
  outShares: (Bytes | undefined)[]
}

/** Refusals after which the round cannot be trusted any more. */
const DOUBTS = ['part-differs', 'job-differs', 'report-twice', 'batch-differs', 'too-few']

/** @param verified of this round, by job: the caller keeps it while it runs */
export async function answerLeader(
  round: Round,
  question: Exclude<Question, { type: 'key' }>,
  verified: Map<number, Verified>,
): Promise<Reply> {
  const reply = await replyTo(round, question, verified)
  if (reply.type === 'refused' && DOUBTS.includes(reply.reason)) {
    await conclude(round, { state: 'aborted', reason: reply.reason })
  }
  return reply
}

async function replyTo(
  round: Round,
  question: Exclude<Question, { type: 'key' }>,
  verified: Map<number, Verified>,
): Promise<Reply> {
  switch (question.type) {
    case 'open': {
      const part = await peerPart(round, question.part)
      return isSame(part, question.part) ? { type: 'opened', part: await ownPart(round) } : refused('part-differs')
    }
    case 'verify':
      return verify(round, question, verified)
    case 'count':
      return count(round, question, verified)
    case 'batch': {
      const jobs = await readJobs(round)
      const own = batchOf(round, jobs)
      if (own.digest !== question.digest || own.reports !== question.reports) return refused('batch-differs')
      if (own.reports < round.task.minBatch) return refused('too-few')
      const batch = await fixBatch(round, own)
      if (batch.digest !== own.digest) return refused('batch-differs')
      return { type: 'collected', batch, share: await noisedShare(round, jobs) }
    }
    case 'release': {
      if (!(await hasBatch(round))) return refused('no-batch')
      const jobs = await readJobs(round)
      const aggregate = await combineShares(round, await noisedShare(round, jobs), question.share)
      const outcome = await conclude(round, { state: 'released', batch: batchOf(round, jobs), aggregate })
      return outcome.state === 'released' ? { type: 'released', aggregate: outcome.aggregate } : refused(outcome.reason)
    }
    case 'abort': {
      const outcome = await conclude(round, { state: 'aborted', reason: question.reason })
      return outcome.state === 'aborted' ? { type: 'aborted', reason: outcome.reason } : refused('released')
    }
  }
}

async function verify(
  round: Round,
  { job, reports }: QuestionOf<'verify'>,
  verified: Map<number, Verified>,
): Promise<Reply> {
  const verifyKey = await verifyKeyOf(round)
  if (!verifyKey) return refused('not-open')
  const id = roundIdBytes(round.entry)
  const { opens, closes } = round.entry
  const asReports = reports.map(
    (report): Report => ({
      round: id,
      id: bytesOfHex(report.id),
      time: report.time,
      publicShare: report.publicShare,
      sealed: [new Uint8Array(0), report.sealed],
    }),
  )
  const prepared = await prepare(round, verifyKey, asReports)
  // The leader has looked at it too, and this helper does not rely on that.
  const own = prepared.map((one, n) => {
    const { time } = reports[n]
    return time % HOUR_SECONDS === 0 && time >= opens - HOUR_SECONDS && time < closes ? one : undefined
  })
  const outShares: Verified['outShares'] = []
  for (const [n, one] of own.entries()) {
    outShares.push(await finish(round, one, [reports[n].share, one?.share ?? null]))
  }
  const leaves = reports.map((report) =>
    leafOf(id, bytesOfHex(report.id), bytesOfHex(report.leader), sha256(report.sealed)),
  )
  verified.set(job, { leaves, outShares })
  return { type: 'verified', shares: own.map((one) => one?.share ?? null) }
}

async function count(
  round: Round,
  { job: number, accepted }: QuestionOf<'count'>,
  verified: Map<number, Verified>,
): Promise<Reply> {
  const isCounted = ({ accepted: counted }: { accepted: boolean[] }) =>
    counted.length === accepted.length && counted.every((one, n) => one === accepted[n])
  const before = await readJob(round, number)
  if (before) return isCounted(before) ? { type: 'counted' } : refused('job-differs')
  if (await hasBatch(round)) return refused('batch-collected')
  const known = verified.get(number)
  if (!known) return refused('job-unknown')
  const { leaves, outShares } = known
  if (accepted.length !== leaves.length || accepted.some((yes, n) => yes && !outShares[n]))
    return refused('job-differs')
  const counted = leaves.filter((_, n) => accepted[n])
  const ids = new Set((await readJobs(round)).flatMap((job) => job.leaves.map(idOfLeaf)))
  for (const leaf of counted) {
    if (ids.has(idOfLeaf(leaf))) return refused('report-twice')
    ids.add(idOfLeaf(leaf))
  }
  const share = round.vdaf.aggregate(outShares.filter((one, n) => one !== undefined && accepted[n]) as Bytes[])
  await countJob(round, number, () => ({ accepted, leaves: counted, share }))
  verified.delete(number)
  return { type: 'counted' }
}

const refused = (reason: string): Reply => ({ type: 'refused', reason })
const sha256 = (bytes: Bytes): Uint8Array => createHash('sha256').update(bytes).digest()
/** Behind the round's 32 bytes: `batch.ts`. */
const idOfLeaf = (leaf: Bytes): string => hexOf(leaf.subarray(32, 48))

const bytesOfHex = (hex: string): Bytes => new Uint8Array(Buffer.from(hex, 'hex'))
