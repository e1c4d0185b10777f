/** The shop must not notice the tag: whatever is missing, blocked or broken, the page is as it would be without it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { backAgain, createWorld, type PageSpec, until, type Visit, type World } from './visit.ts'

let world: World
let context: BrowserContext
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())
afterEach(() => {
  world.edge.offline = false
  world.edge.published = world.published
})

const SHELF = '<vitrine-shelf kind="for-you" limit="4"><p id="own">the shop’s own</p></vitrine-shelf>'

async function visit(...specs: PageSpec[]): Promise<Visit> {
  context = await world.newProfile()
  return world.visit(context, ...specs)
}
const running = ({ page }: Visit) => page.waitForFunction(() => window.vitrine?.running)
const isOwnShown = ({ page }: Visit) => page.locator('#own').isVisible()

describe('a strict page', () => {
  const strict = (script: string) =>
    `default-src 'none'; script-src ${script}; connect-src EDGE; worker-src blob:; style-src 'none'; img-src 'none';
     require-trusted-types-for 'script'; trusted-types vitrine`.replace(/\s+/g, ' ')

  it.each([
    ['by host', 'EDGE', ''],
    ['by nonce', "'nonce-abc' 'strict-dynamic'", 'nonce="abc"'],
  ])('allows what we need %s, and nothing of ours is refused', async (_how, script, attribute) => {
    const tag = `${attribute}`
    const strictVisit = await visit({ policy: strict(script), tag, body: SHELF })
    await strictVisit.page.locator('vitrine-shelf[data-state=ready] li').nth(3).waitFor()
    expect(strictVisit.complaints).toEqual([])
    expect(await isOwnShown(strictVisit)).toBe(false)
  })

  it('that forbids workers keeps its own content, and status says why', async () => {
    const policy = `script-src EDGE 'unsafe-inline'; connect-src EDGE; worker-src 'none'`
    const strictVisit = await visit({ policy, body: SHELF })
    await running(strictVisit)
    const { failed } = await until(strictVisit.status, (status) => status.failed !== undefined)
    expect(failed).toContain('worker-src blob:')
    expect(await isOwnShown(strictVisit)).toBe(true)
    expect(await strictVisit.recommend()).toMatchObject({ items: [] })
  })
})

describe('an edge that is away', () => {
  it('from the first visit on: the shop’s own content stays, events are still kept', async () => {
    world.edge.published = undefined
    const empty = await visit({ body: SHELF })
    await running(empty)
    await empty.call('event', 'view_item', { items: [{ item_id: 'mug-0' }] })
    await until(empty.status, ({ offline }) => offline)
    expect(await empty.status()).toMatchObject({ bundle: { version: 0 }, events: { total: 1 } })
    await empty.page.locator('vitrine-shelf[data-state=empty]').waitFor()
    expect(await isOwnShown(empty)).toBe(true)
  })

  it('on a later page: shelves come from the HTTP cache, with nothing remembered', async () => {
    const first = await visit({ body: SHELF })
    await until(first.status, ({ bundle }) => bundle.parts.includes('probes'))
    // Only the bundle is away: the page's own tag and worker come from their cache in life, from the edge here.
    world.edge.published = undefined
    await first.page.reload()
    await first.page.locator('vitrine-shelf[data-state=ready]').waitFor()
    // A shelf from the HTTP cache may be ready before the request for what is new has failed.
    await until(first.status, ({ offline }) => offline)
    expect(await first.status()).toMatchObject({ storage: 'memory', bundle: { version: 1 } })
  })

  it('completely: no error, no rejection, no shelf', async () => {
    world.edge.offline = true
    const gone = await visit({ body: SHELF })
    await gone.page.waitForLoadState('load')
    expect(await isOwnShown(gone)).toBe(true)
    expect(gone.complaints.filter((text) => !text.includes('net::ERR'))).toEqual([])
  })
})

it('a tag that was not released says what it lacks, and does nothing else', async () => {
  const built = await readFile(join(import.meta.dirname, '..', '..', 'dist', 'tag', 'vitrine.js'), 'utf8')
  const bare = await visit({ tag: 'type="text/plain"', body: `${SHELF}<script>${built}</script>` })
  await bare.page.waitForLoadState('load')
  await until(
    async () => bare.complaints,
    (complaints) => complaints.length > 0,
  )
  expect(bare.complaints).toEqual(['vitrine: ReferenceError: POLICY_OF_THIS_RELEASE is not defined'])
  expect(await bare.page.evaluate(() => window.vitrine)).toBeUndefined()
  expect(await isOwnShown(bare)).toBe(true)
})

it('a worker whose code was changed on the way is not run', async () => {
  context = await world.newProfile()
  await context.route('**/assets/worker.*', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: `${await response.text()};evil()` })
  })
  const tampered = await world.visit(context, { body: SHELF })
  await running(tampered)
  const { failed } = await until(tampered.status, (status) => status.failed !== undefined)
  expect(failed).toContain('could not be loaded')
  expect(await isOwnShown(tampered)).toBe(true)
})

it('the tag added twice runs once', async () => {
  const twice = await visit({
    tag: `></script><script src="${world.edge.url}vitrine.js" `,
  })
  await running(twice)
  await twice.page.waitForLoadState('load')
  await twice.call('event', 'view_item', { items: [{ item_id: 'mug-0' }] })
  expect((await twice.status()).events.total).toBe(1)
  expect(twice.page.workers()).toHaveLength(1)
})

it('calls with anything at all throw nothing into the shop', async () => {
  const odd = await visit({})
  await running(odd)
  await odd.page.evaluate(() => {
    const say = window.vitrine as unknown as (...call: unknown[]) => unknown
    for (const command of [
      'event',
      'consent',
      'recommend',
      'forget',
      'on',
      'status',
      'nonsense',
      undefined,
      '__proto__',
      'constructor',
    ]) {
      for (const value of [
        undefined,
        null,
        7,
        'x',
        [],
        {},
        () => {},
        Symbol('s'),
        document,
        { items: [null, 7, { item_id: {} }] },
      ]) {
        say(command, value, value)
      }
    }
  })
  await odd.page.waitForTimeout(300)
  expect(odd.complaints).toEqual([])
  expect((await odd.status()).events.total).toBe(0)
})

describe('politeness', () => {
  const watched = `<h1>Shop</h1><vitrine-shelf limit="8"></vitrine-shelf><p>below</p>
    <vitrine-shelf kind="buy-again"></vitrine-shelf><p>further below</p>`
  const reserved = '<style>vitrine-shelf { display: block; min-block-size: 22.5em }</style>'
  const live = async (polite: Visit) => {
    await polite.page.locator('vitrine-shelf[data-state=ready] li').nth(7).waitFor()
    await polite.call('event', 'view_item', { items: [{ item_id: 'mug-0' }] })
    await polite.page.locator('.reason', { hasText: 'Because' }).first().waitFor()
    await polite.page.waitForTimeout(300)
  }

  it('nothing jumps: no layout shift from the first paint to the second shelf', async () => {
    context = await world.newProfile()
    await context.addInitScript(() => {
      const shifts: number[] = []
      Object.assign(window, { shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push('value' in entry ? Number(entry.value) : 0)
      }).observe({ type: 'layout-shift', buffered: true })
    })
    const polite = await world.visit(context, { head: reserved, body: watched })
    await live(polite)
    const shifts = await polite.page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)
    expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.001)
  })

  it('no task of ours takes 50 ms of the page’s thread', async () => {
    context = await world.newProfile()
    const page = await context.newPage()
    const browser = context.browser()
    await browser?.startTracing(page, { categories: ['devtools.timeline'] })
    await live(await world.visit(context, { head: reserved, body: watched }))
    const trace = JSON.parse(String(await browser?.stopTracing())) as {
      traceEvents: { name: string; tdur?: number; args: { data?: { url?: string } } }[]
    }
    // Time on the thread, not on the wall: what else the machine does is not ours.
    const ours = trace.traceEvents.filter(
      ({ name, args }) => /^(EvaluateScript|FunctionCall)$/.test(name) && args.data?.url?.startsWith(world.edge.url),
    )
    expect(ours.length).toBeGreaterThan(5)
    expect(Math.max(...ours.map(({ tdur = 0 }) => tdur / 1000))).toBeLessThan(50)
  })

  it('the page still enters the back/forward cache, and goes on when it returns', async () => {
    let page!: Visit
    const why = await backAgain(async () => {
      page = await visit({ body: SHELF, tag: `data-consent="remember"` }, { tag: `data-consent="remember"` })
      await running(page)
      await until(page.status, ({ storage, bundle }) => storage === 'indexeddb' && bundle.parts.includes('probes'))
      await page.page.evaluate(() => document.body.setAttribute('data-kept', ''))
      await page.page.goto(`${world.shopUrl}1`)
      await running(page)
      await page.call('event', 'view_item', { items: [{ item_id: 'lamp-1' }] })
      await page.status()
      return page.page
    })
    expect(why).toBe('null')
    expect(await page.page.locator('body[data-kept]').count()).toBe(1)
    await until(page.status, ({ events }) => events.bySource.call === 1)
  })
})
