import { beforeAll, describe, expect, it } from 'vitest'
import { readyBackend } from '../../../trainer/backend.ts'
import { PLAINTEXT } from '../../../trainer/federation/aggregation.ts'
import { epsilonOf } from '../../../trainer/federation/evaluate-federation.ts'
import { ARMS, type Simulation, simulate } from '../../../trainer/federation/simulate.ts'
import { simulationPage } from '../../../trainer/federation/simulation-page.ts'
import { PRESETS } from '../../../trainer/presets.ts'
import { historiesOf, type Step } from '../small-histories.ts'

const DAY_MS = 24 * 3_600_000
const shoppers = Array.from({ length: 50 }, (_, s): Step[] =>
  Array.from({ length: 30 }, (_, day) => ({
    item: (s + (day < 15 ? 5 : 8) * day) % 24,
    time: 1_700_000_000_000 + day * DAY_MS,
  })),
)
const OPTIONS = {
  shoppers: 200,
  cohort: 40,
  rounds: 6,
  dropout: 0.3,
  stragglers: 0.1,
  malicious: 0.05,
  sybils: 0.05,
  noiseMultiplier: 2,
  preset: { ...PRESETS.tiny, width: 16, hidden: 16, window: 8, epochs: 1 },
  seed: '7',
  wire: false,
}
const h = { ...historiesOf(shoppers, 24), name: 'Shop <b>of</b> six rounds' }
let simulation: Simulation

beforeAll(async () => {
  await readyBackend('wasm')
  simulation = await simulate(h, OPTIONS)
}, 120_000)

describe('a simulation', () => {
  it('accounts for every device that was asked, every byte and every ε', () => {
    const { rounds, reportBytes, modelBytes } = simulation
    expect(rounds).toHaveLength(6)
    for (const { asked, lost, late, arrived, sentBytes, fetchedBytes, participations, epsilon } of rounds) {
      expect(lost + late + arrived).toBe(asked)
      expect(asked).toBe(40)
      expect(sentBytes).toBe((arrived + late) * reportBytes)
      expect(fetchedBytes).toBe(asked * modelBytes)
      expect(epsilon).toBe(epsilonOf(2, participations))
    }
    // 200 shoppers, 40 a round: nobody twice before the sixth.
    expect(rounds.map(({ participations }) => participations).slice(0, 5)).toEqual([1, 1, 1, 1, 1])
    expect(simulation.population.lessons).toBeLessThan(50)
    // The leader's share of each float is 8 bytes; the helper's is a seed.
    expect(reportBytes).toBeGreaterThan(8 * simulation.plan.shape.dimension)
    expect(reportBytes).toBeLessThan(12 * simulation.plan.shape.dimension + 20_000)
  })

  it('is the same again with the same seed, and another with another', async () => {
    const again = await simulate(h, OPTIONS)
    expect({ ...again, seconds: 0 }).toEqual({ ...simulation, seconds: 0 })
    const other = await simulate(h, { ...OPTIONS, seed: '8' })
    expect(other.rounds).not.toEqual(simulation.rounds)
  }, 120_000)
})

describe('its page', () => {
  it('says what it is, where its shoppers are from, and has a curve for each arm', () => {
    const page = simulationPage(simulation, new Date(0))
    expect(page).toContain(PLAINTEXT)
    expect(page).toContain('drawn with repetition')
    expect(page).toContain('Shop &lt;b&gt;of&lt;/b&gt; six rounds')
    for (const arm of ARMS) expect(page).toContain(`</svg>${arm}</li>`)
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('asks nobody for anything and runs nothing', () => {
    const page = simulationPage(simulation, new Date(0))
    // Inside an attribute a quote is written so.
    expect(page).toContain('script-src &#39;none&#39;')
    expect(page).not.toMatch(/<script|https?:|<link rel="stylesheet/)
  })
})
