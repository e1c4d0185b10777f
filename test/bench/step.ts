/**
 * One token in, the 20 best items out, the cache kept: our kernel and our plain loop beside onnxruntime-web and TF.js, one
 * thread each, in one page of Chromium. And, in pages that have nothing yet, from asking for its code to its first list:
 * over a local connection, without compression, where the bytes of a runtime cost the least that they can.
 */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { build } from 'vite'
import { decodeModel, encodeEncoder, encodeVectors } from '../../shared/model/chunks.ts'
import { kernel } from '../../trainer/kernel.ts'
import { onnxStep } from './onnx-step.ts'
import { randomModel } from './random-model.ts'
import { quantile, type Row, rounded } from './row.ts'
import { TOP } from './step-engine.ts'
import type { StepPlan, StepTimes } from './step-page.ts'

declare global {
  interface Window {
    stepTimes(plan: StepPlan): Promise<StepTimes[]>
    /** When the page began to fetch what it needs. */
    asked: number
    firstList: Promise<{ ms: number; items: number[] }>
  }
}

const PLANS = [
  { items: 4_000, rounds: 10, steps: 30 },
  { items: 10_000, rounds: 10, steps: 30 },
  { items: 100_000, rounds: 10, steps: 15 },
  { items: 1_000_000, rounds: 5, steps: 6 },
]
const FIRST_LIST_ITEMS = [10_000, 100_000]
const FIRST_LISTS = 7

const require = createRequire(import.meta.url)
const FOLDERS: Record<string, string> = {
  onnx: dirname(require.resolve('onnxruntime-web')),
  tfjs: dirname(require.resolve('@tensorflow/tfjs-backend-wasm')),
}

/** Rows of every engine; `to_onnx` is the ratio of its median to onnxruntime-web's; the fastest is what it
 * takes when the machine does nothing else.  */
export async function benchSteps(browser: Browser): Promise<Row[]> {
  const bytes = await kernel('rank', { importMemory: true })
  const define = { RANK_KERNEL: JSON.stringify(Buffer.from(bytes).toString('hex')) }
  const files = new Map<string, Uint8Array | string>([
    ['/step-page.js', await bundled('step-page.ts', define)],
    ['/first-list-page.js', await bundled('first-list-page.ts', define)],
  ])
  const server = await serveFiles(files)
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rows: Row[] = []
  try {
    for (const plan of PLANS) {
      const page = await browser.newPage()
      await page.goto(`${origin}/?script=step-page`)
      if (!(await page.evaluate(() => crossOriginIsolated))) throw new Error('bench: the clock is too coarse')
      const results = await page.evaluate((whole) => window.stepTimes(whole), { ...plan, kernel: Array.from(bytes) })
      await page.close()
      const onnx = median(results, 'onnxruntime-web')
      rows.push(
        ...results.map(({ engine, times, offBy }) => ({
          ...row(plan.items, engine, times, onnx),
          off_by: Number(offBy.toExponential(1)),
        })),
      )
    }
    for (const items of FIRST_LIST_ITEMS) {
      const made = randomModel(items)
      const [vectors, encoder] = [encodeVectors(made), encodeEncoder(made)]
      const model = decodeModel(vectors, encoder) // the matrices have become int8
      files.set('/model/vectors', vectors).set('/model/encoder', encoder)
      files.set('/model/step.onnx', onnxStep(model, TOP)).set('/model/config.json', JSON.stringify(model.config))
      const times: Record<string, number[]> = { ours: [], onnx: [] }
      const lists = new Set<string>()
      for (let n = 0; n < FIRST_LISTS; n++) {
        for (const engine of ['ours', 'onnx']) {
          const context = await browser.newContext()
          const page = await context.newPage()
          await page.goto(`${origin}/first-list-page?${engine}`)
          const list = await page.evaluate(() => window.firstList)
          times[engine].push(list.ms)
          lists.add(list.items.join())
          await context.close()
        }
      }
      if (lists.size !== 1) throw new Error(`bench: ${lists.size} different first lists of ${items} items`)
      const onnx = quantile(times.onnx, 0.5)
      rows.push(row(items, 'fetch to first top 20: kernel', times.ours, onnx))
      rows.push(row(items, 'fetch to first top 20: onnxruntime-web', times.onnx, onnx))
    }
  } finally {
    server.close()
  }
  return rows
}

function row(items: number, engine: string, times: number[], onnx: number): Row {
  return {
    items,
    engine,
    median_ms: rounded(quantile(times, 0.5)),
    p95_ms: rounded(quantile(times, 0.95)),
    fastest_ms: rounded(Math.min(...times)),
    to_onnx: rounded(quantile(times, 0.5) / onnx, 2),
  }
}

function median(results: StepTimes[], engine: string): number {
  return quantile(results.find((result) => result.engine === engine)?.times ?? [], 0.5)
}

/** Under the headers that give a page a clock of 5 µs instead of 100. */
async function serveFiles(files: Map<string, Uint8Array | string>): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://bench')
    const [, folder, name] = /^\/(onnx|tfjs)\/([\w.-]+)$/.exec(pathname) ?? []
    const script = searchParams.get('script') ?? pathname.slice(1)
    const body = folder ? readFileSync(join(FOLDERS[folder], name)) : files.get(pathname)
    const types = { js: 'text/javascript', mjs: 'text/javascript', wasm: 'application/wasm' }
    const type = types[pathname.split('.').pop() as keyof typeof types]
    response.setHeader('content-type', type ?? (body ? 'application/octet-stream' : 'text/html'))
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    response.setHeader('cross-origin-embedder-policy', 'require-corp')
    response.end(
      body ??
        `<!doctype html><title>bench</title><script>asked = performance.now()</script><script src="/${script}.js"></script>`,
    )
  })
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  return server
}

/** One classic script. */
export async function bundled(entry: string, define: Record<string, string> = {}): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    define,
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: join(import.meta.dirname, entry), formats: ['iife'], name: 'benchPage' },
    },
  })
  const [result] = Array.isArray(built) ? built : [built]
  if (!('output' in result)) throw new Error('the bundler watches instead of building')
  return result.output[0].code
}
