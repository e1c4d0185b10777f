import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../../shared/data/events.ts'
import {
  BUY,
  CART,
  GAP_BUCKETS,
  gapBucket,
  isPositive,
  REFUND,
  REMOVE,
  SEARCH,
  tokensOf,
  VIEW,
  WISH,
} from '../../../shared/data/sequence.ts'

const purchase = (id: string, time: number, items: string[]): ShopEvent => ({
  id,
  time,
  name: 'purchase',
  items: items.map((item_id) => ({ item_id })),
})
const numbers = new Map(Array.from({ length: 60 }, (_, n) => [`item-${n}`, n]))
const numberOf = (id: string) => numbers.get(id)
const DAY = 86_400

describe('tokens', () => {
  it('say what was done, in time order, whatever order the events come in', () => {
    const events: ShopEvent[] = [
      { id: 'e3', time: 30, name: 'purchase', items: [{ item_id: 'item-2' }] },
      { id: 'e1', time: 10, name: 'search', search_term: 'red mug' },
      { id: 'e4', time: 40, name: 'refund', items: [{ item_id: 'item-2' }] },
      { id: 'e2', time: 20, name: 'view_item', items: [{ item_id: 'item-2' }, { item_id: 'unknown' }] },
      { id: 'e5', time: 5, name: 'rec_impression', items: [{ item_id: 'item-3' }] },
      { id: 'e6', time: 6, name: 'view_item_list', items: [{ item_id: 'item-4' }] },
      { id: 'e7', time: 7, name: 'consent', personalise: true, remember: false, contribute: false },
    ]
    expect(tokensOf(events, numberOf)).toEqual([
      { item: -1, action: SEARCH, time: 10, query: 'red mug' },
      { item: 2, action: VIEW, time: 20 },
      { item: 2, action: BUY, time: 30 },
      { item: 2, action: REFUND, time: 40 },
    ])
  })

  it('are the same for any order of the events and of the items in them', () => {
    const event = fc.record({
      id: fc.string({ minLength: 1, maxLength: 4 }),
      time: fc.integer({ min: 0, max: 3 }),
      items: fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 6 }),
    })
    fc.assert(
      fc.property(fc.uniqueArray(event, { selector: ({ id }) => id, maxLength: 6 }), fc.nat(), (drawn, turn) => {
        const rotate = <T>(list: T[]) => [...list.slice(turn % list.length), ...list.slice(0, turn % list.length)]
        const events = drawn.map(({ id, time, items }) =>
          purchase(
            id,
            time,
            items.map((n) => `item-${n}`),
          ),
        )
        const turned = drawn.map(({ id, time, items }) =>
          purchase(
            id,
            time,
            rotate(items).map((n) => `item-${n}`),
          ),
        )
        expect(tokensOf(rotate(turned), numberOf)).toEqual(tokensOf(events, numberOf))
      }),
    )
  })

  it('of one invoice are in an order that follows neither ids nor lines', () => {
    // Correlation of an item's number with its place, and mean distance of items with neighbouring ids.
    const lines = 20
    let [correlation, neighbours] = [0, 0]
    const invoices = 600
    for (let n = 0; n < invoices; n++) {
      const ids = Array.from({ length: lines }, (_, line) => `item-${20 + line}`)
      const order = tokensOf([purchase(`invoice ${n}`, 0, ids)], numberOf).map(({ item }) => item - 20)
      const mean = (lines - 1) / 2
      order.forEach((item, place) => {
        correlation += ((item - mean) * (place - mean)) / (((lines ** 2 - 1) / 12) * lines)
        if (item > 0) neighbours += Math.abs(place - order.indexOf(item - 1)) / (lines - 1)
      })
    }
    expect(Math.abs(correlation / invoices)).toBeLessThan(0.04) // standard error .0094
    expect(neighbours / invoices).toBeGreaterThan(6.6) // (20 + 1) / 3 = 7 in a random order
  })

  it('count as wanted what is viewed, carted, bought and wished for', () => {
    expect([VIEW, CART, BUY, WISH].every(isPositive)).toBe(true)
    expect([REMOVE, REFUND, SEARCH].some(isPositive)).toBe(false)
  })
})

describe('time gaps', () => {
  it('fall into buckets of two octaves, from "nothing before" to "more than half a year"', () => {
    const at = (seconds: number) => gapBucket(1e12 + seconds * 1000, 1e12)
    expect(gapBucket(1e12, undefined)).toBe(0)
    // floor(log₄(1 + s)) + 1: bounds at 3, 15, 63 … seconds
    expect([0, 2.9, 3, 14.9, 15, 62.9, 63, 1800].map(at)).toEqual([1, 1, 2, 2, 3, 3, 4, 6])
    expect(at(194 * DAY)).toBe(12)
    expect(at(195 * DAY)).toBe(13)
    expect(at(4000 * DAY)).toBe(GAP_BUCKETS - 1)
    expect(at(-5)).toBe(1) // a clock that was set back
  })
})
