/** Any Vulkan, Metal or D3D12 GPU, by the optional peer `webgpu` (Dawn's binding for Node). */
import * as tf from '@tensorflow/tfjs-core'
import { type Opened, type Opening, refused } from './opening.ts'
import { importPeer, isRefused } from './peer.ts'

const INSTALL = 'with a GPU of any make: npm install --no-save webgpu@0.6.2'
const DRIVER =
  "install the GPU's driver for Vulkan (on Debian libvulkan1 and mesa-vulkan-drivers, or NVIDIA's own), until vulkaninfo --summary names the GPU"
/** Drivers that are a CPU playing a GPU, as they name themselves. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i

interface Dawn {
  create(options: string[]): GPU
  globals: Record<string, unknown>
}

/** @param allowSoftware also where the adapter is a CPU */
export async function openWebGpu(allowSoftware: boolean): Promise<Opening> {
  const dawn = await importPeer<Dawn>('webgpu', INSTALL)
  if (isRefused(dawn)) return dawn
  const gpu = dawn.create([])
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) return refused('the package loads, and finds no GPU that it can use', DRIVER)
  const { vendor, architecture, device: model, description } = adapter.info
  const name = description || [vendor, architecture, model].filter(Boolean).join(' ') || 'a GPU without a name'
  const software = adapter.info.isFallbackAdapter || SOFTWARE.test([vendor, architecture, model, description].join(' '))
  if (software && !allowSoftware) {
    return refused(`software: ${name} is a CPU playing a GPU, and slower than WASM`, `where there is a GPU, ${DRIVER}`)
  }
  // The adapter's own limits: a device gets the least that the standard promises else, 128 MiB a tensor.
  const device = await adapter.requestDevice({ requiredLimits: limitsOf(adapter) })
  await registerBackend(dawn, gpu, adapter, device)
  return { opened: true, device: name, software, threads: 1, checked: checkedBy(device) }
}

function limitsOf({ limits }: GPUAdapter): Record<string, number> {
  const names = new Set<string>()
  for (let level: object | null = limits; level; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) names.add(name)
  }
  const values = [...names].map(
    (name) => [name, (limits as GPUSupportedLimits & Record<string, unknown>)[name]] as const,
  )
  return Object.fromEntries(values.filter((entry): entry is readonly [string, number] => typeof entry[1] === 'number'))
}

/**
 * TF.js looks for its GPU in a page's globals; Node has none. Dawn lives as long as there is a reference to what `create`
 * returned, and a process does not end by itself while it lives: `process.exit`.
 */
async function registerBackend(dawn: Dawn, gpu: GPU, adapter: GPUAdapter, device: GPUDevice): Promise<void> {
  Object.assign(globalThis, dawn.globals)
  const { userAgent = `Node.js/${process.versions.node}`, hardwareConcurrency = 1 } = globalThis.navigator ?? {}
  const navigator = { userAgent, hardwareConcurrency, gpu }
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true })
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
  // Loading it has registered a factory that asks for another device, with smaller limits.
  tf.removeBackend('webgpu')
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, adapter.info), 3)
  await tf.setBackend('webgpu')
  await tf.ready()
}

function checkedBy(device: GPUDevice): Opened['checked'] {
  let lost: GPUDeviceLostInfo | undefined
  void device.lost.then((info) => {
    lost = info
  })
  const scopes = ['validation', 'out-of-memory', 'internal'] as const
  return async (run) => {
    for (const scope of scopes) device.pushErrorScope(scope)
    const ended = await run().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    let reported: GPUError | null = null
    for (const _ of scopes) reported = (await device.popErrorScope().catch(() => null)) ?? reported
    if (lost) throw new Error(`the GPU was lost: ${lost.message || lost.reason}`)
    // The first cause: what TF.js throws, if it does, follows from it.
    if (reported) throw new Error(`${reported.constructor.name}: ${reported.message}`)
    if ('error' in ended) throw ended.error
    return ended.value
  }
}
