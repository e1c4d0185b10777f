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

/** By the names that a bundle's heads know them by. */
const FEATURES = {
  visits: ({ visits }) => Math.log1p(visits.count),
  sinceFirst: ({ visits }, now) => days(now - visits.first),
  sinceLast: ({ visits }, now) => days(now - visits.now.last),
  usualGap: ({ visits }) => meanLogGap(visits),
  silence: ({ visits }, now) => days(now - visits.now.last) - meanLogGap(visits),
  gapSpread: ({ visits: { count, logGaps, logGapSquares } }) =>
    count > 2 ? Math.sqrt(Math.max(0, logGapSquares / (count - 1) - (logGaps / (count - 1)) ** 2)) : 0,
  expected: (memory, now) => Math.log(30 * presenceIn(memory.visits, now, 30).rate),
  gone: (memory, now) => presenceIn(memory.visits, now, 30).gone,
  visitSoon: (memory, now) => logit(presenceIn(memory.visits, now, 30).visit),
  orders: ({ visits }) => Math.log1p(visits.orders.length),
  ordersPerVisit: ({ visits }) => share(visits.orders.length, visits.count),
  sinceOrder: ({ visits }, now) => days(Math.min(2 * YEAR_MS, now - (visits.orders.at(-1)?.time ?? 0))),
  spent: ({ visits }) => Math.log1p(visits.orders.reduce((sum, { value }) => sum + value, 0)),
  spentPerOrder: ({ visits: { orders } }) =>
    Math.log1p(
      share(
        orders.reduce((sum, { value }) => sum + value, 0),
        orders.length,
      ),
    ),
  couponOrders: ({ visits: { orders } }) => share(orders.filter(({ coupon }) => coupon).length, orders.length + 1),
  visitEvents: ({ visits: { now: visit } }) => Math.log1p(visit.events),
  visitLooks: ({ visits: { now: visit } }) => Math.log1p(visit.views),
  visitRepeats: ({ visits: { now: visit } }) => share(visit.repeats, visit.views),
  visitCarts: ({ visits: { now: visit } }) => Math.log1p(visit.carts),
  visitRemovals: ({ visits: { now: visit } }) => Math.log1p(visit.removals),
  visitWishes: ({ visits: { now: visit } }) => Math.log1p(visit.wishes),
  visitSearches: ({ visits: { now: visit } }) => Math.log1p(visit.searches),
  visitCheckouts: ({ visits: { now: visit } }) => Math.min(1, visit.checkouts),
  visitOrders: ({ visits: { now: visit } }) => Math.min(1, visit.orders),
  visitCategories: ({ visits: { now: visit } }) => Math.log1p(visit.categories.size),
  visitLength: ({ visits: { now: visit } }) => seconds(visit.last - visit.start),
  secondsPerLook: ({ visits: { now: visit } }) => seconds(share(visit.last - visit.start, visit.views)),
  pause: ({ visits: { now: visit } }, now) => seconds(now - visit.last),
  cartItems: ({ visits }) => Math.log1p(visits.cart.size),
  cartWorth: ({ visits }) => Math.log1p([...visits.cart.values()].reduce((sum, value) => sum + value, 0)),
  priceLooked: ({ prices }) => meanLevel(prices.looked, 3),
  priceSpread: ({ prices }) => spread(prices.looked),
  priceWanted: ({ prices }) => meanLevel(prices.wanted, 2),
  pricePaid: ({ prices }) => meanLevel(prices.paid, 2),
  pricesPaid: ({ prices }) => Math.log1p(prices.paid.count),
  reducedLooked: ({ prices: { looked } }) => share(looked.reduced, looked.count + 3),
  reducedPaid: ({ prices: { paid } }) => share(paid.reduced, paid.count + 2),
  topCategory: ({ interests }, now) =>
    strongest(
      [...interests.category].map(([, { long }]) => long),
      now,
    ),
  weekend: (_, now) => ([0, 6].includes(new Date(now).getUTCDay()) ? 1 : 0),
  morning: (_, now) => Math.sin((now % DAY_MS) * ((2 * Math.PI) / DAY_MS)),
  midday: (_, now) => Math.cos((now % DAY_MS) * ((2 * Math.PI) / DAY_MS)),
} satisfies Record<string, Feature>

export type FeatureName = keyof typeof FEATURES
export const FEATURE_NAMES = Object.keys(FEATURES) as FeatureName[]
const READ: Feature[] = Object.values(FEATURES)

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
