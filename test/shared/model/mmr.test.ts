import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maximalMarginalRelevance } from '../../../shared/model/mmr.ts'

const likeness = (rows: readonly (readonly number[])[]) => (a: number, b: number) =>
  rows[Math.max(a, b)][Math.min(a, b)]

/** By the formula, each time from the start. */
function naive(relevance: readonly number[], similarity: (a: number, b: number) => number, lambda: number, k: number) {
  const picked: number[] = []
  while (picked.length < Math.min(k, relevance.length)) {
    const worth = relevance.map((value, n) =>
      picked.includes(n)
        ? Number.NEGATIVE_INFINITY
        : lambda * value - (1 - lambda) * Math.max(0, ...picked.map((other) => similarity(n, other))),
    )
    picked.push(worth.indexOf(Math.max(...worth)))
  }
  return picked
}

describe('maximal marginal relevance', () => {
  it('is the formula, computed with less work', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true })
    const square = fc.array(fc.array(unit, { minLength: 9, maxLength: 9 }), { minLength: 9, maxLength: 9 })
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 9 }), square, unit, fc.nat(12), (relevance, rows, lambda, k) => {
        const similarity = likeness(rows)
        expect(maximalMarginalRelevance(relevance, similarity, lambda, k)).toEqual(
          naive(relevance, similarity, lambda, k),
        )
      }),
    )
  })

  it('at λ = 1 is the ranking, and lower takes what is unlike before what is alike', () => {
    const relevance = [1, 0.9, 0.5]
    const similarity = (a: number, b: number) => (a + b === 1 ? 0.8 : 0)
    expect(maximalMarginalRelevance(relevance, similarity, 1, 3)).toEqual([0, 1, 2])
    // .6 · .9 − .4 · .8 = .22 is less than .6 · .5.
    expect(maximalMarginalRelevance(relevance, similarity, 0.6, 3)).toEqual([0, 2, 1])
  })

  it('refuses a λ that is none, and picks nothing that has no number', () => {
    expect(() => maximalMarginalRelevance([1], () => 0, 1.1, 1)).toThrow('lambda must be 0 to 1: 1.1')
    expect(maximalMarginalRelevance([Number.NaN, 0.2], () => 0, 0.5, 2)).toEqual([1])
  })
})
