/**
 * Many shoppers' devices on a few threads: each thread has the backbone, everybody's lessons and a TF.js of its own, and runs
 * for each of them what a browser runs (`shared/model/local-update.ts`), from the model as it would be published.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { CompiledModel } from '../../shared/model/compile.ts'
import type { LocalTraining } from '../../shared/model/local-update.ts'
import type { Lesson, Question } from './material.ts'

/** What a thread is started with. */
export interface CrowdThread {
  backbone: CompiledModel
  lessons: readonly Lesson[]
  questions: readonly Question[]
  /** (V) how often everyone wanted each item */
  popularity: Float32Array
  training: LocalTraining
}

/** One that learns: from which of the lessons, and what the draws of its negatives follow from. */
export interface Device {
  lesson: number
  seed: string
}

export type CrowdTask =
  | { task: 'update'; vector: Float64Array; devices: Device[] }
  | { task: 'foretell'; vector: Float64Array; questions: number[] }

/** What was said of each wish of each question, one after the other. */
export interface Told {
  ndcg: Float64Array
  /** Nats. */
  losses: Float64Array
}

export type CrowdAnswer = { updates: Float32Array[] } | { told: Told[] } | { failed: string } | { ready: true }

export interface Crowd {
  /** Each device's update, not clipped. @param vector (d) of the model that is published */
  updates(vector: Float64Array, devices: readonly Device[]): Promise<Float32Array[]>
  /** What the model says of each question's wishes. */
  foretell(vector: Float64Array, questions: readonly number[]): Promise<Told[]>
  close(): Promise<void>
}

const MAX_THREADS = 8

/** @throws Error when a thread fails */
export async function openCrowd(
  given: CrowdThread,
  threads = Math.min(MAX_THREADS, availableParallelism()),
): Promise<Crowd> {
  const workers = await Promise.all(Array.from({ length: threads }, () => startThread(given)))
  /** In shares of one after the other, so that the answers are in the order of the questions. */
  async function divided<Of, T>(of: readonly Of[], ask: (worker: Thread, part: Of[]) => Promise<T[]>): Promise<T[]> {
    const share = Math.ceil(of.length / workers.length)
    const parts = await Promise.all(
      workers.map((worker, n) => {
        const part = of.slice(n * share, (n + 1) * share)
        return part.length > 0 ? ask(worker, part) : []
      }),
    )
    return parts.flat()
  }
  return {
    updates: (vector, of) =>
      divided(of, async (worker, devices) => {
        const answer = await worker.ask({ task: 'update', vector, devices })
        return 'updates' in answer ? answer.updates : []
      }),
    foretell: (vector, of) =>
      divided(of, async (worker, questions) => {
        const answer = await worker.ask({ task: 'foretell', vector, questions })
        return 'told' in answer ? answer.told : []
      }),
    async close() {
      await Promise.all(workers.map((worker) => worker.close()))
    },
  }
}

interface Thread {
  ask(task: CrowdTask): Promise<CrowdAnswer>
  close(): Promise<unknown>
}

async function startThread(given: CrowdThread): Promise<Thread> {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: given, execArgv: [] })
  let settle: { resolve(answer: CrowdAnswer): void; reject(error: Error): void } | undefined
  const answered = () =>
    new Promise<CrowdAnswer>((resolve, reject) => {
      settle = { resolve, reject }
    })
  worker.on('message', (answer: CrowdAnswer) => {
    if ('failed' in answer) settle?.reject(new Error(answer.failed))
    else settle?.resolve(answer)
  })
  worker.on('error', (error) => settle?.reject(error as Error))
  await answered()
  return {
    ask(task) {
      const answer = answered()
      worker.postMessage(task)
      return answer
    },
    close: () => worker.terminate(),
  }
}
