import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../../shared/data/events.ts'
import type { ItemFacts } from '../../../shared/profile/facts.ts'
import { tagWords } from '../../../shared/profile/tag-words.ts'
import { TAG_CODES, tagsOf } from '../../../shared/profile/tags.ts'

const DAY_MS = 86_400_000
/** A Wednesday, 09:00. */
const START = Date.UTC(2025, 0, 8, 9)

/** "mug-3" is a mug of the third maker; those with an odd number are reduced, those above 5 dear. */
function factsOf(id: string): ItemFacts | undefined {
  const [kind, number] = id.split('-')
  if (kind === 'gone') return undefined
  return {
    category: ['Home', kind],
    brand: `maker ${number}`,
    traits: [`colour: ${Number(number) % 2 ? 'sage' : 'red'}`],
    priceLevel: Number(number) > 5 ? 1 : 0,
    reduced: Number(number) % 2 === 1,
  }
}

let count = 0
const at = (day: number, hour = 0, minute = 0) => START + day * DAY_MS + hour * 3_600_000 + minute * 60_000
const event = (name: 'view_item' | 'purchase' | 'refund', time: number, item_id: string): ShopEvent => ({
  id: `e${count++}`,
  time,
  name,
  items: [{ item_id }],
})
const tags = (events: ShopEvent[]) => tagsOf(events, factsOf, 0)
const codes = (events: ShopEvent[]) => tags(events).map(({ code }) => code)

describe('tags', () => {
  it('say nothing of a shopper who was here once, whatever they did', () => {
    const visit = [0, 1, 2].map((n) => event('view_item', at(0, 10, n), `mug-${n}`))
    expect(tags([...visit, event('purchase', at(0, 10, 5), 'mug-1')])).toEqual([])
  })

  it('name the category that is looked at again and again, with the looks as evidence, the newest first', () => {
    const looks = Array.from({ length: 8 }, (_, n) => event('view_item', at(n), `mug-${n}`))
    const [tag] = tags(looks)
    expect([tag.code, tag.label]).toEqual(['looks-at', 'Home > mug'])
    expect(tag.evidence).toEqual(looks.map(({ id }) => id).reverse())
    expect(tagWords(tag, 'en')).toBe('looks at mug')
    expect(tagWords(tag, 'zh', () => '马克杯')).toBe('常看马克杯')
  })

  it('count the same thing looked at again once', () => {
    expect(codes(Array.from({ length: 8 }, (_, n) => event('view_item', at(n), 'mug-0')))).toEqual([])
  })

  it('tell who compares from who takes the first thing', () => {
    const buys = (looks: number) =>
      Array.from({ length: 7 }, (_, visit) => {
        const kinds = ['mug', 'rug', 'pot', 'pan', 'tea', 'bag', 'hat']
        const seen = Array.from({ length: looks }, (_, n) =>
          event('view_item', at(20 * visit, 0, n), `${kinds[visit]}-${2 * n}`),
        )
        return [...seen, event('purchase', at(20 * visit, 0, 20), `${kinds[visit]}-0`)]
      }).flat()
    expect(codes(buys(3))).toContain('compares')
    expect(codes(buys(2))).not.toContain('compares')
  })

  it('tell who waits for reductions, uses coupons, buys again and sends back', () => {
    const orders = (id: (n: number) => string) =>
      Array.from({ length: 7 }, (_, n) => event('purchase', at(9 * n), id(n)))
    expect(codes(orders((n) => `mug-${2 * n + 1}`))).toContain('waits-for-reductions')
    expect(codes(orders((n) => `mug-${2 * n}`))).not.toContain('waits-for-reductions')
    expect(codes(orders(() => 'mug-0'))).toContain('buys-again')
    expect(codes(orders((n) => `mug-${n}`))).not.toContain('buys-again')
    const withCoupon = orders((n) => `mug-${n}`).map((order) => ({ ...order, coupon: 'TEN' }) as ShopEvent)
    expect(codes(withCoupon)).toContain('uses-coupons')
    const returned = orders((n) => `mug-${n}`).flatMap((order) => [
      order,
      event('refund', order.time + DAY_MS, 'mug-0'),
    ])
    expect(codes(returned)).toContain('sends-back')
  })

  it('go by the shopper’s own clock', () => {
    const evenings = Array.from({ length: 8 }, (_, n) => event('view_item', at(7 * n, 5), `mug-${n}`))
    const of = (hours: number) => tagsOf(evenings, factsOf, hours * 3_600_000).map(({ code }) => code)
    expect(of(0)).not.toContain('comes-in-the-evening')
    expect(of(6)).toContain('comes-in-the-evening')
    expect(of(12)).not.toContain('comes-at-weekends')
  })

  it('name a month only to those who have bought in more than one year', () => {
    const december = (year: number, count: number) =>
      Array.from({ length: count }, (_, n) => event('purchase', Date.UTC(year, 11, 2 + 3 * n), `mug-${n}`))
    expect(codes(december(2024, 8))).not.toContain('buys-in-month')
    const tag = tags([...december(2023, 4), ...december(2024, 4)]).find(({ code }) => code === 'buys-in-month')
    expect(tag?.label).toBe('12')
    expect(tagWords(tag!, 'en')).toBe('buys in December')
    expect(tagWords(tag!, 'zh')).toBe('常在十二月购买')
  })

  it('rest on events of the history, each once, and are sure', () => {
    const name = fc.constantFrom('view_item' as const, 'purchase' as const, 'refund' as const)
    const item = fc.tuple(fc.constantFrom('mug', 'rug', 'gone'), fc.integer({ min: 0, max: 9 }))
    fc.assert(
      fc.property(fc.array(fc.tuple(name, item, fc.integer({ min: 0, max: 40 })), { maxLength: 60 }), (acts) => {
        let hours = 0
        const events = acts.map(([act, [kind, number], gap]) => event(act, at(0, (hours += gap)), `${kind}-${number}`))
        const ids = new Set(events.map(({ id }) => id))
        for (const { confidence, evidence, code, label } of tags(events)) {
          expect(TAG_CODES).toContain(code)
          expect(confidence).toBeGreaterThanOrEqual(0.9)
          expect(confidence).toBeLessThanOrEqual(1)
          expect(evidence.length).toBeGreaterThan(0)
          expect(new Set(evidence).size).toBe(evidence.length)
          expect(evidence.every((id) => ids.has(id))).toBe(true)
          for (const language of ['en', 'zh'] as const)
            expect(tagWords({ code, ...(label === undefined ? {} : { label }) }, language)).not.toMatch(/[{}]/)
        }
      }),
    )
  })
})
