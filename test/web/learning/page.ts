/** What the learning test runs in a page: real Web Locks, the real learning worker. */
import { PERSONAL_LEARNING } from '../../../shared/model/personal-gate.ts'
import { type Attempt, attemptLesson } from '../../../web/learning/attempt.ts'
import type { LessonRequest } from '../../../web/learning/protocol.ts'
import { history, SMALL, smallNetwork } from '../../shared/model/small-network.ts'

declare global {
  interface Window {
    attempt(what: { tokens?: number; timeoutMs?: number; without?: 'wasm' | 'locks' | 'worker' }): Promise<Attempt>
    twoTabs(): Promise<string[]>
  }
}

/** Round and round five items, which the network did not foresee. */
const lesson = (tokens: number, wasm?: Uint8Array<ArrayBuffer>): LessonRequest => ({
  kind: 'lesson',
  model: smallNetwork('learning'),
  modelName: 'first network',
  tokens: history('same', tokens, (step) => [3, 17, 8, 31, 22][step % 5]),
  popularity: new Float32Array(SMALL.items).fill(1),
  settings: { ...PERSONAL_LEARNING, negatives: 10 },
  wasm,
  now: Date.now(),
})

const start = () => new Worker('/worker.js')
const wasmFile = async () => new Uint8Array(await (await fetch('/tfjs.wasm')).arrayBuffer())

window.attempt = async ({ tokens = 60, timeoutMs, without }) =>
  attemptLesson(
    lesson(tokens, without === 'wasm' ? undefined : await wasmFile()),
    without === 'locks' ? undefined : navigator.locks,
    without === 'worker' ? () => new Worker('data:text/javascript,throw 1') : start,
    timeoutMs,
  )

window.twoTabs = async () => {
  const wasm = await wasmFile()
  const both = [1, 2].map(() => attemptLesson(lesson(60, wasm), navigator.locks, start))
  return (await Promise.all(both)).map(({ outcome }) => outcome)
}
