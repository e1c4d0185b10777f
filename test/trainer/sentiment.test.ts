/** Teaching a model of sentiment: on reviews whose truth is known by construction, and as an operator meets it. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Random, seeded } from '../../shared/data/random.ts'
import { decodeSentiment, encodeSentiment, sentimentOf } from '../../shared/profile/sentiment.ts'
import { type Review, readReviews } from '../../trainer/datasets/reviews.ts'
import { reviewTable } from '../../trainer/review-table.ts'
import { fitSentiment } from '../../trainer/sentiment.ts'
import {
  distinctReviews,
  evaluateSentiment,
  evaluationTables,
  leaveOneCategoryOut,
  splitReviews,
} from '../../trainer/sentiment-evaluation.ts'
import { UserError } from '../../trainer/user-error.ts'
import { shopReviews, shopSentiment } from '../shop-reviews.ts'
import { fileWith, temporaryFolder } from './importers/files.ts'

const LANGUAGES = {
  english: {
    join: ' ',
    filler: 'the dress shirt is my blue'.split(' '),
    opinions: ['good', 'bad', 'not good', 'not bad'],
  },
  chinese: { join: '', filler: [...'我的裙衣服是'], opinions: ['好', '坏', '不好', '不坏'] },
}

/** One opinion among words that say nothing; one in ten verdicts is the other one. */
function review(random: Random, language: keyof typeof LANGUAGES, category?: string): Review {
  const { join: space, filler, opinions } = LANGUAGES[language]
  const which = random.weighted([3, 3, 1, 1])
  const words = Array.from({ length: 8 }, () => random.pick(filler))
  words[random.int(8)] = opinions[which]
  const says = which === 0 || which === 3
  return {
    text: words.join(space),
    favourable: random.next() < 0.1 ? !says : says,
    set: language,
    ...(category === undefined ? {} : { category }),
  }
}

function simulated(seed: string, count = 3000): Review[] {
  const random = seeded(seed)
  return distinctReviews(
    Array.from({ length: count }, (_, n) =>
      n % 2 ? review(random, 'english') : review(random, 'chinese', `c${n % 6}`),
    ),
  )
}

describe('a model taught on reviews', () => {
  const reviews = simulated('fit')
  const table = reviewTable(reviews)
  const split = splitReviews(reviews, 1)
  const { model } = fitSentiment(table, split.teach, split.calibrate, 1)
  const favourable = (text: string) => sentimentOf(model, text)?.favourable ?? Number.NaN

  it('has learned what each opinion says, and what negation makes of it, in both languages', () => {
    for (const text of ['the dress is good', 'my shirt not bad is my dress', '我的裙好', '衣服不坏']) {
      expect(favourable(text), text).toBeGreaterThan(0.6)
    }
    for (const text of ['my dress is bad', 'the shirt not good my blue', '我的裙坏', '衣服不好']) {
      expect(favourable(text), text).toBeLessThan(0.4)
    }
  })

  it('means what its probabilities say', () => {
    for (const likely of [true, false]) {
      const own = split.test.filter((at) => favourable(reviews[at].text) > 0.5 === likely)
      expect(own.length).toBeGreaterThan(100)
      const mean = own.reduce((sum, at) => sum + favourable(reviews[at].text), 0) / own.length
      const inFavour = own.filter((at) => reviews[at].favourable).length / own.length
      expect(Math.abs(mean - inFavour)).toBeLessThan(0.06)
    }
  })

  it('is the same, byte for byte, from the same seed', () => {
    const bytes = encodeSentiment(model)
    expect(encodeSentiment(fitSentiment(reviewTable(reviews), split.teach, split.calibrate, 1).model)).toEqual(bytes)
    expect(encodeSentiment(fitSentiment(table, split.teach, split.calibrate, 2).model)).not.toEqual(bytes)
  })

  it('of one language says nothing of the other', () => {
    const english = reviews.filter(({ set }) => set === 'english')
    const some = splitReviews(english, 1)
    const taught = fitSentiment(reviewTable(english), some.teach, some.calibrate, 1).model
    expect(sentimentOf(taught, '我的裙好')).toBeUndefined()
    expect(sentimentOf(taught, 'the dress is good')?.favourable).toBeGreaterThan(0.7)
  })
})

describe('the evaluation', () => {
  it('comes near what can be known, and says so of each set', () => {
    const { report, bytes } = evaluateSentiment(evaluationTables(simulated('evaluate')), '1')
    expect(report.sets.map(({ set }) => set).sort()).toEqual(['chinese', 'english'])
    for (const set of report.sets) {
      // With one verdict in ten turned the best possible AUROC is .9; single tokens cannot tell what "not" turns.
      expect(set.auroc.mean).toBeGreaterThan(0.85)
      expect(set.auroc.low).toBeLessThan(0.9)
      expect(set.auroc.high).toBeGreaterThan(set.auroc.mean)
      expect(set.naiveBayesAuroc).toBeLessThan(set.auroc.mean - 0.1)
      expect(Math.abs(set.accuracy - 0.9)).toBeLessThan(0.06)
      expect(set.majorityAccuracy).toBeLessThan(0.6)
      expect(set.ece).toBeLessThan(0.1)
      expect(Math.abs(set.fittedAuroc - set.auroc.mean)).toBeLessThan(0.02)
      expect(set.unread).toBe(0)
    }
    expect(decodeSentiment(bytes).info.reviews).toBeGreaterThan(2000)
  })

  it('tests a category by a model that saw none of it', () => {
    // In the third category every verdict is the other one: only a model that saw it could know.
    const reviews = simulated('left out').map((one) =>
      one.category === 'c4' ? { ...one, favourable: !one.favourable } : one,
    )
    const found = [...leaveOneCategoryOut(evaluationTables(reviews), '1')]
    expect(found.map(({ category }) => category).sort()).toEqual(['c0', 'c2', 'c4'])
    const turned = found.find(({ category }) => category === 'c4')!
    expect(turned.auroc).toBeLessThan(0.3)
    expect(turned.tested).toBe(reviews.filter(({ category }) => category === 'c4').length)
  })

  it('splits by the text, within set, category and verdict, each seed its own way', () => {
    const reviews = simulated('split')
    const split = splitReviews(reviews, 1)
    const parts = [split.teach, split.calibrate, split.test]
    expect(parts.flat().sort((a, b) => a - b)).toEqual([...reviews.keys()])
    const share = (part: number[], of: (review: Review) => boolean) =>
      part.filter((at) => of(reviews[at])).length / reviews.filter(of).length
    for (const favourable of [true, false]) {
      for (const category of ['c0', 'c2', 'c4', undefined]) {
        const of = (one: Review) => one.favourable === favourable && one.category === category
        expect(share(split.test, of)).toBeCloseTo(0.15, 1)
        expect(share(split.calibrate, of)).toBeCloseTo(0.1, 1)
      }
    }
    expect(splitReviews(reviews, 2).test).not.toEqual(split.test)
    // A review keeps its part when others come before it: its place is its text's.
    const same = new Set(split.test.map((at) => reviews[at].text))
    const reversed = reviews.toReversed()
    expect(new Set(splitReviews(reversed, 1).test.map((at) => reversed[at].text))).toEqual(same)
  })

  it('counts texts that differ in case, marks and spaces as one', () => {
    const texts = ['Good dress!', 'good  DRESS', 'good dresses', '好！', '好', '!!!']
    const reviews = texts.map((text, n) => ({ text, favourable: n % 2 === 0, set: 's' }))
    expect(distinctReviews(reviews).map(({ text }) => text)).toEqual(['Good dress!', 'good dresses', '好！'])
  })
})

describe('reading reviews', () => {
  it('recognises a shop’s columns: a verdict before a rating, a title before the text', async () => {
    const path = fileWith(
      'women.csv',
      ',Clothing ID,Title,Review Text,Rating,Recommended IND\n0,7,,"Silky, soft",2,1\n1,7,Flaws,Too tight,5,0\n2,7,Nothing said,,5,1\n',
    )
    expect(await readReviews(path)).toEqual({
      reviews: [
        { text: 'Silky, soft', favourable: true, set: 'women' },
        { text: 'Flaws. Too tight', favourable: false, set: 'women' },
      ],
      leftOut: 1,
    })
  })

  it('takes ratings of 4 and 5 for, of 1 and 2 against, and leaves the middle out', async () => {
    const rows = ['1', '2', '3', '3.5', '4', '5', '', 'n/a', '9'].map((stars, n) => `text ${n};${stars};shoes`)
    const { reviews, leftOut } = await readReviews(fileWith('r.csv', `body;stars;category\n${rows.join('\n')}\n`))
    expect(reviews.map(({ favourable }) => favourable)).toEqual([false, false, true, true])
    expect(reviews.every(({ category }) => category === 'shoes')).toBe(true)
    expect(leftOut).toBe(5)
  })

  it('takes columns as stated, and asks for those it does not find', async () => {
    const path = fileWith('own.csv', 'Meinung,Urteil\ngut,1\n')
    await expect(readReviews(path)).rejects.toThrow(/hold the text; they are Meinung, Urteil/)
    await expect(readReviews(path, { text: 'Meinung' })).rejects.toThrow(/hold the label or rating/)
    await expect(readReviews(path, { text: 'Meinungen' })).rejects.toThrow(UserError)
    const { reviews } = await readReviews(path, { text: 'Meinung', label: 'Urteil' })
    expect(reviews).toEqual([{ text: 'gut', favourable: true, set: 'own' }])
  })
})

describe('vitrine sentiment', { timeout: 120_000 }, () => {
  const vitrine = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const bin = join(import.meta.dirname, '../../trainer/bin.js')
      execFile(process.execPath, [bin, 'sentiment', ...args], (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
      })
    })
  const csv = (reviews: readonly Review[]) =>
    ['cat,label,review', ...reviews.map((r) => `${r.category ?? ''},${Number(r.favourable)},${r.text}`)].join('\n')

  it('writes the model that it measured, and refuses too few reviews', async () => {
    const folder = temporaryFolder()
    const reviews = simulated('command')
    const files = Object.keys(LANGUAGES).map((set) =>
      fileWith(`${set}.csv`, csv(reviews.filter((one) => one.set === set)), folder),
    )
    const out = join(folder, 'models', 'sentiment.vta')
    const made = await vitrine('--data', files.join(), '--out', out, '--seeds', '1,2', '--leave-one-out', '--json')
    expect(made.code, made.stderr).toBe(0)
    const report = JSON.parse(made.stdout)
    const bytes = readFileSync(out)
    expect(bytes).toHaveLength(report.bytes)
    expect(Buffer.from(evaluateSentiment(evaluationTables(reviewsOf(reviews)), '1').bytes).equals(bytes)).toBe(true)
    expect(report.seeds.map(({ seed }: { seed: string }) => seed)).toEqual(['1', '2'])
    expect(report.leftOut).toHaveLength(3)
    expect(sentimentOf(decodeSentiment(bytes), 'the dress is good')?.favourable).toBeGreaterThan(0.7)

    const few = fileWith('few.csv', csv(reviews.slice(0, 20)), folder)
    const refused = await vitrine('--data', few, '--out', join(folder, 'none.vta'))
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/few: \d+ distinct reviews in favour and \d+ not are too few/)
    expect(existsSync(join(dirname(few), 'none.vta'))).toBe(false)
  })
})

/** In the order of the files. */
const reviewsOf = (reviews: readonly Review[]) =>
  Object.keys(LANGUAGES).flatMap((set) => reviews.filter((one) => one.set === set))

describe('what a shop’s own reviews teach', () => {
  it('reads what they praise and what they do not, and is the same again for the same seed', () => {
    const reviews = shopReviews(1_200)
    const bytes = shopSentiment(reviews, '1') as Uint8Array
    expect(shopSentiment(reviews, '1')).toEqual(bytes)
    const model = decodeSentiment(bytes)
    const says = (text: string) => sentimentOf(model, text)?.favourable ?? Number.NaN
    expect(says('The quality is excellent and it looks lovely at home.')).toBeGreaterThan(0.6)
    expect(says('Poor quality, it broke within a week.')).toBeLessThan(0.5)
    expect(says('质量很好，物流很快。')).toBeGreaterThan(0.6)
    expect(says('质量很差，不推荐。')).toBeLessThan(0.5)
  })

  it('is nothing where too few are against, or none has words', () => {
    const reviews = shopReviews(600)
    expect(shopSentiment(reviews.slice(0, 60), '1')).toBeUndefined()
    const happy = reviews.filter((event) => event.name === 'review' && event.rating >= 4)
    expect(shopSentiment(happy, '1')).toBeUndefined()
    expect(
      shopSentiment(
        reviews.map((event) => ({ ...event, text: undefined }) as typeof event),
        '1',
      ),
    ).toBeUndefined()
  })
})
