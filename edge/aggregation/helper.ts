/**
 * What a helper answers to its leader. It trusts nothing that it is told: it verifies each report by itself, counts none twice, adds its
 * own noise, and gives its share once, of a batch that is large enough and that both have counted alike.
 */

import { createHash } from 'node:crypto'
import { leafOf } from '../../shared/federated/batch.ts'
import { type Report, roundIdBytes } from '../../shared/federated/report.ts'
import { type Bytes, isSame } from '../../shared/federated/wire.ts'
import { hexOf } from '../../shared/tlog/base64.ts'
import { JOB_REPORTS, type Question, type QuestionOf, type Reply } from './messages.ts'
import {
  batchOf,
  combineShares,
  conclude,
  countJob,
  fixBatch,
  noisedShare,
  type Outcome,
  outcomeOf,
  ownPart,
  peerPart,
  type Round,
  readBatch,
  readJob,
  readLeaves,
  verifyKeyOf,
} from './round.ts'
import { finish, prepare } from './verification.ts'

const HOUR_SECONDS = 3600

/** What a helper has of a round in memory alone: gone after a crash, and then made again. */
export interface Memory {
  /** The job that was verified last, until it is counted: a leader has one under way at a time. */
  verified?: Verified
  /** Ids of the reports that are counted. */
  counted?: Set<string>
}

interface Verified {
  job: number
  leaves: Bytes[]
  /** This helper's shares; undefined for what it rejects. */
  outShares: (Bytes | undefined)[]
}

/** Refusals after which the round cannot be trusted any more. */
const DOUBTS = ['part-differs', 'job-differs', 'report-twice', 'too-many', 'batch-differs', 'too-few']

/** @param memory of this round, which the caller keeps while it runs */
export async function answerLeader(
  round: Round,
  question: Exclude<Question, { type: 'key' }>,
  memory: Memory,
): Promise<Reply> {
  const before = await outcomeOf(round)
  const reply = before ? replyAfter(before, question) : await replyTo(round, question, memory)
  if (reply.type === 'refused' && DOUBTS.includes(reply.reason)) {
    await conclude(round, { state: 'aborted', reason: reply.reason })
  }
  return reply
}

/** What it said before it says again, and nothing else. */
function replyAfter(outcome: Outcome, { type }: Question): Reply {
  if (outcome.state === 'aborted') {
    return type === 'abort' ? { type: 'aborted', reason: outcome.reason } : refused(outcome.reason)
  }
  return type === 'release' ? { type: 'released', aggregate: outcome.aggregate } : refused('released')
}

async function replyTo(round: Round, question: Exclude<Question, { type: 'key' }>, memory: Memory): Promise<Reply> {
  switch (question.type) {
    case 'open': {
      const part = await peerPart(round, question.part)
      return isSame(part, question.part) ? { type: 'opened', part: await ownPart(round) } : refused('part-differs')
    }
    case 'verify':
      return verify(round, question, memory)
    case 'count':
      return count(round, question, memory)
    case 'batch': {
      const own = (await readBatch(round)) ?? (await batchOf(round))
      if (own.digest !== question.digest || own.reports !== question.reports) return refused('batch-differs')
      if (own.reports < round.task.minBatch) return refused('too-few')
      return { type: 'collected', batch: await fixBatch(round, own), share: await noisedShare(round) }
    }
    case 'release': {
      const batch = await readBatch(round)
      if (!batch) return refused('no-batch')
      const aggregate = await combineShares(round, await noisedShare(round), question.share)
      const outcome = await conclude(round, { state: 'released', batch, aggregate })
      return outcome.state === 'released' ? { type: 'released', aggregate: outcome.aggregate } : refused(outcome.reason)
    }
    case 'abort': {
      const outcome = await conclude(round, { state: 'aborted', reason: question.reason })
      return outcome.state === 'aborted' ? { type: 'aborted', reason: outcome.reason } : refused('released')
    }
  }
}

async function verify(round: Round, { job, reports }: QuestionOf<'verify'>, memory: Memory): Promise<Reply> {
  const verifyKey = await verifyKeyOf(round)
  if (!verifyKey) return refused('not-open')
  if (job * JOB_REPORTS >= round.maxReports) return refused('too-many')
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
  // One that is counted is not counted again: what is sent again late, by whomever, is not remembered in place of what is under way.
  if (!(await readJob(round, job))) memory.verified = { job, leaves, outShares }
  return { type: 'verified', shares: own.map((one) => one?.share ?? null) }
}

async function count(round: Round, { job: number, accepted }: QuestionOf<'count'>, memory: Memory): Promise<Reply> {
  const isCounted = ({ accepted: counted }: { accepted: boolean[] }) =>
    counted.length === accepted.length && counted.every((one, n) => one === accepted[n])
  const before = await readJob(round, number)
  if (before) return isCounted(before) ? { type: 'counted' } : refused('job-differs')
  if (await readBatch(round)) return refused('batch-collected')
  if (memory.verified?.job !== number) return refused('job-unknown')
  const { leaves, outShares } = memory.verified
  if (accepted.length !== leaves.length || accepted.some((yes, n) => yes && !outShares[n]))
    return refused('job-differs')
  const counted = leaves.filter((_, n) => accepted[n])
  const ids = memory.counted ?? new Set((await readLeaves(round)).map(idOfLeaf))
  // Until it is written nobody knows whether it is counted.
  memory.counted = undefined
  for (const leaf of counted) {
    if (ids.has(idOfLeaf(leaf))) return refused('report-twice')
    ids.add(idOfLeaf(leaf))
  }
  const share = round.vdaf.aggregate(outShares.filter((one, n) => one !== undefined && accepted[n]) as Bytes[])
  await countJob(round, number, () => ({ accepted, leaves: counted, share }))
  memory.counted = ids
  memory.verified = undefined
  return { type: 'counted' }
}

const refused = (reason: string): Reply => ({ type: 'refused', reason })
const sha256 = (bytes: Bytes): Uint8Array => createHash('sha256').update(bytes).digest()
/** Behind the round's 32 bytes: `batch.ts`. */
const idOfLeaf = (leaf: Bytes): string => hexOf(leaf.subarray(32, 48))

const bytesOfHex = (hex: string): Bytes => new Uint8Array(Buffer.from(hex, 'hex'))
