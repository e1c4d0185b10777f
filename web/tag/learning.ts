/**
 * Starts the learner, and ends it. Only the page knows whether it is in view, and how the battery is.
 *
 * Everyone who allows remembering fetches it, after everything else of the page: see `web/learning/learner.ts`.
 */
import { readBattery } from '../learning/device.ts'
import type { LearnerStart } from '../learning/protocol.ts'
import type { Questions, ToWorker } from '../protocol.ts'
import type { Connection } from './connection.ts'

/** In view, and everything else fetched, for so long: who leaves at once is not made to fetch it. */
const IN_VIEW_MS = 10_000

/**
 * To be called when the page has all else that it needs.
 * @param start fetches and starts the learner
 * @returns to be called when something changes of what is allowed
 */
export function watchForLearning(
  page: Document,
  worker: Connection<ToWorker, Questions>,
  settings: Omit<LearnerStart, 'battery'>,
  start: () => Promise<Worker>,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let learner: Worker | undefined

  async function begin(): Promise<void> {
    const mine = timer
    const { learning } = await worker.ask('status', {})
    // Of all that it waits for, only this is left.
    if (`${learning?.waiting}` !== 'visible') return
    const [started, battery] = await Promise.all([start(), readBattery(navigator)])
    if (timer !== mine) return started.terminate()
    learner = started
    learner.onerror = (event) => {
      event.preventDefault() // else the shop's own error monitor would be told of ours
      broke()
    }
    const { port1, port2 } = new MessageChannel()
    const { edge, policy, wasm, refreshSeconds } = settings
    learner.postMessage({ edge, policy, wasm, refreshSeconds, battery } satisfies LearnerStart, [port1])
    worker.tell({ type: 'learner', port: port2, waiting: ['code'] }, [port2])
  }
  const broke = () => worker.tell({ type: 'learner', waiting: ['code'] })

  /** Anew: what went on until now is at an end. */
  function look(): void {
    learner?.terminate()
    clearTimeout(timer)
    worker.tell({ type: 'learner', waiting: ['visible'] })
    timer = page.visibilityState === 'visible' ? setTimeout(() => begin().catch(broke), IN_VIEW_MS) : undefined
  }

  look()
  page.addEventListener('visibilitychange', look)
  return look
}
