import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { auroc, calibrationError, logLoss } from '../../../trainer/profile/binary-metrics.ts'

const random = seeded('binary')

describe('yes or no, foretold:', () => {
  it('AUROC is the share of pairs in the right order, ties half', () => {
    const scores = Array.from({ length: 200 }, () => random.int(30))
    const answers = scores.map((score) => (random.next() < 0.2 + score / 50 ? 1 : 0))
    let [right, pairs] = [0, 0]
    for (const [a, yes] of scores.entries()) {
      for (const [b, no] of scores.entries()) {
        if (answers[a] !== 1 || answers[b] !== 0) continue
        pairs++
        right += yes > no ? 1 : yes === no ? 0.5 : 0
      }
    }
    expect(auroc(scores, answers)).toBeCloseTo(right / pairs, 12)
    expect(auroc([1, 2], [1, 1])).toBeNaN()
  })

  it('log-loss of .3 for a yes and of .3 for a no', () => {
    expect(logLoss([0.3, 0.3], [1, 0])).toBeCloseTo(-(Math.log(0.3) + Math.log(0.7)) / 2, 12)
    expect(logLoss([0], [1])).toBeCloseTo(-Math.log(1e-12), 6)
  })

  it('calibration error is 0 for what happens as often as said, and the distance where it does not', () => {
    const said = Array.from({ length: 50_000 }, () => random.next())
    const answers = said.map((p) => (random.next() < p ? 1 : 0))
    expect(calibrationError(said, answers)).toBeLessThan(0.01)
    const shifted = said.map((p) => Math.min(1, p * 0.5))
    expect(calibrationError(shifted, answers)).toBeCloseTo(0.25, 1)
  })
})
