import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUY, CART, isPositive, REFUND, REMOVE } from '../../shared/data/sequence.ts'
import {
  leaveOneOut,
  type Query,
  sampleQueries,
  visitQueries,
  withoutRepeats,
  withoutSeen,
} from '../../trainer/queries.ts'
import { anyHistories, historiesOf, viewsOf } from './small-histories.ts'

const ITEMS = 12
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const shown = ({ items, relevant, excluded }: Query) => [[...items], [...relevant], [...excluded]]
const ALL = [0, Number.POSITIVE_INFINITY] as const

describe('leave-one-out', () => {
  it('asks about the last item after all before it, and removes what was seen, never the target', () => {
    const h = historiesOf([viewsOf(1, 2, 3, 2), viewsOf(4, 5), viewsOf(6)], ITEMS)
    expect(leaveOneOut(h, 1).map(shown)).toEqual([
      [[1, 2, 3], [2], [1, 3]],
      [[4], [5], [4]],
    ])
    expect(leaveOneOut(h, 2).map(shown)).toEqual([[[1, 2], [3], [1, 2]]])
  })

  it('asks about what was wanted, not about searches, removals and refunds', () => {
    const h = historiesOf([[{ item: 1 }, { item: 2 }, { item: -1 }, { item: 1, action: REFUND }]], ITEMS, ['a mug'])
    expect(leaveOneOut(h, 1).map(shown)).toEqual([[[1], [2], [1]]])
  })
})

describe('one query a visit', () => {
  const invoice = (time: number, ...items: number[]) => items.map((item) => ({ item, time, action: BUY }))

  it('asks about an invoice before it is made, and about all of its lines', () => {
    const h = historiesOf([[...invoice(HOUR, 1, 2), ...invoice(HOUR + MINUTE, 3, 1, 4)]], ITEMS)
    expect(visitQueries(h, ...ALL).map(shown)).toEqual([
      [[], [1, 2], []],
      [[1, 2], [3, 1, 4], []],
    ])
    expect(visitQueries(h, ...ALL, 'during').map(shown)).toEqual([
      [[1], [2], []],
      [[1, 2, 3, 1], [4], []],
    ])
  })

  it('asks about a visit that unfolds in its middle, and begins another after half an hour', () => {
    const at = (minute: number, item: number, action?: number) => ({ item, action, time: HOUR + minute * MINUTE })
    const h = historiesOf(
      [[at(0, 1), at(1, 2), at(2, 1, CART), at(3, 3), at(33, 4), at(64, 5), at(65, 6), at(66, 6, REMOVE), at(67, 7)]],
      ITEMS,
    )
    expect(
      visitQueries(h, ...ALL).map(({ time, ...query }) => [(time - HOUR) / MINUTE, ...shown({ time, ...query })]),
    ).toEqual([
      [3, [1, 2, 1], [3, 4], []],
      [66, [1, 2, 1, 3, 4, 5, 6], [7], []],
    ])
  })

  it('asks about visits that begin in the time asked for', () => {
    const h = historiesOf([[...invoice(HOUR, 1), ...invoice(2 * HOUR, 2), ...invoice(3 * HOUR, 3)]], ITEMS)
    expect(visitQueries(h, 2 * HOUR, 3 * HOUR).map(shown)).toEqual([[[1], [2], []]])
  })

  it.each(['before', 'during'] as const)('lets nothing of the future into the history, asked %s', (asked) => {
    fc.assert(
      fc.property(anyHistories(ITEMS), (h) => {
        for (const { shopper, items, times, time, relevant, excluded } of visitQueries(h, ...ALL, asked)) {
          const from = h.start[shopper]
          const now = from + items.length
          expect([...items]).toEqual([...h.item.subarray(from, now)])
          expect(times.every((past) => past <= time)).toBe(true)
          expect(relevant.size).toBeGreaterThan(0)
          expect(excluded.size).toBe(0)
          // All that is relevant comes after the moment, in the visit that it begins or goes on with.
          for (const item of relevant) {
            const found = Array.from(h.item.subarray(now, h.start[shopper + 1])).findIndex(
              (later, at) => later === item && isPositive(h.action[now + at]),
            )
            expect(found).toBeGreaterThanOrEqual(0)
            expect(h.time[now + found] - time).toBeLessThan(24 * HOUR)
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  it('leaves no query with a relevant item that is excluded, whatever is left out', () => {
    fc.assert(
      fc.property(anyHistories(ITEMS), (h) => {
        const asked = [...visitQueries(h, ...ALL), ...leaveOneOut(h, 1)]
        for (const query of [...asked, ...withoutRepeats(asked), ...withoutSeen(asked)]) {
          expect(query.relevant.size).toBeGreaterThan(0)
          expect([...query.relevant].filter((item) => query.excluded.has(item))).toEqual([])
          for (const item of [...query.relevant, ...query.excluded]) expect(item).toBeGreaterThanOrEqual(0)
        }
        for (const { items, actions, relevant, excluded } of withoutRepeats(asked)) {
          items.forEach((item, at) => {
            if (item >= 0 && actions[at] === BUY) expect(excluded.has(item) && !relevant.has(item)).toBe(true)
          })
        }
        for (const { items, relevant, excluded } of withoutSeen(asked)) {
          for (const item of items) if (item >= 0) expect(excluded.has(item) && !relevant.has(item)).toBe(true)
        }
      }),
      { numRuns: 100 },
    )
  })
})

it('a sample is drawn with a seed, without repeats, in order', () => {
  const h = historiesOf(
    Array.from({ length: 50 }, (_, s) => viewsOf(s % ITEMS, (s + 1) % ITEMS)),
    ITEMS,
  )
  const queries = leaveOneOut(h, 1)
  const drawn = sampleQueries(queries, 20, 'a').map(({ shopper }) => shopper)
  expect(drawn).toHaveLength(20)
  expect(drawn).toEqual([...new Set(drawn)].sort((a, b) => a - b))
  expect(sampleQueries(queries, 20, 'a').map(({ shopper }) => shopper)).toEqual(drawn)
  expect(sampleQueries(queries, 20, 'b').map(({ shopper }) => shopper)).not.toEqual(drawn)
  expect(sampleQueries(queries, 50, 'a')).toEqual(queries)
})
