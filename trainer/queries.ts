/** Questions with known answers, cut from histories: what evaluation asks and validation tunes on. */
import { seeded } from '../shared/data/random.ts'
import { BUY, isPositive, REFUND, SESSION_GAP_MS } from '../shared/data/sequence.ts'
import { lastWanted } from './batches.ts'
import type { Histories } from './datasets/histories.ts'

/** One question to a recommender: what will this shopper want next? */
export interface Query {
  shopper: number
  /** The shopper's tokens before the moment asked about: item numbers (below 0 a query), actions, times. */
  items: Int32Array
  actions: Uint8Array
  times: Float64Array
  /** Milliseconds since 1970 of the moment asked about. */
  time: number
  relevant: Set<number>
  /** Items that may not be recommended; never a relevant one. */
  excluded: Set<number>
}

function queryAt(h: Histories, shopper: number, end: number, time: number, relevant: Set<number>): Query {
  const from = h.start[shopper]
  return {
    shopper,
    items: h.item.subarray(from, end),
    actions: h.action.subarray(from, end),
    times: h.time.subarray(from, end),
    time,
    relevant,
    excluded: new Set(),
  }
}

/**
 * Leave-one-out: each shopper's last wanted item is asked about (`back` 1), or the one before it (`back` 2). Items already in
 * the history are not recommended again; the target is never removed.
 */
export function leaveOneOut(h: Histories, back: 1 | 2): Query[] {
  const queries: Query[] = []
  for (let shopper = 0; shopper < h.shoppers.length; shopper++) {
    const at = lastWanted(h, shopper, back)
    if (at === undefined || at === h.start[shopper]) continue
    const target = h.item[at]
    const query = queryAt(h, shopper, at, h.time[at], new Set([target]))
    for (const item of query.items) if (item >= 0 && item !== target) query.excluded.add(item)
    queries.push(query)
  }
  return queries
}

/**
 * When a visit is asked about.
 *
 *     before   an invoice (a visit of one moment) before it is made: what will this shopper buy next time?
 *              A visit that unfolds is asked about in its middle.
 *     during   every visit in its middle, an invoice after half of its lines: what goes with what is happening now?
 */
export type AskedAt = 'before' | 'during'

/**
 * One query a visit whose time lies in [from, to). What came before the moment is the history; relevant is what was
 * wanted after it in the same visit and is not in the visit's first half.
 * Shoppers without any history are asked about as well: they are the new ones.
 */
export function visitQueries(h: Histories, from: number, to: number, asked: AskedAt = 'before'): Query[] {
  const queries: Query[] = []
  for (const { shopper, first, end } of visits(h, from, to)) {
    const query = visitQuery(h, shopper, first, end, asked)
    if (query) queries.push(query)
  }
  return queries
}

/** The visits whose first moment lies in [from, to): tokens first … end − 1. */
export function* visits(
  h: Histories,
  from: number,
  to: number,
): Generator<{ shopper: number; first: number; end: number }> {
  for (let shopper = 0; shopper < h.shoppers.length; shopper++) {
    const last = h.start[shopper + 1]
    for (let first = h.start[shopper]; first < last; ) {
      let end = first + 1
      while (end < last && sameVisit(h, end)) end++
      if (h.time[first] >= from && h.time[first] < to) yield { shopper, first, end }
      first = end
    }
  }
}

/** Two orders at different moments are two invoices, however close; so are an order and a return. */
function sameVisit(h: Histories, at: number): boolean {
  const isOrder = (token: number) => h.action[token] === BUY || h.action[token] === REFUND
  const gap = h.time[at] - h.time[at - 1]
  return gap === 0 || (gap <= SESSION_GAP_MS && !(isOrder(at) && isOrder(at - 1)))
}

function visitQuery(h: Histories, shopper: number, first: number, end: number, asked: AskedAt): Query | undefined {
  const invoice = h.time[first] === h.time[end - 1]
  let cut = invoice && asked === 'before' ? first : first + Math.ceil((end - first) / 2)
  // Items of one moment belong together, unless the moment is all there is.
  while (!invoice && cut < end && h.time[cut] === h.time[cut - 1]) cut++
  const seenNow = new Set(h.item.subarray(first, cut))
  const relevant = new Set<number>()
  for (let at = cut; at < end; at++) {
    if (h.item[at] >= 0 && isPositive(h.action[at]) && !seenNow.has(h.item[at])) relevant.add(h.item[at])
  }
  if (relevant.size === 0) return undefined
  return queryAt(h, shopper, cut, h.time[Math.min(cut, end - 1)], relevant)
}

/** The same queries without what the shopper has bought before: neither asked for nor recommended. */
export function withoutRepeats(queries: readonly Query[]): Query[] {
  return queries.flatMap((query) => {
    const bought = new Set<number>()
    for (let i = 0; i < query.items.length; i++) {
      if (query.items[i] >= 0 && query.actions[i] === BUY) bought.add(query.items[i])
    }
    const relevant = new Set([...query.relevant].filter((item) => !bought.has(item)))
    return relevant.size > 0 ? [{ ...query, relevant, excluded: bought }] : []
  })
}

/** The same queries, with nothing that is in the history: what a shelf of suggestions shows. */
export function withoutSeen(queries: readonly Query[]): Query[] {
  return queries.flatMap((query) => {
    const seen = new Set(query.items)
    const relevant = new Set([...query.relevant].filter((item) => !seen.has(item)))
    const excluded = new Set([...seen].filter((item) => item >= 0))
    return relevant.size > 0 ? [{ ...query, relevant, excluded }] : []
  })
}

/** At most `count` of them, drawn with a seed, in their own order. */
export function sampleQueries(queries: readonly Query[], count: number, seed: string | number): Query[] {
  if (queries.length <= count) return [...queries]
  const chosen = seeded(`queries ${seed}`).shuffle(Int32Array.from(queries.keys())).slice(0, count).sort()
  return Array.from(chosen, (at) => queries[at])
}
