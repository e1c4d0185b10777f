/**
 * Linear heads on a shopper's frozen state and features: softmax regression, stopped where held-out moments are best
 * foretold. Inputs are brought to mean 0 and deviation 1, and the bringing is folded into the weights.
 */
import * as tf from '@tensorflow/tfjs-core'
import { seeded } from '../../shared/data/random.ts'
import { createLearner, crossEntropy } from '../../shared/model/fit.ts'

export interface Head {
  classes: number
  /** (classes, D) */
  weights: Float32Array
  /** (classes) */
  bias: Float32Array
}

export interface Asked {
  /** (N, D) row-major */
  inputs: Float32Array
  answers: Int32Array
}

const BATCH = 512
const LEARNING_RATE = 0.01
const MAX_PASSES = 60
const PATIENCE = 5

export async function fitHead(
  training: Asked,
  validation: Asked,
  classes: number,
  { l2 = 1e-4, seed = 'heads' }: { l2?: number; seed?: string } = {},
): Promise<Head> {
  const count = training.answers.length
  const d = training.inputs.length / count
  const { mean, scale } = standardOf(training.inputs, d)
  const inputs = Float32Array.from(training.inputs, (value, at) => (value - mean[at % d]) * scale[at % d])
  const learner = createLearner({
    weights: tf.zeros([classes, d]),
    bias: tf.tensor1d(logShares(training.answers, classes)),
  })
  const random = seeded(seed)
  const order = Int32Array.from({ length: count }, (_, n) => n)
  let best: { head: Head; loss: number; pass: number } | undefined
  try {
    for (let pass = 1; pass <= MAX_PASSES && (!best || pass - best.pass <= PATIENCE); pass++) {
      random.shuffle(order)
      for (let from = 0; from < count; from += BATCH) {
        const rows = order.subarray(from, from + BATCH)
        const batch = new Float32Array(rows.length * d)
        rows.forEach((row, n) => {
          batch.set(inputs.subarray(row * d, (row + 1) * d), n * d)
        })
        const answers = Int32Array.from(rows, (row) => training.answers[row])
        await learner.step(({ weights, bias }) => {
          const x = tf.tensor2d(batch, [rows.length, d])
          const loss = crossEntropy(x, weights as tf.Tensor2D, bias as tf.Tensor1D, answers)
          return tf.add(loss, tf.mul(l2, tf.sum(tf.square(weights)))) as tf.Scalar
        }, LEARNING_RATE)
      }
      const { weights, bias } = learner.weights
      const now = { weights: Float32Array.from(weights.dataSync()), bias: Float32Array.from(bias.dataSync()) }
      const head = foldedInto({ classes, ...now }, mean, scale)
      const loss = lossOf(head, validation)
      if (!best || loss < best.loss - 1e-5) best = { head, loss, pass }
    }
  } finally {
    learner.dispose()
  }
  return (best as NonNullable<typeof best>).head
}

/** (classes) what is said before anything is learned of the inputs; a class that nobody is of counts as one more. */
function logShares(answers: Int32Array, classes: number): Float32Array {
  const counts = new Float32Array(classes).fill(1)
  for (const answer of answers) counts[answer]++
  return counts.map((count) => Math.log(count / (answers.length + classes)))
}

/** (classes) probabilities. */
function ask({ classes, weights, bias }: Head, input: ArrayLike<number>): Float64Array {
  const d = weights.length / classes
  const scores = Float64Array.from(bias)
  for (let k = 0; k < classes; k++) for (let j = 0; j < d; j++) scores[k] += weights[k * d + j] * input[j]
  const highest = Math.max(...scores)
  let sum = 0
  for (let k = 0; k < classes; k++) {
    scores[k] = Math.exp(scores[k] - highest)
    sum += scores[k]
  }
  return scores.map((score) => score / sum)
}

/** Of each moment, (classes) probabilities. */
export function askAll(head: Head, { inputs, answers }: Asked): Float64Array[] {
  const d = inputs.length / answers.length
  return Array.from(answers, (_, n) => ask(head, inputs.subarray(n * d, (n + 1) * d)))
}

/** Nats a moment. */
function lossOf(head: Head, asked: Asked): number {
  const all = askAll(head, asked)
  return all.reduce((sum, p, n) => sum - Math.log(Math.max(1e-12, p[asked.answers[n]])), 0) / all.length
}

/** (N, D) row-major. A list of all numbers would be longer than JavaScript's may be. */
export function matrixOf(rows: readonly ArrayLike<number>[]): Float32Array {
  const d = rows[0]?.length ?? 0
  const matrix = new Float32Array(rows.length * d)
  rows.forEach((row, n) => {
    matrix.set(row, n * d)
  })
  return matrix
}

/** Each column's mean, and what brings it to deviation 1. */
export function standardOf(inputs: Float32Array, d: number): { mean: Float64Array; scale: Float64Array } {
  const count = inputs.length / d
  const [mean, square] = [new Float64Array(d), new Float64Array(d)]
  inputs.forEach((value, at) => {
    mean[at % d] += value / count
    square[at % d] += (value * value) / count
  })
  return { mean, scale: square.map((value, j) => 1 / Math.sqrt(Math.max(1e-6, value - mean[j] ** 2))) }
}

/** A head of standard inputs as one of inputs as they come, in place. */
export function foldedInto(head: Head, mean: Float64Array, scale: Float64Array): Head {
  const { classes, weights, bias } = head
  const d = mean.length
  for (let k = 0; k < classes; k++) {
    for (let j = 0; j < d; j++) {
      weights[k * d + j] *= scale[j]
      bias[k] -= weights[k * d + j] * mean[j]
    }
  }
  return head
}
