/**
 * A shop's history on disk: a folder that an importer or the simulator writes and the trainer reads.
 *
 *     dataset.json    what it is (DatasetInfo)
 *     catalog.jsonl   one Product a line
 *     events.jsonl    one event a line, {"shopper": "17850", ...ShopEvent}; any order across shoppers
 *     faq.jsonl       one Faq a line (may be absent)
 *     report.json     what the importer did, by reason (absent for a simulated shop)
 *     truth.jsonl     simulated shops only: what each shopper is really like. No trainer code reads it.
 *
 * The folder is written under another name and renamed when whole: a crash leaves nothing half-written.
 */
import { once } from 'node:events'
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import type { Faq, Product } from '../../shared/data/catalog.ts'
import type { ShopEvent } from '../../shared/data/events.ts'
import { UserError } from '../user-error.ts'

export interface DatasetInfo {
  format: 'vitrine-dataset/1'
  name: string
  /** Everything made by the simulator says so, here and on every screen. */
  simulated: boolean
  /** How it was made: command, seed, source files. */
  source: string
  shoppers: number
  items: number
  events: number
  currency?: string
  languages: string[]
  /** ISO 8601, first and last event. */
  from?: string
  to?: string
  /** Columns of the imported files that nothing was read from. */
  passedOver?: string[]
}

export type HistoryEvent = ShopEvent & { shopper: string }

export interface DatasetWriter {
  /** The folder being written, for files of one's own. */
  folder: string
  product(product: Product): Promise<void>
  event(event: HistoryEvent): Promise<void>
  faq(faq: Faq): Promise<void>
  /** Adds one line to a file of one's own, such as truth.jsonl. */
  line(file: string, value: unknown): Promise<void>
  /** Makes the folder whole and gives it its name. */
  finish(info: DatasetInfo, report?: unknown): Promise<void>
  /** Removes what was written so far. */
  abandon(): Promise<void>
}

/** Opens `folder` for writing. Replaces a dataset that is there only when `finish` is reached. */
export function createDataset(folder: string): DatasetWriter {
  const target = resolve(folder)
  const partial = join(dirname(target), `.${target.split('/').pop()}.partial-${process.pid}`)
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const streams = new Map<string, ReturnType<typeof createWriteStream>>()
  let failure: Error | undefined
  const line = async (file: string, value: unknown) => {
    if (failure) throw failure
    let stream = streams.get(file)
    if (!stream) {
      stream = createWriteStream(join(partial, file))
      stream.on('error', (error) => {
        failure = error
      })
      streams.set(file, stream)
    }
    if (!stream.write(`${JSON.stringify(value)}\n`)) await once(stream, 'drain')
  }
  const close = async () => {
    for (const stream of streams.values()) {
      stream.end()
      await finished(stream)
    }
    streams.clear()
  }
  return {
    folder: partial,
    product: (product) => line('catalog.jsonl', product),
    event: (event) => line('events.jsonl', event),
    faq: (faq) => line('faq.jsonl', faq),
    line,
    async finish(info, report) {
      await close()
      if (failure) throw failure
      await writeFile(join(partial, 'dataset.json'), `${JSON.stringify(info, null, 2)}\n`)
      if (report !== undefined) await writeFile(join(partial, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
      const old = `${partial}-old`
      if (existsSync(target)) renameSync(target, old)
      renameSync(partial, target)
      rmSync(old, { recursive: true, force: true })
    },
    async abandon() {
      for (const stream of streams.values()) stream.destroy()
      rmSync(partial, { recursive: true, force: true })
    },
  }
}

/** @throws UserError when the folder is no dataset. */
export async function readDatasetInfo(folder: string): Promise<DatasetInfo> {
  if (!existsSync(folder)) throw new UserError(`${folder}: no such folder`, 'check the path given to --data')
  const file = join(folder, 'dataset.json')
  if (!existsSync(file)) {
    throw new UserError(
      `${folder}: no dataset.json in this folder`,
      'make one with "vitrine import" or "vitrine sample"',
    )
  }
  return JSON.parse(await readFile(file, 'utf8')) as DatasetInfo
}

/**
 * The lines of a JSONL file as values, one at a time; nothing when the file is absent.
 * @throws UserError naming the line that is damaged
 */
export async function* readLines<T>(folder: string, file: string): AsyncGenerator<T> {
  const path = join(folder, file)
  if (!existsSync(path)) return
  let line = 0
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    line++
    if (text === '') continue
    let value: T
    try {
      value = JSON.parse(text) as T
    } catch {
      throw new UserError(
        `${path} line ${line}: is not JSON: ${text.slice(0, 80)}`,
        'make the dataset again with "vitrine import" or "vitrine sample"',
      )
    }
    yield value
  }
}
