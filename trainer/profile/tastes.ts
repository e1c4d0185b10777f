/**
 * Whether a profile's interests are a simulated shopper's real ones: of its first three categories, the share that are among
 * the shopper's three dearest, at the end of the history. Beside it the last three categories looked into, and an observer
 * who knows the truth of all other shoppers: what one could know from the same events.
 */
import { CATEGORY_SEPARATOR } from '../../shared/data/catalog.ts'
import { itemsOf, type ShopEvent } from '../../shared/data/events.ts'
import { visitsOf } from '../../shared/profile/entries.ts'
import type { FactsOf } from '../../shared/profile/facts.ts'
import { type Companions, interestsIn, LONG_HALF_LIFE_MS, withCompanions } from '../../shared/profile/interests.ts'
import { memoryOf } from '../../shared/profile/memory.ts'
import { type Interval, pairedInterval } from '../evaluate.ts'
import { companionsOf } from './companions.ts'
import type { Shoppers } from './shoppers.ts'
import type { Truth } from './truth.ts'

const TOP = 3

export interface TasteScore {
  shoppers: number
  /** Precision of the first three categories, 0 … 1. */
  last_looked_at: number
  profile: number
  ideal: number
  gap_closed: number
  better_than_last: Interval
}

export function scoreTastes({ shoppers, products, factsOf, end }: Shoppers, truth: Truth): TasteScore {
  const leaves = [...new Set(products.map(({ category }) => category.join(CATEGORY_SEPARATOR)))]
  const numbers = new Map(leaves.map((leaf, n) => [leaf, n]))
  const companions = companionsOf(shoppers, factsOf)
  const asked = shoppers.flatMap(({ id, events }, shopper) => {
    const dear = [...truth.tasteOf(id, end).keys()].slice(0, TOP)
    const shares = profileShares(events, factsOf, end, numbers, companions)
    const looks = looksAt(events, factsOf, end, numbers)
    return shares && dear.length === TOP ? [{ id, shopper, events, dear, shares, looks }] : []
  })
  const precision = (found: readonly string[], dear: readonly string[]) =>
    found.slice(0, TOP).filter((label) => dear.includes(label)).length / TOP
  const tastes = asked.map(({ id }) => Float64Array.from(leaves, (leaf) => truth.tasteOf(id, end).get(leaf) ?? 0))
  const mix = asked.reduce(
    (sum, { looks }) => sum.map((count, leaf) => count + looks[leaf]),
    new Float64Array(leaves.length),
  )
  const all = mix.reduce((sum, count) => sum + count, 0)
  const logs = tastes.map((taste) =>
    taste.map((share, leaf) => Math.log((1 - ASIDE) * share + ASIDE * (mix[leaf] / all) + 1e-6)),
  )
  const scores = {
    last: asked.map(({ events, dear }) => precision(lastLooked(events, factsOf), dear)),
    profile: asked.map(({ shares, dear }) => precision(best(shares, leaves), dear)),
    ideal: asked.map(({ dear, looks }, n) => precision(best(observed(looks, tastes, logs, n), leaves), dear)),
  }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [last, profile, known] = [mean(scores.last), mean(scores.profile), mean(scores.ideal)]
  return {
    shoppers: asked.length,
    last_looked_at: last,
    profile,
    ideal: known,
    gap_closed: (profile - last) / (known - last),
    better_than_last: pairedInterval(
      Float64Array.from(scores.profile),
      Float64Array.from(scores.last),
      asked.map(({ shopper }) => shopper),
    ),
  }
}

/** By leaf. Undefined where nothing is known. */
function profileShares(
  events: readonly ShopEvent[],
  factsOf: FactsOf,
  now: number,
  numbers: ReadonlyMap<string, number>,
  companions: Companions,
): Float64Array | undefined {
  const { interests } = memoryOf(events, factsOf)
  const found = interestsIn(interests, 'category', now, 0, (label) => numbers.has(label))
  if (found.length === 0) return undefined
  const shares = new Float64Array(numbers.size)
  for (const { label, share } of withCompanions(found, companions)) shares[numbers.get(label) as number] = share
  return shares
}

/** By leaf: looks, the later ones of a visit less, those 45 days ago half. */
function looksAt(events: readonly ShopEvent[], factsOf: FactsOf, now: number, numbers: ReadonlyMap<string, number>) {
  const looks = new Float64Array(numbers.size)
  for (const { from, to } of visitsOf(events)) {
    const views = events.slice(from, to).filter(({ name }) => name === 'view_item')
    views.forEach((event, n) => {
      const leaf = numbers.get(factsOf(itemsOf(event)[0].item_id)?.category.join(CATEGORY_SEPARATOR) ?? '')
      if (leaf !== undefined) looks[leaf] += 2 ** ((event.time - now) / LONG_HALF_LIFE_MS) / Math.sqrt(n + 1)
    })
  }
  return looks
}

function lastLooked(events: readonly ShopEvent[], factsOf: FactsOf): string[] {
  const labels = events.flatMap((event) => itemsOf(event).flatMap(({ item_id }) => factsOf(item_id) ?? []))
  return [...new Set(labels.map(({ category }) => category.join(CATEGORY_SEPARATOR)).reverse())]
}

/** Of an observer's looks, that share is at what goes with something else and not at what is dear. */
const ASIDE = 0.2
/** Looks that what others with such a history hold dear counts for. */
const OTHERS = 3

/**
 * By leaf, what someone would say who knows the truth of all other shoppers: each of them is a guess at this one, as likely
 * as their tastes make these looks, and the guesses' mean stands beside the looks themselves.
 */
function observed(looks: Float64Array, tastes: readonly Float64Array[], logs: readonly Float64Array[], self: number) {
  const seen = [...looks.keys()].filter((leaf) => looks[leaf] > 0)
  const likelihoods = logs.map((log, other) =>
    other === self ? Number.NEGATIVE_INFINITY : seen.reduce((sum, leaf) => sum + looks[leaf] * log[leaf], 0),
  )
  const highest = likelihoods.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const guess = new Float64Array(looks.length)
  let total = 0
  likelihoods.forEach((value, other) => {
    const weight = Math.exp(value - highest)
    if (weight < 1e-9) return
    total += weight
    for (let leaf = 0; leaf < guess.length; leaf++) guess[leaf] += weight * tastes[other][leaf]
  })
  return looks.map((count, leaf) => count + (OTHERS * guess[leaf]) / total)
}

function best(shares: Float64Array, leaves: readonly string[]): string[] {
  return [...shares.keys()].sort((a, b) => shares[b] - shares[a]).map((n) => leaves[n])
}
