/** One thread of `crowd.ts`: devices one after the other. */
import { parentPort, workerData } from 'node:worker_threads'
import { decodeModel, encodeEncoder, encodeVectors } from '../../shared/model/chunks.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import { withKernel } from '../../shared/model/kernel.ts'
import { samplerFor, updateLocally } from '../../shared/model/local-update.ts'
import { foldShared } from '../../shared/model/shared-vector.ts'
import { foretell } from '../../shared/model/wishes.ts'
import { readyBackend } from '../backend.ts'
import { K } from '../evaluate.ts'
import { kernel } from '../kernel.ts'
import type { CrowdAnswer, CrowdTask, CrowdThread } from './crowd.ts'

const { backbone, lessons, questions, popularity, training } = workerData as CrowdThread
const port = parentPort
if (!port) throw new Error('crowd-thread.ts runs as a thread of crowd.ts')

await readyBackend('wasm')
const vectors = encodeVectors(backbone)
const sampler = samplerFor(popularity, training)
const rank = await WebAssembly.compile(await kernel('rank', { importMemory: true }))

/** As a browser has it: through the bundle's own chunks. */
function published(vector: Float64Array): CompiledModel {
  return decodeModel(vectors, encodeEncoder(foldShared(backbone, training.shared, vector)))
}

/** Of a list of K whose one right item has this place. */
const ndcgAt = (rank: number): number => (rank <= K ? 1 / Math.log2(rank + 1) : 0)

async function answerTo(message: CrowdTask): Promise<CrowdAnswer> {
  const model = published(message.vector)
  if (message.task === 'foretell') {
    const fast = withKernel(model, rank)
    const told = message.questions.map((n) => {
      const { losses, ranks } = foretell(fast, questions[n].tokens, questions[n].wishes)
      return { losses, ndcg: ranks.map(ndcgAt) }
    })
    return { told }
  }
  const updates: Float32Array[] = []
  for (const { lesson, seed } of message.devices) {
    updates.push((await updateLocally({ ...lessons[lesson], model }, sampler, training, seed)).update)
  }
  return { updates }
}

port.on('message', async (message: CrowdTask) => {
  const answer = await answerTo(message).catch((error: Error): CrowdAnswer => ({ failed: error.message }))
  const transferred = 'updates' in answer ? answer.updates.map(({ buffer }) => buffer as ArrayBuffer) : []
  port.postMessage(answer, transferred)
})
port.postMessage({ ready: true } satisfies CrowdAnswer)
