/**
 * What content alone says of an item, every one of them taken as new: no id vector of its own, no bias, no count.
 *
 *     words     neighbours by title of what is in the history (TF-IDF); searches are read as titles
 *     kinds     Σ 0.5^age over the history's items of the same category, age 0 for the latest
 *     vectors   the network's state · (content · W, and what trained items of like titles lend)
 *     within    vectors less their mean in the item's category: which lamp, not whether a lamp. Of a new category training
 *               has moved no column, and the mean says only that it is new
 *
 * Each in its standard deviations over the catalogue; content is their sum, with weights fitted on validation.
 */
import { CATEGORY_SEPARATOR } from '../shared/data/catalog.ts'
import { standardise, stateAfter } from '../shared/model/rank.ts'
import { product, type SparseMatrix } from '../shared/model/sparse.ts'
import { lent } from '../shared/model/untrained.ts'
import type { Scorer } from './baselines.ts'
import type { Hidden } from './cold-queries.ts'
import { coordinateAscent } from './coordinate-ascent.ts'
import type { Histories } from './datasets/histories.ts'
import { meanMetrics, tokensOfQuery } from './evaluate.ts'
import type { Query } from './queries.ts'
import { titleNeighbours } from './title-neighbours.ts'
import type { Trained } from './train.ts'

const CONTENT_SIGNALS = ['words', 'kinds', 'vectors', 'within'] as const
export type ContentWeights = Record<(typeof CONTENT_SIGNALS)[number], number>

const WEIGHTS = [0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1, 1.5, 2, 3]
/** Of a step back, for categories. Validation of a hidden department of the sample shop: .5 .129, .8 .109. */
const KINDS_DECAY = 0.5

export function fitContent(
  signals: Record<keyof ContentWeights, Scorer>,
  tuning: readonly Query[],
  items: number,
): { weights: ContentWeights; scorer: Scorer } {
  const remembered = Object.fromEntries(
    CONTENT_SIGNALS.map((name) => [name, standardised(signals[name])]),
  ) as typeof signals
  const scorerOf =
    (weights: ContentWeights): Scorer =>
    (query, scores) => {
      const signal = new Float32Array(items)
      for (const name of CONTENT_SIGNALS) {
        if (weights[name] === 0) continue
        remembered[name](query, signal)
        for (let item = 0; item < items; item++) scores[item] += weights[name] * signal[item]
      }
    }
  const { weights } = coordinateAscent(
    { words: 1, kinds: 0, vectors: 0, within: 0 },
    CONTENT_SIGNALS.filter((name) => name !== 'words'),
    WEIGHTS,
    (weights) => meanMetrics(scorerOf(weights), tuning, items).ndcg,
  )
  return { weights, scorer: scorerOf(weights) }
}

/** In standard deviations. Written over what is in `scores`, and remembered: a fit asks the same again and again. */
function standardised(scorer: Scorer): Scorer {
  const known = new WeakMap<Int32Array, Float32Array>()
  return (query, scores) => {
    let signal = known.get(query.items)
    if (!signal) {
      signal = new Float32Array(scores.length)
      scorer(query, signal)
      standardise(signal)
      known.set(query.items, signal)
    }
    scores.set(signal)
  }
}

/** Σ 0.5^age of the history's items of an item's category. */
export function kindsScorer(kinds: Kinds): Scorer {
  return ({ items: history }, scores) => {
    let share = 1
    for (let at = history.length - 1; at >= 0; at--) {
      if (history[at] < 0) continue
      for (const item of kinds.items[kinds.of[history[at]]]) scores[item] += share
      share *= KINDS_DECAY
    }
  }
}

/** State · vector, where every item is what the network makes of one of which it knows no more than the catalogue does. */
export function vectorScorer(
  { compiled, params, content }: Trained,
  { items, queries }: Histories,
  hidden: Hidden,
): Scorer {
  const d = compiled.config.width
  const vectors = product(content as SparseMatrix, params['item.content'].values)
  const lenders = titleNeighbours(items, (item) => !hidden.has(item))
  const id = params['item.id'].values
  items.forEach((_, item) => {
    lent(id, d, lenders(item)).forEach((value, j) => {
      vectors[item * d + j] += value
    })
  })
  return (query, scores) => {
    const { state } = stateAfter(compiled, tokensOfQuery(query, queries))
    for (let item = 0; item < scores.length; item++) {
      let sum = 0
      for (let j = 0; j < d; j++) sum += vectors[item * d + j] * state[j]
      scores[item] += sum
    }
  }
}

/** Less the mean of the item's category. */
export function withinKinds(scorer: Scorer, kinds: Kinds): Scorer {
  return (query, scores) => {
    scorer(query, scores)
    for (const items of kinds.items) {
      const mean = items.reduce((sum, item) => sum + scores[item], 0) / items.length
      for (const item of items) scores[item] -= mean
    }
  }
}

export interface Kinds {
  /** (V) number of the item's category path */
  of: Int32Array
  /** The items of each. */
  items: number[][]
}

export function kindsOf(products: Histories['items']): Kinds {
  const numbers = new Map<string, number>()
  const items: number[][] = []
  const of = Int32Array.from(products, ({ category }, item) => {
    const path = category.join(CATEGORY_SEPARATOR)
    const kind = numbers.get(path) ?? numbers.size
    numbers.set(path, kind)
    items[kind] = [...(items[kind] ?? []), item]
    return kind
  })
  return { of, items }
}
