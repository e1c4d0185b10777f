/**
 * A plan of rounds against numbers that others' code gave, to two or three digits (IBM's cdp_eps; dp_accounting's
 * privacy loss distribution), and against noise that is drawn.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import {
  cohortOf,
  largestNoiseMultiplier,
  noiseRatio,
  planRounds,
  type Release,
  shopperPrivacy,
  strengthOf,
} from '../../../shared/federated/accounting/plan.ts'
import { sampleDiscreteGaussians } from '../../../shared/federated/discrete-gaussian.ts'
import { STATED_EPSILONS } from './stated-epsilons.ts'

const DELTA = 1e-7
const MIN_BATCH = 1000
const update = (dimension: number, normBound = 65_536): Release => ({
  measurement: { kind: 'pine', normBound },
  dimension,
})
/** Of every shopper in each of k rounds, so that as many reports as shoppers are in each. */
const inAll = (reports: number, k: number) => ({ shoppers: reports, rounds: k, participations: k, dropout: 0 })

describe('a cohort', () => {
  it.each([
    [1_000_000, 200, 10, 0, 50_000],
    [1_000_000, 10, 10, 0, 1_000_000],
    [100_000, 200, 10, 0.2, 4000],
    [3000, 7, 2, 0.3, 600],
    [9, 200, 1, 0, 0],
  ])(
    'of %i shoppers in %i rounds, %i each, with %d lost, is %i reports',
    (shoppers, rounds, participations, dropout, n) => {
      expect(cohortOf({ shoppers, rounds, participations, dropout })).toBe(n)
    },
  )
})

describe('noise', () => {
  // [reports, d, ratio, z]
  it.each([
    [1000, 4096, 0.1, 1.1],
    [1000, 10_000, 0.1, 0.71],
    [1000, 50_000, 0.1, 0.32],
    [1000, 50_000, 0.3, 0.95],
    [10_000, 4096, 0.1, 11],
    [10_000, 10_000, 0.1, 7.1],
    [10_000, 50_000, 0.1, 3.2],
    [10_000, 50_000, 0.3, 9.5],
    [100_000, 4096, 0.1, 110],
    [100_000, 10_000, 0.1, 71],
    [100_000, 50_000, 0.1, 31.6],
    [100_000, 50_000, 0.3, 95],
    [1_000_000, 4096, 0.1, 1105],
    [1_000_000, 10_000, 0.1, 707],
    [1_000_000, 50_000, 0.1, 316],
    [1_000_000, 50_000, 0.3, 949],
  ])('of %i reports of %i numbers is kept to %d by z = %d', (reports, dimension, ratio, z) => {
    const found = largestNoiseMultiplier(update(dimension), ratio, reports)
    expect(Math.abs(found / z - 1)).toBeLessThan(0.02)
    expect(noiseRatio(update(dimension), found, reports)).toBeLessThanOrEqual(ratio)
    expect(noiseRatio(update(dimension), found * 1.01, reports)).toBeGreaterThan(ratio)
  })

  it('is as long as what two aggregators draw', () => {
    const random = seeded('noise of two aggregators')
    const bytes = (length: number) => Uint8Array.from({ length }, () => random.int(256))
    const [dimension, reports, normBound] = [4096, 1000, 300]
    // z = 0.7
    const variance = { numerator: 49n * BigInt(normBound) ** 2n, denominator: 100n }
    const [one, other] = [0, 1].map(() => sampleDiscreteGaussians(variance, dimension, bytes))
    const norm = Math.sqrt(one.reduce((sum, x, n) => sum + Number(x + other[n]) ** 2, 0))
    const found = norm / reports / normBound
    expect(Math.abs(noiseRatio(update(dimension, normBound), 0.7, reports) / found - 1)).toBeLessThan(0.03)
  })

  it('of counts and sums is that of one number, by the sensitivity of the whole report', () => {
    const ratio = (measurement: Release['measurement']) => noiseRatio({ measurement, dimension: 1 }, 0.7, 500)
    const ofOne = (0.7 * Math.SQRT2) / 500
    expect(ratio({ kind: 'count' })).toBeCloseTo(ofOne, 12)
    expect(ratio({ kind: 'histogram' })).toBeCloseTo(ofOne, 12)
    expect(ratio({ kind: 'multihotCountVec', maxWeight: 3 })).toBeCloseTo(ofOne * Math.sqrt(3), 12)
    expect(ratio({ kind: 'sum', max: 17 })).toBeCloseTo(ofOne, 12)
    expect(ratio({ kind: 'sumVec', length: 5, max: 17 })).toBeCloseTo(ofOne * Math.sqrt(5), 12)
  })
})

describe('the privacy of a shopper', () => {
  it.each(STATED_EPSILONS)('of z = %d and k = %i is ε = %d, in however many rounds', (z, k, epsilon) => {
    for (const rounds of [k, 200]) {
      const privacy = shopperPrivacy({ rounds, participations: k }, z, DELTA)
      expect(privacy.epsilon).toBeCloseTo(epsilon, 2)
      expect(privacy.rho).toBeCloseTo(k / (2 * z * z), 12)
    }
  })

  it('in one round, in every round and by replace-one is that of so many rounds, and of half the noise', () => {
    const privacy = shopperPrivacy({ rounds: 200, participations: 10 }, 30, DELTA)
    expect(privacy.ofEveryRound).toBeCloseTo(2.49, 2)
    expect(privacy.ofOneRound).toBe(shopperPrivacy({ rounds: 1, participations: 1 }, 30, DELTA).epsilon)
    expect(privacy.replaceOne).toBe(shopperPrivacy({ rounds: 10, participations: 10 }, 15, DELTA).epsilon)
  })

  // By dp_accounting: 200 rounds.
  it.each([
    [0.7, 2, 4.16],
    [1, 2, 1.42],
    [2, 2, 0.36],
    [3, 2, 0.22],
    [1, 20, 12.4],
    [2, 20, 4.2],
    [3, 20, 2.5],
    [7, 20, 0.97],
  ])('where participation is secret, z = %d and k = %i, would be %d', (z, k, epsilon) => {
    const { ifParticipationIsSecret } = shopperPrivacy({ rounds: 200, participations: k }, z, DELTA)
    expect(Math.abs((ifParticipationIsSecret ?? 0) / epsilon - 1)).toBeLessThan(0.02)
  })

  it('gains nothing by secrecy that is not there, or where noise is too little for it', () => {
    for (const [rounds, participations, z] of [
      [10, 10, 3],
      [200, 10, 0.3],
      [200, 10, 0.01],
      [200, 1, 0.05],
    ]) {
      expect(shopperPrivacy({ rounds, participations }, z, DELTA).ifParticipationIsSecret).toBeUndefined()
    }
  })

  it('is less for less k and more z', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0.01, max: 1000, noNaN: true }), (k, z) => {
        const epsilonOf = (participations: number, noiseMultiplier: number) =>
          shopperPrivacy({ rounds: participations, participations }, noiseMultiplier, DELTA).epsilon
        expect(epsilonOf(k, z)).toBeLessThan(epsilonOf(k + 1, z))
        expect(epsilonOf(k, z * 1.01)).toBeLessThan(epsilonOf(k, z))
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  it.each([
    [0.27, 'strong'],
    [1, 'strong'],
    [1.01, 'moderate'],
    [10, 'moderate'],
    [10.1, 'weak'],
    [47, 'weak'],
  ])('of ε = %d is %s', (epsilon, strength) => expect(strengthOf(epsilon)).toBe(strength))
})

describe('a plan', () => {
  // At d = 16,384, a ratio of .1 and k = 10.
  it.each([
    [1000, 0.55, 47],
    [10_000, 5.5, 3.1],
    [100_000, 55, 0.27],
  ])('of %i reports a round has z = %d and ε = %d', (reports, z, epsilon) => {
    const plan = planRounds(inAll(reports, 10), update(16_384), { ratio: 0.1 }, MIN_BATCH, DELTA)
    expect(plan).toMatchObject({ reports, isReleased: true })
    expect(Math.abs(plan.noiseMultiplier / z - 1)).toBeLessThan(0.01)
    expect(Math.abs(plan.epsilon / epsilon - 1)).toBeLessThan(0.02)
    expect(plan.privacy.epsilon).toBe(plan.epsilon)
    expect(plan.noiseStdDev).toBe(plan.noiseMultiplier * 65_536)
  })

  it('offers k rounds, twice as many and so on: the fewest that are released are the best', () => {
    const epoch = { shoppers: 30_000, rounds: 200, participations: 10, dropout: 0.1 }
    const plan = planRounds(epoch, update(4096), { ratio: 0.1 }, MIN_BATCH, DELTA)
    expect(plan.choices.map(({ rounds, reports, isReleased }) => [rounds, reports, isReleased])).toEqual([
      [10, 27_000, true],
      [20, 13_500, true],
      [40, 6750, true],
      [80, 3375, true],
      [160, 1688, true],
      [200, 1350, true],
    ])
    expect(plan.best).toBe(plan.choices[0])
    for (const { epsilon } of plan.choices.slice(1)) expect(epsilon).toBeGreaterThan(plan.choices[0].epsilon)
  })

  it('with a z of its own has one ε, and least noise in the fewest rounds', () => {
    const epoch = { shoppers: 4000, rounds: 24, participations: 3, dropout: 0 }
    const { choices, best } = planRounds(epoch, update(4096), { noiseMultiplier: 0.3 }, MIN_BATCH, DELTA)
    expect(choices.map(({ rounds, isReleased }) => [rounds, isReleased])).toEqual([
      [3, true],
      [6, true],
      [12, true],
      [24, false],
    ])
    expect(new Set(choices.map(({ epsilon }) => epsilon)).size).toBe(1)
    expect(best?.noiseRatio).toBe(Math.min(...choices.map(({ noiseRatio }) => noiseRatio)))
  })

  it('of too few shoppers has no best', () => {
    const plan = planRounds(inAll(999, 5), update(20), { noiseMultiplier: 3 }, MIN_BATCH, DELTA)
    expect(plan).toMatchObject({ isReleased: false, choices: [{ rounds: 5 }] })
    expect(plan.best).toBeUndefined()
  })

  it('is refused where it is none', () => {
    const of = (epoch: object, delta = DELTA) =>
      planRounds({ ...inAll(2000, 5), ...epoch }, update(20), { ratio: 0.1 }, MIN_BATCH, delta)
    expect(() => of({ shoppers: 0 })).toThrow('noiseMultiplier must be more than 0')
    expect(() => of({ dropout: 1 })).toThrow('dropout must be a share from 0 to below 1: 1')
    expect(() => of({ participations: 6 })).toThrow('a shopper is in 5 rounds at most: 6')
    expect(() => of({}, 1)).toThrow('delta must be between 0 and 1')
  })
})
