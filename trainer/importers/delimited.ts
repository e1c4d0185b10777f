/**
 * Delimited text, RFC 4180 with the liberties that real exports take. A record without a quote is cut at its delimiters
 * here, which halves the time of reading Online Retail; every other record goes through csv-parse.
 */
import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { UserError } from '../user-error.ts'
import { readLinesOf } from './json-rows.ts'
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
  return cellsOf(headerLine, delimiter).map((cell) => cell.trim())
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
  let header: string[] | undefined
  let line = 0
  let startLine = 1
  let record = ''
  let open = false
  for await (const content of readLinesOf(path, text)) {
    line++
    if (open) record += `\n${content}`
    else {
      record = content
      startLine = line
    }
    open = endsInsideQuotes(content, delimiter, open)
    if (open) {
      if (record.length > MAX_RECORD_CHARS) throw openQuote(path, startLine)
      continue
    }
    if (record.trim() === '') continue
    const cells = quotedCells(path, startLine, record, delimiter)
    if (!header) {
      header = cells.map((cell) => cell.trim())
      continue
    }
    if (cells.length !== header.length) {
      const reason = `the row has not the header's ${header.length} columns`
      yield { line: startLine, reason, value: `${cells.length}: ${record}` }
      continue
    }
    const row: Record<string, unknown> = {}
    for (let i = 0; i < cells.length; i++) row[header[i]] = cells[i]
    yield { line: startLine, record: row }
  }
  if (open) throw openQuote(path, startLine)
}

/**
 * Does a quoted cell go on in the next line? A quote opens a cell only at its start, so `12" ruler` opens none; inside, a
 * doubled quote is a character.
 */
function endsInsideQuotes(line: string, delimiter: string, open: boolean): boolean {
  let inside = open
  let at = 0
  if (!inside && !line.includes('"')) return false
  for (;;) {
    if (inside) {
      const quote = line.indexOf('"', at)
      if (quote < 0) return true
      at = quote + 1
      if (line[at] === '"') at++
      else inside = false
    } else if (line[at] === '"' && (at === 0 || line[at - 1] === delimiter)) {
      inside = true
      at++
    } else {
      const next = line.indexOf(delimiter, at)
      if (next < 0) return false
      at = next + 1
    }
  }
}

function quotedCells(path: string, line: number, record: string, delimiter: string): string[] {
  try {
    return cellsOf(record, delimiter)
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new UserError(`${path} line ${line}: ${excerpt(error.message)}`, 'check the quotes on this line')
  }
}

function cellsOf(record: string, delimiter: string): string[] {
  if (!record.includes('"')) return record.split(delimiter)
  return parse(record, { delimiter, record_delimiter: '\0', relax_quotes: true, relax_column_count: true })[0] ?? []
}

function openQuote(path: string, line: number): UserError {
  return new UserError(
    `${path} line ${line}: a quote opens in the record that starts here and never closes`,
    'close it, or double it ("") where it belongs to the text',
  )
}
