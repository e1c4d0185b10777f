/**
 * Search relevance by NDCG@10: by words, by meaning, by both. Settings are chosen on one half of the queries and
 * measured on the other, and the other way round, over several random halvings: a query's figure is the mean of the
 * times it was tested, always by settings that its own judgements had no part in.
 *
 *     gain       2^rating − 1 (Burges et al. 2005), discount 1 / log2(rank + 1), ideal from all of a query's judgements
 *     unjudged   counts as wrong (gain 0); beside it, figures with unjudged items taken out of the lists (Sakai 2007)
 *     left out   queries of which no judged item is right: no list is better than another
 */
import { seeded } from '../shared/data/random.ts'
import { topK } from '../shared/model/metrics.ts'
import {
  type Fusion,
  fusedScores,
  itemTextVector,
  type LexicalIndex,
  type LexicalSettings,
  lexicalIndex,
  lexicalMatches,
  type Match,
  type Meaning,
  MINISEARCH_DEFAULTS,
  semanticMatches,
} from '../shared/model/relevance.ts'
import { type Interval, K, pairedInterval } from './evaluate.ts'
import type { Collection, JudgedQuery } from './search-collection.ts'

type Encode = (text: string) => Float32Array

/** Each line is tried from the best so far, one at a time, until nothing helps. */
const LEXICAL_CHOICES: { [S in keyof LexicalSettings]: LexicalSettings[S][] } = {
  title: [1, 2, 4, 8],
  description: [0, 0.3, 1],
  singular: [false, true],
  prefix: [false, true],
  fuzzy: [0, 0.2],
  k: [0.6, 1.2, 2.4],
  b: [0.1, 0.4, 0.7, 0.9],
  combine: ['OR', 'AND'],
}
const DESCRIPTION_WEIGHTS = [0, 0.3, 0.6]
const WEIGHTS = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
/** Weight 0 is words alone: what does not help is not used. */
const FUSIONS: Fusion[] = [
  { method: 'sum', weight: 0 },
  ...(['sum', 'reorder', 'ranks'] as const).flatMap((method) => WEIGHTS.map((weight) => ({ method, weight }))),
]
const TIE = 0.005

export interface SystemReport {
  'ndcg@10': number
  /** Unjudged items taken out of the lists. */
  'condensed@10': number
  /** Share of the first ten that were judged. */
  judged: number
}

export interface SearchEvaluation {
  collection: string
  items: number
  queries: number
  /** Without a right item among those judged. */
  leftOut: string[]
  halvings: number
  systems: Record<string, SystemReport>
  comparisons: { a: string; b: string; interval: Interval; wins: number; losses: number; ties: number }[]
  perQuery: { query: string; ndcg: Record<string, number> }[]
  /** Chosen on all queries: what a shop would use. No figure here was measured with them. */
  chosen: { lexical: LexicalSettings; encoders: Record<string, { descriptionWeight: number; fusion: Fusion }> }
  /** "lexical", or the encoder whose fusion beats it by an interval above 0. */
  default: string
}

export interface SearchOptions {
  encoders: Record<string, Encode>
  seed: string | number
  halvings: number
  onProgress?: (done: number) => void
}

interface Judged {
  ndcg: number
  condensed: number
  judged: number
}

/** NDCG@10 of a list: unjudged items count as wrong. */
export function gradedNdcg(list: readonly number[], ratings: ReadonlyMap<number, number>, k = K): number {
  const gainOf = (rating: number) => 2 ** rating - 1
  const dcg = (gains: readonly number[]) =>
    gains.slice(0, k).reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0)
  const ideal = dcg([...ratings.values()].map(gainOf).sort((a, b) => b - a))
  return ideal > 0 ? dcg(list.map((item) => gainOf(ratings.get(item) ?? 0))) / ideal : 0
}

const answerable = ({ ratings }: JudgedQuery) => [...ratings.values()].some((rating) => rating > 0)

function judge(scores: Float32Array, { ratings }: JudgedQuery): Judged {
  const right = (item: number) => (ratings.get(item) ?? 0) > 0
  const list = topK(scores, K, right)
  const condensed = [...ratings.keys()]
    .filter((item) => scores[item] > Number.NEGATIVE_INFINITY)
    .sort((a, b) => scores[b] - scores[a] || Number(right(a)) - Number(right(b)))
  return {
    ndcg: gradedNdcg(list, ratings),
    condensed: gradedNdcg(condensed, ratings),
    judged: list.filter((item) => ratings.has(item)).length / K,
  }
}

/** By meaning alone, titles only, nothing tuned: what `vitrine text-encoder --search` prints for each step. */
export function semanticNdcg({ products, queries }: Collection, encode: Encode): number {
  const asked = queries.filter(answerable)
  const rows = itemRows(products, encode)(0)
  const values = asked.map((query) => judge(semanticMatches(encode(query.query), rows).cosines, query).ndcg)
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Rows of the items by the weight of their descriptions; each text is encoded once. */
function itemRows(products: Collection['products'], encode: Encode): (descriptionWeight: number) => Float32Array {
  const titles = products.map(({ title }) => encode(title))
  const descriptions = products.map(({ description = '' }) => encode(description))
  return (descriptionWeight) => {
    const width = titles[0].length
    const rows = new Float32Array(products.length * width)
    titles.forEach((title, item) => {
      rows.set(itemTextVector(title, descriptions[item], descriptionWeight), item * width)
    })
    return rows
  }
}

export function evaluateSearch(collection: Collection, options: SearchOptions): SearchEvaluation {
  const { encoders, halvings } = options
  const queries = collection.queries.filter(answerable)
  const all = queries.map((_, at) => at)
  const lexical = lexicalRuns(collection, queries)
  const semantic = new Map(
    Object.entries(encoders).map(([name, encode]) => [name, semanticRuns(collection, queries, encode)]),
  )
  const names = [...semantic.keys()]
  const fused = new Map(names.map((name) => [name, fusedRuns(queries, lexical, semantic.get(name)!)]))

  const systems = new Map<string, { ndcg: Float64Array; condensed: Float64Array; judged: Float64Array }>()
  const add = (system: string, at: number, { ndcg, condensed, judged }: Judged, share: number) => {
    const column = () => new Float64Array(queries.length)
    const sums = systems.get(system) ?? { ndcg: column(), condensed: column(), judged: column() }
    systems.set(system, sums)
    sums.ndcg[at] += ndcg * share
    sums.condensed[at] += condensed * share
    sums.judged[at] += judged * share
  }

  const random = seeded(`halvings ${options.seed}`)
  for (let halving = 0; halving < halvings; halving++) {
    const order = random.shuffle([...all])
    const halves = [order.slice(0, order.length >> 1), order.slice(order.length >> 1)]
    for (const [tuned, tested] of [halves, halves.toReversed()]) {
      const settings = chooseLexical(lexical, tuned)
      for (const at of tested) {
        add('lexical, untuned', at, lexical.judged(MINISEARCH_DEFAULTS)[at], 1 / halvings)
        add('lexical', at, lexical.judged(settings)[at], 1 / halvings)
      }
      for (const name of names) {
        const description = best(DESCRIPTION_WEIGHTS, (weight) => meanNdcg(semantic.get(name)!.judged(weight), tuned))
        const fuse = (fusion: Fusion) => fused.get(name)!(settings, description, fusion)
        const fusion = best(FUSIONS, (candidate) => meanNdcg(fuse(candidate), tuned))
        for (const at of tested) {
          add(`semantic: ${name}`, at, semantic.get(name)!.judged(description)[at], 1 / halvings)
          add(`both: ${name}`, at, fuse(fusion)[at], 1 / halvings)
        }
      }
    }
    options.onProgress?.((halving + 1) / halvings)
  }

  const compare = (a: string, b: string) => {
    const [x, y] = [systems.get(a)!.ndcg, systems.get(b)!.ndcg]
    const differences = Array.from(x, (value, at) => value - y[at])
    const wins = differences.filter((difference) => difference > TIE).length
    const losses = differences.filter((difference) => difference < -TIE).length
    const interval = pairedInterval(x, y, all, options.seed)
    return { a, b, interval, wins, losses, ties: differences.length - wins - losses }
  }
  const comparisons = [
    compare('lexical', 'lexical, untuned'),
    ...names.flatMap((name) => [
      compare(`semantic: ${name}`, 'lexical'),
      compare(`both: ${name}`, 'lexical'),
      compare(`both: ${name}`, `semantic: ${name}`),
    ]),
    ...names.flatMap((name, at) => names.slice(0, at).map((other) => compare(`both: ${name}`, `both: ${other}`))),
  ]
  const settings = chooseLexical(lexical, all)
  const winner = comparisons
    .filter(({ a, b, interval }) => a.startsWith('both: ') && b === 'lexical' && interval.low > 0)
    .sort((x, y) => y.interval.mean - x.interval.mean)[0]
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    collection: collection.name,
    items: collection.products.length,
    queries: queries.length,
    leftOut: collection.queries.filter((query) => !answerable(query)).map(({ query }) => query),
    halvings,
    systems: Object.fromEntries(
      [...systems].map(([name, { ndcg, condensed, judged }]) => [
        name,
        { 'ndcg@10': mean(ndcg), 'condensed@10': mean(condensed), judged: mean(judged) },
      ]),
    ),
    comparisons,
    perQuery: queries.map(({ query }, at) => ({
      query,
      ndcg: Object.fromEntries([...systems].map(([name, { ndcg }]) => [name, ndcg[at]])),
    })),
    chosen: {
      lexical: settings,
      encoders: Object.fromEntries(
        names.map((name) => {
          const descriptionWeight = best(DESCRIPTION_WEIGHTS, (weight) =>
            meanNdcg(semantic.get(name)!.judged(weight), all),
          )
          const fusion = best(FUSIONS, (one) => meanNdcg(fused.get(name)!(settings, descriptionWeight, one), all))
          return [name, { descriptionWeight, fusion }]
        }),
      ),
    },
    default: winner?.a ?? 'lexical',
  }
}

/** The first of the best. */
function best<T>(candidates: readonly T[], value: (candidate: T) => number): T {
  let chosen = candidates[0]
  let highest = Number.NEGATIVE_INFINITY
  for (const candidate of candidates) {
    const found = value(candidate)
    if (found > highest) {
      highest = found
      chosen = candidate
    }
  }
  return chosen
}

function meanNdcg(judged: readonly Judged[], queries: readonly number[]): number {
  return queries.reduce((sum, at) => sum + judged[at].ndcg, 0) / queries.length
}

interface LexicalRuns {
  matches(settings: LexicalSettings): Match[][]
  judged(settings: LexicalSettings): Judged[]
}

function lexicalRuns({ products }: Collection, queries: readonly JudgedQuery[]): LexicalRuns {
  const indexes = new Map<boolean, LexicalIndex>()
  const runs = new Map<string, { matches: Match[][]; judged: Judged[] }>()
  const runOf = (settings: LexicalSettings) => {
    const key = JSON.stringify(settings)
    const known = runs.get(key)
    if (known) return known
    const index = indexes.get(settings.singular) ?? lexicalIndex(products, settings.singular)
    indexes.set(settings.singular, index)
    const matches = queries.map(({ query }) => lexicalMatches(index, query, settings))
    const scores = new Float32Array(products.length)
    const judged = queries.map((query, at) => {
      scores.fill(Number.NEGATIVE_INFINITY)
      for (const { item, score } of matches[at]) scores[item] = score
      return judge(scores, query)
    })
    const run = { matches, judged }
    runs.set(key, run)
    return run
  }
  return { matches: (settings) => runOf(settings).matches, judged: (settings) => runOf(settings).judged }
}

/** Coordinate ascent from minisearch's defaults. */
function chooseLexical(lexical: LexicalRuns, tuned: readonly number[]): LexicalSettings {
  let settings = MINISEARCH_DEFAULTS
  for (;;) {
    const before = settings
    for (const name of Object.keys(LEXICAL_CHOICES) as (keyof LexicalSettings)[]) {
      // The one in use comes first, so that a tie changes nothing.
      const choices = [settings, ...LEXICAL_CHOICES[name].map((value) => ({ ...settings, [name]: value }))]
      settings = best(choices, (choice) => meanNdcg(lexical.judged(choice), tuned))
    }
    if (settings === before) return settings
  }
}

interface SemanticRuns {
  meanings(descriptionWeight: number): Meaning[]
  judged(descriptionWeight: number): Judged[]
}

function semanticRuns({ products }: Collection, queries: readonly JudgedQuery[], encode: Encode): SemanticRuns {
  const rowsAt = itemRows(products, encode)
  const runs = new Map(
    DESCRIPTION_WEIGHTS.map((descriptionWeight) => {
      const rows = rowsAt(descriptionWeight)
      const meanings = queries.map(({ query }) => semanticMatches(encode(query), rows))
      return [descriptionWeight, { meanings, judged: queries.map((query, at) => judge(meanings[at].cosines, query)) }]
    }),
  )
  return { meanings: (weight) => runs.get(weight)!.meanings, judged: (weight) => runs.get(weight)!.judged }
}

function fusedRuns(queries: readonly JudgedQuery[], lexical: LexicalRuns, semantic: SemanticRuns) {
  const runs = new Map<string, Judged[]>()
  return (settings: LexicalSettings, descriptionWeight: number, fusion: Fusion): Judged[] => {
    const key = JSON.stringify([settings, descriptionWeight, fusion])
    const known = runs.get(key)
    if (known) return known
    const matches = lexical.matches(settings)
    const meanings = semantic.meanings(descriptionWeight)
    const judged = queries.map((query, at) => judge(fusedScores(matches[at], meanings[at], fusion), query))
    runs.set(key, judged)
    return judged
  }
}
