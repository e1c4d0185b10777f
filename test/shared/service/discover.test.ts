import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Interest } from '../../../shared/profile/interests.ts'
import { categoryLikeness, discover } from '../../../shared/service/discover.ts'

const CATEGORIES = ['A > x', 'A > x', 'A > y', 'B > z', 'B > z', 'B > w', 'C', '']
const SCORES = Float32Array.of(9, 8, 7, 6, 5, 4, 3, 10)
const interest = (label: string, share: number): Interest => ({ kind: 'category', label, share, confidence: 1 })
const shelf = (change: Partial<Parameters<typeof discover>[0]> = {}) =>
  discover({ scores: SCORES, categories: CATEGORIES, interests: [interest('A > x', 0.9)], limit: 3, ...change })
const itemsOf = (picks: ReturnType<typeof discover>) => picks.map(({ item }) => item)

describe('the cross-category shelf', () => {
  it('has nothing of the categories the shopper is in, nothing hidden, and nothing without a category', () => {
    const category = fc.constantFrom(...CATEGORIES, 'A')
    const rows = fc.array(fc.record({ category, score: fc.double({ max: 5, noNaN: true }) }), { maxLength: 30 })
    fc.assert(
      fc.property(rows, fc.subarray(['A', 'A > x', 'B > z', 'C']), fc.nat(6), (rows, known, limit) => {
        const scores = Float32Array.from(rows, ({ score }) => score)
        const categories = rows.map((row) => row.category)
        const interests = known.map((label) => interest(label, 1 / known.length))
        const picks = discover({ scores, categories, interests, limit })
        expect(picks.length).toBeLessThanOrEqual(limit)
        expect(new Set(itemsOf(picks)).size).toBe(picks.length)
        for (const { item } of picks) {
          expect(scores[item]).toBeGreaterThan(Number.NEGATIVE_INFINITY)
          expect(categories[item]).not.toBe('')
          for (const label of known) expect(`${categories[item]} > `.startsWith(`${label} > `)).toBe(false)
        }
      }),
    )
  })

  it('takes the best at λ = 1, and not three of a kind below', () => {
    expect(itemsOf(shelf({ lambda: 1 }))).toEqual([2, 3, 4])
    expect(itemsOf(shelf({ lambda: 0.5 }))).toEqual([2, 3, 6])
  })

  it('counts a glance at a category as news', () => {
    expect(itemsOf(shelf({ interests: [interest('A > x', 0.97), interest('A > y', 0.03)] }))).toContain(2)
    expect(itemsOf(shelf({ interests: [interest('A > x', 0.9), interest('A > y', 0.1)] }))).not.toContain(2)
  })

  it('says from which interest others go there, the one that most do, else that it is new', () => {
    const interests = [interest('A > x', 0.6), interest('A > y', 0.4)]
    const companions = new Map([
      ['A > x', [{ label: 'B > z', share: 0.2 }]],
      ['A > y', [{ label: 'B > z', share: 0.5 }]],
    ])
    const picks = shelf({ interests, companions, limit: 4 })
    expect(picks.find(({ item }) => item === 3)?.reason).toEqual({
      code: 'others-go-on',
      from: 'A > y',
      category: 'B > z',
    })
    expect(picks.find(({ item }) => item === 6)?.reason).toEqual({ code: 'new-to-you', category: 'C' })
  })

  it('takes two items to be as alike as it is told', () => {
    expect(itemsOf(shelf({ lambda: 0.4, similarity: (a, b) => Number(a + b === 5) }))).toEqual([2, 4, 5])
  })
})

it('categories are alike by the share of the way from the root that is the same', () => {
  expect(categoryLikeness('A > x > 1', 'A > x > 2')).toBeCloseTo(2 / 3, 12)
  expect(categoryLikeness('A > x', 'A > x')).toBe(1)
  expect(categoryLikeness('A', 'A > x')).toBe(0.5)
  expect(categoryLikeness('A > x', 'B > x')).toBe(0)
})
