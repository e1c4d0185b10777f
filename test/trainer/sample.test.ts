import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Faq, Product } from '../../shared/data/catalog.ts'
import { decodeEvent, itemsOf } from '../../shared/data/events.ts'
import { seeded } from '../../shared/data/random.ts'
import { type HistoryEvent, readDatasetInfo } from '../../trainer/datasets/dataset.ts'
import { makeCatalog } from '../../trainer/sample/catalog.ts'
import { FAQ } from '../../trainer/sample/faq.ts'
import { marginalCounter, popularityOf } from '../../trainer/sample/marginals.ts'
import { generateSample, type SampleSummary } from '../../trainer/sample/sample.ts'
import { UserError } from '../../trainer/user-error.ts'
import { FREE_SHIPPING_FROM, SHIPPING } from '../../web/shop/orders.ts'

interface Truth {
  shopper: string
  language: string
  segment: string
  taste: Record<string, number>
  drift_time: string | null
  taste_after_drift: Record<string, number> | null
  budget: number
  price_sensitivity: number
  churn_time: string | null
}

const root = mkdtempSync(join(tmpdir(), 'vitrine-sample-test-'))
const SHOPPERS = 1200
let summary: SampleSummary
let products: Map<string, Product>
let events: HistoryEvent[]
let truth: Map<string, Truth>

const lines = <T>(folder: string, file: string): T[] =>
  readFileSync(join(root, folder, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

beforeAll(async () => {
  summary = await generateSample({ out: join(root, 'shop'), seed: 3, products: 600, shoppers: SHOPPERS, days: 180 })
  products = new Map(lines<Product>('shop', 'catalog.jsonl').map((product) => [product.item_id, product]))
  events = lines<HistoryEvent>('shop', 'events.jsonl')
  truth = new Map(lines<Truth>('shop', 'truth.jsonl').map((line) => [line.shopper, line]))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const labelOf = (id: string) => products.get(id)?.category.join(' > ') ?? ''
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('the dataset folder', () => {
  test('says that it is simulated, and counts what is in it', async () => {
    const info = await readDatasetInfo(join(root, 'shop'))
    expect(info).toMatchObject({
      simulated: true,
      shoppers: SHOPPERS,
      items: 600,
      events: events.length,
      languages: ['en', 'zh'],
    })
    expect(products.size).toBe(600)
    expect(summary.events).toBe(events.length)
    expect(Date.parse(info.to ?? '') - Date.parse(info.from ?? '')).toBeLessThan(180 * 86_400_000)
    expect(readdirSync(join(root, 'shop')).sort()).toEqual([
      'catalog.jsonl',
      'dataset.json',
      'events.jsonl',
      'faq.jsonl',
      'truth-sessions.jsonl',
      'truth.jsonl',
    ])
  })

  test('the same seed gives the same bytes, another seed others', async () => {
    const hash = async (out: string, seed: number) => {
      await generateSample({ out: join(root, out), seed, products: 120, shoppers: 60, days: 40 })
      const files = readdirSync(join(root, out)).sort()
      return files
        .map((file) =>
          createHash('sha256')
            .update(readFileSync(join(root, out, file)))
            .digest('hex'),
        )
        .join()
    }
    const first = await hash('a', 5)
    expect(await hash('b', 5)).toBe(first)
    expect(await hash('c', 6)).not.toBe(first)
  })

  test('options that leave no shop are refused, and nothing is written', async () => {
    const out = join(root, 'none')
    await expect(generateSample({ out, products: 3 })).rejects.toThrow(UserError)
    await expect(generateSample({ out, shoppers: 0 })).rejects.toThrow(UserError)
    await expect(generateSample({ out, catalog: [] })).rejects.toThrow(UserError)
    expect(readdirSync(root)).not.toContain('none')
  })
})

describe('the catalogue', () => {
  test('1,200 products have distinct titles in both languages, prices, and categories of two or three levels', () => {
    const { items, leaves } = makeCatalog(seeded('catalogue'), 1200, 180)
    expect(items.length).toBe(1200)
    expect(new Set(items.map(({ product }) => product.title)).size).toBe(1200)
    expect(new Set(items.map(({ product }) => product.translations?.zh?.title)).size).toBe(1200)
    expect(leaves.length).toBeGreaterThan(44)
    for (const { product } of items) {
      expect(product.price).toBeGreaterThan(0)
      if (product.list_price !== undefined) expect(product.list_price).toBeGreaterThan(product.price ?? 0)
      expect([2, 3]).toContain(product.category.length)
      expect(product.translations?.zh?.category?.length).toBe(product.category.length)
      expect(product.translations?.zh?.title).toMatch(/\p{Script=Han}/u)
      expect(product.title).not.toMatch(/undefined|\p{Script=Han}| {2}/u)
      expect(product.availability === 'out_of_stock').toBe(product.stock === 0)
    }
  })

  test('ratings are those of the reviews in the events', () => {
    const ratings = new Map<string, number[]>()
    for (const event of events) {
      if (event.name === 'review')
        ratings.set(event.items[0].item_id, [...(ratings.get(event.items[0].item_id) ?? []), event.rating])
    }
    expect(ratings.size).toBeGreaterThan(50)
    for (const product of products.values()) {
      const given = ratings.get(product.item_id)
      expect(product.review_count).toBe(given?.length)
      if (given) expect(product.rating).toBeCloseTo(mean(given), 1)
    }
  })

  test('the questions are there in both languages', () => {
    const faq = lines<Faq>('shop', 'faq.jsonl')
    for (const language of ['en', 'zh'])
      expect(faq.filter((entry) => entry.language === language).length).toBeGreaterThanOrEqual(16)
  })
})

test('the answer on what delivery costs is what the checkout asks for, in both languages', () => {
  for (const { answer } of FAQ.filter(({ id }) => id.startsWith('delivery-cost'))) {
    expect(answer.match(/[\d.]*\d/g)?.map(Number)).toEqual([SHIPPING.standard, FREE_SHIPPING_FROM, SHIPPING.express])
  }
})

describe('the events', () => {
  test('every event is canonical, names products that exist, and has an id of its own', () => {
    const ids = new Set<string>()
    for (const { shopper, ...event } of events) {
      expect(decodeEvent(event)).toEqual(event) // nothing beyond the definition, so nothing of the truth
      expect(truth.has(shopper)).toBe(true)
      for (const { item_id } of itemsOf(event)) expect(products.has(item_id)).toBe(true)
      ids.add(event.id)
    }
    expect(ids.size).toBe(events.length)
  })

  test('what is refunded or reviewed was bought before, and nothing happens after churn but those', () => {
    const bought = new Set<string>()
    for (const event of events) {
      for (const { item_id } of itemsOf(event)) {
        const key = `${event.shopper} ${item_id}`
        if (event.name === 'purchase') bought.add(key)
        if (event.name === 'refund' || event.name === 'review') expect(bought.has(key)).toBe(true)
      }
      const churn = truth.get(event.shopper)?.churn_time
      if (churn && event.name !== 'refund' && event.name !== 'review') {
        expect(event.time).toBeLessThan(Date.parse(churn) + 86_400_000)
      }
    }
  })

  test('three in ten shoppers search and review in Chinese, and each in one language', () => {
    const chinese = [...truth.values()].filter(({ language }) => language === 'zh').length
    expect(chinese / SHOPPERS).toBeGreaterThan(0.26)
    expect(chinese / SHOPPERS).toBeLessThan(0.34)
    for (const event of events) {
      const text = event.name === 'search' ? event.search_term : event.name === 'review' ? event.text : undefined
      if (text === undefined || /^[A-Z][\w&’ ]+$/.test(text)) continue // a maker's name alone
      expect(/\p{Script=Han}/u.test(text), text).toBe(truth.get(event.shopper)?.language === 'zh')
    }
  })

  test('reviews speak as they rate', () => {
    const good = /Love it|Very happy|非常满意|很喜欢/
    const bad = /Disappointed|Would not buy|失望|不会再买/
    const reviews = events.flatMap((event) => (event.name === 'review' ? [event] : []))
    expect(mean(reviews.filter(({ text }) => good.test(text ?? '')).map(({ rating }) => rating))).toBeGreaterThan(4)
    expect(mean(reviews.filter(({ text }) => bad.test(text ?? '')).map(({ rating }) => rating))).toBeLessThan(2.1)
  })
})

describe('what is known to be true shows in what they do', () => {
  /** Paid price over the usual price of its leaf, so that it does not matter what kind of thing it is. */
  function paidRatios(keep: (shopper: Truth) => boolean): number[] {
    const prices = new Map<string, number[]>()
    for (const { item_id, price = 0 } of products.values())
      prices.set(labelOf(item_id), [...(prices.get(labelOf(item_id)) ?? []), price])
    const usual = new Map([...prices].map(([label, values]) => [label, mean(values)]))
    return events.flatMap((event) => {
      const shopper = truth.get(event.shopper)
      if (event.name !== 'purchase' || !shopper || !keep(shopper)) return []
      return event.items.map(({ item_id, price = 0 }) => price / (usual.get(labelOf(item_id)) ?? 1))
    })
  }

  test('those who mind prices pay less for the same kind of thing, those with larger budgets more', () => {
    const minding = mean(paidRatios(({ price_sensitivity }) => price_sensitivity > 1.6))
    const careless = mean(paidRatios(({ price_sensitivity }) => price_sensitivity < 0.7))
    expect(minding).toBeLessThan(careless * 0.9)
    expect(mean(paidRatios(({ budget }) => budget < 0.75))).toBeLessThan(
      mean(paidRatios(({ budget }) => budget > 1.35)),
    )
  })

  test('shoppers look most at what they like, and after a drift at what they like then', () => {
    const share = (after: boolean, taste: 'taste' | 'taste_after_drift') => {
      const shares: number[] = []
      for (const event of events) {
        const shopper = truth.get(event.shopper)
        if (event.name !== 'view_item' || !shopper?.drift_time) continue
        if (event.time >= Date.parse(shopper.drift_time) !== after) continue
        shares.push(shopper[taste]?.[labelOf(event.items[0].item_id)] ?? 0)
      }
      return mean(shares)
    }
    expect(share(false, 'taste')).toBeGreaterThan(2 * share(false, 'taste_after_drift'))
    expect(share(true, 'taste_after_drift')).toBeGreaterThan(2 * share(true, 'taste'))
  })

  test('the next look is in the same leaf far more often than chance', () => {
    const labels: string[][] = []
    let shopper = ''
    for (const event of events) {
      if (event.shopper !== shopper) labels.push([])
      shopper = event.shopper
      if (event.name === 'view_item') labels[labels.length - 1].push(labelOf(event.items[0].item_id))
    }
    const same = labels.flatMap((seen) => seen.slice(1).map((label, i) => Number(label === seen[i])))
    expect(mean(same)).toBeGreaterThan(0.4)
  })

  test('popularity and intervals have the shape of a real shop', () => {
    const { popularity, interPurchaseDays, repeatShare } = summary.marginals
    expect(popularity.gini).toBeGreaterThan(0.5)
    expect(popularity.gini).toBeLessThan(0.75)
    expect(interPurchaseDays[2]).toBeGreaterThan(8)
    expect(interPurchaseDays[2]).toBeLessThan(25)
    expect(repeatShare).toBeGreaterThan(0.05)
  })
})

test('a real catalogue keeps its own products, brands and categories', async () => {
  const catalog: Product[] = Array.from({ length: 80 }, (_, i) => ({
    item_id: `R${i}`,
    title: `${['Floral', 'Plain', 'Ribbed'][i % 3]} ${['dress', 'top'][i % 2]} ${i}`,
    category: ['Clothing', i % 2 === 0 ? 'Dresses' : 'Tops'],
    currency: 'USD',
    ...(i % 5 === 0 ? {} : { price: 10 + i }),
  }))
  const made = await generateSample({ out: join(root, 'real'), catalog, shoppers: 80, days: 60 })
  expect(lines<Product>('real', 'catalog.jsonl')).toEqual(catalog)
  expect(made.events).toBeGreaterThan(500)
  const ids = new Set(catalog.map(({ item_id }) => item_id))
  for (const event of lines<HistoryEvent>('real', 'events.jsonl')) {
    for (const { item_id } of itemsOf(event)) expect(ids.has(item_id)).toBe(true)
  }
  const one = await generateSample({ out: join(root, 'one'), catalog: catalog.slice(0, 1), shoppers: 3, days: 20 })
  expect(one.items).toBe(1)
})

describe('marginals', () => {
  test('of a history counted by hand', () => {
    const day = 86_400_000
    const counter = marginalCounter()
    const purchase = (id: string, time: number, items: string[]): HistoryEvent => ({
      shopper: 'a',
      id,
      time,
      name: 'purchase',
      transaction_id: id,
      items: items.map((item_id) => ({ item_id, quantity: 3 })),
    })
    counter.add({ shopper: 'a', id: '0', time: 0, name: 'view_item', items: [{ item_id: 'x' }] })
    counter.add(purchase('1', 60_000, ['x', 'y']))
    counter.add(purchase('2', 60_000 + 4 * day, ['x']))
    const found = counter.finish()
    expect(found.interPurchaseDays).toEqual([4, 4, 4, 4, 4, 4])
    expect(found.sessionLength).toEqual([1, 1, 2, 2, 2, 2])
    expect(found.repeatShare).toBe(0.333)
    expect(found.piecesPerLine[0]).toBe(3)
  })

  test('the Gini coefficient is 0 for equal counts and (n − 1)/n when one has all but a little', () => {
    expect(popularityOf([5, 5, 5, 5])).toMatchObject({ gini: 0, top50: 0.5 })
    expect(popularityOf([1_000_000, 1, 1, 1]).gini).toBeCloseTo(0.75, 3)
    expect(popularityOf([3, 1]).gini).toBeCloseTo(0.25, 6) // by hand: |3 − 1| / (2 × 4)
  })
})
