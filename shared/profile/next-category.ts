/**
 * What the next visit begins with. Read of each category: how dear it is to the shopper, which of their visits began with it, and how
 * many come for it these weeks. The head is the trainer's (`trainer/profile/next-category.ts`) and travels in the bundle.
 */
import { type ArrayFile, decodeArrays, encodeArrays, take } from '../model/arrays.ts'
import { type ChoiceHead, choose } from './choice-head.ts'
import { type Companions, interestsIn, withCompanions } from './interests.ts'
import type { Memory } from './memory.ts'

export interface NextCategory {
  /** Full paths; C of them. What visits seldom begin with comes after them as one, "another". */
  categories: readonly string[]
  /** (C + 1) shares of all shoppers' visits in the weeks before the bundle was made */
  season: Float32Array
  head: Pick<ChoiceHead, 'beta' | 'bias'>
}

/** What is known of a shopper before a visit; categories by their columns. */
export interface EntryReading {
  /** (C + 1) shares of interest that lasts, with companions */
  long: Float32Array
  /** (C + 1) of the last visit */
  visit: Float32Array
  /** (C + 1) of all shoppers' visits these weeks */
  season: Float32Array
  /** (C + 1) the shopper's visits that began with it */
  times: Float32Array
  /** What the last visit began with: 0 … C. */
  last: number
  /** What the one before it did; −1 for who was here once. */
  beforeLast: number
}

/** One feature of one of the categories. */
export type ReadCategory<Reading = EntryReading> = (reading: Reading, category: number) => number

/** Of attention: what is below says as little as nothing. */
export const LITTLE = 0.005

export const isLast: ReadCategory = ({ last }, category) => (category === last ? 1 : 0)
const isBeforeLast: ReadCategory = ({ beforeLast }, category) => (category === beforeLast ? 1 : 0)

/** The order is part of a trained head. */
export const ENTRY_FEATURES: readonly ReadCategory[] = [
  isLast,
  ({ long }, category) => Math.log(long[category] + LITTLE),
  ({ visit }, category) => Math.sqrt(visit[category]),
  ({ season }, category) => Math.log(season[category] + LITTLE),
  // Once more of the same, or something else that is dear: a mixture is no sum of logarithms.
  (reading, category) => Math.log((isLast(reading, category) + reading.long[category]) / 2 + LITTLE),
  ({ times }, category) => Math.log1p(times[category]),
  isBeforeLast,
  (reading, category) => isLast(reading, category) * isBeforeLast(reading, category),
]

/** (C + 1, features) row-major: what a head reads. */
export function readAlternatives<Reading extends EntryReading>(
  reading: Reading,
  features: readonly ReadCategory<Reading>[] = ENTRY_FEATURES,
): Float32Array {
  return Float32Array.from({ length: reading.long.length * features.length }, (_, at) =>
    features[at % features.length](reading, Math.floor(at / features.length)),
  )
}

/**
 * What one more visit began with, on top of those before it.
 * @param category 0 … C
 */
export const seeEntry = ({ times, last }: Entries, category: number): Entries => ({
  times: times.map((count, column) => (column === category ? count + 1 : count)),
  last: category,
  beforeLast: last,
})

export type Entries = Pick<EntryReading, 'times' | 'last' | 'beforeLast'>

/** @param size C */
export const noEntries = (size: number): Entries => ({ times: new Float32Array(size + 1), last: -1, beforeLast: -1 })

/** @param columns each category's place, 0 … C − 1 */
export function interestShares(
  { interests, visits }: Memory,
  columns: ReadonlyMap<string, number>,
  companions: Companions,
  now: number,
): Pick<EntryReading, 'long' | 'visit'> {
  const known = (visitShare: number, at: number) =>
    interestsIn(interests, 'category', at, visitShare, (label) => columns.has(label))
  const shares = (list: readonly { label: string; share: number }[]) => {
    const row = new Float32Array(columns.size + 1)
    for (const { label, share } of list) {
      const column = columns.get(label)
      if (column !== undefined) row[column] = share
    }
    return row
  }
  return {
    long: shares(withCompanions(known(0, now), companions)),
    // As the last visit left it: by now all of it has faded, and shares of nothing say nothing.
    visit: shares(known(1, visits?.now.last ?? now)),
  }
}

export interface Expected {
  label: string
  /** 0 … 1: the next visit begins with it. */
  probability: number
}

/**
 * The likeliest first, without "another".
 * @param entries what the shopper's visits began with, in order
 */
export function expectedCategories(
  { categories, season, head }: NextCategory,
  memory: Memory,
  companions: Companions,
  entries: readonly string[],
  now: number,
): Expected[] {
  const columns = new Map(categories.map((label, column) => [label, column]))
  const other = categories.length
  const begun = entries.reduce((seen, label) => seeEntry(seen, columns.get(label) ?? other), noEntries(other))
  const reading = { ...interestShares(memory, columns, companions, now), season, ...begun }
  const none = new Float32Array(0)
  const said = choose({ ...head, weights: none }, { alternatives: readAlternatives(reading), inputs: none })
  return categories
    .map((label, column) => ({ label, probability: said[column] }))
    .sort((a, b) => b.probability - a.probability || (a.label < b.label ? -1 : 1))
}

interface Meta {
  categories: readonly string[]
}

export function encodeNextCategory({ categories, season, head }: NextCategory): Uint8Array {
  return encodeArrays({ meta: { categories }, arrays: { season, beta: head.beta, bias: head.bias } })
}

/** @throws Error when it is no whole head */
export function decodeNextCategory(bytes: Uint8Array): NextCategory {
  const file: ArrayFile<Meta> = decodeArrays<Meta>(bytes)
  const categories: unknown = file.meta?.categories
  if (!Array.isArray(categories) || !categories.every((label) => typeof label === 'string')) {
    throw new Error('next category: no categories')
  }
  if (new Set(categories).size < categories.length) throw new Error('next category: a category is named twice')
  const season = take(file, 'season', 'f32', categories.length + 1)
  const beta = take(file, 'beta', 'f32', ENTRY_FEATURES.length)
  const bias = take(file, 'bias', 'f32', categories.length + 1)
  for (const [name, values] of Object.entries({ season, beta, bias })) {
    const wrong = values.findIndex((value) => !Number.isFinite(value) || (name === 'season' && value < 0))
    if (wrong >= 0) throw new Error(`next category: ${values[wrong]} in "${name}"`)
  }
  const whole = season.reduce((sum, share) => sum + share, 0)
  if (Math.abs(whole - 1) > 0.01) throw new Error(`next category: shares of the season sum to ${whole}`)
  return { categories, season, head: { beta, bias } }
}
