/**
 * The personal fit in a worker of Chromium, on each back end that a shopper's browser may have: its first step, which
 * compiles, the steps after it, and its losses, which must not depend on the back end. The page meanwhile counts its own
 * long tasks: learning may not be one.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import type { Page } from 'playwright-core'
import { launchChromium } from '../../trainer/chromium.ts'
import type { FitPlan, FitTimes } from './finetune-worker.ts'
import { quantile, type Row, rounded } from './row.ts'
import { bundled } from './step.ts'

const BACKENDS = ['wasm', 'webgl', 'webgpu'] as const
const PLAN = { items: 10_000, tokens: 200, steps: 20 }
/** After as many steps, of all back ends. */
const TOLERANCE = 1e-3
const LONG_TASK_MS = 50

const WASM = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))

/** @throws Error where losses differ, or a task of the page took longer than 50 ms */
export async function bench(): Promise<Row[]> {
  const worker = await bundled('finetune-worker.ts')
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    if (path === '/worker.js') response.setHeader('content-type', 'text/javascript').end(worker)
    else if (/^\/wasm\/[\w-]+\.wasm$/.test(path)) {
      response.setHeader('content-type', 'application/wasm').end(readFileSync(join(WASM, path.slice(6))))
    } else response.setHeader('content-type', 'text/html').end('<!doctype html><title>bench</title>')
  })
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  const browser = await launchChromium(['--enable-unsafe-webgpu'])
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const results: (FitTimes & { longest: number })[] = []
    for (const backend of BACKENDS) results.push(await fitOn(page, { ...PLAN, backend }))
    const last = results.map(({ losses }) => losses[PLAN.steps - 1])
    const spread = Math.max(...last) - Math.min(...last)
    if (!(spread <= TOLERANCE)) throw new Error(`bench: losses after ${PLAN.steps} steps differ: ${last}`)
    for (const { backend, longest } of results) {
      if (longest > LONG_TASK_MS) throw new Error(`bench: a task of the page took ${longest} ms on ${backend}`)
    }
    return results.map(({ backend, stepMs, losses, longest }) => ({
      backend,
      first_step_ms: rounded(stepMs[0], 1),
      steady_step_ms: rounded(quantile(stepMs.slice(1), 0.5), 1),
      first_loss: rounded(losses[0], 5),
      last_loss: rounded(losses[PLAN.steps - 1], 5),
      losses_differ_by: Number(spread.toExponential(1)),
      longest_page_task_ms: longest,
    }))
  } finally {
    await browser.close()
    server.close()
  }
}

/** In the page, which starts the worker and watches itself. Sent as text, so it may not use names that a compiler adds. */
function fitOn(page: Page, plan: FitPlan): Promise<FitTimes & { longest: number }> {
  return page.evaluate(async (asked) => {
    let longest = 0
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longest = Math.max(longest, duration)
    })
    observer.observe({ type: 'longtask' })
    const worker = new Worker('/worker.js')
    const times = await new Promise<FitTimes>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data)
      worker.onerror = ({ message }) => reject(new Error(message))
      worker.postMessage(asked)
    })
    worker.terminate()
    observer.disconnect()
    return { ...times, longest }
  }, plan)
}
