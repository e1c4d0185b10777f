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

/** With fewer products that hold every word, those that hold some of them follow, down to a share of the best score. */
const FEW = 8
const SHARE = 0.4
/** Products indexed in one go, between which taps and frames get their turn. */
const CHUNK = 50
/** The rest of a long description is sizes and washing. */
const DESCRIPTION_LENGTH = 400

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
    tokenize,
    processTerm: (term) => term,
    searchOptions: {
      boost: { title: 4, brand: 2, category: 2 },
      prefix: true,
      // A short word with a letter wrong is another word.
      fuzzy: (term) => (term.length > 3 && !/\p{Script=Han}/u.test(term) ? 0.2 : false),
    },
  })
  await index.addAllAsync(products.map(entryOf), { chunkSize: CHUNK })
  return {
    find(query, limit) {
      const found = index.search(query, { combineWith: 'AND' }).map((result) => String(result.id))
      if (found.length < FEW) {
        const some = index.search(query, { combineWith: 'OR' })
        const enough = SHARE * (some[0]?.score ?? 0)
        const known = new Set(found)
        for (const { id, score } of some) if (score >= enough && !known.has(id)) found.push(id)
      }
      return found.slice(0, limit)
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
    description: joined(
      ...[product, ...translations].map(({ description }) => description?.slice(0, DESCRIPTION_LENGTH)),
    ),
  }
}

/** The segmenter takes ten times as long as a pattern, so it is kept for scripts that are written without spaces. */
function tokenize(text: string): string[] {
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(text)) return words(text)
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  )
}
