/**
 * Whether the prices that a profile takes for a shopper's own are: how surely it sets those of the high band above those of
 * the low one (AUROC). Beside it the price last looked at, and an observer who is taught the bands of half the shoppers and
 * asked about the other half.
 */
import { itemsOf, type ShopEvent } from '../../shared/data/events.ts'
import type { FactsOf } from '../../shared/profile/facts.ts'
import { memoryOf } from '../../shared/profile/memory.ts'
import { meanLevel, type Prices, priceLevelOf } from '../../shared/profile/prices.ts'
import { auroc } from '../binary-metrics.ts'
import { type Asked, askAll, fitHead } from './heads.ts'
import type { Shoppers } from './shoppers.ts'
import type { Truth } from './truth.ts'

export interface PriceScore {
  /** Of the low and the high band. */
  shoppers: number
  /** AUROC */
  last_looked_at: number
  profile: number
  ideal: number
  gap_closed: number
}

export async function scorePrices({ shoppers, factsOf }: Shoppers, truth: Truth): Promise<PriceScore> {
  const asked = shoppers.flatMap(({ id, events }) => {
    const band = truth.priceBandOf(id)
    const { prices } = memoryOf(events, factsOf)
    return band === 'middle' || prices.looked.count === 0 ? [] : [{ dear: band === 'high' ? 1 : 0, events, prices }]
  })
  const answers = asked.map(({ dear }) => dear)
  const half = asked.length >> 1
  const ideal = [
    ...(await taught(asked.slice(half), asked.slice(0, half))),
    ...(await taught(asked.slice(0, half), asked.slice(half))),
  ]
  const [last, profile, known] = [
    asked.map(({ events }) => lastLevel(events, factsOf)),
    asked.map(({ prices }) => priceLevelOf(prices)),
    ideal,
  ].map((scores) => auroc(scores, answers))
  const gapClosed = (profile - last) / (known - last)
  return { shoppers: asked.length, last_looked_at: last, profile, ideal: known, gap_closed: gapClosed }
}

function lastLevel(events: readonly ShopEvent[], factsOf: FactsOf): number {
  const last = events.findLast(({ name }) => name === 'view_item')
  return (last && factsOf(itemsOf(last)[0].item_id)?.priceLevel) ?? 0
}

async function taught(
  some: readonly { prices: Prices; dear: number }[],
  others: readonly { prices: Prices; dear: number }[],
): Promise<number[]> {
  const rows = (list: readonly { prices: Prices; dear: number }[]): Asked => ({
    inputs: Float32Array.from(list.flatMap(({ prices }) => numbersOf(prices))),
    answers: Int32Array.from(list, ({ dear }) => dear),
  })
  const most = Math.floor(some.length * 0.85)
  const head = await fitHead(rows(some.slice(0, most)), rows(some.slice(most)), 2)
  return askAll(head, rows(others)).map(([, dear]) => dear)
}

function numbersOf(prices: Prices): number[] {
  const { looked, wanted, paid } = prices
  const spread = Math.sqrt(Math.max(0, looked.squares / looked.count - (looked.sum / looked.count) ** 2))
  const means = [meanLevel(looked, 3), meanLevel(looked, 20), meanLevel(wanted, 3), meanLevel(paid, 3)]
  return [
    ...means,
    spread,
    Math.log1p(looked.count),
    Math.log1p(looked.count) * means[1],
    looked.reduced / looked.count,
  ]
}
