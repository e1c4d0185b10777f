import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUnspaced, runsOf } from '../../../shared/data/subwords.ts'
import { prefixIndex, rowsWith } from '../../../shared/search/prefixes.ts'

const TEXTS = [
  ['Sage enamel mug', '搪瓷马克杯 鼠尾草绿'],
  ['Mug rack'],
  ['Ｓａｇｅ candle', '香薰蜡烛'],
  ['USB充电线'],
  [],
]
const found = (typed: string) => rowsWith(prefixIndex(TEXTS), typed)

/** The same, by reading every text. */
function rowsByReading(texts: readonly (readonly string[])[], typed: string): number[] {
  const wanted = runsOf(typed)
  const holds = (run: string, prefix: string) => (isUnspaced(run) ? run.includes(prefix) : run.startsWith(prefix))
  return texts.flatMap((own, row) =>
    wanted.length > 0 && wanted.every((prefix) => own.flatMap(runsOf).some((run) => holds(run, prefix))) ? [row] : [],
  )
}

describe('texts by what is typed', () => {
  it('are found by beginnings of words in any order, in any language of theirs', () => {
    expect(found('mu')).toEqual([0, 1])
    expect(found('mug sa')).toEqual([0])
    expect(found('SAGE')).toEqual([0, 2])
    expect(found('ug')).toEqual([])
  })

  it('are found by characters anywhere where nothing is written between words', () => {
    expect(found('克杯')).toEqual([0])
    expect(found('马克杯 鼠尾')).toEqual([0])
    expect(found('杯马')).toEqual([])
    expect(found('usb充')).toEqual([3])
  })

  it('are none for nothing', () => {
    expect(found('')).toEqual([])
    expect(found(' …')).toEqual([])
  })

  it('are those that reading all of them finds', () => {
    const letters = fc.constantFrom('a', 'b', 'B', ' ', '-', '1', '马', '克', '杯', 'É', '\u{20000}')
    const text = fc.array(letters, { maxLength: 12 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.array(fc.array(text, { maxLength: 3 }), { maxLength: 8 }), text, (texts, typed) => {
        expect(rowsWith(prefixIndex(texts), typed)).toEqual(rowsByReading(texts, typed))
      }),
      { numRuns: 500 },
    )
  })
})
