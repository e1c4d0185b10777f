/** The rows of an event file as events: generic columns, or the shape of a GA4 BigQuery export. */
import { CATEGORY_SEPARATOR } from '../../shared/data/catalog.ts'
import {
  type EventItem,
  type EventName,
  type ITEM_EVENTS,
  MAX_ID_LENGTH,
  MAX_ITEMS_PER_EVENT,
  SEARCH_EVENTS,
} from '../../shared/data/events.ts'
import type { HistoryEvent } from '../datasets/dataset.ts'
import { UserError } from '../user-error.ts'
import { parseNumber, parsePrice } from './amount.ts'
import { categoryPath, cleanText } from './clean-text.ts'
import { type ColumnMap, checkStated, eventColumns, passedOverColumns, valueAt } from './columns.ts'
import { eventName } from './event-names.ts'
import type { InputFile } from './input-file.ts'
import type { ItemStatistics } from './item-statistics.ts'
import type { Tally } from './tally.ts'
import { parseTime, type TimeFormat } from './time.ts'

/** Read wherever they are, beside the columns of a role. */
const GA4_COLUMNS = ['items', 'event_params', 'ecommerce']

export interface EventRowOptions {
  map?: ColumnMap
  /** What a row is when no column says. */
  event?: EventName
  currency?: string
}

/** What reads a file's rows, one at a time, once its columns are found. @throws UserError when one is missing. */
export function eventReader(
  file: InputFile,
  names: string[],
  timeFormatOf: (column: string) => TimeFormat,
  options: EventRowOptions,
  statistics: ItemStatistics,
) {
  const { opening, tally, detected } = file
  const path = opening.source.path
  checkStated(path, names, options.map ?? {})
  const columns = eventColumns(names, options.map ?? {})
  const remedy = (role: string) =>
    `say which column it is with --map ${role}=COLUMN; the columns are ${names.join(', ')}`
  if (!columns.time) throw new UserError(`${path}: no column holds times`, remedy('time'))
  if (!columns.shopper && !columns.session) throw new UserError(`${path}: no column holds shoppers`, remedy('shopper'))
  if (!columns.item && !columns.search && !names.includes('items')) {
    throw new UserError(`${path}: no column holds items`, remedy('item'))
  }
  const timeFormat = timeFormatOf(columns.time)
  const defaultEvent = options.event ?? (columns.transaction ? 'purchase' : 'view_item')
  detected.columns = Object.entries(columns)
    .map(([role, column]) => `${role}=${column}`)
    .join(', ')
  file.passedOver = passedOverColumns(names, [...Object.values(columns), ...GA4_COLUMNS])
  detected.time = `${columns.time}: ${timeFormat}${/Z|[+-]\d\d:?\d\d$|seconds/.test(timeFormat) ? '' : ', UTC where no zone is written'}`
  if (!columns.event) detected.event = `${defaultEvent}: no column says (--event NAME, or --map event=COLUMN)`
  if (!columns.shopper) detected.shopper = `each ${columns.session} is taken as a shopper`
  return (record: Record<string, unknown>, line: number) =>
    eventOfRow(record, line, { columns, timeFormat, defaultEvent, currency: options.currency }, tally, statistics)
}

interface RowColumns {
  columns: ColumnMap
  timeFormat: TimeFormat
  /** What a row without an event column is. */
  defaultEvent: EventName
  currency?: string
}

/** The event's id is its line: the same file gives the same ids. */
function eventOfRow(
  record: Record<string, unknown>,
  line: number,
  options: RowColumns,
  tally: Tally,
  statistics: ItemStatistics,
): { event: HistoryEvent; session?: string } | undefined {
  const { columns } = options
  const refuse = (reason: string, value: unknown) => {
    tally.count('refused', reason, line, value)
    return undefined
  }
  const stated = columns.event === undefined ? options.defaultEvent : textAt(record, columns.event)
  const name = eventName(stated)
  if (!name) {
    if (stated === '') return refuse('no event type', record)
    tally.count('set aside', `not an event of a shop: ${stated.slice(0, 40)}`, line, stated)
    return undefined
  }
  const timeValue = valueAt(record, columns.time)
  const time = parseTime(options.timeFormat, timeValue)
  if (time === undefined) return refuse(`the time is no ${options.timeFormat} between 1990 and 2100`, timeValue ?? '')
  const session = textAt(record, columns.session) || undefined
  const shopper = textAt(record, columns.shopper) || session
  if (!shopper) {
    tally.count('set aside', 'no shopper', line, record)
    return undefined
  }
  if (shopper.length > MAX_ID_LENGTH) return refuse(`shopper id longer than ${MAX_ID_LENGTH}`, shopper)
  const base = { shopper, id: textAt(record, columns.id).slice(0, MAX_ID_LENGTH) || `line-${line}`, time }
  const currency = textAt(record, columns.currency) || parameter(record, 'currency') || options.currency
  const withCurrency = currency ? { ...base, currency: currency.slice(0, 3).toUpperCase() } : base

  if ((SEARCH_EVENTS as readonly string[]).includes(name)) {
    const search_term = cleanText(textAt(record, columns.search) || parameter(record, 'search_term')).slice(
      0,
      MAX_ID_LENGTH,
    )
    if (search_term === '') return refuse('a search without words', record)
    return { event: { ...withCurrency, name: name as (typeof SEARCH_EVENTS)[number], search_term }, session }
  }
  const items: EventItem[] = []
  for (const raw of rawItems(record, columns)) {
    const item = eventItem(raw, name, line, tally, statistics)
    if (item === 'refused') return undefined
    if (item) items.push(item)
  }
  if (items.length === 0) return refuse('no item', record)
  if (items.length > MAX_ITEMS_PER_EVENT && name !== 'purchase' && name !== 'refund') {
    tally.count('repaired', `a list cut to ${MAX_ITEMS_PER_EVENT} items`, line, items.length)
    items.length = MAX_ITEMS_PER_EVENT
  }
  const order =
    textAt(record, columns.transaction) ||
    textAt(record, 'ecommerce.transaction_id') ||
    parameter(record, 'transaction_id')
  const transaction_id = order === '' || order === '(not set)' ? undefined : order.slice(0, MAX_ID_LENGTH)
  return { event: { ...withCurrency, name: name as (typeof ITEM_EVENTS)[number], items, transaction_id }, session }
}

interface RawItem {
  id: string
  title: string
  brand: string
  category: string[]
  price: unknown
  quantity: unknown
  index: unknown
  list: string
}

function rawItems(record: Record<string, unknown>, columns: ColumnMap): RawItem[] {
  if (Array.isArray(record.items)) return record.items.filter(isRecord).map(ga4Item)
  return [
    {
      id: textAt(record, columns.item),
      title: textAt(record, columns.title),
      brand: textAt(record, columns.brand),
      category: categoryPath(valueAt(record, columns.category)),
      price: valueAt(record, columns.price),
      quantity: valueAt(record, columns.quantity),
      index: undefined,
      list: '',
    },
  ]
}

function ga4Item(item: Record<string, unknown>): RawItem {
  const levels = ['item_category', 'item_category2', 'item_category3', 'item_category4', 'item_category5']
  return {
    id: set(textAt(item, 'item_id')) || set(textAt(item, 'item_name')),
    title: set(textAt(item, 'item_name')),
    brand: set(textAt(item, 'item_brand')),
    category: categoryPath(levels.map((level) => set(textAt(item, level)))),
    price: item.price ?? item.price_in_usd,
    quantity: item.quantity,
    index: item.item_list_index ?? item.index,
    list: set(textAt(item, 'item_list_id')),
  }
}

/** GA4 writes "(not set)" where a value is missing. */
const set = (text: string) => (text === '(not set)' ? '' : text)

function eventItem(
  raw: RawItem,
  name: EventName,
  line: number,
  tally: Tally,
  statistics: ItemStatistics,
): EventItem | 'refused' | undefined {
  if (raw.id === '') return undefined
  if (raw.id.length > MAX_ID_LENGTH) {
    tally.count('refused', `item id longer than ${MAX_ID_LENGTH}`, line, raw.id)
    return 'refused'
  }
  const item: EventItem = { item_id: raw.id }
  const isOrder = name === 'purchase' || name === 'refund'
  if (!isMissing(raw.price)) {
    const price = parsePrice(raw.price)
    if (price && price.amount > 0) item.price = price.amount
    else tally.count('repaired', 'price is not above 0: left out', line, raw.price)
  } else if (isOrder) tally.count('repaired', 'an order without a price: left out', line, raw.id)
  if (!isMissing(raw.quantity)) {
    const quantity = parseNumber(raw.quantity)
    const units = quantity === undefined ? 0 : name === 'refund' ? Math.abs(quantity) : quantity
    if (units > 0) item.quantity = units
    else if (isOrder) {
      tally.count('refused', 'quantity is not above 0', line, raw.quantity)
      return 'refused'
    }
  } else if (isOrder) {
    item.quantity = 1
    tally.count('repaired', 'an order without a quantity: taken as 1', line, raw.id)
  }
  const index = parseNumber(raw.index)
  if (index !== undefined && index > 0) item.index = index
  if (raw.list !== '') item.item_list_id = raw.list.slice(0, 1000)
  statistics.add(raw.id, {
    title: raw.title,
    price: item.price,
    brand: raw.brand,
    category: raw.category.join(CATEGORY_SEPARATOR) || undefined,
  })
  return item
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function textAt(record: Record<string, unknown>, column: string | undefined): string {
  const value = valueAt(record, column)
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : ''
}

/** A GA4 event parameter: [{key, value: {string_value | int_value | …}}]. */
function parameter(record: Record<string, unknown>, key: string): string {
  if (!Array.isArray(record.event_params)) return ''
  const found = record.event_params.filter(isRecord).find((one) => one.key === key)
  if (!found || !isRecord(found.value)) return ''
  return textAt(found.value, 'string_value') || textAt(found.value, 'int_value') || textAt(found.value, 'double_value')
}
