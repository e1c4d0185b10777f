import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../shared/data/events.ts'
import { seeded } from '../../shared/data/random.ts'
import { BUY, CART, REFUND, VIEW } from '../../shared/data/sequence.ts'
import { decodeArrays, encodeArrays } from '../../shared/model/arrays.ts'
import { type ChunkName, decodeManifest, encodeManifest, sha256Hex } from '../../shared/model/bundle.ts'
import { decodeItems, decodeProbes, decodeRules, decodeShelf } from '../../shared/model/chunks.ts'
import { compile } from '../../shared/model/compile.ts'
import { contentOf } from '../../shared/model/content.ts'
import { initParams } from '../../shared/model/params.ts'
import { rulesAfter } from '../../shared/model/rules.ts'
import {
  decodeTextEncoder,
  encodeTextEncoder,
  subwordEncoder,
  textEncoderInfo,
} from '../../shared/model/text-encoder.ts'
import { decodeService } from '../../shared/service/shop-service.ts'
import { decodeEntry, signEntry } from '../../shared/tlog/entry.ts'
import { integrityHex } from '../../shared/tlog/integrity.ts'
import { isSignedBy, parseVerifierKey } from '../../shared/tlog/note.ts'
import { audit } from '../../trainer/audit/audit.ts'
import { openSource } from '../../trainer/audit/source.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import { openLogKey, openPublisherKey, type PublisherKey } from '../../trainer/keys.ts'
import {
  type Bundle,
  type BundleInput,
  type Destination,
  makeBundle,
  prepare,
  publish,
  readPrevious,
  recentPopularity,
} from '../../trainer/publish.ts'
import { rollBack } from '../../trainer/rollback.ts'
import { folderDestination, openStore } from '../../trainer/serve.ts'
import { UserError } from '../../trainer/user-error.ts'
import { createEngine } from '../../web/worker/engine.ts'
import { historiesOf, type Step } from './small-histories.ts'

const ITEMS = 60
const DAY = 86_400_000
const START = Date.UTC(2026, 0, 1)

function shop(): Histories {
  const random = seeded('shop')
  const shoppers: Step[][] = Array.from({ length: 80 }, () => {
    let time = START + random.int(20 * DAY)
    return Array.from({ length: 12 }, () => {
      if (random.next() < 0.5) time += random.int(DAY)
      return { item: random.int(ITEMS), action: random.pick([VIEW, VIEW, CART, BUY]), time }
    })
  })
  const h = historiesOf(shoppers, ITEMS)
  h.shoppers = h.shoppers.map((_, n) => `someone-${n}@example.com`)
  h.items = h.items.map((item, n) => ({
    ...item,
    title: `${['red', 'blue', 'green'][n % 3]} ${['mug', 'lamp', 'clock', 'tray'][n % 4]} ${n}`,
    category: ['Home', ['Mugs', 'Lamps', 'Clocks', 'Trays'][n % 4]],
    price: 1 + n,
    ...(n % 10 === 0 ? { availability: 'out_of_stock' as const } : {}),
  }))
  return h
}

const h = shop()
const content = contentOf(h.items)
const config = { items: ITEMS, contentWidth: content.width, width: 16, blocks: 1, heads: 2, window: 8, hidden: 16 }
const network = compile(config, initParams(config, 'published'), content)
const home = mkdtempSync(join(tmpdir(), 'vitrine-publish-'))
let key: PublisherKey
let input: BundleInput
let bundle: Bundle

beforeAll(async () => {
  key = await openPublisherKey(join(home, 'publisher.json'), 'shop.example')
  const blend = { network: 0.4, rules: 1, popularity: 0.1, buyAgain: 0.05 }
  input = { histories: h, network, blend, version: 3, now: START + 30 * DAY }
  bundle = await makeBundle(input)
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const partsOf = ({ manifest, chunks }: Bundle) =>
  new Map<ChunkName, Uint8Array>(manifest.chunks.map(({ name, sha256 }) => [name, chunks.get(sha256) as Uint8Array]))

describe('a bundle', () => {
  it('is a manifest and the chunks that it names, by their SHA-256', async () => {
    const { manifest, entry, chunks } = bundle
    expect(chunks.size).toBe(manifest.chunks.length + 1)
    for (const [sha256, bytes] of chunks) expect(await sha256Hex(bytes)).toBe(sha256)
    for (const { sha256, bytes } of manifest.chunks) expect(chunks.get(sha256)).toHaveLength(bytes)
    expect(entry).toMatchObject({ type: 'bundle', version: 3 })
    expect(decodeManifest(new TextDecoder().decode(chunks.get(entry.manifest)))).toEqual(manifest)
    expect(manifest).toMatchObject({ items: ITEMS, simulated: true, created: new Date(input.now).toISOString() })
  })

  it('shows a guide as what it is, without a price, and a browser has it on its shelves', async () => {
    const items = h.items.map((item, n) => (n === 7 ? { ...item, kind: 'guide' as const } : item))
    const guided = await makeBundle({ ...input, histories: { ...h, items } })
    const parts = partsOf(guided)
    const view = decodeItems(parts.get('items') as Uint8Array)[7]
    expect(view.kind).toBe('guide')
    expect(view).not.toHaveProperty('price')
    const engine = createEngine()
    engine.install(parts, guided.manifest)
    const event: ShopEvent = { id: 'e', time: START, name: 'view_item', items: [{ item_id: 'i3' }] }
    engine.setHistory([event], START)
    const shelf = engine.recommend('for-you', { limit: ITEMS, now: START, language: 'en' })
    const shown = shelf.items.find(({ itemId }) => itemId === 'i7')
    expect(shown?.kind).toBe('guide')
    expect(shown).not.toHaveProperty('price')
  })

  it('places what nobody looked at yet in the rows of the rules, as strongly as it is told', async () => {
    const arrived = { item_id: 'new', title: 'red mug 0', category: ['Home', 'Mugs'], price: 9 }
    const histories = { ...h, items: [...h.items, arrived] }
    const bare = async (newItems?: number) => {
      const { network: _, ...counted } = input
      const { next } = decodeRules(
        partsOf(await makeBundle({ ...counted, histories, ...(newItems === undefined ? {} : { newItems }) })).get(
          'rules',
        )!,
      )
      return new Map(rulesAfter(next, 0)).get(ITEMS)
    }
    expect(await bare(0)).toBeUndefined()
    const usual = await bare()
    expect(usual).toBeGreaterThan(0)
    expect(await bare(2)).toBeGreaterThan(usual as number)
  })

  it('carries what the shop says in a chunk of its own, and a signed list of coupons as it is', async () => {
    const faq = [{ id: 'a', question: 'How?', answer: 'So.', language: 'en' }]
    const coupons = Uint8Array.of(1, 2, 3)
    const said = await makeBundle({ ...input, histories: { ...h, faq }, contact: '/help', coupons })
    expect(decodeService(partsOf(said).get('service') as Uint8Array)).toMatchObject({ faq, contact: '/help' })
    expect(partsOf(said).get('coupons')).toEqual(coupons)
    expect(said.manifest.chunks.slice(-2).map(({ phase }) => phase)).toEqual(['idle', 'idle'])
    expect(partsOf(bundle).has('service')).toBe(false)
  })

  it('carries a text encoder last, in idle time, where there is one, and a browser installs it', async () => {
    const encoder = subwordEncoder(textEncoderInfo(2, 'hand', ['en']), Uint32Array.of(7), {
      width: 2,
      values: Int8Array.of(1, -2),
      scales: Float32Array.of(0.5),
    })
    const withText = await makeBundle({ ...input, text: encodeTextEncoder(encoder) })
    expect(withText.manifest.chunks.at(-1)).toMatchObject({ name: 'text', phase: 'idle' })
    expect(decodeTextEncoder(partsOf(withText).get('text')!).rows).toEqual(encoder.rows)
    createEngine().install(partsOf(withText), withText.manifest)
    expect(bundle.manifest.chunks.some(({ name }) => name === 'text')).toBe(false)
  })

  it('has its chunks in an order that depends on nothing', async () => {
    expect(bundle.manifest.chunks.map(({ name, phase }) => `${name} ${phase}`)).toEqual([
      'shelf first',
      'items rank',
      'rules rank',
      'vectors rank',
      'encoder rank',
      'probes rank',
    ])
    const counts = await makeBundle({ ...input, network: undefined })
    expect(counts.manifest.chunks.map(({ name }) => name)).toEqual(['shelf', 'items', 'rules', 'probes'])
  })

  it('made again is the same, and at another time has the same chunks', async () => {
    expect(await makeBundle(input)).toEqual(bundle)
    const later = await makeBundle({ ...input, version: 4, now: input.now + 5 * DAY })
    expect(later.manifest.chunks).toEqual(bundle.manifest.chunks)
    expect(later.entry.manifest).not.toBe(bundle.entry.manifest)
  })

  it('has nothing of any shopper in it: the same shop with other names gives the same chunks', async () => {
    const renamed = await makeBundle({ ...input, histories: { ...h, shoppers: h.shoppers.map((_, n) => `x${n}`) } })
    expect(renamed.chunks).toEqual(bundle.chunks)
    for (const bytes of bundle.chunks.values()) {
      const text = Buffer.from(bytes).toString('latin1')
      expect(text).not.toContain('someone')
      expect(text).not.toContain('@example.com')
    }
    const probes = decodeProbes(partsOf(bundle).get('probes') as Uint8Array)
    const known = new Set(h.shoppers.map((_, s) => h.item.subarray(h.start[s], h.start[s] + 3).join()))
    for (const { tokens } of probes)
      expect(
        known.has(
          tokens
            .slice(0, 3)
            .map(({ item }) => item)
            .join(),
        ),
      ).toBe(false)
  })

  it('begins with a shelf of what is wanted and can be bought, of more than one kind', () => {
    const parts = partsOf(bundle)
    const shelf = decodeShelf(parts.get('shelf') as Uint8Array)
    const views = decodeItems(parts.get('items') as Uint8Array)
    const { popularity } = decodeRules(parts.get('rules') as Uint8Array)
    const counts = shelf.map(({ id }) => popularity[views.findIndex((view) => view.id === id)])
    expect(shelf.every(({ available }) => available)).toBe(true)
    expect(counts).toEqual([...counts].sort((a, b) => b - a))
    const kinds = [...new Set(shelf.map(({ category }) => category))]
    expect(kinds).toHaveLength(4)
    for (const kind of kinds) expect(shelf.filter(({ category }) => category === kind).length).toBeLessThanOrEqual(12)
  })

  it('shows what is wanted lately, and of longer where a week says too little', () => {
    const steps = (count: number, item: number, day: number) =>
      Array.from({ length: count }, () => [{ item, time: START + day * DAY }])
    const busy = historiesOf([...steps(600, 1, 0), ...steps(600, 2, 60)], 3)
    expect([...recentPopularity(busy, busy.start.slice(1))]).toEqual([0, 0, 600])
    const quiet = historiesOf([...steps(600, 1, 40), ...steps(20, 2, 60)], 3)
    expect([...recentPopularity(quiet, quiet.start.slice(1))]).toEqual([0, 600, 20])
    const silent = historiesOf([...steps(5, 1, 0), ...steps(5, 2, 60)], 3)
    expect([...recentPopularity(silent, silent.start.slice(1))]).toEqual([0, 5, 5])
  })

  it('is put on record last, signed, and not at all when a chunk cannot be put', async () => {
    const done: string[] = []
    const records: Uint8Array[] = []
    const destination: Destination = {
      standing: async () => ({ logKey: '' }),
      readChunk: async () => undefined,
      putChunk: async (sha256) => done.push(sha256),
      append: async (record) => {
        records.push(record)
        done.push('record')
      },
    }
    await publish(bundle, key, destination)
    expect(done).toEqual([...bundle.chunks.keys(), 'record'])
    const { entry, note } = decodeEntry(records[0])
    expect(entry).toEqual(bundle.entry)
    expect(await isSignedBy(note, await parseVerifierKey(key.verifierKey))).toBe(true)
    for (let failing = 0; failing < bundle.chunks.size; failing++) {
      const put: string[] = []
      const full: Destination = {
        ...destination,
        putChunk: async (sha256) => {
          if (put.push(sha256) > failing) throw new Error('no space left on device')
        },
        append: async () => void put.push('record'),
      }
      await expect(publish(bundle, key, full)).rejects.toThrow('no space left')
      expect(put).not.toContain('record')
    }
  })
})

describe('on record', () => {
  const DAY_SECONDS = 86_400

  /** A folder that an edge serves, with a log of its own. */
  async function newShop() {
    const folder = mkdtempSync(join(home, 'store-'))
    const store = await openStore(folder, await openLogKey(join(folder, 'log.json'), `${key.name}/log`))
    return { folder, store, destination: folderDestination(store) }
  }

  /** Counts alone: what is in a bundle is the same here. */
  async function publishNext(destination: Destination, by = key, popular = 0): Promise<Bundle> {
    const previous = await readPrevious(destination)
    const version = (previous?.manifest.version ?? 0) + 1
    const blend = { ...input.blend, popularity: popular }
    const made = await makeBundle({ ...input, network: undefined, blend, version, ...(previous ? { previous } : {}) })
    await publish(made, by, destination)
    return made
  }

  /** What a stranger who knows the publisher finds, but for what any log without witnesses is told. */
  async function auditOf(folder: string) {
    const report = await audit(openSource(folder), { publisher: key.verifierKey, contents: true, now: Date.now() })
    const findings = report.findings.filter(({ code }) => code !== 'no-witnesses')
    return { entries: report.entries, findings: findings.map(({ code, message }) => `${code}: ${message}`) }
  }

  it('are the policy and the tag once, however often a bundle follows', async () => {
    const { folder, store, destination } = await newShop()
    expect((await prepare(destination, key)).said).toEqual(['the policy', 'release 1 of the tag'])
    await publishNext(destination)
    expect((await prepare(destination, key)).said).toEqual([])
    await publishNext(destination)
    expect((await store.log.head()).size).toBe(4)
    expect(await auditOf(folder)).toEqual({ entries: { policy: 1, release: 1, bundle: 2 }, findings: [] })
  })

  it('is a changed term of the policy, and a tag that pins it; what is not named stays', async () => {
    const { folder, destination } = await newShop()
    const first = await prepare(destination, key, { maxAgeSeconds: 9 * DAY_SECONDS })
    const changed = await prepare(destination, key, { maxAgeSeconds: 10 * DAY_SECONDS })
    expect(changed.said).toEqual(['a changed policy', 'release 2 of the tag'])
    expect(changed.policy).toEqual({ ...first.policy, maxAgeSeconds: 10 * DAY_SECONDS })
    expect((await prepare(destination, key)).said).toEqual([])
    const { policy, release } = await destination.standing()
    expect(policy).toEqual(changed.policy)
    // The tags are another file each, under another name, and all else of the releases is the same.
    const tagOf = async ({ files }: { files: Record<string, string> }) => {
      const name = Object.keys(files).find((file) => /^vitrine\.\w{16}\.js$/.test(file)) ?? ''
      expect(files[name]).toBe(files['vitrine.js'])
      const script = await destination.readChunk(integrityHex(files['vitrine.js']))
      return { name, script: new TextDecoder().decode(script) }
    }
    const [before, after] = [await tagOf(first.release), await tagOf(release as { files: Record<string, string> })]
    expect(after.name).not.toBe(before.name)
    expect(after.script).toBe(before.script.replace(`${9 * DAY_SECONDS}`, `${10 * DAY_SECONDS}`))
    expect(await auditOf(folder)).toEqual({ entries: { policy: 2, release: 2 }, findings: [] })
  })

  it('is another key of the publisher where the one so far signs for it, and nowhere else', async () => {
    const { folder, store, destination } = await newShop()
    const next = await openPublisherKey(join(folder, 'next.json'), 'shop.example')
    const { policy } = await prepare(destination, key)
    const unsigned = prepare(destination, next)
    await expect(unsigned).rejects.toThrow(`${key.verifierKey} publishes there`)
    await expect(unsigned).rejects.toMatchObject({ remedy: expect.stringContaining('--previous-key') })
    const stranger = await openPublisherKey(join(folder, 'stranger.json'), 'shop.example')
    await expect(prepare(destination, next, {}, stranger)).rejects.toThrow(UserError)
    // Nor is it, whatever is sent: the log asks for both signatures.
    const entry = { type: 'policy', ...policy, publisher: next.verifierKey } as const
    for (const [signer, code] of [
      [next, 'wrong-signature'],
      [key, 'rotation-unsigned'],
    ] as const) {
      const refused = store.log.append(await signEntry(entry, signer))
      await expect(refused).rejects.toMatchObject({ status: 422, members: { code } })
    }
    expect((await store.log.head()).size).toBe(2)

    expect((await prepare(destination, next, {}, key)).said).toEqual(['a changed policy', 'release 2 of the tag'])
    await expect(publishNext(destination)).rejects.toThrow('not signed by')
    await publishNext(destination, next)
    expect((await prepare(destination, next)).said).toEqual([])
    expect(await auditOf(folder)).toEqual({ entries: { policy: 2, release: 2, bundle: 1 }, findings: [] })
  })

  it('is a rollback as a new version, whose chunks are the old one’s', async () => {
    const { folder, destination } = await newShop()
    await prepare(destination, key)
    const old = await publishNext(destination, key, 0.2)
    await publishNext(destination, key, 0.7)
    const now = START + 40 * DAY
    const back = () => rollBack(1, openSource(folder), destination, key, now)
    expect(await back()).toMatchObject({ type: 'rollback', version: 3, restores: 1 })
    const { manifest } = (await readPrevious(destination)) ?? {}
    expect(manifest).toEqual({ ...old.manifest, version: 3, created: new Date(now).toISOString() })
    const entries = { policy: 1, release: 1, bundle: 2, rollback: 1 }
    expect(await auditOf(folder)).toEqual({ entries, findings: [] })
    // What came back is a version like any other.
    expect((await publishNext(destination, key, 0.7)).manifest.version).toBe(4)
    expect(await rollBack(3, openSource(folder), destination, key, now)).toMatchObject({ version: 5, restores: 3 })
    expect(await auditOf(folder)).toEqual({ entries: { ...entries, bundle: 3, rollback: 2 }, findings: [] })
  })

  it('is no rollback with other chunks than those it is said to restore', async () => {
    const { destination } = await newShop()
    await prepare(destination, key)
    const { manifest } = await publishNext(destination)
    await publishNext(destination)
    const other = encodeManifest({ ...manifest, version: 3, chunks: manifest.chunks.slice(1) })
    const bytes = new TextEncoder().encode(other)
    const entry = { type: 'rollback', version: 3, manifest: await sha256Hex(bytes), restores: 1 } as const
    const refused = publish({ chunks: new Map([[entry.manifest, bytes]]), entry }, key, destination)
    await expect(refused).rejects.toThrow('version 3 has not the chunks of 1')
  })

  it('is no rollback to what is not there, or by another key', async () => {
    const { folder, store, destination } = await newShop()
    const source = openSource(folder)
    await prepare(destination, key)
    await expect(rollBack(1, source, destination, key, START)).rejects.toThrow('version 1 is not before 0')
    const first = await publishNext(destination)
    await publishNext(destination)
    const { size } = await store.log.head()
    await expect(rollBack(2, source, destination, key, START)).rejects.toThrow('version 2 is not before 2')
    const other = await openPublisherKey(join(folder, 'other.json'), 'shop.example')
    await expect(rollBack(1, source, destination, other, START)).rejects.toThrow('publishes there')
    rmSync(join(folder, 'chunks', first.entry.manifest))
    const gone = folderDestination(await openStore(folder, await openLogKey(join(folder, 'log.json'))))
    await expect(rollBack(1, source, gone, key, START)).rejects.toThrow('version 1 is not to be had')
    expect((await store.log.head()).size).toBe(size)
  })
})

describe('in the browser’s engine, a bundle', () => {
  it('installs, whole and without a network, and its probes hold', async () => {
    const engine = createEngine()
    engine.install(partsOf(bundle), bundle.manifest)
    expect(engine.parts()).toContain('encoder')
    const counts = await makeBundle({ ...input, network: undefined })
    engine.install(partsOf(counts), counts.manifest)
    expect(engine.parts()).not.toContain('encoder')
  })

  it('with a number of a chunk changed is refused with the reason, and the one before stays', () => {
    const engine = createEngine()
    engine.install(partsOf(bundle), bundle.manifest)
    const event: ShopEvent = { id: 'e', time: START + 31 * DAY, name: 'view_item', items: [{ item_id: 'i7' }] }
    engine.append(event, event.time)
    const shelf = () => engine.recommend('for-you', { limit: 8, now: START + 31 * DAY, language: 'en' }).items
    const before = shelf()
    const changes: [ChunkName, string, number][] = [
      ['encoder', '0.qkv.scales', 3],
      ['encoder', '0.down', 5],
      ['encoder', 'action', 0],
      ['encoder', 'text.scales', 20],
      ['rules', 'popularity', 7],
    ]
    for (const [name, array, at] of changes) {
      const parts = partsOf(bundle)
      const file = decodeArrays(parts.get(name) as Uint8Array)
      // What lies around it too: not each number has a part in each probe.
      file.arrays[array].fill(array === '0.down' ? 99 : 0.7, at, at + 40)
      parts.set(name, encodeArrays(file))
      expect(() => engine.install(parts, bundle.manifest), array).toThrow(/^probe \d of 3: the list differs/)
      expect(shelf()).toEqual(before)
    }
    const weights = { ...bundle.manifest.blend, rules: bundle.manifest.blend.rules + 0.5 }
    expect(() => engine.install(partsOf(bundle), { ...bundle.manifest, blend: weights })).toThrow(/^probe \d of 3/)
  })
})

it('what was given back is not what people want', () => {
  const refunded = historiesOf(
    [
      [
        { item: 0, action: BUY, time: START },
        { item: 0, action: REFUND, time: START + 1 },
      ],
    ],
    1,
  )
  expect([...recentPopularity(refunded, refunded.start.slice(1))]).toEqual([1])
})
