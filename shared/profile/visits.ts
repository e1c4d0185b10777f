/** When a shopper comes, and what they bought: recency, frequency and monetary value (Bult & Wansbeek 1995), and this visit. */
import { itemsOf, type ShopEvent } from '../data/events.ts'
import { SESSION_GAP_MS } from '../data/sequence.ts'

/** What was bought at once. */
export interface Order {
  time: number
  /** In the shop's currency, less what was sent back. */
  value: number
  coupon: boolean
  items: string[]
}

export interface Visit {
  start: number
  /** Of the last event. */
  last: number
  events: number
  views: number
  /** Looks at something already looked at in this visit: comparing. */
  repeats: number
  carts: number
  removals: number
  wishes: number
  searches: number
  checkouts: number
  orders: number
  viewed: Set<string>
  categories: Set<string>
}

export interface Visits {
  /** With this one. */
  count: number
  /** Start of the first. */
  first: number
  /** Sum of ln(days between starts), and of its square: gaps run from hours to months. */
  logGaps: number
  logGapSquares: number
  now: Visit
  orders: Order[]
  /** By item: what lies in the cart, which outlasts a visit. */
  cart: Map<string, number>
}

const DAY_MS = 86_400_000

/** @param visits undefined before the first event. Changes what it is given. */
export function seeVisit(visits: Visits | undefined, event: ShopEvent, categories: readonly string[]): Visits {
  const { time } = event
  const going: Visits = visits ?? {
    count: 1,
    first: time,
    logGaps: 0,
    logGapSquares: 0,
    now: newVisit(time),
    orders: [],
    cart: new Map(),
  }
  if (time - going.now.last > SESSION_GAP_MS) {
    const logGap = Math.log((time - going.now.start) / DAY_MS)
    going.logGaps += logGap
    going.logGapSquares += logGap * logGap
    going.count++
    going.now = newVisit(time)
  }
  const { now, cart, orders } = going
  now.last = time
  now.events++
  for (const category of categories) now.categories.add(category)
  const ids = itemsOf(event).map(({ item_id }) => item_id)
  switch (event.name) {
    case 'view_item':
      now.views++
      for (const id of ids) {
        if (now.viewed.has(id)) now.repeats++
        now.viewed.add(id)
      }
      break
    case 'add_to_cart':
      now.carts++
      for (const { item_id, price = 0, quantity = 1 } of itemsOf(event)) cart.set(item_id, price * quantity)
      break
    case 'remove_from_cart':
      now.removals++
      for (const id of ids) cart.delete(id)
      break
    case 'add_to_wishlist':
      now.wishes++
      break
    case 'search':
      now.searches++
      break
    case 'begin_checkout':
      now.checkouts++
      break
    case 'purchase':
      now.orders++
      orders.push({ time, value: worthOf(event), coupon: event.coupon !== undefined, items: ids })
      cart.clear()
      break
    case 'refund': {
      const order = orders.findLast(({ items }) => items.some((id) => ids.includes(id)))
      if (order) order.value = Math.max(0, order.value - worthOf(event))
    }
  }
  return going
}

function newVisit(time: number): Visit {
  const counts = { events: 0, views: 0, repeats: 0, carts: 0, removals: 0, wishes: 0, searches: 0, checkouts: 0 }
  return { start: time, last: time, ...counts, orders: 0, viewed: new Set(), categories: new Set() }
}

function worthOf(event: ShopEvent): number {
  if ('value' in event && event.value !== undefined) return event.value
  return itemsOf(event).reduce((sum, { price = 0, quantity = 1 }) => sum + price * quantity, 0)
}
