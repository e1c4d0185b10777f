/** A new version over real HTTP for a browser that kept the one before: which deltas are fetched, and what else when they fail. */

import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { encodeArrays } from '../../shared/model/arrays.ts'
import { sha256Hex } from '../../shared/model/bundle.ts'
import { encodeTextDelta } from '../../shared/model/delta.ts'
import { makeDelta } from '../../trainer/deltas.ts'
import { type Link, type Published, publish } from './edge.ts'
import { createWorld, openVisit, until, type Visit, type World } from './visit.ts'

let world: World
/** Versions of which only the rules differ, and not by the same from one to the next. */
const VERSIONS = [1, 2, 5]
let versions: Published[]
beforeAll(async () => {
  world = await createWorld()
  versions = await Promise.all(VERSIONS.map((version) => publish(world.signer, version)))
})
afterAll(() => world.close())

/** Their pages go on asking for newer versions. */
const profiles: BrowserContext[] = []
afterEach(async () => {
  await Promise.all(profiles.splice(0).map((context) => context.close()))
})

const rulesOf = (version: number) => {
  const { names, chunks } = versions[VERSIONS.indexOf(version)]
  const sha256 = names.get('rules') as string
  return { sha256, bytes: chunks.get(sha256) as Uint8Array }
}

/** @param delta what the link has in place of the delta that leads there */
async function link(from: number, to: number, delta?: Uint8Array): Promise<Link> {
  const [base, result] = [rulesOf(from), rulesOf(to)]
  const bytes = delta ?? (makeDelta('rules', base.bytes, result.bytes) as Uint8Array)
  return { ref: { from: base.sha256, to: result.sha256, sha256: await sha256Hex(bytes), bytes: bytes.length }, bytes }
}

const nameOf = ({ ref }: Link) => {
  const version = (sha256: string) => versions.find(({ names }) => names.get('rules') === sha256)?.version
  return `delta ${version(ref.from)} → ${version(ref.to)}`
}

/** What was asked for since the first version was complete, polls of the pointer aside. */
const fetched = (published: Published, links: readonly Link[]) =>
  world.edge.requests
    .map(({ path }) => path.replace('/v1/chunks/', ''))
    .filter((path) => !path.startsWith('/'))
    .map((sha256) => {
      const delta = links.find(({ ref }) => ref.sha256 === sha256)
      return delta ? nameOf(delta) : ([...published.names].find(([, hash]) => hash === sha256)?.[0] ?? sha256)
    })

const isComplete = ({ bundle }: { bundle: { parts: string[] } }) => bundle.parts.includes('probes')

/** A page that has the first version, kept where it may remember, and looks for a newer one every second. */
async function holdFirst(consent: '' | 'remember' = 'remember'): Promise<Visit & { context: BrowserContext }> {
  world.edge.published = world.published
  const context = await world.newProfile()
  profiles.push(context)
  const tag = `data-consent="${consent}" data-refresh-seconds="0.2"`
  const visit = await world.visit(context, { body: '<vitrine-shelf limit="4"></vitrine-shelf>', tag })
  await visit.page.waitForFunction(() => window.vitrine?.running)
  await until(visit.status, isComplete)
  if (consent) await until(visit.status, ({ storage }) => storage === 'indexeddb')
  await visit.page.waitForTimeout(300) // the bundle is written behind
  world.edge.requests.length = 0
  return { ...visit, context }
}

const isVersion = (version: number) => (status: { bundle: { version: number; parts: string[] } }) =>
  status.bundle.version === version && isComplete(status)

describe('a browser that kept the version before', () => {
  it('fetches the manifest and the delta, and has the whole new version from then on', async () => {
    const links = [await link(1, 2)]
    const next = await publish(world.signer, 2, links)
    const shopper = await holdFirst()
    await shopper.page.close()
    world.edge.published = next
    const later = await openVisit(await shopper.context.newPage(), `${world.shopUrl}0`)
    await until(later.status, isVersion(2))
    expect(fetched(next, links)).toEqual(['manifest', 'delta 1 → 2'])
    expect((await later.status()).refused).toBeUndefined()
    await later.page.waitForTimeout(300)

    world.edge.published = undefined
    world.edge.requests.length = 0
    await later.page.reload()
    await until(later.status, (status) => isVersion(2)(status) && status.offline)
    expect(fetched(next, links)).toEqual([])
  })

  it('fetches the deltas of two versions in their order, and of none that it does not need', async () => {
    const links = [await link(2, 5), await link(1, 2)]
    const next = await publish(world.signer, 5, links)
    const shopper = await holdFirst()
    world.edge.published = next
    await until(shopper.status, isVersion(5))
    expect(fetched(next, links)).toEqual(['manifest', 'delta 1 → 2', 'delta 2 → 5'])
  })

  it('asks for the same as another that kept it and did other things', async () => {
    const links = [await link(2, 5), await link(1, 2)]
    const next = await publish(world.signer, 5, links)
    const record = async (item: string) => {
      const shopper = await holdFirst()
      await shopper.call('event', 'view_item', { items: [{ item_id: item }] })
      await shopper.call('event', 'add_to_cart', { items: [{ item_id: item, quantity: 1 }] })
      world.edge.requests.length = 0
      world.edge.published = next
      await until(shopper.status, isVersion(5))
      await shopper.page.close()
      return world.edge.requests
        .filter(({ path }) => path.startsWith('/v1/chunks/'))
        .map(({ method, path, headers }) => ({ method, path, headers }))
    }
    const one = await record('mug-0')
    expect(one).toHaveLength(3)
    expect(await record('clock-5')).toEqual(one)
  })
})

describe('the whole chunk is fetched, and nothing is refused,', () => {
  const flip = (bytes: Uint8Array) => {
    const flipped = Uint8Array.from(bytes)
    flipped[bytes.length >> 1] ^= 1
    return flipped
  }
  /** The edge has other bytes under the delta's name, or none. */
  const onTheEdge = async (change?: (bytes: Uint8Array) => Uint8Array) => {
    const links = [await link(1, 2)]
    const next = await publish(world.signer, 2, links)
    const [{ ref, bytes }] = links
    if (change) next.chunks.set(ref.sha256, change(bytes))
    else next.chunks.delete(ref.sha256)
    return { next, links }
  }
  /** The publisher has signed it. */
  const signed = async (make: (right: Uint8Array) => Uint8Array) => {
    const links = [await link(1, 2, make((await link(1, 2)).bytes))]
    return { next: await publish(world.signer, 2, links), links }
  }
  const TWICE = ['manifest', 'delta 1 → 2', 'delta 1 → 2', 'rules']
  const ONCE = ['manifest', 'delta 1 → 2', 'rules']
  const cases: [string, string[], () => Promise<{ next: Published; links: Link[] }>][] = [
    ['when one bit of a delta is flipped', TWICE, () => onTheEdge(flip)],
    ['when a delta is truncated', TWICE, () => onTheEdge((bytes) => bytes.slice(0, -8))],
    ['when a delta is longer than promised', TWICE, () => onTheEdge((bytes) => Uint8Array.from([...bytes, 0]))],
    ['when a delta is missing', ONCE, () => onTheEdge()],
    [
      'when a delta gives other bytes than its manifest says',
      ONCE,
      () => signed(() => makeDelta('rules', rulesOf(1).bytes, rulesOf(5).bytes) as Uint8Array),
    ],
    ['when a delta is none', ONCE, () => signed(() => encodeArrays({ meta: null, arrays: {} }))],
    [
      'when a delta makes more than the chunk has',
      ONCE,
      () => signed(() => encodeTextDelta(new Uint8Array(9999), [{ from: 0, copied: 0, inserted: 9999 }])),
    ],
    [
      'when no delta starts from what is kept',
      ['manifest', 'rules'],
      async () => {
        const links = [await link(5, 2)]
        return { next: await publish(world.signer, 2, links), links }
      },
    ],
    [
      'when the second of two deltas is damaged',
      ['manifest', 'delta 1 → 2', 'delta 2 → 5', 'delta 2 → 5', 'rules'],
      async () => {
        const links = [await link(2, 5), await link(1, 2)]
        const next = await publish(world.signer, 5, links)
        next.chunks.set(links[0].ref.sha256, flip(links[0].bytes))
        return { next, links }
      },
    ],
  ]
  it.each(cases)('%s', async (_what, expected, prepare) => {
    const { next, links } = await prepare()
    const shopper = await holdFirst()
    world.edge.published = next
    const status = await until(shopper.status, isVersion(next.version))
    expect(fetched(next, links)).toEqual(expected)
    expect(status.refused).toBeUndefined()
  })

  it('where nothing is kept: the next page finds it in the HTTP cache', async () => {
    const links = [await link(1, 2)]
    const next = await publish(world.signer, 2, links)
    const shopper = await holdFirst('')
    world.edge.published = next
    await until(shopper.status, isVersion(2))
    expect(fetched(next, links)).toEqual(['manifest', 'rules'])
    world.edge.requests.length = 0
    await shopper.page.reload()
    await until(shopper.status, isVersion(2))
    expect(fetched(next, links)).toEqual([])
  })

  it.each([
    ['is gone', undefined],
    ['is damaged', Uint8Array.of(1, 2, 3)],
  ])('when the kept chunk %s', async (_what, instead) => {
    const links = [await link(1, 2)]
    const next = await publish(world.signer, 2, links)
    const shopper = await holdFirst()
    const change = { sha256: rulesOf(1).sha256, instead: instead && [...instead] }
    await shopper.page.evaluate(
      ({ sha256, instead }) =>
        new Promise<void>((resolve, reject) => {
          const opening = indexedDB.open('vitrine')
          opening.onerror = () => reject(opening.error)
          opening.onsuccess = () => {
            const transaction = opening.result.transaction('chunks', 'readwrite')
            const chunks = transaction.objectStore('chunks')
            if (instead) chunks.put(Uint8Array.from(instead), sha256)
            else chunks.delete(sha256)
            transaction.oncomplete = () => {
              opening.result.close()
              resolve()
            }
          }
        }),
      change,
    )
    world.edge.published = next
    await shopper.page.reload()
    // What was kept is refused first, and no longer when the new one is there.
    await until(shopper.status, (status) => isVersion(2)(status) && status.refused === undefined)
    expect(fetched(next, links)).toEqual(['manifest', 'rules']) // the rest is in the HTTP cache
  })
})

it('when neither the delta nor the whole chunk is right, what was installed stays, with the reason', async () => {
  const links = [await link(1, 2)]
  const next = await publish(world.signer, 2, links)
  const shopper = await holdFirst()
  world.edge.published = { ...next, chunks: new Map(next.chunks) }
  for (const sha256 of [links[0].ref.sha256, rulesOf(2).sha256]) {
    world.edge.published.chunks.set(sha256, Uint8Array.of(1, 2, 3))
  }
  const { refused, bundle } = await until(shopper.status, (status) => status.refused !== undefined)
  expect(refused?.reason).toMatch(/"rules": 3 bytes instead of/)
  expect(bundle.version).toBe(1)
  expect((await shopper.recommend()).items.length).toBeGreaterThan(0)
  world.edge.published = next
  await until(shopper.status, isVersion(2))
})
