/**
 * What is remembered of a shopper's events, so that a profile is read in microseconds after each: a fold over the events in
 * the order of their times. An event that comes late (a clock that was set back, another tab) means to fold again.
 */
import { itemsOf, type ShopEvent } from '../data/events.ts'
import { SESSION_GAP_MS } from '../data/sequence.ts'
import { type FactsOf, factsIn } from './facts.ts'
import { addInterest, type Interests, labelsOf, noInterests, weightOf } from './interests.ts'
import { addPrice, noPrices, type Prices } from './prices.ts'
import { seeVisit, type Visit, type Visits } from './visits.ts'

export interface Memory {
  /** Of the newest event; undefined before the first. */
  time?: number
  visits?: Visits
  interests: Interests
  prices: Prices
}

export const emptyMemory = (): Memory => ({ interests: noInterests(), prices: noPrices() })

/** What the shopper did not do themselves, or says nothing of their taste. */
export const SILENT = new Set<ShopEvent['name']>(['view_item_list', 'rec_impression', 'consent'])

/**
 * Takes an event in, in place.
 * @throws Error for an event older than the newest seen
 */
export function remember(memory: Memory, event: ShopEvent, factsOf: FactsOf): void {
  if (memory.time !== undefined && event.time < memory.time) {
    throw new Error(`profile: ${event.time} after ${memory.time}`)
  }
  memory.time = event.time
  if (SILENT.has(event.name)) return
  const facts = itemsOf(event).map((item) => factsOf(item.item_id) ?? factsIn(item))
  const categories = event.name === 'view_item' ? facts.flatMap((item) => labelsOf(item).category) : []
  memory.visits = seeVisit(memory.visits, event, categories)
  const weight =
    weightOf(event.name, event.name === 'review' ? event.rating : undefined) * freshness(memory.visits.now, event)
  for (const item of facts) {
    addInterest(memory.interests, item, weight / facts.length, event.time)
    addPrice(memory.prices, event, item)
  }
}

/** The tenth look of a visit, mostly at more of the same, says less than the first. */
function freshness({ views }: Visit, { name }: ShopEvent): number {
  return name === 'view_item' ? 1 / Math.sqrt(views) : 1
}

/**
 * Events as a clock that says `now` can believe them. What lies in its future was recorded by another that was wrong: when it
 * happened is not known, so it counts as the oldest, and stays there whatever comes. Minutes ahead, a clock was set: they stand.
 */
export function dated(events: readonly ShopEvent[], now: number): ShopEvent[] {
  const oldest = Math.min(now, ...events.map(({ time }) => time))
  return events.map((event) => (event.time > now + SESSION_GAP_MS ? { ...event, time: oldest } : event))
}

/** All of a history, in the order of its times; events of one moment stay as they came. */
export function memoryOf(events: readonly ShopEvent[], factsOf: FactsOf): Memory {
  const memory = emptyMemory()
  for (const event of [...events].sort((a, b) => a.time - b.time)) remember(memory, event, factsOf)
  return memory
}
