/**
 * Whether the segments found are the kinds of shopper that a simulated shop has: adjusted mutual information with the truth at
 * the end of the history. Beside it the last category looked into, taken for the kind it most often belongs to, and an observer
 * who is taught the kinds of half the shoppers and asked about the other half.
 */
import { CATEGORY_SEPARATOR } from '../../shared/data/catalog.ts'
import { itemsOf, type ShopEvent } from '../../shared/data/events.ts'
import type { FactsOf } from '../../shared/profile/facts.ts'
import { interestsIn } from '../../shared/profile/interests.ts'
import { memoryOf } from '../../shared/profile/memory.ts'
import { decodeSegments, encodeSegments } from '../../shared/profile/segments.ts'
import { adjustedMutualInformation } from './agreement.ts'
import { type Asked, askAll, fitHead } from './heads.ts'
import { type FittedSegments, segmentsOfShoppers } from './segments.ts'
import type { Shoppers } from './shoppers.ts'
import type { Truth } from './truth.ts'

export interface Agreement {
  /** 1 where they are the kinds, 0 as by chance. */
  adjusted_mutual_information: number
  /** Share of the shoppers whose kind is that of most in their segment. */
  purity: number
}

export interface SegmentScore {
  shoppers: number
  kinds: number
  last_looked_at: Agreement
  profile: Agreement
  ideal: Agreement
  /** In adjusted mutual information. */
  gap_closed: number
}

export async function scoreSegments(
  shop: Shoppers,
  { segments, companions }: FittedSegments,
  truth: Truth,
): Promise<SegmentScore> {
  // As they ship.
  const found = segmentsOfShoppers(shop, decodeSegments(encodeSegments(segments)), companions)
  const asked = [...found.keys()].filter((shopper) => found[shopper] >= 0)
  const kinds = [...new Set(shop.shoppers.map(({ id }) => truth.segmentOf(id, shop.end)))]
  const kindOf = asked.map((shopper) => kinds.indexOf(truth.segmentOf(shop.shoppers[shopper].id, shop.end)))
  const last = asked.map((shopper) => lastCategory(shop.shoppers[shopper].events, shop.factsOf, segments.categories))
  const profiles = asked.map((shopper) => rootShares(shop, shopper, segments.categories))
  const agreement = (parts: ArrayLike<number>): Agreement => ({
    adjusted_mutual_information: adjustedMutualInformation(parts, kindOf),
    purity: mostIn(parts, kindOf).filter((kind, n) => kind === kindOf[n]).length / kindOf.length,
  })
  const scores = {
    last_looked_at: agreement(mostIn(last, kindOf)),
    profile: agreement(asked.map((shopper) => found[shopper])),
    ideal: agreement(await taught(profiles, kindOf, kinds.length)),
  }
  const [from, at, to] = Object.values(scores).map((score) => score.adjusted_mutual_information)
  return { shoppers: asked.length, kinds: kinds.length, ...scores, gap_closed: (at - from) / (to - from) }
}

/** Of each, the kind that most in the same part are of. */
function mostIn(parts: ArrayLike<number>, kindOf: readonly number[]): number[] {
  const counts = new Map<number, Map<number, number>>()
  kindOf.forEach((kind, n) => {
    const own = counts.get(parts[n]) ?? new Map<number, number>()
    counts.set(parts[n], own.set(kind, (own.get(kind) ?? 0) + 1))
  })
  const most = new Map([...counts].map(([part, own]) => [part, [...own].sort((a, b) => b[1] - a[1])[0][0]]))
  return kindOf.map((_, n) => most.get(parts[n]) as number)
}

function lastCategory(events: readonly ShopEvent[], factsOf: FactsOf, categories: readonly string[]): number {
  const last = events.findLast(({ name }) => name === 'view_item')
  return categories.indexOf((last && factsOf(itemsOf(last)[0].item_id)?.category.join(CATEGORY_SEPARATOR)) ?? '')
}

/** (categories) √share: half of what is looked at once says more than half of what is looked at twice. */
function rootShares({ shoppers, factsOf, end }: Shoppers, shopper: number, categories: readonly string[]) {
  const { interests } = memoryOf(shoppers[shopper].events, factsOf)
  const shares = new Map(interestsIn(interests, 'category', end, 0).map(({ label, share }) => [label, share]))
  const total = categories.reduce((sum, category) => sum + (shares.get(category) ?? 0), 0)
  return categories.map((category) => Math.sqrt((shares.get(category) ?? 0) / total))
}

/** Of each half, what a head says that was taught the other's kinds. */
async function taught(profiles: readonly number[][], kindOf: readonly number[], kinds: number): Promise<Int32Array> {
  const said = new Int32Array(kindOf.length)
  const rows = (isOwn: (n: number) => boolean): Asked & { own: number[] } => {
    const own = [...kindOf.keys()].filter(isOwn)
    const inputs = Float32Array.from(own.flatMap((n) => profiles[n]))
    return { own, inputs, answers: Int32Array.from(own, (n) => kindOf[n]) }
  }
  for (const half of [0, 1]) {
    const training = rows((n) => n % 2 === half && n % 7 > 0)
    const head = await fitHead(
      training,
      rows((n) => n % 2 === half && n % 7 === 0),
      kinds,
    )
    const others = rows((n) => n % 2 !== half)
    askAll(head, others).forEach((probabilities, n) => {
      said[others.own[n]] = probabilities.indexOf(Math.max(...probabilities))
    })
  }
  return said
}
