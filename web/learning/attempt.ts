/**
 * One attempt at learning: when no other tab of the shop learns, a worker of its own is started, given the history, waited
 * for and ended. A tab that is closed takes it along, and what was accepted before stands.
 */
import type { LessonRequest, LessonResult } from './protocol.ts'

export type Attempt = LessonResult | { outcome: 'other-tab' | 'no-locks' | 'timed-out' }

/** A lesson takes seconds; on a device where it takes this long it is not worth its heat. */
const TIMEOUT_MS = 120_000
const LOCK = 'vitrine-learning'

/**
 * @param locks `navigator.locks`; without them nothing says that no other tab learns, so none does
 * @param start starts the learning worker
 */
export async function attemptLesson(
  request: LessonRequest,
  locks: LockManager | undefined,
  start: () => Worker,
  timeoutMs = TIMEOUT_MS,
): Promise<Attempt> {
  if (!locks) return { outcome: 'no-locks' }
  return locks.request(LOCK, { ifAvailable: true }, async (lock): Promise<Attempt> => {
    if (!lock) return { outcome: 'other-tab' }
    let worker: Worker | undefined
    try {
      worker = start()
      return (await answerOf<LessonResult>(worker, request, timeoutMs)) ?? { outcome: 'timed-out' }
    } catch {
      return { outcome: 'failed' } // a page's policy, or a worker's death
    } finally {
      worker?.terminate()
    }
  })
}

/** @returns undefined where it takes too long @throws Error where it breaks off */
export function answerOf<T>(worker: Worker, request: object, timeoutMs = TIMEOUT_MS): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), timeoutMs)
    worker.onmessage = ({ data }: MessageEvent<T>) => {
      clearTimeout(timer)
      resolve(data)
    }
    worker.onerror = (event) => {
      event.preventDefault() // else the shop's own error monitor would be told of ours
      clearTimeout(timer)
      reject(new Error('it broke off'))
    }
    worker.postMessage(request)
  })
}
