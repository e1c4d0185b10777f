/** What the profile knows of an item: from the bundle's catalogue, else from what the event itself says. */
import { CATEGORY_SEPARATOR } from '../data/catalog.ts'
import type { EventItem } from '../data/events.ts'

export interface ItemFacts {
  /** From the root down; empty where nobody says. */
  category: readonly string[]
  brand?: string
  /** "colour: sage" */
  traits: readonly string[]
  price?: number
  /** ln(price ÷ the middle price of its category): a dear mug and a dear sofa have this in common. */
  priceRatio?: number
  /** Below its list price. */
  reduced: boolean
}

/** Undefined for an item that the catalogue no longer has. */
export type FactsOf = (itemId: string) => ItemFacts | undefined

/** What an event says by itself of an item that is in no catalogue. */
export function factsIn(item: EventItem): ItemFacts {
  return {
    category: item.item_category === undefined ? [] : item.item_category.split(CATEGORY_SEPARATOR),
    ...(item.item_brand === undefined ? {} : { brand: item.item_brand }),
    traits: [],
    ...(item.price === undefined ? {} : { price: item.price }),
    reduced: false,
  }
}

/** What the catalogue says of an item, as far as the profile reads it. */
export interface CatalogItem extends Omit<ItemFacts, 'priceRatio' | 'reduced'> {
  listPrice?: number
}

/** Facts of all items, with each price set against the middle one of its category. */
export function catalogFacts(items: readonly CatalogItem[]): ItemFacts[] {
  const pricesOf = new Map<string, number[]>()
  const keyOf = ({ category }: CatalogItem) => category.join(CATEGORY_SEPARATOR)
  for (const item of items) {
    if (item.price === undefined || item.price <= 0) continue
    const prices = pricesOf.get(keyOf(item))
    if (prices) prices.push(item.price)
    else pricesOf.set(keyOf(item), [item.price])
  }
  const middle = new Map([...pricesOf].map(([key, prices]) => [key, median(prices)]))
  return items.map((item) => {
    const { category, brand, traits, price, listPrice } = item
    const usual = middle.get(keyOf(item))
    return {
      category,
      ...(brand === undefined ? {} : { brand }),
      traits,
      ...(price === undefined ? {} : { price }),
      ...(price === undefined || price <= 0 || usual === undefined ? {} : { priceRatio: Math.log(price / usual) }),
      reduced: price !== undefined && listPrice !== undefined && price < listPrice,
    }
  })
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}
