/** Scores by `model.ts`, many queries at once: for validation between passes, where `infer.ts` would take minutes. */
import * as tf from '@tensorflow/tfjs-core'
import { gapBucket } from '../shared/data/sequence.ts'
import { encode, firstOfRows, itemTable, score, tensorsOf, type Weights } from '../shared/model/model.ts'
import type { SparseTensors } from '../shared/model/ops.ts'
import type { ModelConfig, Params } from '../shared/model/params.ts'
import { askAll, type Means, meansOf, type QueryMetrics } from './evaluate.ts'
import type { Query } from './queries.ts'

export interface Validated {
  means: Means
  metrics: QueryMetrics
  /** The queries, in the order in which they were asked. */
  asked: Query[]
}

/** Queries whose scores exist at once. */
const BLOCK = 128

/**
 * What the network's lists are worth, in 32-bit floats.
 * @param content (V, C)
 * @param queryRows (Q, C) of the queries that histories refer to
 */
export async function networkMetrics(
  config: ModelConfig,
  params: Params,
  content: SparseTensors | undefined,
  queryRows: SparseTensors | undefined,
  queries: readonly Query[],
): Promise<Validated> {
  // Queries of like length together: less padding.
  const sorted = [...queries].sort((a, b) => a.items.length - b.items.length)
  const weights = tensorsOf(params)
  const table = tf.tidy(() => itemTable(weights, content, undefined, queryRows))
  const parts: QueryMetrics[] = []
  try {
    for (let from = 0; from < sorted.length; from += BLOCK) {
      const block = sorted.slice(from, from + BLOCK)
      const scores = await scoresOf(weights, config, table, block)
      let at = 0
      const next = (_query: Query, into: Float32Array) => into.set(scores.subarray(at, (at += config.items)))
      parts.push(askAll(next, block, config.items))
    }
    const metrics = joined(parts)
    return { means: meansOf(metrics), metrics, asked: sorted }
  } finally {
    table.dispose()
    for (const tensor of Object.values(weights)) tensor.dispose()
  }
}

function joined(parts: readonly QueryMetrics[]): QueryMetrics {
  const column = (name: 'hr' | 'ndcg' | 'mrr' | 'recall') => Float64Array.from(parts.flatMap((part) => [...part[name]]))
  return {
    hr: column('hr'),
    ndcg: column('ndcg'),
    mrr: column('mrr'),
    recall: column('recall'),
    lists: parts.flatMap(({ lists }) => lists),
  }
}

/** (queries · V) */
async function scoresOf(
  weights: Weights,
  config: ModelConfig,
  table: tf.Tensor2D,
  queries: readonly Query[],
): Promise<Float32Array> {
  // All that can reach the last state through all blocks.
  const reach = config.blocks * (config.window - 1) + 1
  const length = Math.max(1, ...queries.map(({ items }) => Math.min(items.length, reach)))
  const size = queries.length * length
  const [rows, actions, gaps] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)]
  const last = queries.map(({ items, actions: done, times }, n) => {
    const skipped = Math.max(0, items.length - length)
    for (let token = skipped; token < items.length; token++) {
      const place = n * length + token - skipped
      const row = items[token] >= 0 ? items[token] : config.items - 1 - items[token]
      rows[place] = Math.min(row, table.shape[0] - 1)
      actions[place] = done[token]
      gaps[place] = gapBucket(times[token], token > 0 ? times[token - 1] : undefined)
    }
    return n * length + Math.max(0, items.length - skipped - 1)
  })
  const scores = tf.tidy(() => {
    const first = firstOfRows(queries.length, length, config.window)
    const batch = { rows, actions, gaps, first, sequences: queries.length, length }
    const states = encode(weights, config, table, batch) // (queries·length, d)
    const asked = tf.gather(states, tf.tensor1d(last, 'int32')) as tf.Tensor2D // (queries, d)
    return score(weights, table, asked) // (queries, V)
  })
  // Not dataSync, which a GPU has in pages alone.
  const values = (await scores.data()) as Float32Array
  scores.dispose()
  return values
}
