/**
 * `vitrine import`: files of a shop's history and catalogue as a dataset folder.
 *
 * Events go through the disk in two passes (event-passes.ts), products straight to the dataset (catalogue.ts). What a row
 * could not give is counted by reason with its line (tally.ts). Nothing exists under the folder's name until all of it is
 * there.
 */
import { basename } from 'node:path'
import type { EventName } from '../../shared/data/events.ts'
import { createDataset, type DatasetWriter } from '../datasets/dataset.ts'
import { UserError } from '../user-error.ts'
import { addMentionedItems, addProducts, createCatalogue } from './catalogue.ts'
import type { ColumnMap } from './columns.ts'
import { stageEvents, writeEvents } from './event-passes.ts'
import type { Format } from './format.ts'
import { type InputFile, openInputFile } from './input-file.ts'
import { createItemStatistics } from './item-statistics.ts'
import { describeImport, type ImportReport } from './report.ts'
import type { Encoding } from './source.ts'
import { createStaging } from './staging.ts'
import { checkRefused, emptyHistory } from './tally.ts'
import { atDisk, checkTarget, keepAnswers } from './target-folder.ts'

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

async function openAll(options: ImportOptions): Promise<InputFile[]> {
  const files: InputFile[] = []
  for (const path of options.files) {
    const file = await openInputFile(path, options)
    if (file.opening.format === 'sequences') {
      throw new UserError(
        `${path}: is a benchmark of sequences, without times or products`,
        `"vitrine train --data ${path}" and "vitrine evaluate --data ${path}" read it directly`,
      )
    }
    files.push(file)
  }
  if (options.catalog !== undefined) {
    const file = await openInputFile(options.catalog, { ...options, format: undefined })
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
  const staging = createStaging(
    dataset.folder,
    histories.map(({ opening }) => opening.source),
  )
  const catalogue = createCatalogue(dataset)
  try {
    const rowsOf = await stageEvents(staging, histories, options, statistics, progress)
    await addProducts(catalogue, catalogues, options, histories.length > 0, progress)
    for (const { opening, tally } of files) {
      checkRefused(opening.source.path, tally, options.maxRefused ?? DEFAULT_MAX_REFUSED)
    }
    const events = await writeEvents(dataset, staging, rowsOf, histories)
    if (histories.length > 0 && events.total === 0) {
      throw emptyHistory(histories[0].opening.source.path, histories[0].tally)
    }
    if (catalogues.length === 0) {
      const currency = options.currency ?? events.currency
      await addMentionedItems(catalogue, statistics, histories, { currency, language: options.language })
    }
    staging.remove()
    const report = describeImport(files, options, events, catalogue, started)
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
