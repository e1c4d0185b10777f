import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rankingMetrics, topK } from '../../../shared/model/metrics.ts'

const scores = (...values: number[]) => Float32Array.from(values)

describe('the k best', () => {
  it('are those of a full sort, ties by number, relevant ones last', () => {
    const score = fc.oneof(
      fc.constantFrom(0, -1, 1, 2, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
      fc.float(),
    )
    fc.assert(
      fc.property(fc.array(score, { maxLength: 30 }), fc.nat(12), fc.array(fc.nat(29)), (values, k, relevant) => {
        const behind = new Set(relevant)
        const list = scores(...values)
        const expected = [...list.keys()]
          .filter((item) => list[item] > Number.NEGATIVE_INFINITY)
          .sort((a, b) =>
            list[a] === list[b] ? Number(behind.has(a)) - Number(behind.has(b)) || a - b : list[b] > list[a] ? 1 : -1,
          )
          .slice(0, k)
        expect(topK(list, k, (item) => behind.has(item))).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('never hold an item at −∞ or NaN, even when nothing else is left', () => {
    expect(topK(scores(Number.NaN, Number.NEGATIVE_INFINITY, 3), 3)).toEqual([2])
    expect(topK(scores(Number.NaN, Number.NaN), 1)).toEqual([])
  })

  it('of a model that scores everything alike hold the relevant item only when all items fit', () => {
    const alike = new Float32Array(11)
    for (let target = 0; target < 11; target++) {
      expect(topK(alike, 10, (item) => item === target)).not.toContain(target)
      expect(topK(alike, 11, (item) => item === target).at(-1)).toBe(target)
    }
  })
})

describe('metrics of a list', () => {
  it('agree with RecBole on its own definitions, worked out by hand', () => {
    // Lists of 3, relevant items in brackets: [1] 2 [3], 4 5 [6], 7 8 9 of 2, 1 and 3 relevant items.
    //   hit     1, 1, 0
    //   recall  2/2, 1/1, 0/3
    //   mrr     1, 1/3, 0
    //   ndcg    (1/log2 2 + 1/log2 4) / (1/log2 2 + 1/log2 3) = 1.5 / 1.63093 = .91972;  (1/log2 4) / 1 = .5;  0
    const rows = [
      rankingMetrics([1, 2, 3], new Set([1, 3]), 3),
      rankingMetrics([4, 5, 6], new Set([6]), 3),
      rankingMetrics([7, 8, 9], new Set([1, 2, 3]), 3),
    ]
    expect(rows.map(({ hr }) => hr)).toEqual([1, 1, 0])
    expect(rows.map(({ recall }) => recall)).toEqual([1, 1, 0])
    expect(rows.map(({ mrr }) => mrr)).toEqual([1, 1 / 3, 0])
    expect(rows[0].ndcg).toBeCloseTo(0.91972, 5)
    expect(rows.slice(1).map(({ ndcg }) => ndcg)).toEqual([0.5, 0])
  })

  it('divide recall by all that is relevant, and NDCG by the best list of k', () => {
    // 5 relevant items, 2 places, both right: nothing better is possible, yet 3 are missed.
    expect(rankingMetrics([1, 2], new Set([1, 2, 3, 4, 5]), 2)).toEqual({ hr: 1, ndcg: 1, mrr: 1, recall: 0.4 })
  })

  it('are those of leave-one-out with one relevant item', () => {
    // Place 4 of 10: NDCG 1/log2 5 = .430677
    const { hr, ndcg, mrr, recall } = rankingMetrics([9, 8, 7, 1, 6], new Set([1]), 10)
    expect([hr, mrr, recall]).toEqual([1, 0.25, 1])
    expect(ndcg).toBeCloseTo(0.430677, 6)
  })

  it('of nothing are 0, not NaN', () => {
    const nothing = { hr: 0, ndcg: 0, mrr: 0, recall: 0 }
    expect(rankingMetrics([], new Set([1]), 10)).toEqual(nothing)
    expect(rankingMetrics([1], new Set(), 10)).toEqual(nothing)
  })
})
