import { describe, expect, it } from 'vitest'
import type { Foretold } from '../../../shared/model/wishes.ts'
import type { Asked } from '../../../trainer/learning/evaluation.ts'
import { groupReport, verdict } from '../../../trainer/learning/report.ts'

const foretold = (losses: number[], ranks: number[]): Foretold => ({
  losses: Float64Array.from(losses),
  ranks: Float64Array.from(ranks),
})

/** @param gained nats that each arm gains at each of the shopper's events */
function asked(shopper: string, events: number, gained: { plain: number; gated: number; placebo: number }): Asked {
  const trial = { wishes: 5, before: 3, after: 2.9, standardError: 0.01, share: 1 }
  const of = (gain: number, rank: number) => foretold(new Array(events).fill(4 - gain), new Array(events).fill(rank))
  return {
    shopper,
    decision: { outcome: 'rejected', trial },
    frozen: of(0, 11),
    arms: { plain: of(gained.plain, 1), gated: of(gained.gated, 3), placebo: of(gained.placebo, 11) },
  }
}

describe('the report', () => {
  it('is of events, and of shoppers with many of them where it says who is harmed', () => {
    const shoppers = [
      asked('a', 30, { plain: -0.06, gated: 0, placebo: -0.2 }),
      asked('b', 20, { plain: 0.3, gated: 0.3, placebo: -0.04 }),
      asked('c', 19, { plain: -0.9, gated: 0, placebo: -0.9 }),
      asked('d', 31, { plain: -0.04, gated: 0.1, placebo: 0 }),
    ]
    const { events, withMany, arms } = groupReport([shoppers])
    expect([events, withMany]).toEqual([100, 3])
    expect(arms.plain.nats.mean).toBeCloseTo((-0.06 * 30 + 0.3 * 20 - 0.9 * 19 - 0.04 * 31) / 100, 10)
    expect(arms.gated.nats.mean).toBeCloseTo((0.3 * 20 + 0.1 * 31) / 100, 10)
    // c has too few events to say that it lost, d lost too little.
    expect([arms.plain.harmed, arms.gated.harmed, arms.placebo.harmed]).toEqual([1 / 3, 0, 1 / 3])
    // From the eleventh place, which no list of ten shows, to the first and to the third.
    expect(arms.plain.ndcg.mean).toBeCloseTo(1, 10)
    expect(arms.gated.ndcg.mean).toBeCloseTo(0.5, 10)
    expect(arms.placebo.ndcg.mean).toBe(0)
  })

  it('takes the mean over seeds before it asks how sure one may be', () => {
    const seeds = [0.3, -0.1].map((plain) => [asked('a', 20, { plain, gated: 0, placebo: 0 })])
    const { arms, events } = groupReport(seeds)
    expect(events).toBe(20)
    expect(arms.plain.nats).toMatchObject({ mean: expect.closeTo(0.1, 10), low: expect.closeTo(0.1, 10) })
    expect(arms.plain.harmed).toBe(0.5)
  })
})

describe('the verdict', () => {
  const of = (plain: number, gated: number) =>
    verdict(groupReport([['a', 'b', 'c'].map((shopper) => asked(shopper, 20, { plain, gated, placebo: 0 }))]))

  it('says plainly what learning does', () => {
    expect(of(0.2, 0.1)).toBe(
      'learning helps even where it is always accepted; with the gate it helps, and few lose by it',
    )
    expect(of(-0.2, 0)).toBe(
      'plain learning does harm; with the gate it makes no difference on average, and few lose by it',
    )
    expect(of(0, -0.1)).toBe(
      'plain learning makes no difference that these shoppers show; the gate does not keep it from doing harm',
    )
  })
})
