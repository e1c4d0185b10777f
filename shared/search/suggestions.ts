/**
 * What a search box offers while someone types: their own queries, what others search for, categories and products.
 *
 *     recent       the shopper's, newest first; they stay on the device
 *     popular      the bundle's, of many shoppers each (`trainer/popular-queries.ts`)
 *     categories   of the catalogue, in the page's language where it has names in it
 *     products     the best by the shopper's scores
 *
 * Each source has a few places and gives what it does not need to those after it.
 */
import { CATEGORY_SEPARATOR } from '../data/catalog.ts'
import type { ShopEvent } from '../data/events.ts'
import { isUnspaced } from '../data/subwords.ts'
import { type ItemView, titleIn } from '../model/chunks.ts'
import type { ShopService } from '../service/shop-service.ts'
import { type PrefixIndex, prefixIndex, rowsWith } from './prefixes.ts'
import { normalised } from './rerank.ts'

export type Suggestion =
  | { source: 'recent' | 'popular'; text: string }
  /** `category` from the root, "Home > Kitchen". */
  | { source: 'categories'; text: string; category: string }
  | { source: 'products'; text: string; itemId: string }

const SOURCES = ['recent', 'popular', 'categories', 'products'] as const
/** Places of a source where the others fill theirs. Products have what is left. */
const PLACES = { recent: 2, popular: 3, categories: 2 }
/** Of the shopper's own queries. */
const MAX_RECENT = 100

/** What a bundle has to suggest, ready to be typed at. */
export interface SuggestionIndex {
  views: readonly ItemView[]
  categories: readonly { category: string; names: Readonly<Record<string, string>> }[]
  popular: readonly string[]
  byTitle: PrefixIndex
  byCategory: PrefixIndex
  byPopular: PrefixIndex
}

/** Takes a good tenth of a second for ten thousand products: once a bundle, when there is time. */
export function suggestionIndex(
  views: readonly ItemView[],
  { popularQueries = [], labelNames = {} }: Partial<ShopService> = {},
): SuggestionIndex {
  const paths = new Set<string>()
  for (const { category } of views) {
    const labels = category === '' ? [] : category.split(CATEGORY_SEPARATOR)
    labels.forEach((_, depth) => {
      paths.add(labels.slice(0, depth + 1).join(CATEGORY_SEPARATOR))
    })
  }
  const categories = [...paths].map((category) => ({
    category,
    names: Object.hasOwn(labelNames, category) ? labelNames[category] : {},
  }))
  return {
    views,
    categories,
    popular: popularQueries,
    byTitle: prefixIndex(views.map(({ title, titles = {} }) => [title, ...Object.values(titles)])),
    byCategory: prefixIndex(categories.map(({ category, names }) => [lastOf(category), ...Object.values(names)])),
    byPopular: prefixIndex(popularQueries.map((query) => [query])),
  }
}

export interface Typing {
  /** Of `recentQueries`. */
  recent: readonly string[]
  /** (items), larger is better */
  scores: ArrayLike<number>
  language: string
  limit: number
}

/** At most `limit`, in the order of their sources; nothing typed offers queries alone. */
export function suggest(
  index: SuggestionIndex,
  typed: string,
  { recent, scores, language, limit }: Typing,
): Suggestion[] {
  const { views, categories, popular, byTitle, byCategory, byPopular } = index
  const nothing = normalised(typed) === ''
  const own = nothing ? recent : rowsWith(prefixIndex(recent.map((query) => [query])), typed).map((row) => recent[row])
  const others = nothing
    ? popular.filter((query) => isUnspaced(query) === language.startsWith('zh'))
    : rowsWith(byPopular, typed).map((row) => popular[row])
  const found: Record<Suggestion['source'], Suggestion[]> = {
    recent: own.map((text) => ({ source: 'recent', text })),
    popular: others.map((text) => ({ source: 'popular', text })),
    categories: rowsWith(byCategory, typed).map((row) => {
      const { category, names } = categories[row]
      const text = names[language] ?? names[language.split('-')[0]] ?? lastOf(category)
      return { source: 'categories', text, category }
    }),
    products: bestRows(rowsWith(byTitle, typed), scores, views, limit).map((row) => ({
      source: 'products',
      text: titleIn(views[row], language),
      itemId: views[row].id,
    })),
  }
  const known = new Set([normalised(typed)])
  for (const source of SOURCES) {
    // What was typed already, and a query that a source before has, is no suggestion. Two products may be called the same.
    found[source] = found[source].filter((suggestion) => {
      if (suggestion.source !== 'recent' && suggestion.source !== 'popular') return true
      const name = normalised(suggestion.text)
      return !known.has(name) && known.add(name)
    })
  }
  return shared(found, limit)
}

/** Each source its places, then what is left to whoever has more, first come first served. */
function shared(found: Record<Suggestion['source'], Suggestion[]>, limit: number): Suggestion[] {
  let left = limit
  const taken = { recent: 0, popular: 0, categories: 0, products: 0 }
  const take = (source: Suggestion['source'], most: number) => {
    const more = Math.min(left, most, found[source].length - taken[source])
    taken[source] += more
    left -= more
  }
  for (const source of SOURCES) take(source, source === 'products' ? limit : PLACES[source])
  for (const source of SOURCES) take(source, limit)
  return SOURCES.flatMap((source) => found[source].slice(0, taken[source]))
}

/** Best first; what cannot be bought now comes last. */
function bestRows(
  rows: readonly number[],
  scores: ArrayLike<number>,
  views: readonly ItemView[],
  limit: number,
): number[] {
  const better = (a: number, b: number) =>
    Number(views[b].available) - Number(views[a].available) || scores[b] - scores[a] || a - b
  // One letter may find thousands: the few best are kept while going through, not sorted out of all.
  const best: number[] = []
  for (const row of rows) {
    if (best.length === limit && (limit === 0 || better(best[limit - 1], row) <= 0)) continue
    let place = best.length
    while (place > 0 && better(best[place - 1], row) > 0) place--
    best.splice(place, 0, row)
    if (best.length > limit) best.pop()
  }
  return best
}

/** The shopper's own queries, newest first, each once. */
export function recentQueries(events: readonly ShopEvent[]): string[] {
  const searches = events.flatMap((event) => (event.name === 'search' ? [event] : [])).sort((a, b) => b.time - a.time)
  const queries = new Map<string, string>()
  for (const { search_term } of searches) {
    const name = normalised(search_term)
    if (name !== '' && !queries.has(name)) queries.set(name, search_term.trim())
    if (queries.size === MAX_RECENT) break
  }
  return [...queries.values()]
}

const lastOf = (category: string) => category.split(CATEGORY_SEPARATOR).at(-1) as string
