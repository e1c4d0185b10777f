/**
 * One shopper's rows as a clean history: in time order, each order one event, duplicates and machines left out.
 *
 * Duplicates. A row equal to another of the same shopper in everything (time, event, order, item, price, quantity) is
 * dropped: exports repeat rows far more often than tills scan the same line twice in the same second, and a model that
 * learns from order loses nothing. Lines of one item that differ are both real: their quantities are added.
 * Where times are whole days and rows carry no order id, equal rows say nothing about each other and all stay.
 *
 * Machines and outliers. Orders never count against a shopper, so wholesale buyers stay; what counts is looking:
 * - more than 1,000 events in one UTC day: the shopper is dropped (a person at one page every 30 s needs 8 hours);
 * - a visit (30 minutes without an event end it) of more than 200 views with no cart, wish, checkout or order: the visit
 *   is dropped, the rest of the shopper stays (price comparison and monitoring look like this). Files that record neither
 *   carts nor orders are spared this rule: there nothing could be chosen.
 */
import { type EventItem, itemsOf, MAX_ITEMS_PER_EVENT } from '../../shared/data/events.ts'
import type { HistoryEvent } from '../datasets/dataset.ts'
import type { StagedEvent } from './staging.ts'
import type { Tally } from './tally.ts'

export const MAX_EVENTS_A_DAY = 1000
export const MAX_IDLE_VIEWS = 200
const VISIT_GAP_MS = 30 * 60_000
const DAY_MS = 86_400_000
const VIEWS = new Set(['view_item', 'select_item', 'view_item_list'])
export const INTENT: ReadonlySet<string> = new Set([
  'add_to_cart',
  'add_to_wishlist',
  'view_cart',
  'begin_checkout',
  'purchase',
  'refund',
])

type Order = HistoryEvent & { name: 'purchase' | 'refund'; items: EventItem[] }
/** What is known of the input files, by their number. */
export interface FileFacts {
  /** Do the file's times tell more than the day? */
  hasClock: boolean[]
  /** Does any file record carts or orders? */
  hasIntent: boolean
  tallies: Tally[]
}

interface Merged {
  event: HistoryEvent
  session?: string
  rows: { file: number; line: number }[]
}

/**
 * @param staged all of one shopper's events, in any order; is sorted.
 * @returns in time order; empty when the shopper is dropped.
 */
export function cleanHistory(staged: StagedEvent[], { hasClock, hasIntent, tallies }: FileFacts): HistoryEvent[] {
  staged.sort((a, b) => a.event.time - b.event.time || a.file - b.file || a.line - b.line)
  const merged = mergeOrders(dropDuplicates(staged, hasClock, tallies), tallies)
  const setAside = (reason: string, dropped: Merged[]) => {
    for (const { rows, event } of dropped) {
      for (const { file, line } of rows) tallies[file].count('set aside', reason, line, event.shopper)
    }
  }
  if (busiestDay(merged) > MAX_EVENTS_A_DAY) {
    setAside(`a machine: more than ${MAX_EVENTS_A_DAY} events in a day`, merged)
    return []
  }
  const kept: HistoryEvent[] = []
  for (const visit of visits(merged)) {
    const views = visit.filter(({ event }) => VIEWS.has(event.name)).length
    if (hasIntent && views > MAX_IDLE_VIEWS && !visit.some(({ event }) => INTENT.has(event.name))) {
      setAside(`an outlier visit: more than ${MAX_IDLE_VIEWS} views and nothing chosen`, visit)
    } else for (const { event } of visit) kept.push(...splitLong(event))
  }
  return kept
}

function dropDuplicates(staged: StagedEvent[], hasClock: boolean[], tallies: Tally[]): StagedEvent[] {
  const kept: StagedEvent[] = []
  const seen = new Set<string>()
  let time = Number.NaN
  for (const one of staged) {
    if (one.event.time !== time) {
      seen.clear()
      time = one.event.time
    }
    const order = 'transaction_id' in one.event ? one.event.transaction_id : undefined
    if (hasClock[one.file] || order !== undefined) {
      const key = contentOf(one.event)
      if (seen.has(key)) {
        tallies[one.file].count('set aside', 'an exact duplicate of another row', one.line, order ?? one.event.shopper)
        continue
      }
      seen.add(key)
    }
    kept.push(one)
  }
  return kept
}

/** All that tells two rows of one shopper at one time apart. An id that was made from the line does not. */
function contentOf(event: HistoryEvent): string {
  const parts: unknown[] = [event.name, event.id.startsWith('line-') ? '' : event.id]
  if ('transaction_id' in event) parts.push(event.transaction_id)
  if ('search_term' in event) parts.push(event.search_term)
  for (const { item_id, price, quantity, index } of itemsOf(event)) parts.push(item_id, price, quantity, index)
  return parts.join('\u0000')
}

/** Rows of one order as one event. Without an order id, what a shopper bought at the same time is one order. */
function mergeOrders(staged: StagedEvent[], tallies: Tally[]): Merged[] {
  const merged: Merged[] = []
  const orders = new Map<string, { order: Order; into: Merged }>()
  for (const { event, session, file, line } of staged) {
    if (event.name !== 'purchase' && event.name !== 'refund') {
      merged.push({ event, session, rows: [{ file, line }] })
      continue
    }
    const key = `${event.name} ${event.transaction_id ?? `at ${event.time}`}`
    const known = orders.get(key)
    if (!known) {
      const order: Order = { ...event, name: event.name, items: [] }
      const into: Merged = { event: order, session, rows: [{ file, line }] }
      orders.set(key, { order, into })
      merged.push(into)
      for (const item of event.items) addLine(order, item)
      continue
    }
    known.into.rows.push({ file, line })
    for (const item of event.items) {
      if (addLine(known.order, item) === 'added up') {
        tallies[file].count('repaired', 'lines of one item in one order: quantities added', line, item.item_id)
      }
    }
  }
  return merged
}

/** Adds a line to an order. The price of lines that differ is what was paid for a unit on average. */
function addLine(order: Order, item: EventItem): 'new' | 'added up' {
  const same = order.items.find((one) => one.item_id === item.item_id)
  if (!same) {
    order.items.push({ ...item })
    return 'new'
  }
  const [before, more] = [same.quantity ?? 1, item.quantity ?? 1]
  if (same.price !== undefined && item.price !== undefined && same.price !== item.price) {
    same.price = Math.round(((same.price * before + item.price * more) / (before + more)) * 1e4) / 1e4
  }
  same.quantity = before + more
  return 'added up'
}

/** An order of more lines than one event may have becomes several of the same transaction. */
function splitLong(event: HistoryEvent): HistoryEvent[] {
  if (!('items' in event) || !event.items || event.items.length <= MAX_ITEMS_PER_EVENT) return [event]
  const parts: HistoryEvent[] = []
  for (let at = 0; at < event.items.length; at += MAX_ITEMS_PER_EVENT) {
    const id = at === 0 ? event.id : `${event.id}#${at / MAX_ITEMS_PER_EVENT + 1}`
    parts.push({ ...event, id, items: event.items.slice(at, at + MAX_ITEMS_PER_EVENT) } as HistoryEvent)
  }
  return parts
}

function busiestDay(merged: Merged[]): number {
  const days = new Map<number, number>()
  let most = 0
  for (const { event } of merged) {
    if (event.name === 'purchase' || event.name === 'refund') continue
    const day = Math.floor(event.time / DAY_MS)
    const count = (days.get(day) ?? 0) + 1
    days.set(day, count)
    if (count > most) most = count
  }
  return most
}

function visits(merged: Merged[]): Merged[][] {
  const found: Merged[][] = []
  let last: Merged | undefined
  for (const one of merged) {
    const goesOn =
      last !== undefined &&
      (one.session !== undefined && last.session !== undefined
        ? one.session === last.session
        : one.event.time - last.event.time <= VISIT_GAP_MS)
    if (goesOn) found[found.length - 1].push(one)
    else found.push([one])
    last = one
  }
  return found
}
