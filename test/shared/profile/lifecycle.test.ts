import { describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../../shared/data/events.ts'
import { lifecycleOf, nextOrderOf } from '../../../shared/profile/lifecycle.ts'
import { memoryOf } from '../../../shared/profile/memory.ts'
import type { Visits } from '../../../shared/profile/visits.ts'

const DAY_MS = 86_400_000
const USAGE = { highSpend: 200, orderGapDays: 60, orderValue: 30 }

/** A visit on each day, with an order of so much on some. */
function visitsOn(days: number[], orders: Record<number, number> = {}): Visits {
  const events: ShopEvent[] = days.flatMap((day) => {
    const look: ShopEvent = { id: `v${day}`, time: day * DAY_MS, name: 'view_item', items: [{ item_id: 'a' }] }
    if (orders[day] === undefined) return [look]
    const items = [{ item_id: 'a', price: orders[day], quantity: 1 }]
    return [look, { id: `o${day}`, time: day * DAY_MS + 60_000, name: 'purchase', items } satisfies ShopEvent]
  })
  return memoryOf(events, () => undefined).visits as Visits
}

const stageOn = (day: number, days: number[], orders?: Record<number, number>) =>
  lifecycleOf(visitsOn(days, orders), day * DAY_MS, USAGE).stage

const WEEKLY = Array.from({ length: 12 }, (_, n) => 7 * n)

describe('the lifecycle', () => {
  it('goes from new over active to cooling and lost as visits come and stop', () => {
    expect(stageOn(0, [0])).toBe('new')
    expect(stageOn(3, [0, 2])).toBe('new')
    expect(stageOn(80, WEEKLY)).toBe('active')
    expect(stageOn(102, WEEKLY)).toBe('cooling')
    expect(stageOn(200, WEEKLY)).toBe('lost')
  })

  it('takes the same silence for nothing in someone who comes seldom', () => {
    expect(stageOn(102, [0, 40, 77])).toBe('active')
  })

  it('calls those who spend most high-value for as long as they come', () => {
    const orders = { 7: 120, 21: 90 }
    expect(stageOn(80, WEEKLY, orders)).toBe('high-value')
    expect(stageOn(80, WEEKLY, { 7: 120 })).toBe('active')
    expect(stageOn(200, WEEKLY, orders)).toBe('lost')
    expect(lifecycleOf(visitsOn(WEEKLY, orders), 80 * DAY_MS, USAGE)).toMatchObject({
      visits: 12,
      orders: 2,
      spent: 210,
      recencyDays: 3,
    })
  })

  it('of a clock that was set back is that of the last visit', () => {
    expect(lifecycleOf(visitsOn([10]), 5 * DAY_MS, USAGE).recencyDays).toBe(0)
  })
})

describe('the next order', () => {
  it('is drawn from the shop’s mean to the shopper’s own as orders come', () => {
    expect(nextOrderOf(visitsOn([0]), DAY_MS, USAGE)).toBeUndefined()
    const one = nextOrderOf(visitsOn([0], { 0: 90 }), 60 * DAY_MS, USAGE)
    // Two orders in 120 days, one of them the shop's.
    expect(one?.days).toBeCloseTo(Math.LN2 * 60, 9)
    expect(one?.value).toBeCloseTo(60, 9)
    const often = nextOrderOf(visitsOn(WEEKLY, Object.fromEntries(WEEKLY.map((day) => [day, 90]))), 84 * DAY_MS, USAGE)
    expect(often?.days).toBeLessThan(10)
    expect(often?.value).toBeGreaterThan(80)
  })
})
