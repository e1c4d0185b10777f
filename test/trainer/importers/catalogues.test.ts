import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { detectFormat } from '../../../trainer/importers/format.ts'
import { importHistory } from '../../../trainer/importers/import.ts'
import { readSequences } from '../../../trainer/importers/sequences.ts'
import { besideRepository } from '../../shared-data.ts'
import { fileWith, productsIn, temporaryFolder } from './files.ts'

async function productsOf(name: string, content: string | Uint8Array) {
  const out = join(temporaryFolder(), 'out')
  const report = await importHistory({ files: [fileWith(name, content)], out })
  return { products: productsIn(out), report }
}

const MUG = {
  item_id: 'MUG-1',
  title: 'Mug & saucer',
  category: ['Home', 'Kitchen', 'Mugs'],
  description: 'Big. Blue.',
  brand: 'Ørsted',
  price: 12,
  list_price: 15,
  currency: 'USD',
  availability: 'in_stock',
  url: 'https://shop.example/mug',
  image_link: 'https://shop.example/mug.jpg',
  item_group_id: 'MUG',
  attributes: { color: 'blue', size: 'L', material: 'stoneware' },
  language: 'en',
}

describe('catalogues', () => {
  test('a guide is recommended like a product, and has no price', async () => {
    const rows = [
      { id: 'g1', title: 'How to fold a napkin', kind: 'Guide', price: '3.00' },
      { id: 'v1', title: 'Brewing tea', kind: 'video' },
      { id: 'p1', title: 'Napkin', kind: 'product', price: '3.00' },
      { id: 'p2', title: 'Cloth', kind: 'podcast', price: '4.00' },
    ]
    const { products, report } = await productsOf('c.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'))
    expect(products.map(({ kind, price }) => [kind, price])).toEqual([
      ['guide', undefined],
      ['video', undefined],
      [undefined, 3],
      [undefined, 4],
    ])
    const repaired = JSON.stringify(report)
    expect(repaired).toContain('a guide or video has no price: left out')
    expect(repaired).toContain('kind is none of product, guide and video')
    expect(repaired).not.toContain('no price"')
  })

  test('a Merchant feed says the same as RSS and as TSV', async () => {
    const rss = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:id>MUG-1</g:id><title>Mug &amp;amp; saucer</title><description><![CDATA[<p>Big.</p> <b>Blue.</b>]]></description>
<link>https://shop.example/mug</link><g:image_link>https://shop.example/mug.jpg</g:image_link>
<g:price>15.00 USD</g:price><g:sale_price>12.00 USD</g:sale_price><g:availability>in stock</g:availability>
<g:product_type>Home &gt; Kitchen &gt; Mugs</g:product_type><g:product_type>Gifts</g:product_type><g:brand>Ørsted</g:brand>
<g:item_group_id>MUG</g:item_group_id><g:color>blue</g:color><g:size>L</g:size><g:material>stoneware</g:material>
<g:shipping><g:price>4.00 USD</g:price></g:shipping></item></channel></rss>`
    const tsv = `id\ttitle\tdescription\tlink\timage link\tprice\tsale price\tavailability\tproduct type\tbrand\titem group id\tcolor\tsize\tmaterial
MUG-1\tMug &amp; saucer\t<p>Big.</p> <b>Blue.</b>\thttps://shop.example/mug\thttps://shop.example/mug.jpg\t15.00 USD\t12.00 USD\tin_stock\tHome > Kitchen > Mugs\tØrsted\tMUG\tblue\tL\tstoneware
`
    expect(await detectFormat(fileWith('f.xml', rss))).toBe('merchant-rss')
    expect(await detectFormat(fileWith('f.txt', tsv))).toBe('merchant-tsv')
    expect((await productsOf('f.xml', rss)).products).toEqual([MUG])
    expect((await productsOf('f.txt', tsv)).products).toEqual([MUG])
  })

  test('JSON lines, one array over many lines, and CSV say the same', async () => {
    const one = { id: 'a', name: 'Tea 茶', price: 3.5, image: 'javascript:alert(1)' }
    const two = { id: 'b', name: 'Brackets ]}"[{', price: '4,50 €', image: '/b.png' }
    const jsonl = `${JSON.stringify(one)}\n${JSON.stringify(two)}\n`
    const array = JSON.stringify([one, two], null, 2)
    const csv = 'id;name;price;image\na;Tea 茶;3.5;javascript:alert(1)\nb;"Brackets ]}""[{";4,50 €;/b.png\n'
    const expected = [
      { item_id: 'a', title: 'Tea 茶', category: [], price: 3.5, language: 'zh' },
      {
        item_id: 'b',
        title: two.name,
        category: [],
        price: 4.5,
        currency: 'EUR',
        image_link: '/b.png',
        language: 'en',
      },
    ]
    for (const [name, content] of [
      ['c.jsonl', jsonl],
      ['c.json', array],
      ['c.csv', csv],
    ] as const) {
      const { products, report } = await productsOf(name, name === 'c.json' ? gzipSync(content) : content)
      expect(products).toEqual(expected)
      expect(report.files[0].reasons).toMatchObject([{ outcome: 'repaired', example: 'javascript:alert(1)' }])
      expect(report.warnings).toEqual([expect.stringContaining('without a history')])
    }
  })

  test('bad rows are counted with their lines, and a doubled id keeps its first row', async () => {
    const rows = ['{"id":"a","title":"A"}', '{"id":"a","title":"Again"}', 'not json', '{"title":"no id"}', '{"id":"c"}']
    const fine = Array.from({ length: 100 }, (_, i) => `{"id":"x${i}","title":"X","price":1}`)
    const { products, report } = await productsOf('c.jsonl', [...rows, ...fine].join('\n'))
    expect(products.filter((product) => product.item_id === 'a').map((product) => product.title)).toEqual(['A'])
    const by = (outcome: string) =>
      report.files[0].reasons.filter((one) => one.outcome === outcome).map(({ reason, lines }) => [reason, lines])
    expect(by('refused')).toEqual([
      ['the line is no JSON', [3]],
      ['no id', [4]],
      ['no title', [5]],
    ])
    expect(by('set aside')).toEqual([[expect.stringContaining('an earlier row'), [2]]])
  })

  test('categories written in capitals or not are one category', async () => {
    const { products } = await productsOf('c.csv', 'id,title,category\n1,a,Home > Mugs\n2,b,HOME>mugs\n')
    expect(products.map((product) => product.category)).toEqual([
      ['Home', 'Mugs'],
      ['Home', 'Mugs'],
    ])
  })

  const livostyle = besideRepository('data', 'livostyle-catalog', 'products.jsonl.gz')
  test.skipIf(!livostyle)('a real catalogue of 2,766 products is read whole', async () => {
    const out = join(temporaryFolder(), 'out')
    const report = await importHistory({ files: [livostyle as string], out })
    const products = productsIn(out)
    expect(report.rows).toMatchObject({ read: 2766, kept: 2766, refused: 0 })
    expect(products.every((product) => product.price && product.currency === 'USD')).toBe(true)
    const paths = products.map((product) => product.category.join(' > ')).filter((path) => path !== '')
    expect([paths.length, new Set(paths).size]).toEqual([2758, 76])
  })
})

describe('benchmark sequences', () => {
  const beauty = besideRepository('data', 'amazon-2014-5core', 'Beauty.txt.gz')
  test.skipIf(!beauty)('Beauty has its published counts', async () => {
    expect(await detectFormat(beauty as string)).toBe('sequences')
    const items = new Set<string>()
    let [shoppers, interactions] = [0, 0]
    for await (const sequence of readSequences(beauty as string)) {
      shoppers++
      interactions += sequence.items.length
      for (const item of sequence.items) items.add(item)
    }
    expect([shoppers, items.size, interactions]).toEqual([22_363, 12_101, 198_502])
  })
})
