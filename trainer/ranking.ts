/** How a bundle ranks: its models as they were known at each moment, and what validation makes of them together. */
import { type BlendWeights, type Models, popularityShare } from '../shared/model/rank.ts'
import { popularityCounts } from './baselines.ts'
import { blendScorer, fitBlend, type ModelsAt, SINGLE } from './blend.ts'
import { type Histories, isTitled } from './datasets/histories.ts'
import { askAll, K, meansOf, wantedEvents } from './evaluate.ts'
import { nextRules } from './next-rules.ts'
import type { Query } from './queries.ts'

/** Where validation does not tell: a new item counts as much as a usual first follower, by the square of its likeness. */
export const USUAL_NEW_ITEMS = 1
/** More is no better: with 2.5 and 4 to choose from, what placing gains in the sample shop is .0108, without .0110. */
const NEW_ITEMS = [USUAL_NEW_ITEMS, 0, 0.5, 1.5]

/** Popular in the last week, as the shop knew it at each moment. */
export const POPULARITY_DAYS = 7

/**
 * The models as they were known at each moment: rules from the training part as a bundle carries them, popularity from the
 * days before.
 * @param network joins the counting ones when it is there
 * @param newItems strength with which what training never saw wanted is placed
 */
export function modelsAt(
  h: Histories,
  trainEnds: Uint32Array,
  network?: Models['network'],
  newItems = USUAL_NEW_ITEMS,
): ModelsAt {
  const V = h.items.length
  const next = nextRules(h, trainEnds, newItems)
  const rules = { next, together: next, popularity: new Float32Array(V) }
  const counts = h.timed
    ? popularityCounts(wantedEvents(h, h.start.slice(1)), V, POPULARITY_DAYS)
    : popularityCounts(wantedEvents(h, trainEnds), V, undefined)
  const shares = new Map<Float32Array, Float32Array>()
  return (time) => {
    const count = counts(time)
    let popularity = shares.get(count)
    if (!popularity) {
      popularity = popularityShare(count)
      shares.set(count, popularity)
    }
    return { rules, popularity, weights: SINGLE.rules, ...(network ? { network } : {}) }
  }
}

/** How a bundle ranks, as validation has it. */
export interface Ranking {
  weights: BlendWeights
  /** Strength with which new items are placed. */
  newItems: number
}

/** @returns the ranking, and the NDCG@k it has on these queries: first the weights, then how strongly new items are placed */
export function fitRanking(
  h: Histories,
  trainEnds: Uint32Array,
  network: Models['network'],
  queries: readonly Query[],
  k = K,
): Ranking & { ndcg: number } {
  const { weights, ndcg } = fitBlend(modelsAt(h, trainEnds, network), queries, h.queries, k)
  const usual = { weights, newItems: USUAL_NEW_ITEMS, ndcg }
  if (!isTitled(h)) return usual // nothing is placed by titles that are not there: the answer without the asking
  const worthOf = (newItems: number) => {
    const scorer = blendScorer(modelsAt(h, trainEnds, network, newItems), h.queries, weights, h.items.length)
    return meansOf(askAll(scorer, queries, h.items.length, k)).ndcg
  }
  return NEW_ITEMS.map((newItems) => ({ weights, newItems, ndcg: worthOf(newItems) })).reduce((a, b) =>
    b.ndcg > a.ndcg ? b : a,
  )
}
