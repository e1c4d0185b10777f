/**
 * Caser (Tang & Wang 2018): convolutions over the "image" E (W, d) of the last W items.
 *
 *     horizontal   for each height k = 1 … W: F filters of (k, d) slide down E; relu; the largest place of each counts
 *     vertical     F' filters of (W, 1): weighted sums of the rows of E
 *     h = relu([horizontal, vertical] · W_fc + b);     score(b) = h · e_b + bias_b
 *
 * The paper's variant without a vector for each shopper ("vh"): here a shopper is a history in a browser, and nobody keeps
 * a table of them. Scores come from the table that is read, as in all models here, and the loss is sampled softmax where
 * the paper has binary cross-entropy with three negatives.
 *
 * TF.js's WASM back end has no gradient for convolution filters, so a convolution is written as what it is: the windows
 * laid out as rows, times a matrix.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { SequenceEncoder, SequenceSettings } from './sequence-network.ts'

/** W. The paper tries 1 to 9 and finds 5 or more best where histories are dense. */
const WINDOW = 5
/** F, for each height. */
const HORIZONTAL = 16
/** F' */
const VERTICAL = 4

/** Usual values, the same for both networks of other families; not tuned. */
export const CASER_SETTINGS: SequenceSettings = {
  width: 64,
  length: 50,
  negatives: 1024,
  batchTokens: 2048,
  learningRate: 3e-3,
  dropout: 0.3,
  epochs: 30,
  patience: 3,
}

const HEIGHTS = Array.from({ length: WINDOW }, (_, n) => n + 1)

export const caser: SequenceEncoder = {
  name: 'cnn',

  shapes: (d) => ({
    ...Object.fromEntries(HEIGHTS.map((k) => [`horizontal${k}`, [k * d, HORIZONTAL]])),
    ...Object.fromEntries(HEIGHTS.map((k) => [`horizontalBias${k}`, [HORIZONTAL]])),
    vertical: [WINDOW, VERTICAL],
    full: [WINDOW * HORIZONTAL + VERTICAL * d, d],
    fullBias: [d],
  }),

  encode(weights, table, { rows, first }, at, dropout) {
    const [N, d] = [at.length, table.shape[1]]
    const { places, there } = windowsOf(at, first)
    const items = tf.gather(
      table,
      tf.tensor1d(
        Int32Array.from(places, (place) => rows[place]),
        'int32',
      ),
    ) // (N·W, d)
    const image = tf.reshape(tf.mul(items, tf.tensor2d(there, [N * WINDOW, 1])), [N, WINDOW * d]) as tf.Tensor2D
    const horizontal = HEIGHTS.map((k) => {
      const steps = WINDOW - k + 1
      const windows = Array.from({ length: steps }, (_, from) => tf.slice(image, [0, from * d], [N, k * d]))
      const unfolded = tf.reshape(tf.stack(windows, 1), [N * steps, k * d]) as tf.Tensor2D // (N·steps, k·d)
      const sums = tf.add(tf.matMul(unfolded, weights[`horizontal${k}`] as tf.Tensor2D), weights[`horizontalBias${k}`])
      return tf.max(tf.reshape(tf.relu(sums), [N, steps, HORIZONTAL]), 1) // (N, F)
    })
    const columns = tf.transpose(tf.reshape(image, [N, WINDOW, d]), [0, 2, 1]) // (N, d, W)
    const vertical = tf.matMul(tf.reshape(columns, [N * d, WINDOW]) as tf.Tensor2D, weights.vertical as tf.Tensor2D) // (N·d, F')
    const features = tf.concat([...horizontal, tf.reshape(vertical, [N, d * VERTICAL])], 1) as tf.Tensor2D
    return tf.relu(tf.add(tf.matMul(dropout(features), weights.full as tf.Tensor2D), weights.fullBias)) as tf.Tensor2D // (N, d)
  },
}

/** For each place the W places up to it, oldest first, and 0 for those before the sequence began: (N·W) each. */
function windowsOf(at: Int32Array, first: Int32Array): { places: Int32Array; there: Float32Array } {
  const places = new Int32Array(at.length * WINDOW)
  const there = new Float32Array(at.length * WINDOW)
  at.forEach((place, n) => {
    for (let step = 0; step < WINDOW; step++) {
      const own = place - (WINDOW - 1 - step)
      if (own < first[place]) continue
      places[n * WINDOW + step] = own
      there[n * WINDOW + step] = 1
    }
  })
  return { places, there }
}
