/** Reviews as the sample shop's buyers write them, and what reads reviews taught by them. */
import type { ShopEvent } from '../shared/data/events.ts'
import { seeded } from '../shared/data/random.ts'
import { writeReview } from '../trainer/sample/reviews.ts'
import { shopSentiment as taught } from '../trainer/shop-sentiment.ts'

export function shopReviews(count: number): ShopEvent[] {
  const random = seeded('shop reviews')
  return Array.from({ length: count }, (_, n): ShopEvent => {
    const mood = random.next() < 0.6 ? 0.8 : -0.8
    const feel = () => (random.next() < 0.1 ? -mood : mood)
    const feelings = { quality: feel(), looks: feel(), value: feel(), delivery: feel() }
    const { rating, text } = writeReview(random, n % 2 ? 'zh' : 'en', feelings)
    return { id: `review-${n}`, time: 1_700_000_000_000 + n, name: 'review', items: [{ item_id: 'a' }], rating, text }
  })
}

export const shopSentiment = (reviews: ShopEvent[], seed: string) => taught([{ events: reviews }], seed)
