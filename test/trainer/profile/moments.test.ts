import { describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../../shared/data/events.ts'
import { DAY_MS, momentsOf } from '../../../trainer/profile/moments.ts'

const END = 400 * DAY_MS
const MINUTE_MS = 60_000

/** A visit of looks at items 0, 1 …, a minute apart, that ends in a purchase or not. */
function visit(day: number, looks: number, buys: boolean): ShopEvent[] {
  const base = (n: number) => ({ id: `${day}-${n}`, time: day * DAY_MS + n * MINUTE_MS })
  const events: ShopEvent[] = Array.from({ length: looks }, (_, n) => ({
    ...base(n),
    name: 'view_item',
    items: [{ item_id: `p${n}` }],
  }))
  if (buys) events.push({ ...base(looks), name: 'purchase', items: [{ item_id: 'p0' }] })
  return events
}

const moments = (events: ShopEvent[]) =>
  momentsOf([{ events }], () => ({ category: ['Mugs'], traits: [], reduced: false }), END, 'seed')

describe('moments', () => {
  it('of a visit are asked once, before its purchase, and know what came of it', () => {
    const events = [...visit(300, 4, true), ...visit(310, 4, false), ...visit(320, 5, true)]
    const { intent } = moments(events)
    expect(intent.map(({ answer }) => answer)).toEqual([1, 0, 1])
    for (const { seen, time } of intent) expect(time).toBe(events[seen - 1].time)
  })

  it('of return are on fixed days since the first visit, and look 30 days ahead', () => {
    const events = [...visit(341, 1, false), ...visit(371, 1, false)]
    const asked = moments(events).return
    // 370, 363 … back from 30 days before the end; the first visit is on 341.
    expect(asked.map(({ time, answer }) => [time / DAY_MS, answer])).toEqual([
      [342, 1],
      [349, 1],
      [356, 1],
      [363, 1],
      [370, 1],
    ])
    const early = moments(visit(341, 1, false)).return
    expect(early.every(({ answer }) => answer === 0)).toBe(true)
  })

  it('read nothing that comes after them', () => {
    const events = [...visit(300, 6, false), ...visit(340, 3, true)]
    const all = moments(events)
    const { seen, features } = all.intent[0]
    const before = momentsOf([{ events: events.slice(0, 6) }], () => undefined, END, 'seed')
    expect(before.intent[0].seen).toBe(seen)
    const same = momentsOf(
      [{ events: events.slice(0, 6) }],
      () => ({ category: ['Mugs'], traits: [], reduced: false }),
      END,
      'seed',
    )
    expect(same.intent[0].features).toEqual(features)
  })
})
