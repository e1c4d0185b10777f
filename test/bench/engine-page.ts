/** Runs in the page: the engine without worker and messages, and the bare products. */
import type { ChunkName } from '../../shared/model/bundle.ts'
import { decodeModel } from '../../shared/model/chunks.ts'
import { scoreItems } from '../../shared/model/infer.ts'
import { withKernel } from '../../shared/model/kernel.ts'
import { compiledKernel } from '../../web/worker/compiled-kernel.ts'
import { createEngine } from '../../web/worker/engine.ts'

window.engineTimes = (chunks, manifest, events) => {
  const parts = new Map(chunks.map(([name, bytes]) => [name as ChunkName, Uint8Array.from(bytes)]))
  const engine = createEngine(compiledKernel)
  engine.install(parts, manifest)
  const ranked: number[] = []
  const now = Date.now()
  for (let n = 0; n < events; n++) {
    const item_id = `SKU-${10_000 + ((n * 7919) % manifest.items)}`
    const began = performance.now()
    const time = now + n * 1000
    engine.append({ id: String(n), time, name: 'view_item', items: [{ item_id }] }, time)
    engine.recommend('for-you', { limit: 20, now: now + n * 1000, language: 'en' })
    ranked.push(performance.now() - began)
  }
  const decoded = decodeModel(parts.get('vectors') as Uint8Array, parts.get('encoder') as Uint8Array)
  const module = compiledKernel()
  const model = module ? withKernel(decoded, module) : decoded
  const state = new Float32Array(model.config.width).fill(0.3)
  const scores = model.kernel?.columns.network ?? new Float32Array(manifest.items)
  const scored = Array.from({ length: events }, () => {
    const began = performance.now()
    scoreItems(model, state, scores)
    return performance.now() - began
  })
  return { ranked, scored }
}
