/** A whole training: split, network, blend, run folder. What `vitrine train` and `vitrine start` do. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { type Models, popularityShare } from '../shared/model/rank.ts'
import { countRules, withinSession } from '../shared/model/rules.ts'
import { popularityCounts } from './baselines.ts'
import { itemSequences } from './batches.ts'
import { fitBlend, type ModelsAt, SINGLE } from './blend.ts'
import type { Histories } from './datasets/histories.ts'
import { wantedEvents } from './evaluate.ts'
import type { Preset } from './presets.ts'
import { datesOf, split } from './protocol.ts'
import { type Query, sampleQueries, visitQueries, withoutSeen } from './queries.ts'
import { type RunInfo, writeRun } from './run-folder.ts'
import { type Trained, type TrainOptions, train } from './train.ts'

/** Validation queries asked after each pass, and for the blend: enough to tell .005 of NDCG apart, seconds to ask. */
export const TUNING_QUERIES = 800

/** Popular in the last week, as the shop knew it at each moment. */
export const POPULARITY_DAYS = 7

/**
 * The counting models as they were known at each moment: rules from the training part, popularity from the days before.
 * @param network joins them when it is there
 */
export function modelsAt(h: Histories, trainEnds: Uint32Array, network?: Models['network']): ModelsAt {
  const V = h.items.length
  const next = countRules(itemSequences(h, trainEnds), V, h.selfTransitions ? withinSession : undefined)
  const rules = { next, together: next, popularity: new Float32Array(V) }
  const counts = h.timed
    ? popularityCounts(wantedEvents(h, h.start.slice(1)), V, POPULARITY_DAYS)
    : popularityCounts(wantedEvents(h, trainEnds), V, undefined)
  const shares = new Map<Float32Array, Float32Array>()
  return (time) => {
    const count = counts(time)
    let popularity = shares.get(count)
    if (!popularity) {
      popularity = popularityShare(count)
      shares.set(count, popularity)
    }
    return { rules, popularity, weights: SINGLE.rules, ...(network ? { network } : {}) }
  }
}

/**
 * What training is stopped by and the blend is fitted on: visits under way, and only items not seen before, because that
 * is what a shelf is asked for. Leave-one-out where there are no times.
 */
export function tuningSplit(h: Histories): { trainEnds: Uint32Array; validation: Query[]; description: string } {
  const found = split(h, h.timed ? 'time-split' : 'leave-one-out')
  const dates = h.timed ? datesOf(h) : undefined
  const visits = dates ? visitQueries(h, dates.validation, dates.test, 'during') : found.validation
  return {
    trainEnds: found.train,
    validation: sampleQueries(withoutSeen(visits), TUNING_QUERIES, 'tuning'),
    description: `${found.description}; tuned on visits under way, items not seen before`,
  }
}

/** In the run's folder, while it is trained. */
export const CHECKPOINT = 'checkpoint.vta'

export async function trainRun(
  h: Histories,
  folder: string,
  options: Omit<TrainOptions, 'checkpoint'> & { preset: Preset; data?: string },
): Promise<{ trained: Trained; info: RunInfo }> {
  const { trainEnds, validation, description } = tuningSplit(h)
  const checkpoint = join(folder, CHECKPOINT)
  const trained = await train(h, trainEnds, validation, { ...options, checkpoint })
  const { weights, ndcg } = fitBlend(modelsAt(h, trainEnds, trained.compiled), validation, h.queries)
  const info: RunInfo = {
    format: 'vitrine-run/1',
    dataset: h.name,
    ...(options.data === undefined ? {} : { data: options.data }),
    preset: options.preset,
    seed: options.seed,
    split: description,
    epochs: trained.epochs,
    best: trained.best,
    blend: { weights, validationNdcg: ndcg },
    backend: tf.getBackend(),
  }
  await writeRun(folder, info, trained.config, trained.params)
  await rm(checkpoint, { force: true })
  return { trained, info }
}
