import { describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../../shared/data/events.ts'
import { seeded } from '../../../shared/data/random.ts'
import { catalogFacts } from '../../../shared/profile/facts.ts'
import { featuresOf } from '../../../shared/profile/features.ts'
import { foretell } from '../../../shared/profile/foretelling.ts'
import { memoryOf } from '../../../shared/profile/memory.ts'
import { decodeProfileChunk, encodeProfileChunk } from '../../../shared/profile/profile-chunk.ts'
import { profileChunkOf, usageOf } from '../../../trainer/profile/profile-chunk.ts'
import type { Shoppers } from '../../../trainer/profile/shoppers.ts'

const DAY = 86_400_000
const MINUTE = 60_000
const PRODUCTS = Array.from({ length: 12 }, (_, n) => ({
  item_id: `p${n}`,
  title: `Thing ${n}`,
  category: ['Home', n % 2 ? 'Lamps' : 'Mugs'],
  brand: `Brand ${n % 3}`,
  price: 5 + n,
}))

/** Whoever puts something into the cart buys it four times out of five; whoever does not, never. */
function shop(visits: number): Shoppers {
  const random = seeded('profile chunk')
  let ids = 0
  const shoppers = Array.from({ length: 60 }, (_, s) => {
    const events: ShopEvent[] = []
    for (let n = 0; n < visits; n++) {
      let time = (n * 9 + random.int(6)) * DAY
      const item = { item_id: `p${random.int(12)}`, price: 10, quantity: 1 }
      const add = (name: 'view_item' | 'add_to_cart' | 'purchase') => {
        events.push({ id: `e${ids++}`, time: (time += MINUTE), name, items: [item] })
      }
      add('view_item')
      add('view_item')
      if (random.next() < 0.5) {
        add('add_to_cart')
        add('view_item')
        if (random.next() < 0.8) add('purchase')
      } else add('view_item')
    }
    return { id: `s${s}`, events }
  })
  const facts = catalogFacts(
    PRODUCTS.map((product) => ({ ...product, traits: [] })),
    new Float64Array(12),
  )
  const end = Math.max(...shoppers.flatMap(({ events }) => events.map(({ time }) => time)))
  return { products: PRODUCTS, facts, factsOf: (id) => facts[Number(id.slice(1))], shoppers, end }
}

describe('the profile chunk of a shop', () => {
  it('has a head that knows a purchase when it comes, as the page asks it', () => {
    const shoppers = shop(30)
    const made = profileChunkOf(shoppers, '1')
    const { heads, usage, companions } = decodeProfileChunk(encodeProfileChunk(made), 12)
    const { intent } = heads
    if (!intent) throw new Error('no head')
    const item = { item_id: 'p1', price: 10, quantity: 1 }
    const look: ShopEvent = { id: 'a', time: 300 * DAY, name: 'view_item', items: [item] }
    const cart: ShopEvent = { id: 'b', time: 300 * DAY + MINUTE, name: 'add_to_cart', items: [item] }
    const ask = (events: ShopEvent[]) =>
      foretell(intent, featuresOf(memoryOf(events, shoppers.factsOf), events[events.length - 1].time)) ?? Number.NaN
    expect(ask([look])).toBeLessThan(0.5)
    expect(ask([look, cart])).toBeGreaterThan(0.65)
    expect(usage.orderValue).toBeCloseTo(10, 5)
    expect(
      companions
        .get('Home > Mugs')
        ?.map(({ label }) => label)
        .sort(),
    ).toEqual(['Home > Lamps', 'Home > Mugs'])
  }, 120_000)

  it('has no head where there is too little to learn from, and usage all the same', () => {
    const chunk = profileChunkOf(shop(2), '1')
    expect(chunk.heads).toEqual({})
    expect(chunk.usage.orderGapDays).toBeGreaterThan(0)
  })

  it('of nobody says what is usual nowhere in particular', () => {
    expect(usageOf([])).toEqual({ highSpend: 0, orderGapDays: 90, orderValue: 0 })
  })
})
