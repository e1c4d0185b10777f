import { beforeAll, describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../shared/data/events.ts'
import { seeded } from '../../shared/data/random.ts'
import { BUY, CART, REFUND, VIEW } from '../../shared/data/sequence.ts'
import { decodeArrays, encodeArrays } from '../../shared/model/arrays.ts'
import { type ChunkName, openManifest, sha256Hex } from '../../shared/model/bundle.ts'
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
import { verifierKeyText } from '../../shared/tlog/note.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import type { PublisherKey } from '../../trainer/keys.ts'
import { type Bundle, type BundleInput, makeBundle, publish, recentPopularity } from '../../trainer/publish.ts'
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
let key: PublisherKey
let input: BundleInput
let bundle: Bundle

beforeAll(async () => {
  const keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  key = { name: 'shop.example', keys, verifierKey: await verifierKeyText('shop.example', keys.publicKey) }
  const blend = { network: 0.4, rules: 1, popularity: 0.1, buyAgain: 0.05 }
  input = { histories: h, network, blend, version: 3, key, now: START + 30 * DAY }
  bundle = await makeBundle(input)
})

const partsOf = ({ manifest, chunks }: Bundle) =>
  new Map<ChunkName, Uint8Array>(manifest.chunks.map(({ name, sha256 }) => [name, chunks.get(sha256) as Uint8Array]))

describe('a bundle', () => {
  it('is a signed manifest and the chunks that it names, by their SHA-256', async () => {
    const { manifest, latest, chunks } = bundle
    expect(chunks.size).toBe(manifest.chunks.length + 1)
    for (const [sha256, bytes] of chunks) expect(await sha256Hex(bytes)).toBe(sha256)
    for (const { sha256, bytes } of manifest.chunks) expect(chunks.get(sha256)).toHaveLength(bytes)
    expect(latest.version).toBe(3)
    expect(await openManifest(chunks.get(latest.manifest) as Uint8Array, key.verifierKey)).toEqual(manifest)
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
    expect(later.latest.manifest).not.toBe(bundle.latest.manifest)
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

  it('is published with the pointer last, and not at all when a chunk cannot be put', async () => {
    const done: string[] = []
    const destination = {
      latest: async () => undefined,
      readChunk: async () => undefined,
      putChunk: async (sha256: string) => done.push(sha256),
      setLatest: async () => void done.push('latest'),
    }
    await publish(bundle, destination)
    expect(done).toEqual([...bundle.chunks.keys(), 'latest'])
    for (let failing = 0; failing < bundle.chunks.size; failing++) {
      const put: string[] = []
      const full = {
        ...destination,
        putChunk: async (sha256: string) => {
          if (put.push(sha256) > failing) throw new Error('no space left on device')
        },
        setLatest: async () => void put.push('latest'),
      }
      await expect(publish(bundle, full)).rejects.toThrow('no space left')
      expect(put).not.toContain('latest')
    }
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
