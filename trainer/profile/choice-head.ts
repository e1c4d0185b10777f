/**
 * A head that chooses one of many, each of which has features of its own (the conditional logit of McFadden 1974):
 *
 *     score_c = b_c + Σ_j β_j x_cj + w_c · input
 *
 * β is the same for all, so that what makes one category likely ("the last visit began with it") is learned from all of them.
 * Fitted like `heads.ts`: Adam, stopped where held-out moments are best foretold.
 */
import * as tf from '@tensorflow/tfjs-core'
import { seeded } from '../../shared/data/random.ts'
import { createLearner } from '../../shared/model/fit.ts'

export interface ChoiceHead {
  /** (J) */
  beta: Float32Array
  /** (C) */
  bias: Float32Array
  /** (C, D) */
  weights: Float32Array
}

export interface Choices {
  /** (N, C, J) row-major */
  alternatives: Float32Array
  /** (N, D) row-major; empty where nothing is read beside */
  inputs: Float32Array
  /** (N) 0 … C − 1 */
  answers: Int32Array
}

const BATCH = 512
const LEARNING_RATE = 0.02
const MAX_PASSES = 60
const PATIENCE = 5
/** On w alone: a network's state is wide, β and b are few. */
const L2 = 1e-3

/** @param size C, what there is to choose from */
export async function fitChoiceHead(
  training: Choices,
  validation: Choices,
  size: number,
  seed: string,
): Promise<ChoiceHead> {
  const count = training.answers.length
  const [perMoment, d] = [training.alternatives.length / count, training.inputs.length / count]
  const features = perMoment / size
  const learner = createLearner({
    beta: tf.zeros([features, 1]),
    bias: tf.zeros([size]),
    weights: tf.zeros([d, size]),
  })
  const order = Int32Array.from({ length: count }, (_, n) => n)
  const random = seeded(seed)
  let best: { head: ChoiceHead; loss: number; pass: number } | undefined
  try {
    for (let pass = 1; pass <= MAX_PASSES && (!best || pass - best.pass <= PATIENCE); pass++) {
      random.shuffle(order)
      for (let from = 0; from < count; from += BATCH) {
        const rows = order.subarray(from, from + BATCH)
        await learner.step(({ beta, bias, weights }) => {
          const x = tf.tensor2d(gather(training.alternatives, rows, perMoment), [rows.length * size, features])
          const h = tf.tensor2d(gather(training.inputs, rows, d), [rows.length, d])
          const own = tf.reshape(tf.matMul(x, beta as tf.Tensor2D), [rows.length, size]) // (B, C)
          const scores = tf.add(tf.add(own, bias), tf.matMul(h, weights as tf.Tensor2D)) // (B, C)
          const answers = tf.tensor1d(
            Int32Array.from(rows, (row) => training.answers[row]),
            'int32',
          )
          const said = tf.sum(tf.mul(tf.oneHot(answers, size), scores), 1) // (B)
          const loss = tf.mean(tf.sub(tf.logSumExp(scores, 1), said))
          return tf.add(loss, tf.mul(L2, tf.sum(tf.square(weights)))) as tf.Scalar
        }, LEARNING_RATE)
      }
      const head = headOf(learner.weights, size)
      const loss = lossOf(head, validation)
      if (!best || loss < best.loss - 1e-5) best = { head, loss, pass }
    }
  } finally {
    learner.dispose()
  }
  return (best as NonNullable<typeof best>).head
}

function gather(rows: Float32Array, which: Int32Array, width: number): Float32Array {
  const gathered = new Float32Array(which.length * width)
  which.forEach((row, n) => {
    gathered.set(rows.subarray(row * width, (row + 1) * width), n * width)
  })
  return gathered
}

function headOf({ beta, bias, weights }: Record<string, tf.Tensor>, size: number): ChoiceHead {
  const columns = weights.dataSync() // (D, C)
  const d = columns.length / size
  return {
    beta: Float32Array.from(beta.dataSync()),
    bias: Float32Array.from(bias.dataSync()),
    weights: Float32Array.from({ length: columns.length }, (_, at) => columns[(at % d) * size + Math.floor(at / d)]),
  }
}

/** Of each moment, (C) probabilities. */
export function chooseAll({ beta, bias, weights }: ChoiceHead, { alternatives, inputs, answers }: Choices) {
  const [size, features, d] = [bias.length, beta.length, weights.length / bias.length]
  return Array.from(answers, (_, n) => {
    const scores = Float64Array.from(bias, (score, c) => {
      let sum = score
      for (let j = 0; j < features; j++) sum += beta[j] * alternatives[(n * size + c) * features + j]
      for (let j = 0; j < d; j++) sum += weights[c * d + j] * inputs[n * d + j]
      return sum
    })
    const highest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY)
    const odds = scores.map((score) => Math.exp(score - highest))
    const sum = odds.reduce((all, odd) => all + odd, 0)
    return odds.map((odd) => odd / sum)
  })
}

/** Nats a moment. */
function lossOf(head: ChoiceHead, choices: Choices): number {
  const said = chooseAll(head, choices)
  return said.reduce((sum, all, n) => sum - Math.log(Math.max(1e-12, all[choices.answers[n]])), 0) / said.length
}
