/** Models that only count. What every network must clear, what serves when none is loaded, and parts of the blend. */
import { hash32 } from '../shared/data/random.ts'
import { scoreBuyAgain } from '../shared/model/rank.ts'
import { type Rules, scoreRules } from '../shared/model/rules.ts'

/** One question to a recommender: what will this shopper want next? */
export interface Query {
  shopper: number
  /** The shopper's tokens before the moment asked about: item numbers (below 0 a query), actions, times. */
  items: Int32Array
  actions: Uint8Array
  times: Float64Array
  /** Milliseconds since 1970 of the moment asked about. */
  time: number
  relevant: Set<number>
  /** Items that may not be recommended; never a relevant one. */
  excluded: Set<number>
}

/** Adds its score of every item to `scores` (items), which comes filled with 0. */
export type Scorer = (query: Query, scores: Float32Array) => void

/**
 * Equal scores are put in an order that is fixed and says nothing: 0 to 1e-9 by item number. Counts leave most of a
 * catalogue at 0.
 */
export function jitter(items: number): Float32Array {
  return Float32Array.from({ length: items }, (_, item) => (hash32(`jitter ${item}`) / 2 ** 32) * 1e-9)
}

/** How often each item was wanted before a moment, in the `days` before it; over all time when there are no times. */
export function popularityScorer(
  events: { item: number; time: number }[],
  items: number,
  days: number | undefined,
): Scorer {
  const jitters = jitter(items)
  if (days === undefined) {
    const counts = new Float32Array(items)
    for (const { item } of events) counts[item]++
    return (_, scores) => {
      for (let i = 0; i < items; i++) scores[i] += counts[i] + jitters[i] * 1e6
    }
  }
  const sorted = [...events].sort((a, b) => a.time - b.time)
  const DAY_MS = 86_400_000
  const cache = new Map<number, Float32Array>()
  // A shop refreshes this once a day: counts end at the midnight (UTC) before the query.
  const countsOf = (day: number) => {
    let counts = cache.get(day)
    if (!counts) {
      counts = new Float32Array(items)
      for (
        let at = lowerBound(sorted, (day - days) * DAY_MS);
        at < sorted.length && sorted[at].time < day * DAY_MS;
        at++
      )
        counts[sorted[at].item]++
      cache.set(day, counts)
    }
    return counts
  }
  return (query, scores) => {
    const counts = countsOf(Math.floor(query.time / DAY_MS))
    for (let i = 0; i < items; i++) scores[i] += counts[i] + jitters[i] * 1e6
  }
}

function lowerBound(sorted: { time: number }[], time: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle].time < time) low = middle + 1
    else high = middle
  }
  return low
}

export function buyAgainScorer(items: number): Scorer {
  const jitters = jitter(items)
  return (query, scores) => {
    scoreBuyAgain(query.items, query.actions, query.times, query.time, scores)
    for (let i = 0; i < items; i++) scores[i] += jitters[i]
  }
}

export function rulesScorer(rules: Rules): Scorer {
  const jitters = jitter(rules.start.length - 1)
  return (query, scores) => {
    scoreRules(rules, query.items, scores)
    for (let i = 0; i < scores.length; i++) scores[i] += jitters[i]
  }
}
