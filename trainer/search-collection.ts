/**
 * A search collection on disk: what a search engine is measured on.
 *
 *     products.jsonl[.gz] or .csv    the catalogue, as `vitrine import` reads one
 *     *rated.csv[.gz]                query,docid,rating: 0 (wrong) … 3 (right), as people judged
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Product } from '../shared/data/catalog.ts'
import { readDelimited } from './importers/delimited.ts'
import { openSource, readText } from './importers/source.ts'
import { readProducts } from './text/corpus.ts'
import { UserError } from './user-error.ts'

const JUDGEMENTS = /rated\.csv(\.gz)?$/
const MAX_RATING = 3

export interface JudgedQuery {
  query: string
  /** Item number → rating; an item that is not here was not judged. */
  ratings: ReadonlyMap<number, number>
}

export interface Collection {
  name: string
  products: Product[]
  queries: JudgedQuery[]
  /** Judgements of items that the catalogue does not have. */
  unknownItems: number
}

/** @throws UserError naming the file and line that is wrong */
export async function readCollection(folder: string): Promise<Collection> {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new UserError(`${folder}: no such folder`, 'give a folder with products.jsonl and judgements')
  }
  const files = readdirSync(folder).filter((name) => JUDGEMENTS.test(name))
  if (files.length !== 1) {
    throw new UserError(
      `${folder}: ${files.length === 0 ? 'no judgements' : `several judgements: ${files.join(', ')}`}`,
      'put one file there whose name ends in rated.csv, with columns query, docid and rating',
    )
  }
  const { products } = await readProducts(folder)
  const numbers = new Map(products.map((product, number) => [product.item_id, number]))
  const path = join(folder, files[0])
  const byQuery = new Map<string, Map<number, number>>()
  let unknownItems = 0
  for await (const row of readDelimited(path, readText(openSource(path)), ',')) {
    if ('reason' in row) throw new UserError(`${path} line ${row.line}: ${row.reason}`, 'export the judgements again')
    const { query, docid, rating } = row.record as Record<string, string | undefined>
    if (query === undefined || docid === undefined || rating === undefined) {
      throw new UserError(
        `${path}: its columns are ${Object.keys(row.record).join(', ')}`,
        'name them query,docid,rating',
      )
    }
    const value = Number(rating)
    if (rating.trim() === '' || !Number.isInteger(value) || value < 0 || value > MAX_RATING) {
      throw new UserError(`${path} line ${row.line}: rating "${rating}" is not 0 … ${MAX_RATING}`, 'mend that line')
    }
    const item = numbers.get(docid.trim())
    if (item === undefined) {
      unknownItems++
      continue
    }
    const ratings = byQuery.get(query) ?? new Map<number, number>()
    byQuery.set(query, ratings.set(item, value))
  }
  if (byQuery.size === 0) {
    throw new UserError(`${path}: judges no item of the catalogue`, 'check that docid holds the catalogue’s ids')
  }
  const queries = [...byQuery].map(([query, ratings]) => ({ query, ratings }))
  return { name: basename(folder), products, queries, unknownItems }
}
