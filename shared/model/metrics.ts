/**
 * Ranking metrics of one query. Ties are settled against the recommender: an item counts as ranked behind every other
 * of the same score, else a model that scores everything alike looks perfect (TARGETS A; Krichene & Rendle 2020 on why
 * all items are ranked and none sampled).
 */

/**
 * The k best items, best first. An item at −∞ or NaN is never among them.
 * @param scores (items)
 * @param last whether an item goes behind the others of its score; the relevant ones do
 */
export function topK(scores: Float32Array, k: number, last: (item: number) => boolean = () => false): number[] {
  const best: number[] = []
  let worst = Number.NEGATIVE_INFINITY
  for (let item = 0; item < scores.length; item++) {
    const score = scores[item]
    // NaN fails this test too.
    if (!(score > Number.NEGATIVE_INFINITY) || (best.length === k && score < worst)) continue
    let at = best.length
    while (
      at > 0 &&
      (score > scores[best[at - 1]] || (score === scores[best[at - 1]] && last(best[at - 1]) && !last(item)))
    )
      at--
    if (at === k) continue
    best.splice(at, 0, item)
    if (best.length > k) best.pop()
    if (best.length === k) worst = scores[best[k - 1]]
  }
  return best
}

export interface RankingMetrics {
  hr: number
  ndcg: number
  mrr: number
  recall: number
}

/**
 * Metrics of a list against the relevant items, as RecBole defines them: recall is the share of all of them, and the
 * ideal of NDCG has as many as fit into k.
 */
export function rankingMetrics(list: readonly number[], relevant: ReadonlySet<number>, k: number): RankingMetrics {
  let hits = 0
  let gain = 0
  let first = 0
  list.forEach((item, position) => {
    if (!relevant.has(item)) return
    hits++
    gain += 1 / Math.log2(position + 2)
    if (first === 0) first = 1 / (position + 1)
  })
  let ideal = 0
  for (let position = 0; position < Math.min(k, relevant.size); position++) ideal += 1 / Math.log2(position + 2)
  return {
    hr: hits > 0 ? 1 : 0,
    ndcg: ideal > 0 ? gain / ideal : 0,
    mrr: first,
    recall: relevant.size > 0 ? hits / relevant.size : 0,
  }
}
