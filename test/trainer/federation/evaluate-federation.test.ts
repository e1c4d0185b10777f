import { describe, expect, it } from 'vitest'
import { readyBackend } from '../../../trainer/backend.ts'
import {
  epsilonOf,
  evaluateFederation,
  keptShare,
  popularityNdcg,
  shuffleItems,
} from '../../../trainer/federation/evaluate-federation.ts'
import { PRESETS } from '../../../trainer/presets.ts'
import { historiesOf, type Step } from '../small-histories.ts'

const ITEMS = 24
const DAY_MS = 24 * 3_600_000

/** For 40 days everybody takes the next item but four, and from then on the next but seven: the backbone cannot know. */
const shoppers = Array.from({ length: 120 }, (_, s): Step[] => {
  let item = s % ITEMS
  return Array.from({ length: 80 }, (_, day) => {
    item = (item + (day < 40 ? 5 : 8)) % ITEMS
    return { item, time: 1_700_000_000_000 + day * DAY_MS }
  })
})

describe('what a federation is worth', () => {
  it('is found where everybody has changed alike, and nothing is where histories are shuffled', async () => {
    await readyBackend('wasm')
    const evaluation = await evaluateFederation(historiesOf(shoppers, ITEMS), {
      seeds: ['1'],
      part: 'report',
      preset: { ...PRESETS.tiny, width: 16, hidden: 16, window: 8, epochs: 3 },
      federation: { rounds: 12, cohort: 60 },
      crowds: [1000],
      noiseMultipliers: [1],
    })
    const { frozen, centralised, federated, kept, canary, noise } = evaluation
    expect(centralised.ndcg.low).toBeGreaterThan(0)
    expect(federated.ndcg.low).toBeGreaterThan(0)
    expect(federated.nats.low).toBeGreaterThan(0)
    expect(kept.mean).toBeCloseTo(federated.ndcg.mean / centralised.ndcg.mean, 10)
    expect(frozen).toBeLessThan(0.6)
    expect(noise).toHaveLength(1)
    expect(noise[0].epsilon).toBeCloseTo(epsilonOf(1, 2), 10)
    // Ten of 24 items are listed by chance alone, at any of the ten places.
    const chance = Array.from({ length: 10 }, (_, n) => 1 / Math.log2(n + 2) / ITEMS).reduce((sum, one) => sum + one)
    expect(canary.ndcg).toBeLessThan(chance + 0.06)
    expect(frozen + federated.ndcg.mean).toBeGreaterThan(chance + 0.3)
  }, 120_000)
})

describe('the share that is kept', () => {
  it('is of the sums, and its interval is of shoppers', () => {
    const whole = Float64Array.from({ length: 300 }, (_, n) => 0.1 + (n % 7) / 100)
    const shopper = Array.from(whole, (_, n) => n % 30)
    const exact = keptShare(
      whole.map((value) => 0.8 * value),
      whole,
      shopper,
    )
    for (const value of [exact.mean, exact.low, exact.high]) expect(value).toBeCloseTo(0.8, 10)
    const uneven = keptShare(
      whole.map((value, n) => (n % 2 === 0 ? 1.2 : 0.4) * value),
      whole,
      shopper,
    )
    expect(uneven.low).toBeLessThan(0.75)
    expect(uneven.high).toBeGreaterThan(0.85)
  })
})

describe('what the canary is held to', () => {
  const token = (item: number, n = 0) => ({ item, action: 0, time: n })

  it('popularity lists what is wanted most, ties behind all others of their count', () => {
    const popularity = Float32Array.from({ length: 30 }, (_, item) =>
      item === 3 ? 9 : item === 4 ? 8 : item === 5 ? 8 : 0,
    )
    const questions = [{ shopper: 'a', tokens: [token(0), token(3, 1), token(4, 2), token(20, 3)], wishes: [1, 2, 3] }]
    expect([...popularityNdcg(popularity, questions)]).toEqual([1, 1 / Math.log2(4), 0])
  })

  it('deals the same items out again, to other places, and leaves searches alone', () => {
    const lessons = [0, 1, 2].map((s) => ({
      shopper: `s${s}`,
      tokens: Array.from({ length: 10 }, (_, n) =>
        n === 4 ? { ...token(-1, n), query: 'mug' } : token(10 * s + n, n),
      ),
      wishes: [1, 2, 3],
    }))
    const dealt = shuffleItems(lessons, 'x')
    const itemsOf = (all: typeof lessons) => all.flatMap(({ tokens }) => tokens.map(({ item }) => item))
    expect([...itemsOf(dealt)].sort()).toEqual([...itemsOf(lessons)].sort())
    expect(itemsOf(dealt).filter((item, n) => item === itemsOf(lessons)[n]).length).toBeLessThan(10)
    for (const { tokens } of dealt) expect(tokens[4]).toEqual({ ...token(-1, 4), query: 'mug' })
  })
})

it('ε of two participations with z = 1 is that of ρ = 1 at δ = 1e-7', () => {
  // ρ + 2√(ρ ln 1/δ) = 9.03 is an upper bound that zCDP's exact conversion lies below.
  expect(epsilonOf(1, 2)).toBeLessThan(9.03)
  expect(epsilonOf(1, 2)).toBeGreaterThan(7.5)
})
