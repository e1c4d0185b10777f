/** What a history is like: what an importer did to it, how much there is of what, and what is missing. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ACTIONS } from '../../shared/data/sequence.ts'
import { type HistoryEvent, readLines } from '../datasets/dataset.ts'
import type { Histories } from '../datasets/histories.ts'
import { datasetFolder } from '../datasets/load.ts'
import { itemPopularity } from '../exposure.ts'
import type { ImportReport } from '../importers/report.ts'
import { type Marginals, marginalCounter, popularityOf } from '../sample/marginals.ts'

export interface HistoryView {
  name: string
  simulated: boolean
  timed: boolean
  shoppers: number
  items: number
  tokens: number
  /** ISO dates of the first and the last event. */
  from?: string
  to?: string
  acts: { name: string; count: number }[]
  /** Acts a shopper, at 10, 25, 50, 75, 90 and 99 per cent. */
  historyLength: number[]
  popularity: Marginals['popularity']
  /** How many products name it. */
  described: { field: string; items: number }[]
  /** Largest first. */
  categories: { name: string; items: number }[]
  /** Acts by week; empty without times. */
  weeks: { start: number; acts: number }[]
  /** Absent for benchmark sequences. */
  marginals?: Marginals
  /** Absent for a simulated shop, and for sequences. */
  imported?: ImportReport
}

const WEEK_MS = 7 * 86_400_000

/** @param path as it is given to --data */
export async function viewHistory(h: Histories, path: string): Promise<HistoryView> {
  const folder = h.timed ? await datasetFolder(path) : undefined
  return {
    name: h.name,
    simulated: h.simulated,
    timed: h.timed,
    shoppers: h.shoppers.length,
    items: h.items.length,
    tokens: h.item.length,
    ...(h.info?.from ? { from: h.info.from.slice(0, 10) } : {}),
    ...(h.info?.to ? { to: h.info.to.slice(0, 10) } : {}),
    acts: ACTIONS.map((name, action) => ({ name, count: h.action.reduce((n, a) => n + (a === action ? 1 : 0), 0) }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count),
    historyLength: quantilesOf(h.shoppers.map((_, s) => h.start[s + 1] - h.start[s])),
    popularity: popularityOf([...itemPopularity(h, h.start.slice(1)).counts].filter((count) => count > 0)),
    described: describedBy(h),
    categories: categoriesOf(h),
    weeks: h.timed ? weeksOf(h.time) : [],
    ...(folder ? { marginals: await marginalsOf(folder) } : {}),
    ...(folder ? await importReportOf(folder) : {}),
  }
}

export const QUANTILE_NAMES = ['10 %', '25 %', 'median', '75 %', '90 %', '99 %']
const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99]

function quantilesOf(values: number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  return QUANTILES.map((q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0)
}

function describedBy({ items }: Histories): HistoryView['described'] {
  const fields: [string, (product: Histories['items'][number]) => boolean][] = [
    ['a title', ({ title, item_id }) => title !== '' && title !== item_id],
    ['a category', ({ category }) => category.length > 0],
    ['a price', ({ price }) => price !== undefined],
    ['a brand', ({ brand }) => brand !== undefined],
    ['a description', ({ description }) => description !== undefined],
    ['a picture', ({ image_link }) => image_link !== undefined],
  ]
  return fields.map(([field, has]) => ({ field, items: items.filter(has).length }))
}

function categoriesOf({ items }: Histories): HistoryView['categories'] {
  const sizes = new Map<string, number>()
  for (const { category } of items) {
    const name = category.slice(0, 2).join(' > ')
    if (name !== '') sizes.set(name, (sizes.get(name) ?? 0) + 1)
  }
  return [...sizes].map(([name, size]) => ({ name, items: size })).sort((a, b) => b.items - a.items)
}

function weeksOf(times: Float64Array): HistoryView['weeks'] {
  const acts = new Map<number, number>()
  for (const time of times) {
    const week = Math.floor(time / WEEK_MS)
    acts.set(week, (acts.get(week) ?? 0) + 1)
  }
  const weeks = [...acts.keys()].sort((a, b) => a - b)
  const [first, last] = [weeks[0] ?? 0, weeks[weeks.length - 1] ?? -1]
  // A history of a wrong year would be a line of nothing but zeros.
  if (last - first > 520) return weeks.map((week) => ({ start: week * WEEK_MS, acts: acts.get(week) ?? 0 }))
  return Array.from({ length: last - first + 1 }, (_, n) => ({
    start: (first + n) * WEEK_MS,
    acts: acts.get(first + n) ?? 0,
  }))
}

async function marginalsOf(folder: string): Promise<Marginals> {
  const counter = marginalCounter()
  for await (const event of readLines<HistoryEvent>(folder, 'events.jsonl')) counter.add(event)
  return counter.finish()
}

async function importReportOf(folder: string): Promise<{ imported?: ImportReport }> {
  const file = join(folder, 'report.json')
  if (!existsSync(file)) return {}
  return { imported: JSON.parse(await readFile(file, 'utf8')) as ImportReport }
}
