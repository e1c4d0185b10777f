/** A shopper's browser that learns: the built tag over HTTP, from the first event to what another tab ranks with. */
import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Explanation } from '../../../web/protocol.ts'
import type { Published } from '../edge.ts'
import { backAgain, createWorld, type PageSpec, until, type Visit, violationsIn, type World } from '../visit.ts'
import { goRound, kept, openTimed, publishNetwork, putLearned, stay } from './shop.ts'

const TRUSTED = `require-trusted-types-for 'script'; trusted-types vitrine`
const STRICT = `default-src 'none'; connect-src EDGE; worker-src blob:; style-src 'none'; ${TRUSTED}`

let world: World
let first: Published
let second: Published
beforeAll(async () => {
  // How busy this machine is decides nothing here: conditions.test.ts has what it would.
  world = await createWorld(['--disable-blink-features=ComputePressure'])
  first = await publishNetwork(world.signer, 1, 'learning')
  second = await publishNetwork(world.signer, 2, 'another network')
})
afterAll(() => world.close())

const profiles: BrowserContext[] = []
const newProfile = async () => {
  const profile = await world.newProfile()
  profiles.push(profile)
  return profile
}
/** What stays open goes on to fetch. */
afterEach(() => Promise.all(profiles.splice(0).map((profile) => profile.close())))

const tag = (more = 'data-wasm data-consent="remember"') => more
const isComplete = ({ status }: Visit) => until(status, ({ bundle }) => bundle.parts.includes('probes'))
const lessons = () => world.edge.requests.map(({ path }) => path).filter((path) => path.includes('/learn'))
const namesOf = (paths: string[]) => paths.map((path) => path.replace(/^.*\/|\.[0-9a-f]{16}/g, '')).sort()
const ranked = async ({ recommend }: Visit) => (await recommend({ limit: 12 })).items.map(({ itemId }) => itemId)

async function arrive(
  spec: PageSpec = {},
  context?: BrowserContext,
): Promise<{ visit: Visit; context: BrowserContext }> {
  world.edge.published = first
  world.edge.requests.length = 0
  const own = context ?? (await newProfile())
  // The pages are what world.visit was told last.
  await (await world.visit(own, { tag: tag(), ...spec })).page.close()
  const visit = await openTimed(own, `${world.shopUrl}0`)
  await visit.page.waitForFunction(() => window.vitrine?.running)
  await isComplete(visit)
  return { visit, context: own }
}

describe('a shopper whose next wishes can be foreseen by learning', { timeout: 240_000 }, () => {
  it('learns: the trial is stated, ranking and reasons follow, later pages and other tabs too, until it is forgotten', async () => {
    const { visit, context } = await arrive({
      body: '<main><h1>Privacy</h1><vitrine-privacy></vitrine-privacy></main>',
    })
    expect((await visit.status()).learning).toEqual({ waiting: ['visible'] })
    await goRound(visit, 60)
    const before = await ranked(visit)
    const other = await openTimed(context, `${world.shopUrl}0`)
    await until(other.status, ({ events }) => events.total === 60)

    const { last, inUse } = await stay(visit, ({ last }) => last !== undefined)
    expect(last).toMatchObject({ outcome: 'accepted', backend: 'wasm', trial: { wishes: 15 } })
    expect(inUse).toEqual({ at: last?.at, trial: last?.trial })
    if (!inUse) throw new Error('nothing is in use')
    expect(inUse.trial.after).toBeLessThan(inUse.trial.before - 0.5 * inUse.trial.standardError)
    expect(inUse.trial.share).toBeGreaterThan(0)
    const after = await ranked(visit)
    expect(after).not.toEqual(before)
    expect(namesOf([...new Set(lessons())])).toEqual(['learner.js', 'learning-simd.wasm', 'learning.js'])

    // What explains reads the network that ranks.
    const [best] = (await visit.recommend({ limit: 1 })).items
    const why = (await visit.call('why', { item: best.itemId })) as Explanation
    expect(why[0]?.reason).toEqual(best.reason)

    await until(other.status, ({ learning }) => learning?.inUse?.at === inUse.at)
    expect(await ranked(other)).toEqual(after)
    await visit.page.reload()
    await isComplete(visit)
    expect(await ranked(visit)).toEqual(after)
    expect((await visit.status()).learning).toMatchObject({ inUse, last: { outcome: 'accepted' } })
    // Not again before there is something new.
    await stay(visit, ({ waiting }) => waiting.includes('new-events'))

    const panel = visit.page.locator('vitrine-privacy')
    const text = () => panel.evaluate(({ shadowRoot }) => shadowRoot?.textContent.replace(/\s+/g, ' ') ?? '')
    expect(await text()).toMatch(
      /In use since .*How much 15 things that you wanted later surprised it: \d.\d\d → \d.\d\d/,
    )
    expect(await violationsIn(visit, 'vitrine-privacy')).toEqual([])
    await visit.page.getByRole('button', { name: 'Forget what was learned' }).press('Enter')
    await until(text, (said) => /Forgotten on .*Waiting to learn: .*fewer than 20 new entries/.test(said))
    const focused = () => visit.page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.textContent)
    expect(await until(focused, (said) => said !== undefined)).toContain('Forgotten on')
    expect(await ranked(visit)).toEqual(before)
    await until(other.status, ({ learning }) => learning?.inUse === undefined)
    expect(await ranked(other)).toEqual(before)
    expect(await kept(visit.page)).toEqual({ last: { outcome: 'forgotten', at: expect.any(Number) } })
    expect(visit.complaints).toEqual([])
  })

  it('has nothing of it left after "forget everything", in any tab, nor after permission is withdrawn', async () => {
    const { visit, context } = await arrive()
    await goRound(visit, 60)
    const before = await ranked(visit)
    await stay(visit, ({ inUse }) => inUse !== undefined)
    await until(
      () => kept(visit.page),
      (value) => value !== undefined,
    )
    const other = await openTimed(context, `${world.shopUrl}0`)
    await until(other.status, ({ learning }) => learning?.inUse !== undefined)

    await visit.call('consent', { remember: false })
    for (const tab of [visit, other]) {
      const { learning } = await until(tab.status, ({ consent }) => !consent.remember)
      expect(learning).toEqual({ waiting: ['permission'] })
    }
    expect(await kept(visit.page)).toBeUndefined()
    expect(await ranked(visit)).toEqual(before)

    await visit.call('consent', { remember: true })
    await stay(visit, ({ inUse }) => inUse !== undefined)
    await visit.call('forget', 'everything')
    expect(await kept(visit.page)).toBeUndefined()
    expect((await visit.status()).learning).toEqual({ waiting: ['permission'] })
    await until(other.status, ({ learning }) => learning?.inUse === undefined)
  })

  it('learns under a strict policy with Trusted Types; without WebAssembly or a GPU it says that nothing can', async () => {
    const policy = `${STRICT}; script-src EDGE 'wasm-unsafe-eval'`
    const { visit } = await arrive({ policy })
    await goRound(visit, 60)
    expect((await stay(visit, ({ last }) => last !== undefined)).last?.outcome).toBe('accepted')
    expect(visit.complaints).toEqual([])

    const without = await arrive({ policy: `${STRICT}; script-src EDGE`, tag: tag('data-consent="remember"') })
    await goRound(without.visit, 60)
    expect((await stay(without.visit, ({ last }) => last !== undefined)).last?.outcome).toBe('no-backend')
    expect(namesOf(lessons())).toEqual(['learner.js', 'learning.js'])
    expect(without.visit.complaints).toEqual([])
  })

  it('keeps nothing of another network: a new one ranks as it was published', async () => {
    const { visit, context } = await arrive()
    await goRound(visit, 60)
    await stay(visit, ({ inUse }) => inUse !== undefined)
    world.edge.published = second
    const later = await openTimed(context, `${world.shopUrl}0`)
    const { learning } = await until(later.status, ({ bundle }) => bundle.version === 2)
    expect(learning?.inUse).toBeUndefined()

    const fresh = await newProfile()
    const stranger = await openTimed(fresh, `${world.shopUrl}0`)
    await isComplete(stranger)
    await goRound(stranger, 60)
    expect(await ranked(later)).toEqual(await ranked(stranger))
  })

  it('ends with the view: a page with a learner enters the back/forward cache, and learns when it is back', async () => {
    world.edge.published = first
    // In real time: a page with a clock of its own tells nothing of that cache.
    let visit!: Visit
    const why = await backAgain(async () => {
      visit = await world.visit(await newProfile(), { tag: tag() }, { tag: tag() })
      await visit.page.waitForFunction(() => window.vitrine?.running)
      await until(visit.status, ({ learning }) => learning?.waiting.includes('new-events') === true)
      await visit.page.evaluate(() => document.body.setAttribute('data-kept', ''))
      await visit.page.goto(`${world.shopUrl}1`)
      return visit.page
    })
    expect(why).toBe('null')
    expect(await visit.page.locator('body[data-kept]').count()).toBe(1)
    expect((await visit.status()).learning?.waiting).toEqual(['visible'])
    await goRound(visit, 60)
    await until(visit.status, ({ learning }) => learning?.inUse !== undefined)
  })

  it.each([
    ['nonsense', 'learned = "nonsense"'],
    ['of another network', 'learned.adapter.model = "another"'],
    ['of other shapes', 'learned.adapter.change.shift = new Float32Array(7)'],
    ['not finite', 'learned.adapter.change.shift[3] = NaN'],
    ['no change', 'learned.adapter.change = null'],
    ['of no time', 'learned.adapter.accepted.at = "yesterday"'],
    ['of half a trial', 'delete learned.adapter.accepted.trial.before'],
  ])('is suggested to as everyone when what is stored is %s', async (_what, damage) => {
    const { visit } = await arrive()
    await goRound(visit, 60)
    const before = await ranked(visit)
    await stay(visit, ({ inUse }) => inUse !== undefined)
    await until(
      () => kept(visit.page),
      (value) => value !== undefined,
    )
    await putLearned(visit.page, damage)
    await visit.page.reload()
    await isComplete(visit)
    await until(visit.status, ({ events }) => events.total === 60)
    expect((await visit.status()).learning?.inUse).toBeUndefined()
    expect(await ranked(visit)).toEqual(before)
    expect(visit.complaints).toEqual([])
  })
})

describe('what was learned from what is then forgotten', { timeout: 240_000 }, () => {
  it('goes with it, in every tab, and stays with what came later', async () => {
    const { visit, context } = await arrive()
    await goRound(visit, 60)
    const { inUse } = await stay(visit, ({ inUse }) => inUse !== undefined)
    const other = await openTimed(context, `${world.shopUrl}0`)
    await until(other.status, ({ learning }) => learning?.inUse?.at === inUse?.at)

    await visit.call('event', 'view_item', { items: [{ item_id: 'i5' }] })
    const [first, ...others] = await until(visit.history, (entries) => entries.length === 61)
    const latest = others.at(-1)
    await visit.call('forget', { eventIds: [latest?.event.id] })
    expect((await visit.status()).learning?.inUse).toEqual(inUse)
    await visit.call('forget', { eventIds: [first.event.id] })
    expect((await visit.status()).learning?.inUse).toBeUndefined()
    expect(await kept(visit.page)).toBeUndefined()
    await until(other.status, ({ learning, events }) => learning?.inUse === undefined && events.total === 59)
  })

  it('stays gone when it was being read just then', async () => {
    const { visit } = await arrive()
    await goRound(visit, 60)
    await stay(visit, ({ inUse }) => inUse !== undefined)
    await visit.page.evaluate(() => {
      window.vitrine?.('consent', { personalise: false })
      window.vitrine?.('consent', { personalise: true }) // reads it
      return window.vitrine?.('forget', 'learned')
    })
    await visit.status()
    expect((await visit.status()).learning).toMatchObject({ last: { outcome: 'forgotten' }, inUse: undefined })
    expect(await kept(visit.page)).toEqual({ last: { outcome: 'forgotten', at: expect.any(Number) } })
  })

  it('is not taken from a lesson that began before, of this tab or another', async () => {
    const context = await newProfile()
    // A lesson takes as long as the test wants.
    await context.route('**/assets/learner.*', async (route) => {
      const response = await route.fetch()
      const slow = `const post = MessagePort.prototype.postMessage
        MessagePort.prototype.postMessage = function (said) {
          setTimeout(() => post.call(this, said), said.type === 'learned' ? 3000 : 0)
        };`
      await route.fulfill({ response, body: slow + (await response.text()) })
    })
    await context.route('**/vitrine.js', async (route) => {
      const response = await route.fetch()
      const body = (await response.text()).replace(/integrity:[`"']sha256-[^`"']+[`"']/g, 'integrity:""')
      await route.fulfill({ response, body })
    })
    const { visit } = await arrive({}, context)
    const other = await openTimed(context, `${world.shopUrl}0`)
    for (const forgetful of [visit, other]) {
      await goRound(visit, 60)
      await stay(visit, ({ waiting }) => waiting.length === 0)
      const entries = await until(other.history, ({ length }) => length === 60)
      // What is left is too little to learn from.
      await forgetful.call('forget', { eventIds: entries.slice(5).map(({ event }) => event.id) })
      await visit.page.waitForTimeout(5000)
      expect((await visit.status()).learning).toMatchObject({ last: undefined, inUse: undefined })
      expect(await kept(visit.page)).toBeUndefined()
      await forgetful.call('forget', { eventIds: entries.map(({ event }) => event.id) })
    }
  })
})

describe('what is fetched for learning', { timeout: 240_000 }, () => {
  it('is fetched by everyone, in the same requests, whether they learn from it or have done nothing', async () => {
    const requests = () => world.edge.requests.filter(({ path }) => path.includes('/learn'))
    const { visit } = await arrive()
    await stay(visit, ({ waiting }) => waiting.includes('new-events'))
    const ofNobody = requests()
    expect(namesOf(lessons())).toEqual(['learner.js', 'learning-simd.wasm', 'learning.js'])
    expect(await kept(visit.page)).toBeUndefined()
    await visit.page.close()

    const busy = await arrive()
    await goRound(busy.visit, 60)
    await stay(busy.visit, ({ last }) => last !== undefined)
    expect(requests()).toEqual(ofNobody)
    for (const { method, headers } of ofNobody) {
      expect(method).toBe('GET')
      expect(headers.cookie ?? headers.referer ?? headers['if-none-match']).toBeUndefined()
    }
  })

  it('is not fetched without permission to remember, with data saver on, or before the page has been in view', async () => {
    const unasked = await arrive({ tag: tag('data-wasm') })
    await goRound(unasked.visit, 60)
    const saving = await arrive({ head: '<script>SAVING</script>'.replace('SAVING', SAVE_DATA) })
    await goRound(saving.visit, 60)
    const early = await arrive()
    await goRound(early.visit, 60)
    for (const { visit } of [unasked, saving]) {
      for (let n = 0; n < 3; n++) {
        await visit.page.clock.fastForward(10_000)
        await visit.page.waitForTimeout(300)
      }
    }
    expect((await unasked.visit.status()).learning).toEqual({ waiting: ['permission'] })
    expect((await saving.visit.status()).learning).toEqual({ waiting: ['data-saver'] })
    expect((await early.visit.status()).learning).toEqual({ waiting: ['visible'] })
    expect(lessons()).toEqual([])
  })

  it('stays the edge’s to give: without it nothing is learned, and the page says so', async () => {
    const context = await newProfile()
    await context.route('**/assets/learning.*', (route) => route.abort())
    const { visit } = await arrive({}, context)
    await goRound(visit, 60)
    await stay(visit, ({ waiting }) => waiting.includes('code') && lessons().length > 0)
    expect((await visit.status()).learning?.last).toBeUndefined()
  })

  it('is not run when it was changed on the way', async () => {
    const context = await newProfile()
    await context.route('**/assets/learner.*', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, body: `${await response.text()};evil()` })
    })
    const { visit } = await arrive({}, context)
    await stay(visit, ({ waiting }) => waiting.includes('code'))
    expect(lessons().filter((path) => path.includes('/learning'))).toEqual([])
  })
})

/** The worker's own navigator says so: its code comes from a Blob of the page. */
const SAVE_DATA = `
  const Real = Blob
  const saving = 'Object.defineProperty(navigator, "connection", { value: { saveData: true } });'
  window.Blob = function (parts, how) {
    return new Real(how && how.type === 'text/javascript' ? [saving, ...parts] : parts, how)
  }`
