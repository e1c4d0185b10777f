/** Questions, offers, the taste start and habits as a shopper meets them: under a strict policy, by keyboard, in two languages. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChunkName } from '../../shared/model/bundle.ts'
import { signCoupons, type WrittenCoupons } from '../../shared/service/coupons.ts'
import { encodeService } from '../../shared/service/shop-service.ts'
import type { ShownProfile } from '../../web/protocol.ts'
import { PRODUCTS, publish } from './edge.ts'
import { NEXT, PROFILE, SEGMENTS } from './shopper-chunks.ts'
import { createWorld, type Visit, violationsIn, type World } from './visit.ts'

const DAY_MS = 86_400_000
const STRICT =
  "default-src 'none'; script-src EDGE; connect-src EDGE; worker-src blob:; style-src 'none'; img-src 'none'; " +
  "require-trusted-types-for 'script'; trusted-types vitrine"
const HTML = '<img src=x onerror="alert(1)">'

const COUPONS: WrittenCoupons = {
  format: 'vitrine-coupons/1',
  coupons: [
    {
      id: 'first-order',
      title: { en: `Five off ${HTML}`, zh: '首单减五' },
      from: '2020-01-01T00:00:00Z',
      until: '2999-01-01T00:00:00Z',
      when: { orders: { max: 0 }, cartValue: { min: 20 } },
      code: 'HELLO5',
    },
  ],
}
const SERVICE = encodeService({
  popularQueries: [],
  labelNames: {},
  faq: [
    { id: 'returns-en', question: 'How do I return something?', answer: `Within 30 days. ${HTML}`, language: 'en' },
    { id: 'gift-en', question: 'Do you wrap gifts?', answer: 'Yes, for £2.', language: 'en' },
    { id: 'returns-zh', question: '怎么退货？', answer: '30天内可以退货。', language: 'zh' },
  ],
  contact: '/help',
})

let world: World
let whole: Partial<Record<ChunkName, Uint8Array>>

beforeAll(async () => {
  world = await createWorld()
  const coupons = await signCoupons(COUPONS, world.signer.name, world.signer.keys)
  whole = { profile: PROFILE, segments: SEGMENTS, next: NEXT, service: SERVICE, coupons }
}, 120_000)
afterAll(() => world?.close())

/** A page of a shop with these chunks; a phone's width. */
async function open(body: string, chunks = whole): Promise<Visit> {
  world.edge.published = await publish(world.signer, 1, [], chunks)
  const context = await world.newProfile()
  const visit = await world.visit(context, { body: `<main><h1>Shop</h1>${body}</main>`, policy: STRICT })
  await visit.page.setViewportSize({ width: 390, height: 844 })
  await expect
    .poll(async () => (await visit.status()).bundle.parts.length, { timeout: 20_000 })
    .toBe((world.edge.published?.names.size ?? 0) - 1)
  return visit
}

const TIMEOUT = { timeout: 15_000 }
const textOf = ({ page }: Visit, element: string) =>
  page.locator(element).evaluate(({ shadowRoot }) => shadowRoot?.textContent.replace(/\s+/g, ' ') ?? '')
const says = (visit: Visit, element: string) => expect.poll(() => textOf(visit, element), TIMEOUT)
const isSeen = (visit: Visit, element: string) => visit.page.locator(element).isVisible()
const speak = (visit: Visit, element: string, language: string) =>
  visit.page.locator(element).evaluate((node, to) => node.setAttribute('language', to), language)
const focused = ({ page }: Visit) =>
  page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.textContent?.replace(/\s+/g, ' ').trim())
const see = (visit: Visit, n: number, time?: number) =>
  visit.call('event', { name: 'view_item', items: [{ item_id: PRODUCTS[n].item_id }], ...(time ? { time } : {}) })
const preferencesOf = async (visit: Visit) => ((await visit.call('profile')) as ShownProfile).preferences

/** Tab, as often as it takes to come to what reads so. */
async function tabTo(visit: Visit, text: RegExp): Promise<void> {
  for (let tabs = 0; tabs < 40; tabs++) {
    await visit.page.keyboard.press('Tab')
    if (text.test((await focused(visit)) ?? '')) return
  }
  throw new Error(`no way to ${text} by Tab`)
}

describe('vitrine-ask', { timeout: 60_000 }, () => {
  it('answers a question by keyboard as text, says from where, and remembers it here', async () => {
    const visit = await open('<vitrine-ask></vitrine-ask><vitrine-privacy></vitrine-privacy>')
    await says(visit, 'vitrine-ask').toContain('Your question stays on this device')
    await visit.page.getByLabel('Ask the shop').fill('can I return this?')
    await visit.page.keyboard.press('Enter')
    await says(visit, 'vitrine-ask').toMatch(
      /Within 30 days\. <img src=x onerror="alert\(1\)"> From the shop’s answers: How do I return something\? · About \d+\s% sure/,
    )
    expect(await visit.page.locator('vitrine-ask img').count()).toBe(0)
    await says(visit, 'vitrine-privacy').toContain('Asked “can I return this?”')
    expect(await violationsIn(visit, 'vitrine-ask')).toEqual([])

    await speak(visit, 'vitrine-ask', 'zh')
    await tabTo(visit, /^怎么退货？$/)
    await visit.page.keyboard.press('Enter')
    await says(visit, 'vitrine-ask').toMatch(/30天内可以退货。.*来自本店的解答：怎么退货？/)
    expect(await violationsIn(visit, 'vitrine-ask')).toEqual([])
    expect(visit.complaints).toEqual([])
  })

  it('says plainly when it does not know, and links to a person and nothing else', async () => {
    const visit = await open('<vitrine-ask contact="javascript:alert(1)"></vitrine-ask>')
    await visit.page.getByLabel('Ask the shop').fill(`who painted the sky ${HTML}`)
    await visit.page.getByRole('button', { name: 'Ask', exact: true }).press('Enter')
    await says(visit, 'vitrine-ask').toContain('Better ask a person')
    const link = visit.page.getByRole('link', { name: 'Contact the shop' })
    expect(await link.getAttribute('href')).toBe('/help') // the bundle's: the page's own is none
    await visit.page.locator('vitrine-ask').evaluate((node) => node.setAttribute('contact', 'mailto:a@shop.test'))
    await expect.poll(() => link.getAttribute('href')).toBe('mailto:a@shop.test')
    expect(visit.complaints).toEqual([])
  })
})

describe('vitrine-offers', { timeout: 60_000 }, () => {
  it('shows what the shopper may have and why, and opens a code in place, by keyboard', async () => {
    const visit = await open('<vitrine-offers cart-value="10" currency="GBP"></vitrine-offers>')
    await expect.poll(() => visit.page.locator('vitrine-offers').getAttribute('data-state'), TIMEOUT).toBe('empty')
    expect(await isSeen(visit, 'vitrine-offers')).toBe(false)
    await visit.page.locator('vitrine-offers').evaluate((node) => node.setAttribute('cart-value', '25'))
    await says(visit, 'vitrine-offers').toMatch(
      /Five off <img src=x onerror="alert\(1\)"> Until (31 December 2998|1 January 2999 at .*) You have it because you have not ordered yet and your cart is worth at least £20\.00/,
    )
    expect(await visit.page.locator('vitrine-offers img').count()).toBe(0)
    expect(await textOf(visit, 'vitrine-offers')).not.toContain('HELLO5')
    expect(await violationsIn(visit, 'vitrine-offers')).toEqual([])
    await tabTo(visit, /^Show code$/)
    await visit.page.keyboard.press('Enter')
    await says(visit, 'vitrine-offers').toContain('HELLO5')
    await expect.poll(() => focused(visit)).toBe('Copy')
    // A code that is open stays open when the list is asked for again.
    await speak(visit, 'vitrine-offers', 'zh')
    await says(visit, 'vitrine-offers').toMatch(/首单减五.*因为您还没有下过单，您的购物车满 £20\.00.*HELLO5/)
    expect(await violationsIn(visit, 'vitrine-offers')).toEqual([])
    await visit.call('event', 'purchase', { items: [{ item_id: PRODUCTS[0].item_id }] })
    await expect.poll(() => isSeen(visit, 'vitrine-offers'), TIMEOUT).toBe(false)
    expect(visit.complaints).toEqual([])
  })
})

describe('vitrine-taste', { timeout: 60_000 }, () => {
  it('asks who is new, keeps the answers on the device, and the panel takes them back', async () => {
    const visit = await open('<vitrine-taste></vitrine-taste><vitrine-privacy></vitrine-privacy>')
    await says(visit, 'vitrine-taste').toContain('Which prices suit you? 1 of 2')
    expect(await violationsIn(visit, 'vitrine-taste')).toEqual([])
    await tabTo(visit, /^Skip this$/)
    await visit.page.keyboard.press('Enter')
    await expect.poll(() => focused(visit)).toBe('What do you like the look of? 2 of 2')
    await tabTo(visit, /^Rustic$/)
    await visit.page.keyboard.press('Space')
    await tabTo(visit, /^Done$/)
    await visit.page.keyboard.press('Enter')
    await says(visit, 'vitrine-taste').toContain('The suggestions follow what you chose')
    expect(await preferencesOf(visit)).toMatchObject({ taste: { departments: [], styles: ['style: Rustic'] } })
    const reasons = async () => (await visit.recommend()).items.map(({ reason }) => reason.code)
    await expect.poll(reasons, TIMEOUT).toContain('chosen')
    expect(await violationsIn(visit, 'vitrine-taste')).toEqual([])

    await speak(visit, 'vitrine-privacy', 'zh')
    await visit.page.getByRole('button', { name: /^Rustic.*撤回/ }).press('Enter')
    await expect.poll(async () => (await preferencesOf(visit)).taste).toBeUndefined()
    expect(visit.complaints).toEqual([])
  })

  it('is gone after “skip all”, and is not shown to who has a history', async () => {
    const visit = await open('<vitrine-taste language="zh"></vitrine-taste>')
    await tabTo(visit, /^全部跳过$/)
    await visit.page.keyboard.press('Enter')
    await says(visit, 'vitrine-taste').toContain('已跳过')
    await visit.page.evaluate(() => document.querySelector('main')?.append(document.createElement('vitrine-taste')))
    const second = visit.page.locator('vitrine-taste').nth(1)
    await expect.poll(() => second.getAttribute('data-state'), TIMEOUT).toBe('empty')

    await visit.page.reload()
    await says(visit, 'vitrine-taste').toContain('全部跳过')
    await visit.page.locator('vitrine-taste').evaluate((node) => node.remove())
    await see(visit, 1)
    await visit.page.evaluate(() => document.querySelector('main')?.append(document.createElement('vitrine-taste')))
    await expect.poll(() => visit.page.locator('vitrine-taste').getAttribute('data-state'), TIMEOUT).toBe('empty')
    expect(await preferencesOf(visit)).toEqual({ muted: [], boosted: [], declared: {} })
  })
})

describe('the panel', { timeout: 60_000 }, () => {
  it('says how the shopper shops, and forgets a habit with what speaks for it', async () => {
    const visit = await open('<vitrine-privacy></vitrine-privacy>')
    const now = Date.now()
    for (let n = 0; n < 12; n++) await see(visit, 2 * n + 1 < 12 ? 2 * n + 1 : 1, now - (30 - n) * DAY_MS)
    await says(visit, 'vitrine-privacy').toMatch(/How you shop Of this shop’s kinds .* this one: Lamps first\./)
    const habit = visit.page.getByRole('button', { name: 'likes Lumen', exact: true })
    await habit.press('Enter')
    await says(visit, 'vitrine-privacy').toContain('Because of 6 things you did.')
    expect(await violationsIn(visit, 'vitrine-privacy')).toEqual([])
    await visit.page.getByRole('button', { name: 'Forget these 6 entries' }).first().press('Enter')
    await expect.poll(() => habit.count(), TIMEOUT).toBe(0)
    expect(await visit.history()).toHaveLength(6)
    await speak(visit, 'vitrine-privacy', 'zh')
    await says(visit, 'vitrine-privacy').toMatch(/您怎样购物.*爱灯/)
    expect(visit.complaints).toEqual([])
  })
})

it('a shop that publishes none of it shows nothing of it', async () => {
  const visit = await open(
    '<vitrine-ask></vitrine-ask><vitrine-offers></vitrine-offers><vitrine-taste></vitrine-taste>',
    {},
  )
  for (const element of ['vitrine-ask', 'vitrine-offers', 'vitrine-taste']) {
    await expect.poll(() => visit.page.locator(element).getAttribute('data-state'), TIMEOUT).toBe('empty')
    expect(await isSeen(visit, element)).toBe(false)
  }
  expect(visit.complaints).toEqual([])
}, 60_000)
