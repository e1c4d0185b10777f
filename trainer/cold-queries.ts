/**
 * New products by hiding old ones: a history as if some items had not arrived yet, and questions whose answers are those
 * items. They stay in the catalogue with all that a feed says of them.
 */
import { CATEGORY_SEPARATOR, type Product } from '../shared/data/catalog.ts'
import { seeded } from '../shared/data/random.ts'
import type { Histories } from './datasets/histories.ts'
import { type Query, visitQueries, withoutSeen } from './queries.ts'
import { UserError } from './user-error.ts'

export type Hidden = ReadonlySet<number>

/** A seeded share of the items that anyone did anything with: one without events would answer no question. */
export function hideShare(h: Histories, share: number, seed: string | number): Hidden {
  const known = new Set(h.item.filter((item) => item >= 0))
  const order = seeded(`hidden ${seed}`).shuffle(Int32Array.from(known).sort())
  return new Set(order.subarray(0, Math.round(order.length * share)))
}

/**
 * All items whose category path goes through a category of this name.
 * @throws UserError when there is none
 */
export function hideCategory(items: readonly Product[], name: string): Hidden {
  const wanted = name.trim().toLowerCase()
  const isOf = ({ category }: Product) =>
    category.some(
      (part, depth) =>
        part.toLowerCase() === wanted ||
        category
          .slice(0, depth + 1)
          .join(CATEGORY_SEPARATOR)
          .toLowerCase() === wanted,
    )
  const hidden = new Set(items.flatMap((item, number) => (isOf(item) ? [number] : [])))
  if (hidden.size === 0 || hidden.size === items.length) {
    const some = [...new Set(items.map((item) => item.category.join(CATEGORY_SEPARATOR)))].slice(0, 5)
    throw new UserError(
      `--hide-category ${name}: ${hidden.size === 0 ? 'no product is' : 'every product is'} of this category`,
      `one of the catalogue's, such as ${some.map((path) => `"${path}"`).join(', ')}`,
    )
  }
  return hidden
}

/**
 * The history without the tokens of hidden items before a moment, at which they arrive, and without the searches that led to
 * one: nobody looks for what the shop does not have. Numbers of items, queries and shoppers stay.
 */
export function withoutItems(h: Histories, hidden: Hidden, before = Number.POSITIVE_INFINITY): Histories {
  const kept: number[] = []
  const start = new Uint32Array(h.start.length)
  for (let shopper = 0; shopper < h.shoppers.length; shopper++) {
    const end = h.start[shopper + 1]
    const isAbout = (at: number): boolean =>
      hidden.has(h.item[at]) || (h.item[at] < 0 && at + 1 < end && isAbout(at + 1))
    for (let at = h.start[shopper]; at < end; at++) if (h.time[at] >= before || !isAbout(at)) kept.push(at)
    start[shopper + 1] = kept.length
  }
  return {
    ...h,
    start,
    item: Int32Array.from(kept, (at) => h.item[at]),
    action: Uint8Array.from(kept, (at) => h.action[at]),
    time: Float64Array.from(kept, (at) => h.time[at]),
  }
}

/**
 * The visits of [from, to), under way, in which a hidden item is still to be wanted for the first time. The hidden items
 * arrive at `from`: what was done with them since is in the history, as it is in a shop. What else is wanted in the visit
 * is neither right nor wrong: it is not listed.
 */
export function coldQueries(h: Histories, hidden: Hidden, from: number, to: number): Query[] {
  const queries = withoutSeen(visitQueries(withoutItems(h, hidden, from), from, to, 'during'))
  return queries.flatMap((query) => {
    const wanted = [...query.relevant]
    const relevant = new Set(wanted.filter((item) => hidden.has(item)))
    const excluded = new Set([...query.excluded, ...wanted.filter((item) => !hidden.has(item))])
    return relevant.size > 0 ? [{ ...query, relevant, excluded }] : []
  })
}

/** The same questions with every item but the hidden ones left out of the lists. */
export function amongHidden(queries: readonly Query[], hidden: Hidden, items: number): Query[] {
  const warm = [...Array(items).keys()].filter((item) => !hidden.has(item))
  return queries.map((query) => ({ ...query, excluded: new Set([...query.excluded, ...warm]) }))
}
