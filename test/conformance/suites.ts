/** Published vectors, run against our code: what must hold holds, and what must be refused is. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { besideRepository } from '../shared-data.ts'
import { FEDERATED_SUITES } from './federated-suites.ts'
import { LOG_SUITES } from './log-suites.ts'

export interface Row {
  suite: string
  file: string
  cases: number
  /** As published: the valid ones accepted and the others refused. */
  passed: number
  /** Of those: refused. */
  refused_as_expected: number
}

/** Of those that are at hand: beside the repository, and our own beside this file. */
export async function runSuites(): Promise<Row[]> {
  const rows: Row[] = []
  for (const [suite, run] of Object.entries({ ...LOG_SUITES, ...FEDERATED_SUITES })) {
    const own = join(import.meta.dirname, suite)
    const folder = existsSync(own) ? own : besideRepository('oracles', suite)
    if (!folder) continue
    for await (const { file, verdicts } of run(folder)) {
      rows.push({
        suite,
        file,
        cases: verdicts.length,
        passed: verdicts.filter(({ valid, accepted }) => valid === accepted).length,
        refused_as_expected: verdicts.filter(({ valid, accepted }) => !valid && !accepted).length,
      })
    }
  }
  return rows
}

/** What each suite follows. */
const FOLLOWS: Record<string, string> = {
  'transparency-dev-merkle': 'RFC 6962; subtrees of draft-ietf-plants-merkle-tree-certs',
  'tessera-log': 'C2SP tlog-tiles, tlog-checkpoint, signed-note',
  'signed-note-tlog': 'C2SP signed-note, tlog-tiles',
  'cctv-ed25519': 'RFC 8032, by our one rule',
  wycheproof: 'RFC 8032',
  'vdaf-draft20': 'draft-irtf-cfrg-vdaf-20',
  'pine-vdaf': 'draft-chen-cfrg-vdaf-pine-01',
  'hpke-rfc9180': 'RFC 9180, appendix A',
  'dp-accounting': 'published values of accountants, within their tolerances',
  'libprio-xof': 'XofHmacSha256Aes128 of libprio',
  transcripts: 'our own, of the two drafts',
}

/** For docs/conformance.md. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ suite, file, cases, passed, refused_as_expected }) => {
    const result = `${passed} of ${cases} hold, ${refused_as_expected} refused as they must be`
    return `| ${FOLLOWS[suite] ?? suite} | \`${suite}\`, ${file} | ${result} |`
  })
  return ['| follows | vectors | result |', '|---|---|---|', ...lines].join('\n')
}
