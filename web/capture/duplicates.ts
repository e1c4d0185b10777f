/** A page may tell the same act twice, by its dataLayer and by its markup. The second telling within a second is none. */
import type { EventSource } from '../protocol.ts'
import type { Noticed } from './event.ts'

const WITHIN_MS = 1000

/**
 * Only across sources: two equal events of one source are two acts, a shopper who presses "add" twice.
 * @returns a predicate that remembers what it was asked during the last second.
 */
export function createDuplicateFilter(): (event: Noticed, source: EventSource) => boolean {
  /** One for each act of the last second, with who has told it. */
  let acts: { what: string; time: number; toldBy: Set<EventSource> }[] = []
  return (event, source) => {
    const now = event.time
    const what = JSON.stringify([event.name, event.search_term, event.items?.map(({ item_id }) => item_id)])
    acts = acts.filter(({ time }) => Math.abs(now - time) < WITHIN_MS)
    const told = acts.find((act) => act.what === what && !act.toldBy.has(source))
    if (told) told.toldBy.add(source)
    else acts.push({ what, time: now, toldBy: new Set([source]) })
    return told !== undefined
  }
}
