/** What a simulated shop's shoppers are really like: read to judge a profile, never to make one. */
import { presenceAtRate } from '../../shared/profile/presence.ts'
import { readLines } from '../datasets/dataset.ts'
import { DAY_MS, type Moment, RETURN_DAYS } from './moments.ts'
import type { HeadName } from './scorecard.ts'
import type { Shoppers } from './shoppers.ts'

export interface Truth {
  /** What an observer who knows the truth reads beside the features. */
  of(head: HeadName, moment: Moment): number[]
  /** Shares of attention by category at a time, the dearest first. */
  tasteOf(shopper: string, time: number): Map<string, number>
  /** What feels right to pay, beside what is usual. */
  priceBandOf(shopper: string): PriceBand
  /** The kind of shopper that they are at a time. */
  segmentOf(shopper: string, time: number): string
  /** When tastes changed; undefined where they did not. Milliseconds since 1970. */
  driftTimeOf(shopper: string): number | undefined
}

export type PriceBand = 'low' | 'middle' | 'high'

interface ShopperTruth {
  shopper: string
  segment: string
  sessions_per_day: number
  readiness: number
  price_sensitivity: number
  taste: Record<string, number>
  price_band: PriceBand
  /** ISO 8601 */
  drift_time: string | null
  taste_after_drift: Record<string, number> | null
  segment_after_drift: string | null
}

interface SessionTruth {
  shopper: string
  time: number
  intent: string
}

const INTENTS = ['browse', 'look', 'gift', 'restock', 'return-to-cart']

export async function readTruth(folder: string, { shoppers }: Shoppers): Promise<Truth> {
  const truths = new Map<string, ShopperTruth>()
  for await (const truth of readLines<ShopperTruth>(folder, 'truth.jsonl')) truths.set(truth.shopper, truth)
  const sessions = new Map<string, SessionTruth[]>()
  for await (const session of readLines<SessionTruth>(folder, 'truth-sessions.jsonl')) {
    const own = sessions.get(session.shopper)
    if (own) own.push(session)
    else sessions.set(session.shopper, [session])
  }
  const truthOf = (shopper: string) => truths.get(shopper) as ShopperTruth
  const driftTimeOf = (shopper: string) => {
    const { drift_time } = truthOf(shopper)
    return drift_time === null ? undefined : Date.parse(drift_time)
  }
  const hasDrifted = (shopper: string, time: number) => (driftTimeOf(shopper) ?? Number.POSITIVE_INFINITY) <= time
  return {
    driftTimeOf,
    priceBandOf: (shopper) => truthOf(shopper).price_band,
    segmentOf(shopper, time) {
      const { segment, segment_after_drift } = truthOf(shopper)
      return hasDrifted(shopper, time) ? (segment_after_drift ?? segment) : segment
    },
    tasteOf(shopper, time) {
      const { taste, taste_after_drift } = truthOf(shopper)
      const now = hasDrifted(shopper, time) ? (taste_after_drift ?? taste) : taste
      return new Map(Object.entries(now).sort((a, b) => b[1] - a[1]))
    },
    of(head, { shopper, seen, time }) {
      const { id, events } = shoppers[shopper]
      const { sessions_per_day, readiness, price_sensitivity } = truthOf(id)
      if (head === 'return') {
        // Who goes is not in the truth an observer may have: only that shoppers go, and how often this one comes.
        const silentDays = (time - events[seen - 1].time) / DAY_MS
        const { gone, visit } = presenceAtRate(sessions_per_day, silentDays, RETURN_DAYS)
        return [gone, Math.log(visit / (1 - visit)), Math.log(sessions_per_day)]
      }
      const now = sessions.get(id)?.findLast((session) => session.time <= time)
      return [
        ...INTENTS.map((intent) => (now?.intent === intent ? 1 : 0)),
        Math.log(readiness),
        Math.log(price_sensitivity),
      ]
    },
  }
}

/** When each shopper's taste changed, in milliseconds since 1970; those whose taste does not are not in it. */
export async function readDrifts(folder: string): Promise<Map<string, number>> {
  const drifts = new Map<string, number>()
  for await (const { shopper, drift_time } of readLines<ShopperTruth>(folder, 'truth.jsonl')) {
    if (drift_time !== null) drifts.set(shopper, Date.parse(drift_time))
  }
  return drifts
}
