/** What a shopper is drawn to, as weights over items, and how one look leads to the next. */
import type { Random } from '../../shared/data/random.ts'
import { demand } from './calendar.ts'
import type { Shopper } from './shoppers.ts'
import type { World } from './world.ts'

/** A favourite kind counts up to so many times as much as an average one. */
const MOST_FAVOURED = 6
/** What makes the next item in a session likelier: it looks like the last one. */
const SAME_STYLE = 2.4
const SAME_COLOUR = 1.6
const SAME_BRAND = 1.4
const SAME_GROUP = 2.2
/** Seen in this session already. */
const AGAIN = 0.25

export interface Preferences {
  /** Draws a leaf by taste and season. */
  leaf(random: Random, day: number, time: number): number
  /** Draws an item of a leaf, likelier when it is like `near`. −1 when nothing there has arrived yet. */
  item(random: Random, leaf: number, day: number, near: number, seen: ReadonlySet<number>): number
  /** How much the item fits, its price included: 0 is indifferent, above is wanted. */
  surplus(item: number): number
}

export function preferencesOf(world: World, shopper: Shopper): Preferences {
  const pulls = new Map<number, Float64Array>()
  const pullsOf = (leaf: number) => {
    let pull = pulls.get(leaf)
    if (!pull) {
      pull = Float64Array.from(world.leaves[leaf].items, (item) => world.items[item].appeal * Math.exp(fit(item)))
      pulls.set(leaf, pull)
    }
    return pull
  }
  const favoured = (taste: Float64Array, index: number) =>
    index < 0 ? 0 : Math.log(0.3 + 0.7 * Math.min(MOST_FAVOURED, taste[index] * taste.length))
  const fit = (item: number) => {
    const { style, colour, brand, price, leaf, product } = world.items[item]
    const ratio = Math.log(price / (world.leaves[leaf].medianPrice * shopper.budget))
    const reduced = product.list_price !== undefined ? 0.25 * Math.min(2, shopper.priceSensitivity) : 0
    // Dearer than feels right puts off, by sensitivity; much cheaper is a little suspect.
    const mind = ratio > 0 ? -1.1 * shopper.priceSensitivity * ratio : -(0.45 * shopper.priceSensitivity - 0.5) * ratio
    return (
      favoured(shopper.styleTaste, style) +
      0.6 * favoured(shopper.colourTaste, colour) +
      0.5 * favoured(shopper.brandTaste, brand) +
      Math.max(-6, mind) +
      reduced
    )
  }
  const scratch = new Float64Array(Math.max(world.leaves.length, ...world.leaves.map((leaf) => leaf.items.length)))
  return {
    leaf(random, day, time) {
      const drifted = shopper.driftDay !== undefined && day >= shopper.driftDay
      const taste = (drifted && shopper.laterTaste) || shopper.taste
      for (let i = 0; i < taste.length; i++) scratch[i] = taste[i] * demandOn(world, i, day, time)
      return random.weighted(scratch.subarray(0, taste.length))
    },
    item(random, leaf, day, near, seen) {
      const { items } = world.leaves[leaf]
      const pull = pullsOf(leaf)
      const model = near >= 0 ? world.items[near] : undefined
      let total = 0
      for (let k = 0; k < items.length; k++) {
        const candidate = world.items[items[k]]
        let weight = candidate.arrivalDay > day ? 0 : pull[k]
        if (model && weight > 0) {
          if (candidate.style === model.style && model.style >= 0) weight *= SAME_STYLE
          if (candidate.colour === model.colour && model.colour >= 0) weight *= SAME_COLOUR
          if (candidate.brand === model.brand && model.brand >= 0) weight *= SAME_BRAND
          if (model.product.item_group_id && candidate.product.item_group_id === model.product.item_group_id)
            weight *= SAME_GROUP
        }
        if (seen.has(items[k])) weight *= AGAIN
        scratch[k] = weight
        total += weight
      }
      return total > 0 ? items[random.weighted(scratch.subarray(0, items.length))] : -1
    },
    surplus: (item) => fit(item),
  }
}

const demandByDay = new WeakMap<World, Map<number, Float64Array>>()

/** The season's demand for a leaf, computed once a day for all shoppers. */
function demandOn(world: World, leaf: number, day: number, time: number): number {
  let days = demandByDay.get(world)
  if (!days) demandByDay.set(world, (days = new Map()))
  let row = days.get(day)
  if (!row) days.set(day, (row = Float64Array.from(world.leaves, ({ season }) => demand(season, time))))
  return row[leaf]
}
