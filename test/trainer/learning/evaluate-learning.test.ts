import { describe, expect, it } from 'vitest'
import { readyBackend } from '../../../trainer/backend.ts'
import { evaluateLearning } from '../../../trainer/learning/evaluate-learning.ts'
import { learnerOf, mayTeach, PARTS, partOf } from '../../../trainer/learning/shoppers.ts'
import { PRESETS } from '../../../trainer/presets.ts'
import { historiesOf, type Step } from '../small-histories.ts'

const DAY_MS = 24 * 3_600_000
const ITEMS = 40

/** Each shopper goes round five items of their own, which no other shopper's history foretells. */
const shoppers = Array.from({ length: 32 }, (_, s): Step[] =>
  Array.from({ length: 50 }, (_, step) => ({
    item: (s * 7 + (step % 5) * (3 + (s % 5))) % ITEMS,
    time: 1_700_000_000_000 + step * DAY_MS,
  })),
)
const h = historiesOf(shoppers, ITEMS)

describe('whose learning is measured', () => {
  it('never taught the network, and every shopper is of one part', () => {
    const counts = new Map<string, number>()
    for (let n = 0; n < 4000; n++) {
      const shopper = `shopper-${n}`
      const name = `${partOf(shopper)} ${mayTeach(shopper)}`
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual(PARTS.flatMap((part) => [`${part} false`, `${part} true`]).sort())
    for (const count of counts.values()) expect(count).toBeGreaterThan(900)
  })

  it('is asked about what came after the date, with what came before it known', () => {
    const cut = 1_700_000_000_000 + 40 * DAY_MS
    const learner = learnerOf(h, 3, cut)!
    expect(learner.known).toBe(40)
    expect(learner.later).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49])
    expect(learnerOf(h, 3, cut + 100 * DAY_MS)).toBeUndefined()
    expect(learnerOf(h, 3, 0)).toBeUndefined()
  })
})

describe('vitrine evaluate-learning', () => {
  it('finds that learning helps shoppers whose habits are their own, and that another’s habits do not', async () => {
    await readyBackend('wasm')
    const preset = { ...PRESETS.tiny, width: 16, hidden: 16, window: 8, epochs: 2 }
    const options = { seeds: ['1'], part: 'report', preset } as const
    const { able, all, acceptance, verdict } = await evaluateLearning(h, options)
    expect(able).toBeGreaterThan(3)
    expect(all.arms.plain.nats.low).toBeGreaterThan(0)
    expect(acceptance).toBeGreaterThan(0.5)
    expect(all.arms.gated.nats.mean).toBeGreaterThan(all.arms.placebo.nats.mean)
    expect(verdict).toContain('with the gate it helps')
  })

  it('asks nothing of a history without times', async () => {
    const options = { seeds: ['1'], part: 'report', preset: PRESETS.tiny } as const
    await expect(evaluateLearning({ ...h, timed: false }, options)).rejects.toThrow('has no times')
  })
})
