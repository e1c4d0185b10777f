/** Budgets: what a shop's visitors pay for the tag, gzip -9. The tag is as a release has it, with the policy that it pins. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, it } from 'vitest'
import type { Policy } from '../../shared/tlog/policy.ts'
import { withPolicy } from '../../trainer/release.ts'
import { buildWeb } from '../../web/build.ts'
import { createSigner } from './edge.ts'

const TAG = join(import.meta.dirname, '..', '..', 'dist', 'tag')

let policy: Policy
beforeAll(async () => {
  await buildWeb()
  policy = (await createSigner('shop.example')).policy
})

it.each([
  ['vitrine', 6_144],
  // Of it 6 kB see to it that nothing is installed that is not on record: a good part of that is SHA-256.
  ['worker', 37_000],
  // Half of it are the outlines of the drawn pictures.
  ['shelf', 14_000],
  // Svelte's runtime is half of it; it is fetched when the page is idle.
  ['panel', 49_300],
  // Fetched after it; the lexicons of suggestions, answers and reviews.
  ['assistant', 27_500],
  // For those who allow remembering, when the page has been in view for a while.
  ['learner', 5_000],
  // For those who allow contributions, when the device may learn: HPKE, PINE in WebAssembly, what reads the log and the ledger, six counts.
  ['contributor', 39_300],
])('%s is at most %i bytes', (name, budget) => {
  const file = readdirSync(TAG).find((candidate) => candidate.startsWith(name) && candidate.endsWith('.js'))
  const built = readFileSync(join(TAG, file ?? ''))
  const code = name === 'vitrine' ? Buffer.from(withPolicy(built.toString(), policy)) : built
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(budget)
  // Nothing of TF.js: without the last two, which are strings that no minifier changes, it cannot be bundled.
  expect(code.toString()).not.toMatch(/tensorflow|tfjs|\beval\(|new Function|BatchMatMul|registerKernel/)
})
