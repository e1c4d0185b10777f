/**
 * What a network consists of: its shape, its named parameters, and the same as one flat vector.
 *
 * A parameter is a Float32Array with a shape, without TF.js: the browser's first recommendation reads these, and only
 * `model.ts` turns them into tensors.
 */

import { seeded } from '../data/random.ts'
import { ACTIONS, GAP_BUCKETS } from '../data/sequence.ts'

export interface ModelConfig {
  /** Items of the catalogue; rows of the table. */
  items: number
  /** Content features of an item: text, category, price (`content.ts`). 0 where the catalogue has none. */
  contentWidth: number
  /** d: width of every vector. */
  width: number
  blocks: number
  heads: number
  /** W: a token attends to itself and the W − 1 before it, in every block. */
  window: number
  /** Width inside a block's feed-forward part. */
  hidden: number
}

export type Params = Record<string, { shape: number[]; values: Float32Array }>

/** Keeps the norm of a zero vector finite. */
export const NORM_EPSILON = 1e-6

/** Shapes of all parameters, in the order of the flat vector. */
export function paramShapes(config: ModelConfig): Record<string, number[]> {
  const { items, contentWidth, width: d, blocks, heads, window, hidden } = config
  const shapes: Record<string, number[]> = {
    'item.id': [items, d],
    'item.bias': [items],
    'token.action': [ACTIONS.length, d],
    'token.gap': [GAP_BUCKETS, d],
  }
  if (contentWidth > 0) shapes['item.content'] = [contentWidth, d]
  for (let n = 0; n < blocks; n++) {
    shapes[`block${n}.norm1`] = [d]
    shapes[`block${n}.qkv`] = [d, 3 * d]
    shapes[`block${n}.distance`] = [window, heads]
    shapes[`block${n}.out`] = [d, d]
    shapes[`block${n}.norm2`] = [d]
    shapes[`block${n}.up`] = [d, 2 * hidden]
    shapes[`block${n}.down`] = [hidden, d]
  }
  shapes.norm = [d]
  return shapes
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1)

/** N(0, 0.02) for tables (SASRec+), N(0, 1/fan-in) for matrices, 1 for norms, 0 for biases and distances. */
export function initParams(config: ModelConfig, seed: string | number): Params {
  const params: Params = {}
  for (const [name, shape] of Object.entries(paramShapes(config))) {
    const random = seeded(`${seed} ${name}`)
    const values = new Float32Array(sizeOf(shape))
    if (name.includes('norm')) values.fill(1)
    else if (name !== 'item.bias' && !name.endsWith('.distance')) {
      const deviation = name.startsWith('block') ? 1 / Math.sqrt(shape[0]) : 0.02
      for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal()
    }
    params[name] = { shape, values }
  }
  return params
}

/** All parameters one after the other, in the order of `paramShapes`. */
export const flatten = (params: Params): Float32Array => joined(Object.values(params).map(({ values }) => values))

/** Arrays one after the other, as one. */
export function joined(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, values) => sum + values.length, 0))
  let at = 0
  for (const values of arrays) {
    all.set(values, at)
    at += values.length
  }
  return all
}

/** @throws Error when the vector is of another configuration. */
export const unflatten = (config: ModelConfig, flat: Float32Array): Params => unflattenTo(paramShapes(config), flat)

/** @throws Error when the vector is of other shapes. */
export function unflattenTo(shapes: Record<string, number[]>, flat: Float32Array): Params {
  const params: Params = {}
  let at = 0
  for (const [name, shape] of Object.entries(shapes)) {
    const size = sizeOf(shape)
    params[name] = { shape, values: flat.slice(at, at + size) }
    at += size
  }
  if (at !== flat.length) throw new Error(`parameters: ${flat.length} floats, but this configuration has ${at}`)
  return params
}
