/** Ways to fill a place of a shelf from what was clicked before: (positions · items) probabilities, each row sums to 1. */
import { gamma, type Random } from '../../shared/data/random.ts'
import type { BanditLog } from './bandit-log.ts'

export interface Policy {
  positions: number
  items: number
  shares: Float64Array
}

/** A click in 200 looks, before anything is known: shelves of shops lie around it. */
const PRIOR = { clicks: 1, looks: 200 }
const DRAWS = 4000

/** (items) clicks a look, drawn towards the prior. */
export function clickRates(log: BanditLog): { clicks: Float64Array; looks: Float64Array; rate: Float64Array } {
  const [clicks, looks] = [new Float64Array(log.items), new Float64Array(log.items)]
  for (const { item, click } of log.impressions) {
    looks[item]++
    clicks[item] += click
  }
  const rate = clicks.map((count, item) => (count + PRIOR.clicks) / (looks[item] + PRIOR.looks))
  return { clicks, looks, rate }
}

export function uniform({ items, positions }: BanditLog): Policy {
  return { items, positions, shares: new Float64Array(items * positions).fill(1 / items) }
}

/** As often as the log itself showed it. */
export function asLogged({ items, positions, impressions }: BanditLog): Policy {
  const shares = new Float64Array(items * positions)
  const rows = new Float64Array(positions)
  for (const { item, position } of impressions) {
    shares[position * items + item]++
    rows[position]++
  }
  return { items, positions, shares: shares.map((count, at) => count / Math.max(1, rows[Math.floor(at / items)])) }
}

/** The `positions` best so far, in a random order, and with a probability of ε anything. */
export function greedy(log: BanditLog, epsilon: number): Policy {
  const { items, positions } = log
  const { rate } = clickRates(log)
  const best = [...rate.keys()].sort((a, b) => rate[b] - rate[a]).slice(0, positions)
  const shares = new Float64Array(items * positions).fill(epsilon / items)
  for (let position = 0; position < positions; position++) {
    for (const item of best) shares[position * items + item] += (1 - epsilon) / best.length
  }
  return { items, positions, shares }
}

/** An item as often as a draw from what is believed of it is the highest (Thompson 1933; Chapelle & Li 2011). */
export function thompson(log: BanditLog, random: Random): Policy {
  const { items, positions } = log
  const { clicks, looks } = clickRates(log)
  const shares = new Float64Array(items * positions)
  for (let draw = 0; draw < DRAWS; draw++) {
    const drawn = Float64Array.from({ length: items }, (_, item) =>
      beta(random, clicks[item] + PRIOR.clicks, looks[item] - clicks[item] + PRIOR.looks - PRIOR.clicks),
    )
    const best = [...drawn.keys()].sort((a, b) => drawn[b] - drawn[a]).slice(0, positions)
    for (let position = 0; position < positions; position++) {
      for (const item of best) shares[position * items + item] += 1 / (DRAWS * best.length)
    }
  }
  return { items, positions, shares }
}

/** Beta(a, b) by two gammas. */
function beta(random: Random, a: number, b: number): number {
  const [x, y] = [gamma(random, a), gamma(random, b)]
  return x / (x + y)
}
