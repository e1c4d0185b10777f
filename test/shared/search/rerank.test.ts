import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Found, normalised, rerank } from '../../../shared/search/rerank.ts'

const impact = fc.integer({ min: 0, max: 100 })
const bound = fc.integer({ min: 0, max: 12 })
const score = fc.option(fc.double({ noNaN: false }), { nil: undefined })
/** Results with ids of their own, few enough titles that some are the query. */
const results = fc
  .array(fc.record({ score, title: fc.constantFrom('Blue mug', 'Sage mug', 'mug', '马克杯') }), { maxLength: 60 })
  .map((rows) => rows.map(({ score, title }, n): Found => ({ id: `i${n}`, titles: [title], score })))
const query = fc.constantFrom('mug', ' MUG!', 'i3', '马克杯', 'lamp', '…')

describe('re-ranked search', () => {
  it('moves no item by more than the bound, and loses none', () => {
    fc.assert(
      fc.property(results, impact, bound, query, (found, impact, bound, query) => {
        const reranked = rerank(found, { impact, bound, query })
        expect(new Set(reranked)).toEqual(new Set(found))
        expect(reranked).toHaveLength(found.length)
        reranked.forEach((item, place) => {
          expect(Math.abs(place - found.indexOf(item))).toBeLessThanOrEqual(bound)
        })
      }),
      { numRuns: 500 },
    )
  })

  it('keeps exact matches and items it knows nothing of where the shop has them', () => {
    fc.assert(
      fc.property(results, impact, bound, query, (found, impact, bound, query) => {
        const reranked = rerank(found, { impact, bound, query })
        found.forEach((item, place) => {
          const exact = [item.id, ...(item.titles ?? [])].map(normalised).includes(normalised(query))
          const known = item.score !== undefined && Number.isFinite(item.score)
          if ((exact && normalised(query) !== '') || !known) expect(reranked[place]).toBe(item)
        })
      }),
    )
  })

  it('is the shop’s order at impact 0, at bound 0, and where all scores are the same', () => {
    fc.assert(
      fc.property(results, impact, bound, fc.double({ noNaN: true }), (found, impact, bound, same) => {
        expect(rerank(found, { impact: 0, bound })).toEqual(found)
        expect(rerank(found, { impact, bound: 0 })).toEqual(found)
        const alike = found.map((item) => ({ ...item, score: same }))
        expect(rerank(alike, { impact, bound })).toEqual(alike)
      }),
    )
  })

  it('puts, of two neighbours, never the one with the lower score first unless the shop did', () => {
    fc.assert(
      fc.property(results, impact, bound, (found, impact, bound) => {
        const reranked = rerank(found, { impact, bound }).filter(({ score }) => Number.isFinite(score))
        for (let place = 1; place < reranked.length; place++) {
          const [above, below] = [reranked[place - 1], reranked[place]]
          if (found.indexOf(above) > found.indexOf(below)) expect(above.score).toBeGreaterThan(below.score as number)
        }
      }),
    )
  })

  it('gives the same list whatever the scale of the scores', () => {
    const scores = [0.3, 2.1, -0.7, 1.3, 0.9, 4.2, -1.1]
    const found = scores.map((score, n) => ({ id: `i${n}`, score }))
    const scaled = found.map(({ id, score }) => ({ id, score: 0.25 * score + 8 }))
    const ids = (items: Found[]) => items.map(({ id }) => id)
    expect(ids(rerank(scaled, { impact: 70, bound: 3 }))).toEqual(ids(rerank(found, { impact: 70, bound: 3 })))
  })

  it('lifts what the shopper wants by the whole bound past what they do not, and by less with less impact', () => {
    const found = [...'abcdefgh'].map((id) => ({ id, score: id < 'e' ? 0 : 1 }))
    const order = (impact: number) =>
      rerank(found, { impact, bound: 4 })
        .map(({ id }) => id)
        .join('')
    expect(order(100)).toBe('eafbgchd')
    expect(order(30)).toBe('abcedfgh')
    expect(order(0)).toBe('abcdefgh')
  })

  it('refuses settings that are none, with their value', () => {
    expect(() => rerank([], { impact: 101, bound: 2 })).toThrow('impact must be 0 to 100: 101')
    expect(() => rerank([], { impact: Number.NaN, bound: 2 })).toThrow('NaN')
    expect(() => rerank([], { impact: 5, bound: 1.5 })).toThrow('bound must be a whole number from 0: 1.5')
  })

  it('ranks ten thousand results in time that grows with n log n, not n²', () => {
    const found = Array.from({ length: 10_000 }, (_, n) => ({ id: `i${n}`, score: (n * 7919) % 1009 }))
    const started = performance.now()
    rerank(found, { impact: 50, bound: 20 })
    // 10⁸ steps would take seconds.
    expect(performance.now() - started).toBeLessThan(400)
  })
})
