import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { meanOf, plaintextAggregation, reportOf } from '../../../trainer/federation/aggregation.ts'

const SHAPE = { dimension: 400, clipNorm: 0.25, fractionBits: 16 }
const BOUND = SHAPE.clipNorm * 2 ** SHAPE.fractionBits
const updateOf = (seed: string, size: number) => {
  const random = seeded(seed)
  return Float32Array.from({ length: SHAPE.dimension }, () => size * random.normal())
}

describe('a plaintext round', () => {
  it('gives the mean of what was clipped, to the last bit that travels', async () => {
    const updates = [updateOf('short', 0.001), updateOf('long', 3)]
    const reports = updates.map((update) => reportOf(update, SHAPE, seeded('rounding')))
    const mean = await plaintextAggregation(SHAPE, 0, seeded('none'))(reports)
    mean.forEach((value, n) => {
      expect(value).toBe((reports[0][n] + reports[1][n]) / 2 / 2 ** 16)
    })
    expect(Math.hypot(...reports[1])).toBeLessThanOrEqual(BOUND)
    expect(Math.hypot(...reports[1])).toBeGreaterThan(0.999 * BOUND)
    // What is shorter than the clip norm is not made longer: within a unit of rounding it is itself.
    reports[0].forEach((value, n) => {
      expect(Math.abs(value - updates[0][n] * 2 ** 16)).toBeLessThan(1)
    })
  })

  it('has the noise of two aggregators, each of z times the clip norm, on the sum and not on the mean', () => {
    const sum = new Float64Array(SHAPE.dimension)
    const [z, reports] = [0.3, 7]
    const noise = Array.from({ length: 20 }, (_, n) => [...meanOf(sum, reports, SHAPE, z, seeded(`noise ${n}`))]).flat()
    const deviation = Math.sqrt(noise.reduce((total, value) => total + value ** 2, 0) / noise.length)
    // 8,000 draws: their deviation is known to 1 in 126, and 4 of those are allowed.
    expect(deviation / ((Math.SQRT2 * z * SHAPE.clipNorm) / reports)).toBeCloseTo(1, 1)
    expect(Math.abs(deviation / ((Math.SQRT2 * z * SHAPE.clipNorm) / reports) - 1)).toBeLessThan(4 / 126)
  })

  it('is the same for the same seed, and of nobody is none', () => {
    const sum = new Float64Array(SHAPE.dimension)
    expect(meanOf(sum, 3, SHAPE, 1, seeded('a'))).toEqual(meanOf(sum, 3, SHAPE, 1, seeded('a')))
    expect(meanOf(sum, 3, SHAPE, 1, seeded('a'))).not.toEqual(meanOf(sum, 3, SHAPE, 1, seeded('b')))
    expect(() => meanOf(sum, 0, SHAPE, 1, seeded('a'))).toThrow('no report')
  })
})
