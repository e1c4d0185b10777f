/** What visits begin with: the first look of each says more of why a shopper came than all that it leads to. */
import { CATEGORY_SEPARATOR } from '../data/catalog.ts'
import { itemsOf, type ShopEvent } from '../data/events.ts'
import { SESSION_GAP_MS } from '../data/sequence.ts'
import type { FactsOf } from './facts.ts'
import { SILENT } from './memory.ts'

export interface Entry {
  /** Of the visit's first event: 0 … events − 1. */
  at: number
  /** Of the look. */
  lookAt: number
  /** Of the look, milliseconds since 1970. */
  time: number
  /** Full path, never empty. */
  category: string
}

/** One a visit, in order: its first look at something that has a category; visits without one have none. */
export function entriesOf(events: readonly ShopEvent[], factsOf: FactsOf): Entry[] {
  return visitsOf(events).flatMap(({ from, to }) => {
    for (let lookAt = from; lookAt < to; lookAt++) {
      const { name, time } = events[lookAt]
      const [item] = itemsOf(events[lookAt])
      const category = name === 'view_item' && factsOf(item.item_id)?.category.join(CATEGORY_SEPARATOR)
      if (category) return [{ at: from, lookAt, time, category }]
    }
    return []
  })
}

/** Runs of acts without a pause: from … to − 1. What was only shown to the shopper is no act, and does not bridge one. */
export function visitsOf(events: readonly ShopEvent[]): { from: number; to: number }[] {
  const visits: { from: number; to: number }[] = []
  let visit: { from: number; to: number } | undefined
  events.forEach(({ name, time }, at) => {
    if (SILENT.has(name)) return
    if (visit && time - events[visit.to - 1].time <= SESSION_GAP_MS) visit.to = at + 1
    else visits.push((visit = { from: at, to: at + 1 }))
  })
  return visits
}
