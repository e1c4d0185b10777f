import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readHistories } from '../../trainer/datasets/histories.ts'
import { historyNotes } from '../../trainer/history-notes.ts'
import { importToCache } from '../../trainer/importers/cache.ts'
import { importHistory } from '../../trainer/importers/import.ts'
import { type ImportReport, renderReport } from '../../trainer/importers/report.ts'
import { besideRepository } from '../shared-data.ts'
import { eventsIn, fileWith, productsIn, temporaryFolder } from './importers/files.ts'

const reason = (report: ImportReport, text: string) => report.files[0].reasons.find((one) => one.reason.includes(text))

const RETAIL_HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n'
const RETAIL = `${RETAIL_HEADER}\
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,WHITE METAL LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,71053,WHITE METAL LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,2,2010-12-01 08:26:00,2.95,17850.0,United Kingdom
536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.0,17850.0,United Kingdom
536366,22423,"REGENCY CAKESTAND, 3 TIER",1,2010-12-01 08:28:00,12.75,,United Kingdom
536367,22423,damaged,-4,2010-12-01 08:34:00,0.0,,United Kingdom
536368,71053,WHITE METAL LANTERN,3,2010-12-02 08:34:00,0.0,13047.0,United Kingdom
536369,71053,WHITE METAL LANTERN,3,2010-12-02 08:35:00,3.75,13047.0,United Kingdom
C536379,71053,WHITE METAL LANTERN,-1,2010-12-03 09:41:00,3.39,17850.0,United Kingdom
`

describe('Online Retail', () => {
  test('an invoice is one purchase, a cancellation one refund, and every row has its outcome', async () => {
    const out = join(temporaryFolder(), 'retail')
    const report = await importHistory({ files: [fileWith('r.csv', RETAIL)], out, maxRefused: 0.3 })
    const events = eventsIn(out)
    expect(events.map(({ name, id, shopper }) => [name, id, shopper])).toEqual([
      ['purchase', '536365', '17850'],
      ['purchase', '536369', '13047'],
      ['refund', 'C536379', '17850'],
    ])
    // 6 at 2.55 and 2 at 2.95 are 8 at 2.65; the doubled lantern line is dropped, not added.
    expect(events[0]).toMatchObject({
      transaction_id: '536365',
      currency: 'GBP',
      time: Date.UTC(2010, 11, 1, 8, 26),
      items: [
        { item_id: '85123A', quantity: 8, price: 2.65 },
        { item_id: '71053', quantity: 6, price: 3.39 },
      ],
    })
    expect(events[2]).toMatchObject({ items: [{ item_id: '71053', quantity: 1, price: 3.39 }] })
    expect(report.rows).toEqual({ read: 10, kept: 5, refused: 2, setAside: 3, repaired: 1 })
    expect(reason(report, 'exact duplicate')).toMatchObject({ outcome: 'set aside', rows: 1, lines: [4] })
    expect(reason(report, 'quantities added')).toMatchObject({ outcome: 'repaired', rows: 1, lines: [5] })
    expect(reason(report, 'not a product')).toMatchObject({ lines: [6], example: 'POST' })
    expect(reason(report, 'guest')).toMatchObject({ lines: [7], example: '536366' })
    expect(reason(report, 'quantity')).toMatchObject({ outcome: 'refused', lines: [8], example: '-4' })
    expect(reason(report, 'price')).toMatchObject({ outcome: 'refused', lines: [9], example: '0.0' })
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(report)))
  })

  test('the catalogue has the most frequent title, the median price, and knows what only guests bought', async () => {
    const out = join(temporaryFolder(), 'retail')
    await importHistory({ files: [fileWith('r.csv.gz', gzipSync(RETAIL))], out, maxRefused: 0.3 })
    expect(productsIn(out)).toEqual([
      product('85123A', 'White Hanging Heart T-Light Holder', 2.55, ['Home', 'Candles']),
      product('71053', 'White Metal Lantern', 3.39, ['Home', 'Lighting']),
      product('22423', 'Regency Cakestand, 3 Tier', 12.75, ['Kitchen', 'Baking']),
    ])
    function product(item_id: string, title: string, price: number, category: string[]) {
      return { item_id, title, price, category, currency: 'GBP', language: 'en' }
    }
  })

  test('an invoice of 450 different items becomes three events of one transaction', async () => {
    const rows = Array.from({ length: 450 }, (_, i) => `1,${10000 + i},THING ${i},1,2011-01-01 10:00:00,1.5,7,UK\n`)
    const out = join(temporaryFolder(), 'retail')
    await importHistory({ files: [fileWith('r.csv', RETAIL_HEADER + rows.join(''))], out })
    const events = eventsIn(out)
    expect(events.map((event) => event.id)).toEqual(['1', '1#2', '1#3'])
    expect(events.map((event) => 'items' in event && event.items?.length)).toEqual([200, 200, 50])
    expect(new Set(events.map((event) => 'transaction_id' in event && event.transaction_id))).toEqual(new Set(['1']))
  })

  const real = besideRepository('data', 'uci-online-retail', 'online-retail.csv.gz')
  test.skipIf(!real)(
    'the whole file: its published counts, less what is no product',
    { timeout: 300_000 },
    async () => {
      const out = join(temporaryFolder(), 'retail')
      const report = await importHistory({ files: [real as string], out })
      expect(report.rows.read).toBe(541_909)
      expect(report.rows.kept + report.rows.refused + report.rows.setAside).toBe(541_909)
      const events = eventsIn(out)
      const purchases = events.filter((event) => event.name === 'purchase')
      // 4,338 customers have a purchase line; four of them only ever paid for postage or by hand.
      expect(new Set(purchases.map((event) => event.shopper)).size).toBe(4334)
      const test = purchases.filter((event) => event.time >= Date.UTC(2011, 10, 1))
      // 3,435 invoices in November and December 2011 have a line of a known customer; 17 of them have no product.
      expect(new Set(test.map((event) => event.name === 'purchase' && event.transaction_id)).size).toBe(3418)
      expect(report.files[0].reasons.filter((one) => one.reason.startsWith('a machine'))).toEqual([])
      expect(report.files[0].reasons.filter((one) => one.reason.startsWith('an outlier'))).toEqual([])
      const withCategory = productsIn(out).filter((product) => product.category.length === 2)
      expect(withCategory.length / report.items).toBeGreaterThan(0.97)
    },
  )
})

describe('event files', () => {
  test('columns are known by their names, orders are put together, searches keep their words', async () => {
    const csv = `event_time;event_type;product_id;category_code;price;quantity;user_id;order_id;query
2024-03-01 10:00:00 UTC;view;A1;electronics.audio;12,50;;u1;;
2024-03-01 10:00:07 UTC;cart;A1;electronics.audio;12,50;1;u1;;
2024-03-01 10:05:00 UTC;purchase;A1;electronics.audio;12,50;1;u1;o1;
2024-03-01 10:05:00 UTC;purchase;B2;electronics.audio;1.234,00;2;u1;o1;
2024-03-01 09:59:00 UTC;search;;;;;u1;;  red  mug
2024-03-01 10:06:00 UTC;page_view;;;;;u1;;
2024-03-01 10:06:00 UTC;view;A1;electronics.audio;12,50;;;;
`
    const out = join(temporaryFolder(), 'shop')
    const report = await importHistory({ files: [fileWith('e.csv', csv)], out })
    const events = eventsIn(out)
    expect(events.map((event) => event.name)).toEqual(['search', 'view_item', 'add_to_cart', 'purchase'])
    expect(events[0]).toMatchObject({ search_term: 'red mug' })
    expect(events[3]).toMatchObject({
      transaction_id: 'o1',
      items: [
        { item_id: 'A1', price: 12.5, quantity: 1 },
        { item_id: 'B2', price: 1234, quantity: 2 },
      ],
    })
    expect(report.files[0].detected).toMatchObject({ delimiter: '";"', time: expect.stringContaining('ISO 8601') })
    expect(reason(report, 'page_view')).toMatchObject({ outcome: 'set aside', lines: [7] })
    expect(reason(report, 'no shopper')).toMatchObject({ outcome: 'set aside', lines: [8] })
    expect(productsIn(out)[0]).toMatchObject({ item_id: 'A1', price: 12.5, category: ['electronics', 'audio'] })
  })

  test('columns that nothing is read from are named, in the report and to whoever trains', async () => {
    const events = 'shopper,item,time,prise,zork\nu,a,1700000000,3,1\nv,b,1700000001,4,1\n'
    const catalogue = [
      { id: 'a', title: 'Mug', color: 'red', 'age group': 'adult', price: 3, wiegth: 2 },
      { id: 'b', title: 'Cup' },
    ]
    const out = join(temporaryFolder(), 'shop')
    const report = await importHistory({
      files: [fileWith('e.csv', events)],
      catalog: fileWith('c.jsonl', catalogue.map((row) => JSON.stringify(row)).join('\n')),
      out,
    })
    expect(report.files.map(({ detected }) => detected['passed over'])).toEqual(['prise, zork', 'wiegth'])
    expect(renderReport(report)).toMatch(/^ {2}passed over +prise, zork$/m)
    expect(historyNotes(await readHistories(out)).at(-1)).toMatch(
      /^nothing was read from the columns prise, zork, wiegth:/,
    )
  })

  test('a GA4 BigQuery export is read as it is, microseconds and nested items included', async () => {
    const base = { user_pseudo_id: '17.42', event_date: '20210131', platform: 'WEB' }
    const rows = [
      { ...base, event_name: 'session_start', event_timestamp: '1612069200000000' },
      {
        ...base,
        event_name: 'view_item',
        event_timestamp: '1612069210123456',
        event_params: [{ key: 'currency', value: { string_value: 'usd' } }],
        items: [{ item_id: 'GGOE1', item_name: 'Google Mug', item_category: 'Home', item_category2: 'Mugs', price: 8 }],
      },
      {
        ...base,
        event_name: 'view_search_results',
        event_timestamp: '1612069205000000',
        event_params: [{ key: 'search_term', value: { string_value: 'mug' } }],
        items: [],
      },
      {
        ...base,
        event_name: 'purchase',
        event_timestamp: '1612069300000000',
        ecommerce: { transaction_id: 'T-9' },
        items: [{ item_id: 'GGOE1', item_name: 'Google Mug', price: 8, quantity: 2 }, { item_id: '(not set)' }],
      },
    ]
    const out = join(temporaryFolder(), 'ga4')
    const path = fileWith('ga4.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'))
    const report = await importHistory({ files: [path], out })
    const events = eventsIn(out)
    expect(events.map((event) => event.name)).toEqual(['view_search_results', 'view_item', 'purchase'])
    expect(events[1]).toMatchObject({ shopper: '17.42', time: 1612069210123, currency: 'USD' })
    expect(events[2]).toMatchObject({ transaction_id: 'T-9', items: [{ item_id: 'GGOE1', price: 8, quantity: 2 }] })
    expect(report.files[0].detected.time).toContain('microseconds')
    expect(report.files[0].detected['passed over']).toBe('event_date, platform')
    expect(productsIn(out)).toEqual([
      expect.objectContaining({ item_id: 'GGOE1', title: 'Google Mug', category: ['Home', 'Mugs'], price: 8 }),
    ])
  })

  test('columns can be stated, also inside objects, beside a catalogue with other ids', async () => {
    const folder = temporaryFolder()
    const events = fileWith(
      'e.jsonl',
      '{"who":"x","what":{"sku":"A"},"at":1700000000}\n{"who":"y","what":{"sku":"Z"},"at":1700000009}\n',
      folder,
    )
    const catalog = fileWith('c.csv', 'id,title,price\nA,Ash tray,3\nB,Bowl,4\n', folder)
    const out = join(folder, 'out')
    const map = { shopper: 'who', item: 'what.sku', time: 'at' }
    const report = await importHistory({ files: [events], catalog, out, map, event: 'purchase' })
    expect(eventsIn(out).map(({ name, time }) => [name, time])).toEqual([
      ['purchase', 1_700_000_000_000],
      ['purchase', 1_700_000_009_000],
    ])
    expect(report.missingFromCatalogue).toEqual({ items: 1, events: 1, examples: ['Z'] })
    for (const { detected } of report.files) expect(detected).not.toHaveProperty('passed over')
    expect(productsIn(out).map((product) => product.item_id)).toEqual(['A', 'B'])
  })

  test('machines and visits that only look are dropped; a wholesale buyer with as many orders stays', async () => {
    const rows = ['user_id,product_id,timestamp,event_type,order_id']
    const at = (seconds: number) => 1_700_006_400 + seconds // from midnight, so that a day is whole
    for (let i = 0; i < 1001; i++) rows.push(`machine,p${i % 50},${at(i * 20)},view,`)
    for (let i = 0; i < 201; i++) rows.push(`watcher,p${i % 50},${at(i * 20)},view,`)
    rows.push(`watcher,p1,${at(201 * 20 + 1900)},view,`) // the next visit, after more than 30 minutes
    for (let i = 0; i < 200; i++) rows.push(`keen,p${i % 50},${at(i * 20)},view,`)
    rows.push(`keen,p1,${at(4001)},view,`, `keen,p1,${at(4002)},cart,`)
    for (let i = 0; i < 1500; i++) rows.push(`wholesale,p${i % 50},${at(i)},purchase,o${i}`)
    const out = join(temporaryFolder(), 'out')
    const report = await importHistory({ files: [fileWith('e.csv', `${rows.join('\n')}\n`)], out })
    const count = (shopper: string) => eventsIn(out).filter((event) => event.shopper === shopper).length
    expect([count('machine'), count('watcher'), count('keen'), count('wholesale')]).toEqual([0, 1, 202, 1500])
    expect(reason(report, 'a machine')?.rows).toBe(1001)
    expect(reason(report, 'an outlier visit')?.rows).toBe(201)
    expect(report.files[0].reasons[0].lines).toHaveLength(20)
  })

  test('rows in any order, over several files, give the same histories', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `u${i % 7},p${i % 11},${1_700_000_000 + i * 60},view`)
    const header = 'user_id,item_id,time,event'
    const csv = (some: string[]) => [header, ...some, ''].join('\n')
    const folder = temporaryFolder()
    const whole = fileWith('whole.csv', csv(rows), folder)
    const parts = [
      fileWith('a.csv', csv(rows.slice(30).reverse()), folder),
      fileWith('b.csv', csv(rows.slice(0, 30)), folder),
    ]
    await importHistory({ files: [whole], out: join(folder, '1') })
    await importHistory({ files: parts, out: join(folder, '2') })
    const facts = (out: string) => eventsIn(join(folder, out)).map(({ id: _, ...rest }) => rest)
    expect(facts('2')).toEqual(facts('1'))
  })

  test('identifiers with quotes, commas and emoji survive; one of 10,000 characters is refused', async () => {
    const rows = [
      'shopper,item,time',
      '"u ""1""","a,b",1700000000',
      '👩‍🚒,🍵,1700000001',
      `u,${'x'.repeat(10_000)},1700000002`,
    ]
    const out = join(temporaryFolder(), 'out')
    const report = await importHistory({ files: [fileWith('e.csv', rows.join('\n'))], out, maxRefused: 0.5 })
    expect(eventsIn(out).map((event) => [event.shopper, 'items' in event && event.items?.[0].item_id])).toEqual([
      ['u "1"', 'a,b'],
      ['👩‍🚒', '🍵'],
    ])
    expect(reason(report, 'longer than 256')).toMatchObject({ outcome: 'refused', lines: [4] })
  })

  test('one shopper and one item are allowed, with a warning', async () => {
    const out = join(temporaryFolder(), 'out')
    const report = await importHistory({ files: [fileWith('e.csv', 'shopper,item,time\nu,a,1700000000\n')], out })
    expect(report.warnings).toEqual([expect.stringContaining('one shopper'), expect.stringContaining('one item')])
  })
})

test('the cache imports a file once, and again when it changed', async () => {
  const folder = temporaryFolder()
  const path = fileWith('e.csv', 'shopper,item,time\nu,a,1700000000\n', folder)
  const first = await importToCache(path, join(folder, 'cache'))
  writeFileSync(join(first, 'mark'), '')
  expect(await importToCache(path, join(folder, 'cache'))).toBe(first)
  expect(existsSync(join(first, 'mark'))).toBe(true)
  writeFileSync(path, 'shopper,item,time\nu,a,1700000000\nv,b,1700000000\n')
  expect(await importToCache(path, join(folder, 'cache'))).not.toBe(first)
})

test('a second import replaces the first; a folder with other files is left alone', async () => {
  const folder = temporaryFolder()
  const path = fileWith('e.csv', 'shopper,item,time\nu,a,1700000000\n', folder)
  const out = join(folder, 'out')
  await importHistory({ files: [path], out })
  await importHistory({ files: [path], out, event: 'purchase' })
  expect(eventsIn(out).map((event) => event.name)).toEqual(['purchase'])
  const other = join(folder, 'other')
  mkdirSync(other)
  writeFileSync(join(other, 'letter.txt'), 'dear')
  await expect(importHistory({ files: [path], out: other })).rejects.toThrow('other files')
  expect(readdirSync(other)).toEqual(['letter.txt'])
})
