/**
 * One attempt at learning, from the shopper's worker: when the device may, and no other tab of the shop does, a worker of
 * its own is started, given the history, waited for and ended. A tab that is closed takes it along, and what was accepted
 * before stands.
 */
import { type Condition, type DeviceState, unmetConditions } from './conditions.ts'
import type { LessonRequest, LessonResult } from './protocol.ts'

export type Attempt =
  | LessonResult
  /** Of what is waited for, all of it. */
  | { outcome: 'waiting'; for: Condition[] }
  | { outcome: 'other-tab' | 'no-locks' | 'timed-out' }

/** A lesson takes seconds; on a device where it takes this long it is not worth its heat. */
const TIMEOUT_MS = 120_000
const LOCK = 'vitrine-learning'

/**
 * @param locks `navigator.locks`; without them nothing says that no other tab learns, so none does
 * @param start fetches and starts the learning worker
 */
export async function attemptLesson(
  device: DeviceState,
  request: LessonRequest,
  locks: LockManager | undefined,
  start: () => Promise<Worker>,
  timeoutMs = TIMEOUT_MS,
): Promise<Attempt> {
  const unmet = unmetConditions(device)
  if (unmet.length > 0) return { outcome: 'waiting', for: unmet }
  if (!locks) return { outcome: 'no-locks' }
  return locks.request(LOCK, { ifAvailable: true }, async (lock): Promise<Attempt> => {
    if (!lock) return { outcome: 'other-tab' }
    const worker = await start().catch(() => undefined)
    if (!worker) return { outcome: 'failed' }
    try {
      return await answerOf(worker, request, timeoutMs)
    } finally {
      worker.terminate()
    }
  })
}

function answerOf(worker: Worker, request: LessonRequest, timeoutMs: number): Promise<Attempt> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ outcome: 'timed-out' }), timeoutMs)
    const answer = (attempt: Attempt) => {
      clearTimeout(timer)
      resolve(attempt)
    }
    worker.onmessage = ({ data }: MessageEvent<LessonResult>) => answer(data)
    worker.onerror = (event) => {
      event.preventDefault() // else the shop's own error monitor would be told of ours
      answer({ outcome: 'failed' })
    }
    worker.postMessage(request)
  })
}
