/**
 * What an item is, apart from who looked at it: its text, its place in the category tree, its price among its kind.
 * One dense row an item, so that an item never seen in training still has a vector: content · `item.content`.
 */
import { CATEGORY_SEPARATOR, type Product } from '../data/catalog.ts'
import { TEXT_WIDTH, textVector } from '../data/text.ts'

/** Quantiles within the item's own category: a dear mug and a dear sofa have this in common. */
const PRICE_BANDS = 8
/** A category of fewer items says no more than their text. */
const MIN_CATEGORY_ITEMS = 3

export interface Content {
  width: number
  /** (items, width) row-major */
  rows: Float32Array
}

/** Text of a product that search and the item vector read. */
export function textOf(product: Product): string {
  const translated = Object.values(product.translations ?? {}).map((translation) => translation.title)
  return [product.title, ...translated, product.brand ?? '', product.category.at(-1) ?? ''].join(' ')
}

export function contentOf(products: readonly Product[]): Content {
  const columns = new Map<string, number>()
  const sizes = new Map<string, number>()
  for (const product of products) for (const path of pathsOf(product)) sizes.set(path, (sizes.get(path) ?? 0) + 1)
  for (const [path, size] of sizes) {
    if (size >= MIN_CATEGORY_ITEMS) columns.set(path, TEXT_WIDTH + columns.size)
  }
  const firstBand = TEXT_WIDTH + columns.size
  const width = firstBand + PRICE_BANDS
  const rows = new Float32Array(products.length * width)
  const bandOf = priceBands(products)
  products.forEach((product, item) => {
    rows.set(textVector(textOf(product)), item * width)
    for (const path of pathsOf(product)) {
      const column = columns.get(path)
      if (column !== undefined) rows[item * width + column] = 1
    }
    const band = bandOf(product)
    if (band !== undefined) rows[item * width + firstBand + band] = 1
  })
  return { width, rows }
}

/** "Home", "Home > Kitchen", "Home > Kitchen > Mugs". */
function pathsOf(product: Product): string[] {
  return product.category.map((_, depth) => product.category.slice(0, depth + 1).join(CATEGORY_SEPARATOR))
}

/** Which eighth of its category's prices an item's price falls in. */
function priceBands(products: readonly Product[]): (product: Product) => number | undefined {
  const prices = new Map<string, number[]>()
  const keyOf = (product: Product) => product.category.slice(0, 2).join(CATEGORY_SEPARATOR)
  for (const product of products) {
    if (product.price === undefined) continue
    const key = keyOf(product)
    const list = prices.get(key)
    if (list) list.push(product.price)
    else prices.set(key, [product.price])
  }
  for (const list of prices.values()) list.sort((a, b) => a - b)
  return (product) => {
    const price = product.price
    if (price === undefined) return undefined
    const list = prices.get(keyOf(product)) as number[]
    const below = countBelow(list, price)
    return Math.min(PRICE_BANDS - 1, Math.floor((below / list.length) * PRICE_BANDS))
  }
}

/** How many of an ascending list are less: a shop without categories has all its prices in one. */
function countBelow(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}

/** A query's row: its text, and no category or price. */
export function queryRow(query: string, width: number): Float32Array {
  const row = new Float32Array(width)
  row.set(textVector(query))
  return row
}
