import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Product } from '../../shared/data/catalog.ts'
import { decodeEvent, itemsOf } from '../../shared/data/events.ts'
import { scoreContent } from '../../trainer/content-evaluation.ts'
import type { HistoryEvent } from '../../trainer/datasets/dataset.ts'
import { readShoppers } from '../../trainer/profile/shoppers.ts'
import { makeGuides } from '../../trainer/sample/guides.ts'
import { generateSample } from '../../trainer/sample/sample.ts'

const root = mkdtempSync(join(tmpdir(), 'vitrine-guides-'))
const options = { seed: 2, products: 300, shoppers: 500, days: 120 }
const linesOf = (folder: string, file: string) =>
  readFileSync(join(root, folder, file), 'utf8')
    .trim()
    .split('\n')
let products: Map<string, Product>
let events: HistoryEvent[]

beforeAll(async () => {
  await generateSample({ ...options, out: join(root, 'without') })
  await generateSample({ ...options, out: join(root, 'with'), guides: 20 })
  products = new Map(
    linesOf('with', 'catalog.jsonl').map((line) => {
      const product = JSON.parse(line) as Product
      return [product.item_id, product]
    }),
  )
  events = linesOf('with', 'events.jsonl').map((line) => JSON.parse(line))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const isReading = (event: HistoryEvent) => itemsOf(event).some(({ item_id }) => products.get(item_id)?.kind)

describe('the sample shop’s guides and videos', () => {
  it('are for a category each, in both languages, and cost nothing', async () => {
    const guides = makeGuides(20)
    expect(new Set(guides.map(({ category }) => category.join())).size).toBe(20)
    expect(new Set(guides.map(({ kind }) => kind))).toEqual(new Set(['guide', 'video']))
    for (const { price, title, description, translations } of guides) {
      expect(price).toBeUndefined()
      expect(translations?.zh.title).toMatch(/[\u4e00-\u9fff]/)
      expect(description?.length).toBeGreaterThan(title.length)
    }
    expect(() => makeGuides(1000)).toThrow(/--guides 1000: the sample shop has \d+ categories/)
    await expect(generateSample({ out: join(root, 'less'), guides: -1 })).rejects.toThrow(/--guides -1: not a whole/)
    const catalog = [...products.values()].slice(0, 10)
    const nowhere = join(root, 'nowhere')
    await expect(generateSample({ out: nowhere, guides: 1, catalog })).rejects.toThrow(/none for another catalogue/)
  })

  it('change nothing else of the shop', () => {
    const others = linesOf('with', 'events.jsonl').filter((line) => !isReading(JSON.parse(line)))
    expect(others).toEqual(linesOf('without', 'events.jsonl'))
    expect(linesOf('with', 'catalog.jsonl').slice(0, 300)).toEqual(linesOf('without', 'catalog.jsonl'))
    expect(linesOf('with', 'truth.jsonl')).toEqual(linesOf('without', 'truth.jsonl'))
  })

  it('are read after a look into their category, each in its place and under an id of its own', () => {
    expect(events.filter(isReading).length).toBeGreaterThan(100)
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    const categoryOf = (event: HistoryEvent) => products.get(itemsOf(event)[0].item_id)?.category
    events.forEach((event, at) => {
      const { shopper, ...told } = event
      expect(decodeEvent(told)).toEqual(told)
      const before = events[at - 1]
      if (before?.shopper === shopper) expect(before.time).toBeLessThanOrEqual(event.time)
      if (isReading(event)) expect(categoryOf(before)).toEqual(categoryOf(event))
    })
  })

  it('are foretold by what was looked at before, and not by how many read them', async () => {
    const score = scoreContent(await readShoppers(join(root, 'with')))
    expect(score?.guides).toBe(20)
    expect(score?.ranked).toBeGreaterThan(2 * (score?.popularity ?? 1))
    expect(score?.better.low).toBeGreaterThan(0)
    expect(scoreContent(await readShoppers(join(root, 'without')))).toBeUndefined()
  })
})
