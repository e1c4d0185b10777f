/** The result of `vitrine verify`, and how it is written for people. */

export type State = 'ok' | 'warn' | 'fail'

export interface Check {
  /** Stays the same from release to release, for scripts. */
  id: string
  title: string
  state: State
  /** What was seen, in a sentence. */
  found: string
  /** What it was seen in: one line each. */
  details?: string[]
  /** What to do. Also where all is well, if something could be better. */
  remedy?: string
}

export interface PageChecks {
  url: string
  checks: Check[]
}

export interface Checklist extends PageChecks {
  /** The product page that `interact` went to. */
  followed?: PageChecks
  /** How many of all checks are in each state. */
  ok: number
  warn: number
  fail: number
}

export function countStates(pages: PageChecks[]): Record<State, number> {
  const counts = { ok: 0, warn: 0, fail: 0 }
  for (const { checks } of pages) for (const { state } of checks) counts[state]++
  return counts
}

export const SIGNS: Record<State, string> = { ok: '✓', warn: '!', fail: '✗' }
/** More lines than this are for --json. */
const MAX_DETAILS = 8

export function renderChecklist(list: Checklist): string {
  const pages = [renderPage(list), ...(list.followed ? [renderPage(list.followed)] : [])]
  return `${pages.join('\n\n')}\n\n${list.ok} ok, ${list.warn} to look at, ${list.fail} to mend`
}

function renderPage({ url, checks }: PageChecks): string {
  const lines = [url]
  for (const { title, state, found, details = [], remedy } of checks) {
    lines.push(`${SIGNS[state]} ${title}: ${found}`)
    for (const detail of details.slice(0, MAX_DETAILS)) lines.push(`    ${detail}`)
    if (details.length > MAX_DETAILS) lines.push(`    and ${details.length - MAX_DETAILS} more`)
    if (remedy) lines.push(`  → ${remedy}`)
  }
  return lines.join('\n')
}
