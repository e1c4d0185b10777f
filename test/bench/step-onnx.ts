/** The step in onnxruntime-web: its build for WebAssembly alone, one thread. */
import type * as Onnx from 'onnxruntime-web'
import type { ModelConfig } from '../../shared/model/params.ts'
import { Clock, type StepEngine } from './step-engine.ts'

/** @param folder where its files are served */
export async function loadOnnx(folder: string): Promise<typeof Onnx> {
  const runtime: typeof Onnx = await import(/* @vite-ignore */ `${folder}ort.wasm.min.mjs`)
  runtime.env.wasm.wasmPaths = folder
  runtime.env.wasm.numThreads = 1
  return runtime
}

export async function onnxEngine(
  { InferenceSession, Tensor }: typeof Onnx,
  file: Uint8Array,
  { width: d, heads: H, window: W, blocks }: ModelConfig,
): Promise<StepEngine> {
  const session = await InferenceSession.create(file, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' })
  const clock = new Clock(W)
  const empty = (...shape: number[]) => new Tensor('float32', new Float32Array(W * d), shape)
  const integer = (value: number) => new Tensor('int64', BigInt64Array.of(BigInt(value)), [1])
  let caches = Array.from({ length: blocks }, () => [empty(H, d / H, W), empty(H, W, d / H)] as Onnx.Tensor[])
  return {
    async step(token) {
      const { item, action, gap, mask } = clock.next(token)
      const feeds: Record<string, Onnx.Tensor> = {
        item: integer(item),
        action: integer(action),
        gap: integer(gap),
        mask: new Tensor('float32', mask, [W]),
      }
      caches.forEach(([keys, values], n) => {
        feeds[`pastKeys${n}`] = keys
        feeds[`pastValues${n}`] = values
      })
      const results = await session.run(feeds)
      caches = caches.map((_, n) => [results[`keys${n}`], results[`values${n}`]])
      return {
        items: Array.from(results.ids.data as BigInt64Array, Number),
        scores: Array.from(results.best.data as Float32Array),
      }
    },
    dispose: () => session.release(),
  }
}
