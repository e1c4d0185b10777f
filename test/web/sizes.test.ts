/** Budgets: what a shop's visitors pay for the tag, gzip -9. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, it } from 'vitest'
import { buildWeb } from '../../web/build.ts'

const TAG = join(import.meta.dirname, '..', '..', 'dist', 'tag')

beforeAll(buildWeb)

it.each([
  ['vitrine', 6_000],
  ['worker', 30_000],
  // Half of it are the outlines of the drawn pictures.
  ['shelf', 14_000],
  // Svelte's runtime is half of it; it is fetched when the page is idle.
  ['panel', 45_000],
  // Fetched after it; the lexicons of suggestions, answers and reviews.
  ['assistant', 27_000],
  // For those who allow remembering, when the page has been in view for a while.
  ['learner', 5_000],
])('%s is at most %i bytes', (name, budget) => {
  const file = readdirSync(TAG).find((candidate) => candidate.startsWith(name) && candidate.endsWith('.js'))
  const code = readFileSync(join(TAG, file ?? ''))
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(budget)
  // Nothing of TF.js: without the last two, which are strings that no minifier changes, it cannot be bundled.
  expect(code.toString()).not.toMatch(/tensorflow|tfjs|\beval\(|new Function|BatchMatMul|registerKernel/)
})
