/**
 * The privacy ledger: every round that this browser was asked to contribute to, what it did and why, and what that costs. It is written
 * before anything is sent, durably, and what was spent is never given back: not when sending fails, and not when the round is aborted. What
 * is to be sent lies in the outbox until it is answered, so that a crash sends the same report again and not another one.
 */
import type { TaskEntry } from '../../shared/tlog/entry.ts'
import { mayContribute } from './consent.ts'
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
  /** Its id, and the secret that the id is the hash of: whoever knows that can withdraw it. Empty when the round has closed. */
  report: string
  secret: Uint8Array<ArrayBuffer>
  /** Of what is sent, once. */
  bytes: number
  /**
   * How often that was begun. It is counted first: where nobody was there, less has left the device. A browser may repeat by itself what
   * breaks off on a connection that it had kept.
   */
  sends: number
  /** Spent, in zCDP: 1 / 2z². Infinity where there is no noise. */
  rho: number
  /** Why it was not taken: the aggregator's word. */
  code?: string
}

export type JoinedEntry = LedgerEntry & { did: Joined }
export const isJoined = (entry: LedgerEntry): entry is JoinedEntry => entry.did.what === 'joined'

export async function loadLedger(database: Database): Promise<LedgerEntry[]> {
  return readAll(database.transaction('ledger').store)
}

/** Something lies there of a round, and nobody knows what it was. It may have been a report. */
export async function isUnreadable(database: Database, round: string): Promise<boolean> {
  const value: unknown = await database.get('ledger', round)
  return value !== undefined && !decode(round, value)
}

/** Seen and not joined. What was joined, or may have been, stays as it is. */
export async function recordRefusal(database: Database, entry: LedgerEntry): Promise<void> {
  const { ledger, done } = begin(database)
  if (isFree(entry.round, await ledger.get(entry.round))) await ledger.put(entry, entry.round)
  await done
}

/**
 * From here on it is spent, and will be sent.
 * @returns false where another tab was first, or the permission has ended: it is read in the transaction that writes, so that whatever empties
 * the outbox when it ends comes after this
 */
export async function recordJoining(
  database: Database,
  entry: JoinedEntry,
  body: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const { ledger, outbox, consent, done } = begin(database)
  const joins = mayContribute(await consent.get('consent')) && isFree(entry.round, await ledger.get(entry.round))
  if (joins) {
    await ledger.put(entry, entry.round)
    await outbox.put(body, entry.round)
  }
  await done
  return joins
}

/**
 * What is to be sent of a round, counted as sent.
 * @returns undefined where nothing is, or not with this permission
 */
export async function takeOutgoing(
  database: Database,
  round: string,
): Promise<{ entry: JoinedEntry; body: Uint8Array<ArrayBuffer> } | undefined> {
  const { ledger, outbox, consent, done } = begin(database)
  const [body, before]: unknown[] = await Promise.all([outbox.get(round), ledger.get(round)])
  const entry = decode(round, before)
  const goes =
    entry !== undefined &&
    isJoined(entry) &&
    entry.did.state === 'to-send' &&
    body instanceof Uint8Array &&
    mayContribute(await consent.get('consent'))
  if (!goes) return undefined
  const counted = { ...entry, did: { ...entry.did, sends: entry.did.sends + 1 } }
  await ledger.put(counted, round)
  await done
  return { entry: counted, body: new Uint8Array(body) }
}

/** What became of a report. One that is settled is in the outbox no longer. */
export async function update(database: Database, round: string, change: (did: Joined) => Joined): Promise<void> {
  const { ledger, outbox, done } = begin(database)
  const before = decode(round, await ledger.get(round))
  if (before && isJoined(before)) {
    const did = change(before.did)
    await ledger.put({ ...before, did }, round)
    if (did.state !== 'to-send') await outbox.delete(round)
  }
  await done
}

/** To be taken back; who sends does it. What has never left is here, and nowhere else. */
export async function markWithdrawn(database: Database, round: string): Promise<void> {
  await update(database, round, (did) => {
    if (did.state !== 'to-send' && did.state !== 'sent') return did
    return { ...did, state: did.sends === 0 ? 'withdrawn' : 'to-withdraw' }
  })
}

/**
 * The ledger, after what follows from the time and from what lies in the outbox.
 * @param now milliseconds since 1970
 */
export async function tidyLedger(database: Database, now: number): Promise<LedgerEntry[]> {
  const { ledger, outbox, done } = begin(database)
  const waiting = new Set(await outbox.getAllKeys())
  const entries = (await readAll(ledger)).map((entry) =>
    isJoined(entry)
      ? { ...entry, did: tidied(entry.did, waiting.has(entry.round), now >= 1000 * entry.closes) }
      : entry,
  )
  for (const entry of entries.filter(isJoined)) {
    await ledger.put(entry, entry.round)
    if (entry.did.state !== 'to-send') await outbox.delete(entry.round)
  }
  await done
  return entries
}

/** When a round has closed, nothing more is sent to it and nothing can be taken back. @param waits whether it is in the outbox */
function tidied(before: Joined, waits: boolean, isOver: boolean): Joined {
  const did = isOver ? { ...before, secret: new Uint8Array() } : before
  if (did.state === 'to-send' && (isOver || !waits)) {
    const code = isOver ? 'round-closed' : 'permission'
    if (did.sends === 0) return { ...did, state: 'not-taken', code }
    // Nobody has said that it arrived, nor that it did not.
    return { ...did, state: isOver ? 'sent' : 'to-withdraw', code }
  }
  return did.state === 'to-withdraw' && isOver ? { ...did, state: 'sent', code: 'round-closed' } : did
}

/** One at a time, whatever is asked: another tab's comes before, or after. */
function begin(database: Database) {
  const transaction = database.transaction(['ledger', 'outbox', 'consent'], 'readwrite', { durability: 'strict' })
  transaction.done.catch(() => {}) // a failing request throws where it is awaited; its transaction would reject unheard
  return {
    ledger: transaction.objectStore('ledger'),
    outbox: transaction.objectStore('outbox'),
    consent: transaction.objectStore('consent'),
    done: transaction.done,
  }
}

async function readAll(ledger: Readable): Promise<LedgerEntry[]> {
  const [keys, values] = await Promise.all([ledger.getAllKeys(), ledger.getAll()])
  return keys.flatMap((key, n) => decode(key, values[n]) ?? [])
}
interface Readable {
  getAllKeys(): Promise<string[]>
  getAll(): Promise<unknown[]>
}

/** @param value that lies there */
function isFree(round: string, value: unknown): boolean {
  return value === undefined || decode(round, value)?.did.what === 'refused'
}

const STATES = ['to-send', 'sent', 'to-withdraw', 'withdrawn', 'not-taken']

/** Another script of the page, or a crash, may have left anything. */
function decode(key: string, value: unknown): LedgerEntry | undefined {
  const entry = Object(value) as LedgerEntry
  const { round, task, name, number, epoch, closes, at, did } = entry
  if (round !== key || ![task, name].every((text) => typeof text === 'string')) return undefined
  if (![number, epoch, closes, at].every(Number.isFinite)) return undefined
  if (did?.what === 'refused') return typeof did.why === 'string' ? entry : undefined
  const isWhole =
    did?.what === 'joined' &&
    STATES.includes(did.state) &&
    did.secret instanceof Uint8Array &&
    [did.bytes, did.sends].every(Number.isFinite) &&
    did.rho >= 0 &&
    [did.url, did.report].every((text) => typeof text === 'string')
  return isWhole ? entry : undefined
}
