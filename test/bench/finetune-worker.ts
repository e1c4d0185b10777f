/** Runs in a worker: one personal fit on one back end, of a network as large as a shop's, with random weights. */
import '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { fitPersonally } from '../../shared/model/personal-fit.ts'
import { PERSONAL_LEARNING } from '../../shared/model/personal-gate.ts'
import { wishesOf } from '../../shared/model/wishes.ts'
import { randomModel } from './random-model.ts'

export interface FitPlan {
  backend: 'wasm' | 'webgl' | 'webgpu'
  items: number
  tokens: number
  steps: number
}

export interface FitTimes {
  backend: string
  stepMs: number[]
  losses: number[]
}

/** More than what ships learns, so that each kind of gradient is compared. */
const ADAPTER = { rank: 2, matrices: ['qkv', 'out', 'up', 'down'] } as const

addEventListener('message', ({ data }: MessageEvent<FitPlan>) => {
  fit(data).then(
    (times) => postMessage(times),
    // Else the page would wait for ever.
    (error: unknown) => reportError(error),
  )
})

async function fit({ backend, items, tokens: count, steps }: FitPlan): Promise<FitTimes> {
  setWasmPaths('/wasm/')
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  // Small tensors would run on the CPU behind our back, and the CPU would be compared with itself.
  if (backend !== 'wasm') tf.env().set(backend === 'webgpu' ? 'WEBGPU_CPU_FORWARD' : 'WEBGL_CPU_FORWARD', false)
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} cannot be had in this browser`)
  const model = randomModel(items)
  const tokens = Array.from({ length: count }, (_, t) => ({
    item: (t * t * 31) % 97,
    action: t % 3,
    time: 1_780_000_000_000 + t * t * 1000,
  }))
  const popularity = Float32Array.from({ length: items }, (_, item) => 1000 / (1 + item))
  const settings = { ...PERSONAL_LEARNING, adapter: ADAPTER, steps }
  const starts: number[] = []
  const { losses } = await fitPersonally(
    { model, tokens, wishes: wishesOf(tokens), popularity },
    settings,
    async () => {
      starts.push(performance.now())
    },
  )
  starts.push(performance.now())
  return { backend: tf.getBackend(), stepMs: losses.map((_, n) => starts[n + 1] - starts[n]), losses }
}
