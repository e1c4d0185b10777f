/**
 * The page's end of the line to the worker. What is said before the worker runs waits; when it cannot run, every
 * question still gets an answer, so that a shelf keeps what the shop put there.
 */
import { getAsset } from '../network.ts'
import type { FromWorker, ToWorker } from '../protocol.ts'
import type { Change } from './api.ts'
import { startWorker } from './blob-worker.ts'

export interface Asset {
  file: string
  integrity: string
}

type Question = Extract<ToWorker, { request: number }>
type Answer = Extract<FromWorker, { request: number }>
type Unnumbered<Q> = Q extends Question ? Omit<Q, 'request'> : never

export interface Connection {
  tell(message: ToWorker, transfer?: Transferable[]): void
  /** @throws Error when the worker answers with one, or never started. */
  ask(question: Unnumbered<Question>): Promise<Answer>
}

/**
 * @param beforeStart called when the worker's code is there and the worker has asked for nothing yet
 * @param afterwards called once, when the worker has asked for all that it needs, or will not
 */
export function connect(
  edge: string,
  asset: Asset,
  vouch: (url: string) => string,
  beforeStart: () => Promise<void>,
  onChange: (what: Change) => void,
  afterwards: () => void,
): Connection {
  type State =
    | { is: 'starting'; waiting: ToWorker[] }
    | { is: 'running'; worker: Worker }
    | { is: 'failed'; error: Error }
  let state: State = { is: 'starting', waiting: [] }
  const open = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>()
  let questions = 0
  let finished = false
  const finish = () => {
    if (!finished) afterwards()
    finished = true
  }

  const fail = (reason: string) => {
    const error = new Error(reason)
    if (state.is === 'running') state.worker.terminate()
    state = { is: 'failed', error }
    for (const { reject } of open.values()) reject(error)
    open.clear()
    finish()
  }

  const start = async () => {
    const code = await getAsset(edge, asset.file, asset.integrity)
    await beforeStart()
    const worker = startWorker(code, vouch)
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'changed') onChange(data.what)
      else if (data.type === 'settled') finish()
      else if (data.request !== undefined) {
        const asker = open.get(data.request)
        open.delete(data.request)
        if (data.type === 'error') asker?.reject(new Error(data.message))
        else asker?.resolve(data as Answer)
      }
    }
    worker.onerror = (event) => {
      event.preventDefault() // else the shop's own error monitor would be told of ours
      fail('the worker did not start or broke; a Content-Security-Policy needs worker-src blob:')
    }
    const waiting = state.is === 'starting' ? state.waiting : []
    state = { is: 'running', worker }
    for (const message of waiting) worker.postMessage(message)
  }
  start().catch((error: Error) => fail(`the worker could not be loaded: ${error.message}`))

  const tell = (message: ToWorker, transfer: Transferable[] = []) => {
    if (state.is === 'running') state.worker.postMessage(message, transfer)
    else if (state.is === 'starting') state.waiting.push(message)
  }
  return {
    tell,
    ask(question) {
      if (state.is === 'failed') return Promise.reject(state.error)
      const request = ++questions
      return new Promise((resolve, reject) => {
        open.set(request, { resolve, reject })
        tell({ ...question, request } as Question)
      })
    },
  }
}
