/**
 * `npm run vectors [-- --json|--table]`: every published vector at hand against our code. `--json` prints one document,
 * {"rows": […]}, last on stdout, `--table` the table of docs/conformance.md; the exit code is 1 where one does not hold.
 */
import { runSuites, tableOf } from './suites.ts'

const rows = await runSuites()
if (process.argv.includes('--json')) console.log(JSON.stringify({ rows }))
else if (process.argv.includes('--table')) console.log(tableOf(rows))
else {
  for (const { suite, file, cases, passed, refused_as_expected } of rows) {
    console.log(`${suite}, ${file}: ${passed} of ${cases} hold, ${refused_as_expected} of them refused as they must be`)
  }
}
if (rows.some(({ cases, passed }) => passed < cases)) process.exitCode = 1
