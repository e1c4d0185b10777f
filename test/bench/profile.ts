/**
 * What an event costs the profile of a shopper with 2,000 of them, in the worker's own code: taken in and read again, beside
 * a fold over all of them from the beginning.
 *
 *     npm run bench -- profile --json
 */
import type { ShopEvent } from '../../shared/data/events.ts'
import { seeded } from '../../shared/data/random.ts'
import type { FactsOf } from '../../shared/profile/facts.ts'
import { FEATURE_NAMES } from '../../shared/profile/features.ts'
import { memoryOf, remember } from '../../shared/profile/memory.ts'
import { explained, profileOf } from '../../shared/profile/profile.ts'
import type { ProfileChunk } from '../../shared/profile/profile-chunk.ts'
import { quantile, type Row, rounded } from './row.ts'

const EVENTS = 2000
const MEASURED = 500
const ITEMS = 10_000
const CATEGORIES = 200
const NOW = Date.UTC(2026, 10, 22)
const NAMES = ['view_item', 'view_item', 'view_item', 'add_to_cart', 'purchase', 'add_to_wishlist'] as const

export async function bench(): Promise<Row[]> {
  const random = seeded('bench profile')
  const facts = Array.from({ length: ITEMS }, (_, item) => ({
    category: [`Department ${item % 8}`, `Category ${item % CATEGORIES}`],
    brand: `Brand ${item % 90}`,
    traits: [`colour: ${item % 17}`, `style: ${item % 11}`],
    price: 5 + (item % 50),
    priceLevel: random.normal(),
    reduced: item % 9 === 0,
  }))
  const factsOf: FactsOf = (id) => facts[Number(id.slice(1))]
  let time = NOW - 700 * 86_400_000
  const events = Array.from({ length: EVENTS + MEASURED }, (_, n): ShopEvent => {
    time += random.next() < 0.1 ? random.int(14 * 86_400_000) / 3 : random.int(90_000)
    const item = { item_id: `p${random.int(ITEMS)}`, price: 10, quantity: 1 }
    return { id: `e${n}`, time, name: random.pick(NAMES), items: [item] }
  })
  const chunk: ProfileChunk = {
    items: facts,
    usage: { highSpend: 100, orderGapDays: 40, orderValue: 30 },
    priceBands: { low: -0.1, high: 0.1 },
    companions: new Map(),
    heads: { intent: { bias: 0, weights: Object.fromEntries(FEATURE_NAMES.map((name) => [name, 0.1])) } },
  }
  const history = events.slice(0, EVENTS)
  const memory = memoryOf(history, factsOf)
  const [event, panel, whole]: number[][] = [[], [], []]
  const timed = (into: number[], work: () => unknown) => {
    const began = performance.now()
    work()
    into.push(performance.now() - began)
  }
  for (const next of events.slice(EVENTS)) {
    history.push(next)
    history.shift()
    timed(event, () => {
      remember(memory, next, factsOf)
      profileOf(memory, chunk, next.time)
    })
    const profile = profileOf(memory, chunk, next.time)
    timed(panel, () => profile && explained(profile, history, factsOf))
    timed(whole, () => profileOf(memoryOf(history, factsOf), chunk, next.time))
  }
  return Object.entries({
    'an event, and the profile after it': event,
    'evidence of every interest': panel,
    'all of it from the beginning': whole,
  }).map(([what, times]) => ({
    what,
    events: EVENTS,
    median_ms: rounded(quantile(times, 0.5)),
    p95_ms: rounded(quantile(times, 0.95)),
  }))
}
