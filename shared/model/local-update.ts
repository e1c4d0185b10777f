/**
 * What one shopper's device adds to a round: a few gradient steps on its own recent history, from the model that is
 * published. The update is the vector after them, since it is 0 before.
 *
 * Steps are plain gradient steps, which are as long as what there is to learn. One is enough where a shopper's few events
 * teach little, and then the mean of a round's updates is one step of everybody's: docs/quality.md has what more are worth.
 * The caller clips (`federated/update.ts`): what is here has not left the device yet.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { Token } from '../data/sequence.ts'
import { type LearnableHistory, openHistoryLoss } from './history-loss.ts'
import { paramsOf, tensorsOf, type Weights } from './model.ts'
import { type NegativeSampler, negativeSampler } from './negatives.ts'
import { unflattenTo } from './params.ts'
import { fixedFactors, flatShared, SHARED, type SharedConfig, sharedLength, sharedShapes } from './shared-vector.ts'
import { wishesOf } from './wishes.ts'

export interface LocalTraining {
  shared: SharedConfig
  /** Of the tokens. */
  latest: number
  /** Fewer wishes are not worth an upload. */
  leastWishes: number
  steps: number
  /** Of a step, times the gradient. */
  rate: number
  /** Drawn anew for each step, in proportion to (popularity + 1)^.75. */
  negatives: number
}

/** Chosen on shoppers that no figure is reported of (docs/quality.md). */
export const LOCAL_TRAINING: LocalTraining = {
  shared: SHARED,
  latest: 96,
  leastWishes: 2,
  steps: 1,
  rate: 1,
  negatives: 512,
}

/**
 * The latest tokens, and of their wishes those since a moment: what came before it was learned in an earlier round, or by
 * the backbone, and is context.
 * @param history oldest first
 * @param since milliseconds since 1970
 * @returns undefined where there is too little to learn from
 */
export function recentHistory(
  history: readonly Token[],
  since: number,
  { latest, leastWishes }: LocalTraining,
): Pick<LearnableHistory, 'tokens' | 'wishes'> | undefined {
  const tokens = history.slice(-latest)
  const wishes = wishesOf(tokens).filter((at) => tokens[at].time >= since)
  return wishes.length < leastWishes ? undefined : { tokens, wishes }
}

/**
 * Of the items that stand for the catalogue. What nobody wanted lately is a wrong answer too: without it the crowd learns that
 * whatever is new is right.
 * @param popularity (V) how often everyone wanted each item
 */
export const samplerFor = (popularity: Float32Array, { negatives }: LocalTraining): NegativeSampler =>
  negativeSampler(
    popularity.map((count) => count + 1),
    negatives,
  )

/**
 * @param sampler of `samplerFor`
 * @param seed of the items that are drawn
 * @param between awaited before each step: where a worker answers others. What it throws ends the learning.
 * @returns the update (d), not clipped, and the loss before each step
 */
export async function updateLocally(
  history: LearnableHistory,
  sampler: NegativeSampler,
  { shared, steps, rate }: LocalTraining,
  seed: string | number,
  between: () => Promise<void> = async () => {},
): Promise<{ update: Float32Array; losses: number[] }> {
  const { config } = history.model
  const zeros = new Float32Array(sharedLength(config, shared))
  const historyLoss = openHistoryLoss(history, sampler, seed)
  const fixed = tensorsOf(fixedFactors(config, shared))
  let vector = tensorsOf(unflattenTo(sharedShapes(config, shared), zeros))
  const losses: number[] = []
  try {
    for (let step = 0; step < steps; step++) {
      await between()
      const { loss, gradients } = gradientsOf(historyLoss.draw(), vector, fixed)
      const moved = tf.tidy(() => mapWeights(vector, (name, value) => tf.sub(value, tf.mul(gradients[name], rate))))
      tf.dispose([vector, gradients])
      vector = moved
      losses.push((await loss.data())[0])
      loss.dispose()
    }
    return { update: flatShared(config, shared, await paramsOf(vector)), losses }
  } finally {
    tf.dispose([vector, fixed])
    historyLoss.dispose()
  }
}

function gradientsOf(lossOf: (change: Weights) => tf.Scalar, vector: Weights, fixed: Weights) {
  const names = Object.keys(vector)
  const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) =>
    lossOf({ ...fixed, ...Object.fromEntries(names.map((name, n) => [name, values[n]])) }),
  )(Object.values(vector))
  return { loss: value, gradients: Object.fromEntries(names.map((name, n) => [name, grads[n]])) }
}

const mapWeights = (weights: Weights, map: (name: string, value: tf.Tensor) => tf.Tensor): Weights =>
  Object.fromEntries(Object.entries(weights).map(([name, value]) => [name, map(name, value)]))
