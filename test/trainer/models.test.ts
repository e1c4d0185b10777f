/**
 * One suite over all models: a checkerboard, whose right answer is known by construction. Even shoppers want even items
 * and odd shoppers odd ones, so whatever a model learns from, its list has the shopper's own colour.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { BUY } from '../../shared/data/sequence.ts'
import type { BlendWeights } from '../../shared/model/rank.ts'
import { CASER_SETTINGS, caser } from '../../trainer/baselines/caser.ts'
import { FAMILY_NAMES, trainFamilies } from '../../trainer/baselines/families.ts'
import { GRU_SETTINGS, gru } from '../../trainer/baselines/gru.ts'
import { trainSequenceNetwork } from '../../trainer/baselines/sequence-network.ts'
import {
  buyAgainScorer,
  popularityCounts,
  popularityScorer,
  rulesScorer,
  type Scorer,
} from '../../trainer/baselines.ts'
import { endsWithoutLast } from '../../trainer/batches.ts'
import { blendScorer, fitBlend, type ModelsAt, SINGLE } from '../../trainer/blend.ts'
import { askAll, meanMetrics, networkScorer, wantedEvents } from '../../trainer/evaluate.ts'
import type { Preset } from '../../trainer/presets.ts'
import { split } from '../../trainer/protocol.ts'
import { leaveOneOut, type Query } from '../../trainer/queries.ts'
import { modelsAt } from '../../trainer/ranking.ts'
import { train } from '../../trainer/train.ts'
import { historiesOf } from './small-histories.ts'

const ITEMS = 40
const DAY = 86_400_000
const PRESET: Preset = {
  width: 16,
  blocks: 1,
  heads: 2,
  window: 8,
  hidden: 16,
  negatives: 512,
  batchTokens: 512,
  learningRate: 0.01,
  dropout: 0.1,
  idDropout: 0.1,
  epochs: 15,
}

const NETWORKS = [
  [gru, GRU_SETTINGS],
  [caser, CASER_SETTINGS],
] as const
const COUNTED = FAMILY_NAMES.filter((name) => !NETWORKS.some(([{ name: own }]) => own === name))

const random = seeded('checkerboard')
const h = historiesOf(
  Array.from({ length: 120 }, (_, shopper) => {
    const start = random.int(300) * DAY
    // 7 items of the own colour, each bought twice.
    const own = random.shuffle(Array.from({ length: ITEMS / 2 }, (_, n) => 2 * n + (shopper % 2))).slice(0, 7)
    return random.shuffle([...own, ...own]).map((item, step) => ({ item, action: BUY, time: start + step * DAY }))
  }),
  ITEMS,
)
const ends = endsWithoutLast(h, 2)
const queries: Query[] = leaveOneOut(h, 1).map((query) => ({ ...query, excluded: new Set() }))
const tuning: Query[] = leaveOneOut(h, 2).map((query) => ({ ...query, excluded: new Set() }))

let at: ModelsAt
let fitted: { weights: BlendWeights; ndcg: number }
const scorers: Record<string, Scorer> = {}

beforeAll(async () => {
  const { compiled } = await train(h, ends, tuning.slice(0, 40), { preset: PRESET, seed: 1 })
  at = modelsAt(h, ends, compiled)
  fitted = fitBlend(at, tuning, h.queries)
  scorers.rules = rulesScorer(at(0).rules.next)
  scorers['buy again'] = buyAgainScorer(ITEMS)
  scorers.network = networkScorer(compiled, h.queries)
  scorers.blend = blendScorer(at, h.queries, fitted.weights, ITEMS)
  const families = await trainFamilies(h, split(h, 'leave-one-out'), tuning.slice(0, 40), COUNTED, { seeds: ['1'] })
  for (const [name, [ranker]] of families) scorers[name] = ranker(queries)
  for (const [encoder, settings] of NETWORKS) {
    const smaller = { ...settings, length: 12, epochs: 15 }
    const { ranker } = await trainSequenceNetwork(h, ends, tuning.slice(0, 40), encoder, smaller, { seed: 1 })
    scorers[encoder.name] = ranker(queries)
  }
  scorers.popularity = popularityScorer(popularityCounts(wantedEvents(h, ends), ITEMS, undefined), ITEMS)
})

/** Share of the first five that have the shopper's colour. */
function ownColour(scorer: Scorer): number {
  const lists = askAll(scorer, queries, ITEMS).lists.map((list) => list.slice(0, 5))
  const right = lists.map((list, n) => list.filter((item) => item % 2 === queries[n].shopper % 2).length)
  return right.reduce((sum, count) => sum + count, 0) / (5 * lists.length)
}

describe('on a checkerboard', () => {
  it.each(['rules', 'buy again', 'network', 'blend', ...FAMILY_NAMES])('%s lists the shopper’s own colour', (name) => {
    const learned = ['network', 'gru', 'cnn'].includes(name)
    expect(ownColour(scorers[name])).toBeGreaterThan(learned ? 0.97 : 0.999)
  })

  it('popularity, the same for everyone, is right half of the time', () => {
    expect(ownColour(scorers.popularity)).toBeCloseTo(0.5, 1)
  })
})

describe('the blend', () => {
  it('is never below one of its models on the queries that it was fitted on', () => {
    const ndcgOf = (weights: BlendWeights) =>
      meanMetrics(blendScorer(at, h.queries, weights, ITEMS), tuning, ITEMS).ndcg
    const blended = ndcgOf(fitted.weights)
    expect(fitted.ndcg).toBeCloseTo(blended, 2)
    for (const [name, weights] of Object.entries(SINGLE))
      expect(blended, name).toBeGreaterThanOrEqual(ndcgOf(weights) - 1e-9)
  })

  it('of one model is that model', () => {
    const list = (scorer: Scorer) => askAll(scorer, queries.slice(0, 30), ITEMS).lists
    expect(list(blendScorer(at, h.queries, SINGLE.network, ITEMS))).toEqual(list(scorers.network))
    expect(list(blendScorer(at, h.queries, SINGLE.rules, ITEMS))).toEqual(list(scorers.rules))
  })

  it('gives a model that knows nothing no weight', () => {
    // Popularity at random; buying again decides.
    const nobody: ModelsAt = (time) => ({ ...at(time), network: undefined })
    const { weights } = fitBlend(nobody, tuning, h.queries)
    expect(weights.network).toBe(0)
    expect(weights.rules + weights.buyAgain).toBeGreaterThan(weights.popularity)
  })

  it('fitted on nothing is one of its models', () => {
    expect(Object.values(SINGLE)).toContainEqual(fitBlend(at, [], h.queries).weights)
  })
})

describe('popularity', () => {
  const day = (n: number) => n * DAY + DAY / 2
  const events = [0, 0, 1, 7, 8].map((n, at) => ({ item: at % 2, time: day(n) }))

  it('counts the days before the midnight before the moment', () => {
    const counts = popularityCounts(events, 2, 7)
    expect([...counts(day(0))]).toEqual([0, 0])
    expect([...counts(day(1))]).toEqual([1, 1])
    expect([...counts(day(7))]).toEqual([2, 1])
    expect([...counts(day(8))]).toEqual([1, 1]) // day 0 is over, day 8 is not
    expect([...counts(9 * DAY)]).toEqual([1, 1])
  })

  it('never counts what comes later', () => {
    for (let hour = 0; hour < 240; hour++) {
      const time = hour * 3_600_000
      const known = events.filter((event) => event.time < time).length
      expect(popularityCounts(events, 2, 30)(time).reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(known)
    }
  })
})
