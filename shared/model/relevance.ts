/**
 * Which items answer a query: by its words (BM25 over fields, minisearch), by its meaning (the text encoder), and by
 * both. The page and `vitrine evaluate-search` rank with this one code.
 */
import MiniSearch from 'minisearch'
import type { Product } from '../data/catalog.ts'
import { words } from '../data/text.ts'
import { normalise } from './text-encoder.ts'

const FIELDS = ['title', 'brand', 'category', 'description', 'attributes'] as const

export interface LexicalSettings {
  /** How much more a match in the title counts than one in the other fields, of which each counts 1… */
  title: number
  /** …but the description this. */
  description: number
  /** A query's word also matches longer words that begin with it. */
  prefix: boolean
  /** Letters that may differ, as a share of the word's; 0 for none. */
  fuzzy: number
  /** "laptops" is "laptop" (the s-stemmer, Harman 1991), in items and queries. */
  singular: boolean
  /** BM25's saturation of repeats. */
  k: number
  /** BM25's length normalisation, 0 … 1. */
  b: number
  /** An item must match any of a query's words, or all. */
  combine: 'OR' | 'AND'
}

/** What minisearch does when it is told nothing. */
export const MINISEARCH_DEFAULTS: LexicalSettings = {
  title: 1,
  description: 1,
  prefix: false,
  fuzzy: 0,
  singular: false,
  k: 1.2,
  b: 0.7,
  combine: 'OR',
}

/** BM25+'s lower bound of a match, minisearch's own. */
const DELTA = 0.5

export type LexicalIndex = MiniSearch

/** Items are known by their number. */
export function lexicalIndex(products: readonly Product[], singular: boolean): LexicalIndex {
  const index = new MiniSearch({
    fields: [...FIELDS],
    idField: 'item',
    tokenize: words,
    processTerm: singular ? singularOf : (term) => term,
  })
  index.addAll(
    products.map((product, item) => ({
      item,
      title: product.title,
      brand: product.brand ?? '',
      category: product.category.join(' '),
      description: product.description ?? '',
      attributes: Object.values(product.attributes ?? {}).join(' '),
    })),
  )
  return index
}

/** The s-stemmer: three endings, and nothing else is touched. */
export function singularOf(word: string): string {
  if (/(?<![ea])ies$/.test(word) && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(?<![aeo])es$/.test(word) && word.length > 3) return word.slice(0, -1)
  if (/(?<![us])s$/.test(word) && word.length > 3) return word.slice(0, -1)
  return word
}

export interface Match {
  item: number
  score: number
}

/** Best first. @param index built with the same `singular` */
export function lexicalMatches(index: LexicalIndex, query: string, settings: LexicalSettings): Match[] {
  const found = index.search(query, {
    boost: { title: settings.title, description: settings.description },
    prefix: settings.prefix,
    fuzzy: settings.fuzzy === 0 ? false : settings.fuzzy,
    combineWith: settings.combine,
    bm25: { k: settings.k, b: settings.b, d: DELTA },
  })
  return found.map(({ id, score }) => ({ item: id as number, score }))
}

/** An item's vector for search: its title's, and a share of its description's. Both of length 1, or all 0. */
export function itemTextVector(
  title: Float32Array,
  description: Float32Array,
  descriptionWeight: number,
): Float32Array {
  return normalise(title.map((value, j) => value + descriptionWeight * description[j]))
}

/** Every item by meaning. */
export interface Meaning {
  /** (items); all 0 when the query means nothing to the encoder */
  cosines: Float32Array
  /** The nearest items, nearest first; none at 0 or below. */
  nearest: number[]
}

/** From (items, width) rows of length 1. */
export function semanticMatches(query: Float32Array, rows: Float32Array): Meaning {
  const width = query.length
  const cosines = new Float32Array(rows.length / width)
  for (let item = 0; item < cosines.length; item++) {
    let sum = 0
    for (let j = 0; j < width; j++) sum += query[j] * rows[item * width + j]
    cosines[item] = sum
  }
  const nearest = Array.from(cosines.keys())
    .filter((item) => cosines[item] > 0)
    .sort((a, b) => cosines[b] - cosines[a] || a - b)
    .slice(0, MAX_RANK)
  return { cosines, nearest }
}

export interface Fusion {
  /**
   *     sum       (1 − w) · lexical / the query's best lexical + w · cosine
   *     reorder   the same for items that match a word, before all that do not
   *     ranks     (1 − w) / (60 + rank) + w / (60 + rank): reciprocal ranks (Cormack, Clarke & Büttcher 2009)
   */
  method: 'sum' | 'reorder' | 'ranks'
  /** Of meaning, 0 … 1. */
  weight: number
}

const RANK_OFFSET = 60
/** Beyond, a rank adds less than what two neighbours at the top differ by. */
const MAX_RANK = 1000

/**
 * The score of every item, (items).
 * @param matches of the query's words, best first
 */
export function fusedScores(
  matches: readonly Match[],
  { cosines, nearest }: Meaning,
  { method, weight }: Fusion,
): Float32Array {
  const scores = new Float32Array(cosines.length)
  if (method !== 'ranks') {
    const best = matches[0]?.score ?? 1
    // A cosine is −1 at least, and no sum is below −1: what matches no word stays behind.
    const behind = method === 'reorder' ? 2 : 0
    for (let item = 0; item < scores.length; item++) scores[item] = weight * cosines[item] - behind
    for (const { item, score } of matches) scores[item] += ((1 - weight) * score) / best + behind
    return scores
  }
  nearest.forEach((item, rank) => {
    scores[item] += weight / (RANK_OFFSET + 1 + rank)
  })
  matches.slice(0, MAX_RANK).forEach(({ item }, rank) => {
    scores[item] += (1 - weight) / (RANK_OFFSET + 1 + rank)
  })
  return scores
}
