import { describe, expect, it } from 'vitest'
import type { Product } from '../../../shared/data/catalog.ts'
import { TEXT_WIDTH, textVector } from '../../../shared/data/text.ts'
import { contentOf, queryRow, textOf } from '../../../shared/model/content.ts'

const product = (n: number, fields: Partial<Product> = {}): Product => ({
  item_id: `p${n}`,
  title: `thing ${n}`,
  category: ['Home', 'Kitchen'],
  ...fields,
})

describe('content of items', () => {
  it('is the text, a column for each part of the category path, and the price band among its kind', () => {
    // 16 mugs at 1 … 16, 16 sofas at 100 … 1,600: the dearest of each have their band in common.
    const mugs = Array.from({ length: 16 }, (_, n) => product(n, { price: n + 1, category: ['Home', 'Mugs'] }))
    const sofas = Array.from({ length: 16 }, (_, n) =>
      product(n, { price: 100 * (n + 1), category: ['Home', 'Sofas'] }),
    )
    const { width, rows } = contentOf([...mugs, ...sofas, product(40, { category: ['Rare'] })])
    expect(width).toBe(TEXT_WIDTH + 3 + 8) // Home, Home > Mugs, Home > Sofas; one item of "Rare" is no kind
    const row = (item: number) => [...rows.subarray(item * width + TEXT_WIDTH, (item + 1) * width)]
    const bands = (item: number) => row(item).slice(3)
    expect(row(0)).toEqual([1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    expect(row(16)).toEqual([1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    expect(bands(15)).toEqual([0, 0, 0, 0, 0, 0, 0, 1])
    expect(bands(31)).toEqual(bands(15))
    expect(row(32)).toEqual(new Array(11).fill(0))
    expect(rows.subarray(0, TEXT_WIDTH)).toEqual(textVector(textOf(mugs[0])))
  })

  it('gives equal prices the same band, and no price none', () => {
    const { width, rows } = contentOf([5, 5, 5, 9].map((price, n) => product(n, { price })).concat(product(4)))
    const band = (item: number) => rows.subarray((item + 1) * width - 8, (item + 1) * width).indexOf(1)
    expect([0, 1, 2, 3, 4].map(band)).toEqual([0, 0, 0, 6, -1])
  })

  it('is read for 30,000 products of one kind in seconds', () => {
    const started = performance.now()
    contentOf(Array.from({ length: 30_000 }, (_, n) => product(n, { title: 'x', category: [], price: n % 977 })))
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it('has the text of all languages, the brand and the innermost category', () => {
    const translations = { zh: { title: '马克杯', description: '不读' } }
    expect(textOf(product(1, { title: 'Mug', brand: 'Acme', description: 'not read', translations }))).toBe(
      'Mug 马克杯 Acme Kitchen',
    )
  })

  it('of a query is its text and nothing else', () => {
    const row = queryRow('red mug', TEXT_WIDTH + 11)
    expect(row.subarray(0, TEXT_WIDTH)).toEqual(textVector('red mug'))
    expect(row.subarray(TEXT_WIDTH).every((value) => value === 0)).toBe(true)
  })
})
