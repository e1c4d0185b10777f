/**
 * Events to model input: the only feature code. The browser, the trainer and the simulator call it, so that a model sees
 * in the shop exactly what it saw in training.
 *
 *     events ─ tokensOf ─▶ tokens {row, action, time} ─ gapBucket ─▶ what `model.ts` and `infer.ts` read
 */
import { itemsOf, type ShopEvent } from './events.ts'
import { hash32, mix32 } from './random.ts'

/** What was done with an item, or that something was searched for. The order is part of every trained model. */
export const ACTIONS = ['view', 'cart', 'buy', 'remove', 'wish', 'refund', 'search'] as const
export const [VIEW, CART, BUY, REMOVE, WISH, REFUND, SEARCH] = ACTIONS.map((_, index) => index)

const ACTION_OF_EVENT: Partial<Record<ShopEvent['name'], number>> = {
  view_item: VIEW,
  add_to_cart: CART,
  purchase: BUY,
  remove_from_cart: REMOVE,
  add_to_wishlist: WISH,
  refund: REFUND,
}

/** Doing this with an item says that one wants it: the network learns to predict these and not the others. */
export function isPositive(action: number): boolean {
  return action === VIEW || action === CART || action === BUY || action === WISH
}

/** One step of a shopper's history. Either an item or a query: a query has item −1. */
export interface Token {
  /** Number of the item in the catalogue, or −1 for a search. */
  item: number
  action: number
  /** Milliseconds since 1970. */
  time: number
  query?: string
}

/**
 * A shopper's events as tokens, in time order. Items of one event happened at one moment, and files list them in an order
 * that may follow their ids: they are put in an order drawn from the event's id, the same wherever it is computed.
 * Items that the catalogue does not know are left out.
 */
export function tokensOf(events: readonly ShopEvent[], itemNumber: (itemId: string) => number | undefined): Token[] {
  const tokens: (Token & { order: number })[] = []
  for (const event of events) {
    if (event.name === 'search') {
      // Before all items of its moment.
      const order = mix32(hash32(event.id)) - 2 ** 32
      tokens.push({ item: -1, action: SEARCH, time: event.time, query: event.search_term, order })
      continue
    }
    const action = ACTION_OF_EVENT[event.name]
    if (action === undefined) continue
    for (const { item_id } of itemsOf(event)) {
      const item = itemNumber(item_id)
      if (item !== undefined) {
        // Mixed, else items whose ids differ in the last character stay neighbours.
        tokens.push({ item, action, time: event.time, order: mix32(hash32(`${event.id}\n${item_id}`)) })
      }
    }
  }
  tokens.sort((a, b) => a.time - b.time || a.order - b.order)
  return tokens.map(({ order: _, ...token }) => token)
}

/**
 * Time since the token before: gaps run from seconds to months, so on a logarithmic scale, two octaves a bucket.
 * 0 is "nothing before", 1 less than 3 seconds, 13 more than 194 days.
 */
export const GAP_BUCKETS = 14

export function gapBucket(time: number, previous: number | undefined): number {
  if (previous === undefined) return 0
  const seconds = Math.max(0, (time - previous) / 1000)
  return Math.min(GAP_BUCKETS - 1, 1 + Math.floor(Math.log2(1 + seconds) / 2))
}

/** A new session begins after this long without a word (GA4's default). */
export const SESSION_GAP_MS = 30 * 60 * 1000
