/**
 * What a profile's interests are like beyond being right (`tastes.ts`), in a simulated shop.
 *
 *     coverage     of how many shoppers anything is known, and how much of their true attention its first three categories hold
 *     timeliness   after a taste has changed, the shopper's own events until one of its new three dearest categories is among
 *                  the profile's first three
 *     diversity    effective number of categories, e^entropy of their shares (Hill 1973), beside that of the true taste
 */
import { CATEGORY_SEPARATOR } from '../../shared/data/catalog.ts'
import { itemsOf, type ShopEvent } from '../../shared/data/events.ts'
import { type Companions, type Interest, interestsIn, withCompanions } from '../../shared/profile/interests.ts'
import { emptyMemory, type Memory, memoryOf, remember } from '../../shared/profile/memory.ts'
import { companionsOf } from './companions.ts'
import type { Shoppers } from './shoppers.ts'
import type { Truth } from './truth.ts'

const TOP = 3

export interface Timeliness {
  /** Half of the shoppers need no more; null where half never show it. */
  median_events: number | null
  /** Of those whose taste changed. */
  shown_by_end: number
}

export interface InterestQuality {
  coverage: {
    shoppers: number
    shoppers_known: number
    /** Share of true attention on the profile's first three categories, and on the true first three. */
    attention: number
    most_attention: number
    /** Share of the shop's categories that are among somebody's first three. */
    categories: number
  }
  timeliness: {
    shoppers: number
    profile: Timeliness
    /** The last three categories looked into. */
    last_looked_at: Timeliness
    /** The first look at such a category: nobody could know before. */
    first_sign: Timeliness
  }
  diversity: {
    /** Means of effective numbers of categories. */
    profile: number
    truth: number
    /** Of the first three categories, how many have different roots. */
    roots_in_first_three: number
  }
}

export function interestQuality(shop: Shoppers, truth: Truth): InterestQuality {
  const { shoppers, products, factsOf, end } = shop
  const leaves = new Set(products.map(({ category }) => category.join(CATEGORY_SEPARATOR)))
  const companions = companionsOf(shoppers, factsOf)
  const read = (memory: Memory, now: number) => profileOf(memory, now, leaves, companions)
  const profiles = shoppers.map(({ id, events }) => {
    const taste = truth.tasteOf(id, end)
    return { taste, interests: read(memoryOf(events, factsOf), end) }
  })
  const known = profiles.filter(({ interests }) => interests.length > 0)
  const tops = known.map(({ interests }) => interests.slice(0, TOP).map(({ label }) => label))
  return {
    coverage: {
      shoppers: shoppers.length,
      shoppers_known: known.length / shoppers.length,
      attention: mean(known.map(({ taste }, n) => tops[n].reduce((sum, label) => sum + (taste.get(label) ?? 0), 0))),
      most_attention: mean(known.map(({ taste }) => [...taste.values()].slice(0, TOP).reduce((a, b) => a + b, 0))),
      categories: new Set(tops.flat()).size / leaves.size,
    },
    timeliness: timelinessOf(shop, truth, read),
    diversity: {
      profile: mean(known.map(({ interests }) => effectiveNumber(interests.map(({ share }) => share)))),
      truth: mean(known.map(({ taste }) => effectiveNumber([...taste.values()]))),
      roots_in_first_three: mean(tops.map((labels) => new Set(labels.map(rootOf)).size)),
    },
  }
}

function profileOf(memory: Memory, now: number, leaves: ReadonlySet<string>, companions: Companions): Interest[] {
  const own = interestsIn(memory.interests, 'category', now, 0, (label) => leaves.has(label))
  return withCompanions(own, companions).filter(({ label }) => leaves.has(label))
}

/** Of shoppers who came before their taste changed and after it. */
function timelinessOf(
  { shoppers, factsOf, end }: Shoppers,
  truth: Truth,
  read: (memory: Memory, now: number) => Interest[],
): InterestQuality['timeliness'] {
  const needed: { profile: number[]; last: number[]; sign: number[] } = { profile: [], last: [], sign: [] }
  for (const { id, events } of shoppers) {
    const drift = truth.driftTimeOf(id) ?? Number.POSITIVE_INFINITY
    const first = events.findIndex(({ time }) => time >= drift)
    const wanted = first > 0 ? newlyDear(truth.tasteOf(id, 0), truth.tasteOf(id, end)) : []
    if (wanted.length === 0) continue
    const memory = emptyMemory()
    const looked: string[] = []
    const until = { profile: Number.POSITIVE_INFINITY, last: Number.POSITIVE_INFINITY, sign: Number.POSITIVE_INFINITY }
    events.forEach((event, at) => {
      remember(memory, event, factsOf)
      const category = categoryOf(event, factsOf)
      if (category) looked.unshift(category)
      if (at < first) return
      const shows = {
        profile: () => read(memory, event.time).slice(0, TOP),
        last: () => [...new Set(looked)].slice(0, TOP).map((label) => ({ label })),
        sign: () => looked.slice(0, 1).map((label) => ({ label })),
      }
      for (const [what, labels] of Object.entries(shows) as [keyof typeof until, () => { label: string }[]][]) {
        if (until[what] === Number.POSITIVE_INFINITY && labels().some(({ label }) => wanted.includes(label)))
          until[what] = at - first + 1
      }
    })
    for (const what of ['profile', 'last', 'sign'] as const) needed[what].push(until[what])
  }
  return {
    shoppers: needed.profile.length,
    profile: timeliness(needed.profile),
    last_looked_at: timeliness(needed.last),
    first_sign: timeliness(needed.sign),
  }
}

/** Among the three dearest now, and not before. */
function newlyDear(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): string[] {
  const old = [...before.keys()].slice(0, TOP)
  return [...now.keys()].slice(0, TOP).filter((label) => !old.includes(label))
}

function categoryOf(event: ShopEvent, factsOf: Shoppers['factsOf']): string | undefined {
  if (event.name !== 'view_item') return undefined
  return factsOf(itemsOf(event)[0].item_id)?.category.join(CATEGORY_SEPARATOR)
}

function timeliness(needed: readonly number[]): Timeliness {
  const sorted = [...needed].sort((a, b) => a - b)
  const median = sorted[(sorted.length - 1) >> 1]
  return {
    median_events: Number.isFinite(median) ? median : null,
    shown_by_end: sorted.filter(Number.isFinite).length / sorted.length,
  }
}

function effectiveNumber(amounts: readonly number[]): number {
  const total = amounts.reduce((sum, amount) => sum + amount, 0)
  return Math.exp(
    amounts.reduce((sum, amount) => (amount > 0 ? sum - (amount / total) * Math.log(amount / total) : sum), 0),
  )
}

const rootOf = (label: string) => label.split(CATEGORY_SEPARATOR)[0]
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
