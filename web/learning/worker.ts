/** The learning worker, with TF.js: started for one training, and ended after it. */
import { learn, learnForAll } from './learn.ts'
import type { LessonRequest, LessonResult, UpdateRequest, UpdateResult } from './protocol.ts'

declare const self: DedicatedWorkerGlobalScope

self.onmessage = ({ data }: MessageEvent<LessonRequest | UpdateRequest>) => {
  const trained: Promise<LessonResult | UpdateResult> = data.kind === 'lesson' ? learn(data) : learnForAll(data)
  trained
    // Out of memory, a driver that breaks: whatever it was, nothing was learned, and the worker's end frees all of it.
    .catch((): LessonResult => ({ outcome: 'failed' }))
    .then((result) => self.postMessage(result))
}
