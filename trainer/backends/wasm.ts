/** The CPU, by TF.js's WASM back end with kernels of our own. It is part of every install. */
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import '@tensorflow/tfjs-backend-wasm'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { installFusedKernels } from '../../shared/model/fused-kernels.ts'
import { kernel } from '../kernel.ts'
import { type Opening, refused } from './opening.ts'

/** Each has the parameters and a step's activations of its own. */
const MAX_THREADS = 16

export async function openWasm(): Promise<Opening> {
  if (!(await tf.setBackend('wasm'))) {
    return refused('TF.js cannot start its WASM module', 'install again with "npm ci", on Node 20 or 22')
  }
  await tf.ready()
  refuseFailedAllocations(tf.backend() as BackendWasm)
  // Node 20 knows fused multiply-add in WebAssembly, but asks to be told; later versions ignore the flag.
  setFlagsFromString('--experimental-wasm-relaxed-simd')
  await installFusedKernels(await kernel('training', { importMemory: true, initialMemory: 0, relaxedSimd: true }))
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')
  return {
    opened: true,
    device: `a CPU of ${availableParallelism()} cores${simd ? '' : ', without SIMD'}`,
    software: false,
    threads: Math.min(MAX_THREADS, availableParallelism()),
    checked: (run) => run(),
  }
}

/**
 * TF.js 4.22 takes what malloc returns without a look. At the module's limit that is 0, and the tensor is written over
 * the module's own data: training would go on with wrong numbers.
 */
function refuseFailedAllocations(backend: BackendWasm): void {
  const module = backend.wasm as BackendWasm['wasm'] & { _malloc(bytes: number): number; _free(address: number): void }
  // Emscripten puts a function here that puts the real one in its place when it is first called.
  module._free(module._malloc(1))
  const allocate = module._malloc
  module._malloc = (bytes) => {
    const address = allocate(bytes)
    if (address === 0 && bytes > 0) throw new RangeError(`WASM: out of memory: ${bytes} bytes more cannot be had`)
    return address
  }
}
