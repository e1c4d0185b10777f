/**
 * Ranking in Chromium, with the shipped tag, worker and bundle over real HTTP.
 *
 *     page      from vitrine('event') in the page to the new top 20 back in the page: capture, two messages, the step, all
 *               items scored, blended, explained
 *     worker    the same without the messages: engine.ts alone
 *     scores    the floor: every int8 row read once and multiplied, nothing else
 *     step      see step.ts: the network alone, beside onnxruntime-web and TF.js
 *     start     from the script tag's first byte to a top 20, in a fresh profile: by popularity alone, and by the network
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../trainer/chromium.ts'
import { kernel } from '../../trainer/kernel.ts'
import { openPublisherKey } from '../../trainer/keys.ts'
import { type Bundle, prepare, publish } from '../../trainer/publish.ts'
import { folderDestination, scriptTag, serve } from '../../trainer/serve.ts'
import { openShopStore } from '../../trainer/shop-store.ts'
import { buildWeb } from '../../web/build.ts'
import type { Shelf, Status } from '../../web/protocol.ts'
import { madeUpBundle } from './catalogue.ts'
import { quantile, type Row, rounded } from './row.ts'
import { benchSteps, bundled } from './step.ts'

const SIZES = [4_000, 10_000]
const EVENTS = 300
const STARTS = 10

export async function bench(): Promise<Row[]> {
  await buildWeb()
  const kernelBytes = await kernel('rank', { importMemory: true })
  const engine = await bundled('engine-page.ts', {
    RANK_KERNEL: JSON.stringify(Buffer.from(kernelBytes).toString('hex')),
  })
  const browser = await launchChromium()
  const rows: Row[] = []
  try {
    rows.push(...(await benchSteps(browser)))
    for (const items of SIZES) rows.push(...(await benchSize(browser, items, engine)))
  } finally {
    await browser.close()
  }
  return rows
}

async function benchSize(browser: Browser, items: number, engine: string): Promise<Row[]> {
  const home = mkdtempSync(join(tmpdir(), 'vitrine-bench-'))
  const key = await openPublisherKey(join(home, 'key.json'), 'bench.test')
  const bundle = await madeUpBundle(items)
  const store = await openShopStore(join(home, 'bundles'), { 'log-key': join(home, 'log.json') }, key.name)
  const destination = folderDestination(store)
  await prepare(destination, key)
  await publish(bundle, key, destination)
  const edge = await serve({ store, port: 0, host: '127.0.0.1' })
  const html = `<!doctype html><title>bench</title>${scriptTag(edge.url)}`
  const shop = createServer((request, response) => {
    const script = request.url === '/engine.js'
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html').end(script ? engine : html)
  })
  await new Promise<void>((listening) => {
    shop.listen(0, '127.0.0.1', listening)
  })
  const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`
  const row = (name: string, values: number[]): Row => ({
    items,
    engine: name,
    median_ms: rounded(quantile(values, 0.5)),
    p95_ms: rounded(quantile(values, 0.95)),
  })
  try {
    const starts = { shelf: [] as number[], network: [] as number[] }
    for (let n = 0; n < STARTS; n++) {
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(url, { waitUntil: 'commit' })
      const times = await page.evaluate(timeToFirstLists)
      starts.shelf.push(times.shelf)
      starts.network.push(times.network)
      await context.close()
    }
    const page = await browser.newPage()
    await page.goto(url)
    await page.evaluate(timeToFirstLists)
    const { times: inPage, lists, models } = await page.evaluate(eventsToLists, [items, EVENTS] as const)
    // A list that did not change, or that no network ranked, would be quick and wrong.
    if (lists < EVENTS * 0.9 || !models.includes('network')) {
      throw new Error(`bench: ${lists} different lists of ${EVENTS}, ranked by ${models}`)
    }
    const alone = await engineAlone(page, url, bundle, items)
    await page.close()
    return [
      row('page', inPage),
      row('worker', alone.ranked),
      row('scores', alone.scored),
      row('start: first top 20', starts.shelf),
      row('start: top 20 by the network', starts.network),
    ]
  } finally {
    shop.close()
    await edge.close()
    rmSync(home, { recursive: true, force: true })
  }
}

/** In the page: since the document began to load. Sent as text, so it may not use names that a compiler adds. */
async function timeToFirstLists(): Promise<{ shelf: number; network: number }> {
  let shelf = 0
  for (;;) {
    await new Promise((next) => setTimeout(next, 1))
    if (!window.vitrine) continue
    const list = (await window.vitrine('recommend', { kind: 'for-you', limit: 20 })) as Shelf
    if (shelf === 0 && list.items.length === 20) shelf = performance.now()
    if (((await window.vitrine('status')) as Status).bundle.network) return { shelf, network: performance.now() }
  }
}

/** In the page: each event is a view of another item; milliseconds until the list that knows of it. */
async function eventsToLists([items, count]: readonly [number, number]) {
  await new Promise((looked) => setTimeout(looked, 1000)) // a person looks at a page before acting on it
  const times: number[] = []
  const lists = new Set<string>()
  let models = ''
  for (let n = 0; n < count; n++) {
    const item_id = `SKU-${10_000 + ((n * 7919) % items)}`
    const began = performance.now()
    window.vitrine?.('event', 'view_item', { items: [{ item_id }] })
    const shelf = (await window.vitrine?.('recommend', { kind: 'for-you', limit: 20 })) as Shelf
    times.push(performance.now() - began)
    lists.add(shelf.items.map((item) => item.itemId).join())
    models = shelf.models.join()
  }
  return { times, lists: lists.size, models }
}

declare global {
  interface Window {
    engineTimes(
      parts: [string, number[]][],
      manifest: Bundle['manifest'],
      events: number,
    ): { ranked: number[]; scored: number[] }
  }
}

async function engineAlone(page: Page, url: string, bundle: Bundle, items: number) {
  await page.addScriptTag({ url: `${url}engine.js` })
  const parts = bundle.manifest.chunks.map(({ name, sha256 }): [string, number[]] => [
    name,
    Array.from(bundle.chunks.get(sha256) as Uint8Array),
  ])
  const result = await page.evaluate(([chunks, manifest, events]) => window.engineTimes(chunks, manifest, events), [
    parts,
    bundle.manifest,
    EVENTS,
  ] as const)
  if (result.ranked.length !== EVENTS) throw new Error(`bench: ${result.ranked.length} lists at ${items} items`)
  return result
}
