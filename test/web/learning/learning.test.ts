/** Learning in Chromium: a worker of its own, one tab at a time, and bytes for TF.js, which fetches nothing. */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../../../trainer/chromium.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const WASM = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm')

let server: Server
let browser: Browser
let page: Page
let code: Record<string, string>
const paths: string[] = []

async function bundled(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: join(ROOT, entry), formats: ['iife'], name: 'learningTest' },
    },
  })
  const [result] = Array.isArray(built) ? built : [built]
  if (!('output' in result)) throw new Error('the bundler watches instead of building')
  return result.output[0].code
}

beforeAll(async () => {
  code = {
    '/page.js': await bundled('test/web/learning/page.ts'),
    '/worker.js': await bundled('web/learning/worker.ts'),
  }
  server = createServer((request, response) => {
    const path = request.url ?? '/'
    paths.push(path)
    if (path in code) response.setHeader('content-type', 'text/javascript').end(code[path])
    else if (path === '/tfjs.wasm') response.setHeader('content-type', 'application/wasm').end(readFileSync(WASM))
    else response.setHeader('content-type', 'text/html').end('<!doctype html><script src="/page.js"></script>')
  })
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  browser = await launchChromium()
  page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}, 240_000)

afterAll(async () => {
  await browser?.close()
  server?.close()
})

describe('an attempt', { timeout: 240_000 }, () => {
  it('gives an adapter, the back end that learned it and how quick each is', async () => {
    const attempt = await page.evaluate(() => window.attempt({}))
    expect(attempt).toMatchObject({ outcome: 'accepted', backend: 'wasm', adapter: { model: 'first network' } })
    if (attempt.outcome === 'accepted') {
      expect(attempt.trial.after).toBeLessThan(attempt.trial.before)
      expect(attempt.measured.stepMs.wasm).toBeGreaterThan(0)
    }
    expect(new Set(paths)).toEqual(new Set(['/', '/page.js', '/worker.js', '/tfjs.wasm', '/favicon.ico']))
  })

  it('ends where there is too little to learn from, or it takes too long', async () => {
    expect(await page.evaluate(() => window.attempt({ tokens: 5 }))).toEqual({ outcome: 'too-few' })
    expect(await page.evaluate(() => window.attempt({ timeoutMs: 1 }))).toEqual({ outcome: 'timed-out' })
  })

  it('says so where nothing can learn, nothing tells tabs apart, or its worker breaks', async () => {
    expect(await page.evaluate(() => window.attempt({ without: 'wasm' }))).toMatchObject({ outcome: 'no-backend' })
    expect(await page.evaluate(() => window.attempt({ without: 'locks' }))).toEqual({ outcome: 'no-locks' })
    expect(await page.evaluate(() => window.attempt({ without: 'worker' }))).toEqual({ outcome: 'failed' })
  })

  it('is made by one of two tabs', async () => {
    const outcomes = await page.evaluate(() => window.twoTabs())
    expect(outcomes.sort()).toEqual(['accepted', 'other-tab'])
  })
})

it('TF.js is in the learning worker alone', () => {
  expect(code['/worker.js']).toContain('BatchMatMul')
  expect(code['/page.js']).not.toMatch(/BatchMatMul|tensorflow/)
})
