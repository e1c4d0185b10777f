/** What makes a training the same one after it was stopped, and what it must remember beside its numbers. */
import { createHash, type Hash } from 'node:crypto'
import { textOf } from '../shared/model/content.ts'
import type { ModelConfig } from '../shared/model/params.ts'
import type { TrainingEnds } from './batches.ts'
import type { TrainingIdentity } from './checkpoint.ts'
import type { Histories } from './datasets/histories.ts'
import type { Preset } from './presets.ts'
import type { EpochRecord } from './train.ts'

/** What a checkpoint says of the passes so far. */
export interface Begun {
  epochs: EpochRecord[]
  best?: EpochRecord
  seconds: number
  /** Of the pass under way: the sum of its losses, and of how many targets. */
  lossSum: number
  asked: number
  /** The divergence watch's. */
  lossLimit?: number
}

/**
 * All that a training's numbers depend on, but for its schedule: how long it goes on may change, and so may the learning
 * rate, which is lowered where the loss ran away.
 */
export function identityOf(
  h: Histories,
  ends: TrainingEnds,
  config: ModelConfig,
  { epochs: _epochs, learningRate: _learningRate, ...shape }: Preset,
  seed: number | string,
  without: readonly string[],
): TrainingIdentity {
  const hash = createHash('sha256')
  for (const { buffer, byteOffset, byteLength } of [h.item, h.action, h.time, ends]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength))
  }
  // What content is made from: not the stock or the links, which a shop's feed changes every day.
  const catalogue = createHash('sha256')
  for (const item of h.items) {
    const { title, category, brand, attributes, price } = item
    catalogue.update(JSON.stringify([textOf(item), title, category, brand, attributes, price]))
  }
  const short = (of: Hash) => of.digest('hex').slice(0, 16)
  return {
    dataset: h.name,
    history: short(hash),
    catalogue: short(catalogue),
    queries: short(createHash('sha256').update(JSON.stringify(h.queries))),
    model: { ...config },
    preset: shape,
    seed: String(seed),
    without: [...without],
  }
}
