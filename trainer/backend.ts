/**
 * Makes a TF.js back end ready in Node. Today that is WASM on one core, with two of its kernels replaced; the order
 * tfjs-node-gpu → webgpu → WASM is DESIGN 3.3.
 */
import '@tensorflow/tfjs'
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { repairWasmKernels } from '../shared/model/wasm-kernels.ts'

/** @returns the name of the back end in use */
export async function readyBackend(): Promise<string> {
  if (tf.getBackend() !== 'wasm') {
    await tf.setBackend('wasm')
    await tf.ready()
    repairWasmKernels()
  }
  return tf.getBackend()
}
