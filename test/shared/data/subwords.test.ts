import { describe, expect, it } from 'vitest'
import { hash32 } from '../../../shared/data/random.ts'
import { partKeys, unitKey, unitsOf } from '../../../shared/data/subwords.ts'

describe('units of a text', () => {
  it('are words where spaces are written and pairs of neighbours where they are not', () => {
    expect(unitsOf('USB-C 充电线, 2m')).toEqual(['usb', 'c', '充电', '电线', '2m'])
    expect(unitsOf('茶')).toEqual(['茶'])
    expect(unitsOf('红 茶')).toEqual(['红', '茶'])
    expect(unitsOf('コーヒー')).toEqual(['コー', 'ーヒ', 'ヒー'])
  })

  it('part where scripts meet, and fold case and compatibility forms', () => {
    expect(unitsOf('新iPhone壳')).toEqual(['新', 'iphone', '壳'])
    expect(unitsOf('ＣＡＦＥ\u0301 ﬁne')).toEqual(['caf\u00e9', 'fine'])
  })

  it('of marks and nothing are none; a runaway word is cut', () => {
    expect(unitsOf('★ – … 🎁')).toEqual([])
    expect(unitsOf('x'.repeat(10_000))).toEqual(['x'.repeat(40)])
  })
})

describe('parts', () => {
  it('of a word are its 3 to 5 letters with boundary marks', () => {
    const grams = ['<mu', 'mug', 'ug>', '<mug', 'mug>', '<mug>']
    expect(partKeys('mug')).toEqual(grams.map(hash32))
    expect(unitKey('mug')).toBe(hash32('<mug>'))
  })

  it('of a pair are its characters, as they are when they stand alone', () => {
    expect(partKeys('杯子')).toEqual([unitKey('杯'), unitKey('子')])
    expect(partKeys('𠮷野')).toEqual([unitKey('𠮷'), unitKey('野')])
  })
})
