import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { compile } from '../../../shared/model/compile.ts'
import { initParams } from '../../../shared/model/params.ts'
import { readyBackend } from '../../../trainer/backend.ts'
import { readDemographics } from '../../../trainer/datasets/demographics.ts'
import { probeDemographics } from '../../../trainer/profile/demographics.ts'
import { besideRepository } from '../../shared-data.ts'

const folder = mkdtempSync(join(tmpdir(), 'vitrine-demographics-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/**
 * Things 0 … 9 are had by one gender, 10 … 19 by the other: what one has, the other has ten further, so that popularity tells
 * nothing. Age and occupation are dealt out at random.
 */
function write(name: string, users: readonly string[]): string {
  const rows = users.flatMap((user, n) => {
    const random = seeded(`acts ${n >> 1}`)
    return Array.from({ length: 12 }, (_, step) => `${user}\t${(n % 2) * 10 + random.int(10)}\t4\t${step >> 2}`)
  })
  const random = seeded('people')
  writeFileSync(
    join(folder, `${name}.inter`),
    ['user_id:token\titem_id:token\trating:float\ttimestamp:float', ...rows].join('\n'),
  )
  const people = users.map(
    (user, n) => `${user}\t${20 + random.int(40)}\t${n % 2 ? 'F' : 'M'}\t${random.pick(['a', 'b', 'c'])}\t0`,
  )
  writeFileSync(
    join(folder, `${name}.user`),
    ['user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token', ...people].join('\n'),
  )
  return folder
}

describe('probes', () => {
  beforeAll(async () => {
    await readyBackend('wasm')
  })

  it('find in a state what the things say, and nothing where they say nothing', async () => {
    const data = await readDemographics(
      write(
        'made',
        Array.from({ length: 300 }, (_, n) => `u${n}`),
      ),
    )
    expect(data.facts.length).toBe(300)
    expect(data.histories.items.length).toBe(20)
    const config = { items: 20, contentWidth: 0, width: 16, blocks: 1, heads: 2, window: 8, hidden: 16 }
    const [gender, , occupation] = await probeDemographics(data, compile(config, initParams(config, 1)), '1')
    expect(gender.log_loss.shares).toBeCloseTo(Math.LN2, 1)
    expect(gender.log_loss.state).toBeLessThan(0.2)
    expect(gender.log_loss.popularity).toBeGreaterThan(0.6)
    expect(gender.better_than_popularity.low).toBeGreaterThan(0.3)
    expect(occupation.log_loss.state).toBeGreaterThan(occupation.log_loss.shares - 0.05)
  }, 60_000)

  it('refuse a folder without the files', async () => {
    await expect(readDemographics(tmpdir())).rejects.toThrow(/no \.user file/)
  })
})

const ml100k = besideRepository('data', 'ml-100k', 'ml-100k.user.gz')

it.skipIf(!ml100k)('MovieLens 100k has 943 people, 21 occupations and 100,000 ratings', async () => {
  const { facts, histories } = await readDemographics(join(ml100k!, '..'))
  expect(facts.length).toBe(943)
  expect(new Set(facts.map(({ occupation }) => occupation)).size).toBe(21)
  expect(facts.filter(({ gender }) => gender === 'F').length).toBe(273)
  expect(histories.item.length).toBe(100_000)
  expect(histories.items.length).toBe(1682)
})
