/**
 * What the shopper did, on this device: in memory always, and in the database while remembering is allowed.
 *
 * Memory is the truth for this page and is never waited for. Writes follow in order behind it, so a slow or full disk
 * delays nothing; when one fails, the log goes on in memory and says so. What is taken back must be gone from the disk
 * too, where earlier writes may have left it: then a failure is the caller's. Two tabs share the database: whoever wrote
 * tells the others, who read it again.
 */
import type { IDBPObjectStore } from 'idb'
import { decodeEvent, type ShopEvent } from '../../shared/data/events.ts'
import { decodePreferences, isEmpty, noPreferences, type Preferences } from '../../shared/profile/preferences.ts'
import type { Consent, EventSource, Status } from '../protocol.ts'
import type { Learned } from './adapter.ts'
import { decodeConsent } from './consent.ts'
import { type Database, deleteDatabase, openDatabase, type Schema } from './database.ts'

export interface LogEntry {
  event: ShopEvent
  source: EventSource
}

/** Years of an ordinary shopper, 2 MB at most, the newest; a ranking reads the last hundred or so. */
export const MAX_EVENTS = 2000

export class EventLog {
  storage: Status['storage'] = 'memory'
  /** Stored records that were passed over because they are no events. */
  corrupt = 0
  database: Database | undefined
  /** Kept as the events are: with them, or not at all. */
  preferences: Preferences = noPreferences()
  #stored: LogEntry[] = []
  /** In memory only: not written yet, or not allowed to be. */
  #unsaved: LogEntry[] = []
  /** This page found or made the database: what it shows may lie there, even if nothing can be saved any more. */
  #isOnDisk = false
  #writes: Promise<unknown> = Promise.resolve()
  readonly #onTakenAway: () => void

  /** @param onTakenAway another tab deleted the database under us: what it held is gone from here too. */
  constructor(onTakenAway: () => void) {
    this.#onTakenAway = onTakenAway
  }

  /** Oldest first. */
  get entries(): readonly LogEntry[] {
    return [...this.#stored, ...this.#unsaved]
  }

  get events(): ShopEvent[] {
    return this.entries.map(({ event }) => event)
  }

  /** Opens what an earlier page was allowed to keep; creates nothing. Resolves with the remembered consent. */
  restore(): Promise<Consent | undefined> {
    return this.#write(async () => {
      this.database = await openDatabase('leave', () => this.#takenAway())
      if (!this.database) return undefined
      const consent = decodeConsent(await this.database.get('consent', 'consent'))
      if (!consent?.remember) {
        // Without the permission beside it nothing may be kept, so this is a left-over.
        this.#close()
        await deleteDatabase()
        return undefined
      }
      await this.#read(this.database)
      this.storage = 'indexeddb'
      return consent
    })
  }

  /** Creates the database where there is none, keeps the permission in it, and writes what memory holds. */
  remember(consent: Consent): Promise<void> {
    return this.#write(async () => {
      const fresh = !this.database
      this.database ??= await openDatabase('create', () => this.#takenAway())
      if (!this.database) return
      await this.database.put('consent', consent, 'consent')
      if (fresh) {
        const said = this.preferences
        await this.#read(this.database) // another tab may have been remembering already
        if (!isEmpty(said)) {
          this.preferences = said
          await this.database.put('consent', said, 'preferences')
        }
      }
      this.storage = 'indexeddb'
      if (consent.personalise) await this.#save(this.database)
    })
  }

  /** The permission ends: the database is deleted, memory is kept for this page. Where that fails, `storage` says so. */
  withdraw(): Promise<void> {
    return this.#erase(() => {
      this.#unsaved = [...this.#stored, ...this.#unsaved]
      this.#stored = []
    }).catch(() => {})
  }

  /**
   * @param mayStore false while the shopper has suggestions switched off: kept for this page, in case they come back
   * @returns false for an event that is already in the log
   */
  append(event: ShopEvent, source: EventSource, mayStore: boolean): boolean {
    if (this.entries.some((entry) => entry.event.id === event.id)) return false
    this.#unsaved.push({ event, source })
    if (this.#unsaved.length > MAX_EVENTS) this.#unsaved.sort(byTime).shift()
    if (mayStore && this.database) {
      const { database } = this
      void this.#write(() => this.#save(database))
    }
    return true
  }

  /** In force at once. @throws Error when what was said before is still on disk */
  prefer(preferences: Preferences): Promise<unknown> {
    this.preferences = preferences
    return this.#replace('consent', preferences, 'preferences')
  }

  /** Behind all that was to be written before. Not decoded yet. */
  learned(): Promise<unknown> {
    return this.reach((database) => database.get('adapter', 'learned'))
  }

  /** @throws Error when what was learned before is still on disk */
  keepLearned(learned: Learned | undefined): Promise<unknown> {
    return this.#replace('adapter', learned, 'learned')
  }

  /** Another tab wrote. */
  reload(): Promise<void> {
    return this.#write(async () => {
      if (this.database) await this.#read(this.database)
    })
  }

  /** @throws Error when they may still be on disk */
  async forget(eventIds: readonly string[]): Promise<void> {
    const forgotten = new Set(eventIds)
    const others = ({ event }: LogEntry) => !forgotten.has(event.id)
    this.#unsaved = this.#unsaved.filter(others)
    await this.reach(async (database) => {
      const transaction = database.transaction('events', 'readwrite')
      transaction.done.catch(() => {})
      await deleteEach(transaction.store, eventIds)
      await transaction.done
    })
    this.#stored = this.#stored.filter(others)
    this.#unsaved = this.#unsaved.filter(others)
  }

  /** @throws Error when something of it is still there. */
  forgetEverything(): Promise<void> {
    this.clearMemory()
    return this.#erase(() => this.clearMemory())
  }

  clearMemory(): void {
    this.#stored = []
    this.#unsaved = []
    this.preferences = noPreferences()
  }

  /** Resolves when everything said so far has been written, or has failed to be. */
  settled(): Promise<unknown> {
    return this.#writes
  }

  /** Lets go of the database, which a page in the back/forward cache must not hold. */
  pause(): Promise<void> {
    return this.#write(async () => this.#close())
  }

  resume(): Promise<void> {
    return this.#write(async () => {
      if (this.storage !== 'indexeddb') return
      this.database = await openDatabase('leave', () => this.#takenAway())
      if (this.database) await this.#read(this.database)
      else this.#takenAway()
    })
  }

  #erase(inMemory: () => void): Promise<void> {
    return this.#queue(async () => {
      this.#close()
      this.#isOnDisk = false
      inMemory()
      // Where there is no IndexedDB at all, there is nothing to delete.
      if (globalThis.indexedDB) await deleteDatabase()
      this.storage = 'memory'
    })
  }

  /** A failure is the log's state, not the caller's: the shop goes on in memory. */
  #write<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#queue(work).catch(() => undefined)
  }

  /** One after the other. */
  #queue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#writes.then(work).catch((error) => {
      this.#fail()
      throw error
    })
    this.#writes = done.catch(() => {})
    return done
  }

  /** For what is taken back: opens the database again where it was closed after a failure. */
  reach(work: (database: Database) => Promise<unknown>): Promise<unknown> {
    return this.#queue(async () => {
      const database = this.database ?? (this.#isOnDisk ? await openDatabase('leave') : undefined)
      return database && work(database).finally(() => database === this.database || database.close())
    })
  }

  /** Where the new value cannot be kept, the old one goes all the same. */
  #replace(store: 'consent' | 'adapter', value: unknown, key: 'preferences' | 'learned'): Promise<unknown> {
    return this.reach((database) =>
      database.put(store, value, key).catch(async () => {
        await database.delete(store, key)
        this.#fail()
      }),
    )
  }

  #fail(): void {
    this.#close()
    this.storage = 'unavailable'
  }

  async #save(database: Database): Promise<void> {
    const saving = [...this.#unsaved]
    if (saving.length === 0) return
    const transaction = database.transaction('events', 'readwrite', { durability: 'relaxed' })
    transaction.done.catch(() => {}) // a failing request throws below; its transaction would reject unheard
    for (const entry of saving) {
      if ((await transaction.store.index('id').getKey(entry.event.id)) === undefined) await transaction.store.add(entry)
    }
    const kept = [...this.#stored, ...saving].sort(byTime)
    const surplus = kept.splice(0, Math.max(0, kept.length - MAX_EVENTS))
    await deleteEach(
      transaction.store,
      surplus.map(({ event }) => event.id),
    )
    await transaction.done
    const saved = new Set(saving)
    this.#unsaved = this.#unsaved.filter((entry) => !saved.has(entry))
    this.#stored = kept
  }

  async #read(database: Database): Promise<void> {
    const stored: LogEntry[] = []
    let corrupt = 0
    for (const record of await database.getAll('events')) {
      const entry = decodeEntry(record)
      if (entry) stored.push(entry)
      else corrupt++
    }
    this.#isOnDisk = true
    const ids = new Set(stored.map(({ event }) => event.id))
    this.#stored = stored.sort(byTime)
    this.#unsaved = this.#unsaved.filter(({ event }) => !ids.has(event.id))
    this.corrupt = corrupt
    this.preferences = decodePreferences(await database.get('consent', 'preferences'))
  }

  #close(): void {
    this.database?.close()
    this.database = undefined
  }

  #takenAway(): void {
    this.database = undefined
    this.#isOnDisk = false
    this.clearMemory()
    this.storage = 'memory'
    this.#onTakenAway()
  }
}

const byTime = (a: LogEntry, b: LogEntry) => a.event.time - b.event.time

async function deleteEach(
  store: IDBPObjectStore<Schema, ['events'], 'events', 'readwrite'>,
  eventIds: readonly string[],
): Promise<void> {
  for (const id of eventIds) {
    const key = await store.index('id').getKey(id)
    if (key !== undefined) await store.delete(key)
  }
}

function decodeEntry(record: unknown): LogEntry | undefined {
  try {
    const { event, source } = record as LogEntry
    return { event: decodeEvent(event), source }
  } catch {
    return undefined
  }
}
