/** Reviews as terms, looked up once: what a model of sentiment is fitted to and measured on. */

import { termKeys, tokensOf } from '../shared/profile/review-terms.ts'
import { MAX_REVIEW_CHARS } from '../shared/profile/sentiment.ts'
import type { Review } from './datasets/reviews.ts'

export interface ReviewTable {
  reviews: Review[]
  /** Distinct terms of all reviews, one review after the other, ascending within each. */
  keys: Uint32Array
  /** (reviews + 1) where each one's terms begin in `keys` */
  start: Uint32Array
  /** (reviews) share of the words in a script without spaces */
  unspaced: Float32Array
}

/** @param longest n-gram; that of the model when left out */
export function reviewTable(reviews: Review[], longest?: number): ReviewTable {
  const start = new Uint32Array(reviews.length + 1)
  const unspaced = new Float32Array(reviews.length)
  const each = reviews.map(({ text }, review) => {
    const tokens = tokensOf(text.slice(0, MAX_REVIEW_CHARS))
    unspaced[review] = tokens.words > 0 ? tokens.unspaced / tokens.words : 0
    const keys = termKeys([tokens], longest)
    start[review + 1] = start[review] + keys.length
    return keys
  })
  const keys = new Uint32Array(start[reviews.length])
  each.forEach((own, review) => {
    keys.set(own, start[review])
  })
  return { reviews, keys, start, unspaced }
}

export const keysOf = ({ keys, start }: ReviewTable, review: number) => keys.subarray(start[review], start[review + 1])
