/**
 * The log: appends to it, what a browser verifies of it, and a whole audit, each beside what cannot be left out of it.
 *
 *     npm run bench -- log                               logs of 10,000 and 1,000,000 entries; some five minutes
 *     npm run bench -- log audit --entries 10000 --json  one part, one size
 *
 * Logs to be audited are kept in the system's folder for temporary files: a million signatures take a minute.
 */
import { parseArgs } from 'node:util'
import { benchAppends } from './log-appends.ts'
import { benchAudit } from './log-audit.ts'
import { benchVerification } from './log-verification.ts'
import type { Row } from './row.ts'

const PARTS = ['appends', 'verification', 'audit']
const VERIFIED_ENTRIES = 1_000_000
const AUDITED_ENTRIES = [10_000, 1_000_000]

export async function bench(flags: string[]): Promise<Row[]> {
  const { values, positionals } = parseArgs({
    args: flags,
    options: { entries: { type: 'string' }, json: { type: 'boolean' } },
    allowPositionals: true,
  })
  const entries = values.entries === undefined ? undefined : Number(values.entries)
  if (entries !== undefined && !(Number.isSafeInteger(entries) && entries >= 2000)) {
    throw new Error(`bench: --entries must be a whole number from 2000 on: ${values.entries}`)
  }
  const [other] = positionals.filter((part) => !PARTS.includes(part))
  if (other) throw new Error(`bench: no part "${other}" of log: ${PARTS.join(', ')}`)
  const wanted = positionals.length > 0 ? positionals : PARTS
  const rows: Row[] = []
  if (wanted.includes('appends')) rows.push(...(await benchAppends()))
  if (wanted.includes('verification')) rows.push(...(await benchVerification(entries ?? VERIFIED_ENTRIES)))
  for (const size of wanted.includes('audit') ? (entries ? [entries] : AUDITED_ENTRIES) : [])
    rows.push(await benchAudit(size))
  return rows
}
