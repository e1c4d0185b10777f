/**
 * What a history says about its items: where no catalogue comes with it, this becomes one. Memory grows with the items,
 * not with the rows: few spellings and prices are remembered of each.
 */
import { CATEGORY_SEPARATOR, type Product } from '../../shared/data/catalog.ts'

export interface ItemMention {
  /** As the row writes it; cleaned once an item, not once a row. */
  title?: string
  price?: number
  brand?: string
  /** The path joined by CATEGORY_SEPARATOR. */
  category?: string
}

export interface ItemStatistics {
  add(id: string, mention: ItemMention): void
  readonly size: number
  /** In the order of first mention. */
  products(make: {
    currency?: string
    language?: string
    clean: (title: string) => string
    categoryOf?: (title: string) => string[]
  }): Generator<Product>
}

/** A real item has a handful of each; beyond, what is already known is counted and the rest is not. */
const MAX_VALUES = 64

interface Known {
  titles: Map<string, number>
  prices: Map<number, number>
  brand?: string
  category?: string
}

export function createItemStatistics(): ItemStatistics {
  const items = new Map<string, Known>()
  return {
    get size() {
      return items.size
    },
    add(id, { title, price, brand, category }) {
      let known = items.get(id)
      if (!known) {
        known = { titles: new Map(), prices: new Map() }
        items.set(id, known)
      }
      if (title) count(known.titles, title)
      if (price !== undefined) count(known.prices, price)
      if (brand) known.brand = brand
      if (category) known.category = category
    },
    *products({ currency, language, clean, categoryOf }) {
      for (const [item_id, { titles, prices, brand, category }] of items) {
        const title = mostFrequent(cleaned(titles, clean)) ?? item_id
        const price = median(prices)
        yield {
          item_id,
          title,
          brand,
          category: category ? category.split(CATEGORY_SEPARATOR) : (categoryOf?.(title) ?? []),
          price,
          currency: price === undefined ? undefined : currency,
          language: language ?? languageOf(title),
        }
      }
    },
  }
}

/** Han letters say Chinese (or Japanese without kana, which a title rarely is); everything else is taken as English. */
export function languageOf(title: string): string {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(title)) return 'ja'
  return /\p{Script=Han}/u.test(title) ? 'zh' : 'en'
}

function count<T>(counts: Map<T, number>, value: T): void {
  const known = counts.get(value)
  if (known !== undefined || counts.size < MAX_VALUES) counts.set(value, (known ?? 0) + 1)
}

/** Spellings that clean to the same title count together. */
function cleaned(titles: Map<string, number>, clean: (title: string) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const [raw, times] of titles) {
    const title = clean(raw)
    if (title !== '') counts.set(title, (counts.get(title) ?? 0) + times)
  }
  return counts
}

/** The first of those that are most frequent. */
function mostFrequent(counts: Map<string, number>): string | undefined {
  let best: string | undefined
  let most = 0
  for (const [value, times] of counts) {
    if (times > most) {
      best = value
      most = times
    }
  }
  return best
}

/** The lower median, so that it is a price that was really asked. */
function median(counts: Map<number, number>): number | undefined {
  const sorted = [...counts].sort((a, b) => a[0] - b[0])
  let total = 0
  for (const [, times] of sorted) total += times
  let passed = 0
  for (const [value, times] of sorted) {
    passed += times
    if (passed * 2 >= total) return value
  }
  return undefined
}
