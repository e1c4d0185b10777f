/** Trains and measures the models of one split: what `vitrine evaluate` prints. */

import type { CompiledModel } from '../shared/model/compile.ts'
import type { BlendWeights } from '../shared/model/rank.ts'
import { FAMILY_NAMES, isFamily, trainFamilies } from './baselines/families.ts'
import { buyAgainScorer, popularityCounts, popularityScorer, rulesScorer, type Scorer } from './baselines.ts'
import { blendScorer, fitBlend } from './blend.ts'
import type { Histories } from './datasets/histories.ts'
import type { TestFileReport } from './datasets/session-benchmark.ts'
import {
  askAll,
  type Interval,
  type ListMetrics,
  listMetrics,
  type Means,
  meansOf,
  networkScorer,
  pairedInterval,
  type QueryMetrics,
  wantedEvents,
} from './evaluate.ts'
import { type ProtocolName, type Split, split } from './protocol.ts'
import { type Query, sampleQueries, withoutRepeats } from './queries.ts'
import { type Preset, type TrainProgress, train } from './train.ts'
import { modelsAt, POPULARITY_DAYS, TUNING_QUERIES } from './train-run.ts'

export const MODEL_NAMES = ['popularity', 'buy-again', 'rules', ...FAMILY_NAMES, 'network', 'blend'] as const
export type ModelName = (typeof MODEL_NAMES)[number]

/** At the length of the protocol's lists: 10, or 20 for sessions. */
export type ModelReport = Record<`${keyof Means | keyof ListMetrics}@${number}`, number>

export interface Comparison {
  a: ModelName
  b: ModelName
  metric: `ndcg@${number}`
  /** Whether items bought before count. */
  repeats: boolean
  interval: Interval
}

export interface Evaluation {
  dataset: string
  simulated: boolean
  protocol: ProtocolName
  split: string
  seeds: string[]
  queries: number
  models: Partial<Record<ModelName, ModelReport>>
  without_repeats?: { queries: number; models: Partial<Record<ModelName, ModelReport>> }
  /** What a benchmark's own test file held. */
  test_file?: TestFileReport
  /** The blend against the best single model, the network against the best other, and each family against the rules. */
  comparisons: Comparison[]
  /** A seed each; where repeats are left out, once more for those. */
  blend_weights?: BlendWeights[]
}

export interface EvaluationOptions {
  protocol: ProtocolName
  models: readonly ModelName[]
  preset: Preset
  seeds: readonly string[]
  /** Of each training; see `TrainOptions`. */
  maxSeconds?: number
  onProgress?: (progress: TrainProgress) => void
}

export async function evaluateModels(h: Histories, options: EvaluationOptions): Promise<Evaluation> {
  const { protocol, models, seeds, preset, maxSeconds, onProgress } = options
  const found = split(h, protocol)
  const tuning = sampleQueries(found.validation, TUNING_QUERIES, 'tuning')
  const whole = { ...found, train: found.refit ?? found.train }
  const networks: { tuned: CompiledModel; asked: CompiledModel }[] = []
  if (models.includes('network') || models.includes('blend')) {
    for (const seed of seeds) {
      const { compiled, best } = await train(h, found.train, tuning, { preset, seed, maxSeconds, onProgress })
      // As many passes again, now over what validated as well: nothing is left to stop by.
      const again = { ...preset, epochs: best.epoch, patience: best.epoch }
      const refit =
        found.refit && (await train(h, found.refit, tuning, { preset: again, seed, maxSeconds, onProgress }))
      networks.push({ tuned: compiled, asked: (refit ?? { compiled }).compiled })
    }
  }
  const families = await trainFamilies(h, found, tuning, models.filter(isFamily), { seeds, maxSeconds, onProgress })
  const counting = countingScorers(h, whole).filter(([name]) => models.includes(name))
  const weights: BlendWeights[] = []
  /** @param tuned what the blend is fitted on: the same kind of question that it is then asked */
  const measureOn = (queries: Query[], tuned: Query[]) => {
    const scorers = new Map<ModelName, Scorer[]>(counting.map(([name, scorer]) => [name, [scorer]]))
    if (models.includes('network'))
      scorers.set(
        'network',
        networks.map(({ asked }) => networkScorer(asked, h.queries)),
      )
    for (const [name, rankers] of families)
      scorers.set(
        name,
        rankers.map((ranker) => ranker(queries)),
      )
    if (models.includes('blend')) {
      const blends = networks.map((network) => {
        const at = modelsAt(h, found.train, network.tuned)
        const fitted = fitBlend(at, tuned, h.queries, found.k)
        weights.push(fitted.weights)
        const atTest = found.refit ? modelsAt(h, found.refit, network.asked) : at
        return blendScorer(atTest, h.queries, fitted.weights, h.items.length)
      })
      scorers.set('blend', blends)
    }
    return measure(h, whole, queries, scorers)
  }
  const measured = measureOn(found.test, found.validation)
  const evaluation: Evaluation = {
    dataset: h.name,
    simulated: h.simulated,
    protocol,
    split: found.description,
    seeds: [...seeds],
    queries: found.test.length,
    models: measured.reports,
    comparisons: compare(measured.metrics, found, found.test, true),
  }
  if (protocol === 'time-split') {
    const fresh = withoutRepeats(found.test)
    const measured = measureOn(fresh, withoutRepeats(found.validation))
    evaluation.without_repeats = { queries: fresh.length, models: measured.reports }
    evaluation.comparisons.push(...compare(measured.metrics, found, fresh, false))
  }
  if (protocol === 'sessions') evaluation.test_file = h.test?.report
  if (weights.length > 0) evaluation.blend_weights = weights
  return evaluation
}

function countingScorers(h: Histories, { train: ends }: Split): [ModelName, Scorer][] {
  const V = h.items.length
  const counts = h.timed
    ? popularityCounts(wantedEvents(h, h.start.slice(1)), V, POPULARITY_DAYS)
    : popularityCounts(wantedEvents(h, ends), V, undefined)
  return [
    ['popularity', popularityScorer(counts, V)],
    ['buy-again', buyAgainScorer(V)],
    ['rules', rulesScorer(modelsAt(h, ends)(0).rules.next)],
  ]
}

/** Means over queries; where there are several seeds, over those too. */
function measure(h: Histories, { train: ends, k }: Split, queries: Query[], scorers: Map<ModelName, Scorer[]>) {
  const reports: Partial<Record<ModelName, ModelReport>> = {}
  const metrics = new Map<ModelName, Float64Array>()
  for (const [name, ofSeeds] of scorers) {
    const asked = ofSeeds.map((scorer) => askAll(scorer, queries, h.items.length, k))
    const perSeed = asked.map((result) => reportOf(result, h, ends, k))
    const mean = { ...perSeed[0] }
    for (const key of Object.keys(mean) as (keyof ModelReport)[]) {
      mean[key] = perSeed.reduce((sum, report) => sum + report[key], 0) / perSeed.length
    }
    reports[name] = mean
    metrics.set(
      name,
      asked[0].ndcg.map((_, at) => asked.reduce((sum, { ndcg }) => sum + ndcg[at], 0) / asked.length),
    )
  }
  return { reports, metrics }
}

function reportOf(result: QueryMetrics, h: Histories, ends: Uint32Array, k: number): ModelReport {
  const measures = { ...meansOf(result), ...listMetrics(result.lists, h, ends) }
  return Object.fromEntries(Object.entries(measures).map(([name, value]) => [`${name}@${k}`, value]))
}

function compare(
  metrics: Map<ModelName, Float64Array>,
  { k }: Split,
  queries: Query[],
  repeats: boolean,
): Comparison[] {
  const shoppers = queries.map((query) => query.shopper)
  const mean = (name: ModelName) => {
    const values = metrics.get(name) as Float64Array
    return values.reduce((sum, value) => sum + value, 0) / values.length
  }
  const best = (names: ModelName[]) => names.filter((name) => metrics.has(name)).sort((a, b) => mean(b) - mean(a))[0]
  const pairs: [ModelName, ModelName | undefined][] = [
    ['blend', best(MODEL_NAMES.filter((name) => name !== 'blend'))],
    ['network', best(MODEL_NAMES.filter((name) => name !== 'blend' && name !== 'network'))],
    ...FAMILY_NAMES.map((family): [ModelName, ModelName] => [family, 'rules']),
  ]
  return pairs.flatMap(([a, b]) => {
    const [first, second] = [metrics.get(a), b && metrics.get(b)]
    if (!first || !second || !b) return []
    return [{ a, b, metric: `ndcg@${k}`, repeats, interval: pairedInterval(first, second, shoppers) } as const]
  })
}
