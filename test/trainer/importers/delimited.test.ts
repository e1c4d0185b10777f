import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readDelimited } from '../../../trainer/importers/delimited.ts'

/** The rows of a text that arrives in pieces of `size` characters. */
async function rowsOf(text: string, size: number) {
  async function* pieces() {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
  }
  const rows: unknown[] = []
  for await (const row of readDelimited('f.csv', pieces(), ',')) rows.push('record' in row ? row.record : row.reason)
  return rows
}

test('any table, quoted as RFC 4180 says, is read as csv-parse reads it whole, in pieces of any size', async () => {
  const cell = fc.oneof(fc.string(), fc.stringMatching(/^[",\n a]{0,6}$/)).map((text) => text.replace(/[\r\0]/g, ''))
  const quoted = (text: string) => (/[",\n]|^\s*$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { minLength: 1 }),
      fc.integer({ min: 1, max: 40 }),
      async (table, size) => {
        const text = ['a,b', ...table.map((row) => row.map(quoted).join(','))].join('\n')
        const whole = parse(text, { columns: true, record_delimiter: '\n' })
        expect(await rowsOf(text, size)).toEqual(whole.map((row) => ({ ...(row as object) })))
        expect(whole).toEqual(table.map(([a, b]) => ({ a, b })))
      },
    ),
    { seed: 20261122, numRuns: 300 },
  )
})

test('quotes that open no cell are characters', async () => {
  expect(await rowsOf('a,b\n12" ruler,6"\n', 7)).toEqual([{ a: '12" ruler', b: '6"' }])
})
