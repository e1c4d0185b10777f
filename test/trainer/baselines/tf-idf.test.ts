import { describe, expect, it } from 'vitest'
import { tfIdfScorer } from '../../../trainer/baselines/tf-idf.ts'
import type { Query } from '../../../trainer/queries.ts'
import { titleVectors } from '../../../trainer/title-neighbours.ts'

const TITLES = ['Red mug', 'Blue mug', 'Red lamp', 'red red mug', '', '红色马克杯']

const query = (...items: number[]): Query => ({
  shopper: 0,
  items: Int32Array.from(items),
  actions: new Uint8Array(items.length),
  times: new Float64Array(items.length),
  time: 0,
  relevant: new Set(),
  excluded: new Set(),
})

function scoresAfter(decay: number, ...items: number[]): Float32Array {
  const scores = new Float32Array(TITLES.length)
  tfIdfScorer(TITLES, decay)(query(...items), scores)
  return scores
}

describe('TF-IDF neighbours', () => {
  it('are cosines of tf · (ln((1 + N)/(1 + df)) + 1), as scikit-learn weighs words', () => {
    const red = Math.log(7 / 4) + 1 // in 3 of 6 titles
    const blue = Math.log(7 / 2) + 1
    const mug = Math.log(7 / 4) + 1
    const expected = (mug * mug) / (Math.hypot(red, mug) * Math.hypot(blue, mug))
    expect(scoresAfter(1, 0)[1]).toBeCloseTo(expected, 6)
    expect(scoresAfter(1, 0)[0]).toBeCloseTo(1, 6)
    const [, , , twice] = titleVectors(TITLES)
    expect((twice.get('red') as number) / (twice.get('mug') as number)).toBeCloseTo(2, 12)
  })

  it('count the latest item most, and leave searches out', () => {
    expect(scoresAfter(0.3, 2, -1, 1)[1]).toBeCloseTo(1, 6)
    expect(scoresAfter(0.3, 2, 1)[2]).toBeCloseTo(0.3, 6)
    expect(scoresAfter(0.3, 1, 2, 4)[2]).toBeCloseTo(0.3, 6)
  })

  it('read a search as a title where they are given it', () => {
    const scores = new Float32Array(TITLES.length)
    tfIdfScorer(TITLES, 0.3, ['lamp', 'mug red'])(query(2, -2), scores)
    expect(scores[0]).toBeCloseTo(1 + 0.3 * scoresAfter(1, 2)[0], 6)
    expect(scores[0]).toBeGreaterThan(scores[2])
  })

  it('agree with a sum over the history, item by item', () => {
    const vectors = titleVectors(TITLES)
    const cosine = (a: number, b: number) =>
      [...vectors[a]].reduce((sum, [word, weight]) => sum + weight * (vectors[b].get(word) ?? 0), 0)
    const scores = scoresAfter(0.7, 0, 2, 5, 1)
    TITLES.forEach((_, item) => {
      const naive = cosine(1, item) + 0.7 * cosine(5, item) + 0.49 * cosine(2, item) + 0.343 * cosine(0, item)
      expect(scores[item]).toBeCloseTo(naive, 6)
    })
  })

  it('say nothing of a title without words, but order ties the same way each time', () => {
    expect(scoresAfter(1, 4)).toEqual(scoresAfter(1, 4))
    expect(Math.max(...scoresAfter(1, 4))).toBeLessThan(1e-8)
  })
})
