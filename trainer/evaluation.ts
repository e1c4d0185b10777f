/** Trains and measures the models of one split: what `vitrine evaluate` prints. */
import { join } from 'node:path'
import type { CompiledModel } from '../shared/model/compile.ts'
import { withKernel } from '../shared/model/kernel.ts'
import type { BlendWeights } from '../shared/model/rank.ts'
import { FAMILY_NAMES, isFamily, trainFamilies } from './baselines/families.ts'
import { buyAgainScorer, popularityCounts, popularityScorer, rulesScorer, type Scorer } from './baselines.ts'
import type { TrainingEnds } from './batches.ts'
import { blendScorer } from './blend.ts'
import { type Calibration, calibrationCounter } from './calibration.ts'
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
import { type Exposure, exposureOf, itemPopularity } from './exposure.ts'
import { kernel } from './kernel.ts'
import { countedRules } from './next-rules.ts'
import type { Preset } from './presets.ts'
import { type ProtocolName, type Split, split } from './protocol.ts'
import { type Query, sampleQueries, withoutRepeats } from './queries.ts'
import { fitRanking, modelsAt, POPULARITY_DAYS, type Ranking } from './ranking.ts'
import { type SliceReport, sliceReports } from './slices.ts'
import { measureTables, type TableName, type TableReport } from './tables.ts'
import { type Trained, type TrainProgress, train } from './train.ts'
import { TUNING_QUERIES } from './train-run.ts'

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
  /** Of the network; absent: means over all seeds. */
  seed?: string
  interval: Interval
}

/** What was found out on one set of queries. */
export interface Measured {
  queries: number
  models: Partial<Record<ModelName, ModelReport>>
  /** Of each model's NDCG, a mean over seeds. */
  intervals: Record<string, Interval>
  slices: SliceReport[]
  exposure: Exposure
  /** Of the network, by seed and number of places. */
  calibration: (Calibration & { seed: string })[]
}

export interface Evaluation extends Measured {
  dataset: string
  simulated: boolean
  protocol: ProtocolName
  split: string
  seeds: string[]
  /** Length of the lists: the 10 of "ndcg@10". */
  k: number
  without_repeats?: Measured
  /** Models that learned from everything before the test, with as many passes and the weights that validation gave. */
  refitted?: Measured & { comparisons: Comparison[] }
  /** What a benchmark's own test file held. */
  test_file?: TestFileReport
  /**
   * The blend against each of its parts and the best single model, the network against the best other, and each family
   * against the rules.
   */
  comparisons: Comparison[]
  /** A seed each; where repeats are left out, once more for those. */
  blend_weights?: BlendWeights[]
  /** With the same order, the strength with which the blend places new items. */
  new_items?: number[]
  /** The network with its item vectors in several formats. */
  tables?: TableReport[]
}

export interface EvaluationOptions {
  protocol: ProtocolName
  models: readonly ModelName[]
  preset: Preset
  seeds: readonly string[]
  /** Once more with models that have learned from everything before the test: what a shop would ship. */
  refit?: boolean
  /** Of each training; see `TrainOptions`. */
  maxSeconds?: number
  /** Folder in which the networks' trainings are kept: asked for again, they go on from there, or are there. */
  checkpoints?: string
  /** Formats of item vectors to measure side by side. */
  tables?: readonly TableName[]
  onProgress?: (progress: TrainProgress) => void
  /** Already trained on the protocol's training part, one a seed; else they are trained here. */
  networks?: readonly CompiledModel[]
  /** Of the test questions no more than this are asked, and the blend is fitted on TUNING_QUERIES: drawn with a seed. */
  maxQueries?: number
  /** What to do about a protocol that leaves nothing to ask. */
  remedy?: string
}

export async function evaluateModels(h: Histories, options: EvaluationOptions): Promise<Evaluation> {
  const { protocol, models, seeds, preset, tables = [], maxSeconds, onProgress } = options
  const found = sampledSplit(split(h, protocol, options.remedy), options.maxQueries)
  const tuning = sampleQueries(found.validation, TUNING_QUERIES, 'tuning')
  const learned = { ...found, train: found.refit ?? found.train }
  const networks: { seed: string; tuned: CompiledModel; asked: CompiledModel; passes: number; whole?: Trained }[] = []
  const rank = await WebAssembly.compile(await kernel('rank', { importMemory: true }))
  const training = (seed: string, part: 'measured' | 'whole') => ({
    preset,
    seed,
    maxSeconds,
    onProgress,
    ...(options.checkpoints === undefined ? {} : { checkpoint: join(options.checkpoints, `seed-${seed}-${part}.vta`) }),
  })
  /** As many passes as were best, now over what validated as well: nothing is left to stop by. */
  const again = async (ends: TrainingEnds, seed: string, passes: number) =>
    await train(h, ends, [], { ...training(seed, 'whole'), preset: { ...preset, epochs: passes } })
  const placed = new Map<CompiledModel, CompiledModel>()
  /** Once each: states after a history are kept as long as their model is. */
  const onKernel = (network: CompiledModel) => {
    const there = placed.get(network) ?? withKernel(network, rank)
    placed.set(network, there)
    return there
  }
  options.networks?.forEach((network, n) => {
    networks.push({ seed: seeds[n], tuned: network, asked: network, passes: preset.epochs })
  })
  if (networks.length === 0 && (models.includes('network') || models.includes('blend') || tables.length > 0)) {
    for (const seed of seeds) {
      const first = await train(h, found.train, tuning, training(seed, 'measured'))
      const passes = first.best.epoch
      const whole = found.refit ? await again(found.refit, seed, passes) : first
      networks.push({ seed, tuned: first.compiled, asked: whole.compiled, passes, whole })
    }
  }
  const families = await trainFamilies(h, found, tuning, models.filter(isFamily), { seeds, maxSeconds, onProgress })
  /** Of models that have learned from the history up to `ends`. */
  const scorersOf = (ends: TrainingEnds, asked: CompiledModel[], rankings: Ranking[]) => {
    const counting = countingScorers(h, { ...found, train: ends }).filter(([name]) => models.includes(name))
    const scorers = new Map<ModelName, Scorer[]>(counting.map(([name, scorer]) => [name, [scorer]]))
    if (models.includes('network')) {
      scorers.set(
        'network',
        asked.map((network) => networkScorer(network, h.queries)),
      )
    }
    if (models.includes('blend')) {
      scorers.set(
        'blend',
        asked.map((network, n) => {
          const { weights, newItems } = rankings[n]
          return blendScorer(modelsAt(h, ends, network, newItems), h.queries, weights, h.items.length)
        }),
      )
    }
    return scorers
  }
  /** @param tuned what the blend is fitted on: the same kind of question that it is then asked */
  const measureOn = (queries: Query[], tuned: Query[]) => {
    const rankings = models.includes('blend')
      ? networks.map(({ tuned: network }) => fitRanking(h, found.train, onKernel(network), tuned, found.k))
      : []
    const asked = networks.map((network) => onKernel(network.asked))
    const scorers = scorersOf(learned.train, asked, rankings)
    for (const [name, rankers] of families) {
      scorers.set(
        name,
        rankers.map((ranker) => ranker(queries)),
      )
    }
    return { rankings, ...measure(h, learned, queries, scorers, seeds) }
  }
  const { measured, ndcg, rankings } = measureOn(found.test, found.validation)
  const evaluation: Evaluation = {
    dataset: h.name,
    simulated: h.simulated,
    protocol,
    split: found.description,
    seeds: [...seeds],
    k: found.k,
    ...measured,
    comparisons: compare(ndcg, found, found.test, true, seeds),
  }
  if (protocol === 'time-split') {
    const fresh = withoutRepeats(found.test)
    const { measured, ndcg, rankings: more } = measureOn(fresh, withoutRepeats(found.validation))
    evaluation.without_repeats = measured
    evaluation.comparisons.push(...compare(ndcg, found, fresh, false, seeds))
    rankings.push(...more)
  }
  if (protocol === 'sessions') evaluation.test_file = h.test?.report
  const shipped = networks.flatMap(({ whole }) => whole ?? [])
  if (tables.length > 0) evaluation.tables = await measureTables(h, found.test, shipped, tables, found.k)
  if (rankings.length > 0) {
    evaluation.blend_weights = rankings.map(({ weights }) => weights)
    evaluation.new_items = rankings.map(({ newItems }) => newItems)
  }
  if (options.refit && !found.refit) {
    const whole = { ...found, train: found.beforeTest }
    const asked: CompiledModel[] = []
    for (const { seed, passes } of networks) asked.push(onKernel((await again(whole.train, seed, passes)).compiled))
    const refitted = measure(h, whole, found.test, scorersOf(whole.train, asked, rankings), seeds)
    evaluation.refitted = { ...refitted.measured, comparisons: compare(refitted.ndcg, found, found.test, true, seeds) }
  }
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
    ['rules', rulesScorer(countedRules(h, ends))],
  ]
}

function sampledSplit(found: Split, maxQueries: number | undefined): Split {
  if (maxQueries === undefined) return found
  const all = found.test.length.toLocaleString('en')
  return {
    ...found,
    validation: sampleQueries(found.validation, TUNING_QUERIES, 'validation'),
    test: sampleQueries(found.test, maxQueries, 'test'),
    description: `${found.description}${maxQueries < found.test.length ? `; ${maxQueries.toLocaleString('en')} of ${all} test queries, drawn with a seed` : ''}`,
  }
}

/** Means over queries; where there are several seeds, over those too. */
function measure(
  h: Histories,
  { train: ends, k }: Split,
  queries: Query[],
  scorers: Map<ModelName, Scorer[]>,
  seeds: readonly string[],
): { measured: Measured; ndcg: Map<ModelName, Float64Array[]> } {
  const models: Measured['models'] = {}
  const calibration: Measured['calibration'] = []
  const asked = new Map<ModelName, QueryMetrics[]>()
  for (const [name, ofSeeds] of scorers) {
    const results = ofSeeds.map((scorer, n) => {
      if (name !== 'network') return askAll(scorer, queries, h.items.length, k)
      const counter = calibrationCounter(k)
      const result = askAll(scorer, queries, h.items.length, k, counter.add)
      calibration.push(...counter.finish().map((found) => ({ seed: seeds[n], ...found })))
      return result
    })
    asked.set(name, results)
    const perSeed = results.map((result) => reportOf(result, h, ends, k))
    const mean = { ...perSeed[0] }
    for (const key of Object.keys(mean) as (keyof ModelReport)[]) {
      mean[key] = perSeed.reduce((sum, report) => sum + report[key], 0) / perSeed.length
    }
    models[name] = mean
  }
  const ndcg = new Map([...asked].map(([name, results]) => [name, results.map((result) => result.ndcg)]))
  const shoppers = queries.map((query) => query.shopper)
  const none = new Float64Array(queries.length)
  const popularity = itemPopularity(h, ends)
  const measured: Measured = {
    queries: queries.length,
    models,
    intervals: Object.fromEntries(
      [...ndcg].map(([name, ofSeeds]) => [name, pairedInterval(meanOfSeeds(ofSeeds), none, shoppers)]),
    ),
    slices: sliceReports(asked, queries, popularity, BLEND_PARTS, k),
    exposure: exposureOf(
      new Map([...asked].map(([name, results]) => [name, results.flatMap(({ lists }) => lists)])),
      queries,
      h,
      popularity,
    ),
    calibration,
  }
  return { measured, ndcg }
}

/** Both must lose, by an interval that excludes 0, or the blend is not worth its place. */
const BLEND_PARTS = [
  ['blend', 'network'],
  ['blend', 'rules'],
] as const

function meanOfSeeds(ofSeeds: Float64Array[]): Float64Array {
  return ofSeeds[0].map((_, at) => ofSeeds.reduce((sum, values) => sum + values[at], 0) / ofSeeds.length)
}

function reportOf(result: QueryMetrics, h: Histories, ends: Uint32Array, k: number): ModelReport {
  const measures = { ...meansOf(result), ...listMetrics(result.lists, h, ends) }
  return Object.fromEntries(Object.entries(measures).map(([name, value]) => [`${name}@${k}`, value]))
}

/** @param ndcg by model, a column a seed; what only counts has one column */
function compare(
  ndcg: Map<ModelName, Float64Array[]>,
  { k }: Split,
  queries: Query[],
  repeats: boolean,
  seeds: readonly string[],
): Comparison[] {
  const shoppers = queries.map((query) => query.shopper)
  const means = new Map([...ndcg].map(([name, ofSeeds]) => [name, meanOfSeeds(ofSeeds)]))
  const mean = (name: ModelName) => (means.get(name) ?? new Float64Array()).reduce((sum, value) => sum + value, 0)
  const best = (names: ModelName[]) => names.sort((a, b) => mean(b) - mean(a))[0] as ModelName | undefined
  const single = [...ndcg.keys()].filter((name) => name !== 'blend')
  const pairs: (readonly [ModelName, ModelName | undefined])[] = [
    ...BLEND_PARTS,
    ['blend', best(single)],
    ['network', best(single.filter((name) => name !== 'network'))],
    ...FAMILY_NAMES.map((family): [ModelName, ModelName] => [family, 'rules']),
  ]
  const distinct = pairs.filter(([a, b], n) => pairs.findIndex((pair) => pair[0] === a && pair[1] === b) === n)
  return distinct.flatMap(([a, b]): Comparison[] => {
    const [first, second] = [ndcg.get(a), b && ndcg.get(b)]
    if (!first || !second || !b) return []
    const comparison = { a, b, metric: `ndcg@${k}`, repeats } as const
    const ofSeed = (columns: Float64Array[], n: number) => columns[n] ?? columns[0]
    return [
      { ...comparison, interval: pairedInterval(meanOfSeeds(first), meanOfSeeds(second), shoppers) },
      ...(seeds.length < 2 ? [] : seeds).map((seed, n) => ({
        ...comparison,
        seed,
        interval: pairedInterval(ofSeed(first, n), ofSeed(second, n), shoppers),
      })),
    ]
  })
}
