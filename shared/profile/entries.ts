/** What visits begin with: the first look of each says more of why a shopper came than all that it leads to. */
import { CATEGORY_SEPARATOR } from '../data/catalog.ts'
import { itemsOf, type ShopEvent } from '../data/events.ts'
import { SESSION_GAP_MS } from '../data/sequence.ts'
import type { FactsOf } from './facts.ts'

export interface Entry {
  /** Of the visit's first event: 0 … events − 1. */
  at: number
  /** Of the look, milliseconds since 1970. */
  time: number
  /** Full path, never empty. */
  category: string
}

/** One a visit, in order; visits without a look at something that has a category have none. */
export function entriesOf(events: readonly ShopEvent[], factsOf: FactsOf): Entry[] {
  return visitsOf(events).flatMap(({ from, to }) => {
    const look = events.slice(from, to).find(({ name }) => name === 'view_item')
    const category = look && factsOf(itemsOf(look)[0].item_id)?.category.join(CATEGORY_SEPARATOR)
    return look && category ? [{ at: from, time: look.time, category }] : []
  })
}

/** Runs of events without a pause: from … to − 1. */
export function visitsOf(events: readonly ShopEvent[]): { from: number; to: number }[] {
  const visits: { from: number; to: number }[] = []
  let from = 0
  for (let at = 1; at <= events.length; at++) {
    if (at < events.length && events[at].time - events[at - 1].time <= SESSION_GAP_MS) continue
    visits.push({ from, to: at })
    from = at
  }
  return visits
}
