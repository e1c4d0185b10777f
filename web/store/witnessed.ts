/**
 * What this browser has seen of the log, kept where remembering is allowed: the newest checkpoint, so that an older log or another one is
 * known for what it is, and what was refused, so that there is something to show. Elsewhere both end with the page.
 */
import { type Checkpoint, decodeCheckpoint } from '../../shared/tlog/checkpoint.ts'
import { parseNote } from '../../shared/tlog/note.ts'
import type { Refusal } from '../protocol.ts'
import type { Database } from './database.ts'

const MAX_REFUSALS = 8

export interface Seen {
  checkpoint: Checkpoint
  /** As the log signed it. */
  note: string
}

/** Durably: what is forgotten could be taken back. Another tab may have seen more. */
export async function saveSeen(database: Database, { note, checkpoint: { origin, size } }: Seen): Promise<void> {
  const transaction = database.transaction('pointer', 'readwrite', { durability: 'strict' })
  const kept = decode(await transaction.store.get('checkpoint'), origin)
  if (!kept || kept.checkpoint.size <= size) await transaction.store.put(note, 'checkpoint')
  await transaction.done
}

/** @param origin of the log that the tag pins: another one has not been seen */
export const loadSeen = async (database: Database, origin: string): Promise<Seen | undefined> =>
  decode(await database.get('pointer', 'checkpoint'), origin)

function decode(note: unknown, origin: string): Seen | undefined {
  if (typeof note !== 'string') return undefined
  try {
    const checkpoint = decodeCheckpoint(parseNote(new TextEncoder().encode(note)).text)
    return checkpoint.origin === origin ? { checkpoint, note } : undefined
  } catch {
    return undefined // whatever another script of the page, or a crash, has left
  }
}

/** The same refusal again, at the next page, is none of its own. @param refusals oldest first */
export function withRefusal(refusals: readonly Refusal[], next: Refusal): Refusal[] {
  const others = refusals.filter(({ code, version }) => code !== next.code || version !== next.version)
  if (others.length < MAX_REFUSALS) return [...others, next]
  // What proves a lie of the log is kept longest.
  const at = others.findIndex(({ code }) => code !== 'fork')
  return [...others.toSpliced(Math.max(at, 0), 1), next]
}

/** Beside what other tabs have kept. */
export async function saveRefusal(database: Database, refusal: Refusal): Promise<void> {
  const { store, done } = database.transaction('pointer', 'readwrite')
  await store.put(withRefusal(refusalsIn(await store.get('refusals')), refusal), 'refusals')
  await done
}

export const loadRefusals = async (database: Database): Promise<Refusal[]> =>
  refusalsIn(await database.get('pointer', 'refusals'))

function refusalsIn(kept: unknown): Refusal[] {
  const isRefusal = (value: unknown): value is Refusal =>
    typeof value === 'object' && value !== null && 'code' in value && 'version' in value && 'reason' in value
  return Array.isArray(kept) ? kept.filter(isRefusal).slice(-MAX_REFUSALS) : []
}
