/** Bundles over real HTTP: what is installed, in which order, and what is refused while the old one stays. */

import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decodeProof } from '../../shared/tlog/proof.ts'
import { createSigner, PRODUCTS, type Published, publish, record } from './edge.ts'
import { createWorld, openVisit, type PageSpec, until, type Visit, type World } from './visit.ts'

let world: World
let second: Published
beforeAll(async () => {
  world = await createWorld()
  second = await publish(world.signer, 2)
})
afterAll(() => world.close())
beforeEach(() => {
  world.edge.published = world.published
  world.edge.requests.length = 0
})

const SHELF = '<vitrine-shelf limit="4"></vitrine-shelf>'
const isComplete = ({ bundle }: { bundle: { parts: string[] } }) => bundle.parts.includes('probes')
const remembering = () => ({ body: SHELF, tag: `data-consent="remember"` })

async function visit(spec: PageSpec = { body: SHELF }, context?: BrowserContext): Promise<Visit> {
  const visit = await world.visit(context ?? (await world.newProfile()), spec)
  await visit.page.waitForFunction(() => window.vitrine?.running)
  return visit
}
/** Paths as names: chunk hashes by what they are. */
const paths = (published: Published) =>
  world.edge.requests.map(({ path }) => {
    const name = [...published.names].find(([, sha256]) => path.endsWith(sha256))?.[0]
    return name ?? path.replace(/\.[0-9a-f]{16}\./, '.')
  })

describe('a first visit', () => {
  it('fetches tag, worker, shelf code and the chunks in their order, and shows what everyone wants', async () => {
    const { page, status, recommend } = await visit()
    const first = await recommend({ limit: 4 })
    expect(first.items).toHaveLength(4)
    expect(first.items[0]).toMatchObject({ currency: 'GBP', reason: { code: 'trending' } })
    expect(await until(status, isComplete)).toMatchObject({
      bundle: { version: 1, items: PRODUCTS.length, simulated: true },
      offline: false,
    })
    await until(
      async () => paths(world.published),
      (seen) =>
        seen.filter((path) => path === '/v1/latest').length === 2 && seen.some((path) => path.includes('assistant')),
    )
    const bundle = paths(world.published).filter((path) => !path.includes('.'))
    expect(bundle).toEqual(['/v1/latest', 'manifest', 'shelf', 'items', 'rules', 'probes', '/v1/latest'])
    await page.close() // what it fetched last would be taken for another page's
  })

  it('sends nothing but GETs of paths, the same for two shoppers who do different things', async () => {
    const record = async (item: string, query: string) => {
      world.edge.requests.length = 0
      const tag = `data-refresh-seconds="0.2"`
      const shopper = await visit({ body: SHELF, tag })
      await shopper.call('event', 'view_item', { items: [{ item_id: item }] })
      await shopper.call('event', 'search', { search_term: query })
      await shopper.call('event', 'add_to_cart', { items: [{ item_id: item, quantity: query.length }] })
      await until(shopper.recommend, ({ items }) => items.some(({ reason }) => reason.code !== 'trending'))
      const shelf = await shopper.recommend()
      await until(shopper.status, isComplete)
      await until(
        async () => world.edge.requests.map(({ path }) => path),
        (seen) =>
          seen.filter((path) => path === '/v1/latest').length >= 4 && seen.some((path) => path.includes('assistant')),
      )
      await shopper.page.close()
      const requests = world.edge.requests.map(({ method, path, headers }) => ({ method, path, headers }))
      const ofBundle = requests.filter(({ path }) => path.startsWith('/v1/'))
      return {
        // How many questions for a newer version fall between, one a second, is the clock's matter.
        bundle: ofBundle.filter(({ path }, n) => n === 0 || path !== '/v1/latest'),
        questions: new Set(ofBundle.filter(({ path }) => path === '/v1/latest').map((one) => JSON.stringify(one))),
        code: requests.filter((request) => !ofBundle.includes(request)),
        shelf: shelf.items.map(({ itemId }) => itemId),
      }
    }
    const one = await record('mug-0', 'lamp')
    const two = await record('clock-5', 'a much longer query')
    expect(one.shelf).not.toEqual(two.shelf)
    // The bundle's requests come in exactly one order, and so does the tag's code.
    expect(one.bundle).toEqual(two.bundle)
    expect(one.questions).toEqual(two.questions)
    expect(one.code).toEqual(two.code)
    const names = one.code.map(({ path }) => /\/(\w+)\.[^/]*$/.exec(path)?.[1])
    expect(names).toEqual(['vitrine', 'worker', 'shelf', 'panel', 'assistant'])
    for (const { method, path, headers } of [...one.bundle, ...one.code]) {
      expect(method).toBe('GET')
      expect(path).not.toContain('?')
      expect(headers.cookie ?? headers['if-none-match'] ?? headers['content-length']).toBeUndefined()
      if (!path.endsWith('vitrine.js')) expect(headers.referer).toBeUndefined()
    }
  })
})

describe('a later visit', () => {
  it('that may remember fetches no chunk again, and only what changed of a new version', async () => {
    const context = await world.newProfile()
    const first = await visit(remembering(), context)
    await until(first.status, (status) => isComplete(status) && status.storage === 'indexeddb')
    await first.page.waitForTimeout(300) // the bundle is written behind
    await first.page.close()

    world.edge.requests.length = 0
    const later = await openVisit(await context.newPage(), `${world.shopUrl}0`)
    await until(later.status, isComplete)
    // What is stored is complete before the edge is asked.
    const asked = async () => paths(world.published).filter((path) => !path.includes('.'))
    expect(await until(asked, (seen) => seen.length > 0)).toEqual(['/v1/latest'])

    world.edge.published = second
    await later.page.close()
    world.edge.requests.length = 0
    const upgraded = await openVisit(await context.newPage(), `${world.shopUrl}0`)
    await until(upgraded.status, ({ bundle }) => bundle.version === 2)
    await until(
      async () => paths(second),
      (seen) => seen.filter((path) => path === '/v1/latest').length >= 2,
    )
    const fetched = paths(second).filter((path) => !path.includes('.') && path !== '/v1/latest')
    expect(fetched).toEqual(['manifest', 'rules']) // popularity alone differs between the two
  })

  it('with the edge gone shows the stored bundle', async () => {
    const context = await world.newProfile()
    const first = await visit(remembering(), context)
    await until(first.status, isComplete)
    await first.page.waitForTimeout(300)
    world.edge.published = undefined
    await first.page.reload()
    await first.page.locator('vitrine-shelf[data-state=ready]').waitFor()
    expect(await until(first.status, ({ offline }) => offline)).toMatchObject({ bundle: { version: 1 } })
  })
})

it('a page that stays open takes the new version when it is published', async () => {
  const tag = `data-refresh-seconds="0.2"`
  const open = await visit({ body: SHELF, tag })
  await until(open.status, isComplete)
  world.edge.published = second
  await until(open.status, (status) => status.bundle.version === 2 && isComplete(status))
})

describe('refused, while the installed one stays', () => {
  const replaced = (name: 'manifest' | 'rules', change: (bytes: Uint8Array) => Uint8Array): Published => {
    const chunks = new Map(second.chunks)
    const sha256 = second.names.get(name) as string
    chunks.set(sha256, change(Uint8Array.from(second.chunks.get(sha256) as Uint8Array)))
    return { ...second, chunks }
  }
  const flip = (bytes: Uint8Array) => {
    bytes[bytes.length >> 1] ^= 1
    return bytes
  }
  const recordAs = (version: number) =>
    record(world.signer, { type: 'bundle', version, manifest: second.names.get('manifest') as string })
  const cases: [string, RegExp, () => Published | Promise<Published>][] = [
    ['a chunk with one bit flipped', /"rules": its SHA-256/, () => replaced('rules', flip)],
    ['a truncated chunk', /"rules": \d+ bytes instead of/, () => replaced('rules', (bytes) => bytes.slice(0, -1))],
    [
      'a chunk longer than promised',
      /"rules": longer than/,
      () => replaced('rules', (bytes) => Uint8Array.from([...bytes, 0])),
    ],
    ['a manifest with one bit flipped', /"manifest": its SHA-256/, () => replaced('manifest', flip)],
    ['a bundle signed by somebody else', /publisher has not signed/, async () => publish(await createSigner(), 2)],
    ['an endless manifest', /longer than/, () => replaced('manifest', () => new Uint8Array(1 << 20))],
    ['a proof that is no proof', /proof: /, () => ({ ...second, latest: '{"version":2}' })],
    ['a record of another version', /manifest is of version 2/, async () => ({ ...second, latest: await recordAs(3) })],
    ['the same version published twice', /published twice/, async () => ({ ...second, latest: await recordAs(1) })],
  ]
  it.each(cases)('%s', async (_what, reason, damaged) => {
    const tag = `data-refresh-seconds="0.2"`
    const shopper = await visit({ body: SHELF, tag })
    await until(shopper.status, isComplete)
    world.edge.published = await damaged()
    const status = await until(shopper.status, ({ refused }) => refused !== undefined)
    expect(status.refused?.reason).toMatch(reason)
    expect(status).toMatchObject({ bundle: { version: 1 } })
    expect((await shopper.recommend()).items.length).toBeGreaterThan(0)
    // In the log as it is now.
    const { log } = world.signer
    world.edge.published = { ...second, latest: await log.proof(decodeProof(second.latest).index) }
    await until(shopper.status, ({ bundle, refused }) => bundle.version === 2 && !refused)
  })

  it('a version older than the installed', async () => {
    const context = await world.newProfile()
    world.edge.published = second
    const first = await visit(remembering(), context)
    await until(first.status, isComplete)
    await first.page.waitForTimeout(300)
    world.edge.published = world.published
    await first.page.reload()
    const { refused, bundle } = await until(first.status, (status) => status.refused !== undefined)
    expect(refused?.reason).toContain('older')
    expect(bundle.version).toBe(2)
  })

  it('a first bundle that is damaged: nothing is shown of it but what was checked', async () => {
    const chunks = new Map(world.published.chunks)
    const sha256 = world.published.names.get('shelf') as string
    chunks.set(sha256, flip(Uint8Array.from(chunks.get(sha256) as Uint8Array)))
    world.edge.published = { ...world.published, chunks }
    const unlucky = await visit()
    expect((await unlucky.recommend()).items).toEqual([])
    expect(await unlucky.status()).toMatchObject({ bundle: { version: 0 }, refused: { version: 1 } })
  })
})
