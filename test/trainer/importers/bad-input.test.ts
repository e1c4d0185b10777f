import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { importHistory } from '../../../trainer/importers/import.ts'
import { fileWith, temporaryFolder, userErrorOf } from './files.ts'

const EVENTS = 'shopper,item,time\nu,a,1700000000\nv,b,1700000001\n'

/** What is wrong, the file, and what the error must name: a place, a value, a remedy. */
const BAD: [promise: string, name: string, content: string | Uint8Array, what: RegExp, remedy: RegExp][] = [
  ['an empty file', 'e.csv', '', /is empty/, /export/],
  ['an empty archive', 'e.csv.gz', gzipSync(''), /is empty/, /export/],
  ['a header alone', 'e.csv', 'shopper,item,time\n', /no rows/, /export/],
  [
    'one column where a delimiter was expected',
    'e.csv',
    'shopper:item:time\nu:a:1\n',
    /line 1.*one column: "shopper:item:time"/,
    /--delimiter/,
  ],
  [
    'a first line of numbers',
    'e.csv',
    '196,242,881250949\n1,2,881250950\n',
    /line 1: "196,242,881250949" is no header/,
    /column names/,
  ],
  ['no times', 'e.csv', 'shopper,item\nu,a\n', /no column holds times/, /--map time=COLUMN.*shopper, item/],
  ['no shoppers', 'e.csv', 'item,time,event\na,1700000000,view\n', /no column holds shoppers/, /--map shopper=COLUMN/],
  [
    'times that are none',
    'e.csv',
    'shopper,item,time\nu,a,soon\n',
    /line 2, column time: "soon" is no time/,
    /ISO 8601/,
  ],
  [
    'day and month that cannot be told apart',
    'e.csv',
    'shopper,item,time\nu,a,03/04/2024\n',
    /line 2, column time: "03\/04\/2024" may be day\/month/,
    /--date-format DD\/MM\/YYYY/,
  ],
  ['a catalogue without ids', 'c.csv', 'title,price\nMug,3\n', /no column of ids/, /--map item=COLUMN.*title, price/],
  ['columns of neither kind', 'x.csv', 'foo,bar\n1,2\nx,y\n', /foo, bar/, /--format events-csv --map/],
  [
    'every row refused',
    'e.csv',
    `shopper,item,time\nu,,1700000000\nv,,1700000001\n`,
    /line 2: no item.*every row \(2 of 2\)/,
    /--map/,
  ],
  [
    'too many rows refused',
    'e.csv',
    `${EVENTS}u,,1700000000\n`,
    /line 4: no item.*33\.3 % of the rows \(1 of 3\)/,
    /--max-refused 0\.34/,
  ],
  [
    'no row with a shopper',
    'e.csv',
    'shopper,item,time\n,a,1700000000\n',
    /no row is an event.*1 × no shopper \(line 2/,
    /--map shopper/,
  ],
  [
    'an unterminated quote',
    'e.csv',
    `${EVENTS}u,"a,1700000000\nv,b,1700000001\n`,
    /line 4: a quote opens/,
    /double it/,
  ],
  [
    'bytes that are not UTF-8',
    'e.csv',
    Buffer.from('shopper,item,time\nu,caf\xe9,1700000000\n', 'latin1'),
    /line 2: bytes e9 2c 31 37/,
    /--encoding windows-1252/,
  ],
  ['UTF-16', 'e.csv', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(EVENTS, 'utf16le')]), /UTF-16/, /iconv/],
  ['a byte 0', 'e.csv', `${EVENTS}u,a\0,1700000000\n`, /line 4: a byte 0/, /UTF-8/],
  ['a truncated archive', 'e.csv.gz', gzipSync(EVENTS.repeat(500)).subarray(0, 60), /breaks off/, /gzip -t/],
  ['a damaged archive', 'e.csv.gz', damaged(gzipSync(EVENTS)), /damaged/, /gzip -t/],
  ['a spreadsheet', 'e.xlsx', Buffer.from('PK\x03\x04rest'), /spreadsheet/, /CSV/],
  ['a benchmark of sequences', 's.txt', '1 5 7 9\n2 5 6\n', /benchmark of sequences/, /vitrine train --data/],
  ['a feed that breaks off', 'f.xml', '<rss><channel><item><id>1</id><title>Mug</ti', /line 1.*breaks off/, /export/],
  ['a feed that is no XML', 'f.xml', '<rss><channel><item><g:id>1</item></rss>', /not well formed/, /export/],
  ['a web page', 'f.xml', '<!doctype html><html><body>404</body></html>', /no product feed/, /Merchant/],
  [
    'entities that expand',
    'f.xml',
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><rss><item><id>&b;</id></item></rss>',
    /declares entities/,
    /DOCTYPE/,
  ],
  [
    'an array that breaks off',
    'c.json',
    '[{"id":"1","title":"Mug"},\n{"id":"2"',
    /line 2: the array breaks off/,
    /export/,
  ],
]

function damaged(archive: Buffer): Buffer {
  const bytes = Buffer.from(archive)
  for (let i = 12; i < 20; i++) bytes[i] ^= 0xff
  return bytes
}

describe('bad input names what is wrong and how to mend it, and leaves nothing behind', () => {
  test.each(BAD)('%s', async (_promise, name, content, what, remedy) => {
    const path = fileWith(name, content)
    const folder = dirname(path)
    const error = await userErrorOf(importHistory({ files: [path], out: join(folder, 'out') }))
    expect(error.message).toMatch(what)
    expect(error.message).toContain(path)
    expect(error.remedy).toMatch(remedy)
    expect(readdirSync(folder)).toEqual([name])
  })

  test('a missing file, a folder, a stated column that is not there', async () => {
    const folder = temporaryFolder()
    const out = join(folder, 'out')
    const of = async (file: string, map = {}) => (await userErrorOf(importHistory({ files: [file], out, map }))).message
    expect(await of(join(folder, 'none.csv'))).toMatch(/none\.csv: there is no such file/)
    expect(await of(folder)).toMatch(/is a folder/)
    expect(await of(fileWith('e.csv', EVENTS), { event: 'what' })).toMatch(/no column "what" for event/)
  })

  test('a folder that cannot be made, and one whose disk is full, are said to be so', async () => {
    const path = fileWith('e.csv', EVENTS)
    const file = join(dirname(path), 'file')
    writeFileSync(file, 'not a folder')
    const below = await userErrorOf(importHistory({ files: [path], out: join(file, 'out') }))
    expect(below.message).toMatch(/part of the path is a file; nothing was written/)
    const itself = await userErrorOf(importHistory({ files: [path], out: file }))
    expect(itself.message).toMatch(/is a file/)
    // /sys refuses new folders to everyone, root included.
    const readOnly = await userErrorOf(importHistory({ files: [path], out: '/sys/vitrine' }))
    expect(readOnly.remedy).toMatch(/--out/)
  })

  test('a failed import leaves the dataset that was there', async () => {
    const path = fileWith('e.csv', EVENTS)
    const out = join(dirname(path), 'out')
    await importHistory({ files: [path], out })
    writeFileSync(path, 'shopper,item,time\nu,,1700000000\n')
    await userErrorOf(importHistory({ files: [path], out }))
    expect(readdirSync(dirname(path)).sort()).toEqual(['e.csv', 'out'])
    expect(existsSync(join(out, 'dataset.json'))).toBe(true)
  })
})

describe('unusual and right', () => {
  test('a byte order mark, Windows line ends, a quoted line break: lines are counted as an editor does', async () => {
    const csv = '\ufeffshopper,item,title,time\r\nu,a,"Big\r\nmug",1700000000\r\n\r\nv,,x,1700000001\r\n'
    const path = fileWith('e.csv', csv)
    const report = await importHistory({ files: [path], out: join(dirname(path), 'out'), maxRefused: 0.5 })
    expect(report.files[0].rows).toMatchObject({ read: 2, kept: 1, refused: 1 })
    expect(report.files[0].reasons[0]).toMatchObject({ reason: 'no item', lines: [5] })
  })

  test('a quote inside an unquoted cell is a character', async () => {
    const path = fileWith('e.csv', 'shopper,item,time\nu,12" ruler,1700000000\nv,6" ruler,1700000001\n')
    const report = await importHistory({ files: [path], out: join(dirname(path), 'out') })
    expect(report).toMatchObject({ shoppers: 2, items: 2 })
  })

  test('a second import keeps the answers that the shop wrote beside the first, but not the simulator’s', async () => {
    const path = fileWith('e.csv', EVENTS)
    const out = join(dirname(path), 'out')
    const answers = join(out, 'faq.jsonl')
    await importHistory({ files: [path], out })
    writeFileSync(answers, '{"id":"returns"}\n')
    await importHistory({ files: [path], out })
    expect(readFileSync(answers, 'utf8')).toBe('{"id":"returns"}\n')
    writeFileSync(join(out, 'dataset.json'), '{"simulated":true}')
    await importHistory({ files: [path], out })
    expect(existsSync(answers)).toBe(false)
  })

  test('characters cut by the edge of a chunk are whole again', async () => {
    const rows = Array.from(
      { length: 40_000 },
      (_, i) => `ü${'é'.repeat(i % 5)},日本語${i % 90},${1_600_000_000 + i * 1000}`,
    )
    const path = fileWith('e.csv', `shopper,item,time\n${rows.join('\n')}\n`)
    const report = await importHistory({ files: [path], out: join(dirname(path), 'out') })
    expect(report).toMatchObject({ shoppers: 5, items: 90, events: 40_000 })
  })

  test('text written on Windows is read when that is said', async () => {
    const path = fileWith('e.csv', Buffer.from('shopper,item,time\nu,caf\xe9,1700000000\n', 'latin1'))
    const out = join(dirname(path), 'out')
    mkdirSync(out)
    const report = await importHistory({ files: [path], out, encoding: 'windows-1252' })
    expect(report.items).toBe(1)
  })
})
