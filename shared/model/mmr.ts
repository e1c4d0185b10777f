/**
 * Maximal marginal relevance (Carbonell & Goldstein 1998): a list is built item by item, each the best of
 *
 *     λ · relevance(i) − (1 − λ) · max over what is picked of similarity(i, j)
 *
 * λ = 1 is the ranking itself. Greedy, k · n steps: the largest similarity of each candidate is kept and only compared with
 * the newest pick.
 */

/**
 * @param relevance of each candidate, 0 … 1; of two alike the first is taken
 * @param similarity of two candidates, 0 … 1
 * @returns numbers of candidates, in the order they were picked
 */
export function maximalMarginalRelevance(
  relevance: ArrayLike<number>,
  similarity: (a: number, b: number) => number,
  lambda: number,
  k: number,
): number[] {
  if (!(lambda >= 0 && lambda <= 1)) throw new Error(`mmr: lambda must be 0 to 1: ${lambda}`)
  const nearest = new Float64Array(relevance.length)
  const picked: number[] = []
  const left = new Set(Array.from(relevance, (_, n) => n))
  while (picked.length < k && left.size > 0) {
    let best = -1
    let most = Number.NEGATIVE_INFINITY
    for (const n of left) {
      const worth = lambda * relevance[n] - (1 - lambda) * nearest[n]
      if (worth > most) [best, most] = [n, worth]
    }
    if (best < 0) break // what has no number is no candidate
    picked.push(best)
    left.delete(best)
    for (const n of left) nearest[n] = Math.max(nearest[n], similarity(n, best))
  }
  return picked
}
