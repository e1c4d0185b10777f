import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readyBackend } from '../../../trainer/backend.ts'
import { launchChromium } from '../../../trainer/chromium.ts'
import { kernel } from '../../../trainer/kernel.ts'
import { type LossKind, lossCurve } from './loss-curve.ts'

const HISTORIES = process.env.VITRINE_SOAK ? 1000 : 100
const WASM = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))

let server: Server
let browser: Browser
let page: Page
let kernelBytes: number[]

beforeAll(async () => {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      lib: { entry: join(import.meta.dirname, 'parity-page.ts'), formats: ['iife'], name: 'parityPage' },
    },
  })
  const [result] = Array.isArray(built) ? built : [built]
  if (!('output' in result)) throw new Error('the bundler watches instead of building')
  const { code } = result.output[0]
  const training = await kernel('training', { importMemory: true, initialMemory: 0, relaxedSimd: true })
  server = createServer((request, response) => {
    const path = request.url ?? '/'
    const send = (type: string, body: string | Buffer) => response.setHeader('content-type', type).end(body)
    if (path === '/page.js') send('text/javascript', code)
    else if (/^\/wasm\/[\w-]+\.wasm$/.test(path)) send('application/wasm', readFileSync(join(WASM, path.slice(6))))
    else if (path === '/training.wasm') send('application/wasm', Buffer.from(training))
    else send('text/html', '<!doctype html><title>parity</title><script src="/page.js"></script>')
  })
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  browser = await launchChromium(['--enable-unsafe-webgpu'])
  page = await browser.newPage()
  kernelBytes = Array.from(await kernel('rank', { importMemory: true }))
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}, 120_000)

afterAll(async () => {
  await browser?.close()
  server?.close()
})

describe('in Chromium, infer.ts gives the scores of model.ts', () => {
  it.each([
    ['wasm', 'plain loops'],
    ['wasm', 'the kernel'],
    ['webgpu', 'plain loops'],
  ] as const)('on %s, %s', { timeout: 540_000 }, async (backend, loops) => {
    const bytes = loops === 'the kernel' ? kernelBytes : undefined
    const result = await page.evaluate(([name, count, kernel]) => window.runParity(name, count, kernel), [
      backend,
      HISTORIES,
      bytes,
    ] as const)
    expect(result.backend).toBe(backend)
    expect(result.kernel).toBe(loops === 'the kernel')
    expect(result.largest).toBeGreaterThan(1)
    expect(result.worst).toBeLessThan(1e-4)
    expect(result.differentTops).toBe(0)
  })
})

it('in Chromium, the kernel gives what the plain loops give', async () => {
  const { compared, disagreements } = await page.evaluate((bytes) => window.compareKernel(bytes), kernelBytes)
  expect(disagreements.slice(0, 10)).toEqual([])
  expect(compared).toBeGreaterThan(50_000)
})

describe('in Chromium, the same seed gives the loss curve of the trainer’s WASM back end', () => {
  const curves: ['wasm' | 'webgpu', LossKind][] = [
    ['wasm', 'full'],
    ['wasm', 'sampled'],
    ['webgpu', 'full'],
  ]
  // Almost the same operations, on a software GPU a minute more.
  if (process.env.VITRINE_SOAK) curves.push(['webgpu', 'sampled'])
  it.each(curves)('on %s, over the %s catalogue', { timeout: 540_000 }, async (backend, kind) => {
    await readyBackend('wasm')
    const expected = await lossCurve(kind, 20)
    const found = await page.evaluate(([b, k]) => window.runLossCurve(b, k, 20), [backend, kind] as const)
    expect(found.backend).toBe(backend)
    expect(found.leaked).toEqual({ tensors: 0, bytes: 0 })
    expect(Math.max(...expected.losses.map((loss, n) => Math.abs(loss - found.losses[n])))).toBeLessThan(1e-3)
  })
})
