/**
 * `vitrine import`: files of a shop's history and catalogue as a dataset folder.
 *
 * Two passes. The first reads every file once, row by row, and puts events on disk by shopper (staging.ts); the second
 * takes one shopper at a time, cleans the history whole (shopper-history.ts) and writes it. What a row could not give is
 * counted by reason with its line. Nothing exists under the folder's name until all of it is there.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { type EventName, itemsOf } from '../../shared/data/events.ts'
import { createDataset, type DatasetWriter, readDatasetInfo } from '../datasets/dataset.ts'
import { UserError } from '../user-error.ts'
import { categorySpelling, cleanText, titleCase } from './clean-text.ts'
import {
  type ColumnMap,
  checkStated,
  eventColumns,
  existingColumns,
  passedOverColumns,
  productColumns,
  valueAt,
} from './columns.ts'
import { readDelimited } from './delimited.ts'
import { eventOfRow, GA4_COLUMNS } from './event-rows.ts'
import { readFeedXml } from './feed-xml.ts'
import { type Format, type Opening, openFile } from './format.ts'
import { giftCategory } from './gift-categories.ts'
import { createItemStatistics } from './item-statistics.ts'
import { readJsonArray, readJsonLines } from './json-rows.ts'
import { onlineRetailColumns, onlineRetailEvent } from './online-retail.ts'
import { ATTRIBUTE_COLUMNS, productOfRow } from './product-rows.ts'
import { createTally, type FileReport, type ImportReport, type Tally } from './report.ts'
import type { Row } from './row.ts'
import { cleanHistory, INTENT } from './shopper-history.ts'
import { type Encoding, readText } from './source.ts'
import { createStaging, type StagedEvent, type Staging } from './staging.ts'
import { detectTimeFormat } from './time.ts'

export interface ImportOptions {
  files: string[]
  out: string
  /** Of all files; told by each file's first lines when absent. */
  format?: Format
  /** A catalogue beside an event file. */
  catalog?: string
  map?: ColumnMap
  /** What a row is when no column says: an event name. */
  event?: EventName
  /** Share of refused rows above which nothing is written. */
  maxRefused?: number
  delimiter?: string
  dateFormat?: string
  encoding?: Encoding
  language?: string
  currency?: string
  name?: string
  progress?: (readBytes: number, totalBytes: number) => void
}

export const DEFAULT_MAX_REFUSED = 0.05
/** A gzip archive of rows is about this much larger unpacked; only the number of staging files depends on it. */
const GZIP_RATIO = 8
/** No shopper has more rows; a file whose shopper column holds the shop's own id would otherwise fill the memory. */
const MAX_ROWS_A_SHOPPER = 100_000
/** Rows looked at before the first is read: columns and the way times are written are found from them. */
const SAMPLE_ROWS = 1000

interface InputFile {
  opening: Opening
  tally: Tally
  detected: Record<string, string>
  /** Columns that nothing is read from. */
  passedOver: string[]
  /** Some time of the file tells more than the day. */
  hasClock: boolean
  /** It records carts or orders, so that a visit without any says something. */
  hasIntent: boolean
}

/**
 * @throws UserError that names file, line, value and remedy; then nothing is left behind.
 */
export async function importHistory(options: ImportOptions): Promise<ImportReport> {
  const started = performance.now()
  if (options.files.length === 0) throw new UserError('no file to import', 'name one or more files')
  await atDisk(options.out, async () => checkTarget(options.out))
  const files = await openAll(options)
  const dataset = await atDisk(options.out, async () => createDataset(options.out))
  try {
    return await atDisk(options.out, () => writeDataset(dataset, files, options, started))
  } catch (error) {
    await dataset.abandon()
    throw error
  }
}

/** `finish` replaces the folder, so it must be a dataset or nothing. */
function checkTarget(out: string): void {
  const target = resolve(out)
  const stat = statSync(target, { throwIfNoEntry: false })
  if (!stat) return
  if (!stat.isDirectory()) throw new UserError(`${out}: is a file`, 'name a folder with --out')
  if (readdirSync(target).length > 0 && !existsSync(`${target}/dataset.json`)) {
    throw new UserError(`${out}: is a folder with other files in it`, 'name a new folder with --out')
  }
}

async function openAll(options: ImportOptions): Promise<InputFile[]> {
  const open = async (path: string, format?: Format): Promise<InputFile> => ({
    opening: await openFile(path, { ...options, format }),
    tally: createTally(),
    detected: {},
    passedOver: [],
    hasClock: false,
    hasIntent: false,
  })
  const files: InputFile[] = []
  for (const path of options.files) {
    const file = await open(path, options.format)
    if (file.opening.format === 'sequences') {
      throw new UserError(
        `${path}: is a benchmark of sequences, without times or products`,
        `"vitrine train --data ${path}" and "vitrine evaluate --data ${path}" read it directly`,
      )
    }
    files.push(file)
  }
  if (options.catalog !== undefined) {
    const file = await open(options.catalog)
    if (!isCatalogue(file.opening.format)) {
      throw new UserError(`${options.catalog}: is no catalogue but ${file.opening.format}`, 'name it among the files')
    }
    files.push(file)
  }
  return files
}

const isCatalogue = (format: Format) => format.startsWith('catalog') || format.startsWith('merchant')

async function writeDataset(
  dataset: DatasetWriter,
  files: InputFile[],
  options: ImportOptions,
  started: number,
): Promise<ImportReport> {
  const histories = files.filter((file) => !isCatalogue(file.opening.format))
  const catalogues = files.filter((file) => isCatalogue(file.opening.format))
  const total = files.reduce((sum, { opening }) => sum + opening.source.sizeBytes, 0)
  let read = 0
  const progress = (bytes: number) => {
    read += bytes
    options.progress?.(read, total)
  }
  const statistics = createItemStatistics()
  const expected = histories.reduce(
    (sum, { opening: { source } }) => sum + source.sizeBytes * (source.gzip ? GZIP_RATIO : 1),
    0,
  )
  const staging = createStaging(dataset.folder, expected)
  const rowsOf = new Map<string, number>()
  try {
    for (const file of histories) {
      for await (const staged of readEvents(file, files.indexOf(file), options, statistics, progress)) {
        const rows = (rowsOf.get(staged.event.shopper) ?? 0) + 1
        rowsOf.set(staged.event.shopper, rows)
        if (rows <= MAX_ROWS_A_SHOPPER) staging.add(staged)
        else file.tally.count('set aside', TOO_MANY_ROWS, staged.line, staged.event.shopper)
      }
    }
    const catalogue = await writeProducts(dataset, catalogues, options, histories.length > 0, progress)
    for (const file of files) checkRefused(file, options.maxRefused ?? DEFAULT_MAX_REFUSED)
    const events = await writeEvents(dataset, staging, files, rowsOf)
    if (histories.length > 0 && events.total === 0) throw emptyHistory(histories[0])
    if (catalogues.length === 0) {
      const gifts = histories.every((file) => file.opening.format === 'online-retail')
      const currency = options.currency ?? (gifts ? 'GBP' : events.currency)
      const categoryOf = gifts ? giftCategory : undefined
      const clean = gifts ? (title: string) => titleCase(cleanText(title)) : cleanText
      for (const product of statistics.products({ currency, language: options.language, clean, categoryOf })) {
        catalogue.add(product.item_id, product.language, product.currency)
        await dataset.product(product)
      }
    }
    staging.remove()
    const report = describe(files, options, events, catalogue, started)
    const iso = (time: number) => new Date(time).toISOString()
    await keepAnswers(options.out, dataset.folder)
    await dataset.finish(
      {
        format: 'vitrine-dataset/1',
        name: report.name,
        simulated: false,
        source: `imported from ${files.map(({ opening }) => basename(opening.source.path)).join(', ')}`,
        shoppers: report.shoppers,
        items: report.items,
        events: report.events,
        currency: options.currency ?? catalogue.currency() ?? events.currency,
        languages: catalogue.languages(),
        from: events.total > 0 ? iso(events.from) : undefined,
        to: events.total > 0 ? iso(events.to) : undefined,
        passedOver: [...new Set(files.flatMap(({ passedOver }) => passedOver))],
      },
      report,
    )
    return report
  } finally {
    staging.remove()
  }
}

/** A shop's answers are written by hand beside what was imported: importing again keeps them. The simulator's are nobody's. */
async function keepAnswers(from: string, to: string): Promise<void> {
  const answers = join(from, 'faq.jsonl')
  if (existsSync(answers) && !(await readDatasetInfo(from)).simulated) await copyFile(answers, join(to, 'faq.jsonl'))
}

const TOO_MANY_ROWS = `a machine: more than ${MAX_ROWS_A_SHOPPER} rows of one shopper`

async function* readEvents(
  file: InputFile,
  number: number,
  options: ImportOptions,
  statistics: ReturnType<typeof createItemStatistics>,
  progress: (bytes: number) => void,
): AsyncGenerator<StagedEvent> {
  const { opening, tally, detected } = file
  const path = opening.source.path
  const { sample, rows } = await sampled(readRows(opening, progress))
  if (sample.length === 0) throw new UserError(`${path}: has a header and no rows`, 'export it again')
  const toEvent = eventReader(file, namesIn(opening, sample), sample, options, statistics)
  if (opening.delimiter) detected.delimiter = JSON.stringify(opening.delimiter)
  for await (const row of rows) {
    tally.read++
    if ('reason' in row) {
      tally.count('refused', row.reason, row.line, row.value)
      continue
    }
    const found = toEvent(row.record, row.line)
    if (!found) continue
    if (found.event.time % 86_400_000 !== 0) file.hasClock = true
    if (INTENT.has(found.event.name)) file.hasIntent = true
    yield { file: number, line: row.line, ...found }
  }
}

function eventReader(
  file: InputFile,
  names: string[],
  sample: Row[],
  options: ImportOptions,
  statistics: ReturnType<typeof createItemStatistics>,
): (record: Record<string, unknown>, line: number) => { event: StagedEvent['event']; session?: string } | undefined {
  const { opening, tally, detected } = file
  const path = opening.source.path
  const timeFormatOf = (column: string) => {
    const values = sample.flatMap((row) => {
      const value = 'record' in row && valueAt(row.record, column)
      return value ? [{ value, line: row.line }] : []
    })
    return detectTimeFormat(values, path, column, options.dateFormat)
  }
  if (opening.format === 'online-retail') {
    const columns = onlineRetailColumns(names)
    const missing = Object.values(columns).find((column) => !names.includes(column))
    if (missing)
      throw new UserError(`${path} line 1: there is no column ${missing}`, `the columns are ${names.join(', ')}`)
    const timeFormat = timeFormatOf(columns.time)
    detected.time = `${columns.time}: ${timeFormat}, taken as UTC`
    file.passedOver = passedOverColumns(names, Object.values(columns))
    return (record, line) => {
      const event = onlineRetailEvent(record, line, columns, timeFormat, tally, statistics)
      return event && { event }
    }
  }
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
  return (record, line) =>
    eventOfRow(record, line, { columns, timeFormat, defaultEvent, currency: options.currency }, tally, statistics)
}

async function writeProducts(
  dataset: DatasetWriter,
  files: InputFile[],
  options: ImportOptions,
  besideHistory: boolean,
  progress: (bytes: number) => void,
) {
  const catalogue = knownProducts()
  const spell = categorySpelling()
  for (const file of files) {
    const { opening, tally, detected } = file
    const path = opening.source.path
    const { sample, rows } = await sampled(readRows(opening, progress))
    if (sample.length === 0) throw new UserError(`${path}: has no products`, 'export it again')
    const names = namesIn(opening, sample)
    // Beside a history, the same --map states that file's columns: only those that exist here count.
    const stated = besideHistory ? existingColumns(options.map ?? {}, names) : (options.map ?? {})
    checkStated(path, names, stated)
    const columns = productColumns(names, stated)
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
    detected.columns = Object.entries(columns)
      .map(([role, column]) => `${role}=${column}`)
      .join(', ')
    if (opening.delimiter) detected.delimiter = JSON.stringify(opening.delimiter)
    file.passedOver = passedOverColumns(names, [...Object.values(columns), ...ATTRIBUTE_COLUMNS])
    const reading = { columns, currency: options.currency, language: options.language, spell }
    for await (const row of rows) {
      tally.read++
      if ('reason' in row) {
        tally.count('refused', row.reason, row.line, row.value)
        continue
      }
      const product = productOfRow(row.record, row.line, reading, tally)
      if (!product) continue
      if (catalogue.has(product.item_id)) {
        tally.count('set aside', 'an id that an earlier row has: the first stays', row.line, product.item_id)
        continue
      }
      catalogue.add(product.item_id, product.language, product.currency)
      await dataset.product(product)
    }
  }
  return catalogue
}

function knownProducts() {
  const ids = new Set<string>()
  const languages = new Map<string, number>()
  const currencies = new Map<string, number>()
  const most = (counts: Map<string, number>) => [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value)
  return {
    has: (id: string) => ids.has(id),
    add(id: string, language = 'en', currency?: string) {
      ids.add(id)
      languages.set(language, (languages.get(language) ?? 0) + 1)
      if (currency) currencies.set(currency, (currencies.get(currency) ?? 0) + 1)
    },
    size: () => ids.size,
    languages: () => most(languages),
    currency: (): string | undefined => most(currencies)[0],
  }
}

async function writeEvents(dataset: DatasetWriter, staging: Staging, files: InputFile[], rowsOf: Map<string, number>) {
  const hasClock = files.map((file) => file.hasClock)
  const tallies = files.map((file) => file.tally)
  const hasIntent = files.some((file) => file.hasIntent)
  const byName: Record<string, number> = {}
  const ofItem = new Map<string, number>()
  const written = {
    total: 0,
    shoppers: 0,
    from: Infinity,
    to: -Infinity,
    byName,
    ofItem,
    currency: undefined as string | undefined,
  }
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

/** Rows of a file by its format. */
function readRows(
  { source, format, delimiter, jsonArray }: Opening,
  progress: (bytes: number) => void,
): AsyncGenerator<Row> {
  const text = readText(source, progress)
  if (format === 'merchant-rss') return readFeedXml(source.path, text)
  if (jsonArray) return readJsonArray(source.path, text)
  if (delimiter !== undefined) return readDelimited(source.path, text, delimiter)
  return readJsonLines(source.path, text)
}

/** The first rows to look at, and all rows to read. */
async function sampled(source: AsyncGenerator<Row>): Promise<{ sample: Row[]; rows: AsyncGenerator<Row> }> {
  const sample: Row[] = []
  while (sample.length < SAMPLE_ROWS) {
    const { value, done } = await source.next()
    if (done) break
    sample.push(value)
  }
  async function* rows() {
    yield* sample
    yield* source
  }
  return { sample, rows: rows() }
}

function namesIn({ names, delimiter }: Opening, sample: Row[]): string[] {
  if (delimiter !== undefined) return names
  const found = new Set<string>()
  for (const row of sample) if ('record' in row) for (const name of Object.keys(row.record)) found.add(name)
  return [...found]
}

function checkRefused({ opening, tally }: InputFile, maxRefused: number): void {
  const refused = tally.total('refused')
  if (refused === 0 || (refused < tally.read && refused <= maxRefused * tally.read)) return
  const worst = tally.reasons().filter(({ outcome }) => outcome === 'refused')
  const [{ reason, lines, example }] = worst
  const others = worst.slice(1, 4).map((one) => `${one.rows} × ${one.reason} (line ${one.lines[0]}: "${one.example}")`)
  const share = `${((100 * refused) / tally.read).toFixed(1)} %`
  const all = refused === tally.read
  throw new UserError(
    `${opening.source.path} line ${lines[0]}: ${reason}: "${example}"; ${all ? 'every row' : `${share} of the rows`} ` +
      `(${refused} of ${tally.read}) is refused${others.length > 0 ? `; also ${others.join(', ')}` : ''}`,
    all
      ? 'check --delimiter, --map and --date-format against the first lines of the file'
      : `mend them, or accept the loss with --max-refused ${Math.ceil((100 * refused) / tally.read) / 100}`,
  )
}

function emptyHistory({ opening, tally }: InputFile): UserError {
  const reasons = tally.reasons().filter(({ outcome }) => outcome !== 'repaired')
  const shown = reasons.slice(0, 3).map((one) => `${one.rows} × ${one.reason} (line ${one.lines[0]}: "${one.example}")`)
  return new UserError(
    `${opening.source.path}: no row is an event of a shopper: ${shown.join(', ')}`,
    'check --map shopper=COLUMN and --map event=COLUMN',
  )
}

function describe(
  files: InputFile[],
  options: ImportOptions,
  events: Awaited<ReturnType<typeof writeEvents>>,
  catalogue: ReturnType<typeof knownProducts>,
  started: number,
): ImportReport {
  const reports = files.map(({ opening, tally, detected, passedOver }): FileReport => {
    const [refused, setAside] = [tally.total('refused'), tally.total('set aside')]
    return {
      path: opening.source.path,
      format: opening.format,
      sizeBytes: opening.source.sizeBytes,
      gzip: opening.source.gzip,
      detected: passedOver.length > 0 ? { ...detected, 'passed over': passedOver.join(', ') } : detected,
      rows: { read: tally.read, kept: tally.read - refused - setAside, refused, setAside },
      reasons: tally.reasons(),
    }
  })
  const sum = (of: 'read' | 'kept' | 'refused' | 'setAside') => reports.reduce((all, { rows }) => all + rows[of], 0)
  const missing = [...events.ofItem].filter(([id]) => !catalogue.has(id))
  const warnings: string[] = []
  if (events.total === 0) warnings.push('a catalogue without a history: there is nothing to learn from yet')
  if (events.shoppers === 1) warnings.push('one shopper: suggestions can only repeat what this one did')
  if (catalogue.size() === 1) warnings.push('one item: there is nothing to choose from')
  if (events.total > 0 && missing.length === events.ofItem.size && missing.length > 0) {
    warnings.push('no item of the history is in the catalogue: check the ids of both')
  }
  return {
    format: 'vitrine-import/1',
    name: options.name ?? basename(files[0].opening.source.path).replace(/(\.(csv|tsv|txt|jsonl?|xml|gz))+$/i, ''),
    out: options.out,
    files: reports,
    rows: {
      read: sum('read'),
      kept: sum('kept'),
      refused: sum('refused'),
      setAside: sum('setAside'),
      repaired: files.reduce((all, { tally }) => all + tally.total('repaired'), 0),
    },
    events: events.total,
    eventsByName: events.byName,
    shoppers: events.shoppers,
    items: catalogue.size(),
    missingFromCatalogue: {
      items: missing.length,
      events: missing.reduce((all, [, count]) => all + count, 0),
      examples: missing.slice(0, 5).map(([id]) => id),
    },
    from: events.total > 0 ? new Date(events.from).toISOString() : undefined,
    to: events.total > 0 ? new Date(events.to).toISOString() : undefined,
    warnings,
    durationMs: Math.round(performance.now() - started),
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  }
}

const DISK_ERRORS: Record<string, { what: string; remedy: string }> = {
  ENOSPC: { what: 'the disk is full', remedy: 'free some space, or write elsewhere with --out' },
  EDQUOT: { what: 'the disk quota is used up', remedy: 'free some space, or write elsewhere with --out' },
  // What Node's recursive mkdir says of a read-only file system.
  ENOENT: { what: 'the folder cannot be made there', remedy: 'check that its disk is writable, or use another --out' },
  EROFS: { what: 'the folder is on a read-only file system', remedy: 'write elsewhere with --out' },
  EACCES: { what: 'the folder may not be written', remedy: 'change its rights, or write elsewhere with --out' },
  EPERM: { what: 'the folder may not be written', remedy: 'change its rights, or write elsewhere with --out' },
  ENOTDIR: { what: 'a part of the path is a file', remedy: 'name another folder with --out' },
  EEXIST: { what: 'a part of the path is a file', remedy: 'name another folder with --out' },
  EIO: { what: 'the disk does not answer', remedy: 'check the disk' },
}

/** The edge where errors of the disk become ones that the operator can mend. */
async function atDisk<T>(out: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const known = DISK_ERRORS[(error as NodeJS.ErrnoException).code ?? '']
    if (!known) throw error
    throw new UserError(`${out}: ${known.what}; nothing was written`, known.remedy)
  }
}
