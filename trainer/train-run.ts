/** A whole training: split, network, blend, run folder. What `vitrine train` and `vitrine start` do. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { type BlendWeights, type Models, popularityShare } from '../shared/model/rank.ts'
import { popularityCounts } from './baselines.ts'
import { blendScorer, fitBlend, type ModelsAt, SINGLE } from './blend.ts'
import { type Histories, isTitled } from './datasets/histories.ts'
import { askAll, K, meansOf, wantedEvents } from './evaluate.ts'
import { nextRules } from './next-rules.ts'
import { datesOf, split } from './protocol.ts'
import { type Query, sampleQueries, visitQueries, withoutSeen } from './queries.ts'
import { type NetworkName, type RunInfo, writeRun } from './run-folder.ts'
import { type TrainOptions, type TrainProgress, train } from './train.ts'

/** Validation queries asked after each pass, and for the blend: enough to tell .005 of NDCG apart, seconds to ask. */
export const TUNING_QUERIES = 800

/** Where validation does not tell: a new item counts as much as a usual first follower, by the square of its likeness. */
export const USUAL_NEW_ITEMS = 1
/** More is no better: with 2.5 and 4 to choose from, what placing gains in the sample shop is .0108, without .0110. */
const NEW_ITEMS = [USUAL_NEW_ITEMS, 0, 0.5, 1.5]

/** Popular in the last week, as the shop knew it at each moment. */
export const POPULARITY_DAYS = 7

/**
 * The models as they were known at each moment: rules from the training part as a bundle carries them, popularity from the
 * days before.
 * @param network joins the counting ones when it is there
 * @param newItems strength with which what training never saw wanted is placed
 */
export function modelsAt(
  h: Histories,
  trainEnds: Uint32Array,
  network?: Models['network'],
  newItems = USUAL_NEW_ITEMS,
): ModelsAt {
  const V = h.items.length
  const next = nextRules(h, trainEnds, newItems)
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

/** How a bundle ranks, as validation has it. */
export interface Ranking {
  weights: BlendWeights
  /** Strength with which new items are placed. */
  newItems: number
}

/** @returns the ranking, and the NDCG@k it has on these queries: first the weights, then how strongly new items are placed */
export function fitRanking(
  h: Histories,
  trainEnds: Uint32Array,
  network: Models['network'],
  queries: readonly Query[],
  k = K,
): Ranking & { ndcg: number } {
  const { weights, ndcg } = fitBlend(modelsAt(h, trainEnds, network), queries, h.queries, k)
  const usual = { weights, newItems: USUAL_NEW_ITEMS, ndcg }
  if (!isTitled(h)) return usual
  const worthOf = (newItems: number) => {
    const scorer = blendScorer(modelsAt(h, trainEnds, network, newItems), h.queries, weights, h.items.length)
    return meansOf(askAll(scorer, queries, h.items.length, k)).ndcg
  }
  return NEW_ITEMS.map((newItems) => ({ weights, newItems, ndcg: worthOf(newItems) })).reduce((a, b) =>
    b.ndcg > a.ndcg ? b : a,
  )
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

/** In the run's folder, while it is trained: a training each. */
const CHECKPOINTS = { measured: 'checkpoint.vta', shipped: 'checkpoint-whole.vta' } as const

/** Of a training that was stopped, or has come to its end. */
export async function forgetCheckpoints(folder: string): Promise<void> {
  for (const file of Object.values(CHECKPOINTS)) await rm(join(folder, file), { force: true })
}

export type TrainRunOptions = Omit<TrainOptions, 'checkpoint' | 'content'> & { data?: string }

/**
 * Trains twice: up to validation, for the number of passes, the blend's weights and every figure; then from everything, for
 * as many passes, which is what ships. Its checkpoints stay until `forgetCheckpoints`.
 */
export async function trainRun(h: Histories, folder: string, options: TrainRunOptions): Promise<RunInfo> {
  const { trainEnds, validation, description } = tuningSplit(h)
  const { preset, seed, data, maxSeconds = Number.POSITIVE_INFINITY, onProgress, say } = options
  const checkpoint = (name: NetworkName) => join(folder, CHECKPOINTS[name])
  const half = (from: number) => (progress: TrainProgress) =>
    onProgress?.({
      ...progress,
      done: from + progress.done / 2,
      secondsLeft: (from === 0 ? 2 : 1) * progress.secondsLeft,
    })
  const measured = await train(h, trainEnds, validation, {
    ...options,
    maxSeconds: maxSeconds / 2,
    checkpoint: checkpoint('measured'),
    onProgress: half(0),
  })
  const { weights, newItems, ndcg } = fitRanking(h, trainEnds, measured.compiled, validation)
  const passes = measured.best.epoch
  say?.(
    `validation NDCG@10 ${measured.best.ndcg.toFixed(4)} after pass ${passes}; now as many over everything, to ship`,
  )
  const shipped = await train(h, h.start.slice(1), [], {
    ...options,
    preset: { ...preset, epochs: passes },
    maxSeconds: maxSeconds / 2,
    checkpoint: checkpoint('shipped'),
    onProgress: half(0.5),
  })
  const { loss, seconds } = shipped.best
  const info: RunInfo = {
    format: 'vitrine-run/1',
    dataset: h.name,
    ...(data === undefined ? {} : { data }),
    preset,
    seed,
    split: description,
    epochs: measured.epochs,
    best: measured.best,
    whole: { passes: shipped.epochs.length, loss, seconds },
    blend: { weights, newItems, validationNdcg: ndcg },
    backend: tf.getBackend(),
  }
  await writeRun(folder, info, measured.config, { measured: measured.params, shipped: shipped.params })
  return info
}
