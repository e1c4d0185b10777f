/** The rows of a catalogue as products: generic columns, or a Google Merchant feed, whose names are among them. */
import { type Availability, CONTENT_KINDS, type Product } from '../../shared/data/catalog.ts'
import { MAX_ID_LENGTH } from '../../shared/data/events.ts'
import { UserError } from '../user-error.ts'
import { parseNumber, parsePrice } from './amount.ts'
import { categoryPath, cleanText, MAX_DESCRIPTION_CHARS, MAX_TITLE_CHARS } from './clean-text.ts'
import { type ColumnMap, checkStated, passedOverColumns, productColumns, valueAt } from './columns.ts'
import type { InputFile } from './input-file.ts'
import { languageOf } from './item-statistics.ts'
import type { Tally } from './tally.ts'

const ATTRIBUTES = ['color', 'colour', 'size', 'material', 'pattern', 'gender', 'age_group', 'style', 'tags']
/** Read wherever they are, beside the columns of a role. */
const ATTRIBUTE_COLUMNS = ATTRIBUTES.flatMap((name) => [name, name.replace('_', ' ')])
const MAX_ATTRIBUTE_CHARS = 500
const MAX_URL_CHARS = 2000

interface ProductRowOptions {
  map: ColumnMap
  currency?: string
  language?: string
  spell: (path: string[]) => string[]
}

/** What reads a file's rows, one at a time, once its columns are found. @throws UserError when one is missing. */
export function productReader(file: InputFile, names: string[], { map, ...options }: ProductRowOptions) {
  const path = file.opening.source.path
  checkStated(path, names, map)
  const columns = productColumns(names, map)
  if (!columns.item) {
    throw new UserError(
      `${path}: the catalogue has no column of ids`,
      `say which it is with --map item=COLUMN; the columns are ${names.join(', ')}`,
    )
  }
  if (!columns.title) {
    throw new UserError(
      `${path}: the catalogue has no column of titles`,
      `say which it is with --map title=COLUMN; the columns are ${names.join(', ')}`,
    )
  }
  file.detected.columns = Object.entries(columns)
    .map(([role, column]) => `${role}=${column}`)
    .join(', ')
  file.passedOver = passedOverColumns(names, [...Object.values(columns), ...ATTRIBUTE_COLUMNS])
  return (record: Record<string, unknown>, line: number) =>
    productOfRow(record, line, { columns, ...options }, file.tally)
}

function productOfRow(
  record: Record<string, unknown>,
  line: number,
  { columns, currency, language, spell }: Omit<ProductRowOptions, 'map'> & { columns: ColumnMap },
  tally: Tally,
): Product | undefined {
  const at = (role: keyof ColumnMap) => valueAt(record, columns[role])
  const text = (role: keyof ColumnMap) => clean(at(role))
  const repaired = (reason: string, value: unknown) => tally.count('repaired', reason, line, value)
  const rawId = at('item')
  const item_id = typeof rawId === 'number' ? String(rawId) : typeof rawId === 'string' ? rawId.trim() : ''
  if (item_id === '') {
    tally.count('refused', 'no id', line, record)
    return undefined
  }
  if (item_id.length > MAX_ID_LENGTH) {
    tally.count('refused', `item id longer than ${MAX_ID_LENGTH}`, line, item_id)
    return undefined
  }
  const title = text('title').slice(0, MAX_TITLE_CHARS)
  if (title === '') {
    tally.count('refused', 'no title', line, item_id)
    return undefined
  }
  const product: Product = { item_id, title, category: spell(categoryPath(at('category') ?? '')) }
  const rawTitle = String(at('title')).trim()
  if (rawTitle !== title) repaired('title cleaned of markup or spaces', rawTitle)
  const description = text('description').slice(0, MAX_DESCRIPTION_CHARS)
  if (description !== '') product.description = description
  if (text('brand') !== '') product.brand = text('brand')

  const named = text('kind').toLowerCase()
  const kind = CONTENT_KINDS.find((each) => each === named)
  if (kind) product.kind = kind
  else if (named !== '' && named !== 'product') repaired('kind is none of product, guide and video: a product', named)

  const asked = priceAt('price')
  const sale = priceAt('sale_price')
  const list = priceAt('list_price')
  const price = sale && asked && sale.amount < asked.amount ? sale : (asked ?? sale)
  if (kind) {
    if (price) repaired('a guide or video has no price: left out', price.amount)
  } else if (price) {
    product.price = price.amount
    const before = price === sale ? asked : list
    if (before && before.amount > price.amount) product.list_price = before.amount
    product.currency = price.currency ?? (text('currency').toUpperCase() || currencyOfColumn(columns.price) || currency)
  } else repaired('no price', item_id)

  const availability = at('availability')
  if (availability !== undefined && availability !== '') {
    product.availability = parseAvailability(availability)
    if (!product.availability) repaired('availability is unknown: left out', availability)
  }
  const stock = parseNumber(at('stock'))
  if (stock !== undefined && stock >= 0) product.stock = Math.floor(stock)
  const rating = parseNumber(at('rating'))
  if (rating !== undefined && rating > 0 && rating <= 5) product.rating = rating
  const reviews = parseNumber(at('review_count'))
  if (reviews !== undefined && reviews > 0) product.review_count = Math.floor(reviews)
  product.url = link('url')
  product.image_link = link('image')
  if (text('group') !== '') product.item_group_id = text('group').slice(0, MAX_ID_LENGTH)
  const attributes = attributesOf(record)
  if (attributes) product.attributes = attributes
  product.language = text('language') || language || languageOf(title)
  return product

  function priceAt(role: 'price' | 'sale_price' | 'list_price') {
    const value = at(role)
    if (value === undefined || value === null || value === '') return undefined
    const parsed = parsePrice(value)
    if (parsed && parsed.amount > 0) return parsed
    repaired(`${role.replace('_', ' ')} is no amount above 0: left out`, value)
    return undefined
  }

  /** What a page will follow: a feed must not bring javascript: into a shop. */
  function link(role: 'url' | 'image') {
    const raw = at(role)
    const value = Array.isArray(raw) ? raw[0] : raw
    if (typeof value !== 'string' || value.trim() === '') return undefined
    const url = value.trim()
    if (url.length <= MAX_URL_CHARS && /^(https?:\/\/|\/(?!\/))/i.test(url)) return url
    repaired(`${role} is no http link: left out`, url)
    return undefined
  }
}

function clean(value: unknown): string {
  return typeof value === 'string' ? cleanText(value) : typeof value === 'number' ? String(value) : ''
}

/** "price_min_usd" says it. */
function currencyOfColumn(column: string | undefined): string | undefined {
  return /[_ ](usd|eur|gbp|cny|jpy|cad|aud|chf|sek|pln)$/i.exec(column ?? '')?.[1].toUpperCase()
}

function parseAvailability(value: unknown): Availability | undefined {
  const word =
    String(value)
      .split('/')
      .pop()
      ?.toLowerCase()
      .replace(/[\s_-]/g, '') ?? ''
  if (['instock', 'true', '1', 'yes', 'available', 'limitedavailability'].includes(word)) return 'in_stock'
  if (['outofstock', 'false', '0', 'no', 'soldout', 'discontinued'].includes(word)) return 'out_of_stock'
  if (word === 'preorder') return 'preorder'
  return word === 'backorder' ? 'backorder' : undefined
}

function attributesOf(record: Record<string, unknown>): Record<string, string> | undefined {
  const attributes: Record<string, string> = {}
  for (const name of ATTRIBUTES) {
    const value = clean(record[name] ?? record[name.replace('_', ' ')])
    if (value !== '') attributes[name === 'colour' ? 'color' : name] = value.slice(0, MAX_ATTRIBUTE_CHARS)
  }
  return Object.keys(attributes).length > 0 ? attributes : undefined
}
