/** The shapes by which a shop's history is compared with another's: sessions, popularity, intervals, baskets. */
import type { HistoryEvent } from '../datasets/dataset.ts'

/** The usual definition of a session: it ends after half an hour of nothing. */
const SESSION_GAP_MS = 30 * 60_000
const DAY_MS = 86_400_000
const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99]

/** Values at 10, 25, 50, 75, 90 and 99 per cent; empty when there is nothing to measure. */
export type Quantiles = number[]

export interface Marginals {
  shoppers: number
  events: number
  eventsByName: Record<string, number>
  /** Events a session, of those with a look or a search; null when the source has purchases alone. */
  sessionLength: Quantiles | null
  sessionsPerShopper: Quantiles | null
  /** Share of purchase lines that fall to the most bought 1, 10 and 50 per cent of the items that were bought. */
  popularity: { top1: number; top10: number; top50: number; gini: number; items: number }
  /** Days between one purchase and the next of the same shopper. */
  interPurchaseDays: Quantiles
  ordersPerShopper: Quantiles
  /** Lines (different items) a purchase, and pieces a line. */
  basketLines: Quantiles
  piecesPerLine: Quantiles
  /** Share of purchase lines that the same shopper had bought before. */
  repeatShare: number
}

export interface MarginalCounter {
  add(event: HistoryEvent): void
  finish(): Marginals
}

/** Counts events of any order across shoppers and, within one, of any order in time. */
export function marginalCounter(): MarginalCounter {
  const eventsByName: Record<string, number> = {}
  const shoppers = new Map<string, { times: number[]; orders: Map<string, { time: number; items: string[] }> }>()
  const lines = new Map<string, number>()
  const pieces: number[] = []
  let events = 0
  let looks = 0
  return {
    add(event) {
      events++
      eventsByName[event.name] = (eventsByName[event.name] ?? 0) + 1
      let shopper = shoppers.get(event.shopper)
      if (!shopper) shoppers.set(event.shopper, (shopper = { times: [], orders: new Map() }))
      // A refund and a review happen at home, not in a session.
      if (event.name !== 'refund' && event.name !== 'review') shopper.times.push(event.time)
      if (event.name === 'view_item' || event.name === 'search') looks++
      if (event.name !== 'purchase') return
      const key = event.transaction_id ?? event.id
      const order = shopper.orders.get(key) ?? { time: event.time, items: [] }
      shopper.orders.set(key, order)
      for (const item of event.items) {
        order.items.push(item.item_id)
        lines.set(item.item_id, (lines.get(item.item_id) ?? 0) + 1)
        pieces.push(item.quantity ?? 1)
      }
    },
    finish() {
      const sessionLength: number[] = []
      const sessionsPerShopper: number[] = []
      const gaps: number[] = []
      const ordersPerShopper: number[] = []
      const baskets: number[] = []
      let repeats = 0
      for (const { times, orders } of shoppers.values()) {
        times.sort((a, b) => a - b)
        const before = sessionLength.length
        for (let i = 0, start = 0; i < times.length; i++) {
          if (i + 1 < times.length && times[i + 1] - times[i] <= SESSION_GAP_MS) continue
          sessionLength.push(i + 1 - start)
          start = i + 1
        }
        sessionsPerShopper.push(sessionLength.length - before)
        const inOrder = [...orders.values()].sort((a, b) => a.time - b.time)
        if (inOrder.length > 0) ordersPerShopper.push(inOrder.length)
        const owned = new Set<string>()
        for (const [n, order] of inOrder.entries()) {
          if (n > 0) gaps.push((order.time - inOrder[n - 1].time) / DAY_MS)
          baskets.push(new Set(order.items).size)
          for (const item of order.items) if (owned.has(item)) repeats++
          for (const item of order.items) owned.add(item)
        }
      }
      return {
        shoppers: shoppers.size,
        events,
        eventsByName,
        sessionLength: looks > 0 ? quantiles(sessionLength) : null,
        sessionsPerShopper: looks > 0 ? quantiles(sessionsPerShopper) : null,
        popularity: popularityOf([...lines.values()]),
        interPurchaseDays: quantiles(gaps),
        ordersPerShopper: quantiles(ordersPerShopper),
        basketLines: quantiles(baskets),
        piecesPerLine: quantiles(pieces),
        repeatShare: pieces.length > 0 ? round(repeats / pieces.length) : 0,
      }
    },
  }
}

function quantiles(values: number[]): Quantiles {
  if (values.length === 0) return []
  values.sort((a, b) => a - b)
  return QUANTILES.map((q) => round(values[Math.min(values.length - 1, Math.floor(q * values.length))]))
}

/** @param counts how often each item was bought, each at least once */
export function popularityOf(counts: number[]): Marginals['popularity'] {
  counts.sort((a, b) => b - a)
  const n = counts.length
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return { top1: 0, top10: 0, top50: 0, gini: 0, items: 0 }
  const share = (part: number) => {
    let sum = 0
    for (let i = 0; i < Math.max(1, Math.floor(n * part)); i++) sum += counts[i]
    return round(sum / total)
  }
  let weighted = 0
  for (let i = 0; i < n; i++) weighted += (n - 2 * i - 1) * counts[i]
  return { top1: share(0.01), top10: share(0.1), top50: share(0.5), gini: round(weighted / (n * total)), items: n }
}

const round = (value: number) => Math.round(value * 1000) / 1000

/** The two side by side, for people. */
export function marginalTable(left: Marginals, right?: { name: string; marginals: Marginals }): string {
  const list = (values: Quantiles | null) =>
    values === null ? 'none seen' : values.map((value) => Number(value.toPrecision(3))).join('  ')
  const percent = (value: number) => `${(value * 100).toFixed(1)}%`
  const rows: [string, (m: Marginals) => string][] = [
    ['shoppers', (m) => String(m.shoppers)],
    ['events', (m) => String(m.events)],
    ['popularity: top 1% of items', (m) => percent(m.popularity.top1)],
    ['popularity: top 10%', (m) => percent(m.popularity.top10)],
    ['popularity: top 50%', (m) => percent(m.popularity.top50)],
    ['popularity: Gini', (m) => m.popularity.gini.toFixed(3)],
    ['days between purchases', (m) => list(m.interPurchaseDays)],
    ['purchases a buyer', (m) => list(m.ordersPerShopper)],
    ['basket: different items', (m) => list(m.basketLines)],
    ['basket: pieces an item', (m) => list(m.piecesPerLine)],
    ['bought before', (m) => percent(m.repeatShare)],
    ['session length, events', (m) => list(m.sessionLength)],
    ['sessions a shopper', (m) => list(m.sessionsPerShopper)],
  ]
  const names = new Set([...Object.keys(left.eventsByName), ...Object.keys(right?.marginals.eventsByName ?? {})])
  for (const name of names) rows.push([`events: ${name}`, (m) => String(m.eventsByName[name] ?? 0)])
  const table = [
    ['', 'simulated', ...(right ? [right.name] : [])],
    ...rows.map(([title, cell]) => [title, cell(left), ...(right ? [cell(right.marginals)] : [])]),
  ]
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
  const text = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('   ')
      .trimEnd(),
  )
  return [...text, 'Lists are values at 10, 25, 50, 75, 90 and 99 per cent.'].join('\n')
}
