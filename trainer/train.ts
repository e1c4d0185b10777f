/**
 * Trains a network on histories: passes over the training part, validation after each, the best kept, an early stop.
 * The same histories, options and seed give the same parameters, bit for bit, on the same back end.
 */
import * as tf from '@tensorflow/tfjs-core'
import { type Random, seeded } from '../shared/data/random.ts'
import { type CompiledModel, compile } from '../shared/model/compile.ts'
import { type Content, contentOf, queryRow } from '../shared/model/content.ts'
import { createLearner, type Negatives, nextItemLoss } from '../shared/model/fit.ts'
import { tensorsOf, type Weights } from '../shared/model/model.ts'
import { initParams, type ModelConfig, type Params } from '../shared/model/params.ts'
import { settleUntrained } from '../shared/model/untrained.ts'
import { readyBackend } from './backend.ts'
import { nextItems, type TrainingEnds, trainingBatches } from './batches.ts'
import type { Histories } from './datasets/histories.ts'
import { meanMetrics, networkScorer } from './evaluate.ts'
import { itemsRepeat } from './history-notes.ts'
import type { Query } from './queries.ts'
import { UserError } from './user-error.ts'

export interface Preset {
  width: number
  blocks: number
  heads: number
  window: number
  hidden: number
  /** Items that stand for the catalogue in a step; a catalogue of no more than this is used whole. */
  negatives: number
  /** Tokens in a batch. */
  batchTokens: number
  learningRate: number
  dropout: number
  idDropout: number
  epochs: number
  /** Passes without a better validation NDCG@10 before training ends. */
  patience: number
}

export const PRESETS = {
  /** For a first model in minutes on two cores. */
  tiny: {
    width: 64,
    blocks: 1,
    heads: 2,
    window: 32,
    hidden: 128,
    negatives: 512,
    batchTokens: 2048,
    learningRate: 3e-3,
    dropout: 0.1,
    idDropout: 0.1,
    epochs: 12,
    patience: 2,
  },
} satisfies Record<string, Preset>
export type PresetName = keyof typeof PRESETS

export interface TrainProgress {
  epoch: number
  epochs: number
  /** 0 … 1 of all passes. */
  done: number
  loss: number
  /** Validation NDCG@10 after the last pass; undefined before the first. */
  ndcg?: number
  itemsPerSecond: number
  secondsLeft: number
}

export interface EpochRecord {
  epoch: number
  loss: number
  ndcg: number
  seconds: number
}

export interface Trained {
  config: ModelConfig
  params: Params
  content?: Content
  compiled: CompiledModel
  epochs: EpochRecord[]
  best: EpochRecord
}

export interface TrainOptions {
  preset: Preset
  seed: number | string
  /** Ends the pass, and the training, when this is reached. Results then depend on the machine. */
  maxSeconds?: number
  onProgress?: (progress: TrainProgress) => void
}

/** Queries kept as rows of the table; the rest are seen as a search for nothing in particular. */
const MAX_QUERIES = 2048

/**
 * @param validation asked after each pass
 * @throws UserError when there is nothing to learn from, or the loss is no longer a number
 */
export async function train(
  h: Histories,
  ends: TrainingEnds,
  validation: readonly Query[],
  { preset, seed, maxSeconds = Number.POSITIVE_INFINITY, onProgress }: TrainOptions,
): Promise<Trained> {
  await readyBackend()
  const next = nextItems(h, ends)
  const targets = next.reduce((sum, item) => sum + (item >= 0 ? 1 : 0), 0)
  if (targets === 0) {
    throw new UserError(
      `${h.name}: no shopper did two different things, so there is nothing to learn an order from`,
      'serve popularity and rules, which need no network, or import a longer history',
    )
  }
  const frequency = new Float64Array(h.items.length)
  for (const item of next) if (item >= 0) frequency[item]++
  // Queries are read through the content's projection, whatever else there is.
  const hasContent =
    h.queries.length > 0 || h.items.some((item) => item.title !== item.item_id || item.category.length > 0)
  if (!hasContent && !itemsRepeat(h)) {
    throw new UserError(
      `${h.name}: no item occurs twice and none has a title, so there is nothing that one could tell of another`,
      'check which column names the item, or import the catalogue with --catalog',
    )
  }
  const content = hasContent ? contentOf(h.items) : undefined
  const { width, blocks, heads, window, hidden } = preset
  const config: ModelConfig = {
    items: h.items.length,
    contentWidth: content?.width ?? 0,
    width,
    blocks,
    heads,
    window,
    hidden,
  }
  const learner = createLearner(tensorsOf(initParams(config, seed)), preset.learningRate)
  const contentTensor = content && tf.tensor2d(content.rows, [config.items, content.width])
  const queryTensor = content && queryMatrix(h.queries.slice(0, MAX_QUERIES), content.width)
  const regularisation = { dropout: preset.dropout, idDropout: preset.idDropout }
  const epochs: EpochRecord[] = []
  let best: { record: EpochRecord; params: Params; compiled: CompiledModel } | undefined
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  let steps = 0
  try {
    for (let epoch = 1; epoch <= preset.epochs; epoch++) {
      const random = seeded(`${seed} pass ${epoch}`)
      const draw =
        config.items > preset.negatives || frequency.includes(0)
          ? negativeSampler(frequency, preset.negatives, random)
          : undefined
      let [lossSum, asked] = [0, 0]
      for (const batch of trainingBatches(h, ends, next, preset.window, preset.batchTokens, random)) {
        const lastRow = config.items + Math.min(MAX_QUERIES, h.queries.length)
        batch.rows.forEach((row, at) => {
          if (row > lastRow) batch.rows[at] = lastRow
        })
        const loss = await learner.step((weights) =>
          nextItemLoss(weights, config, batch, contentTensor, queryTensor, regularisation, ++steps, draw?.()),
        )
        if (!Number.isFinite(loss)) {
          throw new UserError(
            `training: the loss is ${loss} at step ${steps}`,
            'lower the learning rate, or look for broken prices and times in the import report',
          )
        }
        lossSum += loss * batch.at.length
        asked += batch.at.length
        const passes = (epoch - 1 + Math.min(1, asked / targets)) / preset.epochs
        onProgress?.({
          epoch,
          epochs: preset.epochs,
          done: Math.max(passes, Math.min(1, seconds() / maxSeconds)),
          loss: lossSum / asked,
          ndcg: best?.record.ndcg,
          itemsPerSecond: ((epoch - 1) * targets + asked) / seconds(),
          secondsLeft: Math.max(0, Math.min(maxSeconds - seconds(), (seconds() / passes) * (1 - passes))),
        })
        if (seconds() > maxSeconds) break
      }
      const params = settleUntrained(config, await readParams(learner.weights), frequency, content)
      const compiled = compile(config, params, content)
      const { ndcg } = meanMetrics(networkScorer(compiled, h.queries), validation, config.items)
      const record = { epoch, loss: lossSum / asked, ndcg, seconds: seconds() }
      epochs.push(record)
      if (!best || ndcg > best.record.ndcg) best = { record, params, compiled }
      if (epoch - best.record.epoch >= preset.patience || seconds() > maxSeconds) break
    }
  } finally {
    learner.dispose()
    contentTensor?.dispose()
    queryTensor?.dispose()
  }
  const { record, params, compiled } = best as NonNullable<typeof best>
  return { config, params, ...(content ? { content } : {}), compiled, epochs, best: record }
}

/**
 * Draws distinct items in proportion to frequency^0.75 (word2vec, Mikolov et al. 2013), by keys −log(u)/p of which the
 * smallest win (Efraimidis & Spirakis 2006).
 */
function negativeSampler(frequency: Float64Array, count: number, random: Random): () => Negatives {
  // What nobody wanted is no wrong answer either: it may be new, and is told from its content alone.
  const share = frequency.map((n) => (n > 0 ? (n + 1) ** 0.75 : 0))
  const known = Int32Array.from(share.keys()).filter((item) => share[item] > 0)
  if (known.length <= count) {
    const whole = { items: known, logExpected: new Float32Array(share.length) }
    return () => whole
  }
  const total = share.reduce((sum, value) => sum + value, 0)
  const logExpected = Float32Array.from(share, (value) => Math.log(Math.min(1, (count * value) / total)))
  const keys = new Float64Array(share.length)
  return () => {
    for (let i = 0; i < keys.length; i++) keys[i] = -Math.log(1 - random.next()) / share[i]
    const limit = Float64Array.from(keys).sort()[count - 1]
    const items: number[] = []
    for (let i = 0; i < keys.length && items.length < count; i++) if (keys[i] <= limit) items.push(i)
    return { items: Int32Array.from(items), logExpected }
  }
}

/** (Q + 1, C), the last row 0 for the queries that are not kept. */
function queryMatrix(queries: string[], width: number): tf.Tensor2D {
  const rows = new Float32Array((queries.length + 1) * width)
  queries.forEach((query, n) => {
    rows.set(queryRow(query, width), n * width)
  })
  return tf.tensor2d(rows, [queries.length + 1, width])
}

async function readParams(weights: Weights): Promise<Params> {
  const params: Params = {}
  for (const [name, tensor] of Object.entries(weights)) {
    params[name] = { shape: tensor.shape, values: Float32Array.from((await tensor.data()) as Float32Array) }
  }
  return params
}
