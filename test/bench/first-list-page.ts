/**
 * Runs in a page that has nothing yet, as `?ours` or `?onnx`: milliseconds from before its script is asked for to the
 * first top 20, after one token. Ours fetches what ships, int8 rows and encoder, and has the kernel in its code; the other
 * fetches its runtime and the same network as an ONNX file.
 */
import type { Token } from '../../shared/data/sequence.ts'
import { decodeModel } from '../../shared/model/chunks.ts'
import { withKernel } from '../../shared/model/kernel.ts'
import { compiledKernel } from '../../web/worker/compiled-kernel.ts'
import { ourEngine, type StepEngine, TOP } from './step-engine.ts'
import { loadOnnx, onnxEngine } from './step-onnx.ts'

const TOKEN: Token = { item: 7, action: 0, time: 1_780_000_000_000 }

const bytes = async (path: string) => new Uint8Array(await (await fetch(path)).arrayBuffer())

async function ours(): Promise<StepEngine> {
  // One after the other, as the worker does.
  const vectors = await bytes('/model/vectors')
  const model = decodeModel(vectors, await bytes('/model/encoder'))
  const module = compiledKernel()
  if (!module) throw new Error('no kernel')
  return ourEngine(withKernel(model, module))
}

async function onnx(): Promise<StepEngine> {
  const [runtime, file] = await Promise.all([
    loadOnnx(new URL('/onnx/', location.href).href),
    bytes('/model/step.onnx'),
  ])
  return onnxEngine(runtime, file, JSON.parse(new TextDecoder().decode(await bytes('/model/config.json'))))
}

window.firstList = (async () => {
  const engine = await (location.search === '?onnx' ? onnx() : ours())
  const { items } = await engine.step(TOKEN)
  const ms = performance.now() - window.asked
  if (items.length !== TOP) throw new Error(`${items.length} items`)
  return { ms, items }
})()
