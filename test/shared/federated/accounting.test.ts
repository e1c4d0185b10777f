/** Accountants against integrals, each other and published values; those of `dp-accounting` are in test/conformance. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  gaussianDelta,
  gaussianEpsilon,
  gaussianNoiseMultiplier,
} from '../../../shared/federated/accounting/analytic-gaussian.ts'
import {
  discreteGaussianDelta,
  discreteGaussianNormaliser,
  discreteGaussianVariance,
} from '../../../shared/federated/accounting/discrete-gaussian.ts'
import { convolutionPower } from '../../../shared/federated/accounting/fft.ts'
import { logUpperTail, upperTail } from '../../../shared/federated/accounting/normal.ts'
import type { SampledGaussian } from '../../../shared/federated/accounting/parameters.ts'
import { pldDelta, pldEpsilon, pldNoiseMultiplier } from '../../../shared/federated/accounting/pld.ts'
import {
  composeRdp,
  rdpEpsilon,
  rdpNoiseMultiplier,
  sampledGaussianCurve,
  sampledGaussianRdp,
} from '../../../shared/federated/accounting/rdp.ts'
import { l2Sensitivity } from '../../../shared/federated/accounting/sensitivity.ts'
import {
  rhoOfGaussian,
  zcdpDelta,
  zcdpEpsilon,
  zcdpNoiseMultiplier,
  zcdpRho,
} from '../../../shared/federated/accounting/zcdp.ts'
import { STATED_EPSILONS } from './stated-epsilons.ts'

const DELTA = 1e-7

/** Simpson's rule. */
function integral(f: (x: number) => number, from: number, to: number, steps = 20_000): number {
  const width = (to - from) / steps
  let sum = f(from) + f(to)
  for (let n = 1; n < steps; n++) sum += (n % 2 ? 4 : 2) * f(from + n * width)
  return (sum * width) / 3
}
const density = (x: number, z: number) => Math.exp(-(x * x) / (2 * z * z)) / (z * Math.sqrt(2 * Math.PI))
const expectRatio = (found: number, expected: number, tolerance: number) =>
  expect(Math.abs(found / expected - 1), `${found} is not ${expected}`).toBeLessThan(tolerance)

const unsampled = (noiseMultiplier: number, steps: number): SampledGaussian => ({
  noiseMultiplier,
  samplingProbability: 1,
  steps,
})

describe('the normal tail', () => {
  // By mpmath, of 30 digits.
  it.each([
    [0.3, 0.382088577811047],
    [1, 0.158655253931457],
    [5, 2.86651571879194e-7],
    [10, 7.61985302416053e-24],
    [37, 5.72557122252458e-300],
  ])('beyond %d has 14 digits', (x, tail) => {
    expectRatio(upperTail(x), tail, 1e-14)
    expectRatio(upperTail(-x), 1 - tail, 1e-15)
    expectRatio(logUpperTail(x), Math.log(tail), 1e-14)
  })

  it('is the integral of its density, and its logarithm goes on where no float holds it', () => {
    for (const x of [-3, -0.1, 0, 0.7, 2.5, 6.2, 6.3]) {
      expectRatio(
        upperTail(x),
        integral((t) => density(t, 1), x, x + 40, 40_000),
        1e-10,
      )
    }
    expectRatio(logUpperTail(100), -5005.52420869421, 1e-14)
    expectRatio(logUpperTail(1000), -500007.826694812, 1e-14)
    expect(upperTail(Number.POSITIVE_INFINITY)).toBe(0)
    expect(upperTail(Number.NEGATIVE_INFINITY)).toBe(1)
  })
})

describe('convolution', () => {
  it('by transforms is that of the definition, around the end', () => {
    for (const [size, times] of [
      [1, 3],
      [2, 2],
      [8, 1],
      [16, 5],
      [64, 13],
    ]) {
      const vector = Float64Array.from({ length: size }, (_, n) => ((n * 7 + 3) % 11) / (5 * size))
      let expected = new Float64Array(size)
      expected[0] = 1
      for (let n = 0; n < times; n++) {
        const sum = new Float64Array(size)
        for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) sum[(a + b) % size] += expected[a] * vector[b]
        expected = sum
      }
      const found = convolutionPower(vector, times)
      for (let n = 0; n < size; n++) expect(found[n]).toBeCloseTo(expected[n], 12)
    }
    expect(() => convolutionPower(new Float64Array(12), 2)).toThrow('a length of 12')
  })
})

describe('sensitivity', () => {
  const norm = (vector: readonly number[]) => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0))

  it('is the norm of the longest report of its kind', () => {
    expect(l2Sensitivity({ kind: 'count' })).toBe(1)
    expect(l2Sensitivity({ kind: 'sum', max: 17 })).toBe(17)
    expect(l2Sensitivity({ kind: 'histogram' })).toBe(norm([0, 0, 1, 0]))
    expect(l2Sensitivity({ kind: 'multihotCountVec', maxWeight: 3 })).toBe(norm([1, 0, 1, 1, 0]))
    expect(l2Sensitivity({ kind: 'sumVec', length: 3, max: 255 })).toBeCloseTo(norm([255, 255, 255]), 10)
    expect(l2Sensitivity({ kind: 'pine', normBound: 65_536 })).toBe(65_536)
  })

  it('is not that of an impossible bound', () => {
    expect(() => l2Sensitivity({ kind: 'pine', normBound: 0 })).toThrow(
      'normBound must be a whole number of at least 1: 0',
    )
    expect(() => l2Sensitivity({ kind: 'sumVec', length: 2.5, max: 1 })).toThrow('length must be')
    expect(() => l2Sensitivity({ kind: 'multihotCountVec', maxWeight: Number.NaN })).toThrow('maxWeight must be')
  })
})

describe('the discrete Gaussian', () => {
  const sumOver = (f: (x: number) => number) => {
    let sum = 0
    for (let x = -400; x <= 400; x++) sum += f(x)
    return sum
  }

  it.each([0.05, 0.3, 0.99, 1, 1.01, 4, 30.25, 900])(
    'has its normaliser, variance and δ summed over all x, σ² = %d',
    (variance) => {
      const weight = (x: number) => Math.exp(-(x * x) / (2 * variance))
      const normaliser = sumOver(weight)
      expectRatio(discreteGaussianNormaliser(variance), normaliser, 1e-13)
      expectRatio(discreteGaussianVariance(variance), sumOver((x) => x * x * weight(x)) / normaliser, 1e-12)
      for (const epsilon of [0, 0.1, 0.5 / variance, 1.5 / variance, 2]) {
        const delta = sumOver((x) => Math.max(0, weight(x) - Math.exp(epsilon) * weight(x + 1))) / normaliser
        expect(Math.abs(discreteGaussianDelta(variance, epsilon) - delta)).toBeLessThan(1e-14 + 1e-9 * delta)
      }
    },
  )

  it('comes close to the continuous one where it is wide, and is within what zCDP proves of it', () => {
    for (const sigma of [1, 7, 1000]) {
      const epsilon = 3 / sigma
      const delta = discreteGaussianDelta(sigma ** 2, epsilon)
      expect(delta).toBeLessThan(zcdpDelta(rhoOfGaussian(sigma, 1), epsilon))
      if (sigma === 1000) expectRatio(delta, gaussianDelta(sigma, 1, epsilon), 1e-3)
    }
    expect(() => discreteGaussianDelta(0, 1)).toThrow('variance must be more than 0: 0')
    expect(discreteGaussianDelta(100, 1000)).toBe(0)
  })
})

describe('zCDP', () => {
  it.each(STATED_EPSILONS)('of z = %d and k = %i is ε = %d', (z, k, epsilon) => {
    expect(zcdpEpsilon(rhoOfGaussian(z, k), DELTA)).toBeCloseTo(epsilon, 2)
  })

  it('takes the least δ over all orders', () => {
    for (const [rho, epsilon] of [
      [0.025, 1],
      [1e-6, 0.01],
      [5, 40],
      [300, 500],
    ]) {
      let least = 1
      for (let log = -8; log < 12; log += 1e-3) {
        const a = 1 + Math.exp(log)
        const logDelta = (a - 1) * (a * rho - epsilon) - Math.log(a - 1) + a * Math.log1p(-1 / a)
        least = Math.min(least, Math.exp(logDelta))
      }
      const delta = zcdpDelta(rho, epsilon)
      expect(delta).toBeLessThanOrEqual(least * (1 + 1e-12))
      expectRatio(delta, least, 1e-4)
    }
  })

  it('has ε, δ, ρ and z that go into each other', () => {
    for (const delta of [1e-3, 1e-7, 1e-30]) {
      for (const rho of [1e-8, 0.1, 20, 1e4]) {
        const epsilon = zcdpEpsilon(rho, delta)
        if (epsilon === 0) continue
        expectRatio(zcdpDelta(rho, epsilon), delta, 1e-9)
        expectRatio(zcdpRho(epsilon, delta), rho, 1e-9)
        expectRatio(zcdpNoiseMultiplier(epsilon, delta, 10), Math.sqrt(10 / (2 * rho)), 1e-9)
      }
    }
    expect(zcdpEpsilon(1e-20, 0.01)).toBe(0)
    expect(zcdpDelta(100, 1)).toBeLessThanOrEqual(1)
  })
})

describe('the analytic Gaussian', () => {
  it.each([
    [0.5, 1, 1],
    [1, 1, 0],
    [1, 1, 5],
    [7, 10, 0.3],
    [30, 200, 2],
    [0.2, 3, 80],
  ])('δ is the integral of what P has beyond exp(ε) Q: z = %d, k = %i, ε = %d', (z, k, epsilon) => {
    const mu = Math.sqrt(k) / z
    const from = epsilon / mu + mu / 2
    const excess = (x: number) => density(x - mu, 1) - Math.exp(epsilon + Math.log(density(x, 1)))
    expectRatio(gaussianDelta(z, k, epsilon), integral(excess, from, Math.max(from, mu) + 12), 1e-9)
  })

  // ε at δ = 10⁻⁷ by dp_accounting, to two places.
  it.each([
    [1, 1, 5.35],
    [1, 200, 172.7],
    [2, 4, 5.35],
    [3, 10, 5.68],
    [7, 10, 2.23],
    [10, 50, 3.64],
    [30, 20, 0.68],
    [100, 200, 0.65],
  ])('of z = %d and k = %i is ε = %d', (z, k, epsilon) => {
    expect(Math.abs(gaussianEpsilon(z, k, DELTA) - epsilon)).toBeLessThan(epsilon > 100 ? 0.051 : 0.0051)
  })

  it('has ε, δ and z that go into each other, small δ and large ε too', () => {
    for (const delta of [0.5, 1e-5, 1e-30, 1e-200]) {
      for (const [z, k] of [
        [0.01, 7],
        [1, 1],
        [1, 1e8],
        [0.3, 10],
        [20, 2000],
      ]) {
        const epsilon = gaussianEpsilon(z, k, delta)
        if (epsilon === 0) continue
        expectRatio(gaussianDelta(z, k, epsilon), delta, 1e-6)
        expectRatio(gaussianNoiseMultiplier(epsilon, delta, k), z, 1e-6)
      }
    }
    expect(gaussianEpsilon(1000, 1, 0.01)).toBe(0)
  })
})

describe('Rényi divergence', () => {
  const byIntegral = (z: number, q: number, order: number) => {
    const f = (x: number) => {
      const full = (2 * x - 1) / (2 * z * z)
      const ratio = full > 0 ? full + Math.log(q + (1 - q) * Math.exp(-full)) : Math.log1p(q * Math.expm1(full))
      return Math.exp(Math.log(density(x, z)) + order * ratio)
    }
    return Math.log(integral(f, -14 * z, order + 14 * z, 100_000)) / (order - 1)
  }

  it.each([
    [2.5, 0.01],
    [1, 0.01],
    [0.7, 0.2],
    [3, 0.5],
    [5, 0.97],
  ])('of a sampled Gaussian is its integral, z = %d, q = %d', (z, q) => {
    for (const order of [1.1, 1.5, 2, 2.5, 5, 8.7, 20, 20.3]) {
      const found = sampledGaussianRdp({ noiseMultiplier: z, samplingProbability: q }, order)
      // The integral loses what is small beside 1.
      expect(Math.abs(found - byIntegral(z, q, order))).toBeLessThan(1e-8 * found + 1e-13 / (order - 1))
    }
  })

  it('adds up over mechanisms of the same orders, and of no others', () => {
    const [one, other] = [sampledGaussianCurve(unsampled(2, 3)), sampledGaussianCurve(unsampled(4, 5))]
    const both = composeRdp([one, other])
    const z = 1 / Math.sqrt(3 / 4 + 5 / 16)
    const expected = rdpEpsilon(sampledGaussianCurve(unsampled(z, 1)), DELTA)
    expect(rdpEpsilon(both, DELTA).epsilon).toBeCloseTo(expected.epsilon, 12)
    expect(() => composeRdp([one, other.slice(1)])).toThrow('different orders')
    expect(() => composeRdp([])).toThrow('no curve')
  })

  it('gives the least z for an ε', () => {
    const sampling = { samplingProbability: 0.04, steps: 100 }
    const z = rdpNoiseMultiplier(2, 1e-5, sampling)
    const epsilonAt = (noiseMultiplier: number) =>
      rdpEpsilon(sampledGaussianCurve({ ...sampling, noiseMultiplier }), 1e-5).epsilon
    expect(epsilonAt(z)).toBeLessThanOrEqual(2)
    expect(epsilonAt(z * (1 - 1e-6))).toBeGreaterThan(2)
  })
})

describe('the privacy loss distribution', () => {
  it.each([
    [0.05, 1],
    [0.5, 10],
    [1, 1],
    [7, 200],
    [30, 3],
    [100, 5000],
  ])('of the plain Gaussian is the analytic one, from above: z = %d, k = %i', (z, k) => {
    for (const delta of [0.1, 1e-4, DELTA, 1e-12, 1e-30]) {
      const epsilon = gaussianEpsilon(z, k, delta)
      if (epsilon < 0.05 / z) continue
      const found = pldEpsilon(unsampled(z, k), delta)
      expect(found).toBeGreaterThan(epsilon * (1 - 1e-7))
      expectRatio(found, epsilon, 3e-4)
      expectRatio(pldDelta(unsampled(z, k), epsilon), delta, 0.02)
    }
  })

  /** δ(ε) of one step where the report is taken away or added, for any ε, in closed form. */
  function stepDelta(z: number, q: number, direction: 'remove' | 'add', epsilon: number): number {
    // P is more than exp(ε) Q where the other side's share of it is more, beyond one outcome.
    const outcome = (v: number) => (v <= 0 ? Number.NEGATIVE_INFINITY : 0.5 + z * z * Math.log(v / q))
    if (direction === 'remove') {
      const x = outcome(Math.expm1(epsilon) + q)
      const mixture = (1 - q) * upperTail(x / z) + q * upperTail((x - 1) / z)
      return mixture - Math.exp(epsilon) * upperTail(x / z)
    }
    const x = outcome(Math.expm1(-epsilon) + q)
    const mixture = (1 - q) * upperTail(-x / z) + q * upperTail((1 - x) / z)
    return upperTail(-x / z) - Math.exp(epsilon) * mixture
  }

  it.each([
    [0.67, 0.01],
    [1, 0.3],
    [2, 0.001],
    [0.4, 0.05],
  ])('of one and of two sampled steps is that of the definition, z = %d, q = %d', (z, q) => {
    for (const epsilon of [0.01, 0.5, 2]) {
      const one = Math.max(stepDelta(z, q, 'remove', epsilon), stepDelta(z, q, 'add', epsilon))
      const lossOf = (x: number) => Math.log(1 - q + q * Math.exp((2 * x - 1) / (2 * z * z)))
      const two = Math.max(
        integral(
          (x) => ((1 - q) * density(x, z) + q * density(x - 1, z)) * stepDelta(z, q, 'remove', epsilon - lossOf(x)),
          -10 * z,
          1 + 10 * z,
        ),
        integral((x) => density(x, z) * stepDelta(z, q, 'add', epsilon + lossOf(x)), -10 * z, 10 * z),
      )
      for (const [steps, expected] of [
        [1, one],
        [2, two],
      ]) {
        if (expected < 1e-12) continue
        const found = pldDelta({ noiseMultiplier: z, samplingProbability: q, steps }, epsilon)
        expectRatio(found, expected, 1e-3)
        expect(found).toBeGreaterThan(expected * (1 - 1e-6))
        if (epsilon > 0.01) {
          expectRatio(pldEpsilon({ noiseMultiplier: z, samplingProbability: q, steps }, expected), epsilon, 1e-3)
        }
      }
    }
  })

  it('of a rare sample with little noise has a δ of 10⁻¹⁷, which is not lost among the errors of a transform', () => {
    const found = pldDelta({ noiseMultiplier: 0.67, samplingProbability: 0.001, steps: 1 }, 5)
    expectRatio(found, stepDelta(0.67, 0.001, 'remove', 5), 1e-6)
    expect(found).toBeLessThan(1e-16)
  })

  it('on a coarser grid claims less, never more', () => {
    const mechanism = { noiseMultiplier: 1, samplingProbability: 0.05, steps: 50 }
    const [fine, coarse, coarser] = [undefined, 0.02, 0.2].map((interval) => pldEpsilon(mechanism, 1e-6, interval))
    expect(coarse).toBeGreaterThan(fine)
    expect(coarser).toBeGreaterThan(coarse)
    expect(() => pldEpsilon(mechanism, 1e-6, 0)).toThrow('interval must be more than 0: 0')
    expect(() => pldEpsilon(mechanism, 1e-6, 1e-9)).toThrow('take an interval above 1e-9')
  })

  it('gives the least z for an ε', () => {
    const z = pldNoiseMultiplier(1, DELTA, { samplingProbability: 1, steps: 10 })
    const expected = gaussianNoiseMultiplier(1, DELTA, 10)
    expectRatio(z, expected, 1e-4)
    expect(z).toBeGreaterThan(expected)
  })
})

describe('whatever the noise and the participations', () => {
  const noise = fc.double({ min: 0.3, max: 100, noNaN: true })
  const participations = fc.integer({ min: 1, max: 1000 })
  const delta = fc.integer({ min: 3, max: 15 }).map((digits) => 10 ** -digits)
  const more = fc.double({ min: 1.01, max: 3, noNaN: true })

  it('ε grows with k and with 1 / z, by each accountant', () => {
    const accountants: ((z: number, k: number, delta: number) => number)[] = [
      (z, k, d) => zcdpEpsilon(rhoOfGaussian(z, k), d),
      (z, k, d) => gaussianEpsilon(z, k, d),
      (z, k, d) => rdpEpsilon(sampledGaussianCurve(unsampled(z, k)), d).epsilon,
      (z, k, d) => pldEpsilon(unsampled(z, k), d),
    ]
    fc.assert(
      fc.property(noise, participations, delta, more, (z, k, d, factor) => {
        for (const epsilonOf of accountants) {
          const epsilon = epsilonOf(z, k, d)
          const [noisier, longer] = [epsilonOf(z * factor, k, d), epsilonOf(z, Math.ceil(k * factor), d)]
          expect(noisier).toBeLessThanOrEqual(epsilon)
          expect(longer).toBeGreaterThanOrEqual(epsilon)
          if (epsilon > 0.01) expect(noisier < epsilon && epsilon < longer).toBe(true)
        }
      }),
      { numRuns: 30, seed: 1 },
    )
  })

  it('ε of zCDP, which is proven of the discrete Gaussian, is at most the RDP bound and at least the PLD value', () => {
    fc.assert(
      fc.property(noise, participations, delta, (z, k, d) => {
        const proven = zcdpEpsilon(rhoOfGaussian(z, k), d)
        const pld = pldEpsilon(unsampled(z, k), d)
        expect(proven).toBeLessThanOrEqual(rdpEpsilon(sampledGaussianCurve(unsampled(z, k)), d).epsilon + 1e-12)
        expect(proven).toBeGreaterThan(pld)
        expect(pld).toBeGreaterThan(gaussianEpsilon(z, k, d) * (1 - 1e-6))
      }),
      { numRuns: 60, seed: 2 },
    )
  })

  it('sampling only helps, and the PLD value is at most the RDP bound with it too', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.6, max: 5, noNaN: true }),
        fc.double({ min: 0.001, max: 0.5, noNaN: true }),
        fc.integer({ min: 1, max: 300 }),
        (noiseMultiplier, samplingProbability, steps) => {
          const mechanism = { noiseMultiplier, samplingProbability, steps }
          const pld = pldEpsilon(mechanism, 1e-6)
          expect(pld).toBeLessThanOrEqual(rdpEpsilon(sampledGaussianCurve(mechanism), 1e-6).epsilon)
          const rarer = { ...mechanism, samplingProbability: samplingProbability / 2 }
          expect(pldEpsilon(rarer, 1e-6)).toBeLessThan(pld)
          expect(pld).toBeLessThan(gaussianEpsilon(noiseMultiplier, steps, 1e-6))
        },
      ),
      { numRuns: 15, seed: 3 },
    )
  })
})

describe('a question without an answer', () => {
  it.each<[string, () => unknown]>([
    ['noiseMultiplier must be more than 0, as without noise no epsilon holds: 0', () => rhoOfGaussian(0, 1)],
    [
      'noiseMultiplier must be more than 0, as without noise no epsilon holds: NaN',
      () => gaussianDelta(Number.NaN, 1, 1),
    ],
    ['steps must be a whole number of at least 1; ask nothing where there was none: 0', () => rhoOfGaussian(1, 0)],
    [
      'steps must be a whole number of at least 1; ask nothing where there was none: 1.5',
      () => gaussianEpsilon(1, 1.5, 0.1),
    ],
    ['epsilon must be a number of at least 0: -1', () => zcdpDelta(1, -1)],
    ['epsilon must be a number of at least 0: Infinity', () => pldDelta(unsampled(1, 1), Number.POSITIVE_INFINITY)],
    ['delta must be between 0 and 1, well below 1 / the number of shoppers: 0', () => pldEpsilon(unsampled(1, 1), 0)],
    ['delta must be between 0 and 1, well below 1 / the number of shoppers: 1', () => gaussianEpsilon(1, 1, 1)],
    ['delta must be between 0 and 1, well below 1 / the number of shoppers: NaN', () => rdpEpsilon([], Number.NaN)],
    ['rho must be more than 0: -0.1', () => zcdpEpsilon(-0.1, DELTA)],
    ['an order must be more than 1: 1', () => sampledGaussianRdp({ noiseMultiplier: 1, samplingProbability: 0.1 }, 1)],
    [
      'samplingProbability must be more than 0 and at most 1, which is no sampling: 1.1',
      () => pldEpsilon({ noiseMultiplier: 1, samplingProbability: 1.1, steps: 1 }, DELTA),
    ],
  ])('is refused: %s', (message, ask) => {
    expect(ask).toThrow(message)
  })
})
