/** The demo shop with Vitrine installed as any shop would install it: one tag, a strict policy, shelves in its pages. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { productPath } from '../../shared/data/storefront.ts'
import { SINGLE } from '../../trainer/blend.ts'
import { launchChromium } from '../../trainer/chromium.ts'
import { readHistories } from '../../trainer/datasets/histories.ts'
import { openPublisherKey } from '../../trainer/keys.ts'
import { makeBundle, prepare, publish } from '../../trainer/publish.ts'
import { generateSample } from '../../trainer/sample/sample.ts'
import { folderDestination, serve } from '../../trainer/serve.ts'
import { createShop } from '../../trainer/shop-server.ts'
import { openShopStore } from '../../trainer/shop-store.ts'
import { buildWeb } from '../../web/build.ts'
import { layoutShiftOf, watchLayoutShifts } from './layout-shift.ts'

const ROOT = join(import.meta.dirname, '../..')
const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'vitrine-suggestions-'))

let served: Awaited<ReturnType<typeof serve>>
let browser: Browser
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  const data = join(folder, 'sample')
  await Promise.all([buildWeb(), generateSample({ out: data, products: 120, shoppers: 150, days: 90 })])
  const read = await readHistories(data)
  const histories = { ...read, items: read.items.map((item) => ({ ...item, url: productPath(item.item_id) })) }
  const key = await openPublisherKey(join(folder, 'key.json'), 'shop.test')
  const store = await openShopStore(join(folder, 'bundles'), { 'log-key': join(folder, 'log.json') }, key.name)
  const destination = folderDestination(store)
  await prepare(destination, key)
  const bundle = await makeBundle({ histories, blend: SINGLE.rules, version: 1, now: Date.now() })
  await publish(bundle, key, destination)
  const shop = await createShop({
    folder: data,
    dist: join(ROOT, 'dist', 'shop'),
    status: () => ({ name: 'Sample', simulated: true, phase: 'rules', version: 1, progress: 0, message: '' }),
    tag: { src: '/edge/vitrine.js', refreshSeconds: 10 },
  })
  served = await serve({ store, port: 0, host: '127.0.0.1', shop })
  browser = await launchChromium()
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' })
  await context.addInitScript({ content: AXE })
  await watchLayoutShifts(context)
  page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
})

afterAll(async () => {
  await browser?.close()
  await served?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function textOf(selector: string): Promise<string> {
  return (await page.locator(selector).allInnerTexts()).join('\n')
}

async function check(): Promise<void> {
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } } // put there by addInitScript
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
  expect(violations, page.url()).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  expect(complaints).toEqual([])
}

const shelf = (kind: string) => page.locator(`vitrine-shelf[kind=${kind}]`)
const readyShelf = (kind: string) => page.locator(`vitrine-shelf[kind=${kind}][data-state=ready]`)

it('suggests from the first visit, follows the shopper, and shows, keeps and forgets what it knows', async () => {
  await page.goto(`${served.url}/`)
  await readyShelf('for-you').locator('li').first().waitFor()
  await readyShelf('trending').locator('li').first().waitFor()
  const first = await shelf('for-you').locator('.title').allInnerTexts()
  expect(first.length).toBeGreaterThan(3)
  expect(await layoutShiftOf(page)).toBeLessThan(0.01)
  await check()

  // Without loading a page again: what is known lives in this page's memory.
  await page.evaluate(() => Object.assign(window, { stayed: true }))
  await page.locator('.departments a').nth(1).click()
  await page.locator('.results .title').first().click()
  await page.getByRole('button', { name: 'Add to cart' }).waitFor()
  const seen = await textOf('main h1')
  await readyShelf('related').locator('li').first().waitFor()
  await check()
  await page.locator('header .name').click()
  await expect
    .poll(() => shelf('for-you').locator('.reason').allInnerTexts())
    .toContain(`Because you looked at ${seen}`)
  expect(await shelf('for-you').locator('.title').allInnerTexts()).not.toEqual(first)

  const card = readyShelf('for-you').locator('a').first()
  const href = await card.getAttribute('href')
  await card.focus()
  await page.keyboard.press('Enter')
  await expect.poll(() => page.url()).toBe(href)
  expect(await page.evaluate(() => 'stayed' in window)).toBe(true)

  await readyShelf('related').locator('li').first().waitFor() // else the footer moves away under the pointer
  await page.locator('footer a[href="/remembered"]').click()
  await expect.poll(() => textOf('ol')).toContain(`Looked at ${seen}`)
  expect(await textOf('main')).toMatch(/version 1, 120 products[\s\S]*counts alone/)
  const timeline = 'section[aria-labelledby=timeline]'
  expect(await textOf(timeline)).toMatch(/memory, until you close/)
  await check()
  const row = page.getByRole('button', { name: `Forget: Looked at ${seen}`, exact: true })
  const before = await row.count()
  await row.first().press('Enter')
  await expect.poll(() => row.count()).toBe(before - 1)
  const focused = () => page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.textContent?.trim())
  await expect.poll(focused).toBe('Forget')

  await page.getByRole('switch', { name: 'Remember on this device' }).press('Enter')
  await expect.poll(() => textOf(timeline)).toMatch(/this browser’s database/)
  await page.reload()
  await expect.poll(() => page.locator('ol > li').count()).toBeGreaterThan(0)
  expect(await page.getByRole('switch', { name: 'Remember on this device' }).getAttribute('aria-checked')).toBe('true')
  const offered = page.getByRole('switch', { name: 'Help improve' })
  expect(await offered.getAttribute('aria-disabled')).toBe('true')

  await page.getByRole('button', { name: 'Forget everything' }).press('Enter')
  await expect.poll(focused).toBe('Cancel')
  await check()
  await page.getByRole('button', { name: 'Yes, forget everything' }).press('Enter')
  await expect.poll(() => textOf('.receipt')).toMatch(/\d+ (entry|entries) deleted with their database in this browser/)
  expect(await textOf(timeline)).toMatch(/Nothing is remembered/)
  await check()
})
