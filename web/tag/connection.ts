/**
 * The page's end of the line to a worker. What is said before the worker runs waits; when it cannot run, every
 * question still gets an answer, so that a shelf keeps what the shop put there.
 */
import type { Answering, QuestionList } from '../protocol.ts'
import { startWorker } from './blob-worker.ts'

export interface Asset {
  file: string
  integrity: string
}

/** What is told (`T`) and what can be asked (`Q`). */
export interface Connection<T, Q extends QuestionList<Q>> {
  tell(message: T, transfer?: Transferable[]): void
  /** @throws Error when the worker answers with one, or never started. */
  ask<Name extends keyof Q>(name: Name, question: Q[Name]['with']): Promise<Q[Name]['answer']>
}

/**
 * @param load fetches the worker's code
 * @param onTold gets what the worker says unasked
 * @param onFailure called once, if the worker does not start or breaks
 */
export function connect<T, Q extends QuestionList<Q>, Told extends { type: string } = Answering>(
  load: () => Promise<Uint8Array<ArrayBuffer>>,
  vouch: (url: string) => string,
  onTold: (message: Told) => void = () => {},
  onFailure: () => void = () => {},
): Connection<T, Q> {
  type Message = [message: unknown, transfer: Transferable[]]
  type State =
    | { is: 'starting'; waiting: Message[] }
    | { is: 'running'; worker: Worker }
    | { is: 'failed'; error: Error }
  let state: State = { is: 'starting', waiting: [] }
  const open = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  let questions = 0

  const fail = (reason: string) => {
    const error = new Error(reason)
    if (state.is === 'running') state.worker.terminate()
    state = { is: 'failed', error }
    for (const { reject } of open.values()) reject(error)
    open.clear()
    onFailure()
  }

  const start = async () => {
    const worker = startWorker(await load(), vouch)
    worker.onmessage = ({ data }: MessageEvent<Told | Answering>) => {
      if (!isAnswering(data)) return onTold(data)
      if (data.request === undefined) return
      const asker = open.get(data.request)
      open.delete(data.request)
      if (data.type === 'error') asker?.reject(new Error(data.message))
      else asker?.resolve(data.value as never)
    }
    worker.onerror = (event) => {
      event.preventDefault() // else the shop's own error monitor would be told of ours
      fail('the worker broke, or the page’s policy lacks worker-src blob:')
    }
    const waiting = state.is === 'starting' ? state.waiting : []
    state = { is: 'running', worker }
    for (const [message, transfer] of waiting) worker.postMessage(message, transfer)
  }
  start().catch((error: Error) => fail(`the worker could not be loaded: ${error.message}`))

  const send = (message: unknown, transfer: Transferable[] = []) => {
    if (state.is === 'running') state.worker.postMessage(message, transfer)
    else if (state.is === 'starting') state.waiting.push([message, transfer])
  }
  return {
    tell: send,
    ask(name, question) {
      if (state.is === 'failed') return Promise.reject(state.error)
      const request = ++questions
      return new Promise((resolve, reject) => {
        open.set(request, { resolve, reject })
        send({ ...question, type: name, request })
      })
    },
  }
}

function isAnswering(message: { type: string }): message is Answering {
  return message.type === 'answer' || message.type === 'error'
}
