/** The figures of docs/quality.md, "Sentiment": on two public data sets, which lie beside the repository. */
import { describe, expect, it } from 'vitest'
import {
  decodeSentiment,
  MAX_SENTIMENT_BYTES,
  type SentimentModel,
  sentimentOf,
} from '../../shared/profile/sentiment.ts'
import { evaluateSentiment, evaluationTables, leaveOneCategoryOut } from '../../trainer/sentiment-evaluation.ts'
import { reviewsBeside } from '../reviews-beside.ts'
import { ASPECT_CLAUSES } from '../shared/profile/aspect-clauses.ts'

const OTHER_LANGUAGES = [
  'Très bon produit, je le recommande à tous, la qualité est excellente et la livraison rapide.',
  'Sehr gutes Produkt, schnelle Lieferung, ich bin sehr zufrieden mit der Qualität.',
  'Muy buen producto, llegó rápido y la calidad es excelente.',
  'Отличный товар, очень доволен покупкой, рекомендую всем.',
  'とても良い商品でした。配送も早くて大満足です。',
  '배송도 빠르고 품질도 아주 좋아요.',
]

/** Clauses of the fixture that are scored as they were meant. */
function rightClauses(model: SentimentModel): { en: number; zh: number } {
  const right = ASPECT_CLAUSES.filter(([text, [aspect], inFavour]) => {
    const found = sentimentOf(model, text)?.aspects.find((one) => one.aspect === aspect)
    return found !== undefined && found.favourable > 0.5 === inFavour
  })
  const zh = right.filter(([text]) => /\p{Script=Han}/u.test(text)).length
  return { en: right.length - zh, zh }
}

describe('women’s clothing reviews and Chinese online shopping', { timeout: 600_000 }, () => {
  it('on an eighth of the reviews, one seed', async ({ skip }) => {
    const reviews = await reviewsBeside()
    if (!reviews) return skip('not beside the repository')
    const tables = evaluationTables(reviews.filter((_, at) => at % 8 === 0))
    const { bytes, report } = evaluateSentiment(tables, '1')
    const [womens, chinese] = report.sets
    expect(womens.auroc.mean).toBeGreaterThan(0.9)
    expect(chinese.auroc.mean).toBeGreaterThan(0.945)
    for (const { ece, auroc, naiveBayesAuroc, fittedAuroc } of report.sets) {
      expect(ece).toBeLessThan(0.06)
      expect(auroc.mean).toBeGreaterThan(naiveBayesAuroc)
      expect(Math.abs(auroc.mean - fittedAuroc)).toBeLessThan(0.005)
    }
    const model = decodeSentiment(bytes)
    const favourable = (text: string) => sentimentOf(model, text)?.favourable
    expect(favourable('I love this dress, it is so flattering and comfortable')).toBeGreaterThan(0.9)
    expect(favourable('Poor quality, it shrank and I returned it')).toBeLessThan(0.3)
    expect(favourable('质量很好，物流也快，非常满意')).toBeGreaterThan(0.9)
    expect(favourable('质量太差了，客服态度恶劣，要求退货')).toBeLessThan(0.1)
  })

  it('in full reach the figures of docs/quality.md with three seeds', async ({ skip }) => {
    if (!process.env.VITRINE_SOAK) return skip('one of the longer ones: npm run soak')
    const reviews = await reviewsBeside()
    if (!reviews) return skip('not beside the repository')
    const tables = evaluationTables(reviews)
    for (const seed of ['1', '2', '3']) {
      const { bytes, report } = evaluateSentiment(tables, seed)
      const [womens, chinese] = report.sets
      expect(womens.auroc.mean).toBeGreaterThan(0.945)
      expect(chinese.auroc.mean).toBeGreaterThan(0.975)
      for (const { ece } of report.sets) expect(ece).toBeLessThan(0.03)
      expect(bytes.length).toBeLessThanOrEqual(MAX_SENTIMENT_BYTES)
      if (seed !== '1') continue
      const model = decodeSentiment(bytes)
      expect(rightClauses(model)).toEqual({ en: 27, zh: 29 })
      for (const text of OTHER_LANGUAGES) expect(sentimentOf(model, text), text).toBeUndefined()
    }
    const leftOut = [...leaveOneCategoryOut(tables, '1')]
    expect(leftOut).toHaveLength(10)
    expect(leftOut.reduce((sum, { auroc }) => sum + auroc, 0) / 10).toBeGreaterThan(0.93)
    expect(Math.min(...leftOut.map(({ auroc }) => auroc))).toBeGreaterThan(0.84)
  })
})
