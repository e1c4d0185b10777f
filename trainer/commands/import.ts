/** `vitrine import`: reads a shop's own files; `trainer/importers/import.ts` does the work. */

import { defineCommand } from 'citty'
import { Presets, SingleBar } from 'cli-progress'
import { oneOf } from '../flags.ts'
import { parseMap } from '../importers/columns.ts'
import { eventName } from '../importers/event-names.ts'
import { FORMATS } from '../importers/format.ts'
import { DEFAULT_MAX_REFUSED, importHistory } from '../importers/import.ts'
import { renderReport } from '../importers/report.ts'
import { ENCODINGS } from '../importers/source.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'import',
    description: `Read a shop's history and catalogue into a dataset folder.

What the shop answers to questions goes beside it afterwards, as faq.jsonl ("vitrine publish --help" shows a line); importing again keeps that file.

Examples:
  vitrine import online-retail.csv.gz --out data/retail
  vitrine import events.jsonl --catalog feed.xml --out data/shop
  vitrine import orders.csv --map shopper=customer,item=sku,time=bought_at --event purchase --out data/shop
  vitrine import products.tsv --format merchant-tsv --out data/catalogue`,
  },
  args: {
    files: { type: 'positional', required: true, description: 'Files to read: histories, catalogues, gzipped or not' },
    out: { type: 'string', required: true, valueHint: 'FOLDER', description: 'Where the dataset goes' },
    format: {
      type: 'string',
      default: 'auto',
      valueHint: 'NAME',
      description: `Of the files: auto, ${FORMATS.join(', ')}`,
    },
    catalog: { type: 'string', valueHint: 'FILE', description: 'A catalogue beside an event file' },
    map: {
      type: 'string',
      valueHint: 'ROLE=COLUMN,…',
      description: 'Which column is what: shopper, item, time, event …',
    },
    event: { type: 'string', valueHint: 'NAME', description: 'What a row is when no column says, such as purchase' },
    'max-refused': {
      type: 'string',
      default: String(DEFAULT_MAX_REFUSED),
      valueHint: 'SHARE',
      description: 'More refused rows than this share, and nothing is written',
    },
    delimiter: { type: 'string', valueHint: 'CHARACTER', description: 'Between columns; found by itself when absent' },
    'date-format': {
      type: 'string',
      valueHint: 'DD/MM/YYYY',
      description: 'How dates are written, where it is unclear',
    },
    encoding: { type: 'string', default: 'utf-8', valueHint: ENCODINGS.join('|'), description: 'Of the files' },
    language: { type: 'string', valueHint: 'TAG', description: 'Of titles and descriptions, such as en' },
    currency: { type: 'string', valueHint: 'CODE', description: 'Of prices that name none, such as GBP' },
    name: { type: 'string', description: 'Of the dataset; else the first file’s' },
    json: { type: 'boolean', default: false, description: 'Print the report as one JSON document' },
  },
  async run({ args }) {
    const bar = process.stderr.isTTY && !args.json ? progressBar() : undefined
    const report = await importHistory({
      files: args._,
      out: args.out,
      format: args.format === 'auto' ? undefined : oneOf('--format', FORMATS, args.format),
      catalog: args.catalog,
      map: args.map === undefined ? undefined : parseMap(args.map),
      event: args.event === undefined ? undefined : statedEvent(args.event),
      maxRefused: share(args['max-refused']),
      delimiter: args.delimiter === undefined ? undefined : oneCharacter(args.delimiter),
      dateFormat: args['date-format'],
      encoding: oneOf('--encoding', ENCODINGS, args.encoding),
      language: args.language,
      currency: args.currency?.toUpperCase(),
      name: args.name,
      progress: bar?.show,
    }).finally(() => bar?.stop())
    process.stdout.write(args.json ? `${JSON.stringify(report)}\n` : `${renderReport(report)}\n`)
  },
})

function progressBar() {
  const bar = new SingleBar(
    { format: 'reading {bar} {percentage} %, {eta} s left', stream: process.stderr },
    Presets.legacy,
  )
  bar.start(1, 0)
  return {
    show(read: number, total: number) {
      bar.setTotal(total)
      bar.update(read)
    },
    stop: () => bar.stop(),
  }
}

function statedEvent(value: string) {
  const name = eventName(value)
  if (!name) throw new UserError(`--event "${value}" is unknown`, 'use a GA4 name, such as view_item or purchase')
  return name
}

function share(value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && number >= 0 && number <= 1) return number
  throw new UserError(`--max-refused "${value}" is no share`, 'write a number from 0 to 1, such as 0.05')
}

function oneCharacter(value: string): string {
  const character = value === '\\t' || value === 'tab' ? '\t' : value
  if (character.length === 1) return character
  throw new UserError(`--delimiter "${value}" is not one character`, 'write one, such as ";" or tab')
}
