/** Learns one shopper's adapter on their own device, by Adam on the loss of their latest tokens (`history-loss.ts`). */
import * as tf from '@tensorflow/tfjs-core'
import { initAdapter } from './adapter.ts'
import { createLearner } from './fit.ts'
import { type LearnableHistory, openHistoryLoss } from './history-loss.ts'
import { paramsOf, tensorsOf, type Weights } from './model.ts'
import { negativeSampler } from './negatives.ts'
import type { Params } from './params.ts'
import type { PersonalFit } from './personal-gate.ts'

export interface PersonalHistory extends LearnableHistory {
  /** (V) how often everyone wanted each item */
  popularity: Float32Array
}

/**
 * @param history its wishes are `wishesOf`, without those held out
 * @param between awaited before each step: where a worker answers others. What it throws ends the learning.
 * @returns the adapter, and the loss before each step
 */
export async function fitPersonally(
  history: PersonalHistory,
  fit: PersonalFit,
  between: () => Promise<void> = async () => {},
): Promise<{ params: Params; losses: number[] }> {
  const historyLoss = openHistoryLoss(history, negativeSampler(frequencyFor(history), fit.negatives), fit.seed)
  const learner = createLearner(tensorsOf(initAdapter(history.model.config, fit.adapter, fit.seed)))
  const losses: number[] = []
  try {
    const rateOf = (name: string) => (name === 'shift' ? fit.shiftRate : fit.lowRankRate)
    for (let step = 0; step < fit.steps; step++) {
      await between()
      const lossOf = historyLoss.draw()
      const decayed = (adapter: Weights) =>
        tf.add(lossOf(adapter), tf.mul(sizeOfChange(adapter), fit.decay)) as tf.Scalar
      losses.push(await learner.step(decayed, rateOf))
    }
    return { params: await paramsOf(learner.weights), losses }
  } finally {
    learner.dispose()
    historyLoss.dispose()
  }
}

/** Lately nobody may have wanted what this shopper did; the correction for how often it is drawn must stay finite. */
function frequencyFor({ tokens, wishes, popularity }: PersonalHistory): Float64Array {
  const frequency = Float64Array.from(popularity)
  for (const at of wishes) frequency[tokens[at].item] = Math.max(1, frequency[tokens[at].item])
  return frequency
}

/** Added in pairs: `addN` of more than seven asks for more buffers than WebGPU promises, and writes nothing. */
function sizeOfChange(adapter: Weights): tf.Tensor {
  const changes = Object.keys(adapter).filter((name) => !name.endsWith('.a'))
  return changes.map((name): tf.Tensor => tf.sum(tf.square(adapter[name]))).reduce((sum, size) => tf.add(sum, size))
}
