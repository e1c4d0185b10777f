/** Where a training step happens: in this process on whatever back end is ready, or on several threads of the CPU. */
import * as tf from '@tensorflow/tfjs-core'
import type { Moments } from '../shared/model/adam.ts'
import { createLearner, nextItemLoss, type TrainingBatch } from '../shared/model/fit.ts'
import { paramsOf, tensorsOf, type Weights } from '../shared/model/model.ts'
import { sparseTensors } from '../shared/model/ops.ts'
import { flatten, type Params, unflatten } from '../shared/model/params.ts'
import { readyBackend } from './backend.ts'
import { createFittingStep } from './fitting-step.ts'
import type { GradientThread } from './gradient-thread.ts'
import { createParallelLearner } from './parallel-learner.ts'

/** What is the same in every step. */
export type Task = Omit<GradientThread, 'part' | 'parts' | 'shared'>

/** Where a learner that was stopped goes on. */
export interface LearnedSoFar {
  /** Steps taken. */
  steps: number
  /** Flat, in the order of `paramShapes`. */
  moments: Moments
}

export interface TrainingLearner {
  /**
   * One step; resolves with the loss before it. What does not fit into memory is halved.
   * @param negatives (S) drawn items; absent for the whole catalogue
   * @param seed of what is dropped
   * @throws Error when a thread fails; the learner is then of no more use
   */
  step(batch: TrainingBatch, negatives: Int32Array | undefined, seed: number, learningRate: number): Promise<number>
  params(): Promise<Params>
  moments(): Promise<Moments>
  /** How many TF.js holds after the last step, in all threads. */
  tensors(): number
  close(): Promise<void>
}

/**
 * @param threads above 1 for the WASM back end only: a GPU has its own
 * @param say is told of batches that are halved
 */
export async function createTrainingLearner(
  params: Params,
  task: Task,
  threads: number,
  say: (message: string) => void = () => {},
  from?: LearnedSoFar,
): Promise<TrainingLearner> {
  const create = threads > 1 ? createParallelLearner : createLearnerHere
  return create(params, task, threads, say, from)
}

async function createLearnerHere(
  params: Params,
  task: Task,
  _threads: number,
  say: (message: string) => void,
  from?: LearnedSoFar,
): Promise<TrainingLearner> {
  const { checked } = await readyBackend()
  const { config, regularisation, still, logExpected } = task
  const tensors = (flat: Float32Array) => tensorsOf(unflatten(config, flat))
  const learner = createLearner(
    tensorsOf(params),
    still,
    from && { steps: from.steps, means: tensors(from.moments.means), squares: tensors(from.moments.squares) },
  )
  const [content, queries] = [task.content, task.queries].map((matrix) => matrix && sparseTensors(matrix))
  let lossOf: (batch: TrainingBatch) => (weights: Weights) => tf.Scalar
  // Checked part by part: a GPU says that a batch does not fit when asked, and is at zeros by then.
  const fitting = createFittingStep(async ({ batch }) => {
    let made: ReturnType<typeof learner.gradients> | undefined
    try {
      return await checked(async () => {
        made = learner.gradients(lossOf(batch))
        const [loss] = await made.loss.data()
        return { loss, gradients: made.gradients }
      })
    } catch (error) {
      for (const gradient of Object.values(made?.gradients ?? {})) gradient.dispose()
      throw error
    } finally {
      made?.loss.dispose()
    }
  }, say)
  return {
    async step(batch, negatives, seed, learningRate) {
      const drawn = negatives && logExpected ? { items: negatives, logExpected } : undefined
      lossOf = (part) => (weights) => nextItemLoss(weights, config, part, content, queries, regularisation, seed, drawn)
      const parts = await fitting.run(batch)
      const gradients = weightedSum(parts.map(({ result, share }) => ({ gradients: result.gradients, share })))
      await checked(async () => learner.move(gradients, learningRate))
      return parts.reduce((sum, { result, share }) => sum + share * result.loss, 0)
    },
    params: () => paramsOf(learner.weights),
    async moments() {
      const [means, squares] = [await paramsOf(learner.moments.means), await paramsOf(learner.moments.squares)]
      return { means: flatten(means), squares: flatten(squares) }
    },
    tensors: () => tf.memory().numTensors,
    async close() {
      learner.dispose()
      content?.dispose()
      queries?.dispose()
    },
  }
}

/** Takes the gradients over. */
function weightedSum(parts: { gradients: Weights; share: number }[]): Weights {
  if (parts.length === 1) return parts[0].gradients
  const sum: Weights = {}
  for (const name of Object.keys(parts[0].gradients)) {
    // In pairs: `addN` of more than seven asks for more buffers than WebGPU promises, and writes nothing.
    sum[name] = tf.tidy(() =>
      parts
        .map(({ gradients, share }): tf.Tensor => tf.mul(gradients[name], share))
        .reduce((all, part) => tf.add(all, part)),
    )
    for (const { gradients } of parts) gradients[name].dispose()
  }
  return sum
}
