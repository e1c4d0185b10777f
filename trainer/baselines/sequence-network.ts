/**
 * Trains the networks of other families on what the shoppers wanted, in order: passes over shifted targets, sampled softmax
 * with logQ, Adam, the best pass on validation kept. What differs between the families is how a history becomes a vector;
 * that is a SequenceEncoder. Items alone are seen: no actions, no times, no content, because the papers have none.
 *
 * B sequences in a batch, L tokens a sequence, N of them with a target, d width, V items, S sampled items.
 */
import * as tf from '@tensorflow/tfjs-core'
import { hash32, seeded } from '../../shared/data/random.ts'
import { createLearner, crossEntropy, type Negatives, type TrainingBatch } from '../../shared/model/fit.ts'
import { type Batch, firstOfRows, tensorsOf, type Weights } from '../../shared/model/model.ts'
import { negativeSampler } from '../../shared/model/negatives.ts'
import { dropout } from '../../shared/model/ops.ts'
import { type Params, sizeOf } from '../../shared/model/params.ts'
import { readyBackend } from '../backend.ts'
import { jitter, type Scorer } from '../baselines.ts'
import { nextItems, type TrainingEnds, trainingBatches } from '../batches.ts'
import type { Histories } from '../datasets/histories.ts'
import { meanMetrics } from '../evaluate.ts'
import type { Query } from '../queries.ts'
import type { TrainOptions } from '../train.ts'
import { UserError } from '../user-error.ts'

export interface SequenceSettings {
  /** d */
  width: number
  /** Tokens of a history that are seen. */
  length: number
  /** S; a catalogue of no more than this is used whole. */
  negatives: number
  batchTokens: number
  learningRate: number
  /** Share of features set to 0, of embedded items and wherever else the paper drops them. */
  dropout: number
  epochs: number
  /** Passes without a better validation NDCG@10 before training ends. */
  patience: number
}

/** The part of a family's network between the table of items and the state that scores them. */
export interface SequenceEncoder {
  name: string
  /** Shapes by name, without the table (V + 1, d) and the items' biases (V). */
  shapes(width: number): Record<string, number[]>
  /**
   * @param table (V + 1, d); row V stands for whatever is no item
   * @param batch rows in 0 … V; `first` says where each token's history begins
   * @param at (N) places in the batch, 0 … B·L − 1
   * @param dropout called where the paper drops features; does nothing when asked and not trained
   * @returns (N, d), each of what came up to and with its place
   */
  encode(
    weights: Weights,
    table: tf.Tensor2D,
    batch: Batch,
    at: Int32Array,
    dropout: (x: tf.Tensor2D) => tf.Tensor2D,
  ): tf.Tensor2D
}

/** Answers queries once their states are computed, all together: one at a time TF.js spends its time on calls. */
export type Ranker = (queries: readonly Query[]) => Scorer

/**
 * @param validation asked after each pass
 * @returns the best pass, and its number
 * @throws UserError when the loss is no longer a number
 */
export async function trainSequenceNetwork(
  h: Histories,
  ends: TrainingEnds,
  validation: readonly Query[],
  encoder: SequenceEncoder,
  settings: SequenceSettings,
  { seed, maxSeconds = Number.POSITIVE_INFINITY, onProgress }: Omit<TrainOptions, 'preset'>,
): Promise<{ ranker: Ranker; epoch: number }> {
  await readyBackend()
  const V = h.items.length
  const next = nextItems(h, ends)
  const frequency = new Float64Array(V)
  for (const item of next) if (item >= 0) frequency[item]++
  const targets = frequency.reduce((sum, count) => sum + count, 0)
  const learner = createLearner(tensorsOf(initial(encoder, V, settings.width, seed)))
  const sampler = V > settings.negatives ? negativeSampler(frequency, settings.negatives) : undefined
  const { length, batchTokens } = settings
  const shape = { length, window: length, rows: Math.max(1, Math.round(batchTokens / length)) }
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  let best: { epoch: number; ndcg: number; ranker: Ranker } | undefined
  let steps = 0
  try {
    for (let epoch = 1; epoch <= settings.epochs; epoch++) {
      const random = seeded(`${seed} ${encoder.name} pass ${epoch}`)
      let [lossSum, asked] = [0, 0]
      for (const batch of trainingBatches(h, ends, next, shape, random)) {
        withoutSearches(batch.rows, V)
        const negatives = sampler && { items: sampler.draw(random), logExpected: sampler.logExpected }
        const loss = await learner.step(
          (weights) => lossOf(weights, encoder, batch, settings.dropout, ++steps, negatives),
          settings.learningRate,
        )
        if (!Number.isFinite(loss)) {
          throw new UserError(`${encoder.name}: the loss is ${loss} at step ${steps}`, 'leave it out of --models')
        }
        lossSum += loss * batch.at.length
        asked += batch.at.length
        const passes = (epoch - 1 + Math.min(1, asked / targets)) / settings.epochs
        onProgress?.({
          epoch,
          epochs: settings.epochs,
          done: Math.max(passes, Math.min(1, seconds() / maxSeconds)),
          loss: lossSum / asked,
          ndcg: best?.ndcg,
          itemsPerSecond: ((epoch - 1) * targets + asked) / seconds(),
          secondsLeft: Math.max(0, Math.min(maxSeconds - seconds(), (seconds() / passes) * (1 - passes))),
        })
        if (seconds() > maxSeconds) break
      }
      const ranker = rankerOf(await readWeights(learner.weights), encoder, settings)
      const { ndcg } = meanMetrics(ranker(validation), validation, V)
      if (!best || ndcg > best.ndcg) best = { epoch, ndcg, ranker }
      if (epoch - best.epoch >= settings.patience || seconds() > maxSeconds) break
    }
  } finally {
    learner.dispose()
  }
  return best as NonNullable<typeof best>
}

/** N(0, 0.02) for the table, N(0, 1/fan-in) for matrices, 0 for biases. */
function initial(encoder: SequenceEncoder, items: number, width: number, seed: number | string): Params {
  const shapes: Record<string, number[]> = { table: [items + 1, width], bias: [items], ...encoder.shapes(width) }
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const random = seeded(`${seed} ${encoder.name} ${name}`)
      const deviation = shape.length === 1 ? 0 : name === 'table' ? 0.02 : 1 / Math.sqrt(shape[0])
      return [name, { shape, values: Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.normal()) }]
    }),
  )
}

/** Mean cross-entropy of the next items: as `nextItemLoss` of the network, whose pieces it is made of. */
function lossOf(
  weights: Weights,
  encoder: SequenceEncoder,
  batch: TrainingBatch,
  rate: number,
  seed: number,
  negatives: Negatives | undefined,
): tf.Scalar {
  return tf.tidy(() => {
    let calls = 0
    const drop = (x: tf.Tensor2D) => dropout(x, rate, hash32(`${seed} ${calls++}`))
    const table = weights.table as tf.Tensor2D // (V + 1, d)
    const states = encoder.encode(weights, table, batch, batch.at, drop) // (N, d)
    return crossEntropy(states, table, weights.bias as tf.Tensor1D, batch.targets, negatives)
  })
}

function withoutSearches(rows: Int32Array, items: number): void {
  for (let i = 0; i < rows.length; i++) if (rows[i] > items) rows[i] = items
}

async function readWeights(weights: Weights): Promise<Params> {
  const params: Params = {}
  for (const [name, tensor] of Object.entries(weights)) {
    params[name] = { shape: tensor.shape, values: Float32Array.from((await tensor.data()) as Float32Array) }
  }
  return params
}

/** Queries encoded together. */
const CHUNK = 256

function rankerOf(params: Params, encoder: SequenceEncoder, settings: SequenceSettings): Ranker {
  const { width: d } = settings
  const table = params.table.values
  const bias = params.bias.values
  const V = bias.length
  const jitters = jitter(V)
  return (queries) => {
    const places = new Map(queries.map((query, n) => [query, n]))
    const states = encodeQueries(params, encoder, settings, queries) // (Q, d)
    return (query, scores) => {
      const from = places.get(query)
      if (from === undefined) throw new Error(`${encoder.name} was not prepared for this query`)
      const state = states.subarray(from * d, (from + 1) * d)
      for (let item = 0; item < V; item++) {
        let dot = bias[item] + jitters[item]
        for (let f = 0; f < d; f++) dot += state[f] * table[item * d + f]
        scores[item] += dot
      }
    }
  }
}

/** @returns (Q, d); 0 for a query without a history, for which the items' biases decide */
function encodeQueries(
  params: Params,
  encoder: SequenceEncoder,
  { width: d, length }: SequenceSettings,
  queries: readonly Query[],
): Float32Array {
  const states = new Float32Array(queries.length * d)
  const V = params.bias.values.length
  // Of like length together, so that little is padded.
  const order = [...queries.keys()]
    .filter((n) => queries[n].items.length > 0)
    .sort((a, b) => queries[a].items.length - queries[b].items.length)
  const weights = tensorsOf(params)
  for (let chunk = 0; chunk < order.length; chunk += CHUNK) {
    const own = order.slice(chunk, chunk + CHUNK)
    const histories = own.map((n) => queries[n].items.slice(-length))
    const L = Math.max(...histories.map((items) => items.length))
    const rows = new Int32Array(own.length * L)
    histories.forEach((items, b) => {
      rows.set(
        items.map((item) => (item >= 0 ? item : V)),
        b * L,
      )
    })
    const at = Int32Array.from(histories, (items, b) => b * L + items.length - 1)
    const nothing = new Int32Array(rows.length)
    const first = firstOfRows(own.length, L, L)
    const batch = { rows, actions: nothing, gaps: nothing, first, sequences: own.length, length: L }
    const tensor = tf.tidy(() => encoder.encode(weights, weights.table as tf.Tensor2D, batch, at, (x) => x))
    const encoded = tensor.dataSync()
    tensor.dispose()
    own.forEach((n, b) => {
      states.set(encoded.subarray(b * d, (b + 1) * d), n * d)
    })
  }
  for (const tensor of Object.values(weights)) tensor.dispose()
  return states
}
