/** What this device has learned: in force, kept and forgotten with the shopper's permission. The learner learns it. */
import { type Condition, unmetBefore } from '../learning/conditions.ts'
import { readDevice } from '../learning/device.ts'
import type { FromLearner, Material } from '../learning/protocol.ts'
import type { Status, ToWorker } from '../protocol.ts'
import { decodeLearned, type Learned } from '../store/adapter.ts'
import type { EventLog } from '../store/event-log.ts'
import type { Engine } from './engine.ts'

export interface Learning {
  /** Another tab may have learned, or what is allowed may have changed. */
  reload(): Promise<void>
  /** There is a learner, or none any more; until a learner says what it waits for, the page does. */
  meet(said: Extract<ToWorker, { type: 'learner' }>): void
  /** The adapter alone: another is learned from later events. */
  forget(): Promise<undefined>
  /**
   * What was learned from forgotten events goes with them. The lesson under way has ended with `reload`.
   * @param first when the first of them was: an adapter that was accepted before it stays
   */
  forgetEvents(first: number): Promise<void>
  status(): Status['learning']
}

/**
 * @param isAllowed whether the shopper allows suggestions and remembering
 * @param contribution what there is to say of this browser where they allow contributions too, and the tag's policy has some
 * @param isIdle whether no question is open
 * @param onChanged `bundle` where another ranking is in force
 * @param onKept other tabs are to hear of it
 */
export function createLearning(
  engine: Engine,
  log: EventLog,
  isAllowed: () => boolean,
  contribution: () => Material['contribution'],
  isIdle: () => boolean,
  onChanged: (what: 'bundle' | 'learning') => void,
  onKept: () => void,
): Learning {
  let learned: Learned | undefined
  let learner: MessagePort | undefined
  let waiting: Condition[] = ['visible']
  /** Grows with all that ends what was read, or given to a lesson, before. */
  let generation = 0
  /** The latest that a lesson was given. */
  let taught = 0

  function adopt(value: Learned | undefined): void {
    generation++
    learned = value
    engine.adopt(learned?.adapter)
    onChanged('bundle')
  }

  async function keep(value: Learned | undefined): Promise<undefined> {
    adopt(value)
    await log.keepLearned(value)
    onKept()
  }

  function hear(message: FromLearner): void {
    if (message.type === 'waiting') {
      waiting = message.for
      onChanged('learning')
    } else if (message.type === 'ask') {
      const material = isAllowed() && isIdle() && engine.material(message.model)
      if (!material) return
      taught = generation
      learner?.postMessage({ ...material, learned, contribution: contribution() })
    } else if (message.type === 'contributed') {
      onChanged('learning')
    } else if (isAllowed() && taught === generation) {
      // What was forgotten while it was being learned stays forgotten.
      keep(message.learned).catch(() => {})
    }
  }

  return {
    async reload() {
      // The history may be another now: what is being learned of the one before ends.
      const asked = ++generation
      if (!isAllowed()) {
        learner?.close() // what it learns is of what was withdrawn
        if (learned) adopt(undefined)
        return
      }
      if (!log.database) return
      const found = decodeLearned(await log.learned().catch(() => {}))
      if (asked === generation && found?.last.at !== learned?.last.at) adopt(found)
    },

    meet(said) {
      learner?.close()
      learner = said.port
      waiting = said.waiting
      if (learner) learner.onmessage = ({ data }: MessageEvent<FromLearner>) => hear(data)
      onChanged('learning')
    },

    forget: () => keep({ last: { outcome: 'forgotten', at: Date.now() } }),

    async forgetEvents(first) {
      const { adapter } = learned ?? decodeLearned(await log.learned()) ?? {}
      if (adapter && first <= adapter.accepted.at) await keep(undefined)
    },

    status() {
      const permission = isAllowed()
      const before = unmetBefore({
        permission,
        network: engine.material(false) !== undefined,
        ...readDevice(navigator),
      })
      return {
        waiting: before.length > 0 ? before : waiting,
        last: learned?.last,
        inUse: engine.adopted()?.accepted,
      }
    },
  }
}
