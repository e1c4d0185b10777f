/** What a browser contributes, and what it does not: the built tag in real Chromium, a real log, two aggregators, real HTTP between them. */
import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type CountName, type CountVdaf, sightBit, VDAFS } from '../../../shared/federated/counts.ts'
import { FIELD64 } from '../../../shared/federated/field.ts'
import { decodeOpenRounds, encodeOpenRounds, type OfferedRound } from '../../../shared/federated/open-rounds.ts'
import { plainVectors } from '../../../shared/federated/pine/vectors.ts'
import { vdafOf } from '../../../shared/federated/vdaf.ts'
import { networkHash } from '../../../shared/model/bundle.ts'
import { SHARED, sharedLength } from '../../../shared/model/shared-vector.ts'
import { drawOf } from '../../../shared/model/stage.ts'
import { entryId, type ModelEntry, type RoundEntry, signEntry, type TaskEntry } from '../../../shared/tlog/entry.ts'
import { type Signer, verifierKeyText } from '../../../shared/tlog/note.ts'
import { decodeProof, encodeProof } from '../../../shared/tlog/proof.ts'
import { launchChromium } from '../../../trainer/chromium.ts'
import { publish } from '../../../trainer/publish.ts'
import { declareTask, endRound, openRound } from '../../../trainer/rounds/rounds.ts'
import { ARM_COUNT, withStage } from '../../../trainer/rounds/staged-release.ts'
import { isJoined, type Joined, type LedgerEntry } from '../../../web/store/ledger.ts'
import { LENIENT, twoAggregators } from '../../edge/aggregation/two-aggregators.ts'
import { LOG, POLICY, SHOP, signerOf } from '../../edge/sample-bundle.ts'
import { SMALL } from '../../shared/model/small-network.ts'
import { MemoryLog } from '../../shared/tlog/memory-log.ts'
import { HELPER, LEADER, roundEntry, TASK_ENTRY } from '../../shared/tlog/sample-task.ts'
import { startShop } from '../edge.ts'
import { smallBundle } from '../learning/shop.ts'
import { until, type Visit, violationsIn } from '../visit.ts'
import {
  kept,
  ledgerOf,
  linger,
  putEntry,
  putSecret,
  recordingProxy,
  scriptOf,
  serveContributing,
  shopper,
} from './contributing-shop.ts'

type World = Awaited<ReturnType<typeof openWorld>>
type Browser = Awaited<ReturnType<typeof launchChromium>>

let browser: Browser
beforeAll(async () => {
  // How busy this machine is decides nothing here.
  browser = await launchChromium(['--disable-blink-features=ComputePressure'])
})
afterAll(() => browser.close())

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A shop of its own for each test: what one test asks of browsers, no other hears of. */
async function openWorld() {
  /** Of the aggregators: a round can be over for them while browsers still have it open. */
  const clock = {
    ahead: 0,
    get seconds() {
      return Math.floor(Date.now() / 1000) + this.ahead
    },
  }
  const two = await twoAggregators(LENIENT, clock)
  closing.push(() => two.stop())
  const fetched: string[] = []
  const key = { ...SHOP, verifierKey: POLICY.publisher }
  const { edge, model } = await serveContributing(two.store, key, TASK_ENTRY, LENIENT, async ({ url }) => {
    fetched.push(new URL(url).pathname)
  })
  closing.push(() => edge.close())
  const leader = await recordingProxy(two.servers.leader.url)
  closing.push(() => leader.close())
  const page = { policy: undefined as string | undefined }
  const shop = await startShop((path) => ({
    html: `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Shop</title>${scriptOf(edge.url)}<body>${
      path === '/panel' ? '<main><h1>Privacy</h1><vitrine-privacy></vitrine-privacy></main>' : ''
    }`,
    policy: page.policy,
  }))
  closing.push(() => shop.close())
  const task = (changed: Partial<TaskEntry> = {}): TaskEntry => {
    const own = two.task({ ...DEMONSTRATION, ...changed })
    return { ...own, leader: { ...own.leader, url: leader.url } }
  }
  const now = Math.floor(Date.now() / 1000)
  return {
    /** Of what is put on record by hand. */
    round: { ...roundEntry(1), model, opens: now - 60, closes: now + 3600 },
    fetched,
    leader,
    edgeUrl: edge.url,
    shopUrl: shop.url,
    page,
    task,
    append: two.publisher.destination.append,
    /** What came of shoppers, of all that came to the leader. */
    reports: () => leader.seen.filter(({ path }) => path.includes('/reports/')),
    withdrawals: () => leader.seen.filter(({ path }) => path.endsWith('/withdrawals')),
    /** The next of its task, which is put on record where it is not yet. */
    async open(changed: Partial<TaskEntry> = {}, of = model): Promise<RoundEntry> {
      const id = await declareTask(task(changed), two.publisher)
      return openRound(id, { model: of, opens: now - 60, closes: now + 3600 }, two.publisher)
    },
    /** Publishes version 2 for a share of browsers. @returns the release */
    async stage(share: number): Promise<string> {
      const { destination } = two.publisher
      const { version, manifest } = (await destination.standing()).model as ModelEntry
      const bundle = await withStage(await smallBundle(2, 'after'), { share, others: { version, manifest } })
      await publish(bundle, key, destination)
      return networkHash(bundle.manifest)
    },
    /** Lets the aggregators close it. @returns what they have released of it */
    async end(round: RoundEntry) {
      return (await this.endWith(round)).result
    },
    async endWith({ task, closes }: RoundEntry) {
      clock.ahead = closes - now + 60
      return endRound(task, two.publisher)
    },
  }
}

const DEMONSTRATION: Partial<TaskEntry> = {
  vdaf: { kind: 'pine', dimension: sharedLength(SMALL, SHARED), clipNorm: 1, fractionBits: 16 },
  ...{ minBatch: 1, noiseMultiplier: 0, separation: 1 },
}

async function newContext(): Promise<BrowserContext> {
  const context = await browser.newContext()
  closing.push(() => context.close())
  return context
}

const didIn = async ({ page }: Visit, round: RoundEntry): Promise<LedgerEntry['did'] | undefined> =>
  (await kept(page)).ledger[entryId(round)]?.did

/** @returns what the ledger says of a round when it is so far */
async function joined(visit: Visit, round: RoundEntry, holds: (did: Joined) => boolean): Promise<Joined> {
  const did = await until(
    () => didIn(visit, round),
    (did) => did?.what === 'joined' && holds(did),
    30_000,
  )
  return did as Joined
}

const isSent = ({ state }: Joined) => state === 'sent'

async function reload(visit: Visit): Promise<void> {
  await visit.page.reload()
  await visit.page.waitForFunction(() => window.vitrine?.running)
  await linger(visit)
}

/** The device could learn, if it were allowed and there were enough to learn from: whatever it asks for, it has asked for. */
async function hasLooked({ page, status }: Visit): Promise<void> {
  // Seldom asked: a learner that finds the worker busy with a question waits ten seconds.
  while (!(await status()).learning?.waiting.includes('new-events')) await page.waitForTimeout(400)
}

describe('without permission', () => {
  it('nothing is fetched for contributing and nothing is sent, nor when nothing is remembered, nor under Global Privacy Control', async () => {
    const world = await openWorld()
    await world.open()
    const everything = { personalise: true, remember: true, contribute: true }
    const [open, barred] = [await newContext(), await newContext()]
    await barred.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }))
    const [unasked, forgetful, opposed] = await Promise.all([
      shopper(await newContext(), world.shopUrl, 8, { contribute: false }),
      shopper(open, world.shopUrl, 8, { ...everything, remember: false }),
      shopper(barred, world.shopUrl, 8, everything),
    ])
    expect((await opposed.status()).consent).toEqual({ ...everything, contribute: false })

    for (const visit of [unasked, forgetful, opposed]) {
      if (visit !== forgetful) await hasLooked(visit)
      else expect((await visit.status()).learning?.waiting).toEqual(['permission'])
      await visit.page.waitForTimeout(500)
      expect(await kept(visit.page)).toEqual({ ledger: {}, outbox: {} })
      expect(visit.complaints).toEqual([])
    }
    expect(world.fetched.filter((path) => /contributor|rounds/.test(path))).toEqual([])
    expect([...world.reports(), ...world.withdrawals()]).toEqual([])
  })
})

describe('what is counted', () => {
  const sumOf = async (world: World, round: RoundEntry, name: CountName, vdaf: CountVdaf = VDAFS[name]) => {
    const { result, aggregate } = await world.endWith(round)
    expect(result).toMatchObject({ outcome: 'released', reports: 2 })
    const bytes = aggregate as Uint8Array<ArrayBuffer>
    return vdafOf(world.task({ name, vdaf }), plainVectors(FIELD64))
      .unshard([bytes, new Uint8Array(bytes.length)])
      .map(Number)
  }
  const ones = (sum: number[]) => Object.fromEntries([...sum.entries()].filter(([, count]) => count !== 0))

  it('is answered by a shopper who did something, and only the sum of the answers is seen', async () => {
    const world = await openWorld()
    // An answer to each, of the same visits: they looked, saw two shelves, followed one, and did no more.
    const names = ['furthest-step', 'hit-rate-10', 'click-through', 'demand', 'opted-in'] as const
    const rounds = new Map<CountName, RoundEntry>()
    for (const name of names) rounds.set(name, await world.open({ name, vdaf: VDAFS[name] }))
    const unknown = await world.open({ name: 'shoe-size', vdaf: { kind: 'histogram', length: 9 } })
    const unstaged = await world.open({ name: ARM_COUNT, vdaf: VDAFS[ARM_COUNT] })
    const visits = await Promise.all(
      [1, 2].map(async () => {
        const visit = await shopper(await newContext(), world.shopUrl, 8, {})
        for (const [name, placement] of [
          ['rec_impression', 'for-you'],
          ['rec_impression', 'related'],
          ['rec_click', 'related'],
        ]) {
          await visit.call('event', { id: `${name} ${placement}`, name, items: [{ item_id: 'i1', placement }] })
        }
        await visit.call('consent', { contribute: true })
        return visit
      }),
    )
    for (const visit of visits) {
      for (const round of rounds.values()) await joined(visit, round, isSent)
      expect(await didIn(visit, unknown)).toEqual({ what: 'refused', why: 'another-kind' })
      expect(await didIn(visit, unstaged)).toEqual({ what: 'refused', why: 'nothing-done' })
      expect(visit.complaints).toEqual([])
    }
    const sums = new Map<CountName, number[]>()
    for (const [name, round] of rounds) sums.set(name, await sumOf(world, round, name))
    expect(sums.get('furthest-step')).toEqual([2, 0, 0])
    expect([0, 1, 2]).toContain(sums.get('hit-rate-10')?.[0])
    expect(ones(sums.get('click-through') ?? [])).toEqual({
      [sightBit('control', 'for-you', false)]: 2,
      [sightBit('control', 'related', false)]: 2,
      [sightBit('control', 'related', true)]: 2,
    })
    expect(Object.values(ones(sums.get('demand') ?? []))).toEqual([2])
    expect(sums.get('opted-in')).toEqual([2])
  })

  it('of a release that is for some is counted by arm; what is learned is of the network in use', async () => {
    const world = await openWorld()
    const visits = await Promise.all([1, 2].map(async () => shopper(await newContext(), world.shopUrl, 8, {})))
    const release = await world.stage(0.5)
    const secrets: Record<string, number[]> = {}
    for (let n = 0; Object.keys(secrets).length < 2; n++) {
      const secret = new Uint8Array(32).fill(n)
      secrets[(await drawOf(secret, release)) < 0.5 ? 'staged' : 'control'] ??= [...secret]
    }
    await putSecret(visits[0], secrets.control)
    await putSecret(visits[1], secrets.staged)
    const byArm = await world.open({ name: ARM_COUNT, vdaf: VDAFS[ARM_COUNT] }, release)
    const [ofNew, ofOld] = [await world.open({ name: 'new' }, release), await world.open({ name: 'old' })]
    await Promise.all(
      visits.map(async (visit, n) => {
        await reload(visit)
        await until(visit.status, ({ bundle }) => bundle.version === n + 1)
        await visit.call('consent', { contribute: true })
        await joined(visit, byArm, isSent)
        await joined(visit, [ofOld, ofNew][n], isSent)
        expect(await didIn(visit, [ofNew, ofOld][n])).toEqual({ what: 'refused', why: 'stale-model' })
        expect(visit.complaints).toEqual([])
      }),
    )
    const [missed, hit, stagedMissed, stagedHit] = await sumOf(world, byArm, ARM_COUNT)
    expect([missed + hit, stagedMissed + stagedHit]).toEqual([1, 1])
  })
})

describe('a report', () => {
  it('is sent once by two tabs of one shopper', async () => {
    const world = await openWorld()
    const round = await world.open()
    const context = await newContext()
    const visit = await shopper(context, world.shopUrl)
    const other = await shopper(context, world.shopUrl)
    const did = await joined(visit, round, isSent)
    await hasLooked(other)
    // Whoever comes later, in whichever tab, has nothing to add.
    await reload(other)
    await until(
      async () => world.fetched.filter((path) => path === '/v1/rounds').length,
      (looks) => looks >= 2,
    )
    await hasLooked(other)
    expect(world.reports()).toHaveLength(1)
    const [{ method, path, body, headers }] = world.reports()
    expect([method, path]).toEqual(['PUT', `/v1/rounds/${entryId(round)}/reports/${did.report}`])
    expect({ bytes: did.bytes, sends: did.sends }).toEqual({ bytes: body.length, sends: 1 })
    expect(headers.cookie ?? headers.referer ?? headers.authorization).toBeUndefined()
    expect((await kept(visit.page)).outbox).toEqual({})
    for (const { complaints } of [visit, other]) expect(complaints).toEqual([])
  })

  it('whose answer is lost, or whose leader is away, is sent again byte by byte, and counts once', async () => {
    const world = await openWorld()
    const round = await world.open()
    world.leader.behaviour = 'lose-answer'
    const visit = await shopper(await newContext(), world.shopUrl)
    const { report, bytes } = await joined(visit, round, ({ sends }) => sends === 1)
    await until(
      async () => world.reports().length,
      (length) => length === 1,
    )
    world.leader.behaviour = 'away'
    await reload(visit)
    await joined(visit, round, ({ sends }) => sends === 2)
    world.leader.behaviour = 'pass'
    await reload(visit)
    const did = await joined(visit, round, isSent)
    expect(did).toMatchObject({ report, bytes, sends: 3 })
    const [first, second, ...more] = world.reports()
    expect(more).toEqual([])
    expect(second.path).toBe(first.path)
    expect(second.body.equals(first.body)).toBe(true)
    // What was begun is counted before it is: where nobody was there, less has left than the ledger says.
    expect(first.body.length + second.body.length).toBe(2 * did.bytes)
    expect(await world.end(round)).toMatchObject({ outcome: 'released', reports: 1 })
  })

  it('outlives the browser that was killed before it was answered: the next page sends the same bytes', async () => {
    const world = await openWorld()
    const round = await world.open()
    world.leader.behaviour = 'hold'
    const context = await newContext()
    const { page } = await shopper(context, world.shopUrl)
    await until(
      async () => world.reports().length,
      (length) => length === 1,
      30_000,
    )
    await page.close({ runBeforeUnload: false })
    world.leader.behaviour = 'pass'
    const later = await shopper(context, world.shopUrl, 30)
    const did = await joined(later, round, isSent)
    const [first, second, ...more] = world.reports()
    expect(more).toEqual([])
    expect(second.path).toBe(first.path)
    expect(second.body.equals(first.body)).toBe(true)
    expect(did.sends).toBe(2)
  })

  it('that waits when permission ends is sent no more, and is taken back where it may have arrived', async () => {
    const world = await openWorld()
    const round = await world.open()
    world.leader.behaviour = 'busy'
    const visit = await shopper(await newContext(), world.shopUrl)
    const { report } = await joined(visit, round, ({ sends }) => sends === 1)
    expect(Object.keys((await kept(visit.page)).outbox)).toEqual([entryId(round)])
    // Given again at once: it was another decision all the same.
    await visit.page.evaluate(() => {
      window.vitrine?.('consent', { contribute: false })
      window.vitrine?.('consent', { contribute: true })
    })
    await until(
      () => kept(visit.page),
      ({ outbox }) => Object.keys(outbox).length === 0,
    )
    world.leader.behaviour = 'pass'
    await reload(visit)
    await joined(visit, round, ({ state }) => state === 'withdrawn')
    await reload(visit)
    await hasLooked(visit)
    expect(world.reports().map(({ path }) => path)).toEqual([expect.stringContaining(report)])
    expect(world.withdrawals()).toHaveLength(1)
    expect(await world.end(round)).toMatchObject({ outcome: 'aborted' })
  })
})

describe('the ledger', () => {
  const panel = ({ page }: Visit) => page.locator('vitrine-privacy')
  const takeBack = ({ page }: Visit) => page.getByRole('button', { name: /^Take it back/ })

  it('shows what was sent, lets the shopper take it back by keyboard until the round closes, and goes with everything else', async () => {
    const world = await openWorld()
    const kept1 = await world.open()
    const taken = await world.open({ name: 'furthest-step', vdaf: VDAFS['furthest-step'] })
    const visit = await shopper(await newContext(), `${world.shopUrl}panel`)
    for (const round of [kept1, taken]) await joined(visit, round, isSent)
    expect(await ledgerOf(visit)).toHaveLength(2)
    await panel(visit).locator('summary', { hasText: 'Every round' }).press('Enter')
    for (const width of [390, 1280]) {
      await visit.page.setViewportSize({ width, height: 844 })
      expect(await takeBack(visit).count()).toBe(2)
      expect(await violationsIn(visit, 'vitrine-privacy')).toEqual([])
    }
    await panel(visit).locator('li', { hasText: 'How far did you go?' }).getByRole('button').press('Enter')
    await joined(visit, taken, ({ state }) => state === 'withdrawn')
    await until(
      () => takeBack(visit).count(),
      (count) => count === 1,
    )
    const focused = () => visit.page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.textContent)
    expect(await focused()).toContain('Contributed to 2 rounds')
    expect(world.withdrawals().map(({ method, path, body }) => [method, path, body.length])).toEqual([
      ['POST', `/v1/rounds/${entryId(taken)}/withdrawals`, 32],
    ])

    // When a round has closed, nothing can be taken back, and what it would be taken back with is gone.
    await putEntry(visit, entryId(kept1), { closes: 1_700_000_000 })
    expect(
      (await ledgerOf(visit))
        .filter(isJoined)
        .map(({ did }) => did.secret.length)
        .sort(),
    ).toEqual([0, 32])
    expect(await didIn(visit, kept1)).toMatchObject({ state: 'sent', secret: {} })
    await visit.call('event', 'view_item', { items: [{ item_id: 'i1' }] })
    await until(
      () => takeBack(visit).count(),
      (count) => count === 0,
    )
    expect(visit.complaints).toEqual([])

    await visit.call('forget', 'everything')
    expect(await kept(visit.page)).toEqual({ ledger: {}, outbox: {} })
    expect(await visit.page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0)
    expect(await world.end(kept1)).toMatchObject({ outcome: 'released', reports: 1 })
    expect(await world.end(taken)).toMatchObject({ outcome: 'aborted' })
  })

  it('refuses a second round too soon, and one beyond the participations, and says so', async () => {
    const world = await openWorld()
    const apart = { name: 'apart', separation: 2 }
    const once = { name: 'once', participations: 1 }
    const firsts = [await world.open(apart), await world.open(once)]
    const visit = await shopper(await newContext(), world.shopUrl)
    for (const round of firsts) await joined(visit, round, isSent)
    for (const round of firsts) expect(await world.end(round)).toMatchObject({ reports: 1 })
    const seconds = [await world.open(apart), await world.open(once)]
    await reload(visit)
    for (const [n, why] of ['too-soon', 'participations-spent'].entries()) {
      await until(
        () => didIn(visit, seconds[n]),
        (did) => did !== undefined,
      )
      expect(await didIn(visit, seconds[n])).toEqual({ what: 'refused', why })
      expect(await didIn(visit, firsts[n])).toMatchObject({ what: 'joined', state: 'sent' })
    }
    expect(world.reports()).toHaveLength(2)
  })

  it('says why a round is not joined, and knows nothing of one that is not on record or not signed by both', async () => {
    const world = await openWorld()
    const others = [await signerOf('leader.elsewhere', 21), await signerOf('helper.elsewhere', 22)]
    const [otherLeader, otherHelper] = await Promise.all(
      others.map(({ name, keys }) => verifierKeyText(name, keys.publicKey)),
    )
    const record = async (
      changed: Partial<TaskEntry>,
      of: Partial<RoundEntry> = {},
      by: Signer[] = [LEADER, HELPER],
    ) => {
      const task = world.task(changed)
      const round = { ...world.round, task: entryId(task), ...of }
      for (const entry of [task, round]) await world.append(await signEntry(entry, SHOP, ...by))
      return entryId(round)
    }
    const { leader, helper } = world.task()
    const refused = {
      [await record({ name: 'old' }, { model: 'f'.repeat(64) })]: 'stale-model',
      [await record(
        { name: 'elsewhere', leader: { ...leader, key: otherLeader }, helper: { ...helper, key: otherHelper } },
        {},
        others,
      )]: 'other-aggregators',
      [await record({ name: 'often', participations: 11 })]: 'participations-too-many',
      [await record({ name: 'small', vdaf: { kind: 'pine', dimension: 64, clipNorm: 1, fractionBits: 16 } })]:
        'other-vector',
      [await record({ name: 'counted', vdaf: { kind: 'count' } })]: 'another-kind',
      [await record({ name: 'tomorrow' }, { opens: world.round.closes, closes: world.round.closes + 60 })]: 'not-open',
    }
    const honest = await world.open({ name: 'honest' })
    const { rounds, unrecorded } = await withUnrecorded(world)

    const context = await newContext()
    await context.route('**/v1/rounds', (route) =>
      route.fulfill({ body: encodeOpenRounds(rounds), headers: { 'access-control-allow-origin': '*' } }),
    )
    const visit = await shopper(context, world.shopUrl)
    await joined(visit, honest, isSent)
    const { ledger } = await kept(visit.page)
    const whys = Object.entries(ledger).flatMap(([id, { did }]) => (did.what === 'refused' ? [[id, did.why]] : []))
    expect(Object.fromEntries(whys)).toEqual(refused)
    expect(Object.keys(ledger)).toHaveLength(Object.keys(refused).length + 1)
    for (const id of unrecorded) expect(ledger[id]).toBeUndefined()
    expect(world.reports()).toHaveLength(1)
    expect(visit.complaints).toEqual([])
  })

  it('is damaged and sends no second report of a round, nor does another script’s garbage stand in its way', async () => {
    const world = await openWorld()
    const round = await world.open()
    const visit = await shopper(await newContext(), world.shopUrl)
    const sent = await joined(visit, round, isSent)
    await putEntry(visit, entryId(round), { did: { what: 'joined', state: 'who knows' } })
    // Another script's, beside it: none of it is taken for an entry, and a whole one under another round's name neither.
    const whole = (await kept(visit.page)).ledger[entryId(round)]
    const did = { ...sent, secret: [...sent.secret] }
    const garbage = [
      ...['garbage', 7, null, [], { did: null }, { ...whole, did: 'joined' }, { ...whole, did }],
      ...[
        { ...whole, did: { ...sent, rho: -1 } },
        { ...whole, did: { ...sent, sends: '1' } },
        { ...whole, did: sent },
      ],
    ]
    for (const [n, value] of garbage.entries()) await putEntry(visit, `garbage-${n}`, value)
    const next = await world.open({ name: 'next' })
    await reload(visit)
    await joined(visit, next, isSent)
    expect(world.reports()).toHaveLength(2)
    expect(new Set(world.reports().map(({ path }) => path.split('/')[3]))).toEqual(
      new Set([entryId(round), entryId(next)]),
    )
    expect((await ledgerOf(visit)).map(({ name }) => name)).toEqual(['next'])
    expect(visit.complaints).toEqual([])
  })
})

describe('a page’s own policy', () => {
  const strict = (edge: string, leader = '') =>
    `default-src 'none'; script-src ${edge} 'wasm-unsafe-eval'; connect-src ${edge} ${leader}; worker-src blob:; ` +
    `style-src 'none'; require-trusted-types-for 'script'; trusted-types vitrine`

  it('that is strict lets it contribute; one that forbids the leader leaves the report waiting and the page as it was', async () => {
    const world = await openWorld()
    const round = await world.open()
    world.page.policy = strict(world.edgeUrl)
    const visit = await shopper(await newContext(), world.shopUrl)
    const { report } = await joined(visit, round, ({ sends }) => sends === 1)
    await visit.page.waitForTimeout(300)
    expect(world.reports()).toEqual([])
    expect(await didIn(visit, round)).toMatchObject({ state: 'to-send' })
    // The browser's own word on what it blocked; nothing is thrown.
    for (const said of visit.complaints) expect(said).toMatch(/Content Security Policy/)
    expect(await visit.recommend()).toMatchObject({ version: 1 })

    world.page.policy = strict(world.edgeUrl, world.leader.url)
    visit.complaints.length = 0
    await reload(visit)
    expect(await joined(visit, round, isSent)).toMatchObject({ report, sends: 2 })
    const fresh = await shopper(await newContext(), world.shopUrl)
    await joined(fresh, round, isSent)
    for (const { complaints } of [visit, fresh]) expect(complaints).toEqual([])
    expect(world.reports()).toHaveLength(2)
  })
})

/** What the edge offers, and beside it what is in no log, or signed by one aggregator alone. */
async function withUnrecorded(world: World): Promise<{ rounds: OfferedRound[]; unrecorded: string[] }> {
  const rounds = decodeOpenRounds(await (await fetch(`${world.edgeUrl}/v1/rounds`)).text())
  const task = world.task({ name: 'unrecorded' })
  const round = { ...world.round, task: entryId(task) }
  const [taskRecord, roundRecord] = await Promise.all(
    [task, round].map((entry) => signEntry(entry, SHOP, LEADER, HELPER)),
  )
  const proofWith = (proof: string, record: Uint8Array<ArrayBuffer>) => encodeProof({ ...decodeProof(proof), record })
  const [any] = rounds
  const ofAnother = { task: proofWith(any.task, taskRecord), round: proofWith(any.round, roundRecord) }

  const lying = new MemoryLog(LOG)
  const half = { ...round, closes: round.closes + 1 }
  const signed = lying.append(taskRecord)
  const signedByOne = lying.append(await signEntry(half, SHOP, LEADER))
  const halfSigned = { task: await lying.proof(signed), round: await lying.proof(signedByOne) }
  // First, so that what is honest comes after it.
  return { rounds: [ofAnother, halfSigned, ...rounds], unrecorded: [entryId(round), entryId(half)] }
}
