/** Memory only until remembering is allowed; gone, and gone everywhere, when it ends. */
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, openVisit, until, type Visit, type World } from './visit.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

const databases = (page: Page) => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
const view = ({ call }: Visit, item = 'mug-0') => call('event', 'view_item', { items: [{ item_id: item }] })
const remember = ({ call }: Visit, remember = true) => call('consent', { remember })

/** The worker's own storage is broken: its code is served with the fault in front. The hash is then another. */
async function spoil(context: BrowserContext, breakIt: () => void): Promise<void> {
  await context.unrouteAll()
  await context.route('**/assets/worker.*', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: `(${breakIt})();${await response.text()}` })
  })
  await context.route('**/vitrine.js', async (route) => {
    const response = await route.fetch()
    await route.fulfill({
      response,
      body: (await response.text()).replace(/integrity:[`"']sha256-[^`"']+[`"']/g, 'integrity:""'),
    })
  })
}

/** A second page of the same shop in the same browser. */
async function another(context: BrowserContext, path = '0'): Promise<Visit> {
  return openVisit(await context.newPage(), world.shopUrl + path)
}

async function start(...specs: Parameters<World['visit']>[1][]): Promise<{ visit: Visit; context: BrowserContext }> {
  const context = await world.newProfile()
  const visit = await world.visit(context, ...(specs.length > 0 ? specs : [{}]))
  await visit.page.waitForFunction(() => window.vitrine?.running)
  return { visit, context }
}

describe('without permission', () => {
  it('nothing is stored, not even an empty database, and the next page knows nothing', async () => {
    const { visit, context } = await start()
    await view(visit)
    expect(await visit.status()).toMatchObject({
      storage: 'memory',
      consent: { remember: false },
      events: { total: 1 },
    })
    expect(await databases(visit.page)).toEqual([])
    expect(
      await visit.page.evaluate(async () => [(await caches.keys()).length, localStorage.length, document.cookie]),
    ).toEqual([0, 0, ''])
    expect(await (await another(context)).history()).toEqual([])
  })
})

describe('with permission', () => {
  it('what was done before it is kept too, and permission itself', async () => {
    const { visit, context } = await start()
    await view(visit)
    await remember(visit)
    await view(visit, 'lamp-1')
    expect(await visit.status()).toMatchObject({ storage: 'indexeddb', events: { total: 2 } })
    await visit.page.close()
    const later = await another(context)
    await until(later.status, ({ events }) => events.total === 2)
    expect((await later.status()).consent.remember).toBe(true)
  })

  it('that ends, the database is deleted and this page goes on in memory', async () => {
    const { visit } = await start()
    await remember(visit)
    await view(visit)
    await visit.status()
    expect(await databases(visit.page)).toEqual(['vitrine'])
    await remember(visit, false)
    expect(await visit.status()).toMatchObject({ storage: 'memory', events: { total: 1 } })
    expect(await databases(visit.page)).toEqual([])
  })

  it('given by the shop in its tag, or by its consent banner, but not by a denied default', async () => {
    const byTag = await start({ tag: `data-consent="remember"` })
    await until(byTag.visit.status, ({ storage }) => storage === 'indexeddb')

    const gtag = '<script>dataLayer = []; function gtag() { dataLayer.push(arguments) }'
    const denied = `gtag('consent', 'default', { personalization_storage: 'denied' })`
    const byBanner = await start({ head: `${gtag}; ${denied}</script>` })
    expect((await byBanner.visit.status()).storage).toBe('memory')
    await byBanner.visit.page.evaluate(`gtag('consent', 'update', { personalization_storage: 'granted' })`)
    await view(byBanner.visit)
    expect((await byBanner.visit.status()).storage).toBe('indexeddb')
    const later = await another(byBanner.context) // says "denied by default" again, as every page does
    await until(later.status, ({ events }) => events.total === 1)
  })

  it('contribution stays off where the browser says Global Privacy Control', async () => {
    const context = await world.newProfile()
    await context.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }))
    const visit = await world.visit(context, {})
    await visit.page.waitForFunction(() => window.vitrine?.running)
    await visit.call('consent', { contribute: true, remember: true })
    expect((await visit.status()).consent).toEqual({ personalise: true, remember: true, contribute: false })
  })
})

describe('suggestions switched off', () => {
  it('rank nothing by behaviour, and what was done meanwhile counts once they are on again', async () => {
    const { visit } = await start({ tag: `data-consent="none"` })
    await view(visit)
    const off = await visit.recommend()
    expect(new Set(off.items.map(({ reason }) => reason.code))).toEqual(new Set(['trending']))
    await visit.call('consent', { personalise: true })
    await until(visit.recommend, ({ items }) => items.some(({ reason }) => reason.code === 'viewed'))
  })
})

it('the log keeps the newest 2,000 events, in memory and stored', async () => {
  const { visit, context } = await start()
  await remember(visit)
  await visit.page.evaluate(() => {
    for (let i = 1; i <= 2010; i++) window.vitrine?.('event', 'search', { search_term: `lamp ${i}`, time: i })
  })
  const terms = async (of: Visit) =>
    (await of.history()).map(({ event }) => 'search_term' in event && event.search_term)
  const kept = await terms(visit)
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([2000, 'lamp 11', 'lamp 2010'])
  // What happened long ago and is told late, as by a file, pushes nothing out.
  await visit.call('event', 'search', { search_term: 'lamp 0', time: 5 })
  expect(await terms(visit)).toEqual(kept)
  expect(await terms(await another(context))).toEqual(kept)
})

describe('two tabs', () => {
  it('share one log', async () => {
    const { visit: one, context } = await start()
    await remember(one)
    await view(one)
    const two = await another(context)
    await until(two.status, ({ events }) => events.total === 1)
    await view(two, 'lamp-1')
    await until(one.status, ({ events }) => events.total === 2)
    expect((await one.history()).map(({ title }) => title)).toEqual(['Blue mug', 'Blue lamp'])
  })

  it('forget together: one event, then everything, database included', async () => {
    const { visit: one, context } = await start()
    await remember(one)
    await view(one)
    await view(one, 'lamp-1')
    const two = await another(context)
    const [first] = await until(two.history, (entries) => entries.length === 2)
    await two.call('forget', { eventIds: [first.event.id] })
    await until(one.history, (entries) => entries.length === 1)
    await two.call('forget', 'everything')
    expect(await databases(two.page)).toEqual([])
    await until(one.status, ({ events, storage }) => events.total === 0 && storage === 'memory')
    await view(one) // what the other tab does next must not bring the database back
    expect(await databases(one.page)).toEqual([])
    expect((await one.status()).consent.remember).toBe(false)
  })
})

describe('storage that fails', () => {
  const broken = {
    absent: () => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }),
    throwing: () =>
      Object.defineProperty(IDBFactory.prototype, 'open', {
        value() {
          throw new DOMException('no', 'SecurityError')
        },
      }),
    full: () =>
      Object.defineProperty(IDBObjectStore.prototype, 'add', {
        value() {
          throw new DOMException('no', 'QuotaExceededError')
        },
      }),
    silent: () => Object.defineProperty(IDBFactory.prototype, 'open', { value: () => new EventTarget() }),
  }

  it.each(Object.entries(broken))('%s: the page goes on in memory and says so', async (_name, breakIt) => {
    const context = await world.newProfile()
    await spoil(context, breakIt)
    const visit = await world.visit(context, {})
    await visit.page.waitForFunction(() => window.vitrine?.running)
    await remember(visit)
    await view(visit)
    expect(await visit.status()).toMatchObject({ storage: 'unavailable', events: { total: 1 } })
    const shelf = await visit.recommend()
    expect(shelf.items.length).toBeGreaterThan(0)
    expect(visit.complaints).toEqual([])
  })

  it('fills up: what is forgotten and taken back then is gone from the next page too, and deleting that fails is said', async () => {
    const { visit: before, context } = await start()
    await remember(before)
    await view(before)
    await view(before, 'lamp-1')
    await before.call('prefer', { muted: [], boosted: [], declared: { region: 'Kent' } })
    await before.status()
    await before.page.close()

    await spoil(context, () => {
      const full = () => {
        throw new DOMException('no', 'QuotaExceededError')
      }
      Object.assign(IDBObjectStore.prototype, { add: full, put: full })
    })
    const visit = await another(context)
    const [first] = await until(visit.history, (entries) => entries.length === 2)
    await view(visit, 'clock-5')
    expect(await visit.status()).toMatchObject({ storage: 'unavailable', events: { total: 3 } })
    await visit.call('forget', { eventIds: [first.event.id] })
    await visit.call('prefer', { muted: [], boosted: [], declared: {} })
    await visit.page.close()

    await spoil(context, () => {
      const broken = () => {
        throw new DOMException('no', 'UnknownError')
      }
      Object.assign(IDBObjectStore.prototype, { delete: broken })
    })
    const later = await another(context)
    const [left] = await until(later.history, (entries) => entries.length > 0)
    expect(left.event).toMatchObject({ items: [{ item_id: 'lamp-1' }] })
    expect(await later.call('profile')).toMatchObject({ preferences: { declared: {} } })
    await expect(later.call('forget', { eventIds: [left.event.id] })).rejects.toThrow('forget failed')
    expect(await later.history()).toHaveLength(1)
  })

  describe('cannot be deleted', () => {
    const undeletable = () =>
      Object.assign(IDBFactory.prototype, {
        deleteDatabase() {
          throw new DOMException('no', 'UnknownError')
        },
      })
    const panel = { body: '<main><vitrine-privacy></vitrine-privacy></main>' }
    const textOf = ({ page }: Visit) =>
      page.locator('vitrine-privacy').evaluate(({ shadowRoot }) => shadowRoot?.textContent ?? '')

    async function rememberedThenSpoilt() {
      const { visit: before, context } = await start(panel)
      await remember(before)
      await view(before)
      await before.status()
      await before.page.close()
      await spoil(context, undeletable)
      const visit = await another(context)
      const other = await another(context)
      for (const tab of [visit, other]) await until(tab.history, (entries) => entries.length === 1)
      return { context, visit, other }
    }
    async function hasNothing(later: Visit) {
      await later.page.waitForFunction(() => window.vitrine?.running)
      expect(await later.history()).toEqual([])
      expect((await later.status()).consent.remember).toBe(false)
    }

    it('everything: the page says so and offers it again, ranks by nothing of it, and the next page has nothing', async () => {
      const { context, visit, other } = await rememberedThenSpoilt()
      await visit.page.getByRole('button', { name: 'Forget everything' }).click()
      await visit.page.getByRole('button', { name: 'Yes, forget everything' }).click()
      await until(
        () => textOf(visit),
        (text) => /could not be deleted.*Forget everything/.test(text) && /may still be there/.test(text),
      )
      for (const tab of [visit, other]) {
        await until(tab.history, (entries) => entries.length === 0)
        const { items } = await until(tab.recommend, ({ items }) => items.length > 0)
        expect(new Set(items.map(({ reason }) => reason.code))).toEqual(new Set(['trending']))
      }
      await hasNothing(await another(context))
      await context.unrouteAll()
      const later = await another(context)
      await hasNothing(later)
      expect(await databases(later.page)).toEqual([])
    })

    it('when permission ends: all tabs say so, and the next page has nothing', async () => {
      const { context, visit, other } = await rememberedThenSpoilt()
      await remember(visit, false)
      for (const tab of [visit, other]) {
        await until(tab.status, ({ consent, storage }) => !consent.remember && storage === 'unavailable')
        expect(
          await until(
            () => textOf(tab),
            (text) => /may still be there/.test(text),
          ),
        ).toContain('Forget everything')
      }
      await hasNothing(await another(context))
      // Nor does remembering again bring it back.
      const again = await another(context)
      await remember(again)
      expect(await again.status()).toMatchObject({ storage: 'indexeddb', events: { total: 0 } })
    })
  })

  it('a record that is no event is passed over and counted', async () => {
    const { visit, context } = await start()
    await remember(visit)
    await view(visit)
    await visit.status()
    await visit.page.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open('vitrine')
        request.onsuccess = () => resolve(request.result)
      })
      const store = database.transaction('events', 'readwrite').objectStore('events')
      store.add({ event: { id: 'x', name: 'view_item' } })
      store.add('nonsense')
      await new Promise((resolve) => (store.transaction.oncomplete = resolve))
      database.close()
    })
    const later = await another(context)
    await until(later.status, ({ events }) => events.total === 1 && events.corrupt === 2)
  })
})
