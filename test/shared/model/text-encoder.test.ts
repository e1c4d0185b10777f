import { describe, expect, it } from 'vitest'
import { hash32 } from '../../../shared/data/random.ts'
import { unitKey } from '../../../shared/data/subwords.ts'
import { encodeArrays } from '../../../shared/model/arrays.ts'
import {
  decodeTextEncoder,
  encodeText,
  encodeTextEncoder,
  type SubwordEncoder,
  subwordEncoder,
  textEncoderInfo,
} from '../../../shared/model/text-encoder.ts'

/** Four rows of width 2: two words, a part of a word, a character. */
function smallEncoder(): SubwordEncoder {
  const table = new Map([
    [unitKey('red'), { values: [100, 0], scale: 0.03 }],
    [unitKey('mug'), { values: [0, 50], scale: 0.08 }],
    [hash32('cup'), { values: [-30, 40], scale: 0.1 }],
    [unitKey('杯'), { values: [-127, 127], scale: 0.5 }],
  ])
  const keys = Uint32Array.from(table.keys()).sort()
  const rows = Array.from(keys, (key) => table.get(key)!)
  return subwordEncoder(textEncoderInfo(2, 'hand', ['en', 'zh']), keys, {
    width: 2,
    values: Int8Array.from(rows.flatMap(({ values }) => values)),
    scales: Float32Array.from(rows.map(({ scale }) => scale)),
  })
}

const near = (vector: Float32Array, expected: number[]) => {
  expect(vector).toHaveLength(expected.length)
  expected.forEach((value, at) => {
    expect(vector[at]).toBeCloseTo(value, 5)
  })
}

describe('a text’s vector', () => {
  const encoder = smallEncoder()

  it('is the sum of its units’ rows, of length 1', () => {
    near(encodeText(encoder, 'Red mug'), [0.6, 0.8]) // (3, 0) + (0, 4)
    near(encodeText(encoder, 'red red mug'), [6 / Math.sqrt(52), 4 / Math.sqrt(52)])
  })

  it('meets a unit without a row through the parts that have one', () => {
    near(encodeText(encoder, 'teacup'), [-0.6, 0.8]) // only "cup" of its n-grams has a row
    near(encodeText(encoder, '杯子'), [-Math.SQRT1_2, Math.SQRT1_2])
  })

  it('takes the mean over parts, so that a long word weighs no more than a short one', () => {
    // "cupcup" has "cup" once within 3 letters from each start: two parts, both (−3, 4), their mean with "red" (3, 0)
    near(encodeText(encoder, 'cupcup red'), [0, 1])
  })

  it('is 0 for a text of which nothing is known', () => {
    near(encodeText(encoder, 'zzz'), [0, 0])
    near(encodeText(encoder, ''), [0, 0])
  })
})

describe('the file', () => {
  it('comes back as it was, and says the same of any text', () => {
    const encoder = smallEncoder()
    const back = decodeTextEncoder(encodeTextEncoder(encoder))
    expect(back.info).toEqual(encoder.info)
    expect(back.keys).toEqual(encoder.keys)
    expect(back.rows).toEqual(encoder.rows)
    for (const text of ['red mug', 'teacup 杯子']) expect(encodeText(back, text)).toEqual(encodeText(encoder, text))
  })

  const { info, keys, rows } = smallEncoder()
  const file = (change: object, arrays: object = {}) =>
    encodeArrays({
      meta: { ...info, ...change },
      arrays: { keys, values: rows.values, scales: rows.scales, ...arrays },
    })
  it.each([
    ['another format', file({ format: 'vitrine-text/2' }), /format "vitrine-text\/2"/],
    ['a width that is no number', file({ width: '2' }), /width "2"/],
    ['another width than its rows', file({ width: 3 }), /"values" has 8 elements, not 12/],
    ['keys out of order', file({}, { keys: keys.toReversed() }), /key 1 is not above/],
    ['too few keys', file({}, { keys: keys.slice(1) }), /"keys" has 3 elements, not 4/],
    ['a scale that is no number', file({}, { scales: Float32Array.of(1, Number.NaN, 1, 1) }), /scale 1 is NaN/],
    ['an end too soon', encodeTextEncoder(smallEncoder()).slice(0, -8), /runs past the end/],
    ['no bytes', new Uint8Array(), /too few/],
  ])('with %s is refused', (_, bytes, message) => {
    expect(() => decodeTextEncoder(bytes)).toThrow(message)
  })
})
