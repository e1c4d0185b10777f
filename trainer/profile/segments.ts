/**
 * A shop's kinds of shopper: k-means over what sets each shopper's interests apart (`shared/profile/segments.ts`).
 *
 * How many there are is asked of the data: with the segments of 30 days ago, how well does the mix of one's segment foretell
 * what one's visits since then began with (nats a visit)? More segments foretell a little better for ever, so it is the fewest
 * that are within one standard error of the best (Breiman et al. 1984). The network's states, asked the same, foretell less:
 * docs/quality.md.
 */
import { CATEGORY_SEPARATOR } from '../../shared/data/catalog.ts'
import { seeded } from '../../shared/data/random.ts'
import { quantiseRows } from '../../shared/model/quantise.ts'
import { entriesOf } from '../../shared/profile/entries.ts'
import { type Companions, interestsIn } from '../../shared/profile/interests.ts'
import { type Memory, memoryOf } from '../../shared/profile/memory.ts'
import { nearestSegment, type Segments, segmentVector } from '../../shared/profile/segments.ts'
import { UserError } from '../user-error.ts'
import { companionsOf } from './companions.ts'
import { type Clusters, kMeans } from './k-means.ts'
import { DAY_MS } from './moments.ts'
import { segmentNames } from './segment-names.ts'
import type { Shoppers } from './shoppers.ts'

const HELD_OUT_DAYS = 30
const COUNTS = [4, 6, 8, 10, 12, 14, 16]
/** Visits of the whole shop's mix that stand beside a segment's own. */
const PRIOR_VISITS = 20

export interface FittedSegments {
  segments: Segments
  companions: Companions
  /** Shoppers in each. */
  sizes: number[]
  /** What numbers of segments foretell of visits held out. */
  tried: { segments: number; nats: number }[]
}

/** @throws UserError when too few shoppers came in the last 30 days and before */
export function fitSegments(shop: Shoppers, seed: string): FittedSegments {
  const { tried, chosen } = chooseCount(shop, seed)
  const { space, companions, members } = membersAt(shop, shop.end)
  const { centroids, clusterOf } = clustersOf(members, chosen, seed)
  const shares = members.map(({ memory }) => sharesOf(memory, shop.end, space.categories))
  const sizes = centroids.map((_, segment) => clusterOf.reduce((sum, own) => sum + (own === segment ? 1 : 0), 0))
  const rows = Float32Array.from(centroids.flatMap((centroid) => [...centroid]))
  return {
    segments: {
      ...space,
      centroids: quantiseRows(rows, space.categories.length),
      names: segmentNames(shop.products, space.categories, shares, members, clusterOf, chosen),
    },
    companions,
    sizes,
    tried,
  }
}

interface Member {
  shopper: number
  memory: Memory
  vector: Float32Array
}

/** Everyone with an interest at a time, by what was known then. */
function membersAt({ shoppers, products, factsOf }: Shoppers, time: number) {
  const categories = [...new Set(products.map(({ category }) => category.join(CATEGORY_SEPARATOR)))].filter(Boolean)
  const memories = shoppers.map(({ events }) =>
    memoryOf(
      events.filter((event) => event.time <= time),
      factsOf,
    ),
  )
  const companions = companionsOf(shoppers, factsOf, time + 1)
  const usual = new Float32Array(categories.length)
  for (const memory of memories) {
    sharesOf(memory, time, categories).forEach((share, column) => {
      usual[column] += share / memories.length
    })
  }
  const space = { categories, usual }
  const members = memories.flatMap((memory, shopper): Member[] => {
    const vector = segmentVector(memory.interests, companions, time, space)
    return vector ? [{ shopper, memory, vector }] : []
  })
  return { space, companions, members }
}

function sharesOf({ interests }: Memory, time: number, categories: readonly string[]): Float64Array {
  const columns = new Map(categories.map((category, column) => [category, column]))
  const shares = new Float64Array(categories.length)
  for (const { label, share } of interestsIn(interests, 'category', time, 0, (name) => columns.has(name))) {
    shares[columns.get(label) as number] = share
  }
  return shares
}

function clustersOf(members: readonly Member[], count: number, seed: string): Clusters {
  return kMeans(
    members.map(({ vector }) => vector),
    count,
    seeded(`${seed} ${count} segments`),
  )
}

function chooseCount(shop: Shoppers, seed: string) {
  const time = shop.end - HELD_OUT_DAYS * DAY_MS
  const { space, members } = membersAt(shop, time)
  const numbers = new Map(space.categories.map((category, n) => [category, n]))
  const visits = members.map(({ shopper }) => {
    const entries = entriesOf(shop.shoppers[shopper].events, shop.factsOf)
    const numbered = (list: typeof entries) => list.flatMap(({ category }) => numbers.get(category) ?? [])
    return {
      before: numbered(entries.filter((entry) => entry.time <= time)),
      after: numbered(entries.filter((entry) => entry.time > time)),
    }
  })
  const counts = COUNTS.filter((count) => count <= members.length)
  if (counts.length === 0 || !visits.some(({ after }) => after.length > 0)) {
    throw new UserError(
      `${members.length} shoppers came before the last ${HELD_OUT_DAYS} days, too few for segments to be tried on those`,
      'import a longer history, or one of more shoppers',
    )
  }
  const losses = counts.map((count) =>
    visitLosses(visits, clustersOf(members, count, seed).clusterOf, count, space.categories.length),
  )
  const asked = visits.reduce((sum, { after }) => sum + after.length, 0)
  const tried = losses.map((loss, n) => ({ segments: counts[n], nats: sumOf(loss) / asked }))
  const best = losses[tried.indexOf(tried.reduce((a, b) => (b.nats < a.nats ? b : a)))]
  const near = losses.findIndex((loss) => {
    const more = loss.map((nats, n) => nats - best[n])
    return sumOf(more) <= Math.sqrt(sumOf(more.map((nats) => nats ** 2)))
  })
  return { tried, chosen: counts[near] }
}

/** (shoppers) nats of all visits held out, by the mix of the shopper's segment before. */
function visitLosses(
  visits: readonly { before: number[]; after: number[] }[],
  segmentOf: Int32Array,
  segments: number,
  categories: number,
): Float64Array {
  const all = new Float64Array(categories).fill(1 / categories)
  for (const { before } of visits) for (const category of before) all[category]++
  const total = sumOf(all)
  const mixes = Array.from({ length: segments }, () => all.map((count) => (PRIOR_VISITS * count) / total))
  visits.forEach(({ before }, n) => {
    for (const category of before) mixes[segmentOf[n]][category]++
  })
  const totals = mixes.map(sumOf)
  return Float64Array.from(visits, ({ after }, n) => {
    const segment = segmentOf[n]
    return after.reduce((sum, category) => sum - Math.log(mixes[segment][category] / totals[segment]), 0)
  })
}

const sumOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0)

/** Where the page would put each shopper; −1 for one of whom no interest is known. */
export function segmentsOfShoppers(
  { shoppers, factsOf, end }: Shoppers,
  segments: Segments,
  companions: Companions,
): Int32Array {
  return Int32Array.from(shoppers, ({ events }) => {
    const vector = segmentVector(memoryOf(events, factsOf).interests, companions, end, segments)
    return vector ? nearestSegment(vector, segments).segment : -1
  })
}
