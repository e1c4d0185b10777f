/** What the page can ask beside shelves, in Chromium with the tag as it ships: suggestions, answers, offers, order, taste, tags. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ChunkName } from '../../shared/model/bundle.ts'
import { signCoupons, type WrittenCoupons } from '../../shared/service/coupons.ts'
import { encodeService } from '../../shared/service/shop-service.ts'
import type { Character, Offer } from '../../web/assistant/protocol.ts'
import { shopReviews, shopSentiment } from '../shop-reviews.ts'
import { createSigner, PRODUCTS, publish } from './edge.ts'
import { NEXT, PROFILE, SEGMENTS } from './shopper-chunks.ts'
import { createWorld, type PageSpec, until, type Visit, type World } from './visit.ts'

const DAY_MS = 86_400_000
const STRICT: PageSpec = {
  policy:
    "default-src 'none'; script-src EDGE; connect-src EDGE; worker-src blob:; img-src data: 'self'; " +
    "require-trusted-types-for 'script'; trusted-types vitrine",
}

const COUPONS: WrittenCoupons = {
  format: 'vitrine-coupons/1',
  coupons: [
    offer('first-order', 'HELLO5', { orders: { max: 0 }, cartValue: { min: 20 } }),
    offer('many-orders', 'OFTEN', { orders: { min: 3 } }),
    offer('lights', 'BRIGHT', { interest: { category: 'Home > Light', share: 0.6 } }),
  ],
}

function offer(id: string, code: string, when: WrittenCoupons['coupons'][number]['when']) {
  const title = { en: `Offer ${id}`, zh: `优惠 ${id}` }
  return { id, code, title, from: '2020-01-01T00:00:00Z', until: '2999-01-01T00:00:00Z', when }
}

const SERVICE = encodeService({
  popularQueries: ['mug tree', '马克杯'],
  labelNames: { 'Home > Light': { zh: '灯具' } },
  faq: [
    { id: 'returns-en', question: 'How do I return something?', answer: 'Within <b>30</b> days.', language: 'en' },
    { id: 'gift-en', question: 'Do you wrap gifts?', answer: 'Yes, for £2.', language: 'en' },
  ],
  contact: '/help',
})

let world: World
let visit: Visit

async function serve(more: Partial<Record<ChunkName, Uint8Array>>): Promise<void> {
  world.edge.published = await publish(world.signer, 1, [], more)
}

beforeAll(async () => {
  world = await createWorld()
  const coupons = await signCoupons(COUPONS, world.signer.name, world.signer.keys)
  const sentiment = shopSentiment(shopReviews(800), '1') as Uint8Array
  await serve({ profile: PROFILE, segments: SEGMENTS, next: NEXT, sentiment, service: SERVICE, coupons })
}, 120_000)
afterAll(() => world?.close())

beforeEach(async () => {
  visit = await world.visit(await world.newProfile(), {})
  await ready()
})

/** Everything of the bundle is here. */
async function ready(): Promise<void> {
  await until(
    () => visit.status(),
    // The manifest is no part of itself.
    ({ bundle }) => bundle.parts.length + 1 === world.edge.published?.names.size,
  )
}

const see = (n: number, time?: number) =>
  visit.call('event', { name: 'view_item', items: [{ item_id: PRODUCTS[n].item_id }], ...(time ? { time } : {}) })
const suggested = async (text: string, language = 'en') =>
  ((await visit.call('suggest', { text, language })) as { source: string; text: string }[]).map(
    ({ source, text }) => `${source}: ${text}`,
  )

describe('the assistant', { timeout: 60_000 }, () => {
  it('suggests the shopper’s own queries, popular ones, categories and products, in the page’s language', async () => {
    expect(await suggested('mug')).toEqual(['popular: mug tree', 'products: Blue mug'])
    expect(await suggested('li')).toContain('categories: Light')
    expect(await suggested('灯', 'zh')).toContain('categories: 灯具')
    await visit.call('event', 'search', { search_term: 'mugs for two' })
    await expect
      .poll(() => suggested('mug'))
      .toEqual(['recent: mugs for two', 'popular: mug tree', 'products: Blue mug'])
    expect(await suggested('', 'zh')).toEqual(['recent: mugs for two', 'popular: 马克杯'])
  })

  it('answers from the shop’s answers, as text, and shows the contact where it is not sure', async () => {
    const answer = await visit.call('ask', { text: 'can I return this?' })
    expect(answer).toMatchObject({ kind: 'answer', faqId: 'returns-en', answer: 'Within <b>30</b> days.' })
    expect(await visit.call('ask', { text: 'who painted the sky' })).toMatchObject({
      kind: 'contact',
      contact: '/help',
    })
    const asked = (await visit.history()).map(({ event }) => event.name === 'ask' && event.text)
    expect(asked).toEqual(['can I return this?', 'who painted the sky'])
  })

  it('offers what the shopper may have, says why, and opens a code for a click', async () => {
    const offers = async (cartValue: number, language = 'en') =>
      (await visit.call('offers', { cartValue, language })) as Offer[]
    expect((await offers(10)).map(({ id }) => id)).toEqual([])
    const [first] = await offers(25, 'zh-Hans')
    expect(first).toMatchObject({
      id: 'first-order',
      title: '优惠 first-order',
      because: [{ code: 'at-most' }, { code: 'at-least' }],
    })
    expect(JSON.stringify(first)).not.toContain('HELLO5')
    expect(await visit.call('reveal', { id: 'first-order' })).toBe('HELLO5')
    await expect(visit.call('reveal', { id: 'none' })).rejects.toThrow('reveal failed')
    for (const n of [1, 3, 5]) await see(n)
    await expect.poll(async () => (await offers(0)).map(({ id }) => id)).toEqual(['lights'])
  })

  it('re-ranks a list within bounds, with the exact match where it was, and leaves alone what it knows nothing of', async () => {
    const items = PRODUCTS.map(({ item_id }) => item_id)
    expect(await visit.call('rerank', { items })).toEqual(items)
    for (let n = 0; n < 3; n++) await see(8 + n)
    const reranked = (await visit.call('rerank', {
      items: [...items, 'unknown'],
      impact: 100,
      query: 'blue mug',
    })) as string[]
    expect(reranked).not.toEqual([...items, 'unknown'])
    expect([...reranked].sort()).toEqual([...items, 'unknown'].sort())
    expect(reranked[0]).toBe(items[0])
    expect(reranked.at(-1)).toBe('unknown')
    for (const id of items) expect(Math.abs(reranked.indexOf(id) - items.indexOf(id))).toBeLessThanOrEqual(6)
  })

  it('discovers other categories, and says where they come from', async () => {
    expect((await visit.recommend({ kind: 'discover' })).items).toEqual([])
    for (const n of [1, 3, 5]) await see(n)
    const { items } = await visit.recommend({ kind: 'discover', limit: 4 })
    expect(items.length).toBe(4)
    for (const { itemId, reason } of items) {
      expect(PRODUCTS.find(({ item_id }) => item_id === itemId)?.category[1]).toBe('Table')
      expect(reason).toEqual({ code: 'new-to-you', category: 'Home > Table' })
    }
  })

  it('welcomes back who was away for long, once a week', async () => {
    const now = Date.now()
    for (let visits = 0; visits < 6; visits++) await see(1, now - (200 - visits) * DAY_MS)
    expect((await visit.recommend({ kind: 'win-back' })).items).toEqual([])
    await see(0)
    // More than there are of what they like: nothing else takes the places left.
    const shelf = await visit.recommend({ kind: 'win-back', limit: 12 })
    expect(shelf.items.length).toBeGreaterThan(3)
    expect(shelf.heading).toContain('195 days')
    for (const { itemId } of shelf.items) {
      expect(PRODUCTS.find(({ item_id }) => item_id === itemId)?.category[1]).toBe('Light')
    }
    const item_id = shelf.items[0].itemId
    const seen = { name: 'rec_impression', items: [{ item_id, placement: 'win-back' }] }
    await visit.call('event', seen)
    expect((await visit.recommend({ kind: 'win-back' })).items.length).toBeGreaterThan(0)
    await visit.call('event', { ...seen, time: now - DAY_MS })
    expect((await visit.recommend({ kind: 'win-back' })).items).toEqual([])
  })

  it('asks a new shopper for their taste, and follows it until it knows better', async () => {
    expect(await visit.call('taste')).toMatchObject({
      styles: expect.arrayContaining(['style: Modern', 'style: Rustic']),
    })
    const isRustic = ({ itemId }: { itemId: string }) => PRODUCTS.findIndex(({ item_id }) => item_id === itemId) % 4 > 1
    const shelf = async () => (await visit.recommend({ limit: PRODUCTS.length })).items
    const before = (await shelf()).map(isRustic)
    const taste = { departments: [], styles: ['style: Rustic'] }
    await visit.call('prefer', { muted: [], boosted: [], declared: {}, taste })
    const after = await shelf()
    const places = (rustic: boolean[]) => rustic.reduce((sum, is, place) => sum + (is ? place : 0), 0)
    expect(places(after.map(isRustic))).toBeLessThan(places(before))
    for (const item of after) expect(item.reason.code).toBe(isRustic(item) ? 'chosen' : 'trending')
    await see(0)
    expect((await visit.recommend({ limit: 1 })).items[0].reason.code).toBe('viewed')
  })

  it('says how the shopper shops, with the events that say so, and which kind of shopper they are like', async () => {
    expect(await visit.call('character')).toEqual({
      tags: [],
      expected: [],
      wishes: [],
      shares: [],
      names: {},
      evidence: {},
    })
    const now = Date.now()
    for (let n = 0; n < 12; n++) await see(2 * n + 1 < 12 ? 2 * n + 1 : 1, now - (30 - n) * DAY_MS)
    const character = (await visit.call('character', { language: 'en' })) as Character
    expect(character.segment).toMatchObject({ name: 'Lamps first' })
    expect(character.expected.map(({ label }) => label)).toEqual(['Home > Light', 'Home > Table'])
    const likely = character.expected.map(({ probability }) => probability)
    expect(likely[0] / likely[1]).toBeCloseTo(2)
    const tag = character.tags.find(({ code }) => code === 'likes-brand')
    expect(tag).toMatchObject({ label: 'Lumen', text: 'likes Lumen' })
    const ids = (await visit.history()).map(({ event }) => event.id)
    for (const id of tag?.evidence ?? []) expect(ids).toContain(id)
    const chinese = (await visit.call('character', { language: 'zh' })) as Character
    expect(chinese.segment?.name).toBe('爱灯')
    expect(chinese.tags.map(({ text }) => text)).toContain('喜欢Lumen')
    await visit.call('consent', { personalise: false })
    await expect
      .poll(() => visit.call('character'))
      .toEqual({ tags: [], expected: [], wishes: [], shares: [], names: {}, evidence: {} })
  })

  it('says what the shopper saved, shared and wrote; what they spend only where it is asked for', async () => {
    const act = (name: string, n: number, more = {}) =>
      visit.call('event', name, { items: [{ item_id: PRODUCTS[n].item_id }], ...more })
    await act('add_to_wishlist', 0)
    await act('add_to_wishlist', 1)
    await act('share', 1)
    await act('purchase', 0, { value: 30 })
    await act('review', 0, { rating: 2, text: 'The colour is beautiful, but <b>delivery</b> was late.' })
    const { wishes, shares, opinions, spending } = (await visit.call('character', { language: 'en' })) as Character
    expect(wishes.map(({ title }) => title)).toEqual([PRODUCTS[1].title])
    expect(shares).toMatchObject([{ itemId: PRODUCTS[1].item_id }])
    expect(opinions).toMatchObject({ reviews: 1, read: 1 })
    expect(opinions?.aspects.map(({ aspect, faulted }) => [aspect, faulted.map(({ text }) => text)])).toEqual([
      ['delivery', ['but <b>delivery</b> was late']],
      ['looks', []],
    ])
    expect(spending).toBeUndefined()
    expect(await visit.call('character', { spending: true })).toMatchObject({ spending: { orders: 1, monthly: 30 } })
    await act('remove_from_wishlist', 1)
    await expect.poll(async () => ((await visit.call('character')) as Character).wishes).toEqual([])
  })

  it('works under a strict policy, without a complaint', async () => {
    visit = await world.visit(await world.newProfile(), { ...STRICT, tag: `data-wasm` })
    await ready()
    expect(await suggested('mug')).toContain('products: Blue mug')
    expect(visit.complaints).toEqual([])
  })

  it('does without a part that another release made, and answers with the rest', async () => {
    const nonsense = new TextEncoder().encode('of another release')
    await serve({ profile: PROFILE, segments: SEGMENTS, next: nonsense, service: nonsense })
    visit = await world.visit(await world.newProfile(), {})
    await ready()
    await see(1)
    const character = (await visit.call('character', { language: 'en' })) as Character
    expect(character).toMatchObject({ segment: { name: 'Lamps first' }, expected: [], names: {} })
    expect(await visit.call('ask', { text: 'can I return this?' })).toMatchObject({ kind: 'contact' })
  })

  it('has nothing to offer from a list that another key signed, and nothing to answer in a shop that says nothing', async () => {
    const other = await createSigner('other.test')
    await serve({ coupons: await signCoupons(COUPONS, other.name, other.keys) })
    visit = await world.visit(await world.newProfile(), {})
    await ready()
    expect(await visit.call('offers', { cartValue: 100 })).toEqual([])
    expect(await visit.call('ask', { text: 'can I return this?' })).toMatchObject({ kind: 'contact' })
    expect(await visit.call('taste')).toMatchObject({ styles: [] })
  })
})
