/**
 * How well a model of sentiment tells reviews in favour from the others, as it ships: pruned, quantised, encoded and decoded.
 *
 *     split       reviews of one text (letters and digits alone, case folded) are one review; the rest go by a hash of that
 *                 text and the seed, within their set, category and verdict: 15 % test, 10 % calibrate, the rest teach
 *     AUROC       ties count half; interval by a bootstrap over reviews
 *     left out    a category is tested by a model that saw none of it, for each category with enough of both verdicts
 *
 * Beside it: naive Bayes of single tokens (add one), taught on the set alone, and saying always what most reviews say.
 */
import { hash32, mix32 } from '../shared/data/random.ts'
import { KEY_BITS } from '../shared/profile/review-terms.ts'
import {
  decodeSentiment,
  encodeSentiment,
  favourable,
  isRead,
  readKeys,
  type SentimentModel,
} from '../shared/profile/sentiment.ts'
import { auroc, aurocInterval } from './binary-metrics.ts'
import { calibrationBins } from './calibration.ts'
import type { Review } from './datasets/reviews.ts'
import type { Interval } from './evaluate.ts'
import { keysOf, type ReviewTable, reviewTable } from './review-table.ts'
import { type FittedTerms, fitSentiment } from './sentiment.ts'

const TEST_SHARE = 0.15
const CALIBRATION_SHARE = 0.1
/** Of each verdict, for a set to be measured or a category held out: with fewer the figure would be chance. */
export const MIN_OF_EACH = 50

export interface SetReport {
  set: string
  reviews: number
  tested: number
  auroc: Interval
  /** Before pruning and quantising. */
  fittedAuroc: number
  /** Naive Bayes of single tokens. */
  naiveBayesAuroc: number
  accuracy: number
  /** Of always saying what most of the test's reviews say. */
  majorityAccuracy: number
  /** Expected calibration error. */
  ece: number
  /** Reviews of the test of which it says nothing; in the figures it says even odds of them. */
  unread: number
}

export interface SeedReport {
  seed: string
  sets: SetReport[]
}

export interface LeftOutReport {
  set: string
  category: string
  tested: number
  auroc: number
  naiveBayesAuroc: number
  unread: number
}

/** One of each text, the first. */
export function distinctReviews(reviews: readonly Review[]): Review[] {
  const seen = new Set<string>()
  return reviews.filter((review) => {
    const text = lettersOf(review)
    if (text === '' || seen.has(text)) return false
    seen.add(text)
    return true
  })
}

const lettersOf = ({ text }: Review) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '')

export interface Split {
  teach: number[]
  calibrate: number[]
  test: number[]
}

export function splitReviews(reviews: readonly Review[], seed: string | number): Split {
  const strata = new Map<string, { review: number; place: number }[]>()
  reviews.forEach((review, number) => {
    const stratum = `${review.set}\n${review.category ?? ''}\n${review.favourable}`
    const own = strata.get(stratum) ?? []
    strata.set(stratum, own)
    own.push({ review: number, place: mix32(hash32(`${seed}\n${lettersOf(review)}`)) })
  })
  const split: Split = { teach: [], calibrate: [], test: [] }
  for (const own of strata.values()) {
    const order = own.sort((a, b) => a.place - b.place || a.review - b.review).map(({ review }) => review)
    const tested = Math.round(TEST_SHARE * order.length)
    const calibrated = tested + Math.round(CALIBRATION_SHARE * order.length)
    split.test.push(...order.slice(0, tested))
    split.calibrate.push(...order.slice(tested, calibrated))
    split.teach.push(...order.slice(calibrated))
  }
  return split
}

/** Reviews looked up once, for the model and for naive Bayes, which has single tokens. */
export interface EvaluationTables {
  terms: ReviewTable
  tokens: ReviewTable
}

/** @param reviews distinct */
export const evaluationTables = (reviews: Review[]): EvaluationTables => ({
  terms: reviewTable(reviews),
  tokens: reviewTable(reviews, 1),
})

/** @returns the model's file, and how the model decoded from it does on reviews that neither fit nor calibration saw */
export function evaluateSentiment(
  { terms, tokens }: EvaluationTables,
  seed: string,
): { bytes: Uint8Array; report: SeedReport } {
  const { reviews } = terms
  const split = splitReviews(reviews, seed)
  const { model, fitted } = fitSentiment(terms, split.teach, split.calibrate, seed)
  const bytes = encodeSentiment(model)
  const shipped = decodeSentiment(bytes)
  const unpruned = fittedScore(terms, fitted)
  const sets = setsOf(reviews).map((set): SetReport => {
    const own = (review: number) => reviews[review].set === set
    const test = split.test.filter(own)
    const outcomes = test.map((review) => reviews[review].favourable)
    const read = test.map((review) => probabilityOf(shipped, terms, review))
    const probabilities = read.map((probability) => probability ?? EVEN)
    const inFavour = outcomes.filter(Boolean).length
    return {
      set,
      reviews: reviews.filter((review) => review.set === set).length,
      tested: test.length,
      auroc: aurocInterval(probabilities, outcomes, seed),
      fittedAuroc: auroc(test.map(unpruned), outcomes),
      naiveBayesAuroc: auroc(test.map(naiveBayesScore(tokens, split.teach.filter(own))), outcomes),
      accuracy: probabilities.filter((probability, at) => probability >= EVEN === outcomes[at]).length / test.length,
      majorityAccuracy: Math.max(inFavour, test.length - inFavour) / test.length,
      ece: calibrationBins(probabilities.map((confidence, at) => ({ confidence, outcome: Number(outcomes[at]) }))).ece,
      unread: read.filter((probability) => probability === undefined).length,
    }
  })
  return { bytes, report: { seed, sets } }
}

/** Each category tested by a model that was taught and calibrated on all others, of every set. */
export function* leaveOneCategoryOut({ terms, tokens }: EvaluationTables, seed: string): Generator<LeftOutReport> {
  const { reviews } = terms
  const split = splitReviews(reviews, seed)
  for (const { set, category } of categoriesOf(reviews)) {
    const ofSet = (review: number) => reviews[review].set === set
    const inside = (review: number) => ofSet(review) && reviews[review].category === category
    const outside = (review: number) => !inside(review)
    const teach = [...split.teach, ...split.test].filter(outside)
    const { model } = fitSentiment(terms, teach, split.calibrate.filter(outside), seed)
    const shipped = decodeSentiment(encodeSentiment(model))
    const test = [...reviews.keys()].filter(inside)
    const outcomes = test.map((review) => reviews[review].favourable)
    const read = test.map((review) => probabilityOf(shipped, terms, review))
    yield {
      set,
      category,
      tested: test.length,
      auroc: auroc(
        read.map((probability) => probability ?? EVEN),
        outcomes,
      ),
      naiveBayesAuroc: auroc(test.map(naiveBayesScore(tokens, teach.filter(ofSet))), outcomes),
      unread: read.filter((probability) => probability === undefined).length,
    }
  }
}

/** What is said of a review that is not read. */
const EVEN = 0.5

const setsOf = (reviews: readonly Review[]) => [...new Set(reviews.map(({ set }) => set))]

/** Those of sets with several, with enough of both verdicts. */
function categoriesOf(reviews: readonly Review[]): { set: string; category: string }[] {
  return setsOf(reviews).flatMap((set) => {
    const counts = new Map<string, [against: number, inFavour: number]>()
    for (const review of reviews) {
      if (review.set !== set || review.category === undefined) continue
      const count = counts.get(review.category) ?? [0, 0]
      counts.set(review.category, count)
      count[Number(review.favourable)]++
    }
    if (counts.size < 2) return []
    return [...counts].filter(([, count]) => Math.min(...count) >= MIN_OF_EACH).map(([category]) => ({ set, category }))
  })
}

function probabilityOf(model: SentimentModel, table: ReviewTable, review: number): number | undefined {
  const read = readKeys(model, keysOf(table, review), table.unspaced[review])
  return isRead(read) ? favourable(model, read, 'review') : undefined
}

function fittedScore(table: ReviewTable, { keys, weights }: FittedTerms): (review: number) => number {
  const weightOf = new Float32Array(2 ** KEY_BITS)
  keys.forEach((key, term) => {
    weightOf[key] = weights[term]
  })
  return (review) => {
    const own = keysOf(table, review)
    return own.reduce((sum, key) => sum + weightOf[key], 0) / Math.sqrt(Math.max(1, own.length))
  }
}

/** Log-odds by the tokens that a review has; those it lacks are passed over. */
function naiveBayesScore(tokens: ReviewTable, teach: readonly number[]): (review: number) => number {
  const counts = [new Uint32Array(2 ** KEY_BITS), new Uint32Array(2 ** KEY_BITS)]
  const totals = [0, 0]
  for (const review of teach) {
    const verdict = Number(tokens.reviews[review].favourable)
    totals[verdict]++
    for (const key of keysOf(tokens, review)) counts[verdict][key]++
  }
  const logShare = (key: number, verdict: number) => Math.log((counts[verdict][key] + 1) / (totals[verdict] + 2))
  return (review) => keysOf(tokens, review).reduce((sum, key) => sum + logShare(key, 1) - logShare(key, 0), 0)
}
