/**
 * One of the two aggregators of a task: leader or helper, as the task says. It has an identity, a folder that no other process works in
 * (`round.ts`, `reports.ts`, `signing.ts`), and terms of its own, below which it takes part in nothing.
 *
 * The publisher has everything signed that goes on record, and opens a round with its record, at the helper first; the leader opens it
 * with its helper, so that what the verify key is made of is fixed before the first report. From the closing on: `leader.ts`, `helper.ts`.
 */
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, pino } from 'pino'
import { reportBytes } from '../../shared/federated/report.ts'
import { type Bytes, isSame, Rejected } from '../../shared/federated/wire.ts'
import { decodeEntry, entryId, type RoundEntry, type TaskEntry } from '../../shared/tlog/entry.ts'
import { makePrivateFolder, readIfPresent } from '../durable-file.ts'
import { decodeOr, Problem } from '../problem.ts'
import { answerLeader, type Memory } from './helper.ts'
import { Aborted, lead } from './leader.ts'
import {
  type Answer,
  openAnswer,
  openQuestion,
  type Question,
  type Reply,
  signAnswer,
  signQuestion,
} from './messages.ts'
import { openReports } from './reports.ts'
import {
  clear,
  conclude,
  forceToDisk,
  keepRound,
  type Outcome,
  outcomeOf,
  ownPart,
  peerOf,
  peerPart,
  type Round,
  readAggregate,
  roundFolder,
} from './round.ts'
import { openSigning, requireSigned, type SigningOptions } from './signing.ts'

const HOUR_MS = 3_600_000
/** After its closing a round is tried to be finished for so long: a helper may be down for hours. */
const LEADER_PATIENCE_MS = 24 * HOUR_MS
/** What no leader has asked for is given up later than the leader does. */
const HELPER_PATIENCE_MS = 48 * HOUR_MS
const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 30_000
const RETRY_SECONDS = 10

export interface AggregatorOptions extends SigningOptions {
  /** Sends a message to the other aggregator and resolves with what is answered. @throws Error where it is away */
  post: (url: string, note: Bytes) => Promise<Bytes>
  /** Of a round: as a leader it keeps no more, as a helper it counts no more. */
  maxReports: number
  /** Silent when left out. */
  log?: Logger
  /** Milliseconds since 1970 */
  now?: () => number
}

export type RoundStatus =
  | { state: 'open' | 'closing' }
  | { state: 'released'; reports: number; batch: string; aggregate: string }
  | { state: 'aborted'; reason: string }

export interface Aggregator {
  /** Its verifier key. */
  key: string
  /** @throws Problem with a code: `reports.ts` */
  putReport(round: string, id: string, bytes: Bytes): Promise<'stored' | 'present'>
  withdraw(round: string, secret: Bytes): Promise<void>
  status(round: string): RoundStatus
  /** The noised sum, which is on record by its hash; undefined before it is released. */
  readAggregate(round: string): Promise<Uint8Array | undefined>
  /** @param note an entry, signed by the publisher @returns the line of this aggregator's signature */
  sign(note: Bytes): Promise<string>
  /** @param record of a round, signed by the publisher and both aggregators */
  openRound(record: Bytes): Promise<void>
  /** @param note a question of the publisher, or of the leader */
  answer(note: Bytes): Promise<Bytes>
  /** Does what is due: brings rounds that have closed to their end. */
  tick(): void
  /** Begins nothing more, and resolves when nothing is under way. */
  stop(): Promise<void>
}

/** A round, and what of it is not in files. */
interface Kept {
  round: Round
  outcome?: Outcome
  /** Nothing is left of it but the outcome. */
  isCleared: boolean
  /** As a helper. */
  memory: Memory
  /** Of one round one thing is done at a time. */
  turn: Promise<unknown>
  /** As a leader, while it is at it. */
  leading?: Promise<void>
}

/** @throws Error naming the folder where it cannot be used */
export async function openAggregator(options: AggregatorOptions): Promise<Aggregator> {
  const { folder, signer, publisher, post, log = pino({ level: 'silent' }), now = Date.now } = options
  const rounds = join(folder, 'rounds')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await makePrivateFolder(folder, rounds)
  const signing = await openSigning(options)
  const reports = await openReports(folder, { maxReports: options.maxReports, now })
  const known = new Map<string, Kept>()
  const stopping = new AbortController()

  for (const id of await readdir(rounds)) {
    const record = await readIfPresent(join(rounds, id, 'record'))
    const task = await readIfPresent(join(rounds, id, 'task.json'))
    // Our own files, whole or not there.
    if (record && task) await load(decodeEntry(record).entry as RoundEntry, JSON.parse(new TextDecoder().decode(task)))
  }

  async function load(entry: RoundEntry, task: TaskEntry): Promise<Kept> {
    const id = entryId(entry)
    const role = task.leader.key === signing.own ? 'leader' : 'helper'
    const privateKey = () => signing.privateKeyOf(entry)
    const round: Round = {
      id,
      entry,
      task,
      vdaf: options.vdafOf(task),
      role,
      at: roundFolder(folder, entry),
      maxReports: options.maxReports,
      privateKey,
    }
    const one: Kept = { round, isCleared: false, memory: {}, turn: Promise.resolve() }
    known.set(id, one)
    await forceToDisk(round)
    const outcome = await outcomeOf(round)
    if (outcome) await finish(one, outcome)
    return one
  }

  /** Nothing is left of what shoppers sent, nor of the key that opens it. Again has no effect. */
  async function finish(one: Kept, outcome: Outcome): Promise<void> {
    const { round } = one
    if (!one.outcome) log.info({ round: round.id, role: round.role, ...outcome }, 'the round is over')
    one.outcome = outcome
    one.memory = {}
    if (reports.has(round.id)) await reports.destroy(round.id)
    await signing.destroyKey(round.entry)
    await clear(round, outcome)
    one.isCleared = true
  }

  function keptOf(id: string): Kept {
    const one = known.get(id)
    if (!one) throw new Problem(404, 'no such round is known here', {}, { code: 'round-unknown' })
    return one
  }

  async function openRound(record: Bytes): Promise<void> {
    const { entry, note } = decodeOr(400, () => decodeEntry(record))
    if (entry.type !== 'round') throw new Problem(422, `a ${entry.type} opens nothing`, {}, { code: 'not-mine' })
    const task = await signing.taskOf(entry.task)
    for (const key of [publisher, task.leader.key, task.helper.key]) await requireSigned(note, key)
    if (!known.has(entryId(entry))) await keepRound(folder, entry, record, task)
    const one = known.get(entryId(entry)) ?? (await load(entry, task))
    const { round } = one
    if (one.outcome || round.role === 'helper' || reports.has(round.id)) return
    const reply = await ask(round, { type: 'open', round: round.id, part: await ownPart(round) }).catch(() => undefined)
    if (!reply) {
      throw new Problem(
        503,
        'the helper does not answer',
        { 'retry-after': `${RETRY_SECONDS}` },
        { code: 'helper-away' },
      )
    }
    if (reply.type !== 'opened' || !isSame(await peerPart(round, reply.part), reply.part)) {
      const code = reply.type === 'refused' ? `helper-${reply.reason}` : 'helper-confused'
      throw new Problem(409, 'the helper does not open the round', {}, { code })
    }
    await reports.openRound(entry)
    log.info({ round: round.id }, 'the round is open')
  }

  /** Once. @throws Error where the other aggregator is away, or what comes back is not its answer */
  async function ask(round: Round, question: Question): Promise<Answer> {
    const { url, key } = peerOf(round)
    const note = await signQuestion(question, signer)
    return openAnswer(await post(url, note), note, key)
  }

  /** Until there is an answer. @throws Aborted when the helper has been away for too long */
  async function askPatiently(round: Round, question: Question): Promise<Answer> {
    const until = 1000 * round.entry.closes + LEADER_PATIENCE_MS
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(2 * waitMs, MAX_RETRY_MS)) {
      try {
        return await ask(round, question)
      } catch (error) {
        if (now() > until) throw new Aborted('helper-away')
        log.warn(
          { round: round.id, question: question.type, reason: String(error), waitMs },
          'the helper is asked again',
        )
      }
      await sleep(waitMs, undefined, { signal: stopping.signal })
    }
  }

  async function leadToEnd(one: Kept): Promise<void> {
    const { round } = one
    if (one.outcome) return // it was aborted in the turn before
    const outcome = await lead(round, reports, (question) => askPatiently(round, question))
    if (outcome.state === 'aborted') {
      // It may hear of it later, or give up by itself: it releases nothing without this leader's share.
      await ask(round, { type: 'abort', round: round.id, reason: outcome.reason }).catch(() => undefined)
    }
    await finish(one, outcome)
  }

  function tick(): void {
    for (const one of known.values()) {
      const { round, outcome } = one
      const sinceMs = now() - 1000 * round.entry.closes
      if (stopping.signal.aborted) return
      if (outcome) {
        // A disk that failed then may be well now.
        if (!one.isCleared) void inTurn(one, async () => one.isCleared || finish(one, outcome)).catch(() => undefined)
        continue
      }
      if (round.role === 'leader' && sinceMs >= 0 && !one.leading) {
        one.leading = inTurn(one, () => leadToEnd(one))
          .catch((error: Error) => {
            if (!stopping.signal.aborted) log.error({ round: round.id, reason: error.message }, 'the round is not over')
          })
          .finally(() => {
            one.leading = undefined
          })
      }
      if (round.role === 'helper' && sinceMs >= HELPER_PATIENCE_MS) {
        void inTurn(one, () => abort(one, 'leader-away')).catch(() => undefined)
      }
    }
  }

  async function abort(one: Kept, reason: string): Promise<Reply> {
    const outcome = await conclude(one.round, { state: 'aborted', reason })
    await finish(one, outcome)
    return outcome.state === 'aborted'
      ? { type: 'aborted', reason: outcome.reason }
      : { type: 'refused', reason: 'released' }
  }

  function inTurn<T>(one: Kept, work: () => Promise<T>): Promise<T> {
    const turn = one.turn.then(work, work)
    one.turn = turn.catch(() => undefined)
    return turn
  }

  /** @throws Rejected for whom it is not to answer */
  async function replyTo(question: Question, by: string): Promise<Reply> {
    if (question.type === 'key') {
      if (by !== publisher) throw new Rejected()
      try {
        return { type: 'key', key: await signing.publicKeyOf(question.task, question.round) }
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        return { type: 'refused', reason: String(error.members.code) }
      }
    }
    const one = known.get(question.round)
    if (!one) return { type: 'refused', reason: 'round-unknown' }
    const { round } = one
    if (by === publisher) {
      if (question.type !== 'abort') throw new Rejected()
      // From its closing on a round of this leader's comes to its end by itself.
      if (one.leading) return { type: 'refused', reason: 'closing' }
      return inTurn(one, () => abort(one, question.reason))
    }
    if (round.role !== 'helper' || by !== round.task.leader.key) throw new Rejected()
    return inTurn(one, async () => {
      const reply = await answerLeader(round, question, one.memory)
      const outcome = await outcomeOf(round)
      if (outcome && !one.isCleared) await finish(one, outcome)
      return reply
    })
  }

  return {
    key: signing.own,
    async putReport(round, id, bytes) {
      const {
        outcome,
        round: { vdaf },
      } = keptOf(round)
      if (outcome) throw new Problem(403, 'the round has closed', {}, { code: 'round-closed' })
      // All of a task are of one length: another says something of who sent it, and may take more of the disk.
      if (bytes.length !== reportBytes(vdaf.shareBytes)) {
        throw new Problem(400, 'this is no report of the round', {}, { code: 'report-malformed' })
      }
      return reports.put(bytes, { round, id })
    },
    withdraw: (round, secret) => reports.withdraw(round, secret),
    status(id) {
      const { round, outcome } = keptOf(id)
      if (!outcome) return { state: now() < 1000 * round.entry.closes ? 'open' : 'closing' }
      if (outcome.state === 'aborted') return outcome
      const { batch, aggregate } = outcome
      return { state: 'released', reports: batch.reports, batch: batch.digest, aggregate }
    },
    async readAggregate(id) {
      const { round, outcome } = keptOf(id)
      return outcome?.state === 'released' ? readAggregate(round) : undefined
    },
    sign: (note) =>
      signing.sign(note, (task, number) => {
        const isIt = ({ round: { entry } }: Kept) => entry.task === task && entry.round === number
        return [...known.values()].find(isIt)?.outcome
      }),
    openRound,
    async answer(note) {
      const leaders = [...known.values()].map(({ round }) => round.task.leader.key)
      const { question, by } = await openQuestion(note, [...new Set([publisher, ...leaders])])
      return signAnswer(await replyTo(question, by), note, signer)
    },
    tick,
    async stop() {
      stopping.abort()
      await Promise.allSettled([...known.values()].flatMap(({ leading, turn }) => [leading, turn]))
    },
  }
}
