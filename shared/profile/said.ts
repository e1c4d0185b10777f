/**
 * What a shopper has said outright, from their own events: what they saved and have not bought, what they shared, what
 * their reviews praise and find fault with, and what they spend. Nothing here is guessed from what others do.
 */
import { itemsOf, type ShopEvent } from '../data/events.ts'
import { ASPECTS, type Aspect } from './aspects.ts'
import { type SentimentModel, sentimentOf } from './sentiment.ts'
import type { Visits } from './visits.ts'

const MONTH_MS = (365.25 / 12) * 86_400_000

/** An item that was saved or shared. */
export interface KeptItem {
  itemId: string
  /** As the event called it. */
  name?: string
  /** Ids of the events that say so, the newest first. */
  evidence: string[]
}

/** On the wish list: saved, neither taken off nor bought since. The latest first. @param events in the order of their times */
export function wishesOf(events: readonly ShopEvent[]): KeptItem[] {
  return kept(events, ['add_to_wishlist'], ['remove_from_wishlist', 'purchase'])
}

/** Shared with somebody, the latest first. @param events in the order of their times */
export function sharesOf(events: readonly ShopEvent[]): KeptItem[] {
  return kept(events, ['share'], [])
}

function kept(
  events: readonly ShopEvent[],
  begin: readonly ShopEvent['name'][],
  end: readonly ShopEvent['name'][],
): KeptItem[] {
  const items = new Map<string, KeptItem>()
  for (const event of events) {
    const begins = begin.includes(event.name)
    if (!begins && !end.includes(event.name)) continue
    for (const { item_id: itemId, item_name: name } of itemsOf(event)) {
      const before = items.get(itemId)
      items.delete(itemId) // put in again, it is the latest
      const known = name ?? before?.name
      if (begins) items.set(itemId, { itemId, name: known, evidence: [event.id, ...(before?.evidence ?? [])] })
    }
  }
  return [...items.values()].reverse()
}

/** A clause of a review, as it was written: to be set as text, never as markup. */
export interface Quote {
  text: string
  eventId: string
}

export interface Opinion {
  aspect: Aspect
  praised: Quote[]
  faulted: Quote[]
}

export interface Opinions {
  /** Reviews with a text, and those whose stars, or enough of whose text, say something. */
  reviews: number
  read: number
  /** Of those read: in favour. */
  favourable: number
  /** Aspects that a review speaks of clearly, in the order of `ASPECTS`; quotes the newest first. */
  aspects: Opinion[]
}

/** Stars, of five. */
const SHRUG = 3

/** Between them a clause is neither praise nor fault. */
const PRAISE = 0.6
const FAULT = 0.4

/** Undefined for who has written no review. @param events in the order of their times */
export function opinionsOf(events: readonly ShopEvent[], model: SentimentModel): Opinions | undefined {
  const written = events.flatMap((event) =>
    event.name === 'review' && event.text ? [{ id: event.id, text: event.text, rating: event.rating }] : [],
  )
  if (written.length === 0) return undefined
  const aspects = new Map(ASPECTS.map((aspect): [Aspect, Opinion] => [aspect, { aspect, praised: [], faulted: [] }]))
  let [read, favourable] = [0, 0]
  for (const { id, text, rating } of written.reverse()) {
    const sentiment = sentimentOf(model, text)
    if (!sentiment && rating === SHRUG) continue
    read++
    if (rating === SHRUG ? sentiment && sentiment.favourable >= 0.5 : rating > SHRUG) favourable++
    if (!sentiment) continue
    for (const { aspect, clauses } of sentiment.aspects) {
      const { praised, faulted } = aspects.get(aspect) as Opinion
      for (const { start, end, favourable: says } of clauses) {
        const quote = { text: text.slice(start, end), eventId: id }
        if (says >= PRAISE) praised.push(quote)
        else if (says <= FAULT) faulted.push(quote)
      }
    }
  }
  const spoken = [...aspects.values()].filter(({ praised, faulted }) => praised.length + faulted.length > 0)
  return { reviews: written.length, read, favourable, aspects: spoken }
}

/** In the shop's currency. */
export interface Spending {
  orders: number
  /** Mean, over the months since the first visit, of which there is at least one. */
  monthly: number
  /** Mean of an order. */
  order: number
  /** The most that was spent within any month's length. */
  most: number
}

/**
 * What a shopper spends here: for their own eyes, asked for each time, kept nowhere.
 * Undefined before the first order.
 */
export function spendingOf({ orders, first }: Visits, now: number): Spending | undefined {
  if (orders.length === 0) return undefined
  const sum = (values: typeof orders) => values.reduce((total, { value }) => total + value, 0)
  const within = orders.map(({ time: last }) =>
    sum(orders.filter(({ time }) => time <= last && last - time < MONTH_MS)),
  )
  return {
    orders: orders.length,
    monthly: sum(orders) / Math.max(1, (now - first) / MONTH_MS),
    order: sum(orders) / orders.length,
    most: Math.max(...within),
  }
}
