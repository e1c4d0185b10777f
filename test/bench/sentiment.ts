/**
 * What each choice in the model of sentiment is worth: AUROC of the model as it ships, on the reviews that calibrate, which
 * the fit does not see. The test part is not looked at.
 *
 *     npm run bench -- sentiment --json
 */
import { encodeSentiment, readKeys } from '../../shared/profile/sentiment.ts'
import { auroc } from '../../trainer/binary-metrics.ts'
import { keysOf, reviewTable } from '../../trainer/review-table.ts'
import { FIT_SETTINGS, type FitSettings, fitSentiment } from '../../trainer/sentiment.ts'
import { splitReviews } from '../../trainer/sentiment-evaluation.ts'
import { reviewsBeside } from '../reviews-beside.ts'
import { type Row, rounded } from './row.ts'

const SEED = '1'
/** A term of one review in four hundred weighs as much with each power, so that they differ in the others alone. */
const power = (rarityPower: number): Partial<FitSettings> => ({
  rarityPower,
  cost: FIT_SETTINGS.cost * 6 ** (2 * (FIT_SETTINGS.rarityPower - rarityPower)),
})

const CHANGES: { name: string; longest?: number; settings?: Partial<FitSettings> }[] = [
  { name: 'as it is' },
  { name: 'single tokens', longest: 1 },
  { name: 'pairs', longest: 2 },
  { name: 'up to four tokens', longest: 4 },
  { name: 'rare terms as common ones', settings: power(0) },
  { name: 'rarity^1', settings: power(1) },
  { name: 'rarity^2', settings: power(2) },
  { name: 'cost / 4', settings: { cost: FIT_SETTINGS.cost / 4 } },
  { name: 'cost × 4', settings: { cost: FIT_SETTINGS.cost * 4 } },
  { name: 'terms of two reviews', settings: { minReviews: 2 } },
  { name: 'terms of five reviews', settings: { minReviews: 5 } },
  { name: '140,000 terms', settings: { maxTerms: 140_000 } },
  { name: '35,000 terms', settings: { maxTerms: 35_000 } },
  { name: 'all terms', settings: { maxTerms: Number.MAX_SAFE_INTEGER } },
]

export async function bench(): Promise<Row[]> {
  const reviews = await reviewsBeside()
  if (!reviews) return []
  const { teach, calibrate } = splitReviews(reviews, SEED)
  let [table, longest] = [reviewTable(reviews), undefined as number | undefined]
  return CHANGES.map((change) => {
    if (change.longest !== longest) [table, longest] = [reviewTable(reviews, change.longest), change.longest]
    const { model } = fitSentiment(table, teach, calibrate, SEED, { ...FIT_SETTINGS, ...change.settings })
    const aurocs = [...new Set(reviews.map(({ set }) => set))].map((set) => {
      const own = calibrate.filter((review) => reviews[review].set === set)
      const scores = own.map((review) => readKeys(model, keysOf(table, review), table.unspaced[review]).score)
      const inFavour = own.map((review) => reviews[review].favourable)
      return [set, rounded(auroc(scores, inFavour), 4)] as const
    })
    console.error(change.name)
    return {
      change: change.name,
      ...Object.fromEntries(aurocs),
      terms: model.keys.length,
      bytes: encodeSentiment(model).length,
    }
  })
}
