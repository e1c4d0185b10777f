/** A file that is imported: how it starts, its rows whatever its format, and what is found out about it on the way. */
import { readDelimited } from './delimited.ts'
import { readFeedXml } from './feed-xml.ts'
import { type Opening, type OpenOptions, openFile } from './format.ts'
import { readJsonArray, readJsonLines } from './json-rows.ts'
import type { Row } from './row.ts'
import { readText } from './source.ts'
import { createTally, type Tally } from './tally.ts'

/** Rows looked at before the first is read: columns and the way times are written are found from them. */
const SAMPLE_ROWS = 1000

export interface InputFile {
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

/** @throws UserError when the file cannot be read or its format cannot be told. */
export async function openInputFile(path: string, options: OpenOptions): Promise<InputFile> {
  return {
    opening: await openFile(path, options),
    tally: createTally(),
    detected: {},
    passedOver: [],
    hasClock: false,
    hasIntent: false,
  }
}

/** The first rows to look at, the names of their columns, and all rows to read; those that are no record are counted. */
export async function sampleRows(
  { opening, tally }: InputFile,
  progress: (bytes: number) => void,
): Promise<{ sample: Row[]; names: string[]; rows: AsyncGenerator<Extract<Row, { record: unknown }>> }> {
  const source = readRows(opening, progress)
  const sample: Row[] = []
  while (sample.length < SAMPLE_ROWS) {
    const { value, done } = await source.next()
    if (done) break
    sample.push(value)
  }
  async function* all() {
    yield* sample
    yield* source
  }
  async function* rows() {
    for await (const row of all()) {
      tally.read++
      if ('record' in row) yield row
      else tally.count('refused', row.reason, row.line, row.value)
    }
  }
  return { sample, names: namesIn(opening, sample), rows: rows() }
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

function namesIn({ names, delimiter }: Opening, sample: Row[]): string[] {
  if (delimiter !== undefined) return names
  const found = new Set<string>()
  for (const row of sample) if ('record' in row) for (const name of Object.keys(row.record)) found.add(name)
  return [...found]
}
