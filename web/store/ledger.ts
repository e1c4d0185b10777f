/**
 * The privacy ledger: every round that this browser was asked to contribute to, what it did and why, and what that costs. It is written
 * before anything is sent, durably, and what was spent is never given back: not when sending fails, and not when the round is aborted. What
 * is to be sent lies in the outbox until it is answered, so that a crash sends the same report again and not another one.
 */
import type { TaskEntry } from '../../shared/tlog/entry.ts'
import type { Database } from './database.ts'

export interface LedgerEntry {
  /** SHA-256 of the round's line on record; the key. */
  round: string
  task: string
  /** Of the task. */
  name: string
  kind: TaskEntry['vdaf']['kind']
  /** The round's, from 1. */
  number: number
  /** (number − 1) / the task's rounds an epoch, rounded down. */
  epoch: number
  /** Seconds since 1970; until then a report can be withdrawn. */
  closes: number
  /** Milliseconds since 1970, of the last time that it was looked at. */
  at: number
  did: Refused | Joined
}

interface Refused {
  what: 'refused'
  why: string
}

export interface Joined {
  what: 'joined'
  state: 'to-send' | 'sent' | 'to-withdraw' | 'withdrawn' | 'not-taken'
  /** Where it goes: the leader's address. */
  url: string
  /** Its id, and the secret that the id is the hash of: whoever knows that can withdraw it. */
  report: string
  secret: Uint8Array<ArrayBuffer>
  /** Of what is sent, once. */
  bytes: number
  /** How often it was sent. */
  sends: number
  /** Spent, in zCDP: 1 / 2z². Infinity where there is no noise. */
  rho: number
  /** Why it was not taken: the aggregator's word. */
  code?: string
}

export type JoinedEntry = LedgerEntry & { did: Joined }
export const isJoined = (entry: LedgerEntry): entry is JoinedEntry => entry.did.what === 'joined'

export async function loadLedger(database: Database): Promise<LedgerEntry[]> {
  return (await database.getAll('ledger')).flatMap((value) => decode(value) ?? [])
}

/** Seen and not joined. What was joined stays as it is. */
export async function recordRefusal(database: Database, entry: LedgerEntry): Promise<void> {
  const transaction = database.transaction('ledger', 'readwrite', { durability: 'strict' })
  const before = decode(await transaction.store.get(entry.round))
  if (!before || !isJoined(before)) await transaction.store.put(entry, entry.round)
  await transaction.done
}

/**
 * From here on it is spent, and will be sent.
 * @returns false where another tab was first
 */
export async function recordJoining(
  database: Database,
  entry: JoinedEntry,
  body: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const transaction = database.transaction(['ledger', 'outbox'], 'readwrite', { durability: 'strict' })
  const ledger = transaction.objectStore('ledger')
  const before = decode(await ledger.get(entry.round))
  const isFirst = !before || !isJoined(before)
  if (isFirst) {
    await ledger.put(entry, entry.round)
    await transaction.objectStore('outbox').put(body, entry.round)
  }
  await transaction.done
  return isFirst
}

/** What is to be sent of a round; undefined where nothing is. */
export async function readOutgoing(database: Database, round: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const body: unknown = await database.get('outbox', round)
  return body instanceof Uint8Array ? new Uint8Array(body) : undefined
}

/** What became of a report. One that is settled is in the outbox no longer. */
export async function update(
  database: Database,
  round: string,
  change: (did: Joined) => Joined,
): Promise<JoinedEntry | undefined> {
  const transaction = database.transaction(['ledger', 'outbox'], 'readwrite', { durability: 'strict' })
  const ledger = transaction.objectStore('ledger')
  const before = decode(await ledger.get(round))
  let after: JoinedEntry | undefined
  if (before && isJoined(before)) {
    after = { ...before, did: change(before.did) }
    await ledger.put(after, round)
    if (after.did.state !== 'to-send') await transaction.objectStore('outbox').delete(round)
  }
  await transaction.done
  return after
}

/** To be taken back; who sends does it. */
export async function markWithdrawn(database: Database, round: string): Promise<void> {
  await update(database, round, (did) =>
    did.state === 'to-send' || did.state === 'sent' ? { ...did, state: 'to-withdraw' } : did,
  )
}

const STATES = ['to-send', 'sent', 'to-withdraw', 'withdrawn', 'not-taken']

/** Another script of the page, or a crash, may have left anything. */
function decode(value: unknown): LedgerEntry | undefined {
  const entry = Object(value) as LedgerEntry
  const { round, task, name, number, epoch, closes, at, did } = entry
  if (![round, task, name].every((text) => typeof text === 'string')) return undefined
  if (![number, epoch, closes, at].every(Number.isFinite)) return undefined
  if (did?.what === 'refused') return typeof did.why === 'string' ? entry : undefined
  const isWhole =
    did?.what === 'joined' &&
    STATES.includes(did.state) &&
    did.secret instanceof Uint8Array &&
    [did.bytes, did.sends].every(Number.isFinite) &&
    typeof did.rho === 'number' &&
    [did.url, did.report].every((text) => typeof text === 'string')
  return isWhole ? entry : undefined
}
