import { describe, expect, it } from 'vitest'
import { subwords, TEXT_WIDTH, textVector, words } from '../../../shared/data/text.ts'

const cosine = (a: string, b: string) => {
  const [x, y] = [textVector(a), textVector(b)]
  return x.reduce((sum, value, at) => sum + value * y[at], 0)
}

describe('words', () => {
  it('of English are lower-cased and without punctuation', () => {
    expect(words('The RED mug — 12oz, "dishwasher-safe"!')).toEqual(['the', 'red', 'mug', '12oz', 'dishwasher', 'safe'])
  })

  it('of Chinese are cut where a reader cuts them', () => {
    expect(words('红色陶瓷杯子')).toEqual(['红色', '陶瓷', '杯子'])
  })

  it('are the same for composed, decomposed and full-width writing', () => {
    expect(words('cafe\u0301')).toEqual(words('caf\u00e9'))
    expect(words('ＭＵＧ')).toEqual(['mug'])
  })

  it('of symbols, spaces and nothing are none', () => {
    expect(words('★ – … 🎁 \n')).toEqual([])
    expect(textVector('★').every((value) => value === 0)).toBe(true)
  })
})

describe('subwords', () => {
  it('are the word and its 3 to 5 letters with boundary marks', () => {
    expect(subwords('lamp').sort()).toEqual(
      ['lamp', '<la', 'lam', 'amp', 'mp>', '<lam', 'lamp', 'amp>', '<lamp', 'lamp>'].sort(),
    )
    expect(subwords('a')).toEqual(['a', '<a>'])
  })

  it('of a Chinese word are its characters', () => {
    expect(subwords('杯子')).toEqual(['杯子', '杯', '子'])
    expect(subwords('杯')).toEqual(['杯'])
    expect(subwords('𠮷野')).toEqual(['𠮷野', '𠮷', '野']) // outside the basic plane: two code units, one character
  })
})

describe('text vectors', () => {
  it('are of length 1, also for one very long word', () => {
    for (const text of ['mug', 'a lamp for the desk', '台灯', 'x'.repeat(10_000)]) {
      const square = textVector(text).reduce((sum, value) => sum + value * value, 0)
      expect(square).toBeCloseTo(1, 5)
    }
    expect(textVector('mug')).toHaveLength(TEXT_WIDTH)
  })

  it('of a word never seen are near those of words that share its letters', () => {
    expect(cosine('teapot', 'teapots')).toBeGreaterThan(0.5)
    expect(cosine('teapot', 'tepot')).toBeGreaterThan(cosine('teapot', 'lantern') + 0.2)
    expect(cosine('陶瓷杯子', '玻璃杯子')).toBeGreaterThan(cosine('陶瓷杯子', '木头书架') + 0.2)
  })

  it('do not depend on the order of words', () => {
    expect(cosine('red ceramic mug', 'mug red ceramic')).toBeCloseTo(1, 5)
  })
})
