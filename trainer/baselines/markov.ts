/**
 * First-order Markov chain: what followed the last item, as often as it did.
 *
 *     score(b | … a) = how often b came directly after a
 *
 * Of two that followed equally often, the one that did so first leads; a sequence file in time order then reproduces what
 * counting with Python's `Counter.most_common` gives. Everything that never followed is at 0, in the order of the jitter.
 */
import { jitter, type Scorer } from '../baselines.ts'

/** @param sequences each the items of one session, oldest first, repeats kept */
export function markovScorer(sequences: Iterable<ArrayLike<number>>, items: number): Scorer {
  const followers: Map<number, number>[] = Array.from({ length: items }, () => new Map())
  for (const sequence of sequences) {
    for (let i = 1; i < sequence.length; i++) {
      const row = followers[sequence[i - 1]]
      row.set(sequence[i], (row.get(sequence[i]) ?? 0) + 1)
    }
  }
  const jitters = jitter(items)
  return (query, scores) => {
    scores.set(jitters)
    const last = query.items.findLast((item) => item >= 0)
    if (last === undefined) return
    // A Map keeps the order of first sight. Ranks stand in for counts: the differences between them survive in float32.
    const ranked = [...followers[last]].sort(([, a], [, b]) => b - a)
    ranked.forEach(([item], rank) => {
      scores[item] = ranked.length - rank
    })
  }
}
