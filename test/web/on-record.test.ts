/** A browser that installs nothing but what is on record, whatever the log does: real Chromium, real HTTP, signed lies. */
import { readFile } from 'node:fs/promises'
import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { encodeManifest, sha256Hex } from '../../shared/model/bundle.ts'
import { decodeCheckpoint } from '../../shared/tlog/checkpoint.ts'
import { type ModelEntry, signEntry } from '../../shared/tlog/entry.ts'
import { parseNote, verifierKeyText } from '../../shared/tlog/note.ts'
import { decodeProof, encodeProof } from '../../shared/tlog/proof.ts'
import type { Refusal, Status } from '../../web/protocol.ts'
import { withRefusal } from '../../web/store/witnessed.ts'
import { MemoryLog, seconds } from '../shared/tlog/memory-log.ts'
import { createSigner, makeKeys, type Published, publish, record, startEdge } from './edge.ts'
import { createWorld, openVisit, until, type Visit, violationsIn, type World } from './visit.ts'

let world: World
let first: Published
let second: Published
beforeAll(async () => {
  world = await createWorld()
  first = world.published
  second = await publish(world.signer, 2)
})
afterAll(() => world.close())
beforeEach(() => {
  world.edge.published = second
  world.edge.requests.length = 0
})

const BODY = '<vitrine-shelf limit="4"></vitrine-shelf><main><h1>Privacy</h1><vitrine-privacy></vitrine-privacy></main>'
const TAG = 'data-consent="remember" data-refresh-seconds="0.2"'
const isComplete = ({ bundle }: Status) => bundle.parts.includes('probes')

const contexts: BrowserContext[] = []
/** What stays open goes on to fetch. */
afterEach(() => Promise.all(contexts.splice(0).map((context) => context.close())))

/** A shopper who has version 2 and remembers. */
async function shopper(): Promise<Visit> {
  const context = await world.newProfile()
  contexts.push(context)
  const visit = await world.visit(context, { body: BODY, tag: TAG })
  await visit.page.waitForFunction(() => window.vitrine?.running)
  await until(visit.status, (status) => isComplete(status) && status.record !== undefined)
  return visit
}

/** The same log up to its second entry, and then another one that both its key and the publisher's sign. */
async function forked(version: number, more = 0): Promise<Published> {
  const { signer } = world
  const log = new MemoryLog(signer.log.signer)
  for (const entry of signer.log.records.slice(0, 2)) log.append(entry)
  const filler: ModelEntry = { type: 'bundle', version: 9, manifest: '9'.repeat(64) }
  for (let n = 0; n < more; n++) log.append(await signEntry(filler, signer))
  return publish({ ...signer, log }, version)
}

async function withRecord(change: (proof: ReturnType<typeof decodeProof>) => void): Promise<Published> {
  const next = await publish(world.signer, 3)
  const proof = decodeProof(next.latest)
  change(proof)
  return { ...next, latest: encodeProof(proof) }
}

/** Of tiles that are not the log's nothing is learned: that is no fork. */
async function withTiles(change: (bytes: Uint8Array) => Uint8Array): Promise<Published> {
  const next = await publish(world.signer, 3)
  const { log } = next
  const tile: MemoryLog['tile'] = (wanted) => {
    const bytes = log.tile(wanted)
    return bytes && change(bytes)
  }
  return { ...next, log: Object.assign(Object.create(log) as MemoryLog, { tile }) }
}

const LIES: [string, Refusal['code'], () => Promise<Published>][] = [
  ['a rollback to what is older', 'rollback', async () => first],
  [
    'a rollback in a log that goes on',
    'rollback',
    async () => ({
      ...first,
      latest: await record(world.signer, {
        type: 'bundle',
        version: 1,
        manifest: first.names.get('manifest') as string,
      }),
    }),
  ],
  ['a fork of the log, as long as the one that was seen', 'fork', () => forked(3)],
  ['a fork of the log that is longer', 'fork', () => forked(3, 300)],
  [
    'a bundle that is in no log',
    'unlogged',
    async () => {
      const [unlogged, entry] = [await publish(world.signer, 4), await publish(world.signer, 3)]
      // The proof of the one with the record of the other.
      const { record: other } = decodeProof(unlogged.latest)
      return { ...unlogged, latest: encodeProof({ ...decodeProof(entry.latest), record: other }) }
    },
  ],
  [
    'a checkpoint of two days ago where one day is allowed',
    'stale',
    async () => {
      const next = await publish(world.signer, 3)
      const { log } = world.signer
      return { ...next, latest: await log.proof(log.records.length - 1, { time: seconds() - 2 * 86_400 }) }
    },
  ],
  [
    'a checkpoint of the day after tomorrow',
    'stale',
    async () => {
      const next = await publish(world.signer, 3)
      const { log } = world.signer
      return { ...next, latest: await log.proof(log.records.length - 1, { time: seconds() + 2 * 86_400 }) }
    },
  ],
  [
    'a checkpoint that another key has signed',
    'signature',
    async () => {
      const next = await publish(world.signer, 3)
      const { log } = world.signer
      const as = { name: log.signer.name, keys: await makeKeys() }
      return { ...next, latest: await log.proof(log.records.length - 1, { as }) }
    },
  ],
  ['another shop’s bundle in its own log', 'signature', async () => publish(await createSigner(), 3)],
  [
    'a size with a leading zero',
    'signature',
    () =>
      withRecord((proof) => {
        const text = new TextDecoder().decode(proof.checkpoint)
        proof.checkpoint = new TextEncoder().encode(text.replace(/\n(\d)/, '\n0$1'))
      }),
  ],
  ['a proof that does not end', 'malformed', async () => ({ ...second, latest: 'x'.repeat(100_000) })],
  ['a tile that is cut short', 'malformed', () => withTiles((bytes) => bytes.slice(0, -1))],
  ['a tile that is too long', 'malformed', () => withTiles((bytes) => Buffer.concat([bytes, Buffer.alloc(9_000)]))],
  ['a tile of another log', 'malformed', () => withTiles((bytes) => bytes.map((byte) => byte ^ 1))],
  ['an index that is another’s', 'unlogged', () => withRecord((proof) => void proof.index--)],
  [
    'two models for one version',
    'twice',
    async () => {
      const other = await publish(world.signer, 2, [], { service: new TextEncoder().encode('{}') })
      return other
    },
  ],
]

describe('refused and explained, while the installed one stays', () => {
  it.each(LIES)('%s', async (_what, code, lie) => {
    const visit = await shopper()
    world.edge.published = await lie()
    const { refused, bundle } = await until(visit.status, (status) => status.refused !== undefined)
    expect(refused).toMatchObject({ code })
    expect(bundle.version).toBe(2)
    expect((await visit.recommend()).items.length).toBeGreaterThan(0)
    const panel = visit.page.locator('vitrine-privacy')
    await expect.poll(() => panel.getByRole('alert').textContent()).toMatch(/refused: .*go on from version 2\.$/)
    // What is right again installs.
    world.edge.published = await publish(world.signer, 5)
    await until(visit.status, (status) => status.bundle.version === 5 && status.refused === undefined)
    expect(await panel.getByRole('alert').count()).toBe(0)
  })

  it('a bundle with one wrong weight', async () => {
    const visit = await shopper()
    const next = await publish(world.signer, 3)
    const sha256 = next.names.get('rules') as string
    const bytes = Uint8Array.from(next.chunks.get(sha256) as Uint8Array)
    bytes[bytes.length - 1] ^= 1
    world.edge.published = { ...next, chunks: new Map([...next.chunks, [sha256, bytes]]) }
    const { refused, bundle } = await until(visit.status, (status) => status.refused !== undefined)
    expect(refused).toMatchObject({ code: 'content', version: 3 })
    expect(bundle.version).toBe(2)
  })

  it('what fewer witnesses have cosigned than the tag asks for', async () => {
    const keys = await makeKeys()
    const witness = { name: 'witness.test/w', keys }
    const policy = {
      ...world.signer.policy,
      witnesses: [await verifierKeyText(witness.name, keys.publicKey, 4)],
      cosignatures: 1,
    }
    const edge = await startEdge(policy, second)
    const head = `<script async src="${edge.url}vitrine.js" data-refresh-seconds="0.2"></script>`
    const { page, status } = await world.visit(await world.newProfile(), { head, tag: 'type="text/plain"' })
    await page.waitForFunction(() => window.vitrine?.running)
    const { refused, bundle } = await until(status, (now) => now.refused !== undefined)
    expect([refused?.code, bundle.version]).toEqual(['witnesses', 0])
    edge.published = { ...second, latest: await world.signer.log.proof(2, { witnesses: [witness] }) }
    await until(status, (now) => now.bundle.version === 2)
    edge.close()
  })
})

describe('a rollback that is on record', () => {
  it('installs: a new version with the old chunks', async () => {
    const visit = await shopper()
    const old = JSON.parse(new TextDecoder().decode(first.chunks.get(first.names.get('manifest') as string)))
    const bytes = new TextEncoder().encode(encodeManifest({ ...old, version: 6 }))
    const manifest = await sha256Hex(bytes)
    const latest = await record(world.signer, { type: 'rollback', version: 6, manifest, restores: 1 })
    const chunks = new Map([...first.chunks, [manifest, bytes] as const])
    world.edge.requests.length = 0
    world.edge.published = { ...first, version: 6, latest, chunks }
    await until(visit.status, (status) => status.bundle.version === 6 && isComplete(status))
    expect((await visit.status()).refused).toBeUndefined()
    const fetched = world.edge.requests.map(({ path }) => path).filter((path) => path.includes('/chunks/'))
    // What differs between the two versions, and nothing that both have.
    expect(fetched).toEqual([manifest, first.names.get('rules')].map((sha256) => `/v1/chunks/${sha256}`))
  })
})

/** A tab that hears nothing of what the edge has, until it is to. */
async function deafen({ page }: Visit): Promise<() => Promise<void>> {
  const latest = `${world.edge.url}v1/latest`
  await page.route(latest, (route) => route.abort())
  return () => page.unroute(latest)
}

describe('what a browser has kept', () => {
  it('is the later version of two tabs', async () => {
    const one = await shopper()
    const other = await openVisit(await one.page.context().newPage(), `${world.shopUrl}0`)
    await until(other.status, (status) => isComplete(status) && status.record !== undefined)
    const undeafen = await deafen(other)
    const third = await publish(world.signer, 3)
    world.edge.published = await publish(world.signer, 4)
    await until(one.status, (status) => status.bundle.version === 4 && isComplete(status))
    await one.page.waitForTimeout(300) // written behind
    await one.page.close()
    const { log } = world.signer
    world.edge.published = { ...third, latest: await log.proof(log.records.length - 2) }
    await undeafen()
    await until(other.status, (status) => status.bundle.version === 3 && isComplete(status))
    await other.page.waitForTimeout(300)
    world.edge.published = undefined
    await other.page.reload()
    await other.page.waitForFunction(() => window.vitrine?.running)
    await until(other.status, (status) => status.bundle.version === 4)
  })

  it('is a floor, though a stricter policy no longer takes it: nothing older is installed', async () => {
    const visit = await shopper()
    await visit.page.waitForTimeout(300)
    const witness = { name: 'witness.test/w', keys: await makeKeys() }
    const witnesses = [await verifierKeyText(witness.name, witness.keys.publicKey, 4)]
    const older = { ...first, latest: await world.signer.log.proof(1, { witnesses: [witness] }) }
    const edge = await startEdge({ ...world.signer.policy, witnesses, cosignatures: 1 }, older)
    const head = `<script async src="${edge.url}vitrine.js" ${TAG}></script>`
    const next = await world.visit(visit.page.context(), { head, tag: 'type="text/plain"' })
    await next.page.waitForFunction(() => window.vitrine?.running)
    const { refused, bundle } = await until(next.status, (status) => status.refused?.version === 1)
    expect([refused?.code, bundle.version]).toEqual(['rollback', 0])
    edge.close()
  })

  it('is what either of two tabs refused', async () => {
    const one = await shopper()
    const other = await openVisit(await one.page.context().newPage(), `${world.shopUrl}0`)
    await until(other.status, (status) => isComplete(status) && status.record !== undefined)
    await deafen(other)
    world.edge.published = await forked(3)
    await until(one.status, ({ refused }) => refused?.code === 'fork')
    const undeafen = await deafen(other)
    await deafen(one)
    world.edge.published = first
    await undeafen()
    await until(other.status, ({ refused }) => refused?.code === 'rollback')
    await other.page.waitForTimeout(300)
    world.edge.published = second
    const later = await openVisit(await one.page.context().newPage(), `${world.shopUrl}0`)
    const { evidence } = await until(later.status, (status) => status.evidence.length > 1)
    expect(evidence.map(({ code }) => code)).toEqual(['fork', 'rollback'])
  })
})

describe('what a browser has seen', () => {
  it('of a fork in one tab, the other tab knows when it asks next', async () => {
    const one = await shopper()
    const other = await openVisit(await one.page.context().newPage(), `${world.shopUrl}0`)
    await until(other.status, (status) => isComplete(status) && status.record !== undefined)
    // Both have seen the same; the log goes one way for the first and another for the second.
    world.edge.published = await publish(world.signer, 3)
    await until(one.status, ({ bundle }) => bundle.version === 3)
    world.edge.published = await forked(3, 400)
    await until(other.status, ({ refused }) => refused?.code === 'fork')
  })

  it('with tiles that do not come is refused as unproven, and kept as evidence', async () => {
    const visit = await shopper()
    const next = await publish(world.signer, 3)
    world.edge.published = { ...next, log: new MemoryLog(next.log.signer) } // which has no tiles
    const { refused, offline } = await until(visit.status, (status) => status.refused !== undefined)
    expect(refused).toMatchObject({ code: 'unproven', version: 3, offered: next.latest })
    expect(offline).toBe(false)
  })

  it('is more than eight refusals, of which a fork is kept longest', async () => {
    const refusal = (code: Refusal['code'], version: number): Refusal => ({ code, version, reason: '', time: 0 })
    let kept = [refusal('rollback', 0), refusal('fork', 1)]
    for (let version = 2; version < 30; version++) kept = withRefusal(kept, refusal('rollback', version))
    expect(kept).toHaveLength(8)
    expect(kept[0]).toEqual(refusal('fork', 1))
    expect(kept.at(-1)).toEqual(refusal('rollback', 29))
  })
})

describe('the evidence', () => {
  it('of a fork outlives the page, and is a file with both signed checkpoints in it', async () => {
    const visit = await shopper()
    world.edge.published = await forked(3)
    await until(visit.status, ({ refused }) => refused?.code === 'fork')
    world.edge.published = await publish(world.signer, 7)
    await until(visit.status, ({ bundle }) => bundle.version === 7)
    await visit.page.waitForTimeout(300) // written behind
    await visit.page.reload()
    await visit.page.waitForFunction(() => window.vitrine?.running)
    const panel = visit.page.locator('vitrine-privacy')
    await panel.getByText('1 refusal').click()
    expect(await violationsIn(visit, 'vitrine-privacy')).toEqual([])
    const [download] = await Promise.all([
      visit.page.waitForEvent('download'),
      panel.getByRole('button', { name: 'Save the evidence' }).click(),
    ])
    const evidence = JSON.parse(await readFile(await download.path(), 'utf8')) as Refusal[]
    expect(evidence).toHaveLength(1)
    const [{ code, offered = '', held = '' }] = evidence
    expect(code).toBe('fork')
    const checkpoints = [new TextEncoder().encode(held), decodeProof(offered).checkpoint]
    const [before, after] = checkpoints.map((note) => decodeCheckpoint(parseNote(note).text))
    expect(before.size).toBe(after.size)
    expect(before.root).not.toEqual(after.root)
  })

  it('ends with an erasure, as all else does', async () => {
    const visit = await shopper()
    world.edge.published = await forked(3)
    await until(visit.status, ({ evidence }) => evidence.length === 1)
    world.edge.published = second
    await visit.call('forget', 'everything')
    expect(await visit.page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0)
  })
})

it('asks past a damaged copy of a tile in the HTTP cache', async () => {
  const visit = await shopper()
  let damaged = 1
  world.edge.published = await withTiles((bytes) => (damaged-- > 0 ? bytes.map((byte) => byte ^ 1) : bytes))
  const { refused } = await until(visit.status, ({ bundle }) => bundle.version === 3)
  expect(refused).toBeUndefined()
  const tiles = world.edge.requests.map(({ path }) => path).filter((path) => path.includes('/tile/'))
  expect(tiles).toHaveLength(2)
  expect(new Set(tiles).size).toBe(1)
})

it('asks for tiles only where the log has grown, and then for those that its sizes decide', async () => {
  const visit = await shopper()
  const tiles = () => world.edge.requests.map(({ path }) => path).filter((path) => path.includes('/tile/'))
  expect(tiles()).toEqual([])
  const next = await publish(world.signer, 8)
  const size = world.signer.log.records.length
  world.edge.published = next
  await until(visit.status, ({ bundle }) => bundle.version === 8)
  expect(tiles()).toEqual([`/v1/log/tile/0/000.p/${size}`])
})
