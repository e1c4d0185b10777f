/** Delimited text, RFC 4180 with the liberties that real exports take, by csv-parse. */
import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { parse as parseSync } from 'csv-parse/sync'
import { UserError } from '../user-error.ts'
import { excerpt, MAX_RECORD_CHARS, type Row } from './row.ts'

const DELIMITERS = ['\t', ',', ';', '|']

/** The delimiter that the header line uses most, outside quotes; undefined when it uses none. */
export function detectDelimiter(headerLine: string): string | undefined {
  const bare = headerLine.replace(/"[^"]*"/g, '')
  let best: string | undefined
  let most = 0
  for (const delimiter of DELIMITERS) {
    const count = bare.split(delimiter).length - 1
    if (count > most) {
      best = delimiter
      most = count
    }
  }
  return best
}

export function parseHeader(headerLine: string, delimiter: string): string[] {
  const [cells] = parseSync(headerLine, { delimiter, relax_quotes: true, relax_column_count: true, to: 1 })
  return (cells ?? []).map((cell) => cell.trim())
}

/**
 * Rows after the header, each a record by column name. A row with more or fewer cells than the header is yielded as bad.
 * @throws UserError at an unterminated quote: nothing after it can be trusted.
 */
export async function* readDelimited(
  path: string,
  text: AsyncIterable<string>,
  delimiter: string,
): AsyncGenerator<Row> {
  const parser = Readable.from(text, { objectMode: true, highWaterMark: 1 }).compose(
    parse({
      delimiter,
      bom: true,
      relax_quotes: true,
      relax_column_count: true,
      max_record_size: MAX_RECORD_CHARS,
    }),
  )
  let header: string[] | undefined
  // csv-parse can tell the line too, and takes a fifth longer: each record ends one line, and those quoted inside it.
  let nextLine = 1
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      const line = nextLine
      nextLine += 1 + newlinesIn(cells)
      if (cells.length === 1 && cells[0].trim() === '') continue
      if (!header) {
        header = cells.map((cell) => cell.trim())
        continue
      }
      if (cells.length !== header.length) {
        const reason = `the row has not the header's ${header.length} columns`
        yield { line, reason, value: `${cells.length}: ${cells.join(delimiter)}` }
        continue
      }
      const record: Record<string, unknown> = {}
      for (let i = 0; i < cells.length; i++) record[header[i]] = cells[i]
      yield { line, record }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw brokenQuote(path, error, nextLine)
  }
}

function newlinesIn(cells: string[]): number {
  let count = 0
  for (const cell of cells) if (cell.includes('\n')) count += cell.split('\n').length - 1
  return count
}

function brokenQuote(path: string, error: CsvError, line: number): UserError {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE') {
    return new UserError(
      `${path} line ${line}: a quote opens in the record that starts here and never closes`,
      'close it, or double it ("") where it belongs to the text',
    )
  }
  return new UserError(`${path} line ${line}: ${excerpt(error.message)}`, 'check the quotes on this line')
}
