/**
 * Into which category does a visit begin? Asked when it does, before its first look, of everyone who was here before
 * (`shared/profile/next-category.ts`); the answer is the category of that look.
 */
import type { CompiledModel } from '../../shared/model/compile.ts'
import { type Entry, entriesOf } from '../../shared/profile/entries.ts'
import { emptyMemory, remember } from '../../shared/profile/memory.ts'
import {
  ENTRY_FEATURES,
  type EntryReading,
  interestShares,
  type NextCategory,
  noEntries,
  type ReadCategory,
  readAlternatives,
  seeEntry,
} from '../../shared/profile/next-category.ts'
import { type Choices, fitChoiceHead } from './choice-head.ts'
import { companionsOf } from './companions.ts'
import { matrixOf } from './heads.ts'
import { DAY_MS, VALIDATION_SHARE } from './moments.ts'
import type { Shoppers } from './shoppers.ts'
import { statesAt } from './states.ts'

/** What visits seldom begin with is one answer, "another". */
const MOST_CATEGORIES = 63
/** Long enough to count, short enough for Christmas to show. */
const SEASON_DAYS = 14
/** With fewer visits a head would learn single shoppers. */
const MIN_MOMENTS = 500
/** The latest: more would fill the memory and teach eight numbers no better. */
const MOST_MOMENTS = 100_000

export interface EntryMoment extends EntryReading {
  shopper: number
  time: number
  /** Events before it. */
  seen: number
  answer: number
}

/** What ships; undefined where too few shoppers came again to learn from. */
export function nextCategoryOf(shop: Shoppers, seed: string): NextCategory | undefined {
  const { categories, moments, season } = entryMoments(shop)
  if (moments.length < MIN_MOMENTS) return undefined
  const ordered = moments.sort((a, b) => a.time - b.time).slice(-MOST_MOMENTS)
  const cut = Math.floor((1 - VALIDATION_SHARE) * ordered.length)
  const [training, validation] = [ordered.slice(0, cut), ordered.slice(cut)].map((part) => choicesOf(shop, part))
  const { beta, bias } = fitChoiceHead(training, validation, categories.length + 1, seed)
  return { categories, season, head: { beta, bias } }
}

/** @param network whose frozen state is read beside the features */
export function choicesOf(
  { products, shoppers }: Shoppers,
  moments: readonly EntryMoment[],
  features: readonly ReadCategory<EntryMoment>[] = ENTRY_FEATURES,
  network?: CompiledModel,
): Choices {
  const states = network ? statesAt(network, products, shoppers, moments) : []
  return {
    alternatives: matrixOf(moments.map((moment) => readAlternatives(moment, features))),
    inputs: matrixOf(states),
    answers: Int32Array.from(moments, ({ answer }) => answer),
  }
}

/** Every visit but each shopper's first; categories and companions are those known before a time. */
export function entryMoments(
  { shoppers, factsOf, end }: Shoppers,
  before = end + 1,
): { categories: string[]; moments: EntryMoment[]; season: Float32Array } {
  const entries = shoppers.map(({ events }) => entriesOf(events, factsOf))
  const counts = new Map<string, number>()
  for (const { category, time } of entries.flat()) {
    if (time < before) counts.set(category, (counts.get(category) ?? 0) + 1)
  }
  const categories = [...counts.keys()]
    .sort((a, b) => (counts.get(b) as number) - (counts.get(a) as number) || (a < b ? -1 : 1))
    .slice(0, MOST_CATEGORIES)
  const numbers = new Map(categories.map((category, n) => [category, n]))
  const companions = companionsOf(shoppers, factsOf, before)
  const seasonAt = seasons(entries.flat(), numbers)
  const moments: EntryMoment[] = []
  shoppers.forEach(({ events }, shopper) => {
    const memory = emptyMemory()
    let seen = 0
    let begun = noEntries(categories.length)
    for (const { at, category } of entries[shopper]) {
      for (; seen < at; seen++) remember(memory, events[seen], factsOf)
      const answer = numbers.get(category) ?? categories.length
      if (begun.last >= 0) {
        const { time } = events[at]
        const season = seasonAt(time)
        moments.push({
          shopper,
          time,
          seen,
          ...interestShares(memory, numbers, companions, time),
          season,
          ...begun,
          answer,
        })
      }
      begun = seeEntry(begun, answer)
    }
  })
  return { categories, moments, season: seasonAt(end + DAY_MS) }
}

/** What all shoppers' visits began with in the days before a day: what a shop counts, and a bundle can say. */
function seasons(entries: readonly Entry[], numbers: ReadonlyMap<string, number>): (time: number) => Float32Array {
  const days = new Map<number, Float32Array>()
  for (const { category, time } of entries) {
    const day = Math.floor(time / DAY_MS)
    const counts = days.get(day) ?? new Float32Array(numbers.size + 1)
    counts[numbers.get(category) ?? numbers.size]++
    days.set(day, counts)
  }
  const known = new Map<number, Float32Array>()
  return (time) => {
    const today = Math.floor(time / DAY_MS)
    let shares = known.get(today)
    if (!shares) {
      const sums = new Float32Array(numbers.size + 1)
      for (let day = today - SEASON_DAYS; day < today; day++) {
        days.get(day)?.forEach((count, category) => {
          sums[category] += count
        })
      }
      const all = sums.reduce((sum, count) => sum + count, 0)
      known.set(today, (shares = sums.map((count) => count / Math.max(1, all))))
    }
    return shares
  }
}
