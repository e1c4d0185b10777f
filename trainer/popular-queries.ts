/**
 * What a shop's shoppers search for, fit to be published: only what many of them typed, and nothing that looks like a
 * number of one's own. A count of shoppers is k-anonymity (Sweeney 2002), which protects whoever typed what nobody else
 * did; it is no differential privacy: that a query crossed the line from one bundle to the next says that somebody typed it.
 * Counts are not published, only the order.
 */

import { normalised } from '../shared/search/rerank.ts'
import { MAX_POPULAR_QUERIES, MAX_QUERY_LENGTH } from '../shared/service/shop-service.ts'
import type { Histories } from './datasets/histories.ts'

/**
 * Distinct shoppers behind a published query. Of the sample shop's 3,165 queries (5,000 shoppers) 67 have so many; with 10 it
 * would be 337, with 5 906. Releases of search logs that were held to fewer have named people.
 */
export const MIN_SHOPPERS = 20

/** An address, or digits enough for a telephone, a card or an order. */
const PERSONAL = /@|\d(?:[\s.-]?\d){5}/

/** Most shoppers first. Spellings that differ in case or marks are one query, shown as most typed it. */
export function popularQueries(h: Histories, minShoppers = MIN_SHOPPERS): string[] {
  const spellings = new Map<string, { shoppers: Set<number>; typed: Map<string, Set<number>> }>()
  const keys = h.queries.map(normalised)
  for (let s = 0; s < h.shoppers.length; s++) {
    for (let at = h.start[s]; at < h.start[s + 1]; at++) {
      if (h.item[at] >= 0) continue
      const query = h.queries[-1 - h.item[at]]
      const key = keys[-1 - h.item[at]]
      if (key === '' || query.length > MAX_QUERY_LENGTH || PERSONAL.test(query)) continue
      let known = spellings.get(key)
      if (!known) spellings.set(key, (known = { shoppers: new Set(), typed: new Map() }))
      known.shoppers.add(s)
      const typed = known.typed.get(query.trim())
      if (typed) typed.add(s)
      else known.typed.set(query.trim(), new Set([s]))
    }
  }
  return [...spellings]
    .filter(([, { shoppers }]) => shoppers.size >= minShoppers)
    .sort(([a, { shoppers: ofA }], [b, { shoppers: ofB }]) => ofB.size - ofA.size || (a < b ? -1 : 1))
    .slice(0, MAX_POPULAR_QUERIES)
    .map(([key, { typed }]) => {
      const [spelling, shoppers] = [...typed].sort(([a, x], [b, y]) => y.size - x.size || (a < b ? -1 : 1))[0]
      // A way of writing is somebody's too.
      return shoppers.size >= minShoppers ? spelling : key
    })
}
