/** Which prices a shopper looks at and pays, each within its category, and what reductions do to them. */
import type { EventName, ShopEvent } from '../data/events.ts'
import type { ItemFacts } from './facts.ts'

/** Moments of the price level over some acts. */
export interface PriceMoments {
  count: number
  sum: number
  squares: number
  /** Of them, below their list price. */
  reduced: number
}

export interface Prices {
  looked: PriceMoments
  /** Put into the cart or onto the wish list. */
  wanted: PriceMoments
  paid: PriceMoments
}

const none = (): PriceMoments => ({ count: 0, sum: 0, squares: 0, reduced: 0 })
export const noPrices = (): Prices => ({ looked: none(), wanted: none(), paid: none() })

const KIND_OF: Partial<Record<EventName, keyof Prices>> = {
  view_item: 'looked',
  add_to_cart: 'wanted',
  add_to_wishlist: 'wanted',
  purchase: 'paid',
}

/** Adds, in place. */
export function addPrice(prices: Prices, event: ShopEvent, { priceLevel, reduced }: ItemFacts): void {
  const kind = KIND_OF[event.name]
  if (!kind || priceLevel === undefined) return
  const moments = prices[kind]
  moments.count++
  moments.sum += priceLevel
  moments.squares += priceLevel * priceLevel
  if (reduced) moments.reduced++
}

/** Mean level, drawn towards 0 as `prior` looks at middle prices would. */
export function meanLevel({ count, sum }: PriceMoments, prior: number): number {
  return sum / (count + prior || 1)
}
