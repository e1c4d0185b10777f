/**
 * Asks recommenders questions with known answers and measures their lists: TARGETS A. All items are ranked, ties are
 * settled against the recommender, and every comparison is paired and has an interval.
 */
import { seeded } from '../shared/data/random.ts'
import { isPositive, type Token } from '../shared/data/sequence.ts'
import { type AnyModel, type InferenceState, scoreItems } from '../shared/model/infer.ts'
import { rankingMetrics, topK } from '../shared/model/metrics.ts'
import { stateAfter } from '../shared/model/rank.ts'
import type { Scorer } from './baselines.ts'
import type { TrainingEnds } from './batches.ts'
import type { Histories } from './datasets/histories.ts'
import type { Query } from './queries.ts'

/** Length of a list, unless a protocol has another. */
export const K = 10

/** What each list was worth, one entry a query. */
export interface QueryMetrics {
  hr: Float64Array
  ndcg: Float64Array
  mrr: Float64Array
  recall: Float64Array
  lists: number[][]
}

export interface Means {
  hr: number
  ndcg: number
  mrr: number
  recall: number
}

/**
 * @param k length of the lists
 * @param onAnswer called after each query with the scores behind its list; they are overwritten by the next
 */
export function askAll(
  scorer: Scorer,
  queries: readonly Query[],
  items: number,
  k = K,
  onAnswer?: (query: Query, scores: Float32Array, list: readonly number[]) => void,
): QueryMetrics {
  const n = queries.length
  const column = () => new Float64Array(n)
  const result: QueryMetrics = { hr: column(), ndcg: column(), mrr: column(), recall: column(), lists: [] }
  const scores = new Float32Array(items)
  queries.forEach((query, at) => {
    scores.fill(0)
    scorer(query, scores)
    for (const item of query.excluded) scores[item] = Number.NEGATIVE_INFINITY
    const list = topK(scores, k, (item) => query.relevant.has(item))
    const metrics = rankingMetrics(list, query.relevant, k)
    result.hr[at] = metrics.hr
    result.ndcg[at] = metrics.ndcg
    result.mrr[at] = metrics.mrr
    result.recall[at] = metrics.recall
    result.lists.push(list)
    onAnswer?.(query, scores, list)
  })
  return result
}

export function meanMetrics(scorer: Scorer, queries: readonly Query[], items: number): Means {
  return meansOf(askAll(scorer, queries, items))
}

export function meansOf({ hr, ndcg, mrr, recall }: QueryMetrics): Means {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  return { hr: mean(hr), ndcg: mean(ndcg), mrr: mean(mrr), recall: mean(recall) }
}

/** A query's history as tokens. */
export function tokensOfQuery(query: Query, queries: readonly string[]): Token[] {
  return Array.from(query.items, (item, at) => ({
    item: Math.max(-1, item),
    action: query.actions[at],
    time: query.times[at],
    ...(item < 0 ? { query: queries[-1 - item] } : {}),
  }))
}

/** The network as it ships: int8 rows, one token a step. */
export function networkScorer(model: AnyModel, queries: readonly string[]): Scorer {
  return (query, scores) => {
    scoreItems(model, stateOfQuery(model, query, queries).state, scores)
  }
}

/**
 * A network's state after a query's history. Kept as long as the history is: network and blend, with and without repeats,
 * are asked about the same ones, and reading a history takes longer than scoring after it.
 */
export function stateOfQuery(model: AnyModel, query: Query, queries: readonly string[]): InferenceState {
  let ofModel = knownStates.get(model)
  if (!ofModel) knownStates.set(model, (ofModel = new WeakMap()))
  let state = ofModel.get(query.items)
  if (!state) {
    // Keys and values are for the next token; there is none.
    state = { ...stateAfter(model, tokensOfQuery(query, queries)), cache: [] }
    ofModel.set(query.items, state)
  }
  return state
}
const knownStates = new WeakMap<AnyModel, WeakMap<Int32Array, InferenceState>>()

/**
 * What lists are like beyond being right.
 *
 *     coverage    share of the catalogue that is on some list
 *     diversity   mean over pairs of a list of 1 − cosine of the sets of shoppers who wanted each (0 … 1)
 *     novelty     mean over listed items of −log2(share of shoppers who wanted it), in bits (Castells et al. 2015, MIUF)
 */
export interface ListMetrics {
  coverage: number
  diversity: number
  novelty: number
}

export function listMetrics(lists: readonly number[][], h: Histories, ends: TrainingEnds): ListMetrics {
  const shoppersOf = shopperSets(h, ends)
  const V = h.items.length
  const listed = new Set<number>()
  let [novelty, shown, diversity, pairs] = [0, 0, 0, 0]
  const distances = new Map<number, number>()
  const distance = (a: number, b: number) => {
    const key = Math.min(a, b) * V + Math.max(a, b)
    let value = distances.get(key)
    if (value === undefined) {
      value = 1 - cosine(shoppersOf[a], shoppersOf[b])
      distances.set(key, value)
    }
    return value
  }
  for (const list of lists) {
    list.forEach((item, place) => {
      listed.add(item)
      // An item nobody wanted yet is as novel as one that a single shopper did.
      novelty -= Math.log2(Math.max(1, shoppersOf[item].length) / h.shoppers.length)
      shown++
      for (let other = 0; other < place; other++) {
        diversity += distance(item, list[other])
        pairs++
      }
    })
  }
  return {
    coverage: listed.size / V,
    diversity: pairs > 0 ? diversity / pairs : 0,
    novelty: shown > 0 ? novelty / shown : 0,
  }
}

/** For each item, the shoppers who wanted it in the training part, ascending. */
function shopperSets(h: Histories, ends: TrainingEnds): Uint32Array[] {
  const sets: number[][] = h.items.map(() => [])
  for (let s = 0; s < h.shoppers.length; s++) {
    for (let at = h.start[s]; at < ends[s]; at++) {
      const item = h.item[at]
      if (item >= 0 && isPositive(h.action[at]) && sets[item].at(-1) !== s) sets[item].push(s)
    }
  }
  return sets.map((set) => Uint32Array.from(set))
}

function cosine(a: Uint32Array, b: Uint32Array): number {
  let [i, j, common] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      common++
      i++
      j++
    } else if (a[i] < b[j]) i++
    else j++
  }
  return common === 0 ? 0 : common / Math.sqrt(a.length * b.length)
}

export interface Interval {
  mean: number
  /** 2.5th and 97.5th percentile. */
  low: number
  high: number
}

/** "0.0123 [0.0100, 0.0146]" */
export const intervalText = ({ mean, low, high }: Interval, digits = 4): string =>
  `${mean.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`

/**
 * Paired bootstrap (Koehn 2004) of the mean difference a − b. Shoppers are drawn, not queries: those of one shopper are
 * alike.
 */
export function pairedInterval(
  a: Float64Array,
  b: Float64Array,
  shoppers: ArrayLike<number>,
  seed: string | number = 1,
  resamples = 1000,
): Interval {
  const sums = new Map<number, { difference: number; count: number }>()
  for (let i = 0; i < a.length; i++) {
    const sum = sums.get(shoppers[i]) ?? { difference: 0, count: 0 }
    sum.difference += a[i] - b[i]
    sum.count++
    sums.set(shoppers[i], sum)
  }
  const clusters = [...sums.values()]
  const mean = clusters.reduce((sum, { difference }) => sum + difference, 0) / Math.max(1, a.length)
  const random = seeded(`bootstrap ${seed}`)
  const means = Array.from({ length: resamples }, () => {
    let [difference, count] = [0, 0]
    for (let i = 0; i < clusters.length; i++) {
      const drawn = clusters[random.int(clusters.length)]
      difference += drawn.difference
      count += drawn.count
    }
    return difference / Math.max(1, count)
  }).sort((x, y) => x - y)
  return { mean, low: means[Math.floor(resamples * 0.025)], high: means[Math.floor(resamples * 0.975)] }
}

/** How often each item was wanted, with when: what popularity counts. */
export function wantedEvents(h: Histories, ends: TrainingEnds): { item: number; time: number }[] {
  const events: { item: number; time: number }[] = []
  for (let s = 0; s < h.shoppers.length; s++) {
    for (let at = h.start[s]; at < ends[s]; at++) {
      if (h.item[at] >= 0 && isPositive(h.action[at])) events.push({ item: h.item[at], time: h.time[at] })
    }
  }
  return events
}
