/**
 * What is inside a bundle's chunks. Two are JSON (what a person reads), the rest typed arrays (what a model reads).
 *
 *     shelf     the first shelf: what is wanted now, ready to show, before anything else is there
 *     items     what every item is called, costs and looks like, in columns
 *     rules     sequential rules, bought-together rules, popularity
 *     vectors   item vectors, int8 or packed to int4, and biases
 *     encoder   the network's blocks; where queries enter
 *     probes    histories with the list they must give: run before a new bundle is used
 *     profile   what a profile is read with (`shared/profile/profile-chunk.ts`); fetched in idle time
 *     segments  the shop's kinds of shopper (`shared/profile/segments.ts`); fetched in idle time
 *     text      subword vectors for search (`text-encoder.ts`), when the shop has them; fetched in idle time
 *     service   what the shop says beside its products (`../service/shop-service.ts`); fetched in idle time
 *     coupons   who may have which (`../service/coupons.ts`), a signed note of its own; fetched in idle time
 */
import { CATEGORY_SEPARATOR, type ContentKind, isAvailable, type Product } from '../data/catalog.ts'
import { pictureOf } from '../data/picture.ts'
import { ACTIONS, GAP_BUCKETS, type Token } from '../data/sequence.ts'
import { TEXT_WIDTH } from '../data/text.ts'
import { type ArrayFile, decodeArrays, encodeArrays, type PlainArray, take } from './arrays.ts'
import type { CompiledBlock, CompiledModel } from './compile.ts'
import type { ModelConfig } from './params.ts'
import { packRows, type QuantisedRows, quantiseRows, rowsOf, unpackRows } from './quantise.ts'
import type { Rules } from './rules.ts'

const encoder = new TextEncoder()
const toJson = (value: unknown) => encoder.encode(JSON.stringify(value))
function fromJson<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as T
}

/** How an item is shown. Short names: there are thousands. */
export interface ItemView {
  id: string
  /** Of what is not sold. */
  kind?: ContentKind
  title: string
  /** Titles in other languages. */
  titles?: Record<string, string>
  price?: number
  listPrice?: number
  url?: string
  picture: string
  image?: string
  category: string
  available: boolean
}

export function titleIn(view: ItemView, language: string): string {
  return view.titles?.[language] ?? view.titles?.[language.split('-')[0]] ?? view.title
}

export function viewOf(product: Product): ItemView {
  const titles = Object.entries(product.translations ?? {}).map(([language, { title }]) => [language, title])
  return {
    id: product.item_id,
    ...(product.kind === undefined ? {} : { kind: product.kind }),
    title: product.title,
    ...(titles.length > 0 ? { titles: Object.fromEntries(titles) } : {}),
    ...(product.price === undefined || product.kind !== undefined ? {} : { price: product.price }),
    ...(product.list_price === undefined || product.kind !== undefined ? {} : { listPrice: product.list_price }),
    ...(product.url === undefined ? {} : { url: product.url }),
    picture: pictureOf(product),
    ...(product.image_link === undefined ? {} : { image: product.image_link }),
    category: product.category.join(CATEGORY_SEPARATOR),
    available: isAvailable(product),
  }
}

export const encodeShelf = (views: ItemView[]): Uint8Array => toJson(views)
export const decodeShelf = (bytes: Uint8Array): ItemView[] => listOf<ItemView>(fromJson(bytes), 'shelf')

/** Columns compress to half of rows. */
interface ItemColumns {
  ids: string[]
  /** By item; absent where everything is sold. */
  kinds?: Record<number, ContentKind>
  titles: string[]
  translated: Record<string, string[]>
  prices: (number | null)[]
  listPrices: Record<number, number>
  categories: string[]
  category: number[]
  pictures: string[]
  /** Empty where the shop's pages are found by id alone. */
  urls: string[]
  images: string[]
  unavailable: number[]
}

export function encodeItems(views: ItemView[]): Uint8Array {
  const categories = [...new Set(views.map((view) => view.category))]
  const numbers = new Map(categories.map((category, number) => [category, number]))
  const languages = [...new Set(views.flatMap((view) => Object.keys(view.titles ?? {})))]
  const kinds = views.flatMap((view, item) => (view.kind === undefined ? [] : [[item, view.kind] as const]))
  const columns: ItemColumns = {
    ids: views.map((view) => view.id),
    ...(kinds.length > 0 ? { kinds: Object.fromEntries(kinds) } : {}),
    titles: views.map((view) => view.title),
    translated: Object.fromEntries(
      languages.map((language) => [language, views.map((view) => view.titles?.[language] ?? '')]),
    ),
    prices: views.map((view) => view.price ?? null),
    listPrices: Object.fromEntries(
      views.flatMap((view, item) => (view.listPrice === undefined ? [] : [[item, view.listPrice]])),
    ),
    categories,
    category: views.map((view) => numbers.get(view.category) as number),
    pictures: views.map((view) => view.picture),
    urls: views.some((view) => view.url !== undefined) ? views.map((view) => view.url ?? '') : [],
    images: views.some((view) => view.image !== undefined) ? views.map((view) => view.image ?? '') : [],
    unavailable: views.flatMap((view, item) => (view.available ? [] : [item])),
  }
  return toJson(columns)
}

export function decodeItems(bytes: Uint8Array): ItemView[] {
  const columns = fromJson<ItemColumns>(bytes)
  const ids = listOf<string>(columns.ids, 'ids')
  for (const name of ['titles', 'prices', 'category', 'pictures'] as const) {
    if (listOf(columns[name], name).length !== ids.length) {
      throw new Error(`items: column "${name}" has ${columns[name].length} rows, not ${ids.length}`)
    }
  }
  const unavailable = new Set(columns.unavailable)
  return ids.map((id, item) => {
    const titles = Object.entries(columns.translated).flatMap(([language, texts]) =>
      texts[item] ? [[language, texts[item]]] : [],
    )
    const price = columns.prices[item]
    const listPrice = columns.listPrices[item]
    const kind = columns.kinds?.[item]
    return {
      id,
      ...(kind === undefined ? {} : { kind }),
      title: columns.titles[item],
      ...(titles.length > 0 ? { titles: Object.fromEntries(titles) as Record<string, string> } : {}),
      ...(price === null ? {} : { price }),
      ...(listPrice === undefined ? {} : { listPrice }),
      ...(columns.urls[item] ? { url: columns.urls[item] } : {}),
      picture: columns.pictures[item],
      ...(columns.images[item] ? { image: columns.images[item] } : {}),
      category: columns.categories[columns.category[item]] ?? '',
      available: !unavailable.has(item),
    }
  })
}

function listOf<T>(value: unknown, what: string): T[] {
  if (!Array.isArray(value)) throw new Error(`items: "${what}" is not a list`)
  return value as T[]
}

export interface RulesChunk {
  next: Rules
  together: Rules
  /** (V) how often each item was wanted lately */
  popularity: Float32Array
}

export function encodeRules({ next, together, popularity }: RulesChunk): Uint8Array {
  return encodeArrays({
    meta: { items: popularity.length },
    arrays: { ...packRules('next', next), ...packRules('together', together), popularity },
  })
}

export function decodeRules(bytes: Uint8Array): RulesChunk {
  const file = decodeArrays<{ items: number }>(bytes)
  const items = file.meta?.items
  if (!Number.isSafeInteger(items) || items < 0) throw new Error(`rules: items must be 0 or more: ${items}`)
  return {
    next: unpackRules('next', file, items),
    together: unpackRules('together', file, items),
    popularity: take(file, 'popularity', 'f32', items),
  }
}

/** A row's weights as bytes, the heaviest 255; rows have at most 255 rules. */
function packRules(name: string, { start, target, weight }: Rules): Record<string, PlainArray> {
  const items = start.length - 1
  const lengths = new Uint8Array(items)
  const scales = new Float32Array(items)
  const weights = new Uint8Array(weight.length)
  for (let a = 0; a < items; a++) {
    lengths[a] = start[a + 1] - start[a]
    if (lengths[a] !== start[a + 1] - start[a]) throw new Error(`rules: item ${a} has more than 255 rules`)
    if (lengths[a] === 0) continue
    scales[a] = weight[start[a]] / 255
    for (let at = start[a]; at < start[a + 1]; at++) weights[at] = Math.max(1, Math.round(weight[at] / scales[a]))
  }
  const targets = items <= 1 << 16 ? Uint16Array.from(target) : Uint32Array.from(target)
  return {
    [`${name}.lengths`]: lengths,
    [`${name}.scales`]: scales,
    [`${name}.targets`]: targets,
    [`${name}.weights`]: weights,
  }
}

function unpackRules(name: string, file: ArrayFile<unknown>, items: number): Rules {
  const lengths = take(file, `${name}.lengths`, 'u8', items)
  const scales = take(file, `${name}.scales`, 'f32', items)
  const start = new Uint32Array(items + 1)
  for (let a = 0; a < items; a++) start[a + 1] = start[a] + lengths[a]
  const weights = take(file, `${name}.weights`, 'u8', start[items])
  const target = Int32Array.from(take(file, `${name}.targets`, items <= 1 << 16 ? 'u16' : 'u32', start[items]))
  if (target.some((item) => item >= items)) throw new Error(`rules: "${name}" names an item that does not exist`)
  const weight = new Float32Array(weights.length)
  for (let a = 0; a < items; a++) for (let at = start[a]; at < start[a + 1]; at++) weight[at] = weights[at] * scales[a]
  return { start, target, weight }
}

export const TABLE_FORMATS = ['int8', 'int4'] as const
export type TableFormat = (typeof TABLE_FORMATS)[number]

export function encodeVectors({ table, bias }: CompiledModel, format: TableFormat = 'int8'): Uint8Array {
  const meta = { width: table.width }
  if (format === 'int8') return encodeArrays({ meta, arrays: { values: table.values, scales: table.scales, bias } })
  const { codes, levels, scales } = packRows(table)
  return encodeArrays({ meta, arrays: { codes, levels, scales, bias } })
}

function decodeTable(file: ArrayFile<unknown>, items: number, width: number): QuantisedRows {
  const scales = take(file, 'scales', 'f32', items)
  if (!file.arrays.codes) return { width, values: take(file, 'values', 'i8', items * width), scales }
  const codes = take(file, 'codes', 'u8', items * Math.ceil(width / 2))
  return unpackRows({ width, codes, levels: take(file, 'levels', 'i8', 16), scales })
}

const MATRICES = ['qkv', 'out', 'up', 'down'] as const
type Matrix = (typeof MATRICES)[number]

function matrixWidth({ width, hidden }: ModelConfig, name: Matrix): number {
  return { qkv: 3 * width, out: width, up: 2 * hidden, down: width }[name]
}

/** Matrices as int8 rows too; what is small stays float32. */
export function encodeEncoder(model: CompiledModel): Uint8Array {
  const arrays: Record<string, PlainArray> = { action: model.action, gap: model.gap, norm: model.norm }
  model.blocks.forEach((block, n) => {
    for (const name of MATRICES) {
      const { values, scales } = quantiseRows(block[name], matrixWidth(model.config, name))
      arrays[`${n}.${name}`] = values
      arrays[`${n}.${name}.scales`] = scales
    }
    arrays[`${n}.distance`] = block.distance
  })
  if (model.content) {
    // Queries have no category and no price: only the text rows are needed.
    arrays.text = model.content.values.slice(0, TEXT_WIDTH * model.config.width)
    arrays['text.scales'] = model.content.scales.slice(0, TEXT_WIDTH)
  }
  return encodeArrays({ meta: model.config, arrays })
}

/** @throws Error when the two chunks do not fit each other */
export function decodeModel(vectors: Uint8Array, encoderBytes: Uint8Array): CompiledModel {
  const file = decodeArrays<ModelConfig>(encoderBytes)
  const config = file.meta
  const { items, width: d, blocks, heads, window, hidden } = config ?? {}
  for (const [name, value] of Object.entries({ items, d, blocks, heads, window, hidden })) {
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`encoder: ${name} must be 1 or more: ${value}`)
  }
  if (d % heads !== 0) throw new Error(`encoder: ${heads} heads do not divide a width of ${d}`)
  const table = decodeArrays<{ width: number }>(vectors)
  if (table.meta?.width !== d) throw new Error(`vectors: width ${table.meta?.width}, but the encoder's is ${d}`)
  const matrix = (n: number, name: Matrix, rows: number) => {
    const width = matrixWidth(config, name)
    return rowsOf({
      width,
      values: take(file, `${n}.${name}`, 'i8', rows * width),
      scales: take(file, `${n}.${name}.scales`, 'f32', rows),
    })
  }
  return {
    config,
    table: decodeTable(table, items, d),
    bias: take(table, 'bias', 'f32', items),
    action: take(file, 'action', 'f32', ACTIONS.length * d),
    gap: take(file, 'gap', 'f32', GAP_BUCKETS * d),
    norm: take(file, 'norm', 'f32', d),
    blocks: Array.from(
      { length: blocks },
      (_, n): CompiledBlock => ({
        qkv: matrix(n, 'qkv', d),
        distance: take(file, `${n}.distance`, 'f32', window * heads),
        out: matrix(n, 'out', d),
        up: matrix(n, 'up', d),
        down: matrix(n, 'down', hidden),
      }),
    ),
    ...(file.arrays.text
      ? {
          content: {
            width: d,
            values: take(file, 'text', 'i8', TEXT_WIDTH * d),
            scales: take(file, 'text.scales', 'f32', TEXT_WIDTH),
          },
        }
      : {}),
  }
}

/** A history, and the list that the blend must make of it. */
export interface Probe {
  tokens: Token[]
  now: number
  /** Best first. */
  top: number[]
  /** The blend's scores of those. */
  scores: number[]
}

export const encodeProbes = (probes: Probe[]): Uint8Array => toJson(probes)
export const decodeProbes = (bytes: Uint8Array): Probe[] => listOf<Probe>(fromJson(bytes), 'probes')
