/**
 * The learner: a small worker beside the shopper's own that decides when this device learns. The page starts it once it has
 * been in view for a while and the shopper allows remembering, and ends it, with any lesson, as soon as it is not in view.
 *
 * It fetches what learns (TF.js, 0.3 MB) as soon as the device may learn, whether or not there is anything to learn from:
 * the edge sees the request, and what it sees must not depend on what the shopper did. Only then is the history looked at.
 */
import { changeOf } from '../../shared/model/adapter.ts'
import { PERSONAL_LEARNING } from '../../shared/model/personal-gate.ts'
import type { ContributorQuestions } from '../federated/protocol.ts'
import { getAsset } from '../network.ts'
import type { Asking } from '../protocol.ts'
import type { Learned } from '../store/adapter.ts'
import { startWorker } from '../tag/blob-worker.ts'
import type { Asset } from '../tag/connection.ts'
import { createVouch } from '../tag/trusted.ts'
import { type Attempt, answerOf, attemptLesson } from './attempt.ts'
import { type Condition, type DeviceState, LEAST_NEW_EVENTS, unmetConditions } from './conditions.ts'
import { watchPressure } from './device.ts'
import type { FromLearner, LearnerStart, LessonRequest, LessonResult, Material } from './protocol.ts'

declare const self: DedicatedWorkerGlobalScope
/** Written in by web/build.ts. */
declare const LEARNING_ASSET: Asset
declare const WASM_ASSET: Asset
declare const CONTRIBUTOR_ASSET: Asset

const LOOK_EVERY_MS = 10_000

self.onmessage = ({ data, ports: [port] }: MessageEvent<LearnerStart>) => watch(data, port)

function watch(start: LearnerStart, port: MessagePort): void {
  const { edge, wasm, battery } = start
  const vouch = createVouch(self)
  const device: Omit<DeviceState, 'newEvents'> = { worker: typeof Worker === 'function', battery }
  watchPressure(self, (pressure) => {
    device.pressure = pressure
  })
  const { policy, refreshSeconds } = start
  let nextRounds = 0
  let code: { script: Uint8Array<ArrayBuffer>; wasm?: Uint8Array<ArrayBuffer> } | undefined
  const fetched = ({ file, integrity }: Asset) => getAsset(edge, file, integrity)
  let contributor: Uint8Array<ArrayBuffer> | undefined
  let busy = false

  const say = (message: FromLearner) => port.postMessage(message)
  let said = 'code' // as the page has said of this learner
  const wait = (conditions: Condition[]) => {
    if (said !== (said = conditions.join())) say({ type: 'waiting', for: conditions })
  }

  async function look(): Promise<void> {
    const unmet = unmetConditions({ ...device, newEvents: LEAST_NEW_EVENTS })
    if (unmet.length > 0) return wait(unmet)
    if (!navigator.locks) return wait(['no-locks'])
    // Before anybody looks at what the shopper did, so that these requests say nothing of it.
    code ??= { script: await fetched(LEARNING_ASSET), wasm: wasm ? await fetched(WASM_ASSET) : undefined }
    say({ type: 'ask', model: false })
  }

  async function consider(material: Material): Promise<void> {
    const { modelName, tokens, learned, model, popularity, categories, sights, contribution } = material
    const now = Date.now()
    const unmet = unmetConditions({ ...device, newEvents: newEvents(material, now) })
    const isAble = unmet.every((condition) => condition === 'new-events')
    const looksAtRounds = contribution !== undefined && isAble && now >= nextRounds
    wait(unmet)
    if ((unmet.length > 0 && !looksAtRounds) || !code) return
    if (!model || !popularity || !categories || !sights) return say({ type: 'ask', model: true })
    if (looksAtRounds) {
      nextRounds = refreshSeconds > 0 ? now + 1000 * refreshSeconds : Number.POSITIVE_INFINITY
      contributor ??= await fetched(CONTRIBUTOR_ASSET)
      const { script, wasm } = code
      const learning = { script, wasm }
      const known = { model, modelName, tokens, popularity, categories, sights, learned, ...contribution }
      const asked = { edge, policy, material: known, learning }
      await ended(startWorker(contributor, vouch), { type: 'contribute', request: 1, ...asked })
      say({ type: 'contributed' })
      if (unmet.length > 0) return
    }
    const request = {
      ...{ kind: 'lesson' as const, model, modelName, tokens, popularity, settings: PERSONAL_LEARNING, now },
      ...{ wasm: code.wasm, measured: learned?.measured },
    }
    const { script } = code
    const attempt = await attemptLesson(request, navigator.locks, () => startWorker(script, vouch))
    if (attempt.outcome === 'other-tab' || attempt.outcome === 'no-locks') return wait([attempt.outcome])
    say({ type: 'learned', learned: learnedFrom(attempt, request, learned) })
  }

  /** One at a time; what goes wrong is tried again. */
  const quietly = async (work: () => Promise<void>) => {
    if (busy) return
    busy = true
    await work().catch(() => wait(['code']))
    busy = false
  }
  port.onmessage = ({ data }: MessageEvent<Material>) => quietly(() => consider(data))
  quietly(look)
  setInterval(() => quietly(look), LOOK_EVERY_MS)
}

/** A round takes seconds; what is not done by then is done another time. */
const CONTRIBUTING_MS = 300_000

async function ended(worker: Worker, question: Asking<ContributorQuestions>): Promise<void> {
  await answerOf(worker, question, CONTRIBUTING_MS).finally(() => worker.terminate())
}

/** Since the last attempt with this network, or since what was learned was to be forgotten; all, if the clock was set back. */
function newEvents({ learned, modelName, tokens }: Material, now: number): number {
  const { last, model } = learned ?? {}
  if (!last || last.at > now || (model !== undefined && model !== modelName)) return tokens.length
  return tokens.filter(({ time }) => time > last.at).length
}

/** What is kept of an attempt: what was accepted before stands until there is something better. */
function learnedFrom(attempt: Attempt, request: LessonRequest, before: Learned | undefined): Learned {
  const { model, modelName, now } = request
  const { outcome, trial, backend, adapter, measured = request.measured } = attempt as SaidOfAttempt
  return {
    last: { outcome, at: now, trial, backend },
    model: modelName,
    measured,
    adapter:
      adapter && trial
        ? { model: modelName, change: changeOf(model.config, adapter), accepted: { at: now, trial } }
        : before?.adapter,
  }
}
type Accepted = Extract<LessonResult, { outcome: 'accepted' }>
type SaidOfAttempt = Pick<Learned['last'], 'outcome'> & Partial<Omit<Accepted, 'outcome'>>
