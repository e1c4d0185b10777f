/**
 * Neighbours by title: the cosine of TF-IDF word vectors (Salton & Buckley 1988) between what is in the history and each
 * item. What a shop without any model can do for a product that nobody has looked at, and so what content must beat.
 */
import { words } from '../../shared/data/text.ts'
import { jitter, type Scorer } from '../baselines.ts'

/** A title's words with their weights: tf · (ln((1 + N) / (1 + df)) + 1), of length 1. */
export type TitleVector = Map<string, number>

export function titleVectors(titles: readonly string[]): TitleVector[] {
  const counted = titles.map((title) => {
    const counts = new Map<string, number>()
    for (const word of words(title)) counts.set(word, (counts.get(word) ?? 0) + 1)
    return counts
  })
  const frequency = new Map<string, number>()
  for (const counts of counted) for (const word of counts.keys()) frequency.set(word, (frequency.get(word) ?? 0) + 1)
  const idf = (word: string) => Math.log((1 + titles.length) / (1 + (frequency.get(word) ?? 0))) + 1
  return counted.map((counts) => {
    const vector = new Map(Array.from(counts, ([word, count]) => [word, count * idf(word)]))
    const length = Math.sqrt([...vector.values()].reduce((sum, weight) => sum + weight * weight, 0))
    return new Map(Array.from(vector, ([word, weight]) => [word, weight / length]))
  })
}

/**
 * The sum over the history's items of decay^age · cosine, age 0 for the latest.
 * @param decay in (0, 1]: how much less each item counts than the one after it
 */
export function tfIdfScorer(titles: readonly string[], decay: number): Scorer {
  const vectors = titleVectors(titles)
  const postings = new Map<string, { item: number; weight: number }[]>()
  vectors.forEach((vector, item) => {
    for (const [word, weight] of vector) {
      const list = postings.get(word)
      if (list) list.push({ item, weight })
      else postings.set(word, [{ item, weight }])
    }
  })
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
      for (const posting of postings.get(word) as { item: number; weight: number }[]) {
        scores[posting.item] += weight * posting.weight
      }
    }
    for (let item = 0; item < scores.length; item++) scores[item] += jitters[item]
  }
}
