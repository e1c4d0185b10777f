/** Models that only count. What every network must clear, what serves when none is loaded, and parts of the blend. */
import { hash32, mix32 } from '../shared/data/random.ts'
import { scoreBuyAgain } from '../shared/model/rank.ts'
import { type Rules, scoreRules } from '../shared/model/rules.ts'
import type { Query } from './queries.ts'

/** Adds its score of every item to `scores` (items), which comes filled with 0. */
export type Scorer = (query: Query, scores: Float32Array) => void

/**
 * Equal scores are put in an order that is fixed and says nothing: 0 to 1e-9 by item number. Counts leave most of a
 * catalogue at 0.
 */
export function jitter(items: number): Float32Array {
  return Float32Array.from({ length: items }, (_, item) => (mix32(hash32(`jitter ${item}`)) / 2 ** 32) * 1e-9)
}

/**
 * How often each item was wanted in the `days` before a moment; over all time when the history has no times.
 * A shop refreshes this once a day, so counts end at the midnight (UTC) before the moment.
 * @returns (V) counts; do not change them
 */
export function popularityCounts(
  events: { item: number; time: number }[],
  items: number,
  days: number | undefined,
): (time: number) => Float32Array {
  const count = (from: number, to: number, sorted: { item: number }[]) => {
    const counts = new Float32Array(items)
    for (let at = from; at < to; at++) counts[sorted[at].item]++
    return counts
  }
  if (days === undefined) {
    const counts = count(0, events.length, events)
    return () => counts
  }
  const sorted = [...events].sort((a, b) => a.time - b.time)
  const cache = new Map<number, Float32Array>()
  return (time) => {
    const day = Math.floor(time / DAY_MS)
    let counts = cache.get(day)
    if (!counts) {
      counts = count(lowerBound(sorted, (day - days) * DAY_MS), lowerBound(sorted, day * DAY_MS), sorted)
      cache.set(day, counts)
    }
    return counts
  }
}
const DAY_MS = 86_400_000

export function popularityScorer(countsAt: (time: number) => Float32Array, items: number): Scorer {
  const jitters = jitter(items)
  return (query, scores) => {
    const counts = countsAt(query.time)
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
