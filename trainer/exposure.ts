/**
 * Who is shown: the share of list places that the long tail, cold items and small brands get, beside their share of the
 * catalogue and of what shoppers wanted; and how much more popular the listed is than the wanted (popularity bias,
 * Abdollahpouri et al. 2019, "The unfairness of popularity bias in recommendation").
 */
import type { TrainingEnds } from './batches.ts'
import type { Histories } from './datasets/histories.ts'
import { wantedEvents } from './evaluate.ts'
import type { Query } from './queries.ts'

/** Above this percentile an item, or a brand, is popular: the top fifth. */
const POPULAR = 0.8
/** An item with fewer training interactions is cold. */
export const COLD_INTERACTIONS = 5

export interface ItemPopularity {
  /** (V) how often each was wanted in training */
  counts: Float64Array
  /** (V) 0 … 1 of the catalogue, equal counts alike */
  percentile: Float64Array
  isPopular(item: number): boolean
}

export function itemPopularity(h: Histories, ends: TrainingEnds): ItemPopularity {
  const counts = new Float64Array(h.items.length)
  for (const { item } of wantedEvents(h, ends)) counts[item]++
  const percentile = midRanks(counts)
  return { counts, percentile, isPopular: (item) => percentile[item] > POPULAR }
}

/**
 * Which share of the values is less, with half of those that are equal, itself among them. Items of one count are then in
 * one group, however they are numbered.
 */
export function midRanks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, at) => at).sort((a, b) => values[a] - values[b])
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from + 1
    while (to < order.length && values[order[to]] === values[order[from]]) to++
    for (let at = from; at < to; at++) ranks[order[at]] = (from + to) / 2 / order.length
    from = to
  }
  return ranks
}

export interface GroupExposure {
  group: string
  label: string
  /** Items or brands in it. */
  members: number
  /** Its share of all items. */
  catalogue: number
  /** Its share of the wanted items of all queries. */
  wanted: number
  /** Its share of list places, by model. */
  listed: Record<string, number>
}

export interface Exposure {
  groups: GroupExposure[]
  /** Mean popularity percentile, 0 … 1, of what was wanted, and by model of what was listed. */
  popularity: { wanted: number; listed: Record<string, number> }
}

/** @param lists by model, those of all seeds one after the other */
export function exposureOf(
  lists: ReadonlyMap<string, readonly (readonly number[])[]>,
  queries: readonly Query[],
  h: Histories,
  { counts, percentile, isPopular }: ItemPopularity,
): Exposure {
  const wanted = queries.map(({ relevant }) => [...relevant])
  const groups = [
    group('long-tail', 'long tail: outside the most popular fifth', (item) => !isPopular(item)),
    group('cold', `cold items: < ${COLD_INTERACTIONS} in training`, (item) => counts[item] < COLD_INTERACTIONS),
    ...smallBrands(h, counts),
  ]
  return {
    groups: groups.map(({ name, label, members, holds }) => {
      const flags = h.items.map((_, item) => (holds(item) ? 1 : 0))
      const total = flags.reduce((sum: number, flag) => sum + flag, 0)
      return {
        group: name,
        label,
        members: members ?? total,
        catalogue: total / Math.max(1, flags.length),
        wanted: meanOver(wanted, flags),
        listed: byModel(lists, flags),
      }
    }),
    popularity: { wanted: meanOver(wanted, percentile), listed: byModel(lists, percentile) },
  }
}

interface Group {
  name: string
  label: string
  /** Absent: the items themselves. */
  members?: number
  holds(item: number): boolean
}

const group = (name: string, label: string, holds: Group['holds'], members?: number): Group => ({
  name,
  label,
  holds,
  ...(members === undefined ? {} : { members }),
})

/** Brands outside the top fifth by training interactions, and by products. None where no product names its brand. */
function smallBrands(h: Histories, counts: Float64Array): Group[] {
  const numbers = new Map<string, number>()
  for (const { brand } of h.items) if (brand !== undefined && !numbers.has(brand)) numbers.set(brand, numbers.size)
  if (numbers.size === 0) return []
  const [products, interactions] = [new Float64Array(numbers.size), new Float64Array(numbers.size)]
  const brandOf = h.items.map(({ brand }) => (brand === undefined ? undefined : numbers.get(brand)))
  brandOf.forEach((brand, item) => {
    if (brand === undefined) return
    products[brand]++
    interactions[brand] += counts[item]
  })
  return (
    [
      ['small-brands', 'small brands: outside the fifth most wanted', midRanks(interactions)],
      ['narrow-brands', 'narrow brands: outside the fifth with most products', midRanks(products)],
    ] as const
  ).map(([name, label, ranks]) =>
    group(
      name,
      label,
      (item) => {
        const brand = brandOf[item]
        return brand !== undefined && ranks[brand] <= POPULAR
      },
      ranks.filter((rank) => rank <= POPULAR).length,
    ),
  )
}

/** Mean of a value of items over all places of all lists. */
function meanOver(lists: readonly (readonly number[])[], values: ArrayLike<number>): number {
  let [sum, places] = [0, 0]
  for (const list of lists) {
    for (const item of list) sum += values[item]
    places += list.length
  }
  return places > 0 ? sum / places : 0
}

function byModel(lists: Parameters<typeof exposureOf>[0], values: ArrayLike<number>): Record<string, number> {
  return Object.fromEntries([...lists].map(([model, ofModel]) => [model, meanOver(ofModel, values)]))
}
