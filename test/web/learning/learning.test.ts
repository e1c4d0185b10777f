/** Learning in Chromium: a worker of its own, one tab at a time, and an adapter that is of one network. */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../../../trainer/chromium.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const WASM = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))

let server: Server
let browser: Browser
let page: Page
let code: Record<string, string>

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
    if (path in code) response.setHeader('content-type', 'text/javascript').end(code[path])
    else if (/^\/wasm\/[\w-]+\.wasm$/.test(path)) {
      response.setHeader('content-type', 'application/wasm').end(readFileSync(join(WASM, path.slice(6))))
    } else response.setHeader('content-type', 'text/html').end('<!doctype html><script src="/page.js"></script>')
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
    const attempt = await page.evaluate(() => window.attempt({}, {}))
    expect(attempt).toMatchObject({ outcome: 'accepted', backend: 'wasm', adapter: { model: 'first network' } })
    if (attempt.outcome === 'accepted') {
      expect(attempt.trial.after).toBeLessThan(attempt.trial.before)
      expect(attempt.measured.stepMs.wasm).toBeGreaterThan(0)
    }
  })

  it('is not made while a condition does not hold, and says which', async () => {
    expect(await page.evaluate(() => window.attempt({ saveData: true, visibleMs: 3 }, {}))).toEqual({
      outcome: 'waiting',
      for: ['data-saver', 'visible'],
    })
  })

  it('ends where there is too little to learn from, or it takes too long', async () => {
    expect(await page.evaluate(() => window.attempt({}, { tokens: 5 }))).toEqual({ outcome: 'too-few' })
    expect(await page.evaluate(() => window.attempt({}, { timeoutMs: 1 }))).toEqual({ outcome: 'timed-out' })
  })

  it('is made by one of two tabs', async () => {
    const outcomes = await page.evaluate(() => window.twoTabs())
    expect(outcomes.sort()).toEqual(['accepted', 'other-tab'])
  })
})

it('an adapter of another network, of other shapes, or a corrupt one is as if it were not there', async () => {
  const found = await page.evaluate(() => window.storedUnder(['first network', 'second network']))
  expect(found).toEqual(['the same', undefined, undefined, undefined])
})

it('TF.js is in the learning worker alone', () => {
  expect(code['/worker.js']).toContain('BatchMatMul')
  expect(code['/page.js']).not.toMatch(/BatchMatMul|tensorflow/)
})
