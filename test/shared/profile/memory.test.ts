import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../../shared/data/events.ts'
import { seeded } from '../../../shared/data/random.ts'
import type { FactsOf } from '../../../shared/profile/facts.ts'
import { featuresOf } from '../../../shared/profile/features.ts'
import { interestsIn } from '../../../shared/profile/interests.ts'
import { emptyMemory, memoryOf, remember } from '../../../shared/profile/memory.ts'
import { leaningOf } from '../../../shared/profile/preferences.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 10, 22)
const LEAVES = ['Home > Mugs', 'Home > Teapots', 'Garden > Pots', 'Toys']

/** Forty items; the last ten are in no catalogue. */
const factsOf: FactsOf = (id) => {
  const n = Number(id.slice(1))
  if (n >= 30) return undefined
  return {
    category: LEAVES[n % 4].split(' > '),
    brand: `brand ${n % 3}`,
    traits: [`colour: ${n % 2 ? 'sage' : 'rust'}`],
    price: 3 + n,
    priceLevel: (n - 15) / 10,
    reduced: n % 5 === 0,
  }
}

const ACTS = [
  'view_item',
  'add_to_cart',
  'remove_from_cart',
  'purchase',
  'refund',
  'add_to_wishlist',
  'rec_dismiss',
] as const

const someEvents = fc
  .array(
    fc.record({
      gap: fc.oneof(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 0, max: 60 * DAY_MS })),
      name: fc.constantFrom(...ACTS, 'search', 'review', 'rec_impression'),
      items: fc.array(fc.integer({ min: 0, max: 39 }), { minLength: 1, maxLength: 3 }),
      rating: fc.integer({ min: 1, max: 5 }),
    }),
    { maxLength: 60 },
  )
  .map((acts) => {
    let time = NOW - 900 * DAY_MS
    return acts.map(({ gap, name, items, rating }, n): ShopEvent => {
      time += gap
      const base = { id: `e${n}`, time }
      const own = items.map((item) => ({ item_id: `p${item}`, price: 3 + item, item_category: 'Elsewhere' }))
      if (name === 'search') return { ...base, name, search_term: 'mug' }
      if (name === 'review') return { ...base, name, rating, items: [own[0]] }
      return { ...base, name, items: own }
    })
  })

const look = (id: string, time: number, item: number): ShopEvent => ({
  id,
  time,
  name: 'view_item',
  items: [{ item_id: `p${item}` }],
})

describe('the memory behind a profile', () => {
  it('is the same after each event as when all are read again, in whatever order they are given', () => {
    fc.assert(
      fc.property(someEvents, fc.integer(), (events, seed) => {
        const growing = emptyMemory()
        for (const event of events) remember(growing, event, factsOf)
        expect(growing).toEqual(memoryOf(events, factsOf))
        // Events of one moment keep their order: only those of different times may be given in another.
        const times = new Set(events.map(({ time }) => time))
        if (times.size < events.length) return
        const shuffled = seeded(String(seed)).shuffle([...events])
        expect(memoryOf(shuffled, factsOf)).toEqual(growing)
        expect(featuresOf(growing, NOW)).toEqual(featuresOf(memoryOf(shuffled, factsOf), NOW))
      }),
    )
  })

  it('gives finite features for whatever happened, and the shares of a kind sum to 1', () => {
    fc.assert(
      fc.property(someEvents, fc.double({ min: 0, max: 1, noNaN: true }), (events, visitShare) => {
        const memory = memoryOf(events, factsOf)
        const now = (events.at(-1)?.time ?? NOW) + 3 * DAY_MS
        for (const value of featuresOf(memory, now)) expect(Number.isFinite(value)).toBe(true)
        for (const kind of ['brand', 'trait'] as const) {
          const found = interestsIn(memory.interests, kind, now, visitShare)
          if (found.length === 0) continue
          expect(found.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
        }
      }),
    )
  })

  it('refuses an event older than the newest: the owner reads the history again', () => {
    const memory = memoryOf([look('a', NOW, 1)], factsOf)
    expect(() => remember(memory, look('b', NOW - 1, 1), factsOf)).toThrow(`${NOW - 1} after ${NOW}`)
  })

  it('takes an event into a history of 2,000 in well under 5 ms', () => {
    const random = seeded('history')
    const events = Array.from({ length: 2000 }, (_, n) => look(`e${n}`, NOW + n * 600_000, random.int(40)))
    const memory = memoryOf(events, factsOf)
    const started = process.cpuUsage()
    for (let n = 0; n < 100; n++) {
      remember(memory, look(`x${n}`, NOW + (2000 + n) * 600_000, n % 40), factsOf)
      featuresOf(memory, NOW + (2000 + n) * 600_000)
      interestsIn(memory.interests, 'category', NOW + (2000 + n) * 600_000, 0.3, (label) => label.includes(' > '))
    }
    expect(process.cpuUsage(started).user / 1000 / 100).toBeLessThan(5)
  })
})

describe('interests', () => {
  it('follow what was done: a look 45 days ago weighs half of one today, a purchase three looks, a return takes back two', () => {
    const events: ShopEvent[] = [
      look('a', NOW - 45 * DAY_MS, 0),
      look('b', NOW, 1),
      { id: 'c', time: NOW, name: 'purchase', items: [{ item_id: 'p2' }] },
      { id: 'd', time: NOW, name: 'refund', items: [{ item_id: 'p2' }] },
    ]
    const found = interestsIn(memoryOf(events, factsOf).interests, 'brand', NOW, 0)
    // .5, 1 and 3 − 2 of 2.5
    expect(found.map(({ label, share }) => [label, Number(share.toFixed(6))])).toEqual([
      ['brand 1', 0.4],
      ['brand 2', 0.4],
      ['brand 0', 0.2],
    ])
  })

  it('in a category are none in the one that holds it, which may have items of its own', () => {
    const paths: Record<string, string[]> = { ring: ['Jewellery', 'Rings'], set: ['Jewellery'] }
    const factsOf: FactsOf = (id) => ({ category: paths[id], traits: [], reduced: false })
    const looked = ['ring', 'ring', 'ring', 'set'].map(
      (item_id, n): ShopEvent => ({ id: String(n), time: NOW + n * DAY_MS, name: 'view_item', items: [{ item_id }] }),
    )
    const found = interestsIn(memoryOf(looked, factsOf).interests, 'category', NOW + 3 * DAY_MS, 0)
    expect(found.map(({ label }) => label)).toEqual(['Jewellery > Rings', 'Jewellery'])
    expect(found[0].share).toBeGreaterThan(0.7)
    const muted = { muted: [{ kind: 'category' as const, label: 'Jewellery' }], boosted: [], declared: {} }
    expect(leaningOf(muted, { category: paths.ring, traits: [], reduced: false })).toBe('muted')
  })

  it('of this visit count as much as they are told to', () => {
    const events = [look('a', NOW - 10 * DAY_MS, 0), look('b', NOW - 10 * DAY_MS, 0), look('c', NOW, 1)]
    const { interests } = memoryOf(events, factsOf)
    const shareOf = (visitShare: number) =>
      interestsIn(interests, 'brand', NOW, visitShare).find(({ label }) => label === 'brand 1')?.share ?? 0
    const lasting = shareOf(0)
    expect(lasting).toBeLessThan(0.45)
    expect(shareOf(1)).toBeGreaterThan(0.999)
    expect(shareOf(0.5)).toBeCloseTo((lasting + 1) / 2, 3)
  })
})
