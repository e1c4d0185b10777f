/** Histories small enough to read, and random ones for properties. */
import fc from 'fast-check'
import { ACTIONS, SEARCH, VIEW } from '../../shared/data/sequence.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'

export interface Step {
  /** An item, or −1 − q for query q. */
  item: number
  action?: number
  time?: number
}

/** @param shoppers each with the steps of one, in time order; without times, a millisecond a step */
export function historiesOf(shoppers: Step[][], items: number, queries: string[] = []): Histories {
  const steps = shoppers.flat()
  const start = [0]
  for (const own of shoppers) start.push(start[start.length - 1] + own.length)
  return {
    name: 'small',
    simulated: true,
    timed: steps.some(({ time }) => time !== undefined),
    items: Array.from({ length: items }, (_, n) => ({ item_id: `i${n}`, title: `i${n}`, category: [] })),
    queries,
    shoppers: shoppers.map((_, n) => `shopper-${n}`),
    start: Uint32Array.from(start),
    item: Int32Array.from(steps, ({ item }) => item),
    action: Uint8Array.from(steps, ({ item, action }) => action ?? (item < 0 ? SEARCH : VIEW)),
    time: Float64Array.from(shoppers.flatMap((own) => own.map(({ time }, at) => time ?? at))),
  }
}

export const viewsOf = (...items: number[]): Step[] => items.map((item) => ({ item }))

const MINUTE = 60_000

/** Up to 8 shoppers with up to 30 steps of any action, some at the same moment, some days apart. */
export function anyHistories(items: number, queries: string[] = ['a red mug', '台灯']): fc.Arbitrary<Histories> {
  const step = fc.record({
    item: fc.integer({ min: -queries.length, max: items - 1 }),
    action: fc.integer({ min: 0, max: ACTIONS.length - 2 }),
    gap: fc.constantFrom(0, 0, MINUTE, 20 * MINUTE, 31 * MINUTE, 3 * 24 * 60 * MINUTE),
  })
  return fc.array(fc.array(step, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 8 }).map((shoppers) =>
    historiesOf(
      shoppers.map((steps) => {
        let time = 1_700_000_000_000
        return steps.map(({ item, action, gap }) => ({
          item,
          action: item < 0 ? SEARCH : action,
          time: (time += gap),
        }))
      }),
      items,
      queries,
    ),
  )
}
