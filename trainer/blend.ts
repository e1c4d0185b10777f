/** Fits the weights of the blend on validation queries, by the measure that counts: NDCG of the list. */

import { rankingMetrics, topK } from '../shared/model/metrics.ts'
import type { BlendWeights, Signals } from '../shared/model/rank.ts'
import { blend, type Models, signalsOf } from '../shared/model/rank.ts'
import type { Scorer } from './baselines.ts'
import { jitter } from './baselines.ts'
import { coordinateAscent } from './coordinate-ascent.ts'
import { K, stateOfQuery, tokensOfQuery } from './evaluate.ts'
import type { Query } from './queries.ts'

/** The models of the bundle that is current at a moment. */
export type ModelsAt = (time: number) => Models

/** The blend as the browser computes it. */
export function blendScorer(
  modelsAt: ModelsAt,
  queries: readonly string[],
  weights: BlendWeights,
  items: number,
): Scorer {
  const jitters = jitter(items)
  return (query, scores) => {
    blend(querySignals(modelsAt(query.time), query, queries), weights, scores)
    for (let i = 0; i < scores.length; i++) scores[i] += jitters[i]
  }
}

function querySignals(models: Models, query: Query, queries: readonly string[]): Signals {
  const state = models.network && stateOfQuery(models.network, query, queries)
  return signalsOf(models, tokensOfQuery(query, queries), state, query.time)
}

/** Where two are equally good, the earlier leads: what only counts needs no download. */
export const SINGLE: Record<keyof BlendWeights, BlendWeights> = {
  rules: { network: 0, rules: 1, popularity: 0, buyAgain: 0 },
  popularity: { network: 0, rules: 0, popularity: 1, buyAgain: 0 },
  buyAgain: { network: 0, rules: 0, popularity: 0, buyAgain: 1 },
  network: { network: 1, rules: 0, popularity: 0, buyAgain: 0 },
}

/** Tried for each weight in turn, as multiples of the first model's. */
const GRID = [0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 12]
/** Lists change only among items that some model puts near the top: the rest need not be ranked again and again. */
const CANDIDATES = 200

/**
 * Coordinate ascent from the best single model, so that on validation the blend is never below it.
 * @returns the weights, and the NDCG@k they have on these queries
 */
export function fitBlend(
  modelsAt: ModelsAt,
  queries: readonly Query[],
  texts: readonly string[],
  k = K,
): { weights: BlendWeights; ndcg: number } {
  const names = (Object.keys(SINGLE) as (keyof BlendWeights)[]).filter(
    (name) => name !== 'network' || modelsAt(0).network,
  )
  const pools = queries.map((query) => candidatesOf(querySignals(modelsAt(query.time), query, texts), query, names))
  const ndcgOf = (weights: BlendWeights) =>
    pools.reduce((sum, pool) => sum + poolNdcg(pool, weights, names, k), 0) / Math.max(1, pools.length)
  const alone = names
    .map((name) => ({ weights: SINGLE[name], ndcg: ndcgOf(SINGLE[name]) }))
    .reduce((a, b) => (b.ndcg > a.ndcg ? b : a))
  const { weights, worth } = coordinateAscent(alone.weights, names, GRID, (weights) =>
    Object.values(weights).every((value) => value === 0) ? 0 : ndcgOf(weights),
  )
  return { weights, ndcg: worth }
}

interface Pool {
  relevant: Set<number>
  /** Candidates' places in the catalogue. */
  items: Int32Array
  signals: Record<string, Float32Array>
}

function candidatesOf(signals: Signals, query: Query, names: (keyof BlendWeights)[]): Pool {
  const chosen = new Set<number>()
  for (const name of names) {
    const signal = signals[name]
    if (!signal) continue
    const scores = Float32Array.from(signal)
    for (const item of query.excluded) scores[item] = Number.NEGATIVE_INFINITY
    for (const item of topK(scores, CANDIDATES)) chosen.add(item)
  }
  const items = Int32Array.from(chosen)
  return {
    relevant: query.relevant,
    items,
    signals: Object.fromEntries(
      names.map((name) => [name, Float32Array.from(items, (item) => signals[name]?.[item] ?? 0)]),
    ),
  }
}

function poolNdcg(
  { relevant, items, signals }: Pool,
  weights: BlendWeights,
  names: (keyof BlendWeights)[],
  k: number,
): number {
  const scores = new Float32Array(items.length)
  for (const name of names) {
    const weight = weights[name]
    if (weight !== 0) for (let i = 0; i < scores.length; i++) scores[i] += weight * signals[name][i]
  }
  const list = topK(scores, k, (at) => relevant.has(items[at])).map((at) => items[at])
  return rankingMetrics(list, relevant, k).ndcg
}
