import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUY, isPositive } from '../../shared/data/sequence.ts'
import { amongHidden, coldQueries, hideCategory, hideShare, withoutItems } from '../../trainer/cold-queries.ts'
import { UserError } from '../../trainer/user-error.ts'
import { anyHistories, historiesOf, viewsOf } from './small-histories.ts'

const ITEMS = 12
const MINUTE = 60_000
const ALL = [0, Number.POSITIVE_INFINITY] as const

describe('hiding items', () => {
  it('draws a share of the items that have events, the same for the same seed', () => {
    const h = historiesOf(
      Array.from({ length: 40 }, (_, n) => viewsOf(n)),
      60,
    )
    const hidden = hideShare(h, 0.1, 'a')
    expect([...hidden].filter((item) => item < 40)).toHaveLength(4)
    expect(hideShare(h, 0.1, 'a')).toEqual(hidden)
    expect(hideShare(h, 0.1, 'b')).not.toEqual(hidden)
  })

  it('takes a category by its name or its path, with all that is under it', () => {
    const paths = [['Home', 'Mugs'], ['Home', 'Mugs', 'Big'], ['Home', 'Lamps'], ['Mugs']]
    const items = paths.map((category, n) => ({ item_id: `i${n}`, title: 't', category }))
    expect([...hideCategory(items, 'mugs')]).toEqual([0, 1, 3])
    expect([...hideCategory(items, 'Home > Mugs')]).toEqual([0, 1])
    expect(() => hideCategory(items, 'Chairs')).toThrow(UserError)
    expect(() => hideCategory(items.slice(0, 3), 'Home')).toThrow(/every product/)
  })

  it('leaves out searches that led to a hidden item', () => {
    const h = historiesOf([[...viewsOf(1, -1, -2, 9, 2, -1, 3, 9, -2)]], ITEMS, ['a mug', 'mugs'])
    expect([...withoutItems(h, new Set([9])).item]).toEqual([1, 2, -1, 3, -2])
  })

  it('leaves out what came before the hidden items arrived, and no more', () => {
    const h = historiesOf([viewsOf(1, -1, 9, 2, 9)], ITEMS, ['mugs'])
    const arrival = h.time[3]
    expect([...withoutItems(h, new Set([9]), arrival).item]).toEqual([1, 2, 9])
  })

  it('leaves no token of a hidden item and every other as it was', () => {
    fc.assert(
      fc.property(anyHistories(ITEMS), fc.uniqueArray(fc.integer({ min: 0, max: ITEMS - 1 })), (h, items) => {
        const hidden = new Set(items)
        const left = withoutItems(h, hidden)
        for (let s = 0; s < h.shoppers.length; s++) {
          const tokens = (of: typeof h) =>
            [...of.item.subarray(of.start[s], of.start[s + 1])].map((item, n) => [
              item,
              of.action[of.start[s] + n],
              of.time[of.start[s] + n],
            ])
          const about = (tokens: number[][]) => tokens.filter(([item]) => item >= 0)
          expect(about(tokens(left))).toEqual(about(tokens(h)).filter(([item]) => !hidden.has(item)))
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('questions about hidden items', () => {
  const at = (minute: number, item: number, action?: number) => ({ item, action, time: minute * MINUTE })

  it('are asked in the middle of a visit, with what has been done since the items arrived', () => {
    const visits = [at(0, 9), at(100, 1), at(101, 9), at(102, 2), at(103, 8), at(104, 3)]
    const [query, ...others] = coldQueries(historiesOf([visits], ITEMS), new Set([8, 9]), 50 * MINUTE, 200 * MINUTE)
    expect(others).toEqual([])
    expect([...query.items]).toEqual([1, 9, 2])
    expect(query.time).toBe(103 * MINUTE)
    expect([...query.relevant]).toEqual([8])
    expect([...query.excluded].sort()).toEqual([1, 2, 3, 9])
  })

  it('are asked of an invoice after half of its lines', () => {
    const invoice = [9, 1, 2, 8].map((item) => at(5, item, BUY))
    const [query] = coldQueries(historiesOf([invoice], ITEMS), new Set([8, 9]), ...ALL)
    expect([...query.items]).toEqual([9, 1])
    expect([...query.relevant]).toEqual([8])
    expect([...query.excluded].sort()).toEqual([1, 2, 9])
  })

  it('are not asked where what is hidden was seen since it arrived', () => {
    const hidden = new Set([9])
    const again = [at(0, 1), at(1, 9), at(100, 2), at(101, 9)]
    const asked = (from: number) => coldQueries(historiesOf([again], ITEMS), hidden, from * MINUTE, 200 * MINUTE)
    expect(asked(2)).toHaveLength(1)
    expect(asked(0)).toHaveLength(1)
    expect(asked(0)[0].time).toBe(MINUTE)
  })

  it('have only hidden answers, no hidden item from before it arrived, and nothing of the future', () => {
    const hidden = new Set([2, 5, 11])
    fc.assert(
      fc.property(anyHistories(ITEMS), fc.nat(), (h, place) => {
        const arrival = h.time[place % Math.max(1, h.time.length)] ?? 0
        for (const query of coldQueries(h, hidden, arrival, Number.POSITIVE_INFINITY)) {
          const { shopper, items, times, time, relevant, excluded } = query
          expect(items.length).toBeGreaterThan(0)
          items.forEach((item, n) => {
            if (hidden.has(item)) expect(times[n]).toBeGreaterThanOrEqual(arrival)
          })
          expect(times.every((past) => past <= time)).toBe(true)
          expect(relevant.size).toBeGreaterThan(0)
          const own = [...h.item.keys()].filter((place) => place >= h.start[shopper] && place < h.start[shopper + 1])
          for (const item of relevant) {
            expect(hidden.has(item) && !excluded.has(item)).toBe(true)
            const wanted = own.filter((place) => h.item[place] === item && isPositive(h.action[place]))
            expect(wanted.some((place) => h.time[place] >= time)).toBe(true)
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('can be asked among the hidden alone', () => {
    const hidden = new Set([8, 9])
    const queries = coldQueries(historiesOf([[at(0, 1), at(1, 9)]], ITEMS), hidden, ...ALL)
    const [query] = amongHidden(queries, hidden, ITEMS)
    expect([...query.excluded].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 10, 11])
    expect([...queries[0].excluded]).toEqual([1])
  })
})
