import '@tensorflow/tfjs'
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Adapter } from '../../../shared/model/adapter.ts'
import {
  decide,
  divide,
  PERSONAL_LEARNING,
  type PersonalLearning,
  type Trial,
} from '../../../shared/model/personal-gate.ts'
import { learnPersonally } from '../../../shared/model/personal-learning.ts'
import { wishesOf } from '../../../shared/model/wishes.ts'
import { history, SMALL, smallNetwork } from './small-network.ts'

const SETTINGS: PersonalLearning = { ...PERSONAL_LEARNING, negatives: 10 }
const model = smallNetwork('learning')
const popularity = new Float32Array(SMALL.items).fill(1)

beforeAll(async () => {
  expect(await tf.setBackend('wasm')).toBe(true)
})

describe('a history', () => {
  it('is divided in time: the newest wishes are held out, the rest teach, and none does both', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer(), (length, seed) => {
        const tokens = history(`divided ${seed}`, length)
        const parts = divide(tokens, SETTINGS)
        const wishes = wishesOf(tokens.slice(-SETTINGS.latest))
        if (!parts) {
          expect(wishes.length).toBeLessThan(SETTINGS.leastWishes)
          return
        }
        expect(parts.tokens).toEqual(tokens.slice(-SETTINGS.latest))
        expect([...parts.taught, ...parts.heldOut]).toEqual(wishes)
        expect(parts.heldOut.length).toBeGreaterThanOrEqual(SETTINGS.leastHeldOut)
        expect(parts.taught.length).toBeGreaterThan(0)
      }),
      { numRuns: 50 },
    )
  })
})

describe('the gate', () => {
  const adapter: Adapter = {
    model: 'm',
    rank: 2,
    matrices: [],
    params: { shift: { shape: [2], values: Float32Array.of(0.4, -0.8) } },
  }
  const anyTrial = (share: number): fc.Arbitrary<Trial> =>
    fc.record({
      wishes: fc.constant(9),
      before: fc.constant(3),
      after: fc.double({ min: 2, max: 4, noNaN: true }),
      standardError: fc.double({ min: 0, max: 0.5, noNaN: true }),
      share: fc.constant(share),
    })

  it('accepts the share that helps most, and only by more than noise', () => {
    fc.assert(
      fc.property(
        fc.tuple(anyTrial(0.25), anyTrial(0.5), anyTrial(1)),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (trials, noise) => {
          const decision = decide({ adapter, trials, losses: [] }, noise)
          const best = Math.min(...trials.map(({ after }) => after))
          expect(decision.trial.after).toBe(best)
          const { before, after, standardError, share } = decision.trial
          expect(decision.outcome).toBe(before - after > noise * standardError ? 'accepted' : 'rejected')
          if (decision.outcome === 'accepted') {
            expect(decision.adapter.params.shift.values).toEqual(Float32Array.of(0.4 * share, -0.8 * share))
          }
        },
      ),
    )
  })

  it('rejects what cannot be told', () => {
    const trial = { wishes: 9, before: 3, after: Number.NaN, standardError: Number.NaN, share: 1 }
    expect(decide({ adapter, trials: [trial], losses: [] }, 1).outcome).toBe('rejected')
  })
})

describe('learning', () => {
  it('is accepted where tomorrow is like yesterday', async () => {
    const tokens = history('same', 60, (step) => [3, 17, 8, 31, 22][step % 5])
    const lesson = await learnPersonally(model, 'this network', tokens, popularity, SETTINGS)
    const decision = decide(lesson!, SETTINGS.noise)
    expect(decision.outcome).toBe('accepted')
    if (decision.outcome === 'accepted') expect(decision.adapter.model).toBe('this network')
  })

  it('is rejected where the newest wishes are for what the earlier ones taught away', async () => {
    const [earlier, newest] = [
      [3, 17, 8, 31, 22],
      [5, 11, 29, 36, 2],
    ]
    const tokens = history('changed', 60, (step) => (step < 46 ? earlier : newest)[step % 5])
    const many = Float32Array.from(popularity, (_, item) => (newest.includes(item) ? 50 : 1))
    const lesson = await learnPersonally(model, 'this network', tokens, many, SETTINGS)
    expect(decide(lesson!, SETTINGS.noise).outcome).toBe('rejected')
  })

  it('does not begin where there is too little', async () => {
    expect(
      await learnPersonally(
        model,
        '',
        history('short', 6, (step) => step),
        popularity,
        SETTINGS,
      ),
    ).toBeUndefined()
  })
})
