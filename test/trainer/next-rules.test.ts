import { describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { type Rules, rulesAfter } from '../../shared/model/rules.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import { countedRules, nextRules } from '../../trainer/next-rules.ts'
import { historiesOf, viewsOf } from './small-histories.ts'

/** The last ten are new, each with the title of a known one. */
const [KNOWN, ITEMS] = [30, 40]

function shop(): Histories {
  const random = seeded('next rules')
  const shoppers = Array.from({ length: 60 }, () => viewsOf(...Array.from({ length: 20 }, () => random.int(KNOWN))))
  const h = historiesOf(shoppers, ITEMS)
  h.items = h.items.map((item, n) => ({ ...item, title: `mug ${n % KNOWN}`, category: ['Mugs'] }))
  return h
}

const h = shop()
const ends = h.start.slice(1)
const all = (rules: Rules) =>
  h.items.flatMap((_, from) => [...rulesAfter(rules, from)].map(([to, w]) => ({ from, to, w })))

describe('the rules of a bundle', () => {
  const counted = all(countedRules(h, ends))
  const without = all(nextRules(h, ends, 0))

  it('are the eight an item that are heaviest of all', () => {
    expect(counted.length).toBeGreaterThan(12 * ITEMS)
    expect(without).toHaveLength(8 * ITEMS)
    const lightest = Math.min(...without.map(({ w }) => w))
    expect(counted.filter(({ w }) => w > lightest).length).toBeLessThan(8 * ITEMS)
  })

  it('have room of their own for new items, which take no counted one’s place', () => {
    const placed = all(nextRules(h, ends, 1))
    expect(placed.length).toBeLessThanOrEqual(12 * ITEMS)
    expect(placed.some(({ to }) => to >= KNOWN)).toBe(true)
    const has = new Set(placed.map(({ from, to }) => `${from} ${to}`))
    expect(without.filter(({ from, to }) => !has.has(`${from} ${to}`))).toEqual([])
  })

  it('hold no new item where none is to be placed', () => {
    expect(without.filter(({ from, to }) => from >= KNOWN || to >= KNOWN)).toEqual([])
  })
})
