/**
 * How much this visit counts beside what lasts: a gate that reads what kind of visit it is, taught by what shoppers looked at
 * next.
 *
 *     p(category) = (1 − ε) · [(1 − g) · share that lasts + g · share of this visit] + ε / categories        g = σ(bias + w · f)
 *
 * One look of each visit is asked, not the first: before it there is no visit to speak of.
 */
import { CATEGORY_SEPARATOR } from '../../shared/data/catalog.ts'
import { itemsOf } from '../../shared/data/events.ts'
import { seeded } from '../../shared/data/random.ts'
import { adam } from '../../shared/model/adam.ts'
import { visitsOf } from '../../shared/profile/entries.ts'
import { FEATURE_NAMES, type FeatureName, featuresOf } from '../../shared/profile/features.ts'
import { foretell, type YesNoHead } from '../../shared/profile/foretelling.ts'
import { type Interests, interestsIn } from '../../shared/profile/interests.ts'
import { emptyMemory, remember } from '../../shared/profile/memory.ts'
import { type Interval, pairedInterval } from '../evaluate.ts'
import { partsOf } from './moments.ts'
import type { Shoppers } from './shoppers.ts'

/** What this visit is like, and how much is known of what lasts. Reading every feature tells no more: docs/quality.md. */
const READ = [
  'visitLooks',
  'visitRepeats',
  'visitCategories',
  'visitSearches',
  'visitCarts',
  'visitOrders',
  'pause',
  'visits',
  'orders',
  'topCategory',
] as const satisfies FeatureName[]
const LITTLE = 0.02
const STEPS = 400
const LEARNING_RATE = 0.02

interface Look {
  shopper: number
  time: number
  /** Of what was looked at next: its share of what lasts, and of this visit. */
  long: number
  visit: number
  features: Float32Array
  /** Categories of the shop. */
  categories: number
}

export interface GateScore {
  looks: { training: number; validation: number; test: number }
  /** Nats a look, of the test. */
  nats: { long: number; visit: number; constant: number; gate: number }
  /** The best on validation, of 0, .05 … 1. */
  constant: number
  /** Of the constant less that of the gate, by shopper. */
  better_than_constant: Interval
  gate: YesNoHead
}

export function scoreGate(shop: Shoppers, seed: string): GateScore {
  const parts = partsOf(looksOf(shop, seed), shop.end, 0)
  const gate = fitGate(parts.training)
  const nats = (looks: readonly Look[], share: (look: Look) => number) =>
    Float64Array.from(looks, (look) => -Math.log(chanceOf(look, share(look))))
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  const constants = Array.from({ length: 21 }, (_, n) => n / 20)
  const tried = constants.map((constant) => mean(nats(parts.validation, () => constant)))
  const constant = constants[tried.indexOf(Math.min(...tried))]
  const [fixed, gated] = [
    nats(parts.test, () => constant),
    nats(parts.test, ({ features }) => openness(gate, features)),
  ]
  return {
    looks: { training: parts.training.length, validation: parts.validation.length, test: parts.test.length },
    nats: {
      long: mean(nats(parts.test, () => 0)),
      visit: mean(nats(parts.test, () => 1)),
      constant: mean(fixed),
      gate: mean(gated),
    },
    constant,
    better_than_constant: pairedInterval(
      fixed,
      gated,
      parts.test.map(({ shopper }) => shopper),
    ),
    gate,
  }
}

/** Undefined where there are fewer looks than teach anything. */
export function gateOf(shop: Shoppers, seed: string): YesNoHead | undefined {
  const looks = looksOf(shop, seed)
  return looks.length < MIN_LOOKS ? undefined : fitGate(looks)
}
const MIN_LOOKS = 1000

/** One look of each visit, with what was known before it. */
function looksOf({ shoppers, products, factsOf }: Shoppers, seed: string): Look[] {
  const leaves = new Set(products.map(({ category }) => category.join(CATEGORY_SEPARATOR)))
  const random = seeded(seed)
  return shoppers.flatMap(({ events }, shopper) => {
    const asked = new Set<number>()
    for (const { from, to } of visitsOf(events)) {
      const looks = [...events.keys()].filter((at) => at >= from && at < to && events[at].name === 'view_item').slice(1)
      if (looks.length > 0) asked.add(random.pick(looks))
    }
    const memory = emptyMemory()
    const found: Look[] = []
    events.forEach((event, at) => {
      const [item] = itemsOf(event)
      const category = asked.has(at) && item && factsOf(item.item_id)?.category.join(CATEGORY_SEPARATOR)
      if (category && leaves.has(category) && memory.visits) {
        const share = (visitShare: number) => shareOf(memory.interests, category, event.time, visitShare, leaves)
        const features = featuresOf(memory, event.time)
        found.push({ shopper, time: event.time, long: share(0), visit: share(1), features, categories: leaves.size })
      }
      remember(memory, event, factsOf)
    })
    return found
  })
}

function shareOf(interests: Interests, category: string, now: number, visitShare: number, leaves: Set<string>): number {
  const known = interestsIn(interests, 'category', now, visitShare, (label) => leaves.has(label))
  return known.find(({ label }) => label === category)?.share ?? 0
}

const openness = (gate: YesNoHead, features: Float32Array) => foretell(gate, features) as number

function chanceOf({ long, visit, categories }: Look, share: number): number {
  return (1 - LITTLE) * ((1 - share) * long + share * visit) + LITTLE / categories
}

/** Maximum likelihood, all looks at every step. Features are brought to deviation 1, and the bringing is folded in. */
function fitGate(looks: readonly Look[]): YesNoHead {
  const columns = READ.map((name) => looks.map(({ features }) => features[FEATURE_NAMES.indexOf(name)]))
  const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / looks.length)
  const scales = columns.map((column, j) => {
    const square = column.reduce((sum, value) => sum + (value - means[j]) ** 2, 0) / looks.length
    return square > 0 ? 1 / Math.sqrt(square) : 0
  })
  const weights = new Float32Array(READ.length + 1)
  const moments = { means: new Float32Array(weights.length), squares: new Float32Array(weights.length) }
  for (let step = 1; step <= STEPS; step++) {
    const gradient = new Float32Array(weights.length)
    looks.forEach((look, n) => {
      const inputs = columns.map((column, j) => (column[n] - means[j]) * scales[j])
      const score = inputs.reduce((sum, input, j) => sum + weights[j + 1] * input, weights[0])
      const share = 1 / (1 + Math.exp(-score))
      const slope = (1 - LITTLE) * (look.visit - look.long) * share * (1 - share)
      const pull = -slope / chanceOf(look, share) / looks.length
      gradient[0] += pull
      inputs.forEach((input, j) => {
        gradient[j + 1] += pull * input
      })
    })
    adam(weights, gradient, moments, step, LEARNING_RATE)
  }
  const own = READ.map((_, j) => weights[j + 1] * scales[j])
  return {
    bias: rounded(own.reduce((sum, weight, j) => sum - weight * means[j], weights[0])),
    weights: Object.fromEntries(READ.map((name, j) => [name, rounded(own[j])])),
  }
}

const rounded = (value: number) => Number(value.toPrecision(5))
