/** The learning worker: a script of its own, fetched when there is something to learn, and ended after one lesson. */
import { learn } from './learn.ts'
import type { LessonRequest, LessonResult } from './protocol.ts'

declare const self: DedicatedWorkerGlobalScope

self.onmessage = ({ data }: MessageEvent<LessonRequest>) => {
  learn(data)
    // Out of memory, a driver that breaks: whatever it was, there is no adapter, and the worker's end frees all of it.
    .catch((): LessonResult => ({ outcome: 'failed' }))
    .then((result) => self.postMessage(result))
}
