/**
 * Are guides and videos recommended like products? When somebody reads one, the guides as the page would rank them then, by rules
 * and popularity from what was before, beside popularity alone.
 */
import { itemsOf } from '../shared/data/events.ts'
import { tokensOf } from '../shared/data/sequence.ts'
import { topK } from '../shared/model/metrics.ts'
import { blend, signalsOf } from '../shared/model/rank.ts'
import { type Interval, pairedInterval } from './evaluate.ts'
import { DAY_MS } from './profile/moments.ts'
import type { Shoppers } from './profile/shoppers.ts'
import { modelsBefore } from './service-evaluation.ts'

/** Of the shelf that is looked at. */
const PLACES = 3

export interface ContentScore {
  guides: number
  /** In the last 30 days. */
  readings: number
  /** Share of readings whose guide is among the first three. */
  popularity: number
  ranked: number
  better: Interval
}

/** Undefined for a shop with nothing to read, or where nobody read of late. */
export function scoreContent({ shoppers, products, end }: Shoppers): ContentScore | undefined {
  const cutoff = end - 30 * DAY_MS
  const isContent = products.map(({ kind }) => kind !== undefined)
  const numbers = new Map(products.map(({ item_id }, n) => [item_id, n]))
  const models = modelsBefore({ shoppers, products }, cutoff)
  const readings = shoppers.flatMap(({ events }, shopper) =>
    events.flatMap((event, at) => {
      const item = event.name === 'view_item' ? numbers.get(itemsOf(event)[0].item_id) : undefined
      if (event.time < cutoff || item === undefined || !isContent[item]) return []
      return [{ shopper, item, time: event.time, before: events.slice(0, at) }]
    }),
  )
  if (readings.length === 0) return undefined
  const isAmongFirst = (scores: Float32Array, item: number) => {
    const own = scores.map((score, n) => (isContent[n] ? score : Number.NEGATIVE_INFINITY))
    return Number(topK(own, PLACES, (other) => other === item).includes(item))
  }
  const popular = Float64Array.from(readings, ({ item }) => isAmongFirst(models.popularity, item))
  const scores = new Float32Array(products.length)
  const ranked = Float64Array.from(readings, ({ item, time, before }) => {
    const tokens = tokensOf(before, (id) => numbers.get(id))
    blend(signalsOf(models, tokens, undefined, time), models.weights, scores)
    return isAmongFirst(scores, item)
  })
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    guides: isContent.filter(Boolean).length,
    readings: readings.length,
    popularity: mean(popular),
    ranked: mean(ranked),
    better: pairedInterval(
      ranked,
      popular,
      readings.map(({ shopper }) => shopper),
    ),
  }
}
