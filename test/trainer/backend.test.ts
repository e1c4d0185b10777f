/**
 * Which back end is taken, and what is said of those that are not. Each in a process of its own, because a process has one.
 * The packages that fail are real folders that Node loads and that do what the real ones do on a machine without a GPU.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { BackendChoice, PassedOver } from '../../trainer/backend.ts'
import { softwareGpu } from './software-gpu.ts'

const SCRIPT = join(import.meta.dirname, 'backend-process.ts')
const root = mkdtempSync(join(tmpdir(), 'vitrine-backend-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Said {
  name?: string
  device?: string
  software?: boolean
  passedOver?: PassedOver[]
  error?: string
  remedy?: string
}

async function ready(choice: BackendChoice, env: Record<string, string>): Promise<Said> {
  const around = { ...process.env, NODE_PATH: '', ...env }
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, choice], {
    env: around,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => (stdout += text))
  child.stderr.on('data', (text: Buffer) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  expect(code, stderr.slice(0, 500)).toBe(0)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Said
}

/** A folder for NODE_PATH in which each package is one file of CommonJS. */
function packages(files: Record<string, string>): string {
  const folder = mkdtempSync(join(root, 'packages-'))
  for (const [name, code] of Object.entries(files)) {
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, name, 'index.js'), code)
  }
  return folder
}

const gpu = softwareGpu()

describe('without optional packages', () => {
  it('training is on WASM, and says for each of the others that it is not installed, and how it would be', async () => {
    const { name, passedOver } = await ready('auto', {})
    expect(name).toBe('wasm')
    expect(passedOver).toEqual([
      { name: 'tfjs-node-gpu', reason: 'the package is not installed', remedy: expect.stringContaining('npm install') },
      { name: 'webgpu', reason: 'the package is not installed', remedy: expect.stringContaining('npm install') },
    ])
  })

  it('one that is asked for by name and cannot be had is an error with its reason, and no other takes its place', async () => {
    const { name, error, remedy } = await ready('webgpu', {})
    expect(name).toBeUndefined()
    expect(error).toBe('--backend webgpu: webgpu is not usable: the package is not installed')
    expect(remedy).toContain('npm install --no-save webgpu@')
  })
})

describe('packages that are installed and of no use', () => {
  it('that do not load are passed over with what they say', async () => {
    const NODE_PATH = packages({
      '@tensorflow/tfjs-node-gpu': `throw new Error('libcudart.so.11.0: cannot open shared object file\\nand more')`,
      webgpu: `throw new Error("Cannot find module 'dawn.node'")`,
    })
    const { name, passedOver } = await ready('auto', { NODE_PATH })
    expect(name).toBe('wasm')
    expect(passedOver?.map(({ reason }) => reason)).toEqual([
      'the package is installed and does not load: libcudart.so.11.0: cannot open shared object file',
      "the package is installed and does not load: Cannot find module 'dawn.node'",
    ])
  })

  it('that fail before there is a device are passed over', async () => {
    const NODE_PATH = packages({ webgpu: 'exports.create = () => { throw new Error("no display") }' })
    const { name, passedOver } = await ready('auto', { NODE_PATH })
    expect(name).toBe('wasm')
    expect(passedOver?.[1].reason).toBe('fails to start: no display')
  })

  it('that register nothing in this TF.js, or find no GPU, are passed over', async () => {
    const NODE_PATH = packages({
      '@tensorflow/tfjs-node-gpu': '',
      webgpu: 'exports.create = () => ({ requestAdapter: async () => null }); exports.globals = {}',
    })
    const { name, passedOver } = await ready('auto', { NODE_PATH })
    expect(name).toBe('wasm')
    expect(passedOver?.map(({ reason }) => reason)).toEqual([
      'the package brings another TF.js with it than Vitrine uses',
      'the package loads, and finds no GPU that it can use',
    ])
    expect(passedOver?.[1].remedy).toContain('vulkaninfo')
  })
})

/** Its path in this repository, for a package that lies elsewhere. */
const ours = (name: string) => JSON.stringify(createRequire(import.meta.url).resolve(name))

/**
 * TensorFlow's package as far as the choice sees it: it registers "tensorflow" in the TF.js of this repository. The
 * arithmetic is that of TF.js's own back end for the CPU.
 * @param kernel what each kernel becomes
 */
const tensorflow = (isUsingGpuDevice: boolean, kernel = 'found.kernelFunc') => `
  const tf = require(${ours('@tensorflow/tfjs')})
  const { MathBackendCPU } = require(${ours('@tensorflow/tfjs-backend-cpu')})
  const backend = () => Object.assign(new MathBackendCPU(), { isUsingGpuDevice: ${isUsingGpuDevice} })
  tf.registerBackend('tensorflow', backend, 3)
  for (const found of tf.getKernelsForBackend('cpu')) {
    tf.registerKernel({ ...found, backendName: 'tensorflow', kernelFunc: ${kernel} })
  }
`
/** The gradient of gather, as a driver has it that loses what it should add. */
const LOSES_SUMS = `found.kernelName !== 'UnsortedSegmentSum' ? found.kernelFunc : ({ inputs, backend, attrs }) =>
  backend.makeTensorInfo([attrs.numSegments, ...inputs.x.shape.slice(1)], 'float32',
    new Float32Array(attrs.numSegments * inputs.x.shape[1]))`

describe('TensorFlow', () => {
  it('on a CUDA device comes before all others', async () => {
    const NODE_PATH = packages({ '@tensorflow/tfjs-node-gpu': tensorflow(true) })
    expect(await ready('auto', { NODE_PATH })).toMatchObject({ name: 'tfjs-node-gpu', software: false, passedOver: [] })
  })

  it('without a CUDA device is passed over, and taken as software when it is asked for', async () => {
    const NODE_PATH = packages({ '@tensorflow/tfjs-node-gpu': tensorflow(false) })
    const { name, passedOver } = await ready('auto', { NODE_PATH })
    expect(name).toBe('wasm')
    expect(passedOver?.[0].reason).toBe('TensorFlow loads, and sees no CUDA device')
    expect(await ready('tfjs-node-gpu', { NODE_PATH })).toMatchObject({ name: 'tfjs-node-gpu', software: true })
  })

  it('that adds up wrongly is passed over, with what it computed', async () => {
    const NODE_PATH = packages({ '@tensorflow/tfjs-node-gpu': tensorflow(true, LOSES_SUMS) })
    const { name, passedOver } = await ready('auto', { NODE_PATH })
    expect(name).toBe('wasm')
    expect(passedOver?.[0].reason).toMatch(/computes a gradient of 0 where -?\d+ is right/)
  })
})

describe.skipIf(!gpu)('a CPU that plays the GPU', () => {
  it('is passed over by itself, and says that it is software', async () => {
    const { name, passedOver } = await ready('auto', gpu!)
    expect(name).toBe('wasm')
    expect(passedOver?.[1].reason).toMatch(/^software: .* is a CPU playing a GPU, and slower than WASM$/)
  })

  it('is taken when it is asked for, and computes what is right', async () => {
    expect(await ready('webgpu', gpu!)).toMatchObject({ name: 'webgpu', software: true })
  })
})
