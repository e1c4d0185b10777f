import { describe, expect, it } from 'vitest'
import type { Product } from '../../../shared/data/catalog.ts'
import type { ShopEvent } from '../../../shared/data/events.ts'
import { FEATURE_NAMES } from '../../../shared/profile/features.ts'
import { foretell } from '../../../shared/profile/foretelling.ts'
import type { Shoppers } from '../../../trainer/profile/shoppers.ts'
import { gateOf, scoreGate } from '../../../trainer/profile/visit-gate.ts'

const DAY_MS = 86_400_000
const CATEGORIES = ['Lasting', 'One', 'Other', 'Third']

/** Who looks again at something goes on with this visit; who does not goes back to what they always like. */
function shop(shoppers: number): Shoppers {
  const products = CATEGORIES.map((category): Product => ({ item_id: category, title: category, category: [category] }))
  const visits = (shopper: number) =>
    Array.from({ length: 100 }, (_, day) => {
      if (day % 3 === 0) return ['Lasting', 'Lasting']
      const [now, next] = (day + shopper) % 2 ? ['One', 'Other'] : ['Other', 'Third']
      return day % 3 === 1 ? [now, now, now, now] : [now, 'Lasting', next].slice(0, 2)
    })
  const events = (shopper: number): ShopEvent[] =>
    visits(shopper).flatMap((looks, day) =>
      looks.map((item_id, n) => ({
        id: `${shopper} ${day} ${n}`,
        time: day * DAY_MS + n * 60_000,
        name: 'view_item' as const,
        items: [{ item_id }],
      })),
    )
  return {
    products,
    facts: [],
    factsOf: (id) => ({ category: [id], traits: [], reduced: false }),
    shoppers: Array.from({ length: shoppers }, (_, n) => ({ id: String(n), events: events(n) })),
    end: 100 * DAY_MS,
  }
}

describe('the gate between this visit and what lasts', () => {
  it('foretells the next look better than either and than any constant, where the visit tells which it is', () => {
    const { nats, better_than_constant, looks } = scoreGate(shop(40), '1')
    expect(looks.test).toBeGreaterThan(500)
    expect(nats.gate).toBeLessThan(Math.min(nats.long, nats.visit, nats.constant))
    expect(better_than_constant.low).toBeGreaterThan(0)
  })

  it('opens further the more of this visit is at the same, and is none where too few looks teach it', () => {
    const gate = gateOf(shop(40), '1')
    if (!gate) throw new Error('no gate')
    const features = (again: number) => FEATURE_NAMES.map((name) => (name === 'visitRepeats' ? again : 0))
    expect(foretell(gate, features(0.6))).toBeGreaterThan(foretell(gate, features(0)) as number)
    expect(gateOf(shop(2), '1')).toBeUndefined()
  })
})
