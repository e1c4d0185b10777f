/**
 * Everything that leaves this device passes through this file. What is sent are two shares of an update that was clipped, rounded and proved
 * to be short, or of one answer to what is counted; each is sealed to one of two aggregators, and neither alone says anything of it.
 *
 *     on record? pinned? allowed? affordable?  →  learn, clip and round; or count  →  share  →  seal  →  write it down  →  send
 *
 * Nothing is sent without the shopper's permission, under Global Privacy Control, for a task outside the policy of the tag, of a model that
 * is not the one in use or being released, beyond the ledger's limits, or twice.
 */
import { type CountedHistory, countOf } from '../../shared/federated/counts.ts'
import { type OfferedRound, type OpenRound, openRound } from '../../shared/federated/open-rounds.ts'
import { type ContributionPolicy, type PolicyProblem, policyProblem } from '../../shared/federated/policy.ts'
import { makeReport } from '../../shared/federated/report.ts'
import { quantiseUpdate } from '../../shared/federated/update.ts'
import type { Vdaf } from '../../shared/federated/vdaf.ts'
import type { StageArm } from '../../shared/model/stage.ts'
import { hexOf } from '../../shared/tlog/base64.ts'
import { entryId, type TaskEntry } from '../../shared/tlog/entry.ts'
import type { Policy, Untrusted } from '../../shared/tlog/policy.ts'
import { mayContribute } from '../store/consent.ts'
import type { Database } from '../store/database.ts'
import {
  isJoined,
  isUnreadable,
  type JoinedEntry,
  type LedgerEntry,
  loadLedger,
  recordJoining,
  recordRefusal,
  takeOutgoing,
  tidyLedger,
  update,
} from '../store/ledger.ts'
import { type BudgetProblem, budgetProblem, costOf, epochOf } from './budget.ts'

declare global {
  interface WorkerNavigator {
    /** https://w3c.github.io/gpc/ */
    readonly globalPrivacyControl?: boolean
  }
}

const TIMEOUT_MS = 60_000

export interface Contributor {
  policy: Policy
  database: Database
  /** SHA-256 that names the network in use: `networkHash`. */
  network: string
  /** Where it stands in a release that is not for everyone yet. */
  stage?: StageArm
  /** d of the shared vector of this network. */
  dimension: number
  /**
   * Learns from what the shopper did since a moment (milliseconds since 1970).
   * @returns (d) the update; undefined where there is too little to learn from, or nothing to learn with
   */
  learn(since: number): Promise<Float32Array | undefined>
  /** What is counted of. */
  history: Omit<CountedHistory, 'since' | 'stage'>
  vdafOf(task: TaskEntry): Vdaf
  /** That the log in which a round is on record has grown out of the one that this browser knows. @throws Untrusted */
  checkLog(round: OpenRound): Promise<void>
  /** Milliseconds since 1970 */
  now(): number
}

export type Why =
  | Untrusted['why']
  | PolicyProblem
  | BudgetProblem
  | 'no-policy'
  | 'another-kind'
  | 'not-open'
  | 'stale-model'
  | 'other-vector'
  | 'nothing-learned'
  | 'nothing-done'
  | 'not-finite'
  | 'permission'
  | 'unreadable'

/** Why a round is not joined: what is written down. */
class Refusal extends Error {
  constructor(readonly why: Why) {
    super(why)
  }
}

/** One round that the edge says is open, from the proof that it is on record to the answer of its leader. */
export async function contribute(offered: OfferedRound, by: Contributor): Promise<void> {
  const seconds = Math.floor(by.now() / 1000)
  // Of what is not on record there is nothing to write down: anybody could fill a ledger with it.
  const open = await openRound(offered, by.policy, seconds)
  await by.checkLog(open)
  try {
    const { report, body } = await prepareReport(open, by)
    if (await recordJoining(by.database, report, body)) await send(report.round, by.database)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    await recordRefusal(by.database, { ...describe(open, by.now()), did: { what: 'refused', why: error.why } })
  }
}

async function prepareReport(open: OpenRound, by: Contributor): Promise<{ report: JoinedEntry; body: Bytes }> {
  const { task, round } = open
  const policy = await allowed(by)
  const problem = policyProblem(task, policy)
  if (problem) throw new Refusal(problem)
  const isKnown = task.vdaf.kind === 'pine' || countOf(task) !== undefined
  if (!isKnown) throw new Refusal('another-kind')
  const seconds = Math.floor(by.now() / 1000)
  if (seconds < round.opens || seconds >= round.closes) throw new Refusal('not-open')
  // What is learned is of the network in use; what is counted is counted of both that are while a release is for some.
  const model = task.vdaf.kind === 'pine' ? by.network : (by.stage?.release ?? by.network)
  if (round.model !== model) throw new Refusal('stale-model')
  if (task.vdaf.kind === 'pine' && task.vdaf.dimension !== by.dimension) throw new Refusal('other-vector')
  const ledger = await loadLedger(by.database)
  const spent = budgetProblem(ledger, task, round, policy)
  if (spent) throw new Refusal(spent)
  if (await isUnreadable(by.database, entryId(round))) throw new Refusal('unreadable')

  const measurement = await measure(task, lastJoined(ledger, round.task), by)
  const { id, secret, body } = await makeReport(round, by.vdafOf(task), measurement, seconds)

  await allowed(by) // learning takes a while
  const did = {
    what: 'joined',
    state: 'to-send',
    url: task.leader.url,
    report: hexOf(id),
    secret,
    bytes: body.length,
    sends: 0,
    rho: costOf(task),
  } as const
  return { report: { ...describe(open, by.now()), did }, body }
}

/** What is shared out: an update, clipped and rounded, or one answer to what is counted. */
async function measure(task: TaskEntry, since: number, by: Contributor): Promise<ArrayLike<number>> {
  if (task.vdaf.kind !== 'pine') {
    const answer = countOf(task)?.({ ...by.history, stage: by.stage, since })
    if (!answer) throw new Refusal('nothing-done')
    return answer
  }
  const update = await by.learn(since)
  if (!update) throw new Refusal('nothing-learned')
  if (!update.every(Number.isFinite)) throw new Refusal('not-finite')
  return quantiseUpdate(update, task.vdaf, random32)
}

/** @returns what the tag allows to contribute to @throws Refusal */
async function allowed({ database, policy }: Pick<Contributor, 'database' | 'policy'>): Promise<ContributionPolicy> {
  if (navigator.globalPrivacyControl) throw new Refusal('permission')
  if (!mayContribute(await database.get('consent', 'consent'))) throw new Refusal('permission')
  if (!policy.contribution) throw new Refusal('no-policy')
  return policy.contribution
}

/** Sends what was not answered yet, and takes back what was to be: after a crash, and whenever a page asks. */
export async function settle(database: Database, now: number): Promise<void> {
  for (const entry of (await tidyLedger(database, now)).filter(isJoined)) {
    if (entry.did.state === 'to-send') await send(entry.round, database)
    if (entry.did.state === 'to-withdraw') await withdraw(entry, database)
  }
}

async function send(round: string, database: Database): Promise<void> {
  if (navigator.globalPrivacyControl) return
  const outgoing = await takeOutgoing(database, round)
  if (!outgoing) return
  const { url, report } = outgoing.entry.did
  const answer = await post('PUT', `${url}/v1/rounds/${round}/reports/${report}`, outgoing.body)
  if (answer === 'later') return
  // What was asked to be taken back meanwhile stays so.
  await update(database, round, (did) => {
    if (did.state !== 'to-send') return did
    return answer === 'done' ? { ...did, state: 'sent' } : { ...did, state: 'not-taken', code: answer.code }
  })
}

async function withdraw({ round, did: { url, secret } }: JoinedEntry, database: Database): Promise<void> {
  const answer = await post('POST', `${url}/v1/rounds/${round}/withdrawals`, secret)
  if (answer === 'later') return
  await update(database, round, (did) =>
    answer === 'done' ? { ...did, state: 'withdrawn' } : { ...did, state: 'sent', code: answer.code },
  )
}

type Bytes = Uint8Array<ArrayBuffer>

/** Of a round that is on record already, and not yet open there. */
const NOT_YET = ['round-unknown', 'round-not-open']

/** The one request that carries something of a shopper. @returns `later` where nobody answered, or not now */
async function post(method: 'PUT' | 'POST', url: string, body: Bytes): Promise<'done' | 'later' | { code: string }> {
  const response = await fetch(url, {
    method,
    body,
    mode: 'cors',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    redirect: 'error',
    cache: 'no-store',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => undefined)
  if (!response || response.status >= 500 || response.status === 429) return 'later'
  if (response.ok) return 'done'
  const { code } = Object(await response.json().catch(() => {})) as { code?: unknown }
  if (NOT_YET.includes(`${code}`)) return 'later'
  return { code: typeof code === 'string' ? code.slice(0, 64) : `status-${response.status}` }
}

function describe({ task, round }: OpenRound, at: number): Omit<LedgerEntry, 'did'> {
  const { name, vdaf } = task
  const { round: number, closes } = round
  return {
    round: entryId(round),
    task: round.task,
    name,
    kind: vdaf.kind,
    number,
    epoch: epochOf(task, round),
    closes,
    at,
  }
}

/** What was learned from once is context from then on. */
const lastJoined = (ledger: readonly LedgerEntry[], task: string): number =>
  Math.max(0, ...ledger.filter((entry) => isJoined(entry) && entry.task === task).map(({ at }) => at))

/** A call gives 65,536 bytes at most. */
function random32(length: number): Uint32Array {
  const values = new Uint32Array(length)
  for (let at = 0; at < length; at += 16_384) crypto.getRandomValues(values.subarray(at, at + 16_384))
  return values
}
