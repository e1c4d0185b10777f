/**
 * Neighbours by title: the cosine of TF-IDF word vectors (Salton & Buckley 1988) between what is in the history and each
 * item. What a shop without any model can do for a product that nobody has looked at, and so what content must beat.
 */
import { jitter, type Scorer } from '../baselines.ts'
import { postingsOf, titleVectors } from '../title-neighbours.ts'

/**
 * The sum over the history's items of decay^age · cosine, age 0 for the latest.
 * @param decay in (0, 1]: how much less each item counts than the one after it
 */
export function tfIdfScorer(titles: readonly string[], decay: number): Scorer {
  const vectors = titleVectors(titles)
  const postings = postingsOf(vectors)
  const jitters = jitter(titles.length)
  return (query, scores) => {
    // Cosines add up: one profile of words instead of a comparison with each item of the history.
    const profile = new Map<string, number>()
    let share = 1
    for (let at = query.items.length - 1; at >= 0; at--) {
      const item = query.items[at]
      if (item < 0) continue
      for (const [word, weight] of vectors[item]) profile.set(word, (profile.get(word) ?? 0) + share * weight)
      share *= decay
    }
    for (const [word, weight] of profile) {
      for (const posting of postings.get(word) ?? []) {
        scores[posting.item] += weight * posting.weight
      }
    }
    for (let item = 0; item < scores.length; item++) scores[item] += jitters[item]
  }
}
