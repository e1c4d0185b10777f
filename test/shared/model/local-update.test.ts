/** On TF.js's WASM back end as it ships, which is what a browser has: none of the trainer's kernels are installed here. */
import '@tensorflow/tfjs'
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { LOCAL_TRAINING, recentHistory, samplerFor, updateLocally } from '../../../shared/model/local-update.ts'
import { sizeOf } from '../../../shared/model/params.ts'
import { fixedFactors, foldShared, SHARED, sharedLength, sharedShapes } from '../../../shared/model/shared-vector.ts'
import { foretell, wishesOf } from '../../../shared/model/wishes.ts'
import { history, SMALL, smallNetwork } from './small-network.ts'

const model = smallNetwork('local')
const tokens = history('round', 30, (step) => [3, 17, 8, 31, 22][step % 5]).map((token, n) => ({
  ...token,
  action: n % 3,
}))
const wishes = wishesOf(tokens)
/** More negatives than half of the catalogue: all of it is in every step. */
const TRAINING = { ...LOCAL_TRAINING, negatives: SMALL.items, rate: 0.5 }
const subject = { model, tokens, wishes }
const popularity = Float32Array.from({ length: SMALL.items }, (_, item) => item % 4)
const whole = samplerFor(popularity, TRAINING)
const lossOf = (network: typeof model) =>
  foretell(network, tokens, wishes).losses.reduce((sum, loss) => sum + loss, 0) / wishes.length

beforeAll(async () => {
  expect(await tf.setBackend('wasm')).toBe(true)
})

describe('a local update', () => {
  it('of one step is the gradient of what infer.ts foretells, by differences, in every part of the vector', async () => {
    const { update, losses } = await updateLocally(subject, whole, TRAINING, 1)
    expect(losses).toHaveLength(1)
    expect(losses[0]).toBeCloseTo(lossOf(model), 4)
    const h = 1e-2
    let at = 0
    for (const shape of Object.values(sharedShapes(SMALL, SHARED))) {
      // Four places of each part; what no token looks up has a gradient of 0.
      for (const place of [0, 1, 17, sizeOf(shape) - 3]) {
        const n = at + (place % sizeOf(shape))
        const shifted = (by: number) => {
          const vector = new Float32Array(update.length)
          vector[n] = by
          return lossOf(foldShared(model, SHARED, vector))
        }
        expect(-update[n] / TRAINING.rate).toBeCloseTo((shifted(h) - shifted(-h)) / (2 * h), 3)
      }
      at += sizeOf(shape)
    }
    expect(at).toBe(update.length)
  })

  it('of several steps lowers the loss of the published model it is folded into, further than one', async () => {
    const one = await updateLocally(subject, whole, TRAINING, 1)
    const { update, losses } = await updateLocally(subject, whole, { ...TRAINING, steps: 6 }, 1)
    expect(losses).toHaveLength(6)
    const [before, afterOne, after] = [
      model,
      foldShared(model, SHARED, one.update),
      foldShared(model, SHARED, update),
    ].map(lossOf)
    expect(afterOne).toBeLessThan(before)
    expect(after).toBeLessThan(afterOne)
  })

  it('is the same with the same seed, another with another sample, and leaves model and back end as they were', async () => {
    const before = JSON.stringify(model.blocks.map(({ qkv }) => [...qkv]))
    const some = samplerFor(popularity, { ...TRAINING, negatives: 5 })
    await updateLocally(subject, some, TRAINING, 7)
    const tensors = tf.memory().numTensors
    const [a, b, c] = [
      await updateLocally(subject, some, TRAINING, 7),
      await updateLocally(subject, some, TRAINING, 7),
      await updateLocally(subject, some, TRAINING, 8),
    ]
    expect(a).toEqual(b)
    expect(a.update).not.toEqual(c.update)
    expect(a.update).toHaveLength(sharedLength(SMALL, SHARED))
    expect(tf.memory().numTensors).toBe(tensors)
    expect(JSON.stringify(model.blocks.map(({ qkv }) => [...qkv]))).toBe(before)
  })

  it('ends where the worker says so, and leaves nothing on the back end', async () => {
    const tensors = tf.memory().numTensors
    const stop = () => Promise.reject(new Error('closed'))
    await expect(updateLocally(subject, whole, TRAINING, 1, stop)).rejects.toThrow('closed')
    expect(tf.memory().numTensors).toBe(tensors)
  })
})

describe('the recent part of a history', () => {
  it('teaches what was wanted since a moment, with what came before it as context', () => {
    const since = tokens[20].time
    const recent = recentHistory(tokens, since, { ...TRAINING, latest: 15 })
    expect(recent?.tokens).toEqual(tokens.slice(15))
    expect(recent?.wishes).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
  })

  it('of fewer wishes than are worth an upload is none', () => {
    expect(recentHistory(tokens, tokens[28].time, TRAINING)?.wishes).toEqual([28, 29])
    expect(recentHistory(tokens, tokens[29].time, TRAINING)).toBeUndefined()
    expect(recentHistory([], 0, TRAINING)).toBeUndefined()
  })
})

it('the fixed factors are those of every device', () => {
  const [a, b] = [fixedFactors(SMALL, SHARED), fixedFactors(SMALL, SHARED)]
  expect(a).toEqual(b)
  expect(fixedFactors(SMALL, { ...SHARED, seed: 'other' })).not.toEqual(a)
})
