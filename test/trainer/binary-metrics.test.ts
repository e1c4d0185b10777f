import { describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { auroc, aurocInterval, logLoss } from '../../trainer/binary-metrics.ts'

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

  it('the interval of AUROC holds what more answers say, and narrows with them', () => {
    const made = (count: number) => {
      const scores = Array.from({ length: count }, () => random.normal())
      return { scores, answers: scores.map((score) => random.next() < 1 / (1 + Math.exp(-score))) }
    }
    const many = made(40_000)
    const truth = auroc(many.scores, many.answers)
    const [few, more] = [made(300), made(3000)].map(({ scores, answers }) => aurocInterval(scores, answers, 'seed'))
    for (const { low, high } of [few, more]) expect(low < truth && truth < high).toBe(true)
    expect(more.high - more.low).toBeLessThan(0.5 * (few.high - few.low))
  })
})
