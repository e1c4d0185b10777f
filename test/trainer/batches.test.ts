import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { BUY, CART, gapBucket, isPositive, REFUND, REMOVE, VIEW } from '../../shared/data/sequence.ts'
import {
  endsBefore,
  endsWithoutLast,
  itemSequences,
  lastWanted,
  nextItems,
  trainingBatches,
} from '../../trainer/batches.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import { anyHistories, historiesOf, viewsOf } from './small-histories.ts'

const ITEMS = 12
const whole = (h: Histories) => h.start.slice(1)
const batchesOf = (h: Histories, ends: Uint32Array, length: number, seed = 1) => [
  ...trainingBatches(h, ends, nextItems(h, ends), { length, window: length, rows: 4 }, seeded(seed)),
]

describe('where training ends', () => {
  it('is before a moment, or before the last items that were wanted', () => {
    const h = historiesOf(
      [
        [
          { item: 1, time: 10 },
          { item: 2, time: 20 },
          { item: 3, time: 20 },
          { item: 4, time: 30 },
        ],
        [{ item: 5, time: 30 }],
      ],
      ITEMS,
    )
    expect([...endsBefore(h, 20)]).toEqual([1, 4])
    expect([...endsBefore(h, 21)]).toEqual([3, 4])
    expect([...endsWithoutLast(h, 2)]).toEqual([2, 4])
  })

  it('is not moved by searches, removals and refunds, which nobody is asked to predict', () => {
    const h = historiesOf(
      [[{ item: 1 }, { item: 2 }, { item: 3 }, { item: -1 }, { item: 2, action: REMOVE }, { item: 1, action: REFUND }]],
      ITEMS,
      ['a mug'],
    )
    expect([lastWanted(h, 0, 1), lastWanted(h, 0, 2), lastWanted(h, 0, 4)]).toEqual([2, 1, undefined])
    expect([...endsWithoutLast(h, 2)]).toEqual([1])
    expect([...endsWithoutLast(h, 4)]).toEqual([0])
  })
})

describe('targets', () => {
  it('are the next item that was wanted and is another', () => {
    const h = historiesOf(
      [
        [
          { item: 1, action: VIEW },
          { item: 1, action: CART },
          { item: 2, action: VIEW },
          { item: 2, action: REMOVE },
          { item: -1 },
          { item: 3, action: REFUND },
          { item: 1, action: BUY },
        ],
        viewsOf(7),
      ],
      ITEMS,
      ['a mug'],
    )
    expect([...nextItems(h, whole(h))]).toEqual([2, 2, 1, 1, 1, 1, -1, -1])
  })

  it('agree with a search forwards from each token', () => {
    fc.assert(
      fc.property(anyHistories(ITEMS), fc.integer({ min: 0, max: 2 }), (h, without) => {
        const ends = endsWithoutLast(h, without)
        const found = nextItems(h, ends)
        for (let s = 0; s < h.shoppers.length; s++) {
          for (let at = h.start[s]; at < h.start[s + 1]; at++) {
            let expected = -1
            for (let later = at + 1; at < ends[s] && later < ends[s] && expected < 0; later++) {
              const item = h.item[later]
              if (item >= 0 && isPositive(h.action[later]) && item !== h.item[at]) expected = item
            }
            expect(found[at]).toBe(expected)
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('one pass of batches', () => {
  it('holds every token with a target once, as the browser would see it, and shows it no other shopper', () => {
    const shapes = fc.constantFrom([2, 2], [3, 3], [7, 7], [7, 3], [12, 5])
    fc.assert(
      fc.property(anyHistories(ITEMS), shapes, fc.nat(), (h, [length, window], seed) => {
        const ends = endsWithoutLast(h, 1)
        const next = nextItems(h, ends)
        // Tokens are told apart by a number in place of their action.
        const numbered = { ...h, action: h.action.map((_, at) => at) }
        const seen = new Map<number, number>()
        for (const batch of trainingBatches(numbered, ends, next, { length, window, rows: 4 }, seeded(seed))) {
          expect(batch.length).toBe(length)
          expect(batch.sequences).toBeLessThanOrEqual(4)
          const shopperOf = (token: number) => h.start.findLastIndex((start) => start <= token)
          batch.at.forEach((place, n) => {
            const token = batch.actions[place]
            expect(batch.targets[n]).toBe(next[token])
            seen.set(token, (seen.get(token) ?? 0) + 1)
            // What it sees is what the same shopper did just before.
            const first = batch.first[place]
            expect(first).toBeGreaterThan(place - window)
            expect(Math.floor(first / length)).toBe(Math.floor(place / length))
            for (let before = first; before <= place; before++) {
              const at = token - (place - before)
              expect(batch.actions[before]).toBe(at)
              expect(shopperOf(at)).toBe(shopperOf(token))
              expect(batch.rows[before]).toBe(h.item[at] >= 0 ? h.item[at] : ITEMS - 1 - h.item[at])
              const previous = at === h.start[shopperOf(at)] ? undefined : h.time[at - 1]
              expect(batch.gaps[before]).toBe(gapBucket(h.time[at], previous))
            }
          })
        }
        const expected = Array.from(next.keys()).filter((at) => next[at] >= 0)
        expect([...seen.keys()].sort((a, b) => a - b)).toEqual(expected)
        expect(Math.max(0, ...seen.values())).toBeLessThanOrEqual(1)
      }),
      { numRuns: 150 },
    )
  })

  it('gives benchmark files, which have an order and no times, the gaps that the evaluator gives them', () => {
    const h = historiesOf([viewsOf(1, 2, 3)], ITEMS)
    const [batch] = batchesOf(h, whole(h), 8)
    expect([...batch.gaps].slice(0, 3)).toEqual([0, gapBucket(1, 0), gapBucket(2, 1)])
  })

  it('cuts at other places with another seed, and at the same with the same', () => {
    const h = historiesOf([viewsOf(...Array.from({ length: 40 }, (_, n) => n % ITEMS))], ITEMS)
    const lengths = (seed: number) => batchesOf(h, whole(h), 8, seed).map((batch) => [...batch.rows])
    expect(lengths(1)).toEqual(lengths(1))
    expect(new Set([1, 2, 3, 4, 5].map((seed) => JSON.stringify(lengths(seed)))).size).toBeGreaterThan(1)
  })

  it('puts short histories beside each other: of 300 tokens in fives, rows of 50 hold all but nothing else', () => {
    const h = historiesOf(
      Array.from({ length: 60 }, (_, s) => viewsOf(...Array.from({ length: 5 }, (_, n) => (s + n) % ITEMS))),
      ITEMS,
    )
    const batches = [
      ...trainingBatches(h, whole(h), nextItems(h, whole(h)), { length: 50, window: 50, rows: 4 }, seeded(1)),
    ]
    expect(batches.map(({ sequences }) => sequences)).toEqual([4, 2])
    expect(batches.reduce((sum, { at }) => sum + at.length, 0)).toBe(240)
  })

  it('is empty where nobody did two things', () => {
    const h = historiesOf([viewsOf(1), viewsOf(2, 2), []], ITEMS)
    expect(batchesOf(h, whole(h), 8)).toEqual([])
  })
})

it('rules count what was wanted, one thing once however it was wanted', () => {
  const h = historiesOf(
    [
      [
        { item: 1 },
        { item: 1, action: CART },
        { item: 2, action: REMOVE },
        { item: -1 },
        { item: 1, action: BUY },
        { item: 3 },
      ],
      [{ item: 4, action: REFUND }],
      viewsOf(5, 6, 5),
    ],
    ITEMS,
    ['a mug'],
  )
  expect([...itemSequences(h, whole(h))].map((sequence) => [...sequence])).toEqual([
    [1, 3],
    [5, 6, 5],
  ])
})
