/** Which of a shopper's own events each sentence of a profile rests on, so that it can be looked at and taken back. */
import { itemsOf, type ShopEvent } from '../data/events.ts'
import { entriesOf, visitsOf } from './entries.ts'
import { type FactsOf, factsIn, type ItemFacts } from './facts.ts'
import { weightOf } from './interests.ts'
import { SILENT } from './memory.ts'
import type { Evidence } from './profile.ts'

/** What this visit is about; how often and how lately they come; the next order; the next visit; prices; reductions; the segment. */
export const FACTS = ['doing', 'stage', 'nextOrder', 'expected', 'prices', 'reductions', 'segment'] as const
export type Fact = (typeof FACTS)[number]

/** A fact that no event speaks of is not in it. @param events in the order of their times */
export function evidenceOfFacts(events: readonly ShopEvent[], factsOf: FactsOf): Partial<Record<Fact, Evidence>> {
  const visits = visitsOf(events)
  const starts = new Set(visits.map(({ from }) => from))
  const firstLooks = new Set(entriesOf(events, factsOf).map(({ lookAt }) => lookAt))
  const isAbout = (event: ShopEvent, has: (facts: ItemFacts) => boolean) =>
    itemsOf(event).some((item) => has(factsOf(item.item_id) ?? factsIn(item)))
  const isOrder = ({ name }: ShopEvent) => name === 'purchase' || name === 'refund'
  const speaks: Record<Fact, (event: ShopEvent, at: number) => boolean> = {
    doing: (_, at) => at >= (visits.at(-1)?.from ?? 0),
    stage: (event, at) => starts.has(at) || isOrder(event),
    nextOrder: isOrder,
    expected: (_, at) => firstLooks.has(at),
    prices: (event) => event.name === 'view_item' && isAbout(event, ({ priceLevel }) => priceLevel !== undefined),
    reductions: (event) =>
      event.name === 'purchase'
        ? event.coupon !== undefined
        : event.name === 'view_item' && isAbout(event, ({ reduced }) => reduced),
    segment: (event) =>
      weightOf(event.name, event.name === 'review' ? event.rating : undefined) !== 0 &&
      isAbout(event, ({ category }) => category.length > 0),
  }
  const found: Partial<Record<Fact, Evidence>> = {}
  for (let at = events.length - 1; at >= 0; at--) {
    const event = events[at]
    if (SILENT.has(event.name)) continue
    for (const fact of FACTS) {
      if (!speaks[fact](event, at)) continue
      const { counts, eventIds } = (found[fact] ??= { counts: {}, eventIds: [] })
      counts[event.name] = (counts[event.name] ?? 0) + 1
      eventIds.push(event.id)
    }
  }
  return found
}
