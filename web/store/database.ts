/**
 * The shopper's own database, in the shop's origin: one shop, one browser, nobody else.
 *
 * It exists only while the shopper allows remembering. Without that permission nothing is created, not even an empty
 * database; when the permission ends, the whole database is deleted.
 */
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb'
import type { LogEntry } from './event-log.ts'

export const DATABASE_NAME = 'vitrine'

export interface Schema extends DBSchema {
  events: { key: number; value: LogEntry; indexes: { id: string } }
  /** What the shopper decided. Decoded on reading: another script of the page, or a crash, may have left anything. */
  consent: { key: 'consent' | 'preferences'; value: unknown }
  /**
   * Which bundle is installed, written in the same durable transaction as its chunks; the newest checkpoint of the log that was seen; what
   * was refused; the secret by which the device draws. Decoded on reading.
   */
  pointer: { key: 'installed' | 'checkpoint' | 'refusals' | 'secret'; value: unknown }
  /** By SHA-256, the manifest included. */
  chunks: { key: string; value: Uint8Array }
  /** What the device has learned for itself. Decoded on reading. */
  adapter: { key: 'learned'; value: unknown }
  /** Rounds, by the SHA-256 of their line (`ledger.ts`). Decoded on reading. */
  ledger: { key: string; value: unknown }
  /** What is to be sent of a round. Decoded on reading. */
  outbox: { key: string; value: unknown }
}
export type Database = IDBPDatabase<Schema>

/** Some browsers never answer an open (a profile on a sleeping disk, a known Safari defect): the page goes on in memory. */
const OPEN_TIMEOUT_MS = 3_000
const DELETE_TIMEOUT_MS = 5_000

/**
 * @param missing whether to create the database or leave it absent
 * @param onTakenAway another tab, or the shopper in the browser's settings, deletes it
 * @returns undefined when it is absent and stays so
 * @throws where there is no IndexedDB, or it does not answer
 */
export async function openDatabase(
  missing: 'create' | 'leave',
  onTakenAway: () => void = () => {},
): Promise<Database | undefined> {
  let absent = false
  const opening = openDB<Schema>(DATABASE_NAME, 3, {
    upgrade(database, oldVersion, _newVersion, transaction) {
      absent = oldVersion === 0
      if (absent && missing === 'leave') {
        transaction.done.catch(() => {})
        transaction.abort() // which undoes the creation
        return
      }
      if (absent) {
        database.createObjectStore('events', { autoIncrement: true }).createIndex('id', 'event.id', { unique: true })
        for (const name of ['consent', 'pointer', 'chunks'] as const) database.createObjectStore(name)
      }
      if (oldVersion < 2) database.createObjectStore('adapter')
      for (const name of ['ledger', 'outbox'] as const) database.createObjectStore(name)
    },
    blocking(_current, wanted, event) {
      // One that holds on would keep alive what another tab deletes, or keep a newer release waiting.
      if (event.target instanceof IDBDatabase) event.target.close()
      if (wanted === null) onTakenAway()
    },
    terminated: onTakenAway,
  })
  try {
    return await within(OPEN_TIMEOUT_MS, opening)
  } catch (error) {
    opening.then((late) => late.close()).catch(() => {})
    if (absent && missing === 'leave') return undefined
    throw error
  }
}

/**
 * Empties it first, so that nothing comes back where the rest fails.
 *
 * @throws Error when it could not be deleted, or is still there afterwards.
 */
export async function deleteDatabase(): Promise<void> {
  await empty().catch(() => {})
  await within(DELETE_TIMEOUT_MS, deleteDB(DATABASE_NAME))
  const left = await openDatabase('leave')
  left?.close()
  if (left) throw new Error('not deleted')
}

/** Durably, and the permission before what was kept by it: without it the next page deletes what it finds. */
async function empty(): Promise<void> {
  const database = await openDatabase('leave')
  if (!database) return
  for (const name of ['consent', 'outbox', 'ledger', 'adapter', 'events', 'pointer'] as const) {
    const transaction = database.transaction(name, 'readwrite', { durability: 'strict' })
    await Promise.all([transaction.store.clear(), transaction.done])
  }
  database.close()
}

function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), timeoutMs)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
