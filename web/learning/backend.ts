/** TF.js, with what the network's gradients need: the only file of the page's side that imports it. */
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import type { BackendName } from './backend-choice.ts'

/** Some drivers never answer. */
const INIT_TIMEOUT_MS = 8_000

/**
 * @param wasm TF.js's `.wasm` file for SIMD, which every browser of the last years has; absent where the page's policy
 * forbids WebAssembly. It is handed over as bytes: TF.js fetches nothing.
 */
export function openBackend(wasm: Uint8Array<ArrayBuffer> | undefined): (name: BackendName) => Promise<boolean> {
  return async (name) => {
    if (tf.getBackend() === name) return true
    if (name === 'webgpu' && !(await hasGpu())) return false
    if (name === 'wasm') {
      if (!wasm) return false
      tf.env().platform.fetch = async () => new Response(wasm)
      setWasmPaths('', true)
      // On a cross-origin-isolated page a bundled TF.js cannot start its threads.
      tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    }
    return within(INIT_TIMEOUT_MS, tf.setBackend(name))
  }
}

/** `navigator.gpu` is there in browsers that have no adapter to give, and a software one is the processor going a long way round. */
async function hasGpu(): Promise<boolean> {
  if (!('gpu' in navigator)) return false
  const { gpu } = navigator as { gpu: { requestAdapter(): Promise<{ info?: { isFallbackAdapter?: boolean } } | null> } }
  const adapter = await within(INIT_TIMEOUT_MS, gpu.requestAdapter())
  return adapter !== null && adapter.info?.isFallbackAdapter !== true
}

/** Resolves when the GPU's device is lost, which TF.js does not notice; never on another back end. */
export async function deviceLost(): Promise<void> {
  const { device } = tf.backend() as { device?: { lost: Promise<unknown> } }
  await (device?.lost ?? new Promise<never>(() => {}))
}

function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
