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
