/**
 * A page that stays open while its shop's operator works: the network is published, then a bundle of a stranger, then one
 * that is damaged, then the edge goes away. The page is never reloaded but at the end.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { signEntry } from '../../shared/tlog/entry.ts'
import { decodeEntries } from '../../shared/tlog/tile.ts'
import { SINGLE } from '../../trainer/blend.ts'
import { launchChromium } from '../../trainer/chromium.ts'
import { openPublisherKey } from '../../trainer/keys.ts'
import { makeBundle, publish } from '../../trainer/publish.ts'
import { folderDestination, openStore } from '../../trainer/serve.ts'
import type { Shelf, Status } from '../../web/protocol.ts'
import { MemoryLog } from '../shared/tlog/memory-log.ts'
import { type ServedShop, serveSampleShop } from './served-shop.ts'

const folder = mkdtempSync(join(tmpdir(), 'vitrine-swap-'))
let shop: ServedShop
let browser: Browser
let context: BrowserContext
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  ;[shop, browser] = await Promise.all([serveSampleShop(1), launchChromium()])
  context = await browser.newContext()
  page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${shop.url}/`)
  await page.evaluate(() => Object.assign(window, { stayed: true }))
})

afterAll(async () => {
  await browser?.close()
  await shop?.close()
  rmSync(folder, { recursive: true, force: true })
})

const status = () => page.evaluate(() => window.vitrine?.('status') as Promise<Status>)
const stayed = () => page.evaluate(() => 'stayed' in window)
const forYou = () =>
  page.evaluate(() => window.vitrine?.('recommend', { kind: 'for-you', limit: 12 }) as Promise<Shelf>)
const ids = (shelf: Shelf) => shelf.items.map(({ itemId }) => itemId)

let viewed = 0
/** Opens the next product as a link inside the shop does, without a new document. */
async function viewNext(): Promise<void> {
  const before = (await status()).events.total
  const { item_id } = shop.histories.items[viewed++]
  await page.evaluate(
    (path) => {
      history.pushState({}, '', path)
      dispatchEvent(new PopStateEvent('popstate'))
    },
    `/p/${encodeURIComponent(item_id)}`,
  )
  await expect.poll(async () => (await status()).events.total).toBeGreaterThan(before)
}

/** Suggestions are there, and follow the shopper. */
async function expectFollows(): Promise<void> {
  const before = await forYou()
  await viewNext()
  await viewNext()
  const after = await forYou()
  expect(after.items.length).toBeGreaterThan(3)
  expect(ids(after)).not.toEqual(ids(before))
}

const drawn = () => page.locator('vitrine-shelf[data-state=ready] li').count()

it('goes from rules to the network without a reload, and without TF.js', async () => {
  await viewNext()
  await expect.poll(async () => (await forYou()).models).toContain('rules')
  expect((await forYou()).models).not.toContain('network')
  expect((await status()).bundle).toMatchObject({ version: 1, network: false })

  expect(await shop.publishNetwork()).toBe(2)
  await expect
    .poll(async () => (await status()).bundle, { timeout: 15_000 })
    .toMatchObject({ version: 2, network: true })
  expect((await forYou()).models).toEqual(expect.arrayContaining(['network', 'rules']))
  await expect.poll(status).toMatchObject({ refused: undefined, offline: false })
  await expectFollows()
  await expect.poll(drawn).toBeGreaterThan(0)
  expect(await stayed()).toBe(true)

  const fetched = new Set(shop.requests.map(({ url }) => url))
  const scripts = [...fetched].filter((url) => /\.(m?js|wasm)$/.test(url))
  expect(scripts.some((url) => /^\/edge\/assets\/worker\./.test(url))).toBe(true)
  for (const url of scripts) {
    expect(url).toMatch(/^\/(assets\/[\w-]+|edge\/vitrine|edge\/assets\/(worker|shelf|panel|assistant)\.\w+)\.js$/)
    expect(await (await fetch(shop.url + url)).text(), url).not.toMatch(/tfjs|tensorflow|WebGPUBackend/i)
  }
})

it('refuses a bundle that another key has signed, says so, and takes the next one of its own shop', async () => {
  const key = await openPublisherKey(join(folder, 'stranger.json'), 'e2e.test')
  const { histories, store, storeFolder, destination, logKey } = shop
  const strange = await makeBundle({ histories, blend: SINGLE.popularity, version: 3, now: Date.now() })
  await expect(publish(strange, key, destination)).rejects.toThrow('not signed by')
  // An edge that was taken over has the log's key, and puts on record what it likes.
  const log = new MemoryLog(logKey)
  const { size } = await store.log.head()
  const entries = await store.log.readTile({ level: 'entries', index: 0, width: size })
  for (const record of decodeEntries(entries as Uint8Array, size)) log.append(record)
  const proof = await log.proof(log.append(await signEntry(strange.entry, key)))
  await writeFile(join(storeFolder, 'log', 'latest'), proof)
  await expect.poll(async () => (await status()).refused, { timeout: 10_000 }).toMatchObject({ code: 'signature' })
  const { refused, bundle } = await status()
  expect(refused?.reason).toContain('the publisher has not signed it')
  expect(refused?.offered).toBe(proof)
  expect(bundle).toMatchObject({ version: 2, network: true })
  await expectFollows()

  expect(await shop.publishNetwork()).toBe(3)
  await expect.poll(async () => (await status()).bundle.version, { timeout: 15_000 }).toBe(3)
  await expect.poll(async () => (await status()).refused).toBeUndefined()
  expect((await status()).evidence).toMatchObject([{ code: 'signature', offered: proof }])
})

it('keeps what it has while a chunk is damaged on the edge’s disk', async () => {
  const { histories, store, storeFolder, key, logKey } = shop
  const next = await makeBundle({ histories, blend: SINGLE.rules, version: 4, now: Date.now() })
  // A chunk that the edge has not seen: what the probes expect depends on the blend.
  const probes = next.manifest.chunks.find(({ name }) => name === 'probes')!.sha256
  expect(await store.readChunk(probes)).toBeUndefined()
  // Published by another process, into the folder; a byte turns before the edge has read it.
  const release = shop.hold()
  await publish(next, key, folderDestination(await openStore(storeFolder, logKey)))
  const damaged = Uint8Array.from(next.chunks.get(probes) as Uint8Array)
  damaged[damaged.length >> 1] ^= 1
  await writeFile(join(storeFolder, 'chunks', probes), damaged)
  release()
  const asked = () => shop.requests.some(({ url }) => url.endsWith(`/v1/chunks/${probes}`))
  await expect.poll(asked, { timeout: 15_000 }).toBe(true)
  await expect.poll(async () => (await status()).offline, { timeout: 10_000 }).toBe(true)
  const answer = await fetch(`${shop.url}/edge/v1/chunks/${probes}`)
  expect(answer.status).toBe(500)
  expect(await answer.text()).toContain('damaged')
  expect((await status()).bundle).toMatchObject({ version: 3, network: true })
  await expectFollows()
})

it('goes on when the edge is away, in the open page and, where it may remember, in the next', async () => {
  await page.evaluate(() => window.vitrine?.('consent', { remember: true }))
  await expect.poll(async () => (await status()).storage).toBe('indexeddb')
  await shop.loseEdge()
  const edgeAnswers = () => fetch(`${shop.url}/edge/v1/latest`).then(({ status }) => status, String)
  await expect.poll(edgeAnswers).toBe(404)
  await expectFollows()
  expect(await stayed()).toBe(true)
  const { events } = await status()
  const list = ids(await forYou())

  await page.reload()
  expect(await stayed()).toBe(false)
  await expect
    .poll(async () => (await status())?.bundle, { timeout: 10_000 })
    .toMatchObject({ version: 3, network: true })
  await expect.poll(async () => (await status()).offline).toBe(true)
  const now = await status()
  expect(now.storage).toBe('indexeddb')
  expect(now.events.total).toBeGreaterThanOrEqual(events.total)
  const shelf = await forYou()
  expect(shelf.models).toContain('network')
  expect(ids(shelf).filter((id) => list.includes(id)).length).toBeGreaterThan(list.length / 2)
  await expect.poll(drawn).toBeGreaterThan(0)
  await expectFollows()
  expect(complaints).toEqual([])
})
