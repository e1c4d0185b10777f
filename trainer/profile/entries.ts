/** What visits begin with: the first look of each says more of why a shopper came than all that it leads to. */
import { CATEGORY_SEPARATOR } from '../../shared/data/catalog.ts'
import { itemsOf, type ShopEvent } from '../../shared/data/events.ts'
import type { FactsOf } from '../../shared/profile/facts.ts'
import { visitsOf } from './moments.ts'

export interface Entry {
  /** Of the visit's first event: 0 … events − 1. */
  at: number
  /** Of the look, milliseconds since 1970. */
  time: number
  /** Full path, never empty. */
  category: string
}

/** One a visit, in order; visits without a look at something that has a category have none. */
export function entriesOf(events: readonly ShopEvent[], factsOf: FactsOf): Entry[] {
  return visitsOf(events).flatMap(({ from, to }) => {
    const look = events.slice(from, to).find(({ name }) => name === 'view_item')
    const category = look && factsOf(itemsOf(look)[0].item_id)?.category.join(CATEGORY_SEPARATOR)
    return look && category ? [{ at: from, time: look.time, category }] : []
  })
}
