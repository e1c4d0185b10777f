import { describe, expect, it } from 'vitest'
import type { Product } from '../../../shared/data/catalog.ts'
import { TEXT_WIDTH, textVector } from '../../../shared/data/text.ts'
import { contentOf, queryRow, textOf } from '../../../shared/model/content.ts'
import { denseOf, type SparseMatrix, sparseOf } from '../../../shared/model/sparse.ts'

const product = (n: number, fields: Partial<Product> = {}): Product => ({
  item_id: `p${n}`,
  title: `thing ${n}`,
  category: ['Home', 'Kitchen'],
  ...fields,
})

const dense = (matrix: SparseMatrix) => ({ width: matrix.width, rows: denseOf(matrix) })

describe('content of items', () => {
  it('is the text, its words, a column for each part of the category path, and the price band among its kind', () => {
    // 16 mugs at 1 … 16, 16 sofas at 100 … 1,600: the dearest of each have their band in common.
    const mugs = Array.from({ length: 16 }, (_, n) => product(n, { price: n + 1, category: ['Home', 'Mugs'] }))
    const sofas = Array.from({ length: 16 }, (_, n) =>
      product(n, { price: 100 * (n + 1), category: ['Home', 'Sofas'] }),
    )
    const { width, rows } = dense(contentOf([...mugs, ...sofas, product(40, { category: ['Rare'] })]))
    // "thing"; Home, Home > Mugs, Home > Sofas: one item of "Rare" is no kind, and no number is in three titles.
    expect(width).toBe(TEXT_WIDTH + 1 + 3 + 8)
    const row = (item: number) => [...rows.subarray(item * width + TEXT_WIDTH, (item + 1) * width)]
    const bands = (item: number) => row(item).slice(4)
    expect(row(0)).toEqual([1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    expect(row(16)).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    expect(bands(15)).toEqual([0, 0, 0, 0, 0, 0, 0, 1])
    expect(bands(31)).toEqual(bands(15))
    expect(row(32)).toEqual([1, ...new Array(11).fill(0)])
    expect(rows.subarray(0, TEXT_WIDTH)).toEqual(textVector(textOf(mugs[0])))
  })

  it('weighs a word by how few titles have it', () => {
    const titles = ['red mug', 'red mug', 'red mug', 'red lamp', 'Red', 'jug']
    const { width, rows } = dense(contentOf(titles.map((title, n) => product(n, { title, category: [] }))))
    expect(width).toBe(TEXT_WIDTH + 2 + 8)
    const [red, mug] = [Math.log(7 / 6) + 1, Math.log(7 / 4) + 1]
    const length = Math.hypot(red, mug)
    const cells = (item: number) => [...rows.subarray(item * width + TEXT_WIDTH, item * width + TEXT_WIDTH + 2)]
    expect(cells(0)[0]).toBeCloseTo(red / length, 6)
    expect(cells(0)[1]).toBeCloseTo(mug / length, 6)
    expect(cells(3)).toEqual([1, 0])
    expect(cells(5)).toEqual([0, 0])
  })

  it('has a column for each brand and attribute value that three products share, however they are written', () => {
    const same = { title: 'x', category: [] }
    const items = [
      product(0, { ...same, brand: 'Acme', attributes: { colour: 'Sage', tags: 'boho | v-neck' } }),
      product(1, { ...same, brand: 'ACME ', attributes: { colour: 'sage', tags: 'v-neck' } }),
      product(2, { ...same, brand: 'acme', attributes: { colour: ' sage', tags: 'beach, v-neck' } }),
      product(3, { ...same, brand: 'Other', attributes: { size: 'sage' } }),
    ]
    const { width, rows } = dense(contentOf(items))
    expect(width).toBe(TEXT_WIDTH + 1 + 3 + 8) // x; acme, colour: sage, tags: v-neck
    const cells = (item: number) => [...rows.subarray(item * width + TEXT_WIDTH + 1, item * width + TEXT_WIDTH + 4)]
    expect([0, 1, 2, 3].map(cells)).toEqual([
      [1, 1, 1],
      [1, 1, 1],
      [1, 1, 1],
      [0, 0, 0],
    ])
  })

  it('takes more, behind everything', () => {
    const more = sparseOf(2, Float32Array.of(0.1, 0.2, 0.4, 0.8))
    const products = [product(1, { category: [] }), product(2, { category: [] })]
    const { width, rows } = dense(contentOf(products, more))
    expect(width).toBe(TEXT_WIDTH + 8 + 2)
    expect(rows.subarray(width - 2, width)).toEqual(Float32Array.of(0.1, 0.2))
    expect(rows.subarray(2 * width - 2)).toEqual(Float32Array.of(0.4, 0.8))
    expect(() => contentOf([product(1)], more)).toThrow(/more of 2 items, for 1/)
  })

  it('gives equal prices the same band, and no price none', () => {
    const { width, rows } = dense(contentOf([5, 5, 5, 9].map((price, n) => product(n, { price })).concat(product(4))))
    const band = (item: number) => rows.subarray((item + 1) * width - 8, (item + 1) * width).indexOf(1)
    expect([0, 1, 2, 3, 4].map(band)).toEqual([0, 0, 0, 6, -1])
  })

  it('is read for 30,000 products of one kind in seconds', () => {
    const started = process.cpuUsage()
    contentOf(Array.from({ length: 30_000 }, (_, n) => product(n, { title: 'x', category: [], price: n % 977 })))
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(5)
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
