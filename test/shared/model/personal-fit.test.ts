/** On TF.js's WASM back end as it ships, which is what a browser has: none of the trainer's kernels are installed here. */
import '@tensorflow/tfjs'
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { foldAdapter } from '../../../shared/model/adapter.ts'
import { scoreItems } from '../../../shared/model/infer.ts'
import { negativeSampler } from '../../../shared/model/negatives.ts'
import { fitPersonally } from '../../../shared/model/personal-fit.ts'
import type { PersonalFit } from '../../../shared/model/personal-gate.ts'
import { stateAfter } from '../../../shared/model/rank.ts'
import { foretell, wishesOf } from '../../../shared/model/wishes.ts'
import { history, SMALL, smallNetwork } from './small-network.ts'

const FIT: PersonalFit = {
  adapter: { rank: 2, matrices: ['qkv', 'down'] },
  steps: 20,
  negatives: 10,
  shiftRate: 1e-2,
  lowRankRate: 1e-2,
  decay: 1e-3,
  seed: 7,
}
const model = smallNetwork('personal')
/** One that the network cannot foresee: round and round the same five items. */
const tokens = history('round', 40, (step) => [3, 17, 8, 31, 22][step % 5])
const wishes = wishesOf(tokens)
const popularity = Float32Array.from({ length: SMALL.items }, (_, item) => (item === 3 ? 0 : 1 + (item % 7)))
const subject = { model, tokens, wishes, popularity }

beforeAll(async () => {
  expect(await tf.setBackend('wasm')).toBe(true)
})

describe('a personal fit', () => {
  it('begins at the sampled softmax of what infer.ts scores, with logQ, written out in plain loops', async () => {
    const { losses } = await fitPersonally(subject, { ...FIT, steps: 1, decay: 0 })
    const frequency = Float64Array.from(popularity)
    frequency[3] = 1
    const sampler = negativeSampler(frequency, FIT.negatives)
    const drawn = sampler.draw(seeded(`${FIT.seed} negatives`))
    const expected = wishes.map((at) => {
      const scores = new Float32Array(SMALL.items)
      scoreItems(model, stateAfter(model, tokens.slice(0, at)).state, scores)
      const corrected = (item: number) => scores[item] - sampler.logExpected[item]
      const own = tokens[at].item
      const others = [...drawn].filter((item) => item !== own)
      return Math.log(1 + others.reduce((sum, item) => sum + Math.exp(corrected(item) - corrected(own)), 0))
    })
    expect(drawn.length).toBe(FIT.negatives)
    expect(losses[0]).toBeCloseTo(expected.reduce((sum, loss) => sum + loss, 0) / wishes.length, 4)
  })

  it('learns what the network could not foresee, the same with the same seed, and leaves the network alone', async () => {
    const before = JSON.stringify(model.blocks.map(({ qkv }) => [...qkv]))
    const { params, losses } = await fitPersonally(subject, FIT)
    expect(losses).toHaveLength(FIT.steps)
    const folded = foldAdapter(model, { ...FIT.adapter, params })
    const mean = (of: typeof model) =>
      foretell(of, tokens, wishes).losses.reduce((sum, loss) => sum + loss, 0) / wishes.length
    expect(mean(folded)).toBeLessThan(mean(model) - 0.3)
    expect(JSON.stringify(model.blocks.map(({ qkv }) => [...qkv]))).toBe(before)
    expect((await fitPersonally(subject, FIT)).params).toEqual(params)
    expect((await fitPersonally(subject, { ...FIT, seed: 8 })).params).not.toEqual(params)
  })

  it('stays finite where nobody wanted what the shopper did', async () => {
    const { params } = await fitPersonally({ ...subject, popularity: new Float32Array(SMALL.items) }, FIT)
    for (const { values } of Object.values(params)) expect(values.every(Number.isFinite)).toBe(true)
  })

  it('is drawn back to doing nothing by decay', async () => {
    const sizeOf = async (decay: number) => {
      const { params } = await fitPersonally(subject, { ...FIT, decay })
      return Math.hypot(...params.shift.values)
    }
    expect(await sizeOf(10)).toBeLessThan(0.5 * (await sizeOf(0)))
  })

  it('leaves no tensor behind, also when it is stopped half-way', async () => {
    await fitPersonally(subject, FIT)
    const { numTensors, numBytes } = tf.memory()
    await fitPersonally(subject, FIT)
    let steps = 0
    const stopped = fitPersonally(subject, FIT, async () => {
      if (++steps === 5) throw new Error('the page is hidden')
    })
    await expect(stopped).rejects.toThrow('the page is hidden')
    expect(steps).toBe(5)
    expect(tf.memory()).toMatchObject({ numTensors, numBytes })
  })
})
