import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runSuites, tableOf } from './suites.ts'

const VALUES_ALONE = ['libprio-xof', 'dp-accounting']

describe('published vectors', () => {
  it('hold, all of those at hand, and each suite but those of values alone has some that must be refused', async () => {
    const rows = await runSuites()
    const refused = new Map<string, number>()
    for (const { suite, file, cases, passed, refused_as_expected } of rows) {
      expect(`${suite} ${file}: ${passed} of ${cases}`).toBe(`${suite} ${file}: ${cases} of ${cases}`)
      refused.set(suite, (refused.get(suite) ?? 0) + refused_as_expected)
    }
    for (const suite of VALUES_ALONE) refused.delete(suite)
    for (const [suite, count] of refused) expect(count, suite).toBeGreaterThan(0)
    const count = (name: string) =>
      rows.filter(({ suite }) => suite === name).reduce((sum, { cases }) => sum + cases, 0)
    expect(count('transcripts')).toBeGreaterThan(70)
    if (rows.some(({ suite }) => suite !== 'transcripts')) {
      expect(count('transparency-dev-merkle')).toBe(518)
      expect(count('tessera-log')).toBe(64)
      expect(count('cctv-ed25519')).toBe(914)
      expect(count('wycheproof')).toBe(151)
      expect(count('dp-accounting')).toBe(78)
      const files = (name: string) => rows.filter(({ suite }) => suite === name).length
      const docs = readFileSync(join(import.meta.dirname, '../../docs/conformance.md'), 'utf8')
      expect(docs).toContain(tableOf(rows))
      expect([files('vdaf-draft20'), files('pine-vdaf'), files('libprio-xof')]).toEqual([25, 32, 1])
    }
  })
})
