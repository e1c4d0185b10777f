/** The learning worker, with TF.js: started by the learner for one lesson, and ended after it. */
import { learn } from './learn.ts'
import type { LessonRequest, LessonResult } from './protocol.ts'

declare const self: DedicatedWorkerGlobalScope

self.onmessage = ({ data }: MessageEvent<LessonRequest>) => {
  learn(data)
    // Out of memory, a driver that breaks: whatever it was, there is no adapter, and the worker's end frees all of it.
    .catch((): LessonResult => ({ outcome: 'failed' }))
    .then((result) => self.postMessage(result))
}
