/**
 * One thread of `parallel-learner.ts`: gradients of its part of each batch, then Adam on its segment of the parameters.
 *
 * Weights and gradients lie in memory that all threads share, flat, in the order of `paramShapes`. A step:
 *
 *     copy the shared weights in · gradients of the own part → own row of `gradients` · wait for all ·
 *     sum one segment over all rows, always in the same order · Adam on that segment, back into the shared weights
 *
 * so that sums and Adam are divided among the threads too, and the result depends on no race, and on how many there are in the last digits alone.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { adam } from '../shared/model/adam.ts'
import { nextItemLoss, type Regularisation, type TrainingBatch } from '../shared/model/fit.ts'
import { tensorsOf } from '../shared/model/model.ts'
import { sparseTensors } from '../shared/model/ops.ts'
import { type ModelConfig, paramShapes, sizeOf, unflatten } from '../shared/model/params.ts'
import type { SparseMatrix } from '../shared/model/sparse.ts'
import { readyBackend } from './backend.ts'
import { createFittingStep } from './fitting-step.ts'
import { UserError } from './user-error.ts'

/** What a thread is started with. */
export interface GradientThread {
  part: number
  parts: number
  config: ModelConfig
  regularisation: Regularisation
  /** Names of parameters that are not moved. */
  still?: readonly string[]
  /** (V, C) */
  content?: SparseMatrix
  /** (Q, C) */
  queries?: SparseMatrix
  /** (V), for steps on a sample of the catalogue. */
  logExpected?: Float32Array
  shared: SharedTraining
}

/** Views of memory that all threads share; n parameters, P threads. */
export interface SharedTraining {
  /** (n) */
  weights: Float32Array
  /** (n) Adam's */
  means: Float32Array
  /** (n) Adam's */
  squares: Float32Array
  /** (P, n) */
  gradients: Float32Array
  /** How many have made their gradients since the start; −1 after one has failed. */
  arrived: Int32Array
}

export interface PartialStep {
  /** Absent where a thread has nothing to ask. */
  batch?: TrainingBatch
  /** Of all targets of the whole batch, those of this part. */
  share: number
  /** (S) drawn items; absent for the whole catalogue */
  negatives?: Int32Array
  seed: number
  /** From 1. */
  step: number
  learningRate: number
}

/** `tensors`: how many TF.js holds in the thread. */
export type ThreadAnswer = { loss: number; tensors: number } | { failed: string; remedy?: string } | { said: string }

const {
  part,
  parts,
  config,
  regularisation,
  still = [],
  content,
  queries,
  logExpected,
  shared,
} = workerData as GradientThread
const port = parentPort
if (!port) throw new Error('gradient-thread.ts runs as a thread of parallel-learner.ts')

await readyBackend('wasm')
const backend = tf.backend() as BackendWasm
const [contentTensors, queryTensors] = [content, queries].map((matrix) => matrix && sparseTensors(matrix))
const size = shared.weights.length
const variables: Record<string, tf.Variable> = Object.fromEntries(
  Object.entries(tensorsOf(unflatten(config, shared.weights))).map(([name, tensor]) => [name, tf.variable(tensor)]),
)
const segment = Math.ceil(size / parts)
const [from, to] = [Math.min(size, part * segment), Math.min(size, (part + 1) * segment)]

/** Where each parameter lies in the flat vector. */
function* places(): Generator<[string, number, number]> {
  let at = 0
  for (const [name, shape] of Object.entries(paramShapes(config))) {
    const length = sizeOf(shape)
    yield [name, at, length]
    at += length
  }
}

const own = shared.gradients.subarray(part * size, (part + 1) * size)
let current: PartialStep
const fitting = createFittingStep(
  async ({ batch, share }) => addGradients(batch, current, share * current.share),
  (said) => port.postMessage({ said } satisfies ThreadAnswer),
)

async function gradientsOf(step: PartialStep): Promise<number> {
  own.fill(0)
  if (!step.batch) return 0
  current = step
  for (const [name, at, length] of places()) {
    backend.typedArrayFromHeap(variables[name]).set(shared.weights.subarray(at, at + length))
  }
  const parts = await fitting.run(step.batch)
  return parts.reduce((sum, { result }) => sum + result, 0)
}

/** Adds the gradients of a part's loss, times its share, to the own ones. @returns the loss, times the share */
function addGradients(batch: TrainingBatch, { negatives, seed }: PartialStep, share: number): number {
  const drawn = negatives && logExpected ? { items: negatives, logExpected } : undefined
  const { value, grads } = tf.variableGrads(
    () => nextItemLoss(variables, config, batch, contentTensors, queryTensors, regularisation, seed, drawn),
    Object.values(variables),
  )
  for (const [name, at, length] of places()) {
    const gradient = grads[variables[name].name] as tf.Tensor | null
    if (gradient && !still.includes(name)) {
      const place = own.subarray(at, at + length)
      const values = backend.typedArrayFromHeap(gradient)
      for (let i = 0; i < length; i++) place[i] += share * values[i]
    }
    gradient?.dispose()
  }
  const [loss] = value.dataSync()
  value.dispose()
  return share * loss
}

/** Waits until every thread has made its gradients for this step. @returns false where one has failed */
function waitForAll(step: number): boolean {
  const { arrived } = shared
  const wanted = step * parts
  if (Atomics.add(arrived, 0, 1) + 1 === wanted) Atomics.notify(arrived, 0)
  for (let seen = Atomics.load(arrived, 0); seen < wanted; seen = Atomics.load(arrived, 0)) {
    if (seen < 0) return false
    Atomics.wait(arrived, 0, seen)
  }
  return true
}

function sumAndMove(step: number, learningRate: number): void {
  const sum = shared.gradients.subarray(from, to)
  for (let other = 1; other < parts; other++) {
    const more = shared.gradients.subarray(other * size + from, other * size + to)
    for (let i = 0; i < sum.length; i++) sum[i] += more[i]
  }
  const [weights, means, squares] = [shared.weights, shared.means, shared.squares].map((all) => all.subarray(from, to))
  adam(weights, sum, { means, squares }, step, learningRate)
}

port.on('message', async (message: PartialStep) => {
  try {
    const loss = await gradientsOf(message)
    // The thread that failed says why: an answer of this one might come before its.
    if (!waitForAll(message.step)) return
    sumAndMove(message.step, message.learningRate)
    port.postMessage({ loss, tensors: tf.memory().numTensors } satisfies ThreadAnswer)
  } catch (error) {
    Atomics.store(shared.arrived, 0, -1)
    Atomics.notify(shared.arrived, 0)
    const remedy = error instanceof UserError ? { remedy: error.remedy } : {}
    port.postMessage({ failed: (error as Error).message, ...remedy } satisfies ThreadAnswer)
  }
})
port.postMessage({ loss: 0, tensors: tf.memory().numTensors } satisfies ThreadAnswer)
