/** A version that is not for everyone yet: who installs it, who stays with the one before, and what the edge sees of that. */
import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decodeManifest, networkHash } from '../../shared/model/bundle.ts'
import { drawOf } from '../../shared/model/stage.ts'
import { withStage } from '../../trainer/rounds/staged-release.ts'
import { type Published, publish, record } from './edge.ts'
import { putSecret } from './federated/contributing-shop.ts'
import { createWorld, type PageSpec, until, type Visit, type World } from './visit.ts'

/** Nobody draws less than the one, or more than the other. */
const NOBODY = 2 ** -33
const EVERYBODY = 1 - 2 ** -33

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())
beforeEach(() => {
  world.edge.published = world.published
  world.edge.requests.length = 0
})

const REMEMBERING: PageSpec = { body: '', tag: 'data-consent="remember"' }
const isComplete = ({ bundle }: { bundle: { parts: string[] } }) => bundle.parts.includes('probes')

async function visit(spec: PageSpec = REMEMBERING, context?: BrowserContext): Promise<Visit> {
  const visit = await world.visit(context ?? (await world.newProfile()), spec)
  await visit.page.waitForFunction(() => window.vitrine?.running)
  await until(visit.status, isComplete)
  return visit
}

/** The chunks of `version`, for a share of browsers; the others stay with the version that the world began with. */
async function stage(version: number, share: number, others = world.published): Promise<Published> {
  const made = await publish(world.signer, version)
  const text = new TextDecoder().decode(made.chunks.get(made.names.get('manifest') as string))
  const before = { version: others.version, manifest: others.names.get('manifest') as string }
  const bundle = await withStage({ manifest: decodeManifest(text), chunks: made.chunks }, { share, others: before })
  const chunks = new Map([...others.chunks, ...bundle.chunks])
  const names: Published['names'] = new Map([...made.names, ['manifest', bundle.entry.manifest]])
  return { ...made, chunks, names, latest: await record(world.signer, bundle.entry) }
}

/** The bundle's requests: paths as names, of the version that was asked for. */
const asked = (staged: Published) =>
  world.edge.requests.flatMap(({ path }) => {
    const nameIn = (of: Published) => [...of.names].find(([, sha256]) => path.endsWith(sha256))?.[0]
    const [own, before] = [nameIn(staged), nameIn(world.published)]
    if (before) return `${before} ${world.published.version}`
    return own ? `${own} ${staged.version}` : []
  })

const versionOf = async ({ status }: Visit) => (await status()).bundle.version
async function next(visit: Visit, published: Published): Promise<number> {
  world.edge.published = published
  await visit.page.reload()
  await visit.page.waitForFunction(() => window.vitrine?.running)
  // What is kept is there before the edge has answered.
  await until(
    async () => world.edge.requests.filter(({ path }) => path === '/v1/latest').length,
    (asked) => asked > 0,
  )
  await visit.page.waitForTimeout(300)
  const { bundle, refused } = await until(visit.status, isComplete)
  expect(refused).toBeUndefined()
  return bundle.version
}

describe('a version for some', () => {
  it('is installed by those who draw it, from its first visit on, and is still theirs at the next and when it is for all', async () => {
    const staged = await stage(2, EVERYBODY)
    world.edge.published = staged
    const one = await visit()
    expect(await versionOf(one)).toBe(2)
    expect(asked(staged).filter((name) => name.endsWith('1'))).not.toContain('manifest 1')
    world.edge.requests.length = 0
    expect(await next(one, staged)).toBe(2)
    expect(asked(staged)).toEqual([])
    expect(await next(one, await publish(world.signer, 3))).toBe(3)
    expect(one.complaints).toEqual([])
  })

  it('leaves the others with the version before, for which a first visit asks whole and a later one not at all', async () => {
    const staged = await stage(2, NOBODY)
    world.edge.published = staged
    const late = await visit()
    expect(await versionOf(late)).toBe(1)
    expect(asked(staged).slice(0, 2)).toEqual(['manifest 2', 'manifest 1'])
    world.edge.published = world.published
    const early = await visit()
    for (const shopper of [late, early]) {
      world.edge.requests.length = 0
      expect(await next(shopper, staged)).toBe(1)
      expect(asked(staged).filter((name) => !name.startsWith('manifest'))).toEqual([])
      expect(shopper.complaints).toEqual([])
    }
    // A wider stage of the same release reaches them.
    expect(await next(early, await stage(3, EVERYBODY))).toBe(3)
  })

  it('is not for a browser that keeps nothing: which it drew would change from page to page', async () => {
    world.edge.published = await stage(2, EVERYBODY)
    const forgetful = await visit({ body: '' })
    expect(await versionOf(forgetful)).toBe(1)
    expect(await forgetful.page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0)
    // Once it may keep a secret it draws, at its next page.
    await forgetful.call('consent', { remember: true })
    await until(forgetful.status, ({ storage }) => storage === 'indexeddb')
    expect(await next(forgetful, world.edge.published)).toBe(2)
  })

  it('is drawn by a secret that ends with what is remembered, and is in nothing that is sent', async () => {
    world.edge.published = await stage(2, 0.5)
    const one = await visit()
    const secret = () =>
      one.page.evaluate(async () => {
        const wait = (request: IDBRequest) => new Promise((resolve) => (request.onsuccess = resolve))
        const opening = indexedDB.open('vitrine')
        await wait(opening)
        const asking = opening.result.transaction('pointer').objectStore('pointer').get('secret')
        await wait(asking)
        opening.result.close()
        return [...(asking.result as Uint8Array)]
      })
    const drawn = await secret()
    expect(drawn).toHaveLength(32)
    const version = await versionOf(one)
    expect([1, 2]).toContain(version)
    for (let n = 0; n < 3; n++) expect(await next(one, world.edge.published as Published)).toBe(version)
    expect(await secret()).toEqual(drawn)
    const hex = Buffer.from(drawn).toString('hex')
    expect(JSON.stringify(world.edge.requests)).not.toMatch(new RegExp(hex.slice(0, 16), 'i'))
    await one.call('forget', 'everything')
    expect(await one.page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0)
  })

  it('of which the other arm is kept goes on with what is there until it has what it draws now', async () => {
    const staged = await stage(2, 0.5)
    world.edge.published = staged
    const bytes = staged.chunks.get(staged.names.get('manifest') as string) as Uint8Array
    const release = await networkHash(decodeManifest(new TextDecoder().decode(bytes)))
    const drawing = async (isStaged: boolean) => {
      for (let n = 0; ; n++) {
        const secret = new Uint8Array(32).fill(n)
        if ((await drawOf(secret, release)) < 0.5 === isStaged) return [...secret]
      }
    }
    for (const from of [1, 2]) {
      world.edge.published = staged
      const one = await visit()
      if ((await versionOf(one)) !== from) {
        await putSecret(one, await drawing(from === 2))
        expect(await next(one, staged)).toBe(from)
      }
      await putSecret(one, await drawing(from === 1))
      await one.page.route('**/v1/chunks/*', (route) => route.abort())
      expect(await next(one, staged)).toBe(from)
      await one.page.unroute('**/v1/chunks/*')
      expect(await next(one, staged)).toBe(3 - from)
      expect(one.complaints.filter((text) => !text.includes('ERR_FAILED'))).toEqual([])
    }
  })

  it('is refused where the others would have no version, or a later one', async () => {
    const unlucky = await visit()
    const staged = await stage(2, NOBODY)
    for (const [version, others] of [
      [3, { ...world.published, version: 7 }],
      [4, staged],
    ] as const) {
      world.edge.published = await stage(version, NOBODY, others)
      await unlucky.page.reload()
      const { refused, bundle } = await until(unlucky.status, ({ refused }) => refused?.version === version)
      expect(refused?.code).toBe('content')
      expect(bundle.version).toBe(1)
    }
  })
})
