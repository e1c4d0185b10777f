/**
 * Trains on several cores: each batch is divided among threads, each with a TF.js of its own on the WASM back end, which is
 * single-threaded in Node. Gradients are summed in shared memory (`gradient-thread.ts`).
 */
import { Worker } from 'node:worker_threads'
import type { TrainingBatch } from '../shared/model/fit.ts'
import { flatten, type Params, unflatten } from '../shared/model/params.ts'
import type { GradientThread, PartialStep, SharedTraining, ThreadAnswer } from './gradient-thread.ts'
import type { LearnedSoFar, Task, TrainingLearner } from './learner.ts'
import { UserError } from './user-error.ts'

export async function createParallelLearner(
  params: Params,
  task: Task,
  parts: number,
  say: (message: string) => void = () => {},
  from?: LearnedSoFar,
): Promise<TrainingLearner> {
  const flat = flatten(params)
  const zeros = (floats: number) => new Float32Array(new SharedArrayBuffer(4 * floats))
  const n = flat.length
  const shared: SharedTraining = {
    weights: zeros(n),
    means: zeros(n),
    squares: zeros(n),
    gradients: zeros(parts * n),
    arrived: new Int32Array(new SharedArrayBuffer(4)),
  }
  shared.weights.set(flat)
  let steps = 0
  if (from) {
    steps = from.steps
    shared.means.set(from.moments.means)
    shared.squares.set(from.moments.squares)
    // As if all had made these steps here.
    shared.arrived[0] = steps * parts
  }
  const started = await Promise.allSettled(
    Array.from({ length: parts }, (_, part) => startThread({ ...task, part, parts, shared }, say)),
  )
  const threads = started.flatMap((thread) => (thread.status === 'fulfilled' ? [thread.value] : []))
  const close = async () => {
    await Promise.all(threads.map((thread) => thread.close()))
  }
  const failed = started.find((thread) => thread.status === 'rejected')
  if (failed) {
    await close()
    throw failed.reason
  }
  return {
    async step(batch, negatives, seed, learningRate) {
      const divided = divide(batch, parts)
      const step = ++steps
      const losses = await Promise.all(
        threads.map((thread, part) => {
          const own = divided[part]
          const share = own ? own.at.length / batch.at.length : 0
          return thread.ask({ batch: own, share, negatives, seed, step, learningRate })
        }),
      )
      return losses.reduce((sum, loss) => sum + loss, 0)
    },
    params: async () => unflatten(task.config, Float32Array.from(shared.weights)),
    moments: async () => ({ means: Float32Array.from(shared.means), squares: Float32Array.from(shared.squares) }),
    tensors: () => threads.reduce((sum, thread) => sum + thread.tensors(), 0),
    close,
  }
}

async function startThread(given: GradientThread, say: (message: string) => void) {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: given, execArgv: [] })
  let settle: { resolve(loss: number): void; reject(error: Error): void } | undefined
  let tensors = 0
  const answer = () =>
    new Promise<number>((resolve, reject) => {
      settle = { resolve, reject }
    })
  worker.on('message', (message: ThreadAnswer) => {
    if ('said' in message) say(message.said)
    else if ('failed' in message) settle?.reject(errorOf(message))
    else {
      tensors = message.tensors
      settle?.resolve(message.loss)
    }
  })
  worker.on('error', (error) => settle?.reject(error as Error))
  try {
    await answer()
  } catch (error) {
    // It says that it failed before it has ended, if it ends at all.
    await worker.terminate()
    throw error
  }
  return {
    ask(step: PartialStep) {
      const answered = answer()
      worker.postMessage(step)
      return answered
    },
    tensors: () => tensors,
    close: () => worker.terminate(),
  }
}

/** An error loses its class between threads. */
function errorOf({ failed, remedy }: { failed: string; remedy?: string }): Error {
  return remedy === undefined ? new Error(failed) : new UserError(failed, remedy)
}

/** Rows of a batch, about as many to each part. A part without a target is undefined. */
export function divide(batch: TrainingBatch, parts: number): (TrainingBatch | undefined)[] {
  const { sequences, length } = batch
  return Array.from({ length: parts }, (_, part) => {
    const [first, last] = [part, part + 1].map((edge) => Math.floor((sequences * edge) / parts) * length)
    const inside = batch.at.map((place) => (place >= first && place < last ? 1 : 0))
    const at = batch.at.filter((_, n) => inside[n]).map((place) => place - first)
    if (at.length === 0) return undefined
    return {
      rows: batch.rows.slice(first, last),
      actions: batch.actions.slice(first, last),
      gaps: batch.gaps.slice(first, last),
      first: batch.first.slice(first, last).map((place) => place - first),
      sequences: (last - first) / length,
      length,
      from: (batch.from ?? 0) + first,
      at,
      targets: batch.targets.filter((_, n) => inside[n]),
    }
  })
}
