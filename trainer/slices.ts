/**
 * Whom a mean over all questions hides: wanted items that are rare or new, shoppers of whom little is known.
 *
 * A slice takes from each question the wanted items that are in it; a question without any is not of the slice. The list
 * stays the one that the shopper would have seen, so an item that is wanted but of another slice still takes a place.
 */
import { rankingMetrics } from '../shared/model/metrics.ts'
import { type Interval, pairedInterval, type QueryMetrics } from './evaluate.ts'
import { COLD_INTERACTIONS, type ItemPopularity } from './exposure.ts'
import type { Query } from './queries.ts'

/** A history of no more tokens is short. */
const SHORT_TOKENS = 5

export interface SliceReport {
  slice: string
  /** In words, for people. */
  label: string
  queries: number
  /** Wanted items over all its queries. */
  wanted: number
  models: Record<string, Record<`${'hr' | 'ndcg'}@${number}`, number>>
  /** The blend against each of its parts, means over seeds. */
  comparisons: { a: string; b: string; interval: Interval }[]
}

interface Slice {
  name: string
  label: string
  wanted(query: Query): ReadonlySet<number>
}

const NONE: ReadonlySet<number> = new Set()

function slicesOf({ counts, isPopular }: ItemPopularity): Slice[] {
  const items = (name: string, label: string, holds: (item: number) => boolean): Slice => ({
    name,
    label,
    wanted: ({ relevant }) => new Set([...relevant].filter(holds)),
  })
  const shoppers = (name: string, label: string, holds: (tokens: number) => boolean): Slice => ({
    name,
    label,
    wanted: (query) => (holds(query.items.length) ? query.relevant : NONE),
  })
  return [
    items('popular', 'the most popular fifth of items', isPopular),
    items('long-tail', 'long tail: all other items', (item) => !isPopular(item)),
    items('cold', `cold items: < ${COLD_INTERACTIONS} in training`, (item) => counts[item] < COLD_INTERACTIONS),
    items('unseen', 'cold items: 0 in training', (item) => counts[item] === 0),
    shoppers('new-shoppers', 'new shoppers: no history', (tokens) => tokens === 0),
    shoppers('short', `short histories: 1–${SHORT_TOKENS} acts`, (tokens) => tokens > 0 && tokens <= SHORT_TOKENS),
    shoppers('long', `long histories: > ${SHORT_TOKENS} acts`, (tokens) => tokens > SHORT_TOKENS),
  ]
}

/**
 * @param asked by model, a result a seed, all of the same queries
 * @param pairs models to compare within each slice
 * @param k length of the lists
 */
export function sliceReports(
  asked: ReadonlyMap<string, readonly QueryMetrics[]>,
  queries: readonly Query[],
  popularity: ItemPopularity,
  pairs: readonly (readonly [string, string])[],
  k: number,
): SliceReport[] {
  return slicesOf(popularity).map(({ name, label, wanted }) => {
    const inSlice = queries.flatMap((query, at) => {
      const relevant = wanted(query)
      return relevant.size > 0 ? [{ at, relevant, shopper: query.shopper }] : []
    })
    const ndcg = new Map<string, Float64Array>()
    const models: SliceReport['models'] = {}
    for (const [model, seeds] of asked) {
      const values = new Float64Array(inSlice.length)
      let hits = 0
      inSlice.forEach(({ at, relevant }, n) => {
        for (const { lists } of seeds) {
          const metrics = rankingMetrics(lists[at], relevant, k)
          values[n] += metrics.ndcg / seeds.length
          hits += metrics.hr / seeds.length
        }
      })
      ndcg.set(model, values)
      const size = Math.max(1, inSlice.length)
      const ndcgMean = values.reduce((sum, value) => sum + value, 0) / size
      models[model] = { [`hr@${k}`]: hits / size, [`ndcg@${k}`]: ndcgMean }
    }
    const shoppers = inSlice.map(({ shopper }) => shopper)
    return {
      slice: name,
      label,
      queries: inSlice.length,
      wanted: inSlice.reduce((sum, { relevant }) => sum + relevant.size, 0),
      models,
      comparisons: pairs.flatMap(([a, b]) => {
        const [first, second] = [ndcg.get(a), ndcg.get(b)]
        if (!first || !second || inSlice.length === 0) return []
        return [{ a, b, interval: pairedInterval(first, second, shoppers) }]
      }),
    }
  })
}
