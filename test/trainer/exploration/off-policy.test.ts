import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { type BanditLog, readBanditLog } from '../../../trainer/exploration/bandit-log.ts'
import { evaluateExploration } from '../../../trainer/exploration/evaluation.ts'
import { worthOf } from '../../../trainer/exploration/off-policy.ts'
import { clickRates, greedy, type Policy, thompson, uniform } from '../../../trainer/exploration/policies.ts'
import { besideRepository } from '../../shared-data.ts'

const RATES = [0.02, 0.05, 0.3, 0.1]
const [ITEMS, POSITIONS] = [RATES.length, 2]
/** The policy that ran: other shares in each place, all above 0. */
const LOGGED = [0.4, 0.3, 0.1, 0.2, 0.1, 0.1, 0.2, 0.6]
const TARGET: Policy = {
  items: ITEMS,
  positions: POSITIONS,
  shares: Float64Array.of(0.1, 0.1, 0.7, 0.1, 0, 0.5, 0.5, 0),
}
/** Both places are asked equally often. */
const TRUE_WORTH = TARGET.shares.reduce((sum, share, at) => sum + (share * RATES[at % ITEMS]) / POSITIONS, 0)

function simulated(seed: string, count: number): BanditLog {
  const random = seeded(seed)
  const impressions = Array.from({ length: count }, (_, n) => {
    const position = n % POSITIONS
    const shares = LOGGED.slice(position * ITEMS, (position + 1) * ITEMS)
    const item = random.weighted(shares)
    const click = random.next() < RATES[item] ? (1 as const) : (0 as const)
    return { item, position, click, propensity: shares[item] }
  })
  return { impressions, items: ITEMS, positions: POSITIONS }
}

describe('the worth of a policy that never ran', () => {
  it('is its true one on average, by ips, snips and dr, even when the model of clicks is wrong', () => {
    const wrong = Float64Array.of(0.3, 0.1, 0.02, 0.2)
    const sums = { ips: 0, snips: 0, dr: 0, dm: 0 }
    let inside = 0
    for (let n = 0; n < 30; n++) {
      const { estimates } = worthOf(simulated(`log ${n}`, 2000), TARGET, wrong, 'seed')
      for (const name of ['ips', 'snips', 'dr', 'dm'] as const) sums[name] += estimates[name].mean / 30
      if (estimates.dr.low <= TRUE_WORTH && TRUE_WORTH <= estimates.dr.high) inside++
    }
    for (const name of ['ips', 'snips', 'dr'] as const)
      expect(Math.abs(sums[name] - TRUE_WORTH), name).toBeLessThan(0.008)
    expect(Math.abs(sums.dm - TRUE_WORTH)).toBeGreaterThan(0.05)
    expect(inside).toBeGreaterThan(25)
  })

  it('by dr is surer than by ips when the model is right', () => {
    const { estimates } = worthOf(simulated('log', 4000), TARGET, Float64Array.from(RATES), 'seed')
    const width = ({ low, high }: { low: number; high: number }) => high - low
    expect(width(estimates.dr)).toBeLessThan(width(estimates.ips))
  })

  it('of the policy that ran is its clicks, and it tells as much as it has impressions', () => {
    const log = simulated('log', 1000)
    const policy = { items: ITEMS, positions: POSITIONS, shares: Float64Array.from(LOGGED) }
    const { estimates, effective } = worthOf(log, policy, Float64Array.from(RATES), 'seed')
    const clicks = log.impressions.reduce((sum, { click }) => sum + click, 0)
    expect(estimates.ips.mean).toBeCloseTo(clicks / 1000, 12)
    expect(effective).toBeCloseTo(1000, 6)
  })
})

describe('policies', () => {
  it('are probabilities in every place', () => {
    const log = simulated('log', 3000)
    for (const { shares } of [uniform(log), greedy(log, 0.1), thompson(log, seeded('t'))]) {
      for (let position = 0; position < POSITIONS; position++) {
        const row = shares.subarray(position * ITEMS, (position + 1) * ITEMS)
        expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
        expect(Math.min(...row)).toBeGreaterThanOrEqual(0)
      }
    }
  })

  it('of Thompson turn to what is clicked most, and the more so the more they have seen', () => {
    const share = (count: number) => thompson(simulated('log', count), seeded('t')).shares[2]
    expect(share(20_000)).toBeGreaterThan(0.49)
    expect(share(20)).toBeLessThan(0.45)
    const { rate } = clickRates(simulated('log', 20_000))
    expect(rate.indexOf(Math.max(...rate))).toBe(2)
  })

  it('that follow clicks are worth more than chance where there is something to follow', () => {
    const { policies } = evaluateExploration(simulated('log', 8000), '1')
    expect(policies.find(({ policy }) => policy === 'thompson')?.more_than_uniform.low).toBeGreaterThan(0)
  })
})

describe('a log', () => {
  it.each([
    ['0,2019-11-24 00:00:01,x,1,0,0.1', 'line 2: item_id "x" is no number of an item'],
    ['0,2019-11-24 00:00:01,3,0,0,0.1', 'line 2: position "0" is no place in a list'],
    ['0,2019-11-24 00:00:01,3,1,2,0.1', 'line 2: click "2" is neither 0 nor 1'],
    ['0,2019-11-24 00:00:01,3,1,0,0', 'line 2: propensity_score "0" is no probability'],
    ['0,yesterday,3,1,0,0.1', 'line 2: timestamp "yesterday" is no time'],
  ])('with %j is refused with its line', async (row, message) => {
    const file = join(mkdtempSync(join(tmpdir(), 'vitrine-log-')), 'log.csv')
    writeFileSync(file, `,timestamp,item_id,position,click,propensity_score\n${row}\n`)
    await expect(readBanditLog(file)).rejects.toThrow(message)
  })

  const published = besideRepository('data', 'open-bandit-small')
  it.skipIf(!published)('foretells what another policy got when it ran (open-bandit-small)', async () => {
    for (const shelf of ['men', 'women']) {
      const [log, other] = await Promise.all(
        ['random', 'bts'].map((policy) => readBanditLog(join(published as string, `${policy}.${shelf}.csv.gz`))),
      )
      const ran = other.impressions.reduce((sum, { click }) => sum + click, 0) / other.impressions.length
      const { policies } = evaluateExploration(log, '1', other)
      const { low, high } = policies[policies.length - 1].estimates.snips
      expect(low).toBeLessThan(ran)
      expect(high).toBeGreaterThan(ran)
    }
  })
})
