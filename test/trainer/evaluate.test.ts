import { describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { BUY, REFUND, REMOVE } from '../../shared/data/sequence.ts'
import { countRules } from '../../shared/model/rules.ts'
import { rulesScorer, type Scorer } from '../../trainer/baselines.ts'
import { itemSequences } from '../../trainer/batches.ts'
import { loadHistories } from '../../trainer/datasets/load.ts'
import { askAll, listMetrics, meanMetrics, pairedInterval, wantedEvents } from '../../trainer/evaluate.ts'
import { evaluateModels } from '../../trainer/evaluation.ts'
import { PRESETS } from '../../trainer/presets.ts'
import { split } from '../../trainer/protocol.ts'
import { leaveOneOut, visitQueries } from '../../trainer/queries.ts'
import { besideRepository } from '../shared-data.ts'
import { historiesOf, type Step, viewsOf } from './small-histories.ts'

describe('lists are measured', () => {
  const h = historiesOf([viewsOf(0, 1), viewsOf(1, 0, 1), viewsOf(0, 2), viewsOf(0), viewsOf(2)], 4)
  const whole = h.start.slice(1)

  it('by coverage, diversity and novelty, worked out by hand', () => {
    // Shoppers who wanted item 0: 4 of 5, item 1: 2, item 2: 2, item 3: none.
    //   coverage   0, 1 and 2 of 4 items                                       .75
    //   diversity  1 − 2/√(4·2) = .29289 and 1 − 0                             mean .64645
    //   novelty    −log2(4/5) = .32193, and three times −log2(2/5) = 1.32193    mean 1.07193
    const { coverage, diversity, novelty } = listMetrics(
      [
        [0, 1],
        [1, 2],
      ],
      h,
      whole,
    )
    expect(coverage).toBe(0.75)
    expect(diversity).toBeCloseTo(0.64645, 5)
    expect(novelty).toBeCloseTo(1.07193, 5)
  })

  it('with an item that nobody wanted as novel as one that a single shopper did, and empty lists as nothing', () => {
    expect(listMetrics([[3]], h, whole)).toEqual({ coverage: 0.25, diversity: 0, novelty: -Math.log2(1 / 5) })
    expect(listMetrics([[], []], h, whole)).toEqual({ coverage: 0, diversity: 0, novelty: 0 })
  })

  it('by what was wanted: an item taken out of the cart or given back is not', () => {
    const taken = historiesOf(
      [[{ item: 0 }, { item: 1, action: REMOVE }, { item: 1, action: REFUND }, { item: -1 }]],
      2,
      ['a mug'],
    )
    expect(wantedEvents(taken, taken.start.slice(1))).toEqual([{ item: 0, time: 0 }])
    const two = historiesOf([viewsOf(0, 1), [{ item: 0, action: REMOVE }, { item: 1 }]], 2)
    expect(listMetrics([[0]], two, two.start.slice(1)).novelty).toBe(1)
  })
})

describe('a recommender', () => {
  const h = historiesOf(
    Array.from({ length: 30 }, (_, s) => viewsOf(s % 20, (s + 1) % 20, (s + 2) % 20)),
    20,
  )
  const queries = leaveOneOut(h, 1)

  it('that scores everything alike, or NaN, has hit nothing', () => {
    const nothing = { hr: 0, ndcg: 0, mrr: 0, recall: 0 }
    expect(meanMetrics((_, scores) => scores.fill(0.5), queries, 20)).toEqual(nothing)
    expect(meanMetrics((_, scores) => scores.fill(Number.NaN), queries, 20)).toEqual(nothing)
    const rightButNaN: Scorer = ({ relevant }, scores) => {
      for (const item of relevant) scores[item] = Number.NaN
    }
    expect(meanMetrics(rightButNaN, queries, 20)).toEqual(nothing)
  })

  it('that knows the answer hits everything, and never lists what is excluded', () => {
    const oracle: Scorer = ({ relevant, excluded }, scores) => {
      for (const item of excluded) scores[item] = 9
      for (const item of relevant) scores[item] = 1
    }
    const { lists } = askAll(oracle, queries, 20)
    expect(meanMetrics(oracle, queries, 20)).toEqual({ hr: 1, ndcg: 1, mrr: 1, recall: 1 })
    lists.forEach((list, n) => {
      expect(list.filter((item) => queries[n].excluded.has(item))).toEqual([])
    })
  })

  it('starts from 0 for each query', () => {
    const lists = askAll(({ shopper }, scores) => (scores[shopper % 20] += 1), queries, 20).lists
    lists.forEach((list, n) => {
      expect(list.includes(n % 20)).toBe(!queries[n].excluded.has(n % 20))
    })
  })
})

describe('the paired interval', () => {
  const draw = (seed: string, n: number, difference: number) => {
    const random = seeded(seed)
    const b = Float64Array.from({ length: n }, () => random.normal())
    return {
      a: b.map((value) => value + difference + 0.5 * random.normal()),
      b,
      shoppers: Array.from({ length: n }, (_, i) => i),
    }
  }

  it('covers a known difference about 95 times of 100', () => {
    let covered = 0
    for (let n = 0; n < 200; n++) {
      const { a, b, shoppers } = draw(`covers ${n}`, 80, 0.3)
      const { low, high } = pairedInterval(a, b, shoppers, n, 300)
      if (low <= 0.3 && 0.3 <= high) covered++
    }
    expect(covered).toBeGreaterThan(178)
    expect(covered).toBeLessThan(200)
  })

  it('excludes 0 where there is a difference, not where there is none, and pairs what is compared', () => {
    const better = draw('better', 200, 0.3)
    const interval = pairedInterval(better.a, better.b, better.shoppers)
    expect(interval.low).toBeGreaterThan(0)
    // Deviation of the difference .5, of each alone above 1: 2 · 1.96 · .5/√200 = .139 wide
    expect(interval.high - interval.low).toBeCloseTo(0.139, 1)
    expect(interval.mean).toBeCloseTo(0.3, 1)
    const same = draw('same', 200, 0)
    const around = pairedInterval(same.a, same.b, same.shoppers)
    expect(around.low).toBeLessThan(0)
    expect(around.high).toBeGreaterThan(0)
  })

  it('is wider when the queries are of few shoppers who are each alike', () => {
    const { a, b } = draw('clusters', 20, 0.1)
    const repeat = (values: Float64Array) => Float64Array.from({ length: 400 }, (_, i) => values[i % 20])
    const width = (shoppers: number[]) => {
      const { low, high } = pairedInterval(repeat(a), repeat(b), shoppers)
      return high - low
    }
    const independent = width(Array.from({ length: 400 }, (_, i) => i))
    const clustered = width(Array.from({ length: 400 }, (_, i) => i % 20))
    expect(clustered / independent).toBeGreaterThan(3.6) // √20 = 4.5
    expect(clustered / independent).toBeLessThan(5.4)
  })

  it('of nothing is 0', () => {
    expect(pairedInterval(new Float64Array(), new Float64Array(), [])).toEqual({ mean: 0, low: 0, high: 0 })
  })
})

describe('rules on published files, leave-one-out, all items ranked', () => {
  const published: [string[], number, number, boolean][] = [
    [['amazon-2014-5core', 'Beauty.txt.gz'], 0.0746, 0.0472, true],
    [['amazon-2014-5core', 'Toys_and_Games.txt.gz'], 0.0878, 0.0564, true],
    [['amazon-2014-5core', 'Sports_and_Outdoors.txt.gz'], 0.0349, 0.0212, false],
    [['ml-1m', 'ml-1m.sas-sequences.txt.gz'], 0.2626, 0.1506, false],
  ]
  it.for(published)('%s: HR@10 %d, NDCG@10 %d within .0005', async ([path, hr, ndcg, quick], { skip }) => {
    const file = besideRepository('data', ...path)
    if (!file) return skip('not beside the repository')
    if (!quick && !process.env.VITRINE_SOAK) return skip('one of the longer ones: npm run soak')
    const options = { protocol: 'leave-one-out', models: ['rules'], preset: PRESETS.tiny, seeds: ['1'] } as const
    const { models } = await evaluateModels(await loadHistories(file), options)
    expect(Math.abs((models.rules?.['hr@10'] ?? 0) - hr)).toBeLessThanOrEqual(0.0005)
    expect(Math.abs((models.rules?.['ndcg@10'] ?? 0) - ndcg)).toBeLessThanOrEqual(0.0005)
    expect(models.rules?.['mrr@10']).toBeLessThanOrEqual(models.rules?.['ndcg@10'] ?? 0)
    expect(models.rules?.['recall@10']).toBe(models.rules?.['hr@10'])
  })
})

describe('splits', () => {
  it('by time train before the first date, tune up to the second and test after it', () => {
    const random = seeded('split')
    const shoppers: Step[][] = Array.from({ length: 40 }, () => {
      let time = 0
      return Array.from({ length: 25 }, () => ({
        item: random.int(9),
        action: BUY,
        time: (time += random.int(86_400_000)),
      }))
    })
    const h = historiesOf(shoppers, 9)
    const { train, validation, test } = split(h, 'time-split')
    const lastTrained = Math.max(...h.shoppers.flatMap((_, s) => (train[s] > h.start[s] ? [h.time[train[s] - 1]] : [])))
    const times = (queries: typeof test) => queries.map(({ time }) => time)
    expect(lastTrained).toBeLessThan(Math.min(...times(validation)))
    expect(Math.max(...times(validation))).toBeLessThan(Math.min(...times(test)))
    expect(visitQueries(h, 0, Number.POSITIVE_INFINITY).length).toBeGreaterThan(validation.length + test.length)
  })

  it('leave-one-out train on neither the test nor the validation item', () => {
    const h = historiesOf([viewsOf(1, 2, 3, 4), viewsOf(5, 6, 7)], 9)
    const { train, validation, test } = split(h, 'leave-one-out')
    expect([...itemSequences(h, train)].map((items) => [...items])).toEqual([[1, 2], [5]])
    expect(validation.map(({ relevant }) => [...relevant])).toEqual([[3], [6]])
    expect(test.map(({ relevant, items }) => [[...items], [...relevant]])).toEqual([
      [[1, 2, 3], [4]],
      [[5, 6], [7]],
    ])
  })

  it('that leave nothing to ask are refused with the remedy', () => {
    expect(() => split(historiesOf([viewsOf(1)], 3), 'leave-one-out')).toThrow(/0 validation and 0 test queries/)
    expect(() => split(historiesOf([viewsOf(1, 2, 1)], 3), 'time-split')).toThrow(/has no times/)
    const oneMoment = historiesOf(
      [
        [
          { item: 1, time: 5 },
          { item: 2, time: 5 },
        ],
      ],
      3,
    )
    expect(() => split(oneMoment, 'time-split')).toThrow(/queries are left by this split/)
  })
})

it('rules do not depend on how items are numbered', () => {
  const random = seeded('numbers')
  const sequences = Array.from({ length: 150 }, () =>
    Array.from({ length: 8 }, () => Math.floor(random.next() ** 2 * 60)),
  )
  const renumbered = random.shuffle(Int32Array.from({ length: 60 }, (_, n) => n))
  const ndcgOf = (numbered: number[][]) => {
    const h = historiesOf(
      numbered.map((items) => viewsOf(...items)),
      60,
    )
    const { train, test } = split(h, 'leave-one-out')
    return meanMetrics(rulesScorer(countRules(itemSequences(h, train), 60)), test, 60).ndcg
  }
  const before = ndcgOf(sequences)
  expect(before).toBeGreaterThan(0.1)
  expect(Math.abs(ndcgOf(sequences.map((items) => items.map((item) => renumbered[item]))) - before)).toBeLessThan(0.01)
})
