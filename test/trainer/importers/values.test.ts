import { describe, expect, test } from 'vitest'
import { parsePrice } from '../../../trainer/importers/amount.ts'
import { categoryPath, cleanText, titleCase } from '../../../trainer/importers/clean-text.ts'
import { giftCategory } from '../../../trainer/importers/gift-categories.ts'
import { detectTimeFormat, parseTime } from '../../../trainer/importers/time.ts'

test.each([
  ['15.00 USD', 15, 'USD'],
  ['GBP 2.55', 2.55, 'GBP'],
  ['£2.55', 2.55, 'GBP'],
  ['1,234.50', 1234.5, undefined],
  ['1.234,50 €', 1234.5, 'EUR'],
  ['2,55', 2.55, undefined],
  ['1,234', 1234, undefined],
  ['1 234,50 PLN', 1234.5, 'PLN'],
  ["1'299.90 CHF", 1299.9, 'CHF'],
  ['$0.30', 0.3, undefined],
  [0.3, 0.3, undefined],
])('the price %s', (text, amount, currency) => {
  expect(parsePrice(text)).toEqual({ amount, currency })
})

test.each(['', 'free', 'NaN', '1.2.3', '0x10', '1e3', '12 34 USD EUR', null, {}])('%j is no price', (value) => {
  expect(parsePrice(value)).toBeUndefined()
})

describe('times', () => {
  const timeFormat = (texts: string[], stated?: string) =>
    detectTimeFormat(
      texts.map((value, n) => ({ value, line: n + 2 })),
      'here',
      'time',
      stated,
    )
  const at = Date.UTC(2024, 2, 4, 5, 6, 7)
  test.each([
    ['2024-03-04T05:06:07Z', 'ISO 8601', at],
    ['2024-03-04 05:06:07', 'ISO 8601', at],
    ['2024-03-04T07:06:07.250+02:00', 'ISO 8601', at + 250],
    ['2024-03-04 05:06:07 UTC', 'ISO 8601', at],
    [String(at / 1000), 'seconds', at],
    [String(at), 'milliseconds', at],
    [`${at}999`, 'microseconds', at],
    ['20240304', 'YYYYMMDD', Date.UTC(2024, 2, 4)],
    ['2024/3/4 5:06', 'YYYY/MM/DD', Date.UTC(2024, 2, 4, 5, 6)],
    ['25.12.2024 05:06', 'DD/MM/YYYY', Date.UTC(2024, 11, 25, 5, 6)],
    ['12/25/2024 5:06 PM', 'MM/DD/YYYY', Date.UTC(2024, 11, 25, 17, 6)],
  ])('%s is %s', (text, format, time) => {
    expect(timeFormat([text])).toBe(format)
    expect(parseTime(timeFormat([text]), text)).toBe(time)
  })

  test('one day beyond 12 settles the order of all; what is stated is obeyed', () => {
    expect(timeFormat(['03/04/2024', '04/05/2024', '13/05/2024'])).toBe('DD/MM/YYYY')
    expect(parseTime(timeFormat(['03/04/2024'], 'DD.MM.YYYY HH:mm'), '03/04/2024')).toBe(Date.UTC(2024, 3, 3))
    expect(() => timeFormat(['03/04/2024'])).toThrow('day/month or month/day')
    expect(() => timeFormat(['x'], 'YY-DD')).toThrow('--date-format "YY-DD" is unknown')
  })

  test('31 February, hour 25 and the year 1970 are no times of an event', () => {
    expect(parseTime('ISO 8601', '2024-02-31')).toBeUndefined()
    expect(parseTime('ISO 8601', '2024-02-28 25:00')).toBeUndefined()
    expect(parseTime('seconds', '12345')).toBeUndefined()
  })
})

describe('text', () => {
  test('markup, entities and odd spaces go; what only looks like markup stays', () => {
    expect(cleanText('<p>Big&nbsp;&amp; <b>blue</b></p>\n<script>x()</script> caf\u0065\u0301\u200b')).toBe(
      'Big & blue café',
    )
    expect(cleanText('size < 5 & > 3 &bogus; &#163;5 &#x1F375;')).toBe('size < 5 & > 3 &bogus; £5 🍵')
    expect(cleanText('👩\u200d🚒')).toBe('👩\u200d🚒')
  })

  test('capitals become titles, titles stay', () => {
    expect(titleCase('SET OF 3 CAKE TINS PANTRY DESIGN')).toBe('Set of 3 Cake Tins Pantry Design')
    expect(titleCase("CHILDREN'S T-LIGHT 15CM")).toBe("Children's T-Light 15cm")
    expect(titleCase('iPhone CASE')).toBe('iPhone CASE')
  })

  test('category paths', () => {
    expect(categoryPath('Home &gt; Garden & Patio >  Pots')).toEqual(['Home', 'Garden & Patio', 'Pots'])
    expect(categoryPath('electronics.audio_hifi')).toEqual(['electronics', 'audio hifi'])
    expect(categoryPath(['A', '', 'B', 'B'])).toEqual(['A', 'B'])
    expect(categoryPath('')).toEqual([])
  })

  test('a thing is told from its pattern, its place and its contents', () => {
    expect(giftCategory('Lunch Bag Dolly Girl Design')).toEqual(['Bags', 'Lunch Bags'])
    expect(giftCategory('White Hanging Heart T-Light Holder')).toEqual(['Home', 'Candles'])
    expect(giftCategory('Hot Water Bottle Babushka')).toEqual(['Home', 'Bath & Comfort'])
    expect(giftCategory('Mirror with Heart Hooks')).toEqual(['Home', 'Frames & Mirrors'])
    expect(giftCategory('Blue Glass Skull')).toEqual(['Home', 'Ornaments'])
    expect(giftCategory('Next Day Xyz')).toEqual([])
  })
})
