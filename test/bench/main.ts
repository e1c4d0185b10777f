/**
 * `npm run bench -- NAME [--json]`, and what NAME itself takes: measurements side by side, in one process tree. `--json`
 * prints one document, {"rows": […]}, last on stdout.
 */
import type { Row } from './row.ts'

const BENCHES: Record<string, () => Promise<{ bench(flags: string[]): Promise<Row[]> }>> = {
  ablation: () => import('./ablation.ts'),
  answers: () => import('./answers.ts'),
  finetune: () => import('./finetune.ts'),
  infer: () => import('./infer.ts'),
  learning: () => import('./learning.ts'),
  federation: () => import('./federation.ts'),
  log: () => import('./log.ts'),
  pine: () => import('./pine.ts'),
  profile: () => import('./profile.ts'),
  sentiment: () => import('./sentiment.ts'),
  suggest: () => import('./suggest.ts'),
  train: () => import('./train.ts'),
}

const [name, ...flags] = process.argv.slice(2)
const load = BENCHES[name ?? '']
if (!load) {
  console.error(
    `bench: no measurement "${name ?? ''}"\n  → npm run bench -- ${Object.keys(BENCHES).join('|')} [--json]`,
  )
  process.exit(2)
}
const rows = await (await load()).bench(flags)
if (flags.includes('--json')) console.log(JSON.stringify({ rows }))
else console.table(rows)
process.exit(0)
