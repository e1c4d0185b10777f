import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Rules, rulesAfter, rulesOf } from '../../shared/model/rules.ts'
import { placeNewItems } from '../../trainer/new-items.ts'
import { titleVectors } from '../../trainer/title-neighbours.ts'

const product = (title: string, kind = 'mugs') => ({ item_id: title, title, category: [kind] })
const TITLES = ['red mug', 'blue mug', 'red lamp', 'green rug', 'red mug large', 'blue lamp']
const ITEMS = TITLES.map((title) => product(title))
/** The last two are new. */
const known = (item: number) => item < 4
const NEXT = rulesOf([new Map([[1, 0.6]]), new Map([[2, 0.2]]), new Map(), new Map([[0, 0.4]]), new Map(), new Map()])
const row = (rules: Rules, item: number) => new Map(rulesAfter(rules, item))

function cosine(a: number, b: number): number {
  const vectors = titleVectors(TITLES)
  return [...vectors[a]].reduce((sum, [word, weight]) => sum + weight * (vectors[b].get(word) ?? 0), 0)
}

describe('a new item', () => {
  const placed = placeNewItems(NEXT, ITEMS, known, 2)

  it('follows the items whose titles it shares, by the square of the cosine, at a usual first follower’s weight', () => {
    const usual = (0.6 + 0.2 + 0.4) / 3
    expect(row(placed, 0).get(4)).toBeCloseTo(2 * usual * cosine(0, 4) ** 2, 6)
    expect(row(placed, 1).get(5)).toBeCloseTo(2 * usual * cosine(1, 5) ** 2, 6)
    // Nothing is counted after it, and yet a new item has its place there.
    expect(row(placed, 2).get(5)).toBeCloseTo(2 * usual * cosine(2, 5) ** 2, 6)
    expect([...row(placed, 3)]).toEqual([...row(NEXT, 3)])
  })

  it('leaves what was counted as it was', () => {
    for (const item of [0, 1, 2, 3]) {
      for (const [target, weight] of rulesAfter(NEXT, item)) expect(row(placed, item).get(target)).toBe(weight)
    }
  })

  it('is followed by what follows the items of its category that are like it', () => {
    const all = [0, 1, 2].map((item) => cosine(4, item) ** 2)
    const share = cosine(4, 0) ** 2 / all.reduce((sum, value) => sum + value, 0)
    expect(row(placed, 4).get(1)).toBeCloseTo(share * 0.6, 6)
    const elsewhere = ITEMS.map((item, n) => (n === 4 ? product(item.title, 'sets') : item))
    expect(row(placeNewItems(NEXT, elsewhere, known, 2), 4).get(1)).toBeUndefined()
  })

  it('is nowhere where it is not to be placed, and nothing changes where none is new', () => {
    expect(placeNewItems(NEXT, ITEMS, known, 0)).toBe(NEXT)
    expect(placeNewItems(NEXT, ITEMS, () => true, 1)).toBe(NEXT)
  })

  it('never follows itself; four at most follow an item, the likest', () => {
    const words = fc.array(fc.constantFrom('red', 'blue', 'mug', 'lamp', 'rug'), { maxLength: 4 })
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 14 }), fc.nat(14), (titles, seen) => {
        const items = titles.map((title, n) => ({ item_id: `${n}`, title: title.join(' '), category: ['all'] }))
        const counted = rulesOf(items.map((_, item) => new Map(item > 0 && item < seen ? [[0, 0.5]] : [])))
        const found = placeNewItems(counted, items, (item) => item < seen, 1)
        items.forEach((_, item) => {
          const followers = [...rulesAfter(found, item)]
          const fresh = followers.filter(([target]) => target >= seen)
          expect(fresh.map(([target]) => target)).not.toContain(item)
          expect(fresh.length).toBeLessThanOrEqual(4)
          const weights = followers.map(([, weight]) => weight)
          expect(weights).toEqual([...weights].sort((a, b) => b - a))
        })
      }),
    )
  })
})
