/**
 * The network, top to bottom, in TF.js. It trains here; `compile.ts` and `infer.ts` are the same arithmetic without TF.js,
 * one token a step, and a test holds the two together on every back end.
 *
 *     item    e_i = E_id[i] + content_i · W_content
 *     token   x_t = √d · e_i + A[action] + T[log gap]
 *     block   x += attention(norm(x));  x += swiglu(norm(x))          pre-norm; banded causal attention
 *     score   h_t · e_i + b_i                                         tied table
 *
 * SASRec (Kang & McAuley 2018) with full softmax (Klenitskiy & Vasilev 2023), RMSNorm (Zhang & Sennrich 2019: no mean to
 * subtract, so a norm folds into the matrix behind it), SwiGLU (Shazeer 2020), and a learned bias for each distance
 * (T5, Raffel et al. 2020) instead of positions: only what is relative keeps a cached state exact as the window moves.
 *
 * B sequences in a batch, L tokens a sequence, d width, H heads, D = d/H, V items, Q queries, N rows with a target.
 */
import * as tf from '@tensorflow/tfjs-core'
import { type ModelConfig, NORM_EPSILON, type Params } from './params.ts'

export type Weights = Record<string, tf.Tensor>

export interface Batch {
  /** (B·L) row of the table: an item, or V + q for query q */
  rows: Int32Array
  /** (B·L) */
  actions: Int32Array
  /** (B·L) */
  gaps: Int32Array
  sequences: number
  length: number
}

/** Copies parameters to the back end. The caller disposes them. */
export function tensorsOf(params: Params): Weights {
  return Object.fromEntries(
    Object.entries(params).map(([name, { shape, values }]) => [name, tf.tensor(values, shape, 'float32')]),
  )
}

/**
 * Vectors of all items, and of the queries behind them.
 * @param content (V, C); absent when the catalogue has none
 * @param keep (V, 1) factors on E_id: 0 for the items whose id is dropped, so that content learns to stand in for it
 * @param queries (Q, C)
 * @returns (V + Q, d)
 */
export function itemTable(
  weights: Weights,
  content?: tf.Tensor2D,
  keep?: tf.Tensor2D,
  queries?: tf.Tensor2D,
): tf.Tensor2D {
  const id = weights['item.id'] as tf.Tensor2D // (V, d)
  const kept = keep ? tf.mul(id, keep) : id // (V, d)
  if (!content) return kept as tf.Tensor2D
  const projection = weights['item.content'] as tf.Tensor2D // (C, d)
  const items = tf.add(kept, tf.matMul(content, projection)) as tf.Tensor2D // (V, d)
  return queries ? tf.concat([items, tf.matMul(queries, projection)]) : items // (V + Q, d)
}

/**
 * States after each token.
 * Sequences start at the left. What is behind a sequence's end is seen by no token of it, so nothing is masked.
 * @param dropout called on the embedded tokens, in training only
 * @returns (B·L, d)
 */
export function encode(
  weights: Weights,
  config: ModelConfig,
  table: tf.Tensor2D,
  batch: Batch,
  dropout: (x: tf.Tensor2D) => tf.Tensor2D = (x) => x,
): tf.Tensor2D {
  const { width: d, heads: H, blocks, hidden } = config
  const { sequences: B, length: L } = batch
  const D = d / H
  const look = (from: tf.Tensor, index: Int32Array) => tf.gather(from, tf.tensor1d(index, 'int32')) as tf.Tensor2D
  const embedded = tf.mul(look(table, batch.rows), Math.sqrt(d)) // (B·L, d)
  const context = tf.add(look(weights['token.action'], batch.actions), look(weights['token.gap'], batch.gaps)) // (B·L, d)
  let x = dropout(tf.add(embedded, context)) // (B·L, d)
  const band = bandOf(L, config.window)
  const outside = tf.tensor3d(band.outside, [1, L, L])
  for (let n = 0; n < blocks; n++) {
    const w = (name: string) => weights[`block${n}.${name}`] as tf.Tensor2D
    const qkv = tf.matMul(norm(x, w('norm1')), w('qkv')) // (B·L, 3d)
    const [q, k, v] = tf.split(qkv, 3, 1).map(
      (part) => tf.reshape(tf.transpose(tf.reshape(part, [B, L, H, D]), [0, 2, 1, 3]), [B * H, L, D]), // (B·H, L, D)
    )
    const distance = tf.transpose(tf.reshape(look(w('distance'), band.distance), [L, L, H]), [2, 0, 1]) // (H, L, L)
    const bias = tf.reshape(tf.tile(tf.expandDims(tf.add(distance, outside)), [B, 1, 1, 1]), [B * H, L, L]) // (B·H, L, L)
    const logits = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(D)), bias) // (B·H, L, L)
    const mixed = tf.matMul(tf.softmax(logits), v) // (B·H, L, D)
    const joined = tf.reshape(tf.transpose(tf.reshape(mixed, [B, H, L, D]), [0, 2, 1, 3]), [B * L, d]) // (B·L, d)
    x = tf.add(x, tf.matMul(joined as tf.Tensor2D, w('out'))) // (B·L, d)
    const up = tf.matMul(norm(x, w('norm2')), w('up')) // (B·L, 2f)
    const gate = tf.slice(up, [0, 0], [-1, hidden]) // (B·L, f)
    const value = tf.slice(up, [0, hidden], [-1, hidden]) // (B·L, f)
    const activated = tf.mul(tf.mul(gate, tf.sigmoid(gate)), value) as tf.Tensor2D // (B·L, f)
    x = tf.add(x, tf.matMul(activated, w('down'))) // (B·L, d)
  }
  return norm(x, weights.norm) // (B·L, d)
}

/** @returns (N, V): every item's score for each state */
export function score(weights: Weights, table: tf.Tensor2D, states: tf.Tensor2D): tf.Tensor2D {
  const bias = weights['item.bias'] as tf.Tensor1D // (V)
  const items = table.shape[0] === bias.shape[0] ? table : tf.slice(table, [0, 0], [bias.shape[0], -1]) // (V, d)
  return tf.add(tf.matMul(states, items, false, true), bias) // (N, V)
}

function norm(x: tf.Tensor2D, gain: tf.Tensor): tf.Tensor2D {
  const size = tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), NORM_EPSILON)) // (B·L, 1)
  return tf.mul(tf.mul(x, size), gain) // (B·L, d)
}

/** How far back token j lies from token i, and −1e9 for the pairs that do not see each other. Both (L·L). */
function bandOf(L: number, window: number): { distance: Int32Array; outside: Float32Array } {
  const distance = new Int32Array(L * L)
  const outside = new Float32Array(L * L)
  for (let i = 0; i < L; i++) {
    for (let j = 0; j < L; j++) {
      const back = i - j
      if (back >= 0 && back < window) distance[i * L + j] = back
      else outside[i * L + j] = -1e9
    }
  }
  return { distance, outside }
}
