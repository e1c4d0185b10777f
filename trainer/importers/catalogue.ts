/** The catalogue that an import writes: the products of its files, or else the items that its history speaks of. */
import type { Product } from '../../shared/data/catalog.ts'
import type { DatasetWriter } from '../datasets/dataset.ts'
import { UserError } from '../user-error.ts'
import { categorySpelling, cleanText, titleCase } from './clean-text.ts'
import { type ColumnMap, existingColumns } from './columns.ts'
import { giftCategory } from './gift-categories.ts'
import { type InputFile, sampleRows } from './input-file.ts'
import type { ItemStatistics } from './item-statistics.ts'
import { productReader } from './product-rows.ts'

export interface Catalogue {
  add(product: Product): Promise<void>
  has(id: string): boolean
  size(): number
  /** Of its products, the most frequent first. */
  languages(): string[]
  currency(): string | undefined
}

export function createCatalogue(dataset: DatasetWriter): Catalogue {
  const ids = new Set<string>()
  const languages = new Map<string, number>()
  const currencies = new Map<string, number>()
  const most = (counts: Map<string, number>) => [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value)
  return {
    add(product) {
      const { item_id, language = 'en', currency } = product
      ids.add(item_id)
      languages.set(language, (languages.get(language) ?? 0) + 1)
      if (currency) currencies.set(currency, (currencies.get(currency) ?? 0) + 1)
      return dataset.product(product)
    },
    has: (id) => ids.has(id),
    size: () => ids.size,
    languages: () => most(languages),
    currency: () => most(currencies)[0],
  }
}

interface ProductOptions {
  map?: ColumnMap
  currency?: string
  language?: string
}

export async function addProducts(
  catalogue: Catalogue,
  files: InputFile[],
  { map = {}, currency, language }: ProductOptions,
  besideHistory: boolean,
  progress: (bytes: number) => void,
): Promise<void> {
  const spell = categorySpelling()
  for (const file of files) {
    const { opening, tally, detected } = file
    const { sample, names, rows } = await sampleRows(file, progress)
    if (sample.length === 0) throw new UserError(`${opening.source.path}: has no products`, 'export it again')
    // Beside a history, the same --map states that file's columns: only those that exist here count.
    const stated = besideHistory ? existingColumns(map, names) : map
    const toProduct = productReader(file, names, { map: stated, currency, language, spell })
    if (opening.delimiter) detected.delimiter = JSON.stringify(opening.delimiter)
    for await (const { record, line } of rows) {
      const product = toProduct(record, line)
      if (!product) continue
      if (catalogue.has(product.item_id)) {
        tally.count('set aside', 'an id that an earlier row has: the first stays', line, product.item_id)
      } else await catalogue.add(product)
    }
  }
}

/** Where no catalogue comes with a history. */
export async function addMentionedItems(
  catalogue: Catalogue,
  statistics: ItemStatistics,
  histories: InputFile[],
  { currency, language }: Omit<ProductOptions, 'map'>,
): Promise<void> {
  const gifts = histories.every((file) => file.opening.format === 'online-retail')
  const categoryOf = gifts ? giftCategory : undefined
  const clean = gifts ? (title: string) => titleCase(cleanText(title)) : cleanText
  for (const product of statistics.products({ currency, language, clean, categoryOf })) await catalogue.add(product)
}
