/**
 * The same seed gives the same loss curve on every back end: TF.js's plain CPU back end is the reference, in which nothing
 * of ours takes part. Chromium's back ends are in parity.test.ts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { readyBackend } from '../../../trainer/backend.ts'
import { softwareGpu } from '../../trainer/software-gpu.ts'
import { type LossCurve, type LossKind, lossCurve } from './loss-curve.ts'

const STEPS = 20
const KINDS: LossKind[] = ['full', 'sampled']
/** Steps over the full catalogue are the same but for the sample. */
const LEAK_STEPS: Record<LossKind, number> = { full: process.env.VITRINE_SOAK ? 1000 : 50, sampled: 1000 }

const reference = {} as Record<LossKind, LossCurve>

beforeAll(async () => {
  await readyBackend('wasm')
  await tf.setBackend('cpu')
  for (const kind of KINDS) reference[kind] = await lossCurve(kind, STEPS)
  await tf.setBackend('wasm')
})

const largestDifference = (a: number[], b: number[]) => Math.max(...a.map((loss, step) => Math.abs(loss - b[step])))

describe.each(KINDS)('the loss curve over the %s catalogue', (kind) => {
  it('falls', () => {
    const { losses } = reference[kind]
    expect(losses).toHaveLength(STEPS)
    expect(losses[0] - losses[STEPS - 1]).toBeGreaterThan(0.1)
  })

  it('is the reference’s on WASM, with our kernels', async () => {
    const { losses } = await lossCurve(kind, STEPS)
    expect(largestDifference(losses, reference[kind].losses)).toBeLessThan(1e-3)
  })

  it(`keeps no tensor over ${LEAK_STEPS[kind]} steps, on WASM`, { timeout: 600_000 }, async () => {
    expect((await lossCurve(kind, LEAK_STEPS[kind])).leaked).toEqual({ tensors: 0, bytes: 0 })
  })
})

const gpu = softwareGpu()

it.skipIf(!gpu)('is the reference’s on Dawn in Node, and no tensor is kept', { timeout: 600_000 }, async () => {
  const script = join(import.meta.dirname, 'loss-curve-process.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, 'webgpu', String(STEPS)], {
    env: { ...process.env, ...gpu },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let stdout = ''
  child.stdout.on('data', (text: Buffer) => (stdout += text))
  const [code] = (await once(child, 'close')) as [number | null]
  expect(code).toBe(0)
  const curves = JSON.parse(stdout) as Record<LossKind, LossCurve>
  for (const kind of KINDS) {
    expect(largestDifference(curves[kind].losses, reference[kind].losses), kind).toBeLessThan(1e-3)
    expect(curves[kind].leaked, kind).toEqual({ tensors: 0, bytes: 0 })
  }
})
