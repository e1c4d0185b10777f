/** What the parity test runs in a page: the same comparison as in Node, on the back end named. */
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { type Agreement, compareKernel } from './kernel-agreement.ts'
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
  }
}

window.runParity = async (backend, histories, kernel) => {
  setWasmPaths('/wasm/')
  // On one thread: a page that is not cross-origin isolated has no other.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  // Small tensors would run on the CPU behind our back, and the CPU would be compared with itself.
  if (backend === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false)
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} cannot be had in this browser`)
  await tf.ready()
  const adapter = backend === 'webgpu' ? await navigator.gpu.requestAdapter() : null
  const result = await parity(histories, kernel && (await WebAssembly.compile(Uint8Array.from(kernel))))
  return { ...result, backend: tf.getBackend(), adapter: adapter?.info.vendor ?? '' }
}

window.compareKernel = async (kernel) => compareKernel(await WebAssembly.compile(Uint8Array.from(kernel)))
