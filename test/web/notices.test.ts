/** Local notifications, shown by Chromium: who turned them on and stays away is told, once, and nobody else. */
import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { encodeService } from '../../shared/service/shop-service.ts'
import type { ShownProfile } from '../../web/protocol.ts'
import { publish } from './edge.ts'
import { PROFILE } from './shopper-chunks.ts'
import { createWorld, until, type Visit, violationsIn, type World } from './visit.ts'

const DAY_MS = 86_400_000
const PANEL = '<main><h1>Privacy</h1><vitrine-privacy></vitrine-privacy></main>'
const SITE = '<meta property="og:site_name" content="Lumen & daughters">'

interface Shown {
  title: string
  body: string
  tag: string
}

let world: World
let context: BrowserContext
let visit: Visit

beforeAll(async () => {
  world = await createWorld()
  world.edge.published = await publish(world.signer, 2, undefined, {
    profile: PROFILE,
    service: encodeService({ popularQueries: [], labelNames: { 'Home > Light': { zh: '灯具' } }, faq: [] }),
  })
}, 60_000)
afterAll(() => world.close())
afterEach(() => context.close())

/** A page at ten in the morning, whose clock can be moved on, and which says what it has shown. */
async function open(permissions: string[], tag = ``): Promise<void> {
  context = await world.newProfile()
  await context.grantPermissions(permissions)
  const morning = new Date()
  morning.setHours(10, 0, 0, 0)
  await context.clock.install({ time: morning })
  await context.addInitScript(() => {
    const shown: unknown[] = []
    Object.assign(window, { shown })
    window.Notification = class extends Notification {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options)
        shown.push({ title: this.title, body: this.body, tag: this.tag })
      }
    }
  })
  visit = await world.visit(context, { body: PANEL, head: SITE, tag })
  await visit.page.locator('vitrine-privacy h2').first().waitFor()
}

/** Six visits for the same kind of thing, a week from each other; the last so many days ago. */
async function cameUntil(daysAgo: number): Promise<void> {
  for (let visits = 0; visits < 6; visits++) await came(daysAgo + 7 * (5 - visits))
  await until(visit.history, (entries) => entries.length === 6)
}

/** By the clock of the worker, which is not moved on. */
async function came(daysAgo: number): Promise<void> {
  const time = Date.now() - daysAgo * DAY_MS
  await visit.call('event', { name: 'view_item', id: `${daysAgo} days ago`, time, items: [{ item_id: 'lamp-1' }] })
}

const noticesSwitch = () => visit.page.getByRole('switch', { name: 'Notify me when I have been away' })
const shown = () => visit.page.evaluate(() => (window as unknown as { shown: Shown[] }).shown)
const notified = async () => ((await visit.call('profile')) as ShownProfile).preferences.notified

async function turnOn(): Promise<void> {
  await visit.page.getByRole('switch', { name: 'Remember on this device' }).press('Enter')
  await noticesSwitch().press('Enter')
}

/** Leaves the tab in the background, and a day and an hour go by; what is to be shown then has been. */
async function stayAway(hours = 25): Promise<void> {
  await visit.page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await passes(hours)
}

/** The worker answers in order: when it has answered what a notification asks, one that is due has been shown. */
async function passes(hours: number): Promise<void> {
  await visit.page.clock.fastForward(hours * 3_600_000)
  for (const question of ['profile', 'character', 'profile'] as const) await visit.call(question, {})
}

describe('a notification', { timeout: 60_000 }, () => {
  it('tells who stays away and turned it on, in the shop’s name, and not again', async () => {
    await open(['notifications'])
    await cameUntil(45)
    await turnOn()
    await until(notified, (times) => times?.length === 0)
    expect(await noticesSwitch().getAttribute('aria-checked')).toBe('true')
    expect(await violationsIn(visit, 'vitrine-privacy')).toEqual([])
    await stayAway()
    expect(await until(shown, (all) => all.length > 0)).toEqual([
      {
        title: 'Lumen & daughters',
        body: 'Suggestions in Light are waiting for you, made on this device from what you looked at.',
        tag: 'vitrine',
      },
    ])
    expect(await notified()).toHaveLength(1)
    await stayAway()
    await visit.page.clock.fastForward(24 * 3_600_000)
    expect(await shown()).toHaveLength(1)
    expect(visit.complaints).toEqual([])
  })

  it('names what waits as the shop does in the page’s language', async () => {
    await open(['notifications'])
    await cameUntil(45)
    await turnOn()
    await until(notified, (times) => times?.length === 0)
    await visit.page.evaluate(() => {
      document.documentElement.lang = 'zh-CN'
    })
    await stayAway()
    expect((await until(shown, (all) => all.length > 0))[0].body).toContain('灯具')
  })

  it('is not for who did not turn it on, has turned it off, or was here lately', async () => {
    await open(['notifications'])
    await cameUntil(45)
    expect(await noticesSwitch().count()).toBe(0)
    await turnOn()
    await until(notified, (times) => times !== undefined)
    await noticesSwitch().press('Enter')
    await until(notified, (times) => times === undefined)
    await stayAway()
    await noticesSwitch().press('Enter')
    await until(notified, (times) => times?.length === 0)
    await came(1)
    await stayAway()
    expect(await shown()).toEqual([])
  })

  it('is not for who has seen the page within a day, though they did nothing in it', async () => {
    await open(['notifications'])
    await cameUntil(45)
    await turnOn()
    await until(notified, (times) => times?.length === 0)
    await stayAway(2)
    expect(await shown()).toEqual([])
    await passes(23)
    expect(await shown()).toHaveLength(1)
  })

  it('cannot be turned on where the browser does not let the shop, and the panel says so', async () => {
    await open([])
    await turnOn()
    const panel = visit.page.locator('vitrine-privacy')
    await until(
      () => panel.evaluate(({ shadowRoot }) => shadowRoot?.textContent ?? ''),
      (text) => text.includes('does not let this shop notify you'),
    )
    expect(await noticesSwitch().getAttribute('aria-checked')).toBe('false')
    expect(await notified()).toBeUndefined()
  })
})
