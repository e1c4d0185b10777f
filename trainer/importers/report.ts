/** What an import did, row by row, in counts by reason: nothing is dropped without a line here. */
import { basename } from 'node:path'
import type { Catalogue } from './catalogue.ts'
import type { WrittenEvents } from './event-passes.ts'
import type { Format } from './format.ts'
import type { InputFile } from './input-file.ts'
import type { Reason } from './tally.ts'

interface FileReport {
  path: string
  format: Format
  sizeBytes: number
  gzip: boolean
  /** What was found out about it: delimiter, columns, how times are written, what was assumed. */
  detected: Record<string, string>
  rows: { read: number; kept: number; refused: number; setAside: number }
  reasons: Reason[]
}

export interface ImportReport {
  format: 'vitrine-import/1'
  name: string
  out: string
  files: FileReport[]
  rows: { read: number; kept: number; refused: number; setAside: number; repaired: number }
  events: number
  eventsByName: Record<string, number>
  shoppers: number
  /** Products in the catalogue. */
  items: number
  /** Items in events that no product of the catalogue describes; their events stay. */
  missingFromCatalogue: { items: number; events: number; examples: string[] }
  from?: string
  to?: string
  warnings: string[]
  durationMs: number
  peakMemoryBytes: number
}

export function describeImport(
  files: InputFile[],
  options: { name?: string; out: string },
  events: WrittenEvents,
  catalogue: Catalogue,
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

/** The report as lines for a terminal. */
export function renderReport(report: ImportReport): string {
  const lines: string[] = []
  const n = (value: number) => value.toLocaleString('en-GB')
  for (const file of report.files) {
    lines.push(`${file.path}  ${file.format}${file.gzip ? ', gzip' : ''}`)
    for (const [what, value] of Object.entries(file.detected)) lines.push(`  ${what.padEnd(12)} ${value}`)
    const { read, kept, refused, setAside } = file.rows
    lines.push(`  rows         ${n(read)} read, ${n(kept)} kept, ${n(setAside)} set aside, ${n(refused)} refused`)
    for (const { outcome, reason, rows, lines: at, example } of file.reasons) {
      const where = `line ${at.slice(0, 3).join(', ')}${rows > 3 ? ', …' : ''}`
      lines.push(`  ${outcome.padEnd(9)} ${n(rows).padStart(9)}  ${reason} (${where}: ${example})`)
    }
  }
  const names = Object.entries(report.eventsByName).map(([name, count]) => `${n(count)} ${name}`)
  lines.push(`events       ${n(report.events)}${names.length > 0 ? `: ${names.join(', ')}` : ''}`)
  lines.push(`shoppers     ${n(report.shoppers)}`)
  lines.push(`products     ${n(report.items)}`)
  if (report.missingFromCatalogue.items > 0) {
    const { items, events, examples } = report.missingFromCatalogue
    lines.push(`no product   ${n(items)} items in ${n(events)} events, for example ${examples.join(', ')}`)
  }
  if (report.from) lines.push(`from, to     ${report.from}, ${report.to}`)
  for (const warning of report.warnings) lines.push(`warning      ${warning}`)
  const seconds = (report.durationMs / 1000).toFixed(1)
  lines.push(`took         ${seconds} s, at most ${n(Math.round(report.peakMemoryBytes / 2 ** 20))} MiB of memory`)
  lines.push(`written to   ${report.out}`)
  return lines.join('\n')
}
