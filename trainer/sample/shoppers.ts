/**
 * The simulated shoppers: what each of them is really like. The events show it only through what they do; it is written
 * to truth.jsonl so that a profile or a model can be held against it.
 */
import { gamma, type Random } from '../../shared/data/random.ts'
import type { World } from './world.ts'

export interface Shopper {
  id: string
  language: 'en' | 'zh'
  segment: string
  /** Share of attention by leaf; sums to 1. On `driftDay` `laterTaste` takes its place, and `laterSegment` the segment's. */
  taste: Float64Array
  laterTaste?: Float64Array
  laterSegment?: string
  driftDay?: number
  /** Share by style, colour and brand; each sums to 1. */
  styleTaste: Float64Array
  colourTaste: Float64Array
  brandTaste: Float64Array
  /** The price that feels right, times the usual price of a leaf. */
  budget: number
  /** How strongly a price above that puts off: the exponent of the price ratio. */
  priceSensitivity: number
  sessionsPerDay: number
  /** How readily a look becomes a purchase; 1 is usual. */
  readiness: number
  /** Days from the start; outside of them the shopper does not come. */
  firstDay: number
  churnDay?: number
  /** Chance of reviewing a purchase. */
  reviewing: number
}

/** What people have in common. Each names the leaves that its members care for most. */
const SEGMENTS: { name: string; leaves: string[] }[] = [
  { name: 'tea and coffee drinker', leaves: ['mugs', 'teapots', 'tea', 'coffee', 'jams', 'chocolate', 'storage'] },
  { name: 'home baker', leaves: ['baking', 'linen', 'storage', 'napkins', 'plates', 'jams', 'bunting'] },
  { name: 'host', leaves: ['glassware', 'plates', 'bowls', 'cutlery', 'boards', 'linen', 'napkins'] },
  { name: 'nest builder', leaves: ['cushions', 'throws', 'rugs', 'lamps', 'baskets', 'mirrors', 'frames'] },
  { name: 'cosy evenings', leaves: ['candles', 'holders', 'diffusers', 'lanterns', 'throws', 'socks'] },
  { name: 'gardener', leaves: ['pots', 'plants', 'tools', 'birds', 'vases', 'lanterns'] },
  { name: 'card writer', leaves: ['cards', 'wrap', 'notebooks', 'pens', 'chocolate'] },
  { name: 'young family', leaves: ['softtoys', 'woodentoys', 'puzzles', 'books', 'nursery', 'dolls', 'lunch'] },
  { name: 'style seeker', leaves: ['jewellery', 'scarves', 'purses', 'totes', 'umbrellas', 'mirrors'] },
  { name: 'bath and care', leaves: ['soap', 'towels', 'diffusers', 'socks', 'candles'] },
  { name: 'collector of small things', leaves: ['signs', 'hooks', 'clocks', 'frames', 'baubles', 'holders'] },
  { name: 'Christmas planner', leaves: ['baubles', 'wreaths', 'advent', 'stringlights', 'wrap', 'cards'] },
]
/** Leaves and kinds beside the segment's own that a shopper cares for: few, so that tastes are sparse. */
const CONCENTRATION = 0.12
const CHINESE_SHARE = 0.3
const DRIFT_SHARE = 0.2
const CHURN_SHARE = 0.3
/** Sessions a day: heavy-tailed, so that most shoppers come seldom and a few often. Fitted to ~8 sessions in 180 days. */
const MEDIAN_SESSIONS_PER_DAY = 0.021
const SESSION_SPREAD = 1.1

export function makeShopper(
  random: Random,
  world: World,
  index: number,
  days: number,
  segments = segmentsOf(world),
): Shopper {
  const segment = random.int(segments.length)
  const drifts = random.next() < DRIFT_SHARE
  const later = (segment + 1 + random.int(segments.length - 1 || 1)) % segments.length
  const firstDay = random.next() < 0.62 ? 0 : Math.floor(random.next() * days * 0.85)
  const churns = random.next() < CHURN_SHARE
  return {
    id: `S${String(index + 1).padStart(5, '0')}`,
    language: random.next() < CHINESE_SHARE ? 'zh' : 'en',
    segment: segments[segment].name,
    taste: tasteOver(random, world, segments[segment].leaves),
    ...(drifts
      ? {
          driftDay: Math.floor(days * (0.3 + 0.4 * random.next())),
          laterTaste: tasteOver(random, world, segments[later].leaves),
          laterSegment: segments[later].name,
        }
      : {}),
    styleTaste: sparse(random, world.styles.length, 0.35),
    colourTaste: sparse(random, world.colours.length, 0.4),
    brandTaste: sparse(random, world.brands.length, 0.3),
    budget: Math.exp(0.4 * random.normal()),
    priceSensitivity: Math.exp(0.1 + 0.7 * random.normal()),
    sessionsPerDay: Math.min(2.5, MEDIAN_SESSIONS_PER_DAY * Math.exp(SESSION_SPREAD * random.normal())),
    readiness: Math.exp(0.35 * random.normal()),
    firstDay,
    ...(churns ? { churnDay: firstDay + Math.floor((days - firstDay) * (0.15 + 0.85 * random.next())) } : {}),
    reviewing: Math.min(0.9, 0.12 * Math.exp(0.9 * random.normal())),
  }
}

/** The sample shop's own segments, or, in a real catalogue, one around each of up to twelve leaves and what goes with it. */
export function segmentsOf(world: World): { name: string; leaves: number[] }[] {
  const indexOf = new Map(world.leaves.map((leaf, index) => [leaf.id, index]))
  const own = SEGMENTS.map(({ name, leaves }) => ({ name, leaves: leaves.flatMap((id) => indexOf.get(id) ?? []) }))
  if (own.every(({ leaves }) => leaves.length > 1)) return own
  const bySize = world.leaves
    .map((_, i) => i)
    .sort((a, b) => world.leaves[b].items.length - world.leaves[a].items.length || a - b)
  return bySize.slice(0, 12).map((leaf) => ({
    name: `shopper for ${world.leaves[leaf].label}`,
    leaves: [leaf, ...world.leaves[leaf].complements],
  }))
}

/** Three fifths on the segment's leaves, the rest wherever a sparse Dirichlet puts it. */
function tasteOver(random: Random, world: World, segment: number[]): Float64Array {
  const taste = sparse(random, world.leaves.length, CONCENTRATION, (leaf) => world.leaves[leaf].weight)
  const own = sparse(random, segment.length, 0.9)
  for (let i = 0; i < taste.length; i++) taste[i] *= 0.4
  for (const [k, leaf] of segment.entries()) taste[leaf] += 0.6 * own[k]
  return taste
}

/** A draw from a Dirichlet with equal parameters, times weights. Small concentrations give few large shares. */
function sparse(
  random: Random,
  n: number,
  concentration: number,
  weight: (i: number) => number = () => 1,
): Float64Array {
  const shares = new Float64Array(n)
  let total = 0
  for (let i = 0; i < n; i++) {
    shares[i] = gamma(random, concentration) * weight(i) + 1e-9
    total += shares[i]
  }
  for (let i = 0; i < n; i++) shares[i] /= total
  return shares
}

/** One line of truth.jsonl. Times are ISO 8601; shares below two hundredths are left out. */
export function truthOf(shopper: Shopper, world: World, startTime: number): Record<string, unknown> {
  const date = (day: number | undefined) =>
    day === undefined ? null : new Date(startTime + day * 86_400_000).toISOString()
  const shares = (values: Float64Array, names: string[]) =>
    Object.fromEntries(
      [...values]
        .map((share, i) => [names[i], Math.round(share * 1000) / 1000] as const)
        .filter(([, share]) => share >= 0.02)
        .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
    )
  const leaves = world.leaves.map((leaf) => leaf.label)
  return {
    shopper: shopper.id,
    simulated: true,
    language: shopper.language,
    segment: shopper.segment,
    taste: shares(shopper.taste, leaves),
    drift_time: date(shopper.driftDay),
    segment_after_drift: shopper.laterSegment ?? null,
    taste_after_drift: shopper.laterTaste ? shares(shopper.laterTaste, leaves) : null,
    styles: shares(shopper.styleTaste, world.styles),
    colours: shares(shopper.colourTaste, world.colours),
    brands: shares(shopper.brandTaste, world.brands),
    price_band: shopper.budget < 0.75 ? 'low' : shopper.budget < 1.35 ? 'middle' : 'high',
    budget: Math.round(shopper.budget * 1000) / 1000,
    price_sensitivity: Math.round(shopper.priceSensitivity * 1000) / 1000,
    sessions_per_day: Math.round(shopper.sessionsPerDay * 10_000) / 10_000,
    readiness: Math.round(shopper.readiness * 1000) / 1000,
    first_time: date(shopper.firstDay),
    churned: shopper.churnDay !== undefined,
    churn_time: date(shopper.churnDay),
  }
}
