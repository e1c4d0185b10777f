/** Item neighbours and the Markov chain by hand. */
import { describe, expect, it } from 'vitest'
import { cosineNeighbours, itemKnnScorer } from '../../../trainer/baselines/item-knn.ts'
import { markovScorer } from '../../../trainer/baselines/markov.ts'
import type { Scorer } from '../../../trainer/baselines.ts'
import { queryOf } from './histories.ts'

function scoresOf(scorer: Scorer, history: number[], items: number): number[] {
  const scores = new Float32Array(items)
  scorer(queryOf(history), scores)
  return [...scores]
}

describe('item neighbours', () => {
  // Shoppers of 0: two, of 1: three, of 2: two, of 3: one. An item wanted twice counts once.
  const shoppers = [
    [0, 1, 0],
    [1, 2, 0],
    [2, 1],
    [3, 3],
  ]

  it('are alike by the cosine of their shoppers', () => {
    const { start, target, weight } = cosineNeighbours(shoppers, 4)
    const row = (a: number) =>
      Object.fromEntries(Array.from(target.subarray(start[a], start[a + 1]), (b, n) => [b, weight[start[a] + n]]))
    expect(row(0)).toEqual({ 1: Math.fround(2 / Math.sqrt(2 * 3)), 2: Math.fround(1 / Math.sqrt(2 * 2)) })
    expect(row(1)).toEqual({ 0: Math.fround(2 / Math.sqrt(3 * 2)), 2: Math.fround(2 / Math.sqrt(3 * 2)) })
    expect(row(3)).toEqual({})
  })

  it('count .8 for each step back, and a search is no step', () => {
    const scores = scoresOf(itemKnnScorer(shoppers, 4), [0, 3, -1, 2], 4)
    expect(scores[1]).toBeCloseTo(0.8 ** 2 * (2 / Math.sqrt(6)) + 2 / Math.sqrt(6), 6)
    expect(scores[0]).toBeCloseTo(1 / 2, 6)
    expect(scores[3]).toBeCloseTo(0, 6)
  })
})

describe('the Markov chain', () => {
  const sessions = [
    [0, 2, 2, 1],
    [0, 1],
    [3, 0, 1],
    [3, 2],
  ]
  const order = (history: number[]) => {
    const scores = scoresOf(markovScorer(sessions, 5), history, 5)
    return [0, 1, 2, 3, 4].filter((item) => scores[item] >= 1).sort((a, b) => scores[b] - scores[a])
  }

  it('ranks what followed the last item by how often it did, the same item too', () => {
    expect(order([3, 0])).toEqual([1, 2]) // twice, once
    expect(order([2])).toEqual([2, 1]) // once each: 2 did so first
    expect(order([0, 3, -1])).toEqual([0, 2])
  })

  it('knows nothing after an item that nothing followed, or after nothing', () => {
    for (const history of [[1], [4], [], [-1]]) expect(order(history)).toEqual([])
    expect(new Set(scoresOf(markovScorer(sessions, 5), [4], 5)).size).toBe(5)
  })
})
