/** What the learning test runs in a page: real IndexedDB, real Web Locks, the real learning worker. */
import { initAdapter } from '../../../shared/model/adapter.ts'
import { PERSONAL_LEARNING } from '../../../shared/model/personal-gate.ts'
import { type Attempt, attemptLesson } from '../../../web/learning/attempt.ts'
import type { DeviceState } from '../../../web/learning/conditions.ts'
import type { LessonRequest } from '../../../web/learning/protocol.ts'
import { loadAdapter, saveAdapter } from '../../../web/store/adapter.ts'
import { openDatabase } from '../../../web/store/database.ts'
import { history, SMALL, smallNetwork } from '../../shared/model/small-network.ts'

declare global {
  interface Window {
    attempt(device: Partial<DeviceState>, what: { tokens?: number; timeoutMs?: number }): Promise<Attempt>
    twoTabs(): Promise<string[]>
    storedUnder(models: string[]): Promise<(string | undefined)[]>
  }
}

const READY: DeviceState = { worker: true, visibleMs: 60_000, newEvents: 100 }

/** Round and round five items, which the network did not foresee. */
const lesson = (tokens: number): LessonRequest => ({
  model: smallNetwork('learning'),
  modelName: 'first network',
  tokens: history('same', tokens, (step) => [3, 17, 8, 31, 22][step % 5]),
  popularity: new Float32Array(SMALL.items).fill(1),
  settings: { ...PERSONAL_LEARNING, negatives: 10 },
  wasmFolder: new URL('/wasm/', location.href).href,
  now: Date.now(),
})

const start = async () => new Worker('/worker.js')

window.attempt = (device, { tokens = 60, timeoutMs }) =>
  attemptLesson({ ...READY, ...device }, lesson(tokens), navigator.locks, start, timeoutMs)

window.twoTabs = async () => {
  const both = [1, 2].map(() => attemptLesson(READY, lesson(60), navigator.locks, start))
  return (await Promise.all(both)).map(({ outcome }) => outcome)
}

window.storedUnder = async (models) => {
  const database = await openDatabase('create')
  if (!database) throw new Error('no database')
  const config = { rank: 2, matrices: ['qkv'] as const }
  const adapter = { model: 'first network', ...config, params: initAdapter(SMALL, config, 1) }
  await saveAdapter(database, adapter, 5, 40)
  const found = await Promise.all(models.map((model) => loadAdapter(database, model, SMALL)))
  const other = await loadAdapter(database, 'first network', { ...SMALL, width: 8 })
  await database.put('adapter', { model: 'first network', flat: 'nonsense' }, 'accepted')
  const corrupt = await loadAdapter(database, 'first network', SMALL)
  database.close()
  const same = (one: typeof other) =>
    one && JSON.stringify(one.adapter) === JSON.stringify(adapter) && one.learnedAt === 5
  return [...found, other, corrupt].map((one) => (one ? (same(one) ? 'the same' : 'another') : undefined))
}
