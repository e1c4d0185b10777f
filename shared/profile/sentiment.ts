/**
 * Whether a shopper's own review is in favour, in English and Chinese, overall and by aspect: a linear model of n-grams
 * (`review-terms.ts`), a few kB of additions, so it runs where the review is written and the review goes nowhere.
 * `trainer/sentiment.ts` fits it.
 *
 *     score        Σ weights of the terms known / √(number of distinct terms)
 *     log-odds     slope · score + intercept, for each kind of script; a mixed text takes both by their share of its words
 *     favourable   1 / (1 + e^−log-odds)
 *
 * An aspect's figure is that of its clauses read as if they were the review, less the log-odds that reviews have before
 * anything is read: most are in favour, and a clause that says nothing would be too.
 *
 * The file names no word. Its arrays:
 *
 *     gaps          u8   keys of the terms, ascending, each less the one before (the first less −1): 255 adds 255 and goes on
 *     weights       (terms) i8, none 0
 *     scale         (1) f32
 *     calibration   (2, 3) f32: spaced and unspaced scripts; slope, intercept, log-odds before reading
 *
 * What it cannot do: irony, comparisons with another product, languages that it was not taught. Of a text of which it
 * knows too little it says nothing.
 */
import { decodeArrays, encodeArrays, take } from '../model/arrays.ts'
import { ASPECTS, type Aspect, aspectsOf, clausesOf, type Span } from './aspects.ts'
import { KEY_BITS, type Tokens, termKeys, tokensOf } from './review-terms.ts'

const FORMAT = 'vitrine-sentiment/1'

/** Of the file, for all languages. */
export const MAX_SENTIMENT_BYTES = 300_000

/** In UTF-16 code units. The longest review of both data sets that it was measured on has 2,876. */
export const MAX_REVIEW_CHARS = 20_000

/**
 * With less of its terms known a text is in another language or about other things. Of the reviews it was measured on all
 * but one in a thousand have .34 known; of French, German and Spanish sentences .03 to .11 are, of a Japanese one .18.
 */
const MIN_KNOWN = 0.2

/** A byte of a gap that is not its last. */
const RUN_ON = 255

export interface SentimentInfo {
  format: typeof FORMAT
  /** How many reviews taught it. */
  reviews: number
}

export interface SentimentModel {
  info: SentimentInfo
  /** (terms) ascending */
  keys: Uint32Array
  /** (terms) */
  weights: Int8Array
  scale: number
  /** (2, 3) */
  calibration: Float32Array
}

/** Its offsets are of the review as it was written, in UTF-16 code units: what a page quotes it must set as text. */
export interface ClauseSentiment extends Span {
  favourable: number
}

export interface AspectSentiment {
  aspect: Aspect
  favourable: number
  /** What says so. */
  clauses: ClauseSentiment[]
}

export interface Sentiment {
  /** Probability that who wrote this would recommend what they bought. */
  favourable: number
  /** Those that the review speaks of, in the order of `ASPECTS`. */
  aspects: AspectSentiment[]
  /** How much of the review was read, in UTF-16 code units: the rest is beyond `MAX_REVIEW_CHARS`. */
  charsRead: number
}

/** @returns undefined for a text without words, or of which too little is known */
export function sentimentOf(model: SentimentModel, review: string): Sentiment | undefined {
  const text = startOf(review)
  const tokens = tokensOf(text)
  const whole = readTokens(model, [tokens])
  if (tokens.words === 0 || !isRead(whole)) return undefined
  const clauses = clausesOf(text).map((span) => {
    const clause = text.slice(span.start, span.end)
    return { span, aspects: aspectsOf(clause), tokens: tokensOf(clause) }
  })
  const aspects = ASPECTS.flatMap((aspect) => {
    const own = clauses.filter((clause) => clause.aspects.includes(aspect))
    if (own.length === 0) return []
    const alone = (tokens: readonly Tokens[]) => favourable(model, readTokens(model, tokens), 'alone')
    return {
      aspect,
      favourable: alone(own.map(({ tokens }) => tokens)),
      clauses: own.map(({ span, tokens }) => ({ ...span, favourable: alone([tokens]) })),
    }
  })
  return { favourable: favourable(model, whole, 'review'), aspects, charsRead: text.length }
}

/** What the model makes of a text, before calibration. */
export interface Reading {
  score: number
  /** Share of the distinct terms that it knows, 0 … 1. */
  known: number
  /** Share of the words that are in a script without spaces, 0 … 1. */
  unspaced: number
}

function readTokens(model: SentimentModel, texts: readonly Tokens[]): Reading {
  const [words, unspaced] = texts.reduce(([w, u], tokens) => [w + tokens.words, u + tokens.unspaced], [0, 0])
  return readKeys(model, termKeys(texts), words > 0 ? unspaced / words : 0)
}

/** Whether enough is known of a text to speak of it. */
export const isRead = ({ known }: Reading): boolean => known >= MIN_KNOWN

/** @param keys of the text's distinct terms, ascending */
export function readKeys(
  { keys: known, weights, scale }: SentimentModel,
  keys: Uint32Array,
  unspaced: number,
): Reading {
  let [sum, found, from] = [0, 0, 0]
  for (const key of keys) {
    from = firstAtLeast(known, key, from)
    if (known[from] !== key) continue
    sum += weights[from]
    found++
  }
  const count = Math.max(1, keys.length)
  return { score: (scale * sum) / Math.sqrt(count), known: found / count, unspaced }
}

function firstAtLeast(sorted: Uint32Array, key: number, from: number): number {
  let [low, high] = [from, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] < key) low = middle + 1
    else high = middle
  }
  return low
}

/** @param as a whole review, or a part of one, which is no likelier to be in favour than not before it is read */
export function favourable({ calibration }: SentimentModel, read: Reading, as: 'review' | 'alone'): number {
  const [slope, intercept, before] = [0, 1, 2].map(
    (at) => calibration[at] * (1 - read.unspaced) + calibration[3 + at] * read.unspaced,
  )
  const logOdds = slope * read.score + intercept - (as === 'alone' ? before : 0)
  return 1 / (1 + Math.exp(-logOdds))
}

/** A character outside the basic plane is two code units, which are not parted. */
function startOf(review: string): string {
  if (review.length <= MAX_REVIEW_CHARS) return review
  const last = review.charCodeAt(MAX_REVIEW_CHARS - 1)
  return review.slice(0, last >= 0xd800 && last < 0xdc00 ? MAX_REVIEW_CHARS - 1 : MAX_REVIEW_CHARS)
}

export function encodeSentiment({ info, keys, weights, scale, calibration }: SentimentModel): Uint8Array {
  const gaps: number[] = []
  for (let at = 0, before = -1; at < keys.length; before = keys[at++]) {
    let gap = keys[at] - before
    for (; gap >= RUN_ON; gap -= RUN_ON) gaps.push(RUN_ON)
    gaps.push(gap)
  }
  return encodeArrays({
    meta: info,
    arrays: { gaps: Uint8Array.from(gaps), weights, scale: Float32Array.of(scale), calibration },
  })
}

/** @throws Error saying what is wrong with the bytes */
export function decodeSentiment(bytes: Uint8Array): SentimentModel {
  const file = decodeArrays<SentimentInfo>(bytes)
  const { format, reviews } = file.meta ?? {}
  if (format !== FORMAT) throw new Error(`sentiment: format ${JSON.stringify(format)} is not "${FORMAT}"`)
  if (!Number.isSafeInteger(reviews) || reviews < 1) throw new Error(`sentiment: reviews ${JSON.stringify(reviews)}`)
  const weights = take(file, 'weights', 'i8')
  const [scale] = take(file, 'scale', 'f32', 1)
  const calibration = take(file, 'calibration', 'f32', 6)
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) throw new Error(`sentiment: scale ${scale}`)
  if (!calibration.every(Number.isFinite)) throw new Error(`sentiment: calibration ${calibration.join(', ')}`)
  const none = weights.indexOf(0)
  if (none >= 0) throw new Error(`sentiment: weight ${none} is 0`)
  return {
    info: { format, reviews },
    keys: keysOf(take(file, 'gaps', 'u8'), weights.length),
    weights,
    scale,
    calibration,
  }
}

function keysOf(gaps: Uint8Array, count: number): Uint32Array {
  const keys = new Uint32Array(count)
  let [at, key, runsOn] = [0, -1, false]
  for (const gap of gaps) {
    if (at === count) throw new Error(`sentiment: more than ${count} keys`)
    if (gap === 0 && !runsOn) throw new Error(`sentiment: key ${at} is not above the one before`)
    key += gap
    runsOn = gap === RUN_ON
    if (!runsOn) keys[at++] = key
    if (key >= 2 ** KEY_BITS) throw new Error(`sentiment: key ${at} is beyond ${KEY_BITS} bits`)
  }
  if (at < count || runsOn) throw new Error(`sentiment: ${at} keys for ${count} weights`)
  return keys
}

export const sentimentInfo = (reviews: number): SentimentInfo => ({ format: FORMAT, reviews })
