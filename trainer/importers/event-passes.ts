/**
 * The two passes over the events. The first reads every file once, row by row, and puts events on disk by shopper
 * (staging.ts); the second takes one shopper at a time, cleans the history whole (shopper-history.ts) and writes it.
 */
import { itemsOf } from '../../shared/data/events.ts'
import type { DatasetWriter } from '../datasets/dataset.ts'
import { UserError } from '../user-error.ts'
import { valueAt } from './columns.ts'
import { type EventRowOptions, eventReader } from './event-rows.ts'
import { type InputFile, sampleRows } from './input-file.ts'
import type { ItemStatistics } from './item-statistics.ts'
import { onlineRetailReader } from './online-retail.ts'
import { cleanHistory, INTENT } from './shopper-history.ts'
import type { StagedEvent, Staging } from './staging.ts'
import { detectTimeFormat } from './time.ts'

/** No shopper has more rows; a file whose shopper column holds the shop's own id would otherwise fill the memory. */
const MAX_ROWS_A_SHOPPER = 100_000
const TOO_MANY_ROWS = `a machine: more than ${MAX_ROWS_A_SHOPPER} rows of one shopper`

/** What was written, in the counts that report and dataset.json give. */
export interface WrittenEvents {
  total: number
  shoppers: number
  /** Times of the first and the last; without events, no times. */
  from: number
  to: number
  byName: Record<string, number>
  ofItem: Map<string, number>
  /** Of the first event that names one. */
  currency?: string
}

interface EventOptions extends EventRowOptions {
  dateFormat?: string
}

/** The first pass. @returns how many rows each shopper has. */
export async function stageEvents(
  staging: Staging,
  files: InputFile[],
  options: EventOptions,
  statistics: ItemStatistics,
  progress: (bytes: number) => void,
): Promise<Map<string, number>> {
  const rowsOf = new Map<string, number>()
  for (const [number, file] of files.entries()) {
    for await (const staged of readEvents(file, number, options, statistics, progress)) {
      const rows = (rowsOf.get(staged.event.shopper) ?? 0) + 1
      rowsOf.set(staged.event.shopper, rows)
      if (rows <= MAX_ROWS_A_SHOPPER) staging.add(staged)
      else file.tally.count('set aside', TOO_MANY_ROWS, staged.line, staged.event.shopper)
    }
  }
  return rowsOf
}

async function* readEvents(
  file: InputFile,
  number: number,
  options: EventOptions,
  statistics: ItemStatistics,
  progress: (bytes: number) => void,
): AsyncGenerator<StagedEvent> {
  const { opening, detected } = file
  const path = opening.source.path
  const { sample, names, rows } = await sampleRows(file, progress)
  if (sample.length === 0) throw new UserError(`${path}: has a header and no rows`, 'export it again')
  const timeFormatOf = (column: string) => {
    const values = sample.flatMap((row) => {
      const value = 'record' in row && valueAt(row.record, column)
      return value ? [{ value, line: row.line }] : []
    })
    return detectTimeFormat(values, path, column, options.dateFormat)
  }
  const toEvent =
    opening.format === 'online-retail'
      ? onlineRetailReader(file, names, timeFormatOf, statistics)
      : eventReader(file, names, timeFormatOf, options, statistics)
  if (opening.delimiter) detected.delimiter = JSON.stringify(opening.delimiter)
  for await (const { record, line } of rows) {
    const found = toEvent(record, line)
    if (!found) continue
    if (found.event.time % 86_400_000 !== 0) file.hasClock = true
    if (INTENT.has(found.event.name)) file.hasIntent = true
    yield { file: number, line, ...found }
  }
}

/** The second pass. @param files those of the first, in the same order. */
export async function writeEvents(
  dataset: DatasetWriter,
  staging: Staging,
  rowsOf: Map<string, number>,
  files: InputFile[],
): Promise<WrittenEvents> {
  const hasClock = files.map((file) => file.hasClock)
  const tallies = files.map((file) => file.tally)
  const hasIntent = files.some((file) => file.hasIntent)
  const byName: Record<string, number> = {}
  const ofItem = new Map<string, number>()
  const written: WrittenEvents = { total: 0, shoppers: 0, from: Infinity, to: -Infinity, byName, ofItem }
  for (const staged of staging.shoppers()) {
    if ((rowsOf.get(staged[0].event.shopper) ?? 0) > MAX_ROWS_A_SHOPPER) {
      for (const { file, line, event } of staged) tallies[file].count('set aside', TOO_MANY_ROWS, line, event.shopper)
      continue
    }
    const history = cleanHistory(staged, { hasClock, hasIntent, tallies })
    if (history.length > 0) written.shoppers++
    for (const event of history) {
      written.total++
      written.from = Math.min(written.from, event.time)
      written.to = Math.max(written.to, event.time)
      written.currency ??= event.currency
      byName[event.name] = (byName[event.name] ?? 0) + 1
      for (const { item_id } of itemsOf(event)) ofItem.set(item_id, (ofItem.get(item_id) ?? 0) + 1)
      await dataset.event(event)
    }
  }
  return written
}
