import fc from 'fast-check'
import { expect, it } from 'vitest'
import { highest, likeTitles, titleNeighbours, titleVectors } from '../../trainer/title-neighbours.ts'

const shop = (titles: string[], kindOf = (_: number) => 'all') =>
  titles.map((title, n) => ({ item_id: `i${n}`, title, category: [kindOf(n)] }))
const TITLES = ['red mug', 'red mug set', 'blue mug', 'red lamp', 'green rug', '台灯', 'blue mug']

it('are the nearest by cosine of those that may be, never the item itself, in shares by its square', () => {
  const vectors = titleVectors(TITLES)
  const cosine = (a: number, b: number) =>
    [...vectors[a]].reduce((sum, [word, weight]) => sum + weight * (vectors[b].get(word) ?? 0), 0)
  const found = titleNeighbours(shop(TITLES), (item) => item !== 6)(0)
  const expected = [1, 2, 3].sort((a, b) => cosine(0, b) - cosine(0, a))
  expect(found.map(({ item }) => item)).toEqual(expected)
  const total = expected.reduce((sum, item) => sum + cosine(0, item) ** 2, 0)
  found.forEach(({ item, share }) => {
    expect(share).toBeCloseTo(cosine(0, item) ** 2 / total, 12)
  })
})

it('are compared by whole titles while those that share a word are few', () => {
  const vectors = titleVectors(TITLES)
  TITLES.forEach((_, item) => {
    const found = new Map(likeTitles(shop(TITLES), () => true)(item))
    TITLES.forEach((_, other) => {
      const cosine = [...vectors[item]].reduce((sum, [word, of]) => sum + of * (vectors[other].get(word) ?? 0), 0)
      if (other === item || cosine === 0) expect(found.has(other)).toBe(false)
      else expect(found.get(other)).toBeCloseTo(cosine, 12)
    })
  })
})

it('are found by their rare words where too many share the common ones', () => {
  const titles = Array.from({ length: 9_000 }, (_, n) => `blue thing ${n >> 1}`)
  const found = likeTitles(shop(titles), () => true)(10)
  expect(found.map(([other]) => other)).toEqual([11])
})

it('are the first of the sorted', () => {
  const entry = fc.tuple(fc.nat(20), fc.integer({ min: 0, max: 4 }))
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: ([key]) => key }), fc.nat(6), (entries, most) => {
      const sorted = [...entries].sort((a, b) => b[1] - a[1] || a[0] - b[0])
      expect(highest(entries, most)).toEqual(sorted.slice(0, most))
    }),
  )
})

it('are none where no title shares a word', () => {
  expect(titleNeighbours(shop(TITLES), () => true)(5)).toEqual([])
  expect(titleNeighbours(shop(TITLES), (item) => item === 4)(4)).toEqual([])
  expect(titleNeighbours(shop(['', '']), () => true)(0)).toEqual([])
})

it('are of the same category: colours alone make nothing alike', () => {
  const found = titleNeighbours(
    shop(TITLES, (n) => (n === 1 ? 'sets' : 'mugs')),
    () => true,
  )
  expect(found(1)).toEqual([])
  expect(found(0).map(({ item }) => item)).not.toContain(1)
})
