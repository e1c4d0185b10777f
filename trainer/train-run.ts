/** A whole training: split, network, blend, run folder. What `vitrine train` and `vitrine start` do. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { Histories } from './datasets/histories.ts'
import { datesOf, split } from './protocol.ts'
import { type Query, sampleQueries, visitQueries, withoutSeen } from './queries.ts'
import { fitRanking } from './ranking.ts'
import { type NetworkName, type RunInfo, writeRun } from './run-folder.ts'
import { type TrainOptions, type TrainProgress, train } from './train.ts'

/** Validation queries asked after each pass, and for the blend: enough to tell .005 of NDCG apart, seconds to ask. */
export const TUNING_QUERIES = 800

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
