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
import { attention, rmsNorm, type SparseTensors, sparseMatMul, swiglu } from './ops.ts'
import type { ModelConfig, Params } from './params.ts'

export type Weights = Record<string, tf.Tensor>

export interface Batch {
  /** (B·L) row of the table: an item, or V + q for query q */
  rows: Int32Array
  /** (B·L) */
  actions: Int32Array
  /** (B·L) */
  gaps: Int32Array
  /** (B·L) the first token that each sees: of the same history, and at most W − 1 back */
  first: Int32Array
  /** B rows of L tokens, each of one history or of several short ones beside each other. */
  sequences: number
  length: number
}

/** `first` of a batch whose rows are one history each. */
export function firstOfRows(sequences: number, length: number, window: number): Int32Array {
  return Int32Array.from({ length: sequences * length }, (_, token) => token - Math.min(token % length, window - 1))
}

/** Copies parameters to the back end. The caller disposes them. */
export function tensorsOf(params: Params): Weights {
  return Object.fromEntries(
    Object.entries(params).map(([name, { shape, values }]) => [name, tf.tensor(values, shape, 'float32')]),
  )
}

/** The same on this side. */
export async function paramsOf(weights: Weights): Promise<Params> {
  const params: Params = {}
  for (const [name, tensor] of Object.entries(weights)) {
    params[name] = { shape: tensor.shape, values: Float32Array.from((await tensor.data()) as Float32Array) }
  }
  return params
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
  content?: SparseTensors,
  keep?: tf.Tensor2D,
  queries?: SparseTensors,
): tf.Tensor2D {
  const id = weights['item.id'] as tf.Tensor2D // (V, d)
  const kept = keep ? tf.mul(id, keep) : id // (V, d)
  if (!content) return kept as tf.Tensor2D
  const projection = weights['item.content'] as tf.Tensor2D // (C, d)
  const items = tf.add(kept, sparseMatMul(content, projection)) as tf.Tensor2D // (V, d)
  return queries ? tf.concat([items, sparseMatMul(queries, projection)]) : items // (V + Q, d)
}

/** Sets a share of x to 0, in training; the places follow from the call's number within a pass through the network. */
export type Drop = (x: tf.Tensor2D) => tf.Tensor2D

/**
 * States after each token.
 * @param drop applied to the embedded tokens and to what each block adds, in training only
 * @returns (B·L, d)
 */
export function encode(
  weights: Weights,
  config: ModelConfig,
  table: tf.Tensor2D,
  batch: Batch,
  drop: Drop = (x) => x,
): tf.Tensor2D {
  const look = (from: tf.Tensor, index: Int32Array) => tf.gather(from, tf.tensor1d(index, 'int32')) as tf.Tensor2D
  const embedded = tf.mul(look(table, batch.rows), Math.sqrt(config.width)) // (B·L, d)
  const context = tf.add(look(weights['token.action'], batch.actions), look(weights['token.gap'], batch.gaps)) // (B·L, d)
  return encodeEmbedded(weights, config, tf.add(embedded, context), batch, drop)
}

/** The same from tokens that are embedded already. @param tokens (B·L, d) @returns (B·L, d) */
export function encodeEmbedded(
  weights: Weights,
  config: ModelConfig,
  tokens: tf.Tensor2D,
  batch: Pick<Batch, 'first' | 'sequences' | 'length'>,
  drop: Drop = (x) => x,
): tf.Tensor2D {
  const { heads, window, blocks } = config
  let x = drop(tokens) // (B·L, d)
  const bands = { ...batch, heads, window }
  for (let n = 0; n < blocks; n++) {
    const w = (name: string) => weights[`block${n}.${name}`] as tf.Tensor2D
    const qkv: tf.Tensor2D = tf.matMul(rmsNorm(x, w('norm1')), w('qkv')) // (B·L, 3d)
    const mixed = attention(qkv, w('distance'), bands) // (B·L, d)
    x = tf.add(x, drop(tf.matMul(mixed, w('out')))) // (B·L, d)
    const activated = swiglu(tf.matMul(rmsNorm(x, w('norm2')), w('up'))) // (B·L, f)
    x = tf.add(x, drop(tf.matMul(activated, w('down')))) // (B·L, d)
  }
  return rmsNorm(x, weights.norm) // (B·L, d)
}

/** @returns (N, V): every item's score for each state */
export function score(weights: Weights, table: tf.Tensor2D, states: tf.Tensor2D): tf.Tensor2D {
  const bias = weights['item.bias'] as tf.Tensor1D // (V)
  return tf.add(tf.matMul(states, itemsOf(table, bias), false, true), bias) // (N, V)
}

/** The table without the queries behind the items: (V, d). */
export function itemsOf(table: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  return table.shape[0] === bias.shape[0] ? table : tf.slice(table, [0, 0], [bias.shape[0], -1])
}
