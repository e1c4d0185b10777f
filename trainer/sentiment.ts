/**
 * Fits the model of `shared/profile/sentiment.ts` to reviews with a verdict.
 *
 *     fit        logistic regression, each review of length 1, by coordinate descent in the dual (Yu, Huang & Lin 2011):
 *                no learning rate, and four passes are enough
 *     prune      the terms that matter: |weight| · √(reviews that have it)
 *     quantise   to int8, one scale
 *     calibrate  Platt's sigmoid on reviews that the fit did not see, one for each kind of script
 *
 * A term that n of N reviews have enters the fit times (log(1 + N/n))^1.5: the rarer, the freer its weight. What ships is the
 * product, so a page need not know n.
 */
import { seeded } from '../shared/data/random.ts'
import { KEY_BITS } from '../shared/profile/review-terms.ts'
import { readKeys, type SentimentModel, sentimentInfo } from '../shared/profile/sentiment.ts'
import { keysOf, type ReviewTable } from './review-table.ts'

export interface FitSettings {
  /** Of fewer reviews a term is chance, and most terms are. */
  minReviews: number
  /** How far the fit follows single reviews: LIBLINEAR's C. */
  cost: number
  rarityPower: number
  /** 2 bytes each; one gap in seventy takes a third. Twice as many tell no better. */
  maxTerms: number
}

/** `npm run bench -- sentiment` has what each is worth. */
export const FIT_SETTINGS: FitSettings = { minReviews: 3, cost: 0.02, rarityPower: 1.5, maxTerms: 70_000 }
const PASSES = 4

/** Weights before they are pruned and quantised. */
export interface FittedTerms {
  /** (terms) ascending */
  keys: Uint32Array
  /** (terms) */
  weights: Float32Array
  /** (terms) reviews that have it */
  counts: Uint32Array
}

/**
 * @param rows reviews to fit, by number
 * @param heldOut reviews to calibrate with, by number; none of them is in `rows`
 */
export function fitSentiment(
  table: ReviewTable,
  rows: readonly number[],
  heldOut: readonly number[],
  seed: string | number,
  settings = FIT_SETTINGS,
): { model: SentimentModel; fitted: FittedTerms } {
  const fitted = fitTerms(table, rows, seed, settings)
  const kept = quantise(prune(fitted, settings.maxTerms))
  const model = { info: sentimentInfo(rows.length), ...kept, calibration: new Float32Array(6) }
  model.calibration.set(calibrate(table, model, rows, heldOut))
  return { model, fitted }
}

function fitTerms(
  table: ReviewTable,
  rows: readonly number[],
  seed: string | number,
  { minReviews, cost, rarityPower }: FitSettings,
): FittedTerms {
  const { keys, counts, start, terms } = compact(table, rows, minReviews)
  // What ships is v = r·w; the regression's own w never is needed, only r².
  const v = new Float64Array(keys.length)
  const square = Float64Array.from(counts, (count) => Math.log(1 + rows.length / count) ** (2 * rarityPower))
  const biases = new Float64Array(2)
  const scripts = rows.map((row) => [1 - table.unspaced[row], table.unspaced[row]])
  const length = rows.map((row) => 1 / Math.sqrt(Math.max(1, keysOf(table, row).length)))
  const sign = rows.map((row) => (table.reviews[row].favourable ? 1 : -1))
  const move = (i: number, by: number) => {
    const step = sign[i] * by
    for (let at = start[i]; at < start[i + 1]; at++) v[terms[at]] += step * length[i] * square[terms[at]]
    for (const k of [0, 1]) biases[k] += step * scripts[i][k]
  }
  const norm = rows.map((_, i) => {
    let sum = 0
    for (let at = start[i]; at < start[i + 1]; at++) sum += square[terms[at]]
    return sum * length[i] ** 2 + scripts[i][0] ** 2 + scripts[i][1] ** 2
  })
  const alpha = new Float64Array(rows.length).fill(cost / 1000)
  for (let i = 0; i < rows.length; i++) move(i, alpha[i])
  const random = seeded(`sentiment ${seed}`)
  const order = Uint32Array.from(rows, (_, i) => i)
  for (let pass = 0; pass < PASSES; pass++) {
    for (const i of random.shuffle(order)) {
      let margin = 0
      for (let at = start[i]; at < start[i + 1]; at++) margin += v[terms[at]]
      margin = sign[i] * (margin * length[i] + biases[0] * scripts[i][0] + biases[1] * scripts[i][1])
      const better = bestDual(alpha[i], margin, norm[i], cost)
      move(i, better - alpha[i])
      alpha[i] = better
    }
  }
  return { keys, counts, weights: Float32Array.from(v) }
}

/** Numbers the terms that are in enough of the reviews, so that what the fit goes through is small and close together. */
function compact(table: ReviewTable, rows: readonly number[], minReviews: number) {
  const reviewsWith = new Uint32Array(2 ** KEY_BITS)
  for (const row of rows) for (const key of keysOf(table, row)) reviewsWith[key]++
  const number = new Int32Array(2 ** KEY_BITS).fill(-1)
  const keys: number[] = []
  for (let key = 0; key < reviewsWith.length; key++) {
    if (reviewsWith[key] >= minReviews) number[key] = keys.push(key) - 1
  }
  const start = new Uint32Array(rows.length + 1)
  const terms = new Uint32Array(rows.reduce((sum, row) => sum + keysOf(table, row).length, 0))
  rows.forEach((row, i) => {
    let at = start[i]
    for (const key of keysOf(table, row)) if (number[key] >= 0) terms[at++] = number[key]
    start[i + 1] = at
  })
  return { keys: Uint32Array.from(keys), counts: Uint32Array.from(keys, (key) => reviewsWith[key]), start, terms }
}

/**
 * The dual variable of one review, all others fixed: α = C / (1 + e^−t) where t + margin + (α − α₀)·norm = 0. The left side
 * rises at least as fast as t, which brackets the root; Newton's step where it stays inside, else the middle.
 */
function bestDual(alpha: number, margin: number, norm: number, cost: number): number {
  const at = (t: number) => cost / (1 + Math.exp(-t))
  const value = (t: number) => t + margin + (at(t) - alpha) * norm
  let t = Math.log(alpha / (cost - alpha))
  const first = value(t)
  let [low, high] = first > 0 ? [t - first, t] : [t, t - first]
  for (let step = 0; step < 20; step++) {
    const now = value(t)
    if (Math.abs(now) < 1e-4) break
    if (now > 0) high = t
    else low = t
    const next = t - now / (1 + norm * at(t) * (1 - at(t) / cost))
    t = next > low && next < high ? next : (low + high) / 2
  }
  // Within (0, C), where the logarithm is finite.
  return at(Math.max(-15, Math.min(15, t)))
}

function prune({ keys, weights, counts }: FittedTerms, maxTerms: number): { keys: Uint32Array; weights: Float32Array } {
  const matters = Float64Array.from(weights, (weight, term) => Math.abs(weight) * Math.sqrt(counts[term]))
  const kept = Uint32Array.from(keys, (_, term) => term)
    .sort((a, b) => matters[b] - matters[a] || a - b)
    .subarray(0, maxTerms)
    .sort()
  return {
    keys: Uint32Array.from(kept, (term) => keys[term]),
    weights: Float32Array.from(kept, (term) => weights[term]),
  }
}

/** What comes to 0 says nothing and is left out. */
function quantise({ keys, weights }: { keys: Uint32Array; weights: Float32Array }) {
  const peak = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
  const scale = Math.fround(peak / 127)
  const rounded = Int8Array.from(weights, (weight) => Math.round(weight / scale))
  return {
    keys: keys.filter((_, term) => rounded[term] !== 0),
    weights: rounded.filter((weight) => weight !== 0),
    scale,
  }
}

/** @returns (2, 3): slope, intercept and log-odds before reading, of spaced and of unspaced scripts */
function calibrate(
  table: ReviewTable,
  model: SentimentModel,
  rows: readonly number[],
  heldOut: readonly number[],
): number[] {
  return [0, 1].flatMap((script) => {
    const own = (review: number) => Math.round(table.unspaced[review]) === script
    const inFavour = (review: number) => table.reviews[review].favourable
    const scores = heldOut
      .filter(own)
      .map((review) => readKeys(model, keysOf(table, review), table.unspaced[review]).score)
    const [slope, intercept] = plattSigmoid(scores, heldOut.filter(own).map(inFavour))
    const fitted = rows.filter(own)
    const favourable = fitted.filter(inFavour).length
    return [slope, intercept, Math.log((favourable + 1) / (fitted.length - favourable + 1))]
  })
}

/** Platt 1999, with his targets, which keep a perfect separation finite; by Newton's method, as Lin, Lin & Weng 2007. */
function plattSigmoid(scores: readonly number[], outcomes: readonly boolean[]): [slope: number, intercept: number] {
  const positives = outcomes.filter(Boolean).length
  const targets = [1 / (outcomes.length - positives + 2), (positives + 1) / (positives + 2)]
  let [slope, intercept] = [1, 0]
  const at = (s: number, i: number) => {
    // A little pull towards (1, 0), which is where no review leaves it.
    const sums = { loss: 0.5 * ((s - 1) ** 2 + i ** 2), s: s - 1, i, ss: 1, si: 0, ii: 1 }
    scores.forEach((score, review) => {
      const logit = s * score + i
      const probability = 1 / (1 + Math.exp(-logit))
      const target = targets[Number(outcomes[review])]
      const curve = probability * (1 - probability)
      sums.loss += Math.max(logit, 0) - logit * target + Math.log1p(Math.exp(-Math.abs(logit)))
      sums.s += (probability - target) * score
      sums.i += probability - target
      sums.ss += curve * score * score
      sums.si += curve * score
      sums.ii += curve
    })
    return sums
  }
  for (let step = 0; step < 100; step++) {
    const now = at(slope, intercept)
    if (Math.abs(now.s) + Math.abs(now.i) < 1e-6) break
    const determinant = now.ss * now.ii - now.si ** 2
    const downSlope = (now.ii * now.s - now.si * now.i) / determinant
    const downIntercept = (now.ss * now.i - now.si * now.s) / determinant
    let stride = 1
    while (stride > 1e-6 && at(slope - stride * downSlope, intercept - stride * downIntercept).loss > now.loss)
      stride /= 2
    slope -= stride * downSlope
    intercept -= stride * downIntercept
  }
  return [slope, intercept]
}
