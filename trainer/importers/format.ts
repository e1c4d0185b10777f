/** Which kind of file it is, told by its first lines. */
import { UserError } from '../user-error.ts'
import { type ColumnMap, eventColumns, existingColumns, productColumns } from './columns.ts'
import { detectDelimiter, parseHeader } from './delimited.ts'
import { excerpt } from './row.ts'
import { type Encoding, openSource, readText, type Source } from './source.ts'

export const FORMATS = [
  'online-retail',
  'events-csv',
  'events-jsonl',
  'catalog-csv',
  'catalog-jsonl',
  'merchant-tsv',
  'merchant-rss',
  'sequences',
] as const
export type Format = (typeof FORMATS)[number]

const SNIFF_CHARS = 64 * 1024

/** How a file starts: enough to tell the format and how to read it. */
export interface Opening {
  source: Source
  format: Format
  delimiter?: string
  /** Column names: a delimited file's header, or the keys of the first JSON objects. */
  names: string[]
  jsonArray: boolean
}

/** @throws UserError when the file cannot be read or its format cannot be told. */
export async function detectFormat(path: string): Promise<Format> {
  return (await openFile(path)).format
}

export interface OpenOptions {
  format?: Format
  delimiter?: string
  map?: ColumnMap
  encoding?: Encoding
}

export async function openFile(path: string, options: OpenOptions = {}): Promise<Opening> {
  const source = openSource(path, options.encoding)
  let start = ''
  for await (const text of readText(source)) {
    start += text
    if (start.length >= SNIFF_CHARS) break
  }
  const body = start.trimStart()
  if (body === '') throw new UserError(`${path}: is empty`, 'export it again')
  if (body.startsWith('<'))
    return { source, format: options.format ?? feedFormat(path, body), names: [], jsonArray: false }
  const jsonArray = body.startsWith('[')
  if (jsonArray || body.startsWith('{')) {
    const names = jsonNames(body)
    const known = options.map ?? {}
    return { source, format: options.format ?? recordFormat(path, names, known, 'jsonl'), names, jsonArray }
  }
  return { source, jsonArray, ...delimitedFormat(path, body, options) }
}

function feedFormat(path: string, body: string): Format {
  if (/<(rss|feed|channel|rdf:RDF|!DOCTYPE|!--|\?xml)/i.test(body) && !/<html/i.test(body)) return 'merchant-rss'
  throw new UserError(
    `${path}: is no product feed: "${excerpt(body.slice(0, 60))}"`,
    'export a Google Merchant feed as RSS',
  )
}

/** The keys at the start of a JSON file. The last line or object of the sniffed text may be cut: it is left out. */
function jsonNames(body: string): string[] {
  const names = new Set<string>()
  for (const line of body.split('\n').slice(0, 1000)) {
    try {
      const value: unknown = JSON.parse(line)
      if (typeof value === 'object' && !Array.isArray(value))
        for (const name of Object.keys(value ?? {})) names.add(name)
    } catch {
      // not one object a line, or cut
    }
  }
  // Objects over several lines: every quoted key will do, since only known names are looked for.
  if (names.size === 0) for (const match of body.matchAll(/"([^"\\]{1,64})"\s*:/g)) names.add(match[1])
  return [...names]
}

function recordFormat(path: string, names: string[], map: ColumnMap, kind: 'csv' | 'jsonl'): Format {
  // One --map serves all files: what it says of another file's columns says nothing here.
  const stated = existingColumns(map, names)
  const events = eventColumns(names, stated)
  const products = productColumns(names, stated)
  const who = events.shopper ?? events.session
  const about = events.item ?? events.search ?? (names.includes('items') ? 'items' : undefined)
  if (who && (events.time || about)) return `events-${kind}`
  if (events.time && about && (events.event || events.transaction || !products.title)) return `events-${kind}`
  if (products.item || products.title) return `catalog-${kind}`
  throw new UserError(
    `${path}: neither a history nor a catalogue is recognised; its columns are ${excerpt(names.join(', '))}`,
    'say what they are, for example --format events-csv --map shopper=COLUMN,item=COLUMN,time=COLUMN',
  )
}

function delimitedFormat(
  path: string,
  body: string,
  options: OpenOptions,
): Pick<Opening, 'format' | 'delimiter' | 'names'> {
  const [headerLine] = body.split(/\r?\n/, 1)
  const detected = detectDelimiter(headerLine)
  const delimiter = options.delimiter ?? detected
  if (options.format === 'sequences' || (!options.format && !options.delimiter && isSequences(path, body, detected))) {
    return { format: 'sequences', names: [] }
  }
  const names = delimiter === undefined ? [headerLine.trim()] : parseHeader(headerLine, delimiter)
  if (delimiter === undefined || names.length < 2) {
    const other =
      detected !== undefined && detected !== delimiter ? `try --delimiter "${detected}"` : 'name it with --delimiter'
    throw new UserError(
      `${path} line 1: the header is one column: "${excerpt(headerLine)}"`,
      `if columns are parted otherwise, ${other}`,
    )
  }
  if (names.every((name) => /^[-\d.]*$/.test(name))) {
    throw new UserError(
      `${path} line 1: "${excerpt(headerLine)}" is no header`,
      'add a first line with the column names',
    )
  }
  if (options.format) return { format: options.format, delimiter, names }
  const has = (...wanted: string[]) => wanted.every((name) => names.some((own) => own.toLowerCase() === name))
  if (has('stockcode', 'description', 'quantity', 'invoicedate')) return { format: 'online-retail', delimiter, names }
  const feed = has('id', 'title') && (has('link') || has('availability') || has('image link') || has('image_link'))
  if (delimiter === '\t' && feed) return { format: 'merchant-tsv', delimiter, names }
  return { format: recordFormat(path, names, options.map ?? {}, 'csv'), delimiter, names }
}

/** Lines of ids parted by spaces, the first of them all numbers, or any ids in a .txt file. */
function isSequences(path: string, body: string, delimiter: string | undefined): boolean {
  if (delimiter !== undefined) return false
  const lines = body.split(/\r?\n/).slice(0, 20)
  if (lines.length > 1) lines.pop() // the last may be cut
  const whole = lines.filter((line) => line.trim() !== '')
  if (!whole.every((line) => line.trim().split(/\s+/).length >= 2)) return false
  return whole.every((line) => /^[\d\s]+$/.test(line)) || /\.txt(\.gz)?$/.test(path)
}
