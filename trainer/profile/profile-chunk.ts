/** The bundle's profile chunk, from a dataset's shoppers: usage, price bands, companions, and the heads where there is enough to learn from. */

import { FEATURE_NAMES } from '../../shared/profile/features.ts'
import type { Foretold, YesNoHead } from '../../shared/profile/foretelling.ts'
import type { ShopUsage } from '../../shared/profile/lifecycle.ts'
import { memoryOf } from '../../shared/profile/memory.ts'
import { type PriceBands, priceLevelOf } from '../../shared/profile/prices.ts'
import type { ProfileChunk } from '../../shared/profile/profile-chunk.ts'
import type { Visits } from '../../shared/profile/visits.ts'
import { companionsOf } from './companions.ts'
import { type Asked, matrixOf } from './heads.ts'
import { DAY_MS, type Moment, momentsOf, RETURN_DAYS, VALIDATION_SHARE } from './moments.ts'
import type { Shoppers } from './shoppers.ts'
import { gateOf } from './visit-gate.ts'
import { fitYesNo } from './yes-no-head.ts'

/** Yes and no each, of those that teach: with fewer a head would learn single shoppers. */
const MIN_ANSWERS = 200

export function profileChunkOf(shop: Shoppers, seed: string): ProfileChunk {
  const { shoppers, facts, factsOf, end } = shop
  const moments = momentsOf(shoppers, factsOf, end, seed)
  const heads: ProfileChunk['heads'] = {}
  for (const name of ['intent', 'return'] as const satisfies Foretold[]) {
    // Whether somebody returns is known only a while later.
    const known = name === 'return' ? end - RETURN_DAYS * DAY_MS : end
    const head = yesNoHead(moments[name].filter(({ time }) => time <= known))
    if (head) heads[name] = head
  }
  const gate = gateOf(shop, seed)
  if (gate) heads.gate = gate
  const memories = shoppers.map(({ events }) => memoryOf(events, factsOf))
  return {
    items: facts,
    usage: usageOf(memories.flatMap(({ visits }) => visits ?? [])),
    priceBands: thirdsOf(
      memories.filter(({ prices }) => prices.looked.count > 0).map(({ prices }) => priceLevelOf(prices)),
    ),
    companions: companionsOf(shoppers, factsOf),
    heads,
  }
}

function yesNoHead(moments: Moment[]): YesNoHead | undefined {
  const ordered = [...moments].sort((a, b) => a.time - b.time)
  const cut = Math.floor((1 - VALIDATION_SHARE) * ordered.length)
  const [training, validation] = [ordered.slice(0, cut), ordered.slice(cut)].map(askedOf)
  if (fewest(training.answers) < MIN_ANSWERS || fewest(validation.answers) === 0) return undefined
  const { weights, bias } = fitYesNo(training, validation)
  const d = FEATURE_NAMES.length
  return {
    bias: rounded(bias[1] - bias[0]),
    weights: Object.fromEntries(FEATURE_NAMES.map((name, j) => [name, rounded(weights[d + j] - weights[j])])),
  }
}

/** Of yes and of no, the rarer one's. */
function fewest(answers: Int32Array): number {
  const yes = answers.reduce((sum, answer) => sum + answer, 0)
  return Math.min(yes, answers.length - yes)
}

function askedOf(moments: readonly Moment[]): Asked {
  return {
    inputs: matrixOf(moments.map(({ features }) => features)),
    answers: Int32Array.from(moments, ({ answer }) => answer),
  }
}

const rounded = (value: number) => Number(value.toPrecision(5))

const HIGH_SPEND_QUANTILE = 0.8

export function usageOf(visits: readonly Visits[]): ShopUsage {
  const buyers = visits.filter(({ orders }) => orders.length > 0)
  const orders = buyers.flatMap((visits) => visits.orders)
  const spent = buyers.map((visits) => visits.orders.reduce((sum, { value }) => sum + value, 0)).sort((a, b) => a - b)
  // A shopper's orders over the days since the first visit, all shoppers' days together.
  const days = buyers.reduce((sum, { first, now }) => sum + (now.last - first) / DAY_MS + 1, 0)
  return {
    highSpend: quantile(spent, HIGH_SPEND_QUANTILE) ?? 0,
    orderGapDays: orders.length > 0 ? days / orders.length : 90,
    orderValue: orders.length > 0 ? orders.reduce((sum, { value }) => sum + value, 0) / orders.length : 0,
  }
}

function thirdsOf(levels: readonly number[]): PriceBands {
  const sorted = [...levels].sort((a, b) => a - b)
  return { low: quantile(sorted, 1 / 3) ?? 0, high: quantile(sorted, 2 / 3) ?? 0 }
}

function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}
