/**
 * What a change of the network's weights is worth on one shopper's history, on whatever TF.js back end is ready: the next
 * item's cross-entropy over their tokens, against items drawn in proportion to what everyone wants. Of the catalogue, the
 * rows that are read are turned into floats and no others.
 *
 * A phone's WASM back end has no gradient for `gather`, so that what is looked up by a number and learned is looked up by a
 * product with rows of 0 and one 1. It is small.
 */
import * as tf from '@tensorflow/tfjs-core'
import { seeded } from '../data/random.ts'
import { gapBucket, type Token } from '../data/sequence.ts'
import { decompileEncoder } from './compile.ts'
import { crossEntropy } from './fit.ts'
import { type AnyModel, rowOfToken } from './infer.ts'
import { encodeEmbedded, firstOfRows, tensorsOf, type Weights } from './model.ts'
import type { NegativeSampler } from './negatives.ts'
import { joined } from './params.ts'
import type { Wishes } from './wishes.ts'

/** What one shopper's device learns from. */
export interface LearnableHistory {
  model: AnyModel
  /** The latest; what lies further back than the first wish's window is of no use. */
  tokens: readonly Token[]
  /** Places in `tokens` of the items to learn. */
  wishes: Wishes
}

export interface HistoryLoss {
  /**
   * Draws the items of one step.
   * @returns the mean loss of the wishes, in nats, under a change: what is added to weights of the network by their names, a
   *   product of two thin ones as `NAME.a` and `NAME.b`, and a `shift` of the state
   */
  draw(): (change: Weights) => tf.Scalar
  dispose(): void
}

/**
 * @param sampler of the items that stand for the catalogue in a step; it knows all that are wanted
 * @param seed of what is drawn
 */
export function openHistoryLoss(
  { model, tokens, wishes }: LearnableHistory,
  sampler: NegativeSampler,
  seed: string | number,
): HistoryLoss {
  const { width: d } = model.config
  const targets = wishes.map((at) => tokens[at].item)
  const random = seeded(`${seed} negatives`)
  const encoder = tensorsOf(decompileEncoder(model))
  const own = tf.tensor2d(joined(tokens.map((token) => rowOfToken(model, token))), [tokens.length, d]) // (T, d)
  const numbers = numbersOf(tokens)
  const row = { first: firstOfRows(1, tokens.length, model.config.window), sequences: 1, length: tokens.length }
  const before = placesBefore(wishes, tokens.length)
  return {
    draw() {
      const choice = choiceOf(model, targets, sampler.draw(random), sampler.logExpected)
      return (change) => {
        const weights = changed(encoder, change)
        const encoded = encodeEmbedded(weights, model.config, embed(weights, own, numbers), row) // (T, d)
        const states = change.shift ? (tf.add(encoded, change.shift) as tf.Tensor2D) : encoded // (T, d)
        const asked = tf.matMul(tf.tensor2d(before, [wishes.length, tokens.length]), states) as tf.Tensor2D // (N, d)
        const table = tf.tensor2d(choice.rows, [choice.items, d]) // (I, d)
        return crossEntropy(asked, table, tf.tensor1d(choice.bias), choice.targets, choice.negatives)
      }
    },
    dispose: () => tf.dispose([own, encoder]),
  }
}

/** x_t = √d·e_i + A[action] + T[log gap], (T, d). @param own (T, d) e_i */
function embed(weights: Weights, own: tf.Tensor2D, { actions, gaps }: TokenNumbers): tf.Tensor2D {
  const looked = [
    [actions, weights['token.action']],
    [gaps, weights['token.gap']],
  ] as const
  const context = looked.map(([numbers, table]) => {
    const shape: [number, number] = [numbers.length, table.shape[0]]
    return tf.matMul(tf.tensor2d(oneHot(numbers, table.shape[0]), shape), table as tf.Tensor2D)
  })
  return tf.add(tf.mul(own, Math.sqrt(own.shape[1])), tf.add(context[0], context[1]))
}

/** The network's weights with a change added. */
function changed(encoder: Weights, change: Weights): Weights {
  const weights = { ...encoder }
  for (const [name, value] of Object.entries(change)) {
    if (name in encoder) weights[name] = tf.add(encoder[name], value)
    if (!name.endsWith('.a')) continue
    const matrix = name.slice(0, -2)
    weights[matrix] = tf.add(encoder[matrix], tf.matMul(value as tf.Tensor2D, change[`${matrix}.b`] as tf.Tensor2D))
  }
  return weights
}

/** (T, size) 1 at each token's number. */
function oneHot(numbers: Int32Array, size: number): Float32Array {
  const rows = new Float32Array(numbers.length * size)
  numbers.forEach((number, token) => {
    rows[token * size + number] = 1
  })
  return rows
}

interface TokenNumbers {
  actions: Int32Array
  gaps: Int32Array
}

const numbersOf = (tokens: readonly Token[]): TokenNumbers => ({
  actions: Int32Array.from(tokens, ({ action }) => action),
  gaps: Int32Array.from(tokens, ({ time }, n) => gapBucket(time, tokens[n - 1]?.time)),
})

/** (N, T) 1 at the token before each wish. */
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
