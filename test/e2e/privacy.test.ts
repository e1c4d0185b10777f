/**
 * The promise as a difference: two visitors who do different things cause the same requests to Vitrine, to the byte. What
 * the shop's own pages fetch is listed apart.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../../trainer/chromium.ts'
import type { Shelf, Status } from '../../web/protocol.ts'
import { type SeenRequest, type ServedShop, serveSampleShop } from './served-shop.ts'

let shop: ServedShop
let browser: Browser

beforeAll(async () => {
  shop = await serveSampleShop()
  await shop.publishNetwork()
  browser = await launchChromium()
}, 180_000)

afterAll(async () => {
  await browser?.close()
  await shop?.close()
})

interface Acts {
  products: string[]
  query: string
  inCart: string
}

interface Visit {
  edge: SeenRequest[]
  shop: SeenRequest[]
  /** The for-you list after each act. */
  lists: string[][]
}

const statusOf = (page: Page) => page.evaluate(() => window.vitrine?.('status') as Promise<Status>)

async function listOf(page: Page): Promise<string[]> {
  const shelf = await page.evaluate(
    () => window.vitrine?.('recommend', { kind: 'for-you', limit: 12 }) as Promise<Shelf>,
  )
  return shelf.items.map((item) => item.itemId)
}

/** To the last chunk, which comes in idle time, the copy of the pointer that is left behind it, and the tag's last code. */
async function installed(page: Page): Promise<void> {
  await expect.poll(async () => (await statusOf(page))?.bundle.parts, { timeout: 20_000 }).toContain('service')
  const fetched = () =>
    page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .join('\n'),
    )
  await expect.poll(fetched, { timeout: 20_000 }).toContain('/edge/assets/assistant.')
}

/** Views products, searches and puts one in the cart, by typing and clicking as a person does. */
async function visit({ products, query, inCart }: Acts): Promise<Visit> {
  shop.requests.length = 0
  const context = await browser.newContext()
  const page = await context.newPage()
  const lists: string[][] = []
  await page.goto(`${shop.url}/`)
  await installed(page)
  lists.push(await listOf(page))
  for (const product of products) {
    await page.goto(`${shop.url}/p/${encodeURIComponent(product)}`)
    await installed(page)
    lists.push(await listOf(page))
  }
  await page.getByRole('searchbox').or(page.locator('input[type=search]')).first().fill(query)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/search?**')
  await page.waitForTimeout(300)
  lists.push(await listOf(page))
  // A link inside the shop, not a new document.
  await page.evaluate(
    (path) => {
      history.pushState({}, '', path)
      dispatchEvent(new PopStateEvent('popstate'))
    },
    `/p/${encodeURIComponent(inCart)}`,
  )
  await page
    .getByRole('button', { name: /add to (cart|bag|basket)/i })
    .first()
    .click()
  await page.waitForTimeout(300)
  lists.push(await listOf(page))
  await context.close()
  const edge = shop.requests.filter(({ url }) => url.startsWith('/edge/'))
  return { edge, shop: shop.requests.filter((request) => !edge.includes(request)), lists }
}

describe('what leaves the device', () => {
  it('is the same for two shoppers who view, search and buy different things', async () => {
    const views = shop.histories.items.filter((item) => item.availability !== 'out_of_stock' && item.stock !== 0)
    const [a, b] = [views.slice(0, 4), views.slice(-4)].map((list) => list.map((item) => item.item_id))
    const first = await visit({ products: a.slice(0, 3), query: 'mug', inCart: a[3] })
    const second = await visit({ products: b.slice(0, 3), query: '蜡烛', inCart: b[3] })
    expect(first.edge.length).toBeGreaterThan(5)
    expect(second.edge).toEqual(first.edge)
    for (const request of first.edge) {
      expect(request.method).toBe('GET')
      expect(request.body).toBe('')
      expect(request.url).not.toContain('?')
      expect(request.headers.referer, request.url).toBeUndefined()
      expect(request.headers.cookie, request.url).toBeUndefined()
    }
    // The shop's own pages do tell the shop's server what was opened: that is any web shop's navigation.
    expect(first.shop.map(({ url }) => url)).not.toEqual(second.shop.map(({ url }) => url))
    // Each act changes what is suggested, and the two shoppers end with different suggestions.
    for (const { lists } of [first, second]) {
      for (let act = 1; act < lists.length; act++) expect(lists[act]).not.toEqual(lists[act - 1])
    }
    expect(first.lists.at(-1)).not.toEqual(second.lists.at(-1))
  })
})
