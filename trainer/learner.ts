/** Where a training step happens: in this process on whatever back end is ready, or on several threads of the CPU. */
import * as tf from '@tensorflow/tfjs-core'
import { createLearner, nextItemLoss, type TrainingBatch } from '../shared/model/fit.ts'
import { tensorsOf, type Weights } from '../shared/model/model.ts'
import type { Params } from '../shared/model/params.ts'
import { readyBackend } from './backend.ts'
import type { GradientThread } from './gradient-thread.ts'
import { createParallelLearner } from './parallel-learner.ts'

/** What is the same in every step. */
export type Task = Omit<GradientThread, 'part' | 'parts' | 'shared'>

export interface TrainingLearner {
  /**
   * One step; resolves with the loss before it.
   * @param negatives (S) drawn items; absent for the whole catalogue
   * @param seed of what is dropped
   * @throws Error when a thread fails; the learner is then of no more use
   */
  step(batch: TrainingBatch, negatives: Int32Array | undefined, seed: number, learningRate: number): Promise<number>
  params(): Promise<Params>
  close(): Promise<void>
}

/** @param threads above 1 for the WASM back end only: a GPU has its own */
export async function createTrainingLearner(params: Params, task: Task, threads: number): Promise<TrainingLearner> {
  return threads > 1 ? createParallelLearner(params, task, threads) : createLearnerHere(params, task)
}

async function createLearnerHere(params: Params, task: Task): Promise<TrainingLearner> {
  const { checked } = await readyBackend()
  const { config, regularisation, still, logExpected } = task
  const learner = createLearner(tensorsOf(params), still)
  const matrix = (rows?: Float32Array) =>
    rows && tf.tensor2d(rows, [rows.length / config.contentWidth, config.contentWidth])
  const [content, queries] = [matrix(task.content), matrix(task.queries)]
  return {
    step(batch, negatives, seed, learningRate) {
      const drawn = negatives && logExpected ? { items: negatives, logExpected } : undefined
      const loss = (weights: Weights) =>
        nextItemLoss(weights, config, batch, content, queries, regularisation, seed, drawn)
      return checked(() => learner.step(loss, learningRate))
    },
    async params() {
      const read: Params = {}
      for (const [name, tensor] of Object.entries(learner.weights)) {
        read[name] = { shape: tensor.shape, values: Float32Array.from((await tensor.data()) as Float32Array) }
      }
      return read
    },
    async close() {
      learner.dispose()
      content?.dispose()
      queries?.dispose()
    },
  }
}
