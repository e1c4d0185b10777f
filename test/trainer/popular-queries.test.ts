import { describe, expect, it } from 'vitest'
import { MIN_SHOPPERS, popularQueries } from '../../trainer/popular-queries.ts'
import { historiesOf } from './small-histories.ts'

/** So many shoppers who each search for a query, some of them twice. */
function searches(counts: Record<string, number>) {
  const queries = Object.keys(counts)
  const shoppers = queries.flatMap((query, q) =>
    Array.from({ length: counts[query] }, (_, n) => Array.from({ length: 1 + (n % 2) }, () => ({ item: -1 - q }))),
  )
  return historiesOf(shoppers, 1, queries)
}

describe('popular queries', () => {
  it('have many shoppers each, however often one of them asks', () => {
    const found = popularQueries(searches({ mug: MIN_SHOPPERS, vase: MIN_SHOPPERS + 5, lamp: MIN_SHOPPERS - 1 }))
    expect(found).toEqual(['vase', 'mug'])
    const one = historiesOf([Array.from({ length: 1000 }, () => ({ item: -1 }))], 1, ['mine alone'])
    expect(popularQueries(one)).toEqual([])
  })

  it('count spellings together, and show one that many typed, else none of anybody’s', () => {
    expect(popularQueries(searches({ 't-light': 4, 'T-Light': 3, 't light': 2 }), 4)).toEqual(['t-light'])
    expect(popularQueries(searches({ 't-light': 3, 'T-Light': 3, 't light': 2 }), 4)).toEqual(['t light'])
  })

  it('are nothing that looks like somebody’s', () => {
    const personal = ['anna@shop.example', '0207 946 0958', '4111-1111-1111-1111', 'order 123456', 'x'.repeat(101), '…']
    expect(
      popularQueries(searches(Object.fromEntries([...personal, 'mug 250'].map((query) => [query, 3]))), 3),
    ).toEqual(['mug 250'])
  })
})
