/**
 * One training step: the loss, its gradients, Adam. The trainer calls it for everyone's histories, and the phone will for
 * its own.
 */
import * as tf from '@tensorflow/tfjs-core'
import { type Batch, encode, itemTable, score, type Weights } from './model.ts'
import type { ModelConfig } from './params.ts'

export interface TrainingBatch extends Batch {
  /** (N) places in the batch, 0 … B·L − 1, that have a target */
  at: Int32Array
  /** (N) the item that came next */
  targets: Int32Array
}

/**
 * Items that stand for the whole catalogue in one step, shared by all rows, with the logarithm of how many times each is
 * expected among them. Scores are lowered by it, so that what is drawn often is not learned to be unlikely (logQ
 * correction, Bengio & Senécal 2008; Yi et al. 2019).
 */
export interface Negatives {
  /** (S) distinct items */
  items: Int32Array
  /** (V) */
  logExpected: Float32Array
}

export interface Regularisation {
  /** Share of embedded features set to 0. */
  dropout: number
  /** Share of items whose id vector is set to 0 in a step. */
  idDropout: number
}

/**
 * Mean cross-entropy of the next item, over the whole catalogue or over a sample of it.
 *
 * mean(logsumexp(hEᵀ + b) − h·e_target − b_target): no one-hot matrix, and logsumexp has its softmax as gradient instead
 * of TF.js's own way through Max and Equal, which is ten times slower on the CPU.
 * @param content (V, C)
 * @param queries (Q, C)
 * @param negatives the sample; absent for the whole catalogue
 */
export function nextItemLoss(
  weights: Weights,
  config: ModelConfig,
  batch: TrainingBatch,
  content: tf.Tensor2D | undefined,
  queries: tf.Tensor2D | undefined,
  regularisation: Regularisation,
  seed: number,
  negatives?: Negatives,
): tf.Scalar {
  return tf.tidy(() => {
    const { dropout, idDropout } = regularisation
    const keep =
      idDropout > 0 && content
        ? tf.cast(tf.greaterEqual(tf.randomUniform([config.items, 1], 0, 1, 'float32', seed), idDropout), 'float32')
        : undefined // (V, 1)
    const table = itemTable(weights, content, keep as tf.Tensor2D | undefined, queries) // (V + Q, d)
    const states = encode(weights, config, table, batch, (x) =>
      dropout > 0 ? (tf.dropout(x, dropout, undefined, seed + 1) as tf.Tensor2D) : x,
    ) // (B·L, d)
    const asked = tf.gather(states, tf.tensor1d(batch.at, 'int32')) // (N, d)
    const targets = tf.tensor1d(batch.targets, 'int32') // (N)
    const targetVectors = tf.gather(table, targets) // (N, d)
    const targetLogits = tf.add(tf.sum(tf.mul(asked, targetVectors), 1), tf.gather(weights['item.bias'], targets)) // (N)
    if (!negatives) return tf.mean(tf.sub(logSumExp(score(weights, table, asked)), targetLogits)) as tf.Scalar
    const drawn = tf.tensor1d(negatives.items, 'int32') // (S)
    const lowered = tf.sub(tf.gather(weights['item.bias'], drawn), tf.gather(negatives.logExpected, drawn)) // (S)
    const own = tf.sub(targetLogits, tf.gather(negatives.logExpected, targets)) // (N)
    const others = tf.add(tf.matMul(asked, tf.gather(table, drawn) as tf.Tensor2D, false, true), lowered) // (N, S)
    const collisions = tf.tensor2d(collisionMask(batch.targets, negatives.items), [batch.targets.length, drawn.size])
    // log(e^own + Σ e^others) − own
    return tf.mean(tf.softplus(tf.sub(logSumExp(tf.add(others, collisions)), own))) as tf.Scalar
  })
}

/** −1e9 where a drawn item is the row's own target, which must not compete with itself: (N · S). */
export function collisionMask(targets: Int32Array, drawn: Int32Array): Float32Array {
  const column = new Map<number, number>()
  drawn.forEach((item, at) => {
    column.set(item, at)
  })
  const mask = new Float32Array(targets.length * drawn.length)
  targets.forEach((item, row) => {
    const at = column.get(item)
    if (at !== undefined) mask[row * drawn.length + at] = -1e9
  })
  return mask
}

export const logSumExp = tf.customGrad((x, save) => {
  const logits = x as tf.Tensor2D
  const peak = tf.max(logits, 1, true) // (N, 1)
  const powers = tf.exp(tf.sub(logits, peak)) // (N, V)
  const sum = tf.sum(powers, 1, true) // (N, 1)
  ;(save as tf.GradSaveFunc)([powers, sum])
  return {
    value: tf.reshape(tf.add(tf.log(sum), peak), [-1]), // (N)
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [p, s] = saved
      return tf.mul(p, tf.div(tf.reshape(dy, [-1, 1]), s)) // (N, V)
    },
  }
})

/** Weights as variables, and the optimiser that moves them. Dispose both by `dispose`. */
export interface Learner {
  weights: Weights
  /** One step; resolves with the loss before it. */
  step(loss: (weights: Weights) => tf.Scalar): Promise<number>
  dispose(): void
}

/** Takes the tensors over. */
export function createLearner(tensors: Weights, learningRate: number): Learner {
  const weights: Record<string, tf.Variable> = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    weights[name] = tf.variable(tensor, true)
    tensor.dispose()
  }
  const variables = Object.values(weights)
  const optimizer = tf.train.adam(learningRate, 0.9, 0.98, 1e-8)
  return {
    weights,
    async step(loss) {
      const value = optimizer.minimize(() => loss(weights), true, variables) as tf.Scalar
      const [number] = await value.data()
      value.dispose()
      return number
    },
    dispose() {
      optimizer.dispose()
      for (const variable of variables) variable.dispose()
    },
  }
}
