/** What a new version costs a browser that kept an earlier one: bytes on the wire, from a real edge to a real Chromium. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from '../../edge/app.ts'
import { type ServedEdge, serveEdge } from '../../edge/node.ts'
import type { Store } from '../../edge/store.ts'
import { seeded } from '../../shared/data/random.ts'
import { compile } from '../../shared/model/compile.ts'
import { contentOf } from '../../shared/model/content.ts'
import { initParams, type Params } from '../../shared/model/params.ts'
import { launchChromium } from '../../trainer/chromium.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import { measureTransfer, type Transfer } from '../../trainer/deltas.ts'
import { openPublisherKey, type PublisherKey } from '../../trainer/keys.ts'
import {
  type BundleInput,
  type Destination,
  makeBundle,
  prepare,
  publish,
  readPrevious,
} from '../../trainer/publish.ts'
import { folderDestination } from '../../trainer/serve.ts'
import { openShopStore } from '../../trainer/shop-store.ts'
import { buildWeb } from '../../web/build.ts'
import { madeUpHistories } from '../bench/catalogue.ts'
import { startShop, type TestShop } from '../web/edge.ts'
import { openVisit, until } from '../web/visit.ts'

const ITEMS = 1000
const home = mkdtempSync(join(tmpdir(), 'vitrine-returning-'))
let browser: Browser
let store: Store
let destination: Destination
let key: PublisherKey
let edge: ServedEdge
let shop: TestShop
/** Chunks and manifests since it was last emptied: content-length of what was sent. */
let sent: { sha256: string; bytes: number }[] = []

beforeAll(async () => {
  await buildWeb()
  browser = await launchChromium()
  key = await openPublisherKey(join(home, 'key.json'), 'returning.test')
  store = await openShopStore(join(home, 'bundles'), { 'log-key': join(home, 'log.json') }, key.name)
  destination = folderDestination(store)
  await prepare(destination, key)
  const app = createApp({ store, version: 'test' })
  edge = await serveEdge(
    {
      async fetch(request: Request) {
        const response = await app.fetch(request)
        const [, sha256] = new URL(request.url).pathname.match(/^\/v1\/chunks\/(\w+)$/) ?? []
        if (sha256) {
          expect(response.headers.get('content-encoding')).toBe('br')
          sent.push({ sha256, bytes: Number(response.headers.get('content-length')) })
        }
        return response
      },
    },
    { port: 0 },
  )
  shop = await startShop(() => ({
    html: `<!doctype html><html lang="en"><title>Shop</title><script async src="${edge.url}/vitrine.js"
      data-consent="remember"></script><body><vitrine-shelf></vitrine-shelf>`,
  }))
})
afterAll(async () => {
  await browser?.close()
  shop?.close()
  await edge?.close()
  rmSync(home, { recursive: true, force: true })
})

const h = madeUpHistories(ITEMS)
/** All but the last hundredth of the shoppers: what was known the day before. */
const dayBefore: Histories = { ...h, shoppers: h.shoppers.slice(0, -40), start: h.start.slice(0, -40) }
const today: Histories = {
  ...h,
  items: h.items.map((item, n) => ({
    ...item,
    ...(n % 100 === 7 ? { price: (item.price ?? 1) + 0.5 } : {}),
    ...(n % 400 === 9 ? { availability: 'out_of_stock' as const } : {}),
  })),
}
const content = contentOf(h.items)
const config = { items: ITEMS, contentWidth: content.width, width: 64, blocks: 1, heads: 2, window: 32, hidden: 128 }
const trained = initParams(config, 'returning')
/** Every number moved by a hundredth of its kind's spread: trained further from where it was. */
const refined: Params = Object.fromEntries(
  Object.entries(trained).map(([name, { shape, values }]) => {
    const random = seeded(`refined ${name}`)
    const spread = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)
    return [name, { shape, values: values.map((x) => x + 0.01 * spread * random.normal()) }]
  }),
)

async function publishNext(histories: Histories, params: Params): Promise<Transfer[]> {
  const previous = await readPrevious(destination)
  const input: BundleInput = {
    histories,
    network: compile(config, params, content),
    blend: { network: 1, rules: 1, popularity: 0.3, buyAgain: 0.3 },
    version: (previous?.manifest.version ?? 0) + 1,
    now: Date.UTC(2026, 0, 1),
    ...(previous ? { previous } : {}),
  }
  const bundle = await makeBundle(input)
  await publish(bundle, key, destination)
  return measureTransfer(bundle.manifest, bundle.chunks, previous?.manifest)
}

/** Opens the shop until the version is installed and kept. @returns bytes of chunks, the manifest's apart */
async function bytesOfVisit(context: BrowserContext, version: number): Promise<{ manifest: number; chunks: number }> {
  sent = []
  const visit = await openVisit(await context.newPage(), shop.url)
  await visit.page.waitForFunction(() => window.vitrine?.running)
  await until(visit.status, ({ bundle }) => bundle.version === version && bundle.parts.includes('probes'), 30_000)
  await visit.page.waitForTimeout(500) // the bundle is written behind
  expect(await visit.status()).toMatchObject({ refused: undefined, storage: 'indexeddb' })
  await visit.page.close()
  const { model } = (await store.log.head()).standing
  const isManifest = ({ sha256 }: { sha256: string }) => sha256 === model?.manifest
  const sum = (files: typeof sent) => files.reduce((total, { bytes }) => total + bytes, 0)
  return { manifest: sum(sent.filter(isManifest)), chunks: sum(sent.filter((file) => !isManifest(file))) }
}

const wholeOf = (transfer: Transfer[]) => transfer.reduce((sum, { whole }) => sum + whole, 0)
const deltasOf = (transfer: Transfer[]) => transfer.reduce((sum, { fromPrevious = 0 }) => sum + fromPrevious, 0)

it('fetches what a publication says, and a fraction of the whole', async () => {
  const returning = await browser.newContext()
  const rare = await browser.newContext()
  const first = await publishNext(dayBefore, trained)
  const whole = await bytesOfVisit(returning, 1)
  await bytesOfVisit(rare, 1)
  expect(whole.chunks).toBe(wholeOf(first))

  const counted = await publishNext(today, trained)
  const afterADay = await bytesOfVisit(returning, 2)
  expect(afterADay.chunks).toBe(deltasOf(counted))
  expect(afterADay.chunks).toBeLessThan(0.15 * wholeOf(counted))

  const retrained = await publishNext(today, refined)
  const afterTraining = await bytesOfVisit(returning, 3)
  expect(afterTraining.chunks).toBe(deltasOf(retrained))
  expect(afterTraining.chunks).toBeLessThan(0.6 * wholeOf(retrained))

  // Two versions at once: what changed in both, by a chain where that is worth it.
  const afterBoth = await bytesOfVisit(rare, 3)
  expect(afterBoth.chunks).toBeLessThanOrEqual(afterADay.chunks + afterTraining.chunks)
  expect(afterBoth.chunks).toBeLessThan(0.7 * wholeOf(retrained))

  const fresh = await bytesOfVisit(await browser.newContext(), 3)
  expect(fresh.chunks).toBe(wholeOf(retrained))
  console.log(`bytes of chunks (manifest) at ${ITEMS} items, brotli over HTTP:`)
  for (const [what, { chunks, manifest }] of Object.entries({ whole, afterADay, afterTraining, afterBoth, fresh })) {
    console.log(`  ${what.padEnd(14)} ${chunks} (${manifest})`)
  }
}, 180_000)
