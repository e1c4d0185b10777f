/**
 * Runs a compiled network on typed arrays, one token a step, without TF.js: a cache of keys and values makes a step
 * independent of how long the history is, and exact however often the window has moved (`model.ts` says why).
 */
import { gapBucket, type Token } from '../data/sequence.ts'
import type { CompiledModel } from './compile.ts'
import { queryRow } from './content.ts'
import { NORM_EPSILON } from './params.ts'

/** What a history has come to. Copy it with `structuredClone` to look ahead. */
export interface InferenceState {
  /** (d) after the last norm; all 0 before the first token */
  state: Float32Array
  /** a block's keys and values, (W, 2d), row t mod W */
  cache: Float32Array[]
  tokens: number
  lastTime: number | undefined
}

/** The browser's tables are int8. */
export type AnyModel = CompiledModel<Int8Array | Float32Array>

export function startState(model: AnyModel): InferenceState {
  const { width: d, window, blocks } = model.config
  return {
    state: new Float32Array(d),
    cache: Array.from({ length: blocks }, () => new Float32Array(window * 2 * d)),
    tokens: 0,
    lastTime: undefined,
  }
}

/** Takes one more token into `state`. About 2·(4d² + 3df) multiplications a block, and 2dW for attention. */
export function step(model: AnyModel, state: InferenceState, token: Token): void {
  const { width: d, heads, window, hidden } = model.config
  const multiply = model.kernel?.multiply ?? multiplyPlainly
  const x = embed(model, token, state.lastTime)
  const at = state.tokens % window
  const seen = Math.min(state.tokens + 1, window)
  const D = d / heads
  const weights = new Float32Array(seen)
  model.blocks.forEach((block, n) => {
    const qkv = multiply(normalised(x), block.qkv, 3 * d)
    const cache = state.cache[n]
    cache.set(qkv.subarray(d), at * 2 * d)
    const mixed = new Float32Array(d)
    for (let head = 0; head < heads; head++) {
      const from = head * D
      let peak = Number.NEGATIVE_INFINITY
      for (let back = 0; back < seen; back++) {
        const row = ((at - back + window) % window) * 2 * d
        let dot = block.distance[back * heads + head]
        for (let j = 0; j < D; j++) dot += qkv[from + j] * cache[row + from + j]
        weights[back] = dot
        if (dot > peak) peak = dot
      }
      let sum = 0
      for (let back = 0; back < seen; back++) sum += weights[back] = Math.exp(weights[back] - peak)
      for (let back = 0; back < seen; back++) {
        const row = ((at - back + window) % window) * 2 * d + d
        const share = weights[back] / sum
        for (let j = 0; j < D; j++) mixed[from + j] += share * cache[row + from + j]
      }
    }
    add(x, multiply(mixed, block.out, d))
    const up = multiply(normalised(x), block.up, 2 * hidden)
    const activated = new Float32Array(hidden)
    for (let j = 0; j < hidden; j++) activated[j] = (up[j] / (1 + Math.exp(-up[j]))) * up[hidden + j]
    add(x, multiply(activated, block.down, d))
  })
  const size = rootMeanSquare(x)
  for (let j = 0; j < d; j++) state.state[j] = (x[j] / size) * model.norm[j]
  state.tokens++
  state.lastTime = token.time
}

/**
 * Writes every item's score, e_i · state + b_i, to `scores` (V). 2·d·V operations and d·V bytes read: for 10,000 items of
 * 64 that is 640 kB, which a phone's cache holds.
 */
export function scoreItems(model: AnyModel, state: Float32Array, scores: Float32Array): void {
  if (model.kernel) model.kernel.score(state, scores)
  else scorePlainly(model, state, scores)
}

function scorePlainly(model: AnyModel, state: Float32Array, scores: Float32Array): void {
  const { values, scales, width: d } = model.table
  const { bias } = model
  const x = Float64Array.from(state) // else each factor is widened again for each item
  const items = bias.length
  // Four rows at once: a factor is read once for four products, and four sums do not wait for each other.
  const whole = items - (items % 4)
  for (let item = 0; item < whole; item += 4) {
    const row = item * d
    let first = 0
    let second = 0
    let third = 0
    let fourth = 0
    for (let j = 0; j < d; j++) {
      const factor = x[j]
      first += values[row + j] * factor
      second += values[row + d + j] * factor
      third += values[row + 2 * d + j] * factor
      fourth += values[row + 3 * d + j] * factor
    }
    scores[item] = first * scales[item] + bias[item]
    scores[item + 1] = second * scales[item + 1] + bias[item + 1]
    scores[item + 2] = third * scales[item + 2] + bias[item + 2]
    scores[item + 3] = fourth * scales[item + 3] + bias[item + 3]
  }
  for (let item = whole; item < items; item++) {
    let sum = 0
    for (let j = 0; j < d; j++) sum += values[item * d + j] * x[j]
    scores[item] = sum * scales[item] + bias[item]
  }
}

/** √d · row + A[action] + T[gap], (d) */
function embed(model: AnyModel, token: Token, lastTime: number | undefined): Float32Array {
  const d = model.config.width
  const x = rowOfToken(model, token)
  const root = Math.sqrt(d)
  const gap = gapBucket(token.time, lastTime) * d
  const action = token.action * d
  for (let j = 0; j < d; j++) x[j] = x[j] * root + model.action[action + j] + model.gap[gap + j]
  return x
}

/** The item's vector, or the one that a query's text makes, (d). */
export function rowOfToken(model: AnyModel, token: Pick<Token, 'item' | 'query'>): Float32Array {
  const d = model.config.width
  const x = new Float32Array(d)
  if (token.item >= 0) {
    const scale = model.table.scales[token.item]
    for (let j = 0; j < d; j++) x[j] = model.table.values[token.item * d + j] * scale
  } else if (token.query !== undefined && model.content) {
    const { values, scales } = model.content
    const row = queryRow(token.query, scales.length)
    for (let c = 0; c < row.length; c++) {
      if (row[c] !== 0) for (let j = 0; j < d; j++) x[j] += row[c] * scales[c] * values[c * d + j]
    }
  }
  return x
}

function rootMeanSquare(x: Float32Array): number {
  let square = 0
  for (const value of x) square += value * value
  return Math.sqrt(square / x.length + NORM_EPSILON)
}

function normalised(x: Float32Array): Float32Array {
  const size = rootMeanSquare(x)
  return x.map((value) => value / size)
}

/** x · matrix: (rows) · (rows, columns) → (columns) */
function multiplyPlainly(x: Float32Array, matrix: Float32Array, columns: number): Float32Array {
  const y = new Float32Array(columns)
  for (let row = 0; row < x.length; row++) {
    const factor = x[row]
    for (let j = 0, at = row * columns; j < columns; j++, at++) y[j] += factor * matrix[at]
  }
  return y
}

function add(x: Float32Array, y: Float32Array): void {
  for (let j = 0; j < x.length; j++) x[j] += y[j]
}
