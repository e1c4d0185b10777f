/** The privacy panel in a real page: under a strict policy, by keyboard, in two languages, and what it changes really changes. */
import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeService } from '../../shared/service/shop-service.ts'
import type { Explanation, ShownProfile } from '../../web/protocol.ts'
import { shopReviews, shopSentiment } from '../shop-reviews.ts'
import { publish } from './edge.ts'
import { NEXT, PROFILE } from './shopper-chunks.ts'
import { createWorld, openVisit, until, type Visit, violationsIn, type World } from './visit.ts'

const PANEL = '<main><h1>Privacy</h1><vitrine-privacy></vitrine-privacy></main>'
const STRICT =
  `default-src 'none'; script-src EDGE; connect-src EDGE; worker-src blob:; style-src 'none'; img-src 'none';
  require-trusted-types-for 'script'; trusted-types vitrine`.replace(/\s+/g, ' ')

const SERVICE = encodeService({
  popularQueries: [],
  labelNames: { 'Home > Table': { zh: '餐桌' } },
  faq: [],
})

const SENTIMENT = shopSentiment(shopReviews(800), '1') as Uint8Array

let world: World
beforeAll(async () => {
  world = await createWorld()
  world.edge.published = await publish(world.signer, 1, [], { service: SERVICE, next: NEXT, sentiment: SENTIMENT })
})
afterAll(() => world.close())

async function open(spec: Parameters<World['visit']>[1] = {}): Promise<{ visit: Visit; context: BrowserContext }> {
  const context = await world.newProfile()
  const visit = await world.visit(context, { body: PANEL, ...spec })
  await visit.page.locator('vitrine-privacy h2').first().waitFor()
  return { visit, context }
}
const act = ({ call }: Visit, name: string, item: string) => call('event', name, { items: [{ item_id: item }] })
const profileOf = ({ call }: Visit) => call('profile') as Promise<ShownProfile>
const textOf = ({ page }: Visit) =>
  page.locator('vitrine-privacy').evaluate(({ shadowRoot }) => shadowRoot?.textContent.replace(/\s+/g, ' ') ?? '')
const button = ({ page }: Visit, name: RegExp | string) => page.getByRole('button', { name })
const databases = ({ page }: Visit) => page.evaluate(async () => (await indexedDB.databases()).length)

describe('the privacy panel', () => {
  it('works under a strict policy, has no violations, and is fit for a phone, in English and Chinese', async () => {
    const { visit } = await open({ policy: STRICT })
    await act(visit, 'view_item', 'mug-0')
    await button(visit, /^Table/).click()
    expect(await textOf(visit)).toContain('Because of what you did: looked once.')
    for (const language of ['en', 'zh']) {
      await visit.page.locator('vitrine-privacy').evaluate((panel, to) => panel.setAttribute('language', to), language)
      await visit.page.setViewportSize({ width: 390, height: 844 })
      await until(
        () => textOf(visit),
        (text) =>
          language === 'zh'
            ? /餐桌.*看了 蓝色0号/.test(text) && !/Table/.test(text)
            : /Table.*Looked at Blue mug/.test(text),
      )
      expect(await textOf(visit)).toMatch(
        {
          en: /Your next visit may begin with Table \(\d+\s?%\), or Light \(\d+\s?%\)/,
          zh: /下次来时，您可能先看餐桌（\d+\s?%）或Light（\d+\s?%）/,
        }[language as 'en' | 'zh'],
      )
      // What this shop, without a network and not allowed to remember, waits for is said.
      expect(await textOf(visit)).toMatch(
        {
          en: /Learning on this device.*not both allowed.*nothing in them that learns/,
          zh: /在本设备上学习.*没有同时允许/,
        }[language as 'en' | 'zh'],
      )
      expect(await violationsIn(visit, 'vitrine-privacy')).toEqual([])
      expect(await visit.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    }
    expect(visit.complaints).toEqual([])
  })

  it('mutes, boosts and takes back, and suggestions follow at once', async () => {
    const { visit } = await open()
    await act(visit, 'view_item', 'mug-0')
    await until(visit.recommend, ({ items }) => items[0]?.itemId === 'lamp-1')
    // "lamp-1" is of Home > Light, "mug-0" of Home > Table.
    await act(visit, 'view_item', 'clock-5')
    await button(visit, /^Light/).press('Enter')
    await button(visit, 'Nothing of this').press('Enter')
    const isLight = (id: string) => Number(id.split('-')[1]) % 2 === 1
    await until(visit.recommend, ({ items }) => items.length > 0 && !items.some(({ itemId }) => isLight(itemId)))
    expect((await visit.recommend({ kind: 'trending' })).items.some(({ itemId }) => isLight(itemId))).toBe(false)
    expect((await profileOf(visit)).preferences.muted).toEqual([{ kind: 'category', label: 'Home > Light' }])
    await button(visit, /^Light.*take back/).press('Enter')
    await until(visit.recommend, ({ items }) => items.some(({ itemId }) => isLight(itemId)))

    const place = async () => (await visit.recommend()).items.findIndex(({ itemId }) => !isLight(itemId))
    await act(visit, 'view_item', 'bowl-3')
    await button(visit, /^Table/).press('Enter')
    await button(visit, 'More of this').press('Enter')
    await until(place, (at) => at === 0)
  })

  it('says what each suggestion owes to which act, in words and in numbers', async () => {
    const { visit } = await open()
    await act(visit, 'view_item', 'mug-0')
    await until(
      () => textOf(visit),
      (text) => /Why these suggestions.*Blue lamp.*\d+ % Because you looked at Blue mug/.test(text),
    )
    const why = (await visit.call('why', { item: 'lamp-1' })) as Explanation
    expect(why).toEqual([{ reason: { code: 'viewed', itemId: 'mug-0', title: 'Blue mug' }, share: 1 }])
    expect(await visit.call('why', { item: 'nowhere' })).toEqual([])
  })

  it('forgets what speaks for an interest, and the interest is gone', async () => {
    const { visit } = await open()
    await act(visit, 'view_item', 'mug-0')
    await act(visit, 'view_item', 'lamp-1')
    await button(visit, /^Light/).click()
    await button(visit, 'Forget this entry').click()
    await until(
      () => textOf(visit),
      (text) => !/Light [●○]/.test(text),
    )
    expect((await visit.history()).map(({ event }) => 'items' in event && event.items?.[0].item_id)).toEqual(['mug-0'])
    await button(visit, 'Forget the last hour').click()
    await until(visit.history, (entries) => entries.length === 0)
    expect(await textOf(visit)).toContain('Nothing yet.')
  })

  it('says which acts each sentence rests on, and forgets them, by keyboard', async () => {
    const { visit } = await open()
    await act(visit, 'view_item', 'mug-0')
    await visit.call('event', 'purchase', { items: [{ item_id: 'lamp-1' }], value: 42 })
    const sentence = visit.page.locator('vitrine-privacy summary', { hasText: '1 visit, 1 order.' })
    await sentence.press('Enter')
    const basis = visit.page.locator('vitrine-privacy details[open]')
    expect((await basis.textContent())?.replace(/\s+/g, ' ')).toMatch(
      /Because of what you did: bought once, looked once\.\s*Bought Blue lamp\s*Looked at Blue mug/,
    )
    expect(await violationsIn(visit, 'vitrine-privacy')).toEqual([])
    await basis.getByRole('button', { name: 'Forget these 2 entries' }).press('Enter')
    await until(visit.history, (entries) => entries.length === 0)
    await until(
      () => textOf(visit),
      (text) => text.includes('Nothing yet.') && text.includes('Forgotten: what this rested on'),
    )
  })

  it('asks again before many acts go', async () => {
    const { visit } = await open()
    for (let n = 0; n < 11; n++) await act(visit, 'view_item', 'mug-0')
    await button(visit, /^Table/).press('Enter')
    await button(visit, 'Forget these 11 entries').press('Enter')
    expect(await visit.history()).toHaveLength(11)
    await button(visit, 'Cancel').press('Enter')
    await button(visit, 'Forget these 11 entries').press('Enter')
    await button(visit, 'Really forget 11 entries').press('Enter')
    await until(visit.history, (entries) => entries.length === 0)
  })

  it('lists what was saved and written, quotes it as text, takes it back, and says what is spent when asked', async () => {
    const { visit } = await open()
    await act(visit, 'add_to_wishlist', 'mug-0')
    await visit.call('event', 'purchase', { items: [{ item_id: 'lamp-1' }], value: 42 })
    await visit.call('event', 'review', {
      items: [{ item_id: 'lamp-1' }],
      rating: 4,
      text: 'The colour <img src=x> is beautiful, but delivery was late.',
    })
    await button(visit, /^Looks praised once/).press('Enter')
    expect(await textOf(visit)).toContain('“The colour <img src=x> is beautiful”')
    expect(await visit.page.locator('vitrine-privacy img').count()).toBe(0)
    expect(await textOf(visit)).not.toContain('a month')
    await button(visit, 'Work it out').press('Enter')
    await until(
      () => textOf(visit),
      (text) => /1 order: about .*42.* a month/.test(text),
    )
    expect(await violationsIn(visit, 'vitrine-privacy')).toEqual([])
    const list = visit.page.getByRole('list', { name: 'On your wish list' })
    await list.getByRole('button', { name: 'Forget: Blue mug' }).press('Enter')
    await list.waitFor({ state: 'detached' })
    await button(visit, /^Delivery/).press('Enter')
    await button(visit, 'Forget this entry').press('Enter')
    await until(
      () => textOf(visit),
      (text) => !text.includes('In your reviews'),
    )
    expect(visit.complaints).toEqual([])
  })

  it('keeps what the shopper said with what they did, and erases both, in all tabs and after a reload', async () => {
    const { visit, context } = await open()
    await visit.page.getByLabel('Region').fill('Kent')
    await visit.page.getByLabel('Region').press('Tab')
    await visit.page.getByRole('switch', { name: 'Remember on this device' }).press('Enter')
    await act(visit, 'view_item', 'mug-0')
    await until(visit.status, ({ storage }) => storage === 'indexeddb')
    const other = await openVisit(await context.newPage(), `${world.shopUrl}0`)
    await until(
      () => profileOf(other),
      ({ preferences }) => preferences.declared.region === 'Kent',
    )
    await until(other.history, (entries) => entries.length === 1)

    await button(visit, 'Forget everything').press('Enter')
    expect(await visit.page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.textContent)).toBe(
      'Cancel',
    )
    await button(visit, 'Yes, forget everything').press('Enter')
    await until(
      () => textOf(visit),
      (text) => /1 entry deleted with their database.*0 entries left/.test(text),
    )
    expect(await databases(visit)).toBe(0)
    for (const tab of [visit, other]) {
      expect(
        await until(
          () => profileOf(tab),
          ({ known }) => known === undefined,
        ),
      ).toEqual({
        preferences: { muted: [], boosted: [], declared: {} },
      })
      expect(await tab.history()).toEqual([])
    }
    await visit.page.reload()
    await visit.page.locator('vitrine-privacy h2').first().waitFor()
    expect(await visit.history()).toEqual([])
    expect(await databases(visit)).toBe(0)
  })

  it('is whole when what is kept of learning is damaged', async () => {
    const { visit } = await open()
    await visit.call('consent', { remember: true })
    await visit.status()
    const trial = { wishes: 9, before: 2, after: 1, standardError: 0.3, share: 0.5 }
    const last = { at: 5, outcome: 'rejected', trial }
    const damaged = [
      'learned',
      { last: { ...last, trial: {} } },
      { last: { ...last, trial: { ...trial, after: 'less' } } },
      { last: { ...last, outcome: '__proto__' } },
      { last, measured: { measuredAt: 5 } },
      { last, adapter: null },
      { last, adapter: { accepted: { at: 5 } } },
    ]
    for (const learned of [{ last }, ...damaged]) {
      await visit.page.evaluate(async (learned) => {
        const database = await new Promise<IDBDatabase>((resolve) => {
          const request = indexedDB.open('vitrine')
          request.onsuccess = () => resolve(request.result)
        })
        const transaction = database.transaction('adapter', 'readwrite')
        transaction.objectStore('adapter').put(learned, 'learned')
        await new Promise((resolve) => {
          transaction.oncomplete = resolve
        })
        database.close()
      }, learned)
      await visit.page.reload()
      await until(
        () => textOf(visit).catch(() => ''),
        (text) =>
          /Take it with you/.test(text) &&
          (damaged.includes(learned) ? /Nothing has been learned/ : /2.00 → 1.00/).test(text),
      )
    }
    expect(visit.complaints).toEqual([])
  })

  it('lists what was fetched, which is what the edge has seen', async () => {
    world.edge.requests.length = 0
    const { visit } = await open()
    const shown = visit.page.locator('vitrine-privacy .requests li')
    await visit.page.getByText(/^What this page has fetched for them, .*: \d+ files$/).click()
    const listed = await shown.allInnerTexts()
    const asked = new Set(world.edge.requests.map(({ path }) => path))
    expect(new Set(listed.map((line) => new URL(line.split(' × ')[0]).pathname))).toEqual(asked)
  })

  it('takes a profile to another device, and tells a wrong passphrase from nothing at all', async () => {
    const { visit } = await open()
    await act(visit, 'view_item', 'mug-0')
    await act(visit, 'purchase', 'lamp-1')
    await visit.page.getByLabel('Region').fill('Kent')
    await visit.page.getByLabel('Region').press('Tab')
    await visit.page.getByLabel('Passphrase').fill('seven')
    await button(visit, 'Download').click()
    await until(
      () => textOf(visit),
      (text) => /at least 8 characters/.test(text),
    )
    await visit.page.getByLabel('Passphrase').fill('seven small vases')
    const [download] = await Promise.all([visit.page.waitForEvent('download'), button(visit, 'Download').click()])
    const file = await download.path()

    const { visit: elsewhere } = await open()
    await act(elsewhere, 'view_item', 'vase-2')
    const muted = [{ kind: 'brand', label: 'Acme' }]
    await elsewhere.call('prefer', { muted, boosted: [], declared: { sizes: 'M' } })
    await elsewhere.page.getByLabel('File').setInputFiles(file)
    await elsewhere.page.getByLabel('Passphrase').fill('seven large vases')
    await button(elsewhere, 'Bring back').click()
    await until(
      () => textOf(elsewhere),
      (text) => /was not opened.*Nothing here has changed/.test(text),
    )
    expect(await elsewhere.history()).toHaveLength(1)
    await elsewhere.page.getByLabel('Passphrase').fill('seven small vases')
    await button(elsewhere, 'Bring back').click()
    await until(
      () => textOf(elsewhere),
      (text) => /2 entries added/.test(text),
    )
    expect((await elsewhere.history()).map(({ source }) => source).sort()).toEqual(['call', 'file', 'file'])
    // What was said here stays, and what was said there of other things is added.
    expect((await profileOf(elsewhere)).preferences).toEqual({
      muted,
      boosted: [],
      declared: { sizes: 'M', region: 'Kent' },
    })
    // The same file again adds nothing.
    await elsewhere.page.getByLabel('Passphrase').fill('seven small vases')
    await button(elsewhere, 'Bring back').click()
    await until(
      () => textOf(elsewhere),
      (text) => /0 entries added/.test(text),
    )
  })

  it('shows text of the page as text, and says so when suggestions are off', async () => {
    const { visit } = await open()
    const item = { item_id: 'x', item_name: '<img src=x onerror="alert(1)">', item_brand: '<b>Acme</b>' }
    await visit.call('event', 'view_item', { items: [item] })
    await until(
      () => textOf(visit),
      (text) => text.includes('<b>Acme</b>') && text.includes('<img src=x'),
    )
    expect(await visit.page.locator('vitrine-privacy img, vitrine-privacy b').count()).toBe(0)
    await visit.page.getByRole('switch', { name: 'Suggestions on this device' }).click()
    await until(
      () => textOf(visit),
      (text) => /Suggestions are switched off/.test(text),
    )
  })

  it('says when, how much and of what the next order is likely to be, in both languages', async () => {
    world.edge.published = await publish(world.signer, 2, [], { service: SERVICE, profile: PROFILE })
    const { visit } = await open()
    await visit.call('event', 'purchase', {
      transaction_id: 'one',
      currency: 'GBP',
      value: 30,
      items: [{ item_id: 'mug-0', price: 30 }],
    })
    await until(
      () => textOf(visit),
      (text) => /Your next order is likely within \d+ days?, for about £\d+\.\d\d, probably of Table/.test(text),
    )
    await visit.page.locator('vitrine-privacy').evaluate((panel) => panel.setAttribute('language', 'zh'))
    await until(
      () => textOf(visit),
      (text) => /下一个订单可能在 \d+ 天内，约 £\d+\.\d\d，多半是餐桌/.test(text),
    )
  })
})
