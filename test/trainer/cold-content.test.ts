import { expect, it } from 'vitest'
import { fitContent, kindsOf, kindsScorer, withinKinds } from '../../trainer/cold-content.ts'
import { coordinateAscent } from '../../trainer/coordinate-ascent.ts'
import type { Query } from '../../trainer/queries.ts'

const PATHS = [['Home', 'Mugs'], ['Home', 'Lamps'], ['Home', 'Mugs'], ['Lamps']]
const kinds = kindsOf(PATHS.map((category, n) => ({ item_id: `i${n}`, title: '', category })))
const queryOf = (items: number[], relevant: number[] = []): Query => ({
  shopper: 0,
  items: Int32Array.from(items),
  actions: new Uint8Array(items.length),
  times: new Float64Array(items.length),
  time: 0,
  relevant: new Set(relevant),
  excluded: new Set(),
})
const ask = (scorer: ReturnType<typeof kindsScorer>, query: Query) => {
  const scores = new Float32Array(PATHS.length)
  scorer(query, scores)
  return [...scores]
}

it('a category counts half as much for each item since, and searches do not count', () => {
  expect(ask(kindsScorer(kinds), queryOf([0, 3, -1, 2]))).toEqual([1.25, 0, 1.25, 0.5])
})

it('within a category only differences are left', () => {
  expect(
    ask(
      withinKinds((_, scores) => scores.set([1, 5, 3, 7]), kinds),
      queryOf([0]),
    ),
  ).toEqual([-1, 0, 1, 0])
})

it('content is never below words alone on what it is fitted on, and takes up what knows more', () => {
  const queries = [0, 1, 2, 3, 0, 1].map((wanted) => queryOf([wanted], [wanted]))
  const nothing = () => {}
  const knows = ({ relevant }: Query, scores: Float32Array) => {
    for (const item of relevant) scores[item] += 1
  }
  const misleads = ({ relevant }: Query, scores: Float32Array) => {
    for (const item of relevant) scores[item] -= 1
  }
  const fit = fitContent({ words: nothing, kinds: misleads, vectors: knows, within: nothing }, queries, PATHS.length)
  expect(fit.weights).toMatchObject({ words: 1, kinds: 0 })
  expect(fit.weights.vectors).toBeGreaterThan(0)
  for (const query of queries)
    expect(ask(fit.scorer, query).indexOf(Math.max(...ask(fit.scorer, query)))).toBe(query.items[0])
})

it('coordinate ascent finds the top of a hill of independent slopes, and ends where nothing is better', () => {
  const hill = ({ a, b }: { a: number; b: number }) => 9 - (a - 2) ** 2 - (b - 1) ** 2
  expect(coordinateAscent({ a: 0, b: 0 }, ['a', 'b'], [0, 1, 2, 3], hill)).toEqual({
    weights: { a: 2, b: 1 },
    worth: 9,
  })
  let asked = 0
  const flat = () => {
    asked++
    return 1
  }
  expect(coordinateAscent({ a: 5 }, ['a'], [1, 2], flat)).toEqual({ weights: { a: 5 }, worth: 1 })
  expect(asked).toBe(3)
})
