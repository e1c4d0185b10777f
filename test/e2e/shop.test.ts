/** The demo shop in a real browser over real HTTP: the walk of a shopper, by keyboard, at two widths. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServerType, serve } from '@hono/node-server'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Product } from '../../shared/data/catalog.ts'
import type { ShopStatus } from '../../shared/data/storefront.ts'
import { launchChromium } from '../../trainer/chromium.ts'
import { createDataset } from '../../trainer/datasets/dataset.ts'
import { createShop } from '../../trainer/shop-server.ts'

const ODD_ID = `№7 "blue" / 50% 🫖`
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 900 } }
const AXE = readFileSync(join(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'vitrine-shop-'))
const status: ShopStatus = {
  name: 'Test shop',
  simulated: true,
  phase: 'training',
  version: 1,
  progress: 0.437,
  message: 'epoch 3 of 7',
}
let server: ServerType
let origin: string
let browser: Browser
let context: BrowserContext
let page: Page
/** What the browser complained about: refused by the policy, or an error in a page. */
let complaints: string[]

beforeAll(async () => {
  const dist = join(folder, 'dist')
  await build({ configFile: 'vite.config.ts', logLevel: 'error', build: { outDir: dist, emptyOutDir: true } })
  await writeShop(join(folder, 'shop'))
  const tag = { src: '/edge/vitrine.js', refreshSeconds: 10 }
  const shop = await createShop({ folder: join(folder, 'shop'), dist, status: () => status, tag })
  await new Promise<void>((listening) => {
    server = serve({ fetch: shop.fetch, port: 0, hostname: '127.0.0.1' }, () => listening())
  })
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  server?.close()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(() => {
  complaints = []
})

afterEach(async () => {
  await context?.close()
})

async function open(path: string, size: keyof typeof SIZES, locale = 'en-GB'): Promise<void> {
  context = await browser.newContext({ viewport: SIZES[size], locale })
  await context.addInitScript({ content: AXE })
  await context.route('https://pictures.example/*', (route) => route.fulfill({ status: 404 }))
  page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // Missing pages are asked for here, and the tag is one of the things this server does not have.
    const isExpected = /404 \(Not Found\)|\/edge\/vitrine\.js/.test(message.text())
    if (message.type() === 'error' && !isExpected) complaints.push(message.text())
  })
  await page.goto(origin + path)
  await page.locator('main h1').waitFor()
}

/** No violation of any axe rule, and nothing wider than the screen. */
async function check(): Promise<void> {
  const where = page.url()
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } } // put there by addInitScript
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
  expect(violations, where).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), where).toBeLessThanOrEqual(0)
  expect(complaints, where).toEqual([])
}

/** GA4 events so far, without the resets between them. */
function pushed(): Promise<{ event: string; ecommerce?: object }[]> {
  return page.evaluate(() => (window.dataLayer as { event: string }[]).filter(({ event }) => event))
}

async function follow(name: string | RegExp, within = 'main'): Promise<void> {
  await page.locator(within).getByRole('link', { name }).first().focus()
  await page.keyboard.press('Enter')
}

/** What is to be read there. */
async function textOf(selector: string): Promise<string> {
  return (await page.locator(selector).allInnerTexts()).join('\n')
}

describe.each(['phone', 'desk'] as const)('on a %s', (size) => {
  it('a shopper goes from the front page to an order and sees what is kept, by keyboard', async () => {
    await open('/', size)
    expect(await page.title()).toBe('Test shop')
    expect(await textOf('footer')).toMatch(/simulated[\s\S]*rules v1, network training 43%/)
    await check()

    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')

    await follow('Kitchen')
    await expect.poll(() => textOf('main h1')).toBe('Kitchen')
    expect(new URL(page.url()).pathname).toBe('/c/Kitchen')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    expect(await textOf('nav.departments [aria-current=page]')).toBe('Kitchen')
    await check()

    await follow('Blue teapot')
    await expect.poll(() => page.title()).toBe('Blue teapot · Test shop')
    expect(decodeURIComponent(new URL(page.url()).pathname)).toBe(`/p/${ODD_ID}`)
    await check()

    await page.getByRole('button', { name: 'One more' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Add to cart' }).focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => textOf('body > #shop > [role=status]')).toMatch(/Blue teapot is in your cart. 2 items/)
    await follow('View cart')
    await expect.poll(() => textOf('main h1')).toBe('Cart')
    expect(await textOf('.total')).toMatch(/£52\.50/)
    await check()

    await follow('Go to checkout')
    await expect.poll(() => textOf('main h1')).toBe('Checkout')
    await check()
    await page.getByRole('button', { name: 'Place order' }).press('Enter')
    expect(await page.getByRole('alert').getByRole('link').count()).toBe(6)
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('alert')
    await check()
    await follow('Enter an email address', '[role=alert]')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('email')
    const typed = {
      Email: 'a@b.example',
      'Full name': 'Ada',
      Street: 'Elm 1',
      'Town or city': 'Ely',
      Postcode: 'E1',
      Country: 'UK',
    }
    for (const [label, text] of Object.entries(typed)) await page.getByLabel(label).fill(text)
    await page.keyboard.press('Enter')
    await expect.poll(() => textOf('main h1')).toBe('Thank you')
    expect(await textOf('main')).toMatch(/2 × Blue teapot\s+£49\.00[\s\S]*£52\.50/)
    await check()

    const item = {
      item_id: ODD_ID,
      item_name: 'Blue teapot',
      item_brand: 'Ash & Oak',
      item_category: 'Kitchen',
      item_category2: 'Tea',
      price: 24.5,
    }
    const two = { currency: 'GBP', value: 49, items: [{ ...item, quantity: 2 }] }
    const events = await pushed()
    expect(events.filter(({ event }) => event !== 'view_item_list')).toEqual([
      { event: 'view_item', ecommerce: { currency: 'GBP', value: 24.5, items: [{ ...item, quantity: 1 }] } },
      { event: 'add_to_cart', ecommerce: two },
      { event: 'view_cart', ecommerce: two },
      { event: 'begin_checkout', ecommerce: two },
      {
        event: 'purchase',
        ecommerce: { transaction_id: expect.stringMatching(/^D-[A-Z2-9]{8}$/), shipping: 3.5, ...two },
      },
    ])
    expect(events.filter(({ event }) => event === 'view_item_list').at(-1)).toEqual({
      event: 'view_item_list',
      ecommerce: {
        item_list_id: '/c/Kitchen',
        item_list_name: 'Kitchen',
        items: expect.arrayContaining([{ item_id: ODD_ID, item_name: 'Blue teapot', index: expect.any(Number) }]),
      },
    })
    // Every event comes after a reset, so that no item of an earlier one is counted again.
    const layer = await page.evaluate(() => window.dataLayer as Record<string, unknown>[])
    for (const [i, entry] of layer.entries()) if (entry.event) expect(layer[i - 1]).toEqual({ ecommerce: null })

    await follow('What is remembered', 'footer')
    await expect.poll(() => textOf('main h1')).toBe('What is remembered')
    // This server has no edge, so the tag is a 404: the page says so, and the shop went on working.
    await expect.poll(() => textOf('main')).toMatch(/Suggestions are not running/)
    expect(await textOf('main')).toMatch(/0 items in the cart, 0 saved, 1 order\./)
    await check()
    await page.getByRole('button', { name: 'Clear cart' }).press('Enter')
    expect(await page.evaluate(() => localStorage.getItem('shop.orders'))).toBeNull()
  })

  it('search, filters, saved products and wrong addresses are pages of their own', async () => {
    await open('/search?q=mugg', size)
    await expect.poll(() => textOf('main')).toMatch(/30 products/)
    await check()
    if (size === 'phone') await page.getByRole('button', { name: 'Filters' }).press('Enter')
    await page.getByLabel('Wren').check()
    await page.getByLabel('To', { exact: true }).fill('9')
    await page.keyboard.press('Tab')
    await expect.poll(() => new URL(page.url()).search).toBe('?q=mugg&max=9&brand=Wren')
    expect(await textOf('.results [role=status]')).toBe('5 products')
    expect((await pushed()).filter(({ event }) => event === 'search')).toEqual([
      { event: 'search', search_term: 'mugg' },
    ])
    await page.getByLabel('Sort by').selectOption('price-down')
    expect(await textOf('.results .price').then((texts) => texts.split('\n')[0])).toBe('£9.00')
    await page.reload()
    expect(await textOf('.results [role=status]')).toBe('5 products')

    // After the reload the page's data begins anew: one search, and none for coming back to its results.
    await follow('Mug 9', '.results')
    await page.goBack()
    await expect.poll(() => textOf('.results [role=status]')).toBe('5 products')
    await expect
      .poll(async () => (await pushed()).filter(({ event }) => event === 'view_item_list').length)
      .toBeGreaterThan(1)
    expect((await pushed()).filter(({ event }) => event === 'search')).toHaveLength(1)
    await follow('Mug 9', '.results')
    await expect.poll(() => textOf('main h1')).toBe('Mug 9')
    await page.getByRole('button', { name: 'Save for later' }).press('Enter')
    expect(await page.getByRole('button', { name: 'Saved' }).getAttribute('aria-pressed')).toBe('true')
    await page.goBack()
    await expect.poll(() => textOf('main h1')).toBe('Results for “mugg”')
    await page.goto(`${origin}/saved`)
    await expect.poll(() => textOf('main')).toMatch(/Mug 9/)
    await check()

    const others = ['/search?q=zzqqxx', '/c', '/help']
    if (size === 'desk') others.push('/nowhere', '/p/nothing', '/c/Nothing', '/p/%E0%A4%A', '/cart')
    for (const path of others) {
      await page.goto(origin + path)
      await page.locator('main h1').waitFor()
      await expect.poll(() => textOf('main')).not.toMatch(/Searching/)
      await check()
    }
  })

  it('the search box suggests products to the arrow keys', async () => {
    await open('/', size)
    await page.getByRole('combobox').focus()
    await page.keyboard.type('teap')
    await page.getByRole('option', { name: /Blue teapot/ }).waitFor()
    await check()
    await page.keyboard.press('ArrowDown')
    const active = await page.getByRole('combobox').getAttribute('aria-activedescendant')
    expect(await page.locator(`#${active}`).getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('Enter')
    await expect.poll(() => textOf('main h1')).toBe('Blue teapot')
  })

  it('speaks Chinese: pages, products, search', async () => {
    await open('/', size, 'zh-CN')
    expect(await page.getAttribute('html', 'lang')).toBe('zh-CN')
    expect(await textOf('nav.departments')).toMatch(/厨房/)
    await page.getByRole('combobox').fill('茶壶')
    await page.keyboard.press('Enter')
    await expect.poll(() => textOf('.results')).toMatch(/1 件商品[\s\S]*蓝色茶壶/)
    await check()
    await page.getByRole('button', { name: 'EN' }).press('Enter')
    await expect.poll(() => textOf('main h1')).toBe('Results for “茶壶”')
    await page.reload()
    expect(await page.getAttribute('html', 'lang')).toBe('en-GB')
  })
})

describe('the server', () => {
  it('answers what is a page with 200 and what is none with 404, and always with a page', async () => {
    const codes: Record<string, number> = {
      '/': 200,
      '/c/Kitchen/Tea': 200,
      '/help': 200,
      [`/p/${encodeURIComponent(ODD_ID)}`]: 200,
      '/p/nothing': 404,
      '/c/Kitchen/Cars': 404,
      '/p/%E0%A4%A': 404,
      '/nowhere': 404,
    }
    for (const [path, code] of Object.entries(codes)) {
      const answer = await fetch(origin + path)
      expect([path, answer.status]).toEqual([path, code])
      expect(await answer.text()).toContain('<div id="shop">')
    }
    expect((await fetch(`${origin}/assets/missing.js`)).headers.get('content-type')).toMatch(/text\/plain/)
  })

  it('adds exactly one script tag, under a policy without inline code', async () => {
    const answer = await fetch(origin)
    const html = await answer.text()
    expect(html.match(/<script[^>]*vitrine[^>]*>/g)).toEqual([
      '<script async src="/edge/vitrine.js" data-consent="auto" data-refresh-seconds="10" data-wasm referrerpolicy="no-referrer">',
    ])
    const policy = answer.headers.get('content-security-policy')
    expect(policy).toMatch(/script-src 'self' 'wasm-unsafe-eval';/)
    expect(policy).toMatch(/img-src 'self' data: https:\/\/pictures\.example;/)
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)/)
  })

  it('sends the catalogue compressed and not twice', async () => {
    const first = await fetch(`${origin}/shop/catalog.json`, { headers: { 'Accept-Encoding': 'br' } })
    expect(first.headers.get('content-encoding')).toBe('br')
    expect(((await first.json()) as { products: Product[] }).products).toHaveLength(43)
    const etag = first.headers.get('etag') ?? ''
    const headers = { 'Accept-Encoding': 'br', 'If-None-Match': etag }
    expect((await fetch(`${origin}/shop/catalog.json`, { headers })).status).toBe(304)
  })
})

async function writeShop(target: string): Promise<void> {
  const writer = createDataset(target)
  const common = { currency: 'GBP', language: 'en' }
  for (let i = 1; i <= 30; i++) {
    await writer.product({
      ...common,
      item_id: `mug-${i}`,
      title: `Mug ${i}`,
      brand: i % 2 ? 'Wren' : 'Tarn',
      category: ['Kitchen', 'Mugs'],
      price: i,
      list_price: i % 5 ? undefined : i + 2,
      availability: i === 3 ? 'out_of_stock' : 'in_stock',
      rating: i % 3 ? 4.5 : undefined,
      review_count: i % 3 ? i : undefined,
      translations: { zh: { title: `马克杯${i}`, category: ['厨房', '杯子'] } },
    })
  }
  await writer.product({
    ...common,
    item_id: ODD_ID,
    title: 'Blue teapot',
    brand: 'Ash & Oak',
    description: 'Pours without a drip.',
    category: ['Kitchen', 'Tea'],
    price: 24.5,
    rating: 5,
    review_count: 90,
    attributes: { colour: 'blue' },
    translations: { zh: { title: '蓝色茶壶', category: ['厨房', '茶'] } },
  })
  for (let i = 1; i <= 12; i++) {
    await writer.product({
      ...common,
      item_id: `fern-${i}`,
      title: `Fern ${i}`,
      category: ['Garden'],
      price: 12,
      image_link: `https://pictures.example/${i}.jpg`,
    })
  }
  await writer.finish({
    format: 'vitrine-dataset/1',
    name: 'Test shop',
    simulated: true,
    source: 'written by a test',
    shoppers: 0,
    items: 43,
    events: 0,
    currency: 'GBP',
    languages: ['en', 'zh'],
  })
}
