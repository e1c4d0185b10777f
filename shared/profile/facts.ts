/** What the profile knows of an item: from the bundle's catalogue, else from what the event itself says. */
import { CATEGORY_SEPARATOR } from '../data/catalog.ts'
import type { EventItem } from '../data/events.ts'
import type { ItemView } from '../model/chunks.ts'

export interface ItemFacts {
  /** From the root down; empty where nobody says. */
  category: readonly string[]
  brand?: string
  /** "colour: sage" */
  traits: readonly string[]
  price?: number
  /** Standard deviations of ln(price) above the mean of its category: a dear mug and a dear sofa have this in common. */
  priceLevel?: number
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

/** What a card says of its item, and what the profile's chunk adds. */
export function factsOfCard(
  { category, price, listPrice }: Pick<ItemView, 'category' | 'price' | 'listPrice'>,
  known: Pick<ItemFacts, 'brand' | 'traits' | 'priceLevel'> = { traits: [] },
): ItemFacts {
  return {
    ...known,
    category: category === '' ? [] : category.split(CATEGORY_SEPARATOR),
    ...(price === undefined ? {} : { price }),
    reduced: price !== undefined && listPrice !== undefined && price < listPrice,
  }
}

/** What the catalogue says of an item, as far as the profile reads it. */
export interface CatalogItem extends Omit<ItemFacts, 'priceLevel' | 'reduced'> {
  listPrice?: number
}

/**
 * Facts of all items, with each price set against those of its category.
 * @param looks (items) how much each is looked at: a price is dear beside what people see, not beside what lies in stock
 */
export function catalogFacts(items: readonly CatalogItem[], looks: ArrayLike<number>): ItemFacts[] {
  const moments = new Map<string, { weight: number; sum: number; squares: number }>()
  const keyOf = ({ category }: CatalogItem) => category.join(CATEGORY_SEPARATOR)
  items.forEach((item, n) => {
    if (item.price === undefined || item.price <= 0) return
    const known = moments.get(keyOf(item)) ?? { weight: 0, sum: 0, squares: 0 }
    // What nobody has looked at yet stands for one look.
    const weight = looks[n] + 1
    const log = Math.log(item.price)
    known.weight += weight
    known.sum += weight * log
    known.squares += weight * log * log
    moments.set(keyOf(item), known)
  })
  return items.map((item) => {
    const { category, brand, traits, price, listPrice } = item
    const known = moments.get(keyOf(item))
    const level = price !== undefined && price > 0 && known ? levelOf(Math.log(price), known) : undefined
    return {
      category,
      ...(brand === undefined ? {} : { brand }),
      traits,
      ...(price === undefined ? {} : { price }),
      ...(level === undefined ? {} : { priceLevel: level }),
      reduced: price !== undefined && listPrice !== undefined && price < listPrice,
    }
  })
}

/** Categories whose prices are nearly the same say nothing of who buys there. */
const MIN_SPREAD = 0.05

function levelOf(log: number, { weight, sum, squares }: { weight: number; sum: number; squares: number }): number {
  const mean = sum / weight
  return (log - mean) / Math.max(MIN_SPREAD, Math.sqrt(Math.max(0, squares / weight - mean * mean)))
}
