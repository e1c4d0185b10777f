import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeArrays } from '../../../shared/model/arrays.ts'
import { KEY_BITS, termKeys, tokensOf } from '../../../shared/profile/review-terms.ts'
import {
  decodeSentiment,
  encodeSentiment,
  MAX_REVIEW_CHARS,
  type SentimentModel,
  sentimentInfo,
  sentimentOf,
} from '../../../shared/profile/sentiment.ts'

const terms = (...texts: string[]) => termKeys(texts.map(tokensOf))

/** The term that is the whole of a text: the one that its parts do not have. */
function termOf(text: string): number {
  const tokens = text.match(/\p{Script=Han}|[a-z]+/gu)!
  const inner = tokens.length > 1 ? terms(tokens.slice(1).join(' '), tokens.slice(0, -1).join(' ')) : terms()
  return terms(text).find((key) => !inner.includes(key))!
}

/** Every term of these is known; those that say something have a weight. */
const WEIGHTS: Record<string, number> = {
  good: 60,
  'not good': -127,
  好: 50,
  不好: -120,
  bad: -80,
  the: 1,
  fabric: 1,
  is: 1,
  fit: -1,
  but: -5,
  面料: 1,
}

function smallModel(): SentimentModel {
  const weights = new Map(Object.entries(WEIGHTS).map(([text, weight]) => [termOf(text), weight]))
  const keys = Uint32Array.from(weights.keys()).sort()
  return {
    info: sentimentInfo(1000),
    keys,
    weights: Int8Array.from(keys, (key) => weights.get(key)!),
    scale: Math.fround(0.05),
    // Two thirds of the reviews in English are in favour, as many as not in Chinese.
    calibration: Float32Array.of(1.5, 0.7, Math.log(2), 2, -0.25, 0),
  }
}

/** Knows every term of a text besides. */
function knowing(text: string): SentimentModel {
  const { keys, weights, ...rest } = smallModel()
  const known = new Map(Array.from(keys, (key, term) => [key, weights[term]]))
  const all = Uint32Array.from(new Set([...keys, ...terms(text)])).sort()
  return { ...rest, keys: all, weights: Int8Array.from(all, (key) => known.get(key) ?? 1) }
}

const model = smallModel()
const favourable = (text: string) => sentimentOf(model, text)?.favourable
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

describe('terms', () => {
  it('are the tokens, their pairs and triples, once each', () => {
    expect(terms('not good')).toHaveLength(3)
    expect(terms('Not good!')).toHaveLength(6)
    expect(terms('不好吃')).toHaveLength(6)
    expect(terms('good good good')).toHaveLength(3)
    expect(terms('')).toHaveLength(0)
  })

  it('fold case and compatibility forms, and keep order', () => {
    expect(terms('ＧＯＯＤ ﬁt')).toEqual(terms('good fit'))
    expect(terms('not good')).not.toEqual(terms('good not'))
  })

  it('do not go over from one text to the next', () => {
    expect(terms('not', 'good')).toHaveLength(2)
  })

  it('take a Chinese character for a token, also outside the basic plane', () => {
    expect(tokensOf('𠮷野屋 great')).toMatchObject({ words: 4, unspaced: 3 })
    expect(terms('𠮷')).toHaveLength(1)
  })
})

describe('sentiment', () => {
  it('is the calibrated sum of the weights over the root of the number of terms', () => {
    // "the", "fabric", "is", "good", and five pairs and triples that are not known
    const score = (Math.fround(0.05) * (1 + 1 + 1 + 60)) / Math.sqrt(9)
    expect(favourable('The fabric is good')).toBeCloseTo(sigmoid(1.5 * score + Math.fround(0.7)), 6)
    // 面, 料, 好: of them and their three pairs and triples 面料 and 好 are known
    expect(favourable('面料好')).toBeCloseTo(sigmoid(2 * ((0.05 * 51) / Math.sqrt(6)) - 0.25), 6)
  })

  it('turns with a negation in both languages', () => {
    expect(favourable('good')).toBeGreaterThan(0.9)
    expect(favourable('not good')).toBeLessThan(0.1)
    expect(favourable('好')).toBeGreaterThan(0.9)
    expect(favourable('不好')).toBeLessThan(0.1)
  })

  it('of a mixed text takes the calibration of both by their share of the words', () => {
    const score = (Math.fround(0.05) * (60 + 50)) / Math.sqrt(3)
    expect(favourable('good 好')).toBeCloseTo(sigmoid(((1.5 + 2) / 2) * score + (Math.fround(0.7) - 0.25) / 2), 6)
  })

  it('of an aspect is that of its clauses together, from even odds', () => {
    const [quality, fit, ...none] = sentimentOf(model, 'The fabric is good, but the fit is bad.')!.aspects
    expect(none).toEqual([])
    expect(quality).toMatchObject({ aspect: 'quality', clauses: [{ start: 0, end: 18 }] })
    expect(fit).toMatchObject({ aspect: 'fit', clauses: [{ start: 20, end: 38 }] })
    const score = (Math.fround(0.05) * 63) / Math.sqrt(9)
    expect(quality.favourable).toBeCloseTo(sigmoid(1.5 * score + Math.fround(0.7) - Math.log(2)), 6)
    expect(quality.clauses[0].favourable).toBe(quality.favourable)
    expect(fit.favourable).toBeLessThan(0.2)
    const both = sentimentOf(model, 'good fabric. the fabric is bad')!.aspects[0]
    expect(both.clauses.map((clause) => clause.favourable > 0.5)).toEqual([true, false])
    expect(both.favourable).toBeLessThan(both.clauses[0].favourable)
    expect(both.favourable).toBeGreaterThan(both.clauses[1].favourable)
  })

  it.each(['', '   ', '!!!', '😍👍', '★ – …', '\u0000', '\ud83d', 'Отличный товар', 'zzz qqq'])(
    'of %j, which says nothing that is known, is none',
    (text) => {
      expect(sentimentOf(model, text)).toBeUndefined()
    },
  )
})

describe('hostile reviews', () => {
  it('are read as text, and quoted by place as they were written', () => {
    const text = '<script>good</script> <img src=x onerror=good> 😍𠮷 the fabric is good😀, but <b>the fit is bad</b>'
    const found = sentimentOf(knowing(text), text)!
    const quotes = found.aspects.map(({ aspect, clauses }) => [aspect, clauses.map((c) => text.slice(c.start, c.end))])
    expect(quotes).toEqual([
      ['quality', ['the fabric is good😀']],
      ['fit', ['but <b>the fit is bad</b>']],
    ])
    expect(JSON.stringify(found)).not.toContain('<')
  })

  it.each([
    ['good ', 1 << 20],
    ['好', 1 << 20],
    ['😀', 1 << 19],
    ['a\u0323\u0301', 1 << 18],
    ['\ufdfa', 1 << 20],
    ['fabric,', 1 << 17],
    ['fabric                ', 1 << 16],
    ['x', 1 << 20],
    ['不', 1 << 20],
    [' ', 1 << 20],
    [' \u3000', 1 << 19],
  ])('of a megabyte of %j are read up to a bound, in bounded time', (piece, times) => {
    const started = performance.now()
    const found = sentimentOf(model, `${'good 好 '.repeat(2)}x${piece.repeat(times)}`)
    expect(performance.now() - started).toBeLessThan(2000)
    expect(found?.charsRead ?? MAX_REVIEW_CHARS).toBeLessThanOrEqual(MAX_REVIEW_CHARS)
    expect(found?.charsRead ?? MAX_REVIEW_CHARS).toBeGreaterThanOrEqual(MAX_REVIEW_CHARS - 1)
  })

  it('are never cut inside a character', () => {
    const text = `好${'good'.padEnd(MAX_REVIEW_CHARS - 2)}😀`
    expect(text.length).toBe(MAX_REVIEW_CHARS + 1)
    expect(sentimentOf(model, text)?.charsRead).toBe(MAX_REVIEW_CHARS - 1)
    expect(sentimentOf(model, text.slice(1))?.charsRead).toBe(MAX_REVIEW_CHARS)
  })

  it('of any characters have probabilities and places within the text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...Object.keys(WEIGHTS), ', '))),
        (parts) => {
          const text = parts.join(' ')
          const found = sentimentOf(model, text)
          for (const { clauses, favourable: aspect } of found?.aspects ?? []) {
            expect(aspect >= 0 && aspect <= 1).toBe(true)
            for (const { start, end, favourable: clause } of clauses) {
              expect(clause >= 0 && clause <= 1).toBe(true)
              expect(start >= 0 && start < end && end <= text.length).toBe(true)
            }
          }
        },
      ),
      { numRuns: process.env.VITRINE_SOAK ? 5000 : 300, seed: 1 },
    )
  })
})

describe('the file', () => {
  it('comes back as it was, and says the same of any text', () => {
    const bytes = encodeSentiment(model)
    const back = decodeSentiment(bytes)
    expect(back).toEqual(model)
    expect(encodeSentiment(back)).toEqual(bytes)
    expect(sentimentOf(back, 'not good, 面料好')).toEqual(sentimentOf(model, 'not good, 面料好'))
  })

  it('holds any keys: the first and the last, and gaps around a byte', () => {
    const last = 2 ** KEY_BITS - 1
    for (const keys of [[], [0], [last], [0, 1, 255, 256, 510, 511, 766, 1022, 1531, last - 1, last]]) {
      const some = { ...model, keys: Uint32Array.from(keys), weights: new Int8Array(keys.length).fill(-3) }
      expect(decodeSentiment(encodeSentiment(some))).toEqual(some)
    }
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(last)), (unsorted) => {
        const keys = Uint32Array.from(unsorted).sort()
        const some = { ...model, keys, weights: new Int8Array(keys.length).fill(1) }
        expect(decodeSentiment(encodeSentiment(some)).keys).toEqual(keys)
      }),
      { seed: 1 },
    )
  })

  it('cut anywhere is refused', () => {
    const bytes = encodeSentiment(model)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSentiment(bytes.subarray(0, length)), `${length} bytes`).toThrow(Error)
    }
  })

  it('with any bit turned is refused, or is a model that gives probabilities', { timeout: 240_000 }, () => {
    const bytes = encodeSentiment(model)
    const errors: unknown[] = []
    const probabilities: number[] = []
    // Most of the file is gaps, since a few keys are far apart: of its middle every hundredth bit.
    const edge = 8 * 800
    const each = process.env.VITRINE_SOAK ? 1 : 5
    const last = bytes.length * 8
    for (let bit = 0; bit < last; bit += bit < edge || bit > last - edge ? each : 101) {
      const turned = bytes.slice()
      turned[bit >> 3] ^= 1 << (bit & 7)
      try {
        const found = sentimentOf(decodeSentiment(turned), 'not good 好 fabric')
        if (found) probabilities.push(found.favourable, ...found.aspects.map((aspect) => aspect.favourable))
      } catch (error) {
        errors.push(error)
      }
    }
    expect(errors.filter((error) => !(error instanceof Error))).toEqual([])
    expect(errors.length).toBeGreaterThan(1000)
    expect(probabilities.length).toBeGreaterThan(100)
    expect(probabilities.filter((probability) => !(probability >= 0 && probability <= 1))).toEqual([])
  })

  const gaps = [3, 255, 0, 7] // keys 2, 257, 264
  const arrays = {
    gaps: Uint8Array.from(gaps),
    weights: Int8Array.of(1, -2, 3),
    scale: Float32Array.of(0.1),
    calibration: model.calibration,
  }
  const file = (change: object, meta: object = {}) =>
    encodeArrays({ meta: { ...model.info, ...meta }, arrays: { ...arrays, ...change } })

  it('has its keys as gaps', () => {
    expect(decodeSentiment(file({})).keys).toEqual(Uint32Array.of(2, 257, 264))
  })

  it.each([
    ['another format', file({}, { format: 'vitrine-sentiment/2' }), /format "vitrine-sentiment\/2"/],
    ['no number of reviews', file({}, { reviews: '1' }), /reviews "1"/],
    ['more keys than weights', file({ gaps: Uint8Array.of(3, 255, 0, 7, 1) }), /more than 3 keys/],
    ['fewer keys than weights', file({ gaps: Uint8Array.of(3, 255, 0) }), /2 keys for 3 weights/],
    ['a gap that breaks off', file({ gaps: Uint8Array.of(3, 1, 1, 255) }), /more than 3 keys|3 keys for 3/],
    ['a key twice', file({ gaps: Uint8Array.of(3, 0, 7) }), /key 1 is not above/],
    ['a key out of range', file({ gaps: new Uint8Array(20_000).fill(255) }), /beyond 22 bits/],
    ['a weight of 0', file({ weights: Int8Array.of(1, 0, 3) }), /weight 1 is 0/],
    ['a scale of 0', file({ scale: Float32Array.of(0) }), /scale 0/],
    ['a scale that is no number', file({ scale: Float32Array.of(Number.NaN) }), /scale NaN/],
    ['a calibration without end', file({ calibration: Float32Array.of(1, 0, 0, 1, 0, Infinity) }), /calibration/],
    ['half a calibration', file({ calibration: Float32Array.of(1, 0, 0) }), /"calibration" has 3 elements, not 6/],
  ])('with %s is refused', (_, bytes, message) => {
    expect(() => decodeSentiment(bytes)).toThrow(message)
  })
})
