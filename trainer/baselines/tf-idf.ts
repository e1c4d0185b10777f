/**
 * Neighbours by title: the cosine of TF-IDF word vectors (Salton & Buckley 1988) between what is in the history and each
 * item. What a shop without any model can do for a product that nobody has looked at, and so what content must beat.
 */
import { jitter, type Scorer } from '../baselines.ts'
import { postingsOf, titleVectors } from '../title-neighbours.ts'

/**
 * The sum over the history of decay^age · cosine, age 0 for the latest.
 * @param decay in (0, 1]: how much less each step counts than the one after it
 * @param searches by query number; where given, a search in the history counts as a title does
 */
export function tfIdfScorer(titles: readonly string[], decay: number, searches: readonly string[] = []): Scorer {
  const vectors = titleVectors(titles, searches)
  const postings = postingsOf(vectors.slice(0, titles.length))
  const jitters = jitter(titles.length)
  return (query, scores) => {
    // Cosines add up: one profile of words instead of a comparison with each item of the history.
    const profile = new Map<string, number>()
    let share = 1
    for (let at = query.items.length - 1; at >= 0; at--) {
      const item = query.items[at]
      const vector = item >= 0 ? vectors[item] : vectors[titles.length - 1 - item]
      if (!vector) continue
      for (const [word, weight] of vector) profile.set(word, (profile.get(word) ?? 0) + share * weight)
      share *= decay
    }
    for (const [word, weight] of profile) {
      for (const posting of postings.get(word) ?? []) scores[posting.item] += weight * posting.weight
    }
    for (let item = 0; item < scores.length; item++) scores[item] += jitters[item]
  }
}
