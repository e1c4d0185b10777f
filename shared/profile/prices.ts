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

/** Levels between which a shopper's mean is of the middle third of all shoppers. */
export interface PriceBands {
  low: number
  high: number
}

export type PriceBand = 'low' | 'middle' | 'high'

/** Looks at middle prices that stand beside the shopper's own. */
const PRIOR_LOOKS = 10
/** Fewer looks say nothing of a band. */
const MIN_LOOKS = 5

/** What the shopper's looks say of the prices they look for. */
export const priceLevelOf = ({ looked }: Prices): number => meanLevel(looked, PRIOR_LOOKS)

/** Undefined while there are too few looks. */
export function priceBandOf(prices: Prices, { low, high }: PriceBands): PriceBand | undefined {
  if (prices.looked.count < MIN_LOOKS) return undefined
  const level = priceLevelOf(prices)
  return level < low ? 'low' : level > high ? 'high' : 'middle'
}
