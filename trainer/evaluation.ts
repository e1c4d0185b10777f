/** Trains and measures the models of one split: what `vitrine evaluate` prints. */

import type { CompiledModel } from '../shared/model/compile.ts'
import type { BlendWeights } from '../shared/model/rank.ts'
import { buyAgainScorer, popularityCounts, popularityScorer, rulesScorer, type Scorer } from './baselines.ts'
import { blendScorer, fitBlend } from './blend.ts'
import type { Histories } from './datasets/histories.ts'
import {
  askAll,
  type Interval,
  listMetrics,
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

export const MODEL_NAMES = ['popularity', 'buy-again', 'rules', 'network', 'blend'] as const
export type ModelName = (typeof MODEL_NAMES)[number]

export interface ModelReport {
  'hr@10': number
  'ndcg@10': number
  'mrr@10': number
  'recall@10': number
  'coverage@10': number
  'diversity@10': number
  'novelty@10': number
}

export interface Comparison {
  a: ModelName
  b: ModelName
  metric: 'ndcg@10'
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
  /** The blend against the best single model, and each network against the best that only counts. */
  comparisons: Comparison[]
  /** A seed each; where repeats are left out, once more for those. */
  blend_weights?: BlendWeights[]
}

export interface EvaluationOptions {
  protocol: ProtocolName
  models: readonly ModelName[]
  preset: Preset
  seeds: readonly string[]
  onProgress?: (progress: TrainProgress) => void
}

export async function evaluateModels(h: Histories, options: EvaluationOptions): Promise<Evaluation> {
  const { protocol, models, seeds, preset, onProgress } = options
  const found = split(h, protocol)
  const tuning = sampleQueries(found.validation, TUNING_QUERIES, 'tuning')
  const networks: CompiledModel[] = []
  if (models.includes('network') || models.includes('blend')) {
    for (const seed of seeds)
      networks.push((await train(h, found.train, tuning, { preset, seed, onProgress })).compiled)
  }
  const counting = countingScorers(h, found).filter(([name]) => models.includes(name))
  const weights: BlendWeights[] = []
  /** @param tuned what the blend is fitted on: the same kind of question that it is then asked */
  const measureOn = (queries: Query[], tuned: Query[]) => {
    const scorers = new Map<ModelName, Scorer[]>(counting.map(([name, scorer]) => [name, [scorer]]))
    if (models.includes('network'))
      scorers.set(
        'network',
        networks.map((network) => networkScorer(network, h.queries)),
      )
    if (models.includes('blend')) {
      const blends = networks.map((network) => {
        const at = modelsAt(h, found.train, network)
        const fitted = fitBlend(at, tuned, h.queries)
        weights.push(fitted.weights)
        return blendScorer(at, h.queries, fitted.weights, h.items.length)
      })
      scorers.set('blend', blends)
    }
    return measure(h, found, queries, scorers)
  }
  const whole = measureOn(found.test, found.validation)
  const evaluation: Evaluation = {
    dataset: h.name,
    simulated: h.simulated,
    protocol,
    split: found.description,
    seeds: [...seeds],
    queries: found.test.length,
    models: whole.reports,
    comparisons: compare(whole.metrics, found.test, true),
  }
  if (protocol === 'time-split') {
    const fresh = withoutRepeats(found.test)
    const measured = measureOn(fresh, withoutRepeats(found.validation))
    evaluation.without_repeats = { queries: fresh.length, models: measured.reports }
    evaluation.comparisons.push(...compare(measured.metrics, fresh, false))
  }
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
function measure(h: Histories, { train: ends }: Split, queries: Query[], scorers: Map<ModelName, Scorer[]>) {
  const reports: Partial<Record<ModelName, ModelReport>> = {}
  const metrics = new Map<ModelName, Float64Array>()
  for (const [name, ofSeeds] of scorers) {
    const asked = ofSeeds.map((scorer) => askAll(scorer, queries, h.items.length))
    const perSeed = asked.map((result) => reportOf(result, h, ends))
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

function reportOf(result: QueryMetrics, h: Histories, ends: Uint32Array): ModelReport {
  const { hr, ndcg, mrr, recall } = meansOf(result)
  const { coverage, diversity, novelty } = listMetrics(result.lists, h, ends)
  return {
    'hr@10': hr,
    'ndcg@10': ndcg,
    'mrr@10': mrr,
    'recall@10': recall,
    'coverage@10': coverage,
    'diversity@10': diversity,
    'novelty@10': novelty,
  }
}

function compare(metrics: Map<ModelName, Float64Array>, queries: Query[], repeats: boolean): Comparison[] {
  const shoppers = queries.map((query) => query.shopper)
  const mean = (name: ModelName) => {
    const values = metrics.get(name) as Float64Array
    return values.reduce((sum, value) => sum + value, 0) / values.length
  }
  const best = (names: ModelName[]) => names.filter((name) => metrics.has(name)).sort((a, b) => mean(b) - mean(a))[0]
  const pairs: [ModelName, ModelName | undefined][] = [
    ['blend', best(['popularity', 'buy-again', 'rules', 'network'])],
    ['network', best(['popularity', 'buy-again', 'rules'])],
  ]
  return pairs.flatMap(([a, b]) => {
    const [first, second] = [metrics.get(a), b && metrics.get(b)]
    if (!first || !second || !b) return []
    return [{ a, b, metric: 'ndcg@10', repeats, interval: pairedInterval(first, second, shoppers) } as const]
  })
}
