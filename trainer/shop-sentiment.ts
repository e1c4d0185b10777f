/** What reads reviews in the page, taught by those that a shop's own history has. */
import type { ShopEvent } from '../shared/data/events.ts'
import { encodeSentiment } from '../shared/profile/sentiment.ts'
import { type Review, verdictOfRating } from './datasets/reviews.ts'
import { reviewTable } from './review-table.ts'
import { fitSentiment } from './sentiment.ts'
import { distinctReviews, MIN_OF_EACH, splitReviews } from './sentiment-evaluation.ts'

const SET = 'the shop’s own'

/** @returns a `vitrine-sentiment/1` file; undefined where too few reviews praise, or too few do not */
export function shopSentiment(
  shoppers: Iterable<{ events: readonly ShopEvent[] }>,
  seed: string,
): Uint8Array | undefined {
  const reviews = distinctReviews(Array.from(shoppers, ({ events }) => events.flatMap(reviewIn)).flat())
  const praising = reviews.filter(({ favourable }) => favourable).length
  if (Math.min(praising, reviews.length - praising) < MIN_OF_EACH) return undefined
  // Nothing is measured here, so what would test teaches too.
  const { teach, test, calibrate } = splitReviews(reviews, seed)
  return encodeSentiment(fitSentiment(reviewTable(reviews), [...teach, ...test], calibrate, seed).model)
}

function reviewIn(event: ShopEvent): Review[] {
  if (event.name !== 'review' || !event.text) return []
  const favourable = verdictOfRating(event.rating)
  return favourable === undefined ? [] : [{ text: event.text, favourable, set: SET }]
}
