/** What an import did, row by row, in counts by reason: nothing is dropped without a line here. */

import type { Format } from './format.ts'
import { excerpt } from './row.ts'

/** refused: the row is wrong. set aside: the row is right and not used. repaired: the row is used, changed. */
export type Outcome = 'refused' | 'set aside' | 'repaired'

export interface Reason {
  outcome: Outcome
  reason: string
  rows: number
  /** The first lines it happened on, at most 20. */
  lines: number[]
  /** The value on the first of them. */
  example: string
}

export interface FileReport {
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

const MAX_LINES = 20

/** Counts what happens to the rows of one file. */
export interface Tally {
  read: number
  count(outcome: Outcome, reason: string, line: number, value: unknown): void
  total(outcome: Outcome): number
  reasons(): Reason[]
}

export function createTally(): Tally {
  const reasons = new Map<string, Reason>()
  const totals: Record<Outcome, number> = { refused: 0, 'set aside': 0, repaired: 0 }
  return {
    read: 0,
    count(outcome, reason, line, value) {
      totals[outcome]++
      const key = `${outcome} ${reason}`
      const known = reasons.get(key)
      if (!known) reasons.set(key, { outcome, reason, rows: 1, lines: [line], example: excerpt(value) })
      else {
        known.rows++
        if (known.lines.length < MAX_LINES) known.lines.push(line)
      }
    },
    total: (outcome) => totals[outcome],
    reasons: () => [...reasons.values()].sort((a, b) => b.rows - a.rows),
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
