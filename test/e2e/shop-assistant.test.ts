/** What the assistant does in the demo shop: a new shopper's taste, suggestions, the shopper's order, offers and answers. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Product } from '../../shared/data/catalog.ts'
import { productPath } from '../../shared/data/storefront.ts'
import { encodeProfileChunk } from '../../shared/profile/profile-chunk.ts'
import { signCoupons } from '../../shared/service/coupons.ts'
import { SINGLE } from '../../trainer/blend.ts'
import { launchChromium } from '../../trainer/chromium.ts'
import { readHistories } from '../../trainer/datasets/histories.ts'
import { openPublisherKey } from '../../trainer/keys.ts'
import { readShoppers } from '../../trainer/profile/shoppers.ts'
import { makeBundle, prepare, publish } from '../../trainer/publish.ts'
import { redeem, SAMPLE_CONTACT, sampleCoupons } from '../../trainer/sample/coupons.ts'
import { generateSample } from '../../trainer/sample/sample.ts'
import { folderDestination, serve } from '../../trainer/serve.ts'
import { createShop } from '../../trainer/shop-server.ts'
import { openShopStore } from '../../trainer/shop-store.ts'
import { buildWeb } from '../../web/build.ts'
import { shopReviews, shopSentiment } from '../shop-reviews.ts'
import { layoutShiftOf, watchLayoutShifts } from './layout-shift.ts'

const ROOT = join(import.meta.dirname, '../..')
const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8')
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 900 } }
const TIMEOUT = { timeout: 15_000 }
const DAY_MS = 86_400_000
const folder = mkdtempSync(join(tmpdir(), 'vitrine-assistant-'))

let served: Awaited<ReturnType<typeof serve>>
let first: Product
let titles: string[]
let browser: Browser
let context: BrowserContext
let page: Page
let complaints: string[]

beforeAll(async () => {
  const data = join(folder, 'sample')
  await Promise.all([buildWeb(), generateSample({ out: data, products: 120, shoppers: 150, days: 90 })])
  const read = await readHistories(data)
  const histories = { ...read, items: read.items.map((item) => ({ ...item, url: productPath(item.item_id) })) }
  first = histories.items[0]
  titles = histories.items.map(({ title }) => title)
  const key = await openPublisherKey(join(folder, 'key.json'), 'shop.test')
  const store = await openShopStore(join(folder, 'bundles'), { 'log-key': join(folder, 'log.json') }, key.name)
  const destination = folderDestination(store)
  await prepare(destination, key)
  const now = Date.now()
  const coupons = sampleCoupons(now)
  // What the three questions ask for; no head needs to be fitted for them.
  const profile = encodeProfileChunk({
    items: (await readShoppers(data)).facts.map(({ brand, traits, priceLevel }) => ({ brand, traits, priceLevel })),
    usage: { highSpend: 100, orderGapDays: 60, orderValue: 20 },
    priceBands: { low: -0.5, high: 0.5 },
    companions: new Map(),
    heads: {},
  })
  const bundle = await makeBundle({
    histories,
    blend: SINGLE.rules,
    parts: { profile, sentiment: shopSentiment(shopReviews(800), '1') as Uint8Array },
    coupons: await signCoupons(coupons, key.name, key.keys),
    contact: SAMPLE_CONTACT,
    version: 1,
    now,
  })
  await publish(bundle, key, destination)
  const shop = await createShop({
    folder: data,
    dist: join(ROOT, 'dist', 'shop'),
    status: () => ({ name: 'Sample', simulated: true, phase: 'rules', version: 1, progress: 0, message: '' }),
    tag: { src: '/edge/vitrine.js', refreshSeconds: 0 },
    redeem: (code) => redeem(coupons, code, Date.now()),
  })
  served = await serve({ store, port: 0, host: '127.0.0.1', shop })
  browser = await launchChromium()
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await served?.close()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(() => context?.close())

/** A shopper's first visit; the tag has everything of its bundle. */
async function open(path: string, size: keyof typeof SIZES, locale = 'en-GB', script = () => {}): Promise<void> {
  context = await browser.newContext({ viewport: SIZES[size], locale, reducedMotion: 'reduce' })
  await context.addInitScript({ content: AXE })
  await watchLayoutShifts(context)
  await context.addInitScript(script)
  page = await context.newPage()
  complaints = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
  await page.goto(served.url + path)
  await expect
    .poll(() => page.evaluate(async () => (await window.vitrine?.('status'))?.bundle.parts ?? []), TIMEOUT)
    .toContain('coupons')
}

/** No violation of any axe rule, nothing wider than the screen, nothing that the browser complained of. */
async function check(): Promise<void> {
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } } // put there by addInitScript
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
  expect(violations, page.url()).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  expect(complaints).toEqual([])
}

const box = () => page.locator('#search')
const results = () => page.locator('.results .title').allInnerTexts()
const textOf = (selector: string) =>
  page.locator(selector).evaluate((node) => ((node.shadowRoot ?? node).textContent ?? '').replace(/\s+/g, ' ').trim())
const says = (selector: string) => expect.poll(() => textOf(selector).catch(() => ''), TIMEOUT)
const goTo = async (path: string) => {
  await page.locator(`a[href="${path}"]`).first().focus()
  await page.keyboard.press('Enter')
}
const activeOption = async () => {
  const id = await box().getAttribute('aria-activedescendant')
  return id === null ? undefined : textOf(`#${id}`)
}
async function searchFor(query: string): Promise<void> {
  await box().fill(query)
  await page.keyboard.press('Enter')
  await expect.poll(() => textOf('main h1')).toContain(query)
  await page.locator('.results .title').first().waitFor()
}
/** A result, and back to the results. */
async function lookAt(title: string): Promise<void> {
  await page.locator('.results').getByRole('link', { name: title, exact: true }).first().press('Enter')
  await expect.poll(() => textOf('main h1')).toBe(title)
  await page.goBack()
  await page.locator('.results .title').first().waitFor()
}
async function arrowTo(option: string): Promise<void> {
  for (let presses = 0; presses < 20 && (await activeOption()) !== option; presses++)
    await page.keyboard.press('ArrowDown')
  expect(await activeOption()).toBe(option)
}

describe.each(['phone', 'desk'] as const)('on a %s', { timeout: 90_000 }, (size) => {
  it('a new shopper says what they like, nothing jumps, and the shelves follow', async () => {
    await open('/', size)
    const taste = page.locator('vitrine-taste')
    await says('vitrine-taste').toMatch(/1 of 3/)
    await page.locator('vitrine-shelf[kind=for-you][data-state=ready]').waitFor()
    expect(await layoutShiftOf(page)).toBeLessThan(0.01)
    await check()
    await taste.getByRole('button', { name: 'Kitchen & dining' }).press('Enter')
    await taste.getByRole('button', { name: 'Next' }).press('Enter')
    await expect.poll(() => taste.getByRole('button', { name: 'More expensive' }).isVisible()).toBe(true)
    await taste.getByRole('button', { name: 'More expensive' }).press('Enter')
    await taste.getByRole('button', { name: 'Next' }).press('Enter')
    await check()
    await taste.getByRole('button', { name: 'Skip this' }).press('Enter')
    await says('vitrine-taste').toContain('The suggestions follow what you chose')
    const reasons = () => page.locator('vitrine-shelf[kind=for-you] .reason').allInnerTexts()
    await expect.poll(reasons, TIMEOUT).toContain('Because of what you chose')
    await check()
    await goTo('/remembered')
    await says('vitrine-privacy').toMatch(/You chose at the start ?Kitchen & dining.*More expensive/)
  })

  it('suggests queries before and categories and products while typing, to the arrow keys', async () => {
    await open('/', size)
    await searchFor('mug')
    await box().fill('')
    await says('#suggestions').toMatch(/Your searches ?mug/)
    await check()
    await box().fill('mu')
    await says('#suggestions').toMatch(/Your searches ?mug.*Categories ?Mugs & cups.*Products.*£/)
    await check()
    await arrowTo('Mugs & cups')
    await page.keyboard.press('Enter')
    await expect.poll(() => textOf('main h1')).toBe('Mugs & cups')
    await box().fill('mu')
    await page.locator('#suggestions').waitFor() // its words are there before it is seen
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('#suggestions').isVisible()).toBe(false)
    expect(await box().inputValue()).toBe('mu')
  })

  it('offers a coupon for the cart and opens its code; help answers in Chinese', async () => {
    await open(`/search?q=${encodeURIComponent('mug')}`, size, 'zh-CN')
    await page.locator('.results .title').first().press('Enter')
    for (let n = 0; n < 8; n++) await page.getByRole('button', { name: '加入购物车' }).press('Enter')
    await goTo('/cart')
    await says('vitrine-offers').toMatch(/首单满25英镑减5英镑.*您还没有下过单，您的购物车满 £25\.00/)
    await check()
    await page.getByRole('button', { name: '显示优惠码：首单满25英镑减5英镑' }).press('Enter')
    await says('vitrine-offers').toContain('HELLO5')
    await goTo('/help')
    await page.getByLabel('向本店提问').fill('怎么退货')
    await page.keyboard.press('Enter')
    await says('vitrine-ask').toMatch(/收货后30天内可以退货.*来自本店的解答：怎么退货/)
    await check()
  })
})

it('takes a review and a saved product, keeps both on the device, and the privacy page says what they say', async () => {
  await open(productPath(first.item_id), 'phone')
  await page.getByText('Write a review').click()
  await page.getByRole('button', { name: 'Save for later' }).press('Enter')
  await page.getByRole('radio', { name: '4 out of 5' }).check({ force: true })
  await page.getByLabel('Your review').fill('The colour is beautiful, but delivery was late.')
  await check()
  await page.getByRole('button', { name: 'Send review' }).press('Enter')
  await page.getByRole('link', { name: 'See what is remembered' }).press('Enter')
  await says('vitrine-privacy').toContain('You wrote 1 review; it is in favour.')
  await says('vitrine-privacy').toMatch(/Delivery criticised once\s*Looks praised once/)
  await says('vitrine-privacy').toMatch(new RegExp(`On your wish list\\s*${first.title}`))
  await check()
}, 90_000)

describe.each([
  [
    'phone',
    'zh-CN',
    ['加入购物车', '显示优惠码：首单满25英镑减5英镑', '优惠码', '使用', '此优惠码无效', '此优惠码仅限首单', '提交订单'],
  ],
  [
    'desk',
    'en-GB',
    [
      'Add to cart',
      'Show code: £5 off your first order over £25',
      'Coupon code',
      'Apply',
      'This code is not valid',
      'This code is for a first order',
      'Place order',
    ],
  ],
] as const)('on a %s in %s', { timeout: 90_000 }, (size, locale, words) => {
  const [add, show, label, apply, unknown, firstOrder, placeOrder] = words
  const total = async () => Number((await textOf('dl .total dd')).replace(/[^\d.]/g, ''))
  const field = () => page.getByLabel(label, { exact: true })
  const fillCart = async () => {
    await open(`/search?q=${encodeURIComponent('mug')}`, size, locale)
    await page.locator('.results .title').first().press('Enter')
    for (let n = 0; n < 8; n++) await page.getByRole('button', { name: add }).press('Enter')
    await goTo('/cart')
  }

  it('a coupon’s code lowers the total, and the purchase has the coupon', async () => {
    await fillCart()
    await page.getByRole('button', { name: show }).press('Enter')
    await says('vitrine-offers').toContain('HELLO5')
    await goTo('/checkout')
    const before = await total()
    await field().fill('HELLO6')
    await field().press('Enter')
    await expect.poll(() => textOf('#coupon-error')).toBe(unknown)
    expect(await field().getAttribute('aria-invalid')).toBe('true')
    await check()
    await field().fill(' hello5 ')
    await page.getByRole('button', { name: apply, exact: true }).press('Enter')
    await expect.poll(total).toBeCloseTo(before - 5, 2)
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toContain('HELLO5')
    await check()
    await page.keyboard.press('Enter') // takes it out again
    await expect.poll(total).toBe(before)
    await page.keyboard.type('HELLO5')
    for (const name of ['email', 'name', 'street', 'city', 'postcode', 'country'])
      await page.locator(`#${name}`).fill('jo@shop.example')
    // Typed and not applied: it counts.
    await page.getByRole('button', { name: placeOrder }).press('Enter')
    await expect.poll(() => textOf('main .panel')).toContain('HELLO5')
    expect(await total()).toBeCloseTo(before - 5, 2)
    await check()
    const bought = async () =>
      (await page.evaluate(() => window.vitrine?.('history')))?.flatMap(({ event }) =>
        event.name === 'purchase' ? [{ coupon: event.coupon, value: event.value }] : [],
      )
    await expect.poll(bought, TIMEOUT).toMatchObject([{ coupon: 'HELLO5' }])
    const profile = await page.evaluate(() => window.vitrine?.('profile'))
    expect(profile?.known?.profile.coupons).toBe(1)

    // A first order is one.
    await page.goBack()
    await goTo('/')
    await searchFor('mug')
    await page.locator('.results .title').first().press('Enter')
    for (let n = 0; n < 8; n++) await page.getByRole('button', { name: add }).press('Enter')
    await goTo('/cart')
    await goTo('/checkout')
    await field().fill('HELLO5')
    await field().press('Enter')
    await expect.poll(() => textOf('#coupon-error')).toBe(firstOrder)
  })
})

describe('search results', { timeout: 90_000 }, () => {
  it('come in the shopper’s order with the exact match on top, and in the shop’s for a key press', async () => {
    await open('/', 'desk')
    await searchFor('cotton')
    const shops = await results()
    expect(shops.length).toBeGreaterThan(8)
    for (const title of shops.slice(-3)) await lookAt(title)
    const own = page.getByRole('button', { name: 'Your order' })
    await expect.poll(() => own.getAttribute('aria-pressed')).toBe('true')
    const mine = await results()
    expect(mine).not.toEqual(shops)
    expect([...mine].sort()).toEqual([...shops].sort())
    await check()

    for (const title of shops.slice(0, 4)) {
      expect(titles).toContain(title)
      await searchFor(title)
      expect((await results())[0]).toBe(title)
    }
    await searchFor('cotton')
    await page.getByRole('button', { name: 'Shop order' }).press('Enter')
    await expect.poll(results).toEqual(shops)
    // Remembered for the page.
    await searchFor('mug')
    await searchFor('cotton')
    expect(await page.getByRole('button', { name: 'Shop order' }).getAttribute('aria-pressed')).toBe('true')
    expect(await results()).toEqual(shops)
    await own.press('Enter')
    await expect.poll(results).toEqual(mine)
  })

  it('come in the shop’s order where the answer is late, and do not move until they are asked to', async () => {
    await open('/', 'desk', 'en-GB', () => {
      const post = Worker.prototype.postMessage
      Worker.prototype.postMessage = function (this: Worker, message: { type?: string }, ...rest: never[]) {
        const send = () => Reflect.apply(post, this, [message, ...rest])
        if (message?.type === 'rerank') setTimeout(send, 1_000)
        else send()
      }
    })
    await searchFor('cotton')
    const shops = await results()
    for (const title of shops.slice(-3)) await lookAt(title)
    const own = page.getByRole('button', { name: 'Your order' })
    expect(await own.getAttribute('aria-disabled')).toBe('true')
    await expect.poll(() => own.getAttribute('aria-disabled'), TIMEOUT).toBe('false')
    expect(await results()).toEqual(shops)
    await own.press('Enter')
    await expect.poll(results).not.toEqual(shops)
    expect(await layoutShiftOf(page)).toBeLessThan(0.01)
  })
})

it('welcomes back who was away for long, above everything else, and takes no room from others', async () => {
  await open('/', 'desk')
  const shelf = page.locator('vitrine-shelf[kind=win-back]')
  await expect.poll(() => shelf.getAttribute('data-state'), TIMEOUT).toBe('empty')
  expect(await shelf.isVisible()).toBe(false)
  await page.evaluate(
    async ([now, day]) => {
      const { products } = (await (await fetch('/shop/catalog.json')).json()) as { products: { item_id: string }[] }
      const see = (n: number, time: number) =>
        window.vitrine?.('event', { name: 'view_item', items: [{ item_id: products[n].item_id }], time })
      for (let n = 0; n < 6; n++) see(n, now - (200 - n) * day)
      see(0, now)
    },
    [Date.now(), DAY_MS],
  )
  await goTo('/help')
  await page.locator('header .name').press('Enter')
  await says('vitrine-shelf[kind=win-back]').toContain('195 days')
  expect(await page.locator('vitrine-taste').isVisible()).toBe(false)
  await check()
}, 60_000)
