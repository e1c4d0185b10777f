/**
 * Makes a TF.js back end ready in Node. Today that is WASM on one core, with two of its kernels replaced; the order
 * tfjs-node-gpu → webgpu → WASM is DESIGN 3.3.
 */
import '@tensorflow/tfjs'
import '@tensorflow/tfjs-backend-wasm'
import { setFlagsFromString } from 'node:v8'
import * as tf from '@tensorflow/tfjs-core'
import { installFusedKernels } from '../shared/model/fused-kernels.ts'
import { kernel } from './kernel.ts'

/** @returns the name of the back end in use */
export async function readyBackend(): Promise<string> {
  if (tf.getBackend() !== 'wasm') {
    await tf.setBackend('wasm')
    await tf.ready()
    // Node 20 knows fused multiply-add in WebAssembly, but asks to be told; later versions ignore the flag.
    setFlagsFromString('--experimental-wasm-relaxed-simd')
    await installFusedKernels(await kernel('training', { importMemory: true, initialMemory: 0, relaxedSimd: true }))
  }
  return tf.getBackend()
}
