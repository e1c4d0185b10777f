import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EventName, itemsOf, type ShopEvent } from '../../../shared/data/events.ts'
import type { FactsOf } from '../../../shared/profile/facts.ts'
import { labelsOf } from '../../../shared/profile/interests.ts'
import { emptyMemory, memoryOf } from '../../../shared/profile/memory.ts'
import { decodePreferences, isEmpty, lean, leaningOf, noPreferences } from '../../../shared/profile/preferences.ts'
import { explained, profileOf } from '../../../shared/profile/profile.ts'
import type { ProfileChunk } from '../../../shared/profile/profile-chunk.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const MINUTE = 60_000
const DAY = 86_400_000
const factsOf: FactsOf = (id) => {
  const n = Number(id.slice(1))
  return {
    category: ['Home', n % 2 ? 'Lamps' : 'Mugs'],
    brand: n < 5 ? 'Acme' : 'Beta',
    traits: [`colour: ${n % 3 ? 'sage' : 'rust'}`],
    price: 10,
    priceLevel: n < 5 ? 1 : -1,
    reduced: n === 2,
  }
}
let ids = 0
const act = (name: EventName, item: number, time: number): ShopEvent =>
  ({ id: `e${ids++}`, name, time, items: [{ item_id: `p${item}`, price: 10, quantity: 1 }] }) as ShopEvent
const chunk: ProfileChunk = {
  items: [],
  usage: { highSpend: 100, orderGapDays: 40, orderValue: 30 },
  priceBands: { low: -0.2, high: 0.2 },
  companions: new Map([['Home > Mugs', [{ label: 'Home > Teapots', share: 1 }]]]),
  heads: { intent: { bias: -2, weights: { cartItems: 3 } } },
}
const profile = (events: ShopEvent[], now = NOW) => profileOf(memoryOf(events, factsOf), chunk, now)

describe('the profile', () => {
  it('of nobody is nothing', () => {
    expect(profileOf(emptyMemory(), chunk, NOW)).toBeUndefined()
  })

  it('tells what the shopper is doing, from looking around to having bought', () => {
    const look = act('view_item', 0, NOW - 10 * MINUTE)
    expect(profile([look])).toMatchObject({ doing: 'browsing', purchase: expect.closeTo(0.12, 2) })
    const again = [look, act('view_item', 0, NOW - 9 * MINUTE), act('view_item', 0, NOW - 8 * MINUTE)]
    expect(profile(again)?.doing).toBe('comparing')
    const carted = [...again, act('add_to_cart', 0, NOW - 7 * MINUTE)]
    expect(profile(carted)?.doing).toBe('deciding')
    const bought = profile([...carted, act('purchase', 0, NOW - 6 * MINUTE)])
    expect(bought?.doing).toBe('bought')
    expect(bought?.purchase).toBeUndefined()
    expect(bought?.nextOrder?.categories).toContain('Home > Teapots')
  })

  it('names the leaves of the category tree, brands and traits, the strongest first', () => {
    const events = [0, 2, 4, 1].map((item, n) => act('view_item', item, NOW - (9 - n) * MINUTE))
    const { interests } = profile(events) ?? {}
    expect(interests?.category.map(({ label }) => label)).toEqual(['Home > Mugs', 'Home > Lamps'])
    expect(interests?.brand.map(({ label }) => label)).toEqual(['Acme'])
  })

  it('puts prices in a band once there are looks enough', () => {
    const looks = (items: number[]) => items.map((item, n) => act('view_item', item, NOW - (9 - n) * MINUTE))
    expect(profile(looks([0, 1, 2, 3]))?.prices).toBeUndefined()
    expect(profile(looks([0, 1, 2, 3, 4]))?.prices).toEqual({ band: 'high', looks: 5 })
    expect(profile(looks([5, 6, 7, 8, 9]))?.prices).toEqual({ band: 'low', looks: 5 })
  })

  it('has the shopper’s own events as evidence of every interest, and no other event', () => {
    const someActs = fc.array(
      fc.tuple(
        fc.constantFrom<EventName>('view_item', 'add_to_cart', 'purchase', 'rec_dismiss', 'rec_impression'),
        fc.nat(9),
        fc.nat(400),
      ),
      { minLength: 1, maxLength: 40 },
    )
    fc.assert(
      fc.property(someActs, (acts) => {
        const events = acts.map(([name, item, days]) => act(name, item, NOW - days * DAY))
        const shown = profile(events)
        if (!shown) return
        for (const { kind, label, evidence } of explained(shown, events, factsOf)) {
          expect(evidence.eventIds.length).toBeGreaterThan(0)
          expect(Object.values(evidence.counts).reduce((sum, n) => sum + n, 0)).toBe(evidence.eventIds.length)
          const speaking = events.filter(({ id }) => evidence.eventIds.includes(id))
          for (const event of speaking) {
            const facts = itemsOf(event).map(({ item_id }) => factsOf(item_id))
            expect(facts.some((item) => item && labelsOf(item)[kind].includes(label))).toBe(true)
          }
          // Without its evidence the interest is gone.
          const rest = events.filter(({ id }) => !evidence.eventIds.includes(id))
          const left = profile(rest)
          expect(left?.interests[kind].some((interest) => interest.label === label) ?? false).toBe(false)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('preferences', () => {
  const mugs = { kind: 'category', label: 'Home > Mugs' } as const
  const acme = { kind: 'brand', label: 'Acme' } as const
  const mug = factsOf('p0') as NonNullable<ReturnType<FactsOf>>

  it('are said, changed and taken back', () => {
    const boosted = lean(noPreferences(), mugs, 'boosted')
    expect(leaningOf(boosted, mug)).toBe('boosted')
    const muted = lean(boosted, mugs, 'muted')
    expect(muted).toMatchObject({ muted: [mugs], boosted: [] })
    expect(leaningOf(lean(muted, acme, 'boosted'), mug)).toBe('muted')
    expect(isEmpty(lean(muted, mugs, undefined))).toBe(true)
    expect(isEmpty(boosted)).toBe(false)
  })

  it('of a department hold for all that is under it', () => {
    expect(leaningOf(lean(noPreferences(), { kind: 'category', label: 'Home' }, 'muted'), mug)).toBe('muted')
    expect(leaningOf(lean(noPreferences(), { kind: 'category', label: 'Hom' }, 'muted'), mug)).toBeUndefined()
  })

  it('that are none of ours are read as none', () => {
    for (const value of [
      undefined,
      null,
      3,
      {},
      { muted: [{ kind: 'shoe', label: 'x' }], boosted: [], declared: {} },
    ]) {
      expect(decodePreferences(value)).toEqual(noPreferences())
    }
    const own = { muted: [mugs], boosted: [acme], declared: { region: ' Kent ', ageBand: '25–34' } }
    expect(decodePreferences(own)).toEqual({ ...own, declared: { region: 'Kent', ageBand: '25–34' } })
  })
})
