/** What the parity test runs in a page: the same comparisons as in Node, on the back end named. */
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import { installFusedKernels } from '../../../shared/model/fused-kernels.ts'
import { type Agreement, compareKernel } from './kernel-agreement.ts'
import { type LossCurve, type LossKind, lossCurve } from './loss-curve.ts'
import { type Parity, parity } from './parity.ts'

declare global {
  interface Window {
    /** @param kernel the bytes of `kernels/rank.ts`, to run the network on it */
    runParity(
      backend: 'wasm' | 'webgpu',
      histories: number,
      kernel: number[] | undefined,
    ): Promise<Parity & { backend: string; adapter: string }>
    compareKernel(kernel: number[]): Promise<Agreement>
    runLossCurve(backend: 'wasm' | 'webgpu', kind: LossKind, steps: number): Promise<LossCurve & { backend: string }>
  }
}

async function ready(backend: 'wasm' | 'webgpu'): Promise<void> {
  setWasmPaths('/wasm/')
  // On one thread: a page that is not cross-origin isolated has no other.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  // Small tensors would run on the CPU behind our back, and the CPU would be compared with itself.
  if (backend === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false)
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} cannot be had in this browser`)
  await tf.ready()
}

window.runParity = async (backend, histories, kernel) => {
  await ready(backend)
  const adapter = backend === 'webgpu' ? await navigator.gpu.requestAdapter() : null
  const result = await parity(histories, kernel && (await WebAssembly.compile(Uint8Array.from(kernel))))
  return { ...result, backend: tf.getBackend(), adapter: adapter?.info.vendor ?? '' }
}

window.compareKernel = async (kernel) => compareKernel(await WebAssembly.compile(Uint8Array.from(kernel)))

window.runLossCurve = async (backend, kind, steps) => {
  await ready(backend)
  if (backend === 'wasm') await installFusedKernels(await (await fetch('/training.wasm')).arrayBuffer())
  return { ...(await lossCurve(kind, steps)), backend: tf.getBackend() }
}
