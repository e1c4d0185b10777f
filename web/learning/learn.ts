/** One training, from a shopper's history to what is learned of it or to the reason why there is nothing. The worker around it is new. */

import { LOCAL_TRAINING, recentHistory, samplerFor, updateLocally } from '../../shared/model/local-update.ts'
import { decide, divide } from '../../shared/model/personal-gate.ts'
import { learnPersonally } from '../../shared/model/personal-learning.ts'
import { deviceLost, openBackend } from './backend.ts'
import { type BackendName, chooseBackend } from './backend-choice.ts'
import type { LessonRequest, LessonResult, UpdateRequest, UpdateResult } from './protocol.ts'

/** The first compiles shaders; the last of these is what a step takes. */
const MEASURED_STEPS = 4

export async function learn(request: LessonRequest): Promise<LessonResult> {
  const { model, modelName, tokens, popularity, settings, wasm, measured: remembered, now } = request
  // Before anything is loaded or measured.
  if (!divide(tokens, settings)) return { outcome: 'too-few' }
  const lesson = (steps: number, between?: () => Promise<void>) =>
    learnPersonally(model, modelName, tokens, popularity, { ...settings, steps }, between)
  const stepMs = async () => {
    const starts: number[] = []
    await lesson(MEASURED_STEPS, async () => {
      starts.push(performance.now())
    })
    return starts[MEASURED_STEPS - 1] - starts[MEASURED_STEPS - 2]
  }
  const { backend, measured } = await chooseBackend(remembered, now, openBackend(wasm), stepMs)
  if (!backend) return { outcome: 'no-backend', measured }
  return Promise.race([deviceLost().then((): LessonResult => ({ outcome: 'device-lost', backend })), taught(backend)])

  async function taught(backend: BackendName): Promise<LessonResult> {
    const learned = await lesson(settings.steps)
    if (!learned) return { outcome: 'too-few' }
    return { ...decide(learned, settings.noise), backend, measured }
  }
}

/** An update of the shared vector, from what the shopper did since the last one. */
export async function learnForAll(request: UpdateRequest): Promise<UpdateResult> {
  const { model, tokens, popularity, since, wasm, measured: remembered, now } = request
  const recent = recentHistory(tokens, since, LOCAL_TRAINING)
  if (!recent) return { outcome: 'too-few' }
  const history = { model, ...recent }
  const sampler = samplerFor(popularity, LOCAL_TRAINING)
  const seed = crypto.randomUUID() // nobody is to know what it was compared with
  const stepMs = async () => {
    const starts: number[] = []
    await updateLocally(history, sampler, { ...LOCAL_TRAINING, steps: MEASURED_STEPS }, seed, async () => {
      starts.push(performance.now())
    })
    return starts[MEASURED_STEPS - 1] - starts[MEASURED_STEPS - 2]
  }
  const { backend } = await chooseBackend(remembered, now, openBackend(wasm), stepMs)
  if (!backend) return { outcome: 'no-backend' }
  const learning = updateLocally(history, sampler, LOCAL_TRAINING, seed)
  return Promise.race([
    deviceLost().then((): UpdateResult => ({ outcome: 'device-lost' })),
    learning.then(({ update }): UpdateResult => ({ outcome: 'updated', update })),
  ])
}
