/**
 * A checkerboard: even shoppers want even items, odd shoppers odd ones. How often each item is wanted, and so which slice
 * it is in, is fixed by construction.
 *
 *     items  0 …  3   popular: wanted 20 times each
 *     items  4 … 13   wanted 6 times each
 *     items 14 … 17   cold: wanted 2 times each
 *     items 18, 19    never wanted
 */
import { describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import type { Scorer } from '../../trainer/baselines.ts'
import { calibrationCounter } from '../../trainer/calibration.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import { askAll } from '../../trainer/evaluate.ts'
import { evaluateModels } from '../../trainer/evaluation.ts'
import { exposureOf, itemPopularity, midRanks } from '../../trainer/exposure.ts'
import { PRESETS } from '../../trainer/presets.ts'
import type { Query } from '../../trainer/queries.ts'
import { sliceReports } from '../../trainer/slices.ts'
import { historiesOf, viewsOf } from './small-histories.ts'

const ITEMS = 20
const wantedTimes = (item: number) => (item < 4 ? 20 : item < 14 ? 6 : item < 18 ? 2 : 0)
/** Brand A has the popular items, B the next ten, and C … H one of the rest each. */
const brandOf = (item: number) => (item < 4 ? 'A' : item < 14 ? 'B' : 'CDEFGH'[item - 14])

function checkerboard(): Histories {
  const shoppers: number[][] = Array.from({ length: 40 }, () => [])
  for (let item = 0; item < ITEMS; item++)
    for (let n = 0; n < wantedTimes(item); n++) shoppers[(2 * n + (item % 2)) % 40].push(item)
  const h = historiesOf(
    shoppers.map((items) => viewsOf(...items)),
    ITEMS,
  )
  for (const [item, product] of h.items.entries()) product.brand = brandOf(item)
  return h
}

const query = (shopper: number, tokens: number, ...relevant: number[]): Query => ({
  shopper,
  items: Int32Array.from({ length: tokens }, () => shopper % 2),
  actions: new Uint8Array(tokens),
  times: new Float64Array(tokens),
  time: 0,
  relevant: new Set(relevant),
  excluded: new Set(),
})
/** Popular; middling; two cold ones; unseen and popular. */
const queries = [query(0, 0, 2), query(1, 3, 5), query(2, 5, 14, 16), query(3, 6, 19, 1), query(4, 40, 4)]

const h = checkerboard()
const popularity = itemPopularity(h, h.start.slice(1))
/** The shopper's colour, popular first: 0 2 4 6 8 10 12 14 16 18, or 1 3 5 …. */
const colour: Scorer = ({ shopper }, scores) => {
  for (let item = 0; item < ITEMS; item++) scores[item] = item % 2 === shopper % 2 ? 100 - item : -item
}
/** Nothing but the four popular ones, always in the same order. */
const onlyPopular: Scorer = (_, scores) => {
  scores.fill(Number.NEGATIVE_INFINITY)
  for (let item = 0; item < 4; item++) scores[item] = -item
}
const asked = new Map([
  ['blend', [askAll(colour, queries, ITEMS)]],
  ['rules', [askAll(onlyPopular, queries, ITEMS)]],
])
const at = (place: number) => 1 / Math.log2(place + 1)

describe('slices of a checkerboard', () => {
  const slices = new Map(
    sliceReports(
      asked,
      queries,
      popularity,
      [
        ['blend', 'rules'],
        ['blend', 'network'],
      ],
      10,
    ).map((row) => [row.slice, row]),
  )
  const sizes = (name: string) => [slices.get(name)?.queries, slices.get(name)?.wanted]
  const ndcg = (name: string, model: string) => slices.get(name)?.models[model]['ndcg@10']

  it('have the queries and the wanted items that were put there', () => {
    expect(h.items.map((_, item) => popularity.counts[item])).toEqual(h.items.map((_, item) => wantedTimes(item)))
    expect(h.items.map((_, item) => popularity.isPopular(item))).toEqual(h.items.map((_, item) => item < 4))
    expect(sizes('popular')).toEqual([2, 2])
    expect(sizes('long-tail')).toEqual([4, 5])
    expect(sizes('cold')).toEqual([2, 3])
    expect(sizes('unseen')).toEqual([1, 1])
    expect(sizes('new-shoppers')).toEqual([1, 1])
    expect(sizes('short')).toEqual([2, 3])
    expect(sizes('long')).toEqual([2, 3])
  })

  it('measure each list by what of it is in the slice, worked out by hand', () => {
    // Item 2 is second of the even ones; item 1 first of the odd ones; 14 and 16 are eighth and ninth; 19 is tenth.
    const cold = (at(8) + at(9)) / (at(1) + at(2))
    expect(ndcg('popular', 'blend')).toBeCloseTo((at(2) + at(1)) / 2, 12)
    expect(ndcg('cold', 'blend')).toBeCloseTo((cold + at(10)) / 2, 12)
    expect(ndcg('unseen', 'blend')).toBeCloseTo(at(10), 12)
    expect(ndcg('long-tail', 'blend')).toBeCloseTo((at(3) + cold + at(10) + at(3)) / 4, 12)
    expect(ndcg('new-shoppers', 'blend')).toBeCloseTo(at(2), 12)
    expect(ndcg('short', 'blend')).toBeCloseTo((at(3) + cold) / 2, 12)
    // Listed 0 1 2 3, whatever the colour.
    expect(ndcg('popular', 'rules')).toBeCloseTo((at(3) + at(2)) / 2, 12)
    expect(ndcg('long-tail', 'rules')).toBe(0)
    expect(slices.get('cold')?.models.blend['hr@10']).toBe(1)
  })

  it('compare the blend with each part that was measured, query by query', () => {
    const row = slices.get('unseen')
    expect(row?.comparisons).toEqual([
      { a: 'blend', b: 'rules', interval: { mean: at(10), low: at(10), high: at(10) } },
    ])
  })
})

describe('who is shown', () => {
  const lists = new Map([...asked].map(([name, [{ lists }]]) => [name, lists]))
  const { groups, popularity: bias } = exposureOf(lists, queries, h, popularity)
  const group = (name: string) => groups.find((found) => found.group === name)

  it('by share of places, of the catalogue and of what was wanted', () => {
    // Of ten listed items of a colour two are popular; cold are 14 16 18, or 15 17 19.
    expect(group('long-tail')).toMatchObject({ members: 16, catalogue: 0.8, listed: { blend: 0.8, rules: 0 } })
    expect(group('long-tail')?.wanted).toBeCloseTo(5 / 7, 12)
    expect(group('cold')).toMatchObject({ members: 6, catalogue: 0.3, wanted: 3 / 7 })
    expect(group('cold')?.listed.blend).toBeCloseTo(0.3, 12)
  })

  it('brands of few products or little wanted are small; the largest fifth are not', () => {
    // Of 8 brands A (80 acts) and B (60) are the most wanted two, B (10 products) and A (4) the broadest.
    // midRank of A is 7.5/8 and of B 6.5/8, both above .8.
    for (const name of ['small-brands', 'narrow-brands']) {
      expect(group(name)).toMatchObject({ members: 6, catalogue: 6 / 20, wanted: 3 / 7 })
    }
    const unbranded = { ...h, items: h.items.map(({ brand: _, ...product }) => product) }
    expect(exposureOf(lists, queries, unbranded, popularity).groups.map((found) => found.group)).toEqual([
      'long-tail',
      'cold',
    ])
  })

  it('popularity bias is the mean percentile of what is listed beside that of what is wanted', () => {
    // Percentiles: popular .9, middling .55, cold .2, unseen .05
    expect(bias.wanted).toBeCloseTo((0.9 + 0.55 + 0.2 + 0.2 + 0.05 + 0.9 + 0.55) / 7, 12)
    expect(bias.listed.rules).toBeCloseTo(0.9, 12)
    expect(bias.listed.blend).toBeCloseTo((2 * 0.9 + 5 * 0.55 + 2 * 0.2 + 0.05) / 10, 12)
  })

  it('equal counts have equal percentiles, however items are numbered', () => {
    expect([...midRanks([3, 1, 3, 3])]).toEqual([0.625, 0.125, 0.625, 0.625])
    expect([...midRanks([7])]).toEqual([0.5])
    expect([...midRanks([])]).toEqual([])
  })
})

describe('calibration', () => {
  /** Asks n questions of two items whose logit is the log-odds of `said`, and which come true with `really`. */
  function measure(n: number, said: (share: number) => number, really: (share: number) => number) {
    const random = seeded('calibration')
    const counter = calibrationCounter(10)
    for (let i = 0; i < n; i++) {
      const share = 0.55 + 0.4 * random.next()
      const scores = Float32Array.of(Math.log(said(share) / (1 - said(share))), 0, Number.NEGATIVE_INFINITY)
      counter.add({ ...query(i, 1), relevant: new Set([random.next() < really(share) ? 0 : 1]) }, scores, [0, 1])
    }
    return counter.finish()
  }

  it('of probabilities that come true is near 0, in every bin', () => {
    const [top1, top10] = measure(
      20_000,
      (p) => p,
      (p) => p,
    )
    expect(top1.k).toBe(1)
    expect(top1.ece).toBeLessThan(0.015)
    expect(top1.bins).toHaveLength(10)
    for (const { confidence, outcome, queries } of top1.bins) {
      expect(queries).toBe(2000)
      expect(Math.abs(confidence - outcome)).toBeLessThan(0.04)
    }
    // Both items are on the list, and one of them is it.
    expect(top10.bins.every(({ outcome }) => outcome === 1)).toBe(true)
    expect(top10.ece).toBeCloseTo(0, 6)
  })

  it('of a model that says 20 points too much is .2', () => {
    const [top1] = measure(
      20_000,
      (p) => p,
      (p) => p - 0.2,
    )
    expect(top1.ece).toBeCloseTo(0.2, 1)
    expect(Math.abs(top1.ece - 0.2)).toBeLessThan(0.015)
  })

  it('keeps answers of one confidence in one bin, and takes the share of several wanted items', () => {
    const counter = calibrationCounter(10)
    for (let i = 0; i < 7; i++) counter.add(query(i, 0, 0, 3), Float32Array.of(1, 1, 0, 0), [0, 1, 2, 3])
    const [top1] = counter.finish()
    expect(top1.bins).toMatchObject([{ queries: 7, outcome: 0.5 }])
    expect(top1.bins[0].confidence).toBeCloseTo(Math.E / (2 * Math.E + 2), 6)
    expect(top1.ece).toBeCloseTo(0.5 - Math.E / (2 * Math.E + 2), 6)
    expect(calibrationCounter(10).finish()).toEqual([
      { k: 1, ece: 0, bins: [] },
      { k: 10, ece: 0, bins: [] },
    ])
  })
})

it('an evaluation has slices, intervals and the blend against each part, a seed each', async () => {
  const random = seeded('pairs')
  const pairs = historiesOf(
    Array.from({ length: 60 }, () => viewsOf(...[0, 1, 2, 3, 4].map((n) => 2 * random.int(6) + (n % 2)))),
    12,
  )
  const preset = { ...PRESETS.tiny, width: 8, hidden: 8, window: 4, epochs: 1 }
  const models = ['popularity', 'rules', 'network', 'blend'] as const
  const found = await evaluateModels(pairs, { protocol: 'leave-one-out', models, preset, seeds: ['1', '2'] })
  const named = found.comparisons.map(({ a, b, seed }) => `${a} − ${b} ${seed ?? 'all'}`)
  for (const part of ['network', 'rules'])
    for (const seed of ['1', '2', 'all']) expect(named).toContain(`blend − ${part} ${seed}`)
  expect(new Set(named).size).toBe(named.length)
  for (const name of models) {
    const { low, high, mean } = found.intervals[name]
    expect(mean).toBeCloseTo(found.models[name]?.['ndcg@10'] ?? Number.NaN, 12)
    expect(low).toBeLessThanOrEqual(mean)
    expect(high).toBeGreaterThanOrEqual(mean)
  }
  const ofShoppers = found.slices.filter(({ slice }) => ['new-shoppers', 'short', 'long'].includes(slice))
  expect(ofShoppers.reduce((sum, { queries }) => sum + queries, 0)).toBe(found.queries)
  expect(found.calibration.map(({ seed, k }) => [seed, k])).toEqual([
    ['1', 1],
    ['1', 10],
    ['2', 1],
    ['2', 10],
  ])
})
