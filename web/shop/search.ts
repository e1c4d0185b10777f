/**
 * The shop's own search: any shop has one before it has Vitrine. Words of titles, brands, categories and descriptions in
 * every language of the catalogue, by prefix and with typing errors forgiven; `Intl.Segmenter` finds Chinese words.
 */
import MiniSearch from 'minisearch'
import type { StorefrontProduct } from '../../shared/data/storefront.ts'
import { words } from '../../shared/data/text.ts'

export interface Search {
  /** Item ids, best first. */
  find(query: string, limit?: number): string[]
  /** Another spelling that finds something, or undefined. */
  instead(query: string): string | undefined
}

interface Entry {
  id: string
  title: string
  brand: string
  category: string
  description: string
}

/** Indexes in slices, so that a catalogue of thousands never holds up a tap. */
export async function createSearch(products: StorefrontProduct[]): Promise<Search> {
  const index = new MiniSearch<Entry>({
    fields: ['title', 'brand', 'category', 'description'],
    storeFields: [],
    tokenize: words,
    processTerm: (term) => term,
    searchOptions: {
      boost: { title: 4, brand: 2, category: 2 },
      prefix: true,
      // A short word with a letter wrong is another word.
      fuzzy: (term) => (term.length > 3 && !/\p{Script=Han}/u.test(term) ? 0.2 : false),
    },
  })
  await index.addAllAsync(products.map(entryOf), { chunkSize: 50 })
  return {
    find(query, limit) {
      const all = index.search(query, { combineWith: 'AND' })
      const results = all.length > 0 ? all : index.search(query, { combineWith: 'OR' })
      return results.slice(0, limit).map((result) => String(result.id))
    },
    instead(query) {
      const best = index.autoSuggest(query, { fuzzy: 0.4, combineWith: 'OR' })[0]?.suggestion
      return best && best !== query.toLowerCase() ? best : undefined
    },
  }
}

function entryOf(product: StorefrontProduct): Entry {
  const translations = Object.values(product.translations ?? {})
  const joined = (...texts: (string | undefined)[]) => texts.filter(Boolean).join('\n')
  return {
    id: product.item_id,
    title: joined(product.title, ...translations.map((translation) => translation.title)),
    brand: product.brand ?? '',
    category: joined(...product.category, ...translations.flatMap((translation) => translation.category ?? [])),
    description: joined(product.description, ...translations.map((translation) => translation.description)),
  }
}
