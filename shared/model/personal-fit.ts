/**
 * Learns one shopper's adapter on their own device, on whatever TF.js back end is ready: the next item's cross-entropy
 * over their latest tokens, against items drawn in proportion to what everyone wants. Only the adapter has gradients. Of
 * the catalogue, the rows that a step reads are turned into floats and no others.
 */
import * as tf from '@tensorflow/tfjs-core'
import { seeded } from '../data/random.ts'
import { gapBucket, type Token } from '../data/sequence.ts'
import { initAdapter } from './adapter.ts'
import { decompileEncoder } from './compile.ts'
import { createLearner, crossEntropy } from './fit.ts'
import { type AnyModel, rowOfToken } from './infer.ts'
import { type Batch, encode, firstOfRows, tensorsOf, type Weights } from './model.ts'
import { negativeSampler } from './negatives.ts'
import { joined, type Params } from './params.ts'
import type { PersonalFit } from './personal-gate.ts'
import type { Wishes } from './wishes.ts'

/** What one shopper's fit reads. */
export interface PersonalHistory {
  model: AnyModel
  /** The latest; what lies further back than the first wish's window is of no use. */
  tokens: readonly Token[]
  /** Places in `tokens` of the items to learn: `wishesOf`, without those held out. */
  wishes: Wishes
  /** (V) how often everyone wanted each item */
  popularity: Float32Array
}

/**
 * @param between awaited before each step: where a worker answers others. What it throws ends the learning.
 * @returns the adapter, and the loss before each step
 */
export async function fitPersonally(
  { model, tokens, wishes, popularity }: PersonalHistory,
  fit: PersonalFit,
  between: () => Promise<void> = async () => {},
): Promise<{ params: Params; losses: number[] }> {
  const targets = wishes.map((at) => tokens[at].item)
  // Lately nobody may have wanted what this shopper did; the correction for how often it is drawn must stay finite.
  const frequency = Float64Array.from(popularity)
  for (const item of targets) frequency[item] = Math.max(1, frequency[item])
  const sampler = negativeSampler(frequency, fit.negatives)
  const random = seeded(`${fit.seed} negatives`)

  const encoder = tensorsOf(decompileEncoder(model))
  const own = tf.tensor2d(joined(tokens.map((token) => rowOfToken(model, token))), [tokens.length, model.config.width])
  const learner = createLearner(tensorsOf(initAdapter(model.config, fit.adapter, fit.seed)))
  const losses: number[] = []
  try {
    const batch = batchOf(tokens, model.config.window)
    const before = placesBefore(wishes, tokens.length)
    const rateOf = (name: string) => (name === 'shift' ? fit.shiftRate : fit.lowRankRate)
    for (let step = 0; step < fit.steps; step++) {
      await between()
      const drawn = sampler.draw(random)
      const choice = choiceOf(model, targets, drawn, sampler.logExpected)
      const loss = await learner.step((adapter) => {
        const weights = adapted(encoder, adapter)
        const states = tf.add(encode(weights, model.config, own, batch), adapter.shift) as tf.Tensor2D // (T, d)
        const asked = tf.matMul(tf.tensor2d(before, [wishes.length, tokens.length]), states) as tf.Tensor2D // (N, d)
        const table = tf.tensor2d(choice.rows, [choice.items, model.config.width]) // (I, d)
        const error = crossEntropy(asked, table, tf.tensor1d(choice.bias), choice.targets, choice.negatives)
        return tf.add(error, tf.mul(sizeOfChange(adapter), fit.decay)) as tf.Scalar
      }, rateOf)
      losses.push(loss)
    }
    const params: Params = {}
    for (const [name, tensor] of Object.entries(learner.weights)) {
      params[name] = { shape: tensor.shape, values: Float32Array.from((await tensor.data()) as Float32Array) }
    }
    return { params, losses }
  } finally {
    learner.dispose()
    tf.dispose([own, encoder])
  }
}

/** W + A·B for the matrices that have one. */
function adapted(encoder: Weights, adapter: Weights): Weights {
  const weights = { ...encoder }
  for (const [name, a] of Object.entries(adapter)) {
    if (!name.endsWith('.a')) continue
    const matrix = name.slice(0, -2)
    weights[matrix] = tf.add(encoder[matrix], tf.matMul(a as tf.Tensor2D, adapter[`${matrix}.b`] as tf.Tensor2D))
  }
  return weights
}

/** Added in pairs: `addN` of more than seven asks for more buffers than WebGPU promises, and writes nothing. */
function sizeOfChange(adapter: Weights): tf.Tensor {
  const changes = Object.keys(adapter).filter((name) => !name.endsWith('.a'))
  return changes.map((name): tf.Tensor => tf.sum(tf.square(adapter[name]))).reduce((sum, size) => tf.add(sum, size))
}

/** The history as one row; each token has a row of the table to itself. */
function batchOf(tokens: readonly Token[], window: number): Batch {
  return {
    rows: Int32Array.from(tokens.keys()),
    actions: Int32Array.from(tokens, ({ action }) => action),
    gaps: Int32Array.from(tokens, ({ time }, n) => gapBucket(time, tokens[n - 1]?.time)),
    first: firstOfRows(1, tokens.length, window),
    sequences: 1,
    length: tokens.length,
  }
}

/** (N, T) 1 at the token before each wish. TF.js's WASM has no gradient for `gather`, and this is small. */
function placesBefore(wishes: Wishes, tokens: number): Float32Array {
  const places = new Float32Array(wishes.length * tokens)
  wishes.forEach((at, n) => {
    places[n * tokens + at - 1] = 1
  })
  return places
}

/** The items that a step chooses among, numbered among themselves: targets first, then those drawn. */
function choiceOf(model: AnyModel, targets: readonly number[], drawn: Int32Array, logExpected: Float32Array) {
  const places = new Map<number, number>()
  for (const item of [...targets, ...drawn]) if (!places.has(item)) places.set(item, places.size)
  const items = [...places.keys()]
  const place = (item: number) => places.get(item) as number
  return {
    items: items.length,
    rows: joined(items.map((item) => rowOfToken(model, { item }))),
    bias: Float32Array.from(items, (item) => model.bias[item]),
    targets: Int32Array.from(targets, place),
    negatives: {
      items: drawn.map(place),
      logExpected: Float32Array.from(items, (item) => logExpected[item]),
    },
  }
}
