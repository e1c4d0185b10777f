/** Noise that is drawn, against the distribution it must have: exactly for small ones, by statistics for large ones. */
import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import {
  bernoulliExp,
  laplace,
  type RandomBytes,
  type Rational,
  sampleDiscreteGaussian,
  sampleDiscreteGaussians,
  type Uniform,
  uniformFrom,
} from '../../../shared/federated/discrete-gaussian.ts'

const rational = (numerator: bigint, denominator = 1n): Rational => ({ numerator, denominator })
const asFloat = ({ numerator, denominator }: Rational) => Number(numerator) / Number(denominator)

function bytesOf(seed: string): RandomBytes {
  const random = seeded(seed)
  return (length) => Uint8Array.from({ length }, () => random.int(256))
}

/** So many samples as floats, which are exact for these scales. */
const drawn = (variance: Rational, count: number, seed: string) =>
  sampleDiscreteGaussians(variance, count, bytesOf(seed)).map(Number)

/** Σ of f(x) · exp(−x² / 2σ²) over all x that count. */
function sumOver(variance: number, f: (x: number) => number): number {
  const reach = Math.ceil(12 * Math.sqrt(variance)) + 2
  let sum = 0
  for (let x = -reach; x <= reach; x++) sum += f(x) * Math.exp(-(x * x) / (2 * variance))
  return sum
}
const momentOf = (variance: number, power: number) => sumOver(variance, (x) => x ** power) / sumOver(variance, () => 1)

/**
 * What a sampler gives with which probability: every run of it, with every value of every uniform number it asks for, but runs whose
 * probability is less than `least`, which together are missing.
 */
function everyRun<T>(sampler: (uniform: Uniform) => T, least: number) {
  const probabilities = new Map<T, number>()
  let missing = 0
  const explore = (choices: readonly bigint[], probability: number) => {
    let asked = 0
    let open: bigint | undefined
    const stopped = new Error('a number is asked for that is not chosen yet')
    const uniform: Uniform = (modulus) => {
      if (asked < choices.length) return choices[asked++]
      open = modulus
      throw stopped
    }
    try {
      const outcome = sampler(uniform)
      probabilities.set(outcome, (probabilities.get(outcome) ?? 0) + probability)
      return
    } catch (error) {
      if (error !== stopped) throw error
    }
    const modulus = open as bigint
    if (probability / Number(modulus) < least) {
      missing += probability
      return
    }
    for (let choice = 0n; choice < modulus; choice++) explore([...choices, choice], probability / Number(modulus))
  }
  explore([], 1)
  return { probabilities, missing }
}

describe('the steps of the sampler', () => {
  it.each([
    [0n, 1n],
    [1n, 2n],
    [4n, 6n],
    [3n, 7n],
    [1n, 1n],
    [5n, 2n],
    [3n, 1n],
  ])('Bernoulli(exp(−γ)) is true with that probability, over every run it can have: γ = %i / %i', (...fraction) => {
    const gamma = rational(...fraction)
    const { probabilities, missing } = everyRun((uniform) => bernoulliExp(gamma, uniform), 1e-8)
    expect(missing).toBeLessThan(2e-4)
    const truth = Math.exp(-asFloat(gamma))
    for (const [outcome, expected] of [
      [true, truth],
      [false, 1 - truth],
    ] as const) {
      const found = probabilities.get(outcome) ?? 0
      expect(found).toBeLessThan(expected + 1e-12)
      expect(found + missing).toBeGreaterThan(expected - 1e-12)
    }
  })

  it.each([1n, 2n, 10n])('the discrete Laplace of scale %i falls by exp(−1 / scale) a step, on both sides', (scale) => {
    const count = 20_000
    const uniform = uniformFrom(bytesOf(`Laplace ${scale}`))
    const samples = Array.from({ length: count }, () => Number(laplace(scale, uniform)))
    const ratio = Math.exp(-1 / Number(scale))
    for (let x = -8; x <= 8; x++) {
      const expected = ((1 - ratio) / (1 + ratio)) * ratio ** Math.abs(x)
      const found = samples.filter((sample) => sample === x).length / count
      expect(Math.abs(found - expected), `${x}`).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / count))
    }
  })

  it('uniform numbers are low bits of words, those that are too large passed over, and further words for what is longer', () => {
    let word = 0
    const counting: RandomBytes = (length) => {
      const view = new DataView(new ArrayBuffer(length))
      for (let at = 0; at < length; at += 4) view.setUint32(at, word++, true)
      return new Uint8Array(view.buffer)
    }
    const uniform = uniformFrom(counting)
    expect(Array.from({ length: 7 }, () => uniform(5n))).toEqual([0n, 1n, 2n, 3n, 4n, 0n, 1n])
    expect([uniform(1n << 32n), uniform((1n << 64n) - 1n), uniform(1n << 33n)]).toEqual([
      10n,
      (11n << 32n) | 12n,
      (1n << 32n) | 14n,
    ])
  })
})

describe('noise', () => {
  const COUNT = 30_000
  const SCALES: [string, Rational][] = [
    ['0.3', rational(3n, 10n)],
    ['30.25', rational(121n, 4n)],
    ['10^8', rational(10n ** 8n)],
  ]

  it.each(SCALES)('of σ² = %s has mean 0 and its variance, within 4 standard errors', (name, variance) => {
    const sigma2 = asFloat(variance)
    const [second, fourth] = [momentOf(sigma2, 2), momentOf(sigma2, 4)]
    const samples = drawn(variance, COUNT, `moments ${name}`)
    const mean = samples.reduce((sum, x) => sum + x, 0) / COUNT
    const found = samples.reduce((sum, x) => sum + x * x, 0) / COUNT
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(second / COUNT))
    expect(Math.abs(found - second)).toBeLessThan(4 * Math.sqrt((fourth - second ** 2) / COUNT))
  })

  it.each(SCALES)('of σ² = %s passes a χ² test of its whole shape', (name, variance) => {
    const samples = drawn(variance, COUNT, `shape ${name}`)
    const { statistic, degrees } = chiSquared(samples, asFloat(variance))
    expect(degrees).toBeGreaterThanOrEqual(2)
    expect(Math.abs(statistic - degrees)).toBeLessThan(4 * Math.sqrt(2 * degrees))
    // It fails where the variance is wrong by a tenth.
    expect(chiSquared(samples, asFloat(variance) * 1.1).statistic).toBeGreaterThan(degrees + 4 * Math.sqrt(2 * degrees))
  })

  it('of two aggregators adds up to the variances of both', () => {
    const [one, other] = [rational(121n, 4n), rational(50n)]
    const a = drawn(one, COUNT, 'leader')
    const b = drawn(other, COUNT, 'helper')
    const [second, fourth] = [one, other].map(asFloat).reduce(
      ([s, f], sigma2) => {
        const [s2, f2] = [momentOf(sigma2, 2), momentOf(sigma2, 4)]
        return [s + s2, f + f2 + 6 * s * s2]
      },
      [0, 0],
    )
    const found = a.reduce((sum, x, n) => sum + (x + b[n]) ** 2, 0) / COUNT
    expect(Math.abs(found - second)).toBeLessThan(4 * Math.sqrt((fourth - second ** 2) / COUNT))
  })

  it('of a round, z = 7 and B = 65,536, has its variance, and so has noise far beyond a float', () => {
    for (const sigma of [7n * 65_536n, 10n ** 40n]) {
      const count = 16_384
      const samples = sampleDiscreteGaussians(rational(sigma * sigma), count, bytesOf(`round ${sigma}`))
      const found = samples.reduce((sum, x) => sum + (Number(x) / Number(sigma)) ** 2, 0) / count
      expect(Math.abs(found - 1)).toBeLessThan(4 * Math.sqrt(2 / count))
    }
  })

  it('is the same for the same seed, for as many as are drawn, and another one for another', () => {
    const variance = rational(10n ** 12n)
    const samples = sampleDiscreteGaussians(variance, 200, bytesOf('seed'))
    expect(sampleDiscreteGaussians(variance, 200, bytesOf('seed'))).toEqual(samples)
    expect(sampleDiscreteGaussians(variance, 50, bytesOf('seed'))).toEqual(samples.slice(0, 50))
    expect(sampleDiscreteGaussian(variance, bytesOf('seed'))).toEqual(samples[0])
    expect(sampleDiscreteGaussians(variance, 200, bytesOf('another'))).not.toEqual(samples)
    // The fraction need not be in lowest terms for the same distribution.
    expect(new Set(sampleDiscreteGaussians(rational(2n, 200n), 100, bytesOf('narrow')))).toEqual(new Set([0n]))
  })

  it('is not drawn without a variance, nor of fewer random bytes than asked for', () => {
    const random = bytesOf('seed')
    expect(() => sampleDiscreteGaussian(rational(0n), random)).toThrow('must be more than 0: 0 / 1')
    expect(() => sampleDiscreteGaussian(rational(-1n), random)).toThrow('must be more than 0: -1 / 1')
    expect(() => sampleDiscreteGaussian(rational(1n, 0n), random)).toThrow('must be more than 0: 1 / 0')
    expect(() => sampleDiscreteGaussian(rational(1n, -2n), random)).toThrow('must be more than 0: 1 / -2')
    expect(() => sampleDiscreteGaussian(rational(1n), () => new Uint8Array(10))).toThrow('10 bytes')
  })
})

/** Over classes of neighbouring values, each of some fiftieth of the samples or of one value. */
function chiSquared(samples: readonly number[], variance: number): { statistic: number; degrees: number } {
  const normaliser = sumOver(variance, () => 1)
  const reach = Math.ceil(12 * Math.sqrt(variance)) + 2
  const counts = new Map<number, number>()
  for (const x of samples) counts.set(x, (counts.get(x) ?? 0) + 1)
  const classes: { expected: number; found: number }[] = []
  let open = { expected: 0, found: 0 }
  for (let x = -reach; x <= reach; x++) {
    open.expected += (samples.length * Math.exp(-(x * x) / (2 * variance))) / normaliser
    open.found += counts.get(x) ?? 0
    if (open.expected < samples.length / 50) continue
    classes.push(open)
    open = { expected: 0, found: 0 }
  }
  const last = classes[classes.length - 1]
  last.expected += open.expected
  last.found += open.found
  const statistic = classes.reduce((sum, { expected, found }) => sum + (found - expected) ** 2 / expected, 0)
  return { statistic, degrees: classes.length - 1 }
}
