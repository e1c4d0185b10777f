/**
 * One training step: the loss, its gradients, Adam. The trainer calls it for everyone's histories, and the phone will for
 * its own.
 */
import * as tf from '@tensorflow/tfjs-core'
import { hash32 } from '../data/random.ts'
import { ADAM } from './adam.ts'
import { type Batch, encode, itemsOf, itemTable, type Weights } from './model.ts'
import { dropout, type SparseTensors, softmaxLoss } from './ops.ts'
import type { ModelConfig } from './params.ts'

export interface TrainingBatch extends Batch {
  /** (N) places in the batch, 0 … B·L − 1, that have a target */
  at: Int32Array
  /** (N) the item that came next */
  targets: Int32Array
  /** Where its first token is in the batch that it is a part of; absent for a whole one. */
  from?: number
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
 * @param content (V, C)
 * @param queries (Q, C)
 * @param negatives the sample; absent for the whole catalogue
 */
export function nextItemLoss(
  weights: Weights,
  config: ModelConfig,
  batch: TrainingBatch,
  content: SparseTensors | undefined,
  queries: SparseTensors | undefined,
  regularisation: Regularisation,
  seed: number,
  negatives?: Negatives,
): tf.Scalar {
  return tf.tidy(() => {
    const { dropout: rate, idDropout } = regularisation
    let drops = 0
    const drop = <T extends tf.Tensor>(x: T, share: number, from = 0) =>
      dropout(x, share, hash32(`${seed} ${drops++}`), from)
    // Kept ids are not scaled up: what stands in for a dropped one is content, not its neighbours.
    const keep =
      idDropout > 0 && content ? tf.mul(drop(tf.ones([config.items, 1]), idDropout), 1 - idDropout) : undefined // (V, 1)
    const table = itemTable(weights, content, keep as tf.Tensor2D | undefined, queries) // (V + Q, d)
    const states = encode(weights, config, table, batch, (x) => drop(x, rate, (batch.from ?? 0) * x.shape[1])) // (B·L, d)
    const asked = tf.gather(states, tf.tensor1d(batch.at, 'int32')) as tf.Tensor2D // (N, d)
    return crossEntropy(asked, table, weights['item.bias'] as tf.Tensor1D, batch.targets, negatives)
  })
}

/**
 * Mean cross-entropy of the targets, over the whole catalogue or over a sample of it.
 * @param states (N, d)
 * @param table (V + Q, d) or (V, d)
 * @param bias (V)
 * @param next (N)
 */
export function crossEntropy(
  states: tf.Tensor2D,
  table: tf.Tensor2D,
  bias: tf.Tensor1D,
  next: Int32Array,
  negatives?: Negatives,
): tf.Scalar {
  const targets = tf.tensor1d(next, 'int32') // (N)
  const targetVectors = tf.gather(table, targets) // (N, d)
  const own = tf.add(tf.sum(tf.mul(states, targetVectors), 1), tf.gather(bias, targets)) as tf.Tensor1D // (N)
  if (!negatives) return softmaxLoss(states, itemsOf(table, bias), bias, own)
  const drawn = tf.tensor1d(negatives.items, 'int32') // (S)
  const expected = tf.tensor1d(negatives.logExpected) // (V)
  const offsets = tf.sub(tf.gather(bias, drawn), tf.gather(expected, drawn)) as tf.Tensor1D // (S)
  const lowered = tf.sub(own, tf.gather(expected, targets)) as tf.Tensor1D // (N)
  const vectors = tf.gather(table, drawn) as tf.Tensor2D // (S, d)
  return softmaxLoss(states, vectors, offsets, lowered, placesIn(negatives.items, next))
}

/** Where each target is among the drawn items, −1 where it is not. */
function placesIn(drawn: Int32Array, targets: Int32Array): Int32Array {
  const places = new Map<number, number>()
  drawn.forEach((item, at) => {
    places.set(item, at)
  })
  return targets.map((item) => places.get(item) ?? -1)
}

/** The same for all weights, or each one's by name. */
export type LearningRate = number | ((name: string) => number)

/** Weights as variables, and Adam that moves them. Disposed by `dispose`. */
export interface Learner {
  weights: Weights
  /** One step; resolves with the loss before it. */
  step(loss: (weights: Weights) => tf.Scalar, learningRate: LearningRate): Promise<number>
  /** The loss and its gradients, for `move` or for the caller to dispose. Those that are not moved have none. */
  gradients(loss: (weights: Weights) => tf.Scalar): { loss: tf.Scalar; gradients: Weights }
  /** Adam, with gradients that it disposes. */
  move(gradients: Weights, learningRate: LearningRate): void
  /** Adam's averages of the gradient and of its square. */
  moments: { means: Weights; squares: Weights }
  dispose(): void
}

/**
 * Takes the tensors over. The same arithmetic as `adam.ts`, on whatever back end is ready.
 * @param still names of those that are not moved
 * @param from where it goes on; its tensors are taken over too
 */
export function createLearner(
  tensors: Weights,
  still: readonly string[] = [],
  from?: { steps: number; means: Weights; squares: Weights },
): Learner {
  const weights: Record<string, tf.Variable> = {}
  const means: Record<string, tf.Variable> = {}
  const squares: Record<string, tf.Variable> = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    weights[name] = tf.variable(tensor)
    const [mean, square] = from ? [from.means[name], from.squares[name]] : [tf.zerosLike(tensor), tf.zerosLike(tensor)]
    means[name] = tf.variable(mean, false)
    squares[name] = tf.variable(square, false)
    for (const taken of [tensor, mean, square]) taken.dispose()
  }
  let steps = from?.steps ?? 0
  const { beta1, beta2, epsilon } = ADAM
  return {
    weights,
    moments: { means, squares },
    gradients(loss) {
      const { value, grads } = tf.variableGrads(() => loss(weights), Object.values(weights))
      const gradients: Weights = {}
      for (const [name, variable] of Object.entries(weights)) {
        const gradient = grads[variable.name] as tf.Tensor | null
        if (gradient && !still.includes(name)) gradients[name] = gradient
        else gradient?.dispose()
      }
      return { loss: value, gradients }
    },
    move(gradients, learningRate) {
      steps++
      const rootOfSquares = Math.sqrt(1 - beta2 ** steps)
      const rateOf = typeof learningRate === 'number' ? () => learningRate : learningRate
      tf.tidy(() => {
        for (const [name, gradient] of Object.entries(gradients)) {
          const [mean, square] = [means[name], squares[name]]
          mean.assign(tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1)))
          square.assign(tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2)))
          const rate = (rateOf(name) * rootOfSquares) / (1 - beta1 ** steps)
          const move = tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), epsilon * rootOfSquares))
          weights[name].assign(tf.sub(weights[name], move))
        }
      })
      for (const gradient of Object.values(gradients)) gradient.dispose()
    },
    async step(lossOf, learningRate) {
      const { loss, gradients } = this.gradients(lossOf)
      this.move(gradients, learningRate)
      const [value] = await loss.data()
      loss.dispose()
      return value
    },
    dispose() {
      for (const kept of [weights, means, squares]) for (const variable of Object.values(kept)) variable.dispose()
    },
  }
}
