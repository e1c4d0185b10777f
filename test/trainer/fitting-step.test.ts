import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { nextItemLoss, type TrainingBatch } from '../../shared/model/fit.ts'
import { firstOfRows, tensorsOf } from '../../shared/model/model.ts'
import { initParams, type ModelConfig } from '../../shared/model/params.ts'
import { readyBackend } from '../../trainer/backend.ts'
import { createFittingStep, isOutOfMemory, type PartOfBatch } from '../../trainer/fitting-step.ts'
import { UserError } from '../../trainer/user-error.ts'
import { softwareGpu } from './software-gpu.ts'

const config: ModelConfig = { items: 50, contentWidth: 0, width: 16, blocks: 2, heads: 2, window: 5, hidden: 12 }

/** Rows have one to all of their places as targets: halves never have equal shares. */
function batchOf(sequences: number, length: number): TrainingBatch {
  const random = seeded(`fitting ${sequences}`)
  const draw = (n: number) => Int32Array.from({ length: sequences * length }, () => random.int(n))
  const at = Int32Array.from({ length: sequences * length }, (_, place) => place).filter(
    (place) => place % length <= Math.floor(place / length) % length,
  )
  return {
    rows: draw(config.items),
    actions: draw(3),
    gaps: draw(4),
    first: firstOfRows(sequences, length, config.window),
    sequences,
    length,
    at,
    targets: draw(config.items).slice(0, at.length),
  }
}

interface Computed {
  loss: number
  gradients: Record<string, Float32Array>
}

/** Loss and gradients, freed but for their numbers. */
async function compute({ batch }: PartOfBatch): Promise<Computed> {
  return tf.tidy(() => {
    const weights = Object.fromEntries(
      Object.entries(tensorsOf(initParams(config, 'fitting'))).map(([name, tensor]) => [name, tensor]),
    )
    const names = Object.keys(weights)
    const drawn = { items: Int32Array.of(3, 9, 11, 30, 49), logExpected: new Float32Array(config.items).fill(-0.7) }
    const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
      const given = Object.fromEntries(tensors.map((tensor, n) => [names[n], tensor]))
      return nextItemLoss(given, config, batch, undefined, undefined, { dropout: 0.2, idDropout: 0 }, 1, drawn)
    })(names.map((name) => weights[name]))
    const values = grads.map((gradient, n) => [names[n], Float32Array.from(gradient.dataSync())])
    return { loss: value.dataSync()[0], gradients: Object.fromEntries(values) as Computed['gradients'] }
  })
}

function sum(parts: { result: Computed; share: number }[]): Computed {
  const total: Computed = { loss: 0, gradients: {} }
  for (const { result, share } of parts) {
    total.loss += share * result.loss
    for (const [name, values] of Object.entries(result.gradients)) {
      total.gradients[name] ??= new Float32Array(values.length)
      for (let i = 0; i < values.length; i++) total.gradients[name][i] += share * values[i]
    }
  }
  return total
}

beforeAll(async () => {
  await readyBackend('wasm')
})

describe('a batch that does not fit', () => {
  it.each([1, 2, 3, 4, 8])('has, in parts of at most %d rows, the loss and gradient of the whole', async (most) => {
    const said: string[] = []
    const step = createFittingStep(
      async (part: PartOfBatch) => {
        if (part.batch.sequences > most) throw new RangeError('WASM: out of memory: 64 bytes more cannot be had')
        return compute(part)
      },
      (message) => said.push(message),
    )
    const batch = batchOf(9, 7)
    const whole = await compute({ batch, share: 1 })
    const parts = await step.run(batch)
    expect(parts.length).toBeGreaterThanOrEqual(9 / most)
    expect(parts.reduce((total, { share }) => total + share, 0)).toBeCloseTo(1, 12)
    const total = sum(parts)
    expect(Math.abs(total.loss - whole.loss)).toBeLessThan(1e-5)
    for (const [name, values] of Object.entries(whole.gradients)) {
      const worst = Math.max(...values.map((value, n) => Math.abs(value - total.gradients[name][n])))
      expect(worst, name).toBeLessThan(1e-5)
    }
    expect(said[0]).toMatch(/^a batch of 9 rows does not fit into memory and is halved \(WASM: out of memory/)
    // The size that failed is remembered: nothing more is said, and nothing fails again.
    const before = said.length
    await step.run(batch)
    expect(said).toHaveLength(before)
  })

  it('to the last row ends with what to do', async () => {
    const step = createFittingStep(
      () => Promise.reject(new Error('OOM when allocating tensor with shape[9,9]')),
      () => {},
    )
    const failed = await step.run(batchOf(3, 7)).catch((error: unknown) => error)
    if (!(failed instanceof UserError)) throw new Error(`ended with ${failed}`)
    expect(failed.message).toBe(
      'training: a row of 7 tokens alone does not fit into memory: OOM when allocating tensor with shape[9,9]',
    )
    expect(failed.remedy).toContain('smaller preset')
  })

  it('for another reason fails at once', async () => {
    let calls = 0
    const step = createFittingStep(
      () => {
        calls++
        return Promise.reject(new Error('Argument x must be a tensor'))
      },
      () => {},
    )
    await expect(step.run(batchOf(4, 7))).rejects.toThrow('Argument x')
    expect(calls).toBe(1)
  })
})

describe('when WASM’s memory of 4 GB is at its end', () => {
  it('the batch is halved until it fits, nothing is lost, and the result is right', { timeout: 300_000 }, async () => {
    const backend = tf.backend() as BackendWasm
    const batch = batchOf(256, 16)
    const whole = await compute({ batch, share: 1 })
    const [tensors, buffers] = [tf.memory().numTensors, backend.numDataIds()]
    // Memory that is never written to costs nothing, so all of it can be had, block by block.
    const held: tf.TensorInfo[] = []
    const hold = (floats: number) => {
      try {
        for (;;) held.push(backend.makeOutput([floats], 'float32'))
      } catch (error) {
        expect(isOutOfMemory(error), String(error)).toBe(true)
      }
    }
    try {
      hold(2 ** 22)
      hold(2 ** 16)
      // Half a megabyte short of what the whole batch was seen to need is far more than its parts need.
      for (const { dataId } of held.splice(0, 1)) backend.disposeData(dataId)
      const said: string[] = []
      const parts = await createFittingStep(compute, (message) => said.push(message)).run(batch)
      expect(said.length).toBeGreaterThan(0)
      expect(parts.length).toBeGreaterThan(1)
      const total = sum(parts)
      expect(Math.abs(total.loss - whole.loss)).toBeLessThan(1e-5)
      for (const [name, values] of Object.entries(whole.gradients)) {
        const worst = Math.max(...values.map((value, n) => Math.abs(value - total.gradients[name][n])))
        expect(worst, name).toBeLessThan(1e-5)
      }
      expect(tf.memory().numTensors).toBe(tensors)
      expect(backend.numDataIds() - held.length).toBe(buffers)
    } finally {
      for (const { dataId } of held) backend.disposeData(dataId)
    }
  })
})

const gpu = softwareGpu()

it.skipIf(!gpu)(
  'a batch larger than Dawn’s device allows is halved too, and not taken for zeros',
  async () => {
    const script = join(import.meta.dirname, 'fitting-gpu-process.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      env: { ...process.env, ...gpu },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let stdout = ''
    child.stdout.on('data', (text: Buffer) => (stdout += text))
    const [code] = (await once(child, 'close')) as [number | null]
    expect(code).toBe(0)
    const { parts, said } = JSON.parse(stdout) as { parts: { result: object; share: number }[]; said: string[] }
    expect(parts).toEqual([
      { result: { rows: 2, last: 3 }, share: 2 / 5 },
      { result: { rows: 3, last: 3 }, share: 3 / 5 },
    ])
    expect(said).toEqual([expect.stringMatching(/^a batch of 5 rows does not fit .*GPUValidationError: Buffer size/)])
  },
  180_000,
)

it.each([
  ['WASM, by our check of malloc', new RangeError('WASM: out of memory: 4 bytes more cannot be had')],
  ['WASM, in the module', new WebAssembly.RuntimeError('memory access out of bounds')],
  ['WASM, aborted', new WebAssembly.RuntimeError('Aborted(OOM). Build with -sASSERTIONS for more info.')],
  ['V8', new RangeError('Array buffer allocation failed')],
  [
    'Dawn, a limit',
    new Error('GPUValidationError: Buffer size (1200000000) exceeds the max buffer size limit (1073741824).'),
  ],
  ['Dawn, memory', new Error('GPUOutOfMemoryError: Failed to allocate memory for buffer')],
  ['CUDA', new Error('OOM when allocating tensor with shape[128,50,5000] and type float')],
])('%s is known as the end of memory', (_, error) => {
  expect(isOutOfMemory(error)).toBe(true)
})

it.each([
  new Error('GPUValidationError: Binding size mismatch'),
  new TypeError('x is not a function'),
  new Error('the loss is NaN'),
  'out of memory',
])('%s is not', (error) => {
  expect(isOutOfMemory(error)).toBe(false)
})
