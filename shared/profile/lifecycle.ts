/**
 * Where a shopper stands between the first visit and the last: by recency, frequency and monetary value, with the chance of
 * having gone for good.
 *
 *     new         a first visit, or a second within a week
 *     active      comes as often as ever
 *     high-value  the same, and among the fifth who spend most
 *     cooling     silent for longer than usual, more likely still there than not
 *     lost        more likely gone
 */
import { type Presence, presenceOf } from './presence.ts'
import type { Visits } from './visits.ts'

const DAY_MS = 86_400_000

export type Stage = 'new' | 'active' | 'high-value' | 'cooling' | 'lost'

export interface Lifecycle {
  stage: Stage
  /** Days since the last visit. */
  recencyDays: number
  visits: number
  orders: number
  /** Spent altogether, in the shop's currency. */
  spent: number
  /** 0 … 1 */
  gone: number
  /** 0 … 1: a visit within 30 days. */
  visitSoon: number
}

/** What the trainer knows of all shoppers of a shop. */
export interface ShopUsage {
  /** What the fifth who spend most have spent, at least. */
  highSpend: number
  /** Mean days between two orders of one shopper. */
  orderGapDays: number
  /** Mean worth of an order. */
  orderValue: number
}

const FIRST_WEEK_DAYS = 7
/** Usual gaps between visits after which a silence is one: of exponential gaps, one in twelve is longer. */
const LONG_SILENCE = 2.5

export function lifecycleOf(visits: Visits, now: number, { highSpend }: ShopUsage): Lifecycle {
  const { gone, visit } = presenceIn(visits, now, 30)
  // As it was before the silence, which would make itself usual.
  const { rate } = presenceIn(visits, visits.now.start, 30)
  const recencyDays = Math.max(0, now - visits.now.last) / DAY_MS
  const spent = visits.orders.reduce((sum, { value }) => sum + value, 0)
  const isNew = visits.count < 3 && now - visits.first < FIRST_WEEK_DAYS * DAY_MS
  const silent = recencyDays * rate > LONG_SILENCE
  const stage: Stage =
    gone > 0.5 ? 'lost' : isNew ? 'new' : silent ? 'cooling' : spent > 0 && spent >= highSpend ? 'high-value' : 'active'
  return { stage, recencyDays, visits: visits.count, orders: visits.orders.length, spent, gone, visitSoon: visit }
}

/** @param horizonDays the days to come */
export function presenceIn({ count, first, now: visit }: Visits, now: number, horizonDays: number): Presence {
  return presenceOf(count, (visit.start - first) / DAY_MS, (now - first) / DAY_MS, horizonDays)
}

export interface NextOrder {
  /** Days from now until it is as likely to have happened as not, given that the shopper is still there. */
  days: number
  /** In the shop's currency. */
  value: number
}

/** Orders of the shop's mean that stand beside the shopper's own. */
const PRIOR_ORDERS = 1

/** Undefined before the first order. Orders come at random at a rate drawn towards the shop's: Gamma-Poisson. */
export function nextOrderOf({ orders, first }: Visits, now: number, usage: ShopUsage): NextOrder | undefined {
  if (orders.length === 0) return undefined
  const days = (now - first) / DAY_MS
  const rate = (orders.length + PRIOR_ORDERS) / (days + PRIOR_ORDERS * usage.orderGapDays)
  const spent = orders.reduce((sum, { value }) => sum + value, 0)
  return {
    days: Math.LN2 / rate,
    value: (spent + PRIOR_ORDERS * usage.orderValue) / (orders.length + PRIOR_ORDERS),
  }
}
