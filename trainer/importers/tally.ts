/** What happens to the rows of one file, counted by reason, and when too much of it is loss for an import to go on. */
import { UserError } from '../user-error.ts'
import { excerpt } from './row.ts'

/** refused: the row is wrong. set aside: the row is right and not used. repaired: the row is used, changed. */
type Outcome = 'refused' | 'set aside' | 'repaired'

export interface Reason {
  outcome: Outcome
  reason: string
  rows: number
  /** The first lines it happened on, at most 20. */
  lines: number[]
  /** The value on the first of them. */
  example: string
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

/** @throws UserError when a larger share of the rows is refused, or all of them. */
export function checkRefused(path: string, tally: Tally, maxRefused: number): void {
  const refused = tally.total('refused')
  if (refused === 0 || (refused < tally.read && refused <= maxRefused * tally.read)) return
  const worst = tally.reasons().filter(({ outcome }) => outcome === 'refused')
  const [{ reason, lines, example }] = worst
  const others = worst.slice(1, 4).map(inShort)
  const share = `${((100 * refused) / tally.read).toFixed(1)} %`
  const all = refused === tally.read
  throw new UserError(
    `${path} line ${lines[0]}: ${reason}: "${example}"; ${all ? 'every row' : `${share} of the rows`} ` +
      `(${refused} of ${tally.read}) is refused${others.length > 0 ? `; also ${others.join(', ')}` : ''}`,
    all
      ? 'check --delimiter, --map and --date-format against the first lines of the file'
      : `mend them, or accept the loss with --max-refused ${Math.ceil((100 * refused) / tally.read) / 100}`,
  )
}

/** For a history of which no row is left. */
export function emptyHistory(path: string, tally: Tally): UserError {
  const reasons = tally.reasons().filter(({ outcome }) => outcome !== 'repaired')
  const shown = reasons.slice(0, 3).map(inShort)
  return new UserError(
    `${path}: no row is an event of a shopper: ${shown.join(', ')}`,
    'check --map shopper=COLUMN and --map event=COLUMN',
  )
}

function inShort({ rows, reason, lines, example }: Reason): string {
  return `${rows} × ${reason} (line ${lines[0]}: "${example}")`
}
