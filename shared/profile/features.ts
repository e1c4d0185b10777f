/** What the heads read beside the network's state: one number each, all about the shopper's own visits. */
import { decayedAt } from './decay.ts'
import { LONG_HALF_LIFE_MS } from './interests.ts'
import { presenceIn } from './lifecycle.ts'
import type { Memory } from './memory.ts'
import { meanLevel, type PriceMoments } from './prices.ts'
import type { Visits } from './visits.ts'

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS
/** ln(1 + days). */
const days = (ms: number) => Math.log1p(Math.max(0, ms) / DAY_MS)
/** ln(1 + seconds). */
const seconds = (ms: number) => Math.log1p(Math.max(0, ms) / 1000)
const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0)
const spread = ({ count, sum, squares }: PriceMoments) =>
  count > 1 ? Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)) : 0

type Feature = (memory: Memory & { visits: Visits }, now: number) => number

/** The order is part of every trained head. */
const FEATURES: Record<string, Feature> = {
  visits: ({ visits }) => Math.log1p(visits.count),
  'days since the first visit': ({ visits }, now) => days(now - visits.first),
  'days since the last event': ({ visits }, now) => days(now - visits.now.last),
  'usual days between visits': ({ visits }) => meanLogGap(visits),
  'silence, in usual gaps': ({ visits }, now) => days(now - visits.now.last) - meanLogGap(visits),
  'spread of days between visits': ({ visits: { count, logGaps, logGapSquares } }) =>
    count > 2 ? Math.sqrt(Math.max(0, logGapSquares / (count - 1) - (logGaps / (count - 1)) ** 2)) : 0,
  'visits to expect in 30 days': (memory, now) => Math.log(30 * presenceIn(memory.visits, now, 30).rate),
  'chance of having gone for good': (memory, now) => presenceIn(memory.visits, now, 30).gone,
  'chance of a visit in 30 days': (memory, now) => logit(presenceIn(memory.visits, now, 30).visit),
  orders: ({ visits }) => Math.log1p(visits.orders.length),
  'orders a visit': ({ visits }) => share(visits.orders.length, visits.count),
  'days since the last order': ({ visits }, now) =>
    days(Math.min(2 * YEAR_MS, now - (visits.orders.at(-1)?.time ?? 0))),
  'spent altogether': ({ visits }) => Math.log1p(visits.orders.reduce((sum, { value }) => sum + value, 0)),
  'spent an order': ({ visits: { orders } }) =>
    Math.log1p(
      share(
        orders.reduce((sum, { value }) => sum + value, 0),
        orders.length,
      ),
    ),
  'orders with a coupon': ({ visits: { orders } }) =>
    share(orders.filter(({ coupon }) => coupon).length, orders.length + 1),
  'events in this visit': ({ visits: { now: visit } }) => Math.log1p(visit.events),
  'looks in this visit': ({ visits: { now: visit } }) => Math.log1p(visit.views),
  'looks again in this visit': ({ visits: { now: visit } }) => share(visit.repeats, visit.views),
  'put into the cart in this visit': ({ visits: { now: visit } }) => Math.log1p(visit.carts),
  'taken out in this visit': ({ visits: { now: visit } }) => Math.log1p(visit.removals),
  'wished for in this visit': ({ visits: { now: visit } }) => Math.log1p(visit.wishes),
  'searches in this visit': ({ visits: { now: visit } }) => Math.log1p(visit.searches),
  'checkouts begun in this visit': ({ visits: { now: visit } }) => Math.min(1, visit.checkouts),
  'ordered in this visit': ({ visits: { now: visit } }) => Math.min(1, visit.orders),
  'categories in this visit': ({ visits: { now: visit } }) => Math.log1p(visit.categories.size),
  'length of this visit': ({ visits: { now: visit } }) => seconds(visit.last - visit.start),
  'seconds a look': ({ visits: { now: visit } }) => seconds(share(visit.last - visit.start, visit.views)),
  'seconds since the last event': ({ visits: { now: visit } }, now) => seconds(now - visit.last),
  'items in the cart': ({ visits }) => Math.log1p(visits.cart.size),
  'worth of the cart': ({ visits }) => Math.log1p([...visits.cart.values()].reduce((sum, value) => sum + value, 0)),
  'price looked at': ({ prices }) => meanLevel(prices.looked, 3),
  'spread of prices looked at': ({ prices }) => spread(prices.looked),
  'price wanted': ({ prices }) => meanLevel(prices.wanted, 2),
  'price paid': ({ prices }) => meanLevel(prices.paid, 2),
  'prices paid': ({ prices }) => Math.log1p(prices.paid.count),
  'reduced of those looked at': ({ prices: { looked } }) => share(looked.reduced, looked.count + 3),
  'reduced of those paid': ({ prices: { paid } }) => share(paid.reduced, paid.count + 2),
  'strongest category': ({ interests }, now) =>
    strongest(
      [...interests.category].map(([, { long }]) => long),
      now,
    ),
  weekend: (_, now) => ([0, 6].includes(new Date(now).getUTCDay()) ? 1 : 0),
  morning: (_, now) => Math.sin((now % DAY_MS) * ((2 * Math.PI) / DAY_MS)),
  midday: (_, now) => Math.cos((now % DAY_MS) * ((2 * Math.PI) / DAY_MS)),
}

export const FEATURE_NAMES = Object.keys(FEATURES)
const READ = Object.values(FEATURES)

/** (FEATURE_NAMES.length), all 0 for a shopper of whom nothing is known. */
export function featuresOf(memory: Memory, now: number): Float32Array {
  const { visits } = memory
  if (!visits) return new Float32Array(READ.length)
  const known = { ...memory, visits }
  return Float32Array.from(READ, (read) => read(known, now))
}

/** ln(1 + days); a month for a shopper who came once. */
function meanLogGap({ count, logGaps }: Visits): number {
  return Math.log1p(Math.exp((logGaps + Math.log(30)) / count))
}

const logit = (p: number) => Math.log(Math.max(1e-4, p) / Math.max(1e-4, 1 - p))

/** The largest amount's share of all. */
function strongest(amounts: readonly { amount: number; time: number }[], now: number): number {
  const left = amounts.map((amount) => Math.max(0, decayedAt(amount, now, LONG_HALF_LIFE_MS)))
  return share(
    Math.max(0, ...left),
    left.reduce((sum, value) => sum + value, 0),
  )
}
