/** A dataset's shoppers with all their events, as a browser would have them, and what the catalogue says of the items. */
import type { Product } from '../../shared/data/catalog.ts'
import type { ShopEvent } from '../../shared/data/events.ts'
import { attributesOf } from '../../shared/model/content.ts'
import { catalogFacts, type FactsOf, type ItemFacts } from '../../shared/profile/facts.ts'
import { type HistoryEvent, readLines } from '../datasets/dataset.ts'

export interface Shoppers {
  products: Product[]
  facts: ItemFacts[]
  factsOf: FactsOf
  shoppers: { id: string; events: ShopEvent[] }[]
  /** Of the newest event. */
  end: number
}

export async function readShoppers(folder: string): Promise<Shoppers> {
  const products: Product[] = []
  for await (const product of readLines<Product>(folder, 'catalog.jsonl')) products.push(product)
  const byId = new Map<string, ShopEvent[]>()
  let end = 0
  for await (const { shopper, ...event } of readLines<HistoryEvent>(folder, 'events.jsonl')) {
    const events = byId.get(shopper)
    if (events) events.push(event)
    else byId.set(shopper, [event])
    end = Math.max(end, event.time)
  }
  const numbers = new Map(products.map(({ item_id }, n) => [item_id, n]))
  const looks = new Float64Array(products.length)
  for (const events of byId.values()) {
    for (const event of events) {
      const item = event.name === 'view_item' ? numbers.get(event.items[0].item_id) : undefined
      if (item !== undefined) looks[item]++
    }
  }
  const facts = catalogFacts(products.map(catalogItem), looks)
  return {
    products,
    facts,
    factsOf: (id) => facts[numbers.get(id) ?? -1],
    shoppers: [...byId].map(([id, events]) => ({ id, events: events.sort((a, b) => a.time - b.time) })),
    end,
  }
}

function catalogItem(product: Product) {
  const { category, brand, price, list_price } = product
  return {
    category,
    ...(brand === undefined ? {} : { brand }),
    traits: attributesOf(product),
    ...(price === undefined ? {} : { price }),
    ...(list_price === undefined ? {} : { listPrice: list_price }),
  }
}
