import { describe, expect, it } from 'vitest'
import type { Product } from '../../../shared/data/catalog.ts'
import type { ShopEvent } from '../../../shared/data/events.ts'
import { seeded } from '../../../shared/data/random.ts'
import { adjustedMutualInformation } from '../../../trainer/profile/agreement.ts'
import { fitSegments, segmentsOfShoppers } from '../../../trainer/profile/segments.ts'
import type { Shoppers } from '../../../trainer/profile/shoppers.ts'

const DAY_MS = 86_400_000
/** Of kind k: two categories that nobody else comes for. */
const KINDS = [
  ['Mugs', 'Teapots'],
  ['Soft toys', 'Puzzles'],
  ['Plants', 'Pots'],
  ['Lamps', 'Candles'],
  ['Pens', 'Paper'],
]
const CHINESE: Record<string, string> = { Mugs: '杯子', Teapots: '茶壶' }

const product = (label: string): Product => ({
  item_id: label,
  title: label,
  category: ['Home', label],
  ...(CHINESE[label] ? { translations: { zh: { title: label, category: ['家居', CHINESE[label]] } } } : {}),
})
const products = KINDS.flat().map(product)

/** @param buyers the kind that buys at once */
function shopOf(count: number, buyers: number): Shoppers {
  const random = seeded('shop')
  const facts = products.map(({ category }) => ({ category, traits: [], reduced: false }))
  const numbers = new Map(products.map(({ item_id }, n) => [item_id, n]))
  const shoppers = Array.from({ length: count }, (_, n) => ({
    id: String(n),
    events: Array.from({ length: 8 }, (_, visit): ShopEvent[] => {
      const kind = n % KINDS.length
      const item_id = random.pick(random.next() < 0.85 ? KINDS[kind] : KINDS.flat())
      const event = { id: `${n}-${visit}`, time: visit * 9 * DAY_MS + n, items: [{ item_id }] }
      const look = { ...event, name: 'view_item' as const }
      return kind === buyers ? [look, { ...event, id: `${event.id}b`, name: 'purchase' as const }] : [look]
    }).flat(),
  }))
  return { products, facts, factsOf: (id) => facts[numbers.get(id) ?? -1], shoppers, end: 64 * DAY_MS }
}

describe('segments', () => {
  const shop = shopOf(400, 2)
  const fitted = fitSegments(shop, '1')
  const found = segmentsOfShoppers(shop, fitted.segments, fitted.companions)

  it('are the kinds that the shoppers were made of', () => {
    const kinds = shop.shoppers.map((_, n) => n % KINDS.length)
    expect(fitted.sizes.reduce((sum, size) => sum + size, 0)).toBe(400)
    expect(adjustedMutualInformation(found, kinds)).toBeGreaterThan(0.9)
    const [four, six] = fitted.tried.map(({ nats }) => nats)
    // Two of five kinds in one segment foretell less.
    expect(six).toBeLessThan(four - 0.05)
  })

  it('are named by their own categories in English and Chinese, and by the habit of those who have one', () => {
    const nameOf = (shopper: number) => fitted.segments.names[found[shopper]]
    expect(nameOf(0).en).toMatch(/^(Mugs, Teapots|Teapots, Mugs)/)
    expect(nameOf(0).zh).toMatch(/^(杯子、茶壶|茶壶、杯子)/)
    expect(nameOf(2).en).toMatch(/Plants.* · buy readily$/)
    expect(nameOf(2).zh).toMatch(/下单爽快$/)
    expect(new Set(fitted.segments.names.map(({ en }) => en)).size).toBe(fitted.sizes.length)
  })

  it('of a history of one moment are an error with a remedy', () => {
    const short = shop.shoppers.map(({ id, events }) => ({ id, events: events.slice(-1) }))
    expect(() => fitSegments({ ...shop, shoppers: short }, '1')).toThrow(/too few for segments/)
  })
})
