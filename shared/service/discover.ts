/**
 * The cross-category shelf: what this shopper may like outside of where they have been lately. Candidates are the best by the
 * blend's scores in categories that are none of the shopper's recent interests; of those, maximal marginal relevance takes
 * few that are like each other (`../model/mmr.ts`). Each says which of the shopper's interests others go there from.
 */
import { CATEGORY_SEPARATOR, liesIn } from '../data/catalog.ts'
import { maximalMarginalRelevance } from '../model/mmr.ts'
import type { Companions, Interest } from '../profile/interests.ts'

/**
 * Measured on the sample shop by `vitrine evaluate-service`: .8 gives up four hundredths of the relevance for half of the
 * variety there is (`docs/quality.md`).
 */
export const DISCOVER_LAMBDA = 0.8
/** Candidates a place: enough that variety has something to choose from, near enough to the top to be relevant. */
const DEPTH = 12
/** A category with less of the shopper's interest than this is news to them. */
const KNOWN_SHARE = 0.05

export type DiscoverReason =
  /** Others who look into `from`, as this shopper does, come to this category too. */
  { code: 'others-go-on'; from: string; category: string } | { code: 'new-to-you'; category: string }

export interface DiscoverPick {
  item: number
  reason: DiscoverReason
}

export interface DiscoverInput {
  /** (items) of the blend; what may not be shown is −∞. */
  scores: Float32Array
  /** (items) from the root, "Home > Kitchen > Mugs"; empty where nobody says. */
  categories: readonly string[]
  /** Of whole paths, strongest first, with the visit's share (`interestsIn`). */
  interests: readonly Interest[]
  /** What goes with what, where the bundle says. */
  companions?: Companions
  /** Likeness of two items, 0 … 1, as their vectors' cosine; that of their categories where there is none. */
  similarity?: (a: number, b: number) => number
  limit: number
  lambda?: number
}

/** Best first; none for a shopper of whom no interest is known, to whom everything is new. */
export function discover(input: DiscoverInput): DiscoverPick[] {
  const { scores, categories, interests, companions, limit, lambda = DISCOVER_LAMBDA } = input
  const known = interests.filter(({ share }) => share >= KNOWN_SHARE).map(({ label }) => label)
  if (known.length === 0) return []
  const isKnown = new Map<string, boolean>()
  const outside = (category: string) => {
    let inside = isKnown.get(category)
    if (inside === undefined) isKnown.set(category, (inside = known.some((label) => liesIn(category, label))))
    return category !== '' && !inside
  }
  const candidates = Array.from(scores.keys())
    .filter((item) => scores[item] > Number.NEGATIVE_INFINITY && outside(categories[item]))
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, limit * DEPTH)
  if (candidates.length === 0) return []
  const [best, worst] = [scores[candidates[0]], scores[candidates[candidates.length - 1]]]
  const relevance = candidates.map((item) => (best > worst ? (scores[item] - worst) / (best - worst) : 1))
  const alike = input.similarity ?? ((a, b) => categoryLikeness(categories[a], categories[b]))
  return maximalMarginalRelevance(relevance, (a, b) => alike(candidates[a], candidates[b]), lambda, limit).map((n) => ({
    item: candidates[n],
    reason: reasonFor(categories[candidates[n]], interests, companions),
  }))
}

/** The interest that most go on from to this category: its own share times the companions'. */
function reasonFor(
  category: string,
  interests: readonly Interest[],
  companions: Companions | undefined,
): DiscoverReason {
  let [from, most] = ['', 0]
  for (const { label, share } of interests) {
    const companion = companions?.get(label)?.find((other) => other.label === category)
    if (companion && label !== category && share * companion.share > most)
      [from, most] = [label, share * companion.share]
  }
  return most > 0 ? { code: 'others-go-on', from, category } : { code: 'new-to-you', category }
}

/** Of two paths, the share of the longer that is the same from the root: siblings are alike, strangers 0. */
export function categoryLikeness(a: string, b: string): number {
  const [left, right] = [a, b].map((category) => category.split(CATEGORY_SEPARATOR))
  let same = 0
  while (same < Math.min(left.length, right.length) && left[same] === right[same]) same++
  return same / Math.max(left.length, right.length)
}
