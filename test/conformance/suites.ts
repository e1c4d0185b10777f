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
