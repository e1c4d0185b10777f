/**
 * Into which category does a visit begin? Asked when it does, before its first look, of everyone who was here before: a head
 * (`choice-head.ts`) that reads of each category how dear it is to the shopper, whether the last visit was about it and how many
 * come for it these weeks, and beside that, where there is a network, its frozen state. Next to it what the last visit began
 * with, and an observer who is told the shopper's true tastes too.
 */
import type { CompiledModel } from '../../shared/model/compile.ts'
import { type Companions, interestsIn, withCompanions } from '../../shared/profile/interests.ts'
import { emptyMemory, type Memory, remember } from '../../shared/profile/memory.ts'
import { calibrationBins } from '../calibration.ts'
import { type Interval, pairedInterval } from '../evaluate.ts'
import { UserError } from '../user-error.ts'
import { type Choices, chooseAll, fitChoiceHead } from './choice-head.ts'
import { companionsOf } from './companions.ts'
import { type Entry, entriesOf } from './entries.ts'
import { askAll, fitHead } from './heads.ts'
import { DAY_MS, partsOf, TEST_DAYS, VALIDATION_DAYS } from './moments.ts'
import type { Shoppers } from './shoppers.ts'
import { statesAt } from './states.ts'
import type { Truth } from './truth.ts'

/** What visits seldom begin with is one answer, "another". */
const MOST_CATEGORIES = 63
/** Of attention: what is below says as little as nothing. */
const LITTLE = 0.005
/** Long enough to count, short enough for Christmas to show. */
const SEASON_DAYS = 14

export interface CategoryForetold {
  /** Nats. */
  log_loss: number
  /** Share of visits that begin with the category said first, and with one of the first three. */
  first: number
  first_three: number
  /** Of what is said of the first, 0 … 1. */
  calibration_error: number
}

export interface NextCategoryScore {
  moments: { training: number; validation: number; test: number }
  categories: number
  last_category: CategoryForetold
  profile: CategoryForetold
  ideal?: CategoryForetold
  /** Share of the way from the last category to the ideal that the head goes, in log-loss. */
  gap_closed?: number
  /** Log-loss of the last category less that of the head, by shopper. */
  better_than_last: Interval
}

interface EntryMoment {
  shopper: number
  time: number
  /** Events before it. */
  seen: number
  /** (categories + 1) shares of interest that lasts, with companions; of the last visit; of all visits these weeks */
  long: Float32Array
  visit: Float32Array
  season: Float32Array
  /** What the last visit began with. */
  last: number
  answer: number
}

/** What is read of one of the categories. */
type Read = (moment: EntryMoment, category: number) => number

const isLast: Read = ({ last }, category) => (category === last ? 1 : 0)
const PROFILE: Read[] = [
  isLast,
  ({ long }, category) => Math.log(long[category] + LITTLE),
  ({ visit }, category) => Math.sqrt(visit[category]),
  ({ season }, category) => Math.log(season[category] + LITTLE),
  // Once more of the same, or something else that is dear: a mixture is no sum of logarithms.
  (moment, category) => Math.log((isLast(moment, category) + moment.long[category]) / 2 + LITTLE),
]

/** @throws UserError when the history is shorter than what is asked of it */
export async function scoreNextCategory(
  shop: Shoppers,
  { network, truth, seed }: { network?: CompiledModel; truth?: Truth; seed: string },
): Promise<NextCategoryScore> {
  const { categories, moments } = entryMoments(shop)
  const parts = partsOf(moments, shop.end, 0)
  for (const [part, { length }] of Object.entries(parts)) {
    if (length === 0) throw new UserError(`the history has no later visit for ${part}`, 'import a longer history')
  }
  const ask = (reads: readonly Read[], states: CompiledModel | undefined) => {
    const choices = (list: EntryMoment[]): Choices => ({
      alternatives: Float32Array.from(
        list.flatMap((moment) =>
          [...moment.long.keys()].flatMap((category) => reads.map((read) => read(moment, category))),
        ),
      ),
      inputs: Float32Array.from(
        states ? statesAt(states, shop.products, shop.shoppers, list).flatMap((state) => [...state]) : [],
      ),
      answers: Int32Array.from(list, ({ answer }) => answer),
    })
    const [training, validation, test] = [parts.training, parts.validation, parts.test].map(choices)
    return chooseAll(fitChoiceHead(training, validation, categories.length + 1, seed), test)
  }
  const trueTaste = ({ tasteOf }: Truth): Read => {
    const tastes = new Map(
      moments.map((moment) => {
        const taste = tasteOf(shop.shoppers[moment.shopper].id, moment.time)
        return [moment, categories.map((category) => taste.get(category) ?? 0)]
      }),
    )
    return (moment, category) => (tastes.get(moment) as number[])[category] ?? 0
  }
  const known = truth && trueTaste(truth)
  // Read by a head that may learn of each category what comes after it: the stronger of two ways to know the last one.
  const [training, validation, test] = [parts.training, parts.validation, parts.test].map((list) => ({
    inputs: Float32Array.from(list.flatMap((moment) => [...moment.long.keys()].map((c) => isLast(moment, c)))),
    answers: Int32Array.from(list, ({ answer }) => answer),
  }))
  const last = askAll(await fitHead(training, validation, categories.length + 1, { seed }), test)
  const profile = ask(PROFILE, network)
  const ideal =
    known &&
    ask(
      [
        ...PROFILE,
        (moment, category) => Math.log(known(moment, category) + LITTLE),
        (moment, category) => Math.log((isLast(moment, category) + known(moment, category)) / 2 + LITTLE),
      ],
      network,
    )
  const answers = parts.test.map(({ answer }) => answer)
  const losses = (said: readonly Float64Array[]) => Float64Array.from(said, (all, n) => -Math.log(all[answers[n]]))
  const [lastSaid, profileSaid] = [foretold(last, answers), foretold(profile, answers)]
  const idealSaid = ideal && foretold(ideal, answers)
  return {
    moments: { training: parts.training.length, validation: parts.validation.length, test: parts.test.length },
    categories: categories.length,
    last_category: lastSaid,
    profile: profileSaid,
    ...(idealSaid
      ? {
          ideal: idealSaid,
          gap_closed: (lastSaid.log_loss - profileSaid.log_loss) / (lastSaid.log_loss - idealSaid.log_loss),
        }
      : {}),
    better_than_last: pairedInterval(
      losses(last),
      losses(profile),
      parts.test.map(({ shopper }) => shopper),
    ),
  }
}

/** Every visit but each shopper's first; categories and companions are those known before what is held out. */
function entryMoments({ shoppers, factsOf, end }: Shoppers): { categories: string[]; moments: EntryMoment[] } {
  const before = end - (TEST_DAYS + VALIDATION_DAYS) * DAY_MS
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
    let [seen, last] = [0, -1]
    for (const { at, category } of entries[shopper]) {
      for (; seen < at; seen++) remember(memory, events[seen], factsOf)
      const answer = numbers.get(category) ?? categories.length
      if (last >= 0 && memory.visits) {
        const { time } = events[at]
        const season = seasonAt(time)
        moments.push({ shopper, time, seen, ...sharesOf(memory, time, numbers, companions), season, last, answer })
      }
      last = answer
    }
  })
  return { categories, moments }
}

function sharesOf(memory: Memory, time: number, numbers: ReadonlyMap<string, number>, companions: Companions) {
  const columns = (list: readonly { label: string; share: number }[]) => {
    const shares = new Float32Array(numbers.size + 1)
    for (const { label, share } of list) {
      const column = numbers.get(label)
      if (column !== undefined) shares[column] = share
    }
    return shares
  }
  const known = (visitShare: number, now: number) =>
    interestsIn(memory.interests, 'category', now, visitShare, (label) => numbers.has(label))
  return {
    long: columns(withCompanions(known(0, time), companions)),
    // As the last visit left it: by now all of it has faded, and shares of nothing say nothing.
    visit: columns(known(1, memory.visits?.now.last ?? time)),
  }
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

function foretold(said: readonly Float64Array[], answers: readonly number[]): CategoryForetold {
  const orders = said.map((all) => [...all.keys()].sort((a, b) => all[b] - all[a]))
  const mean = (of: (n: number) => number) => answers.reduce((sum, _, n) => sum + of(n), 0) / answers.length
  const confidences = said.map((all, n) => ({
    confidence: all[orders[n][0]],
    outcome: orders[n][0] === answers[n] ? 1 : 0,
  }))
  return {
    log_loss: mean((n) => -Math.log(said[n][answers[n]])),
    first: mean((n) => confidences[n].outcome),
    first_three: mean((n) => (orders[n].slice(0, 3).includes(answers[n]) ? 1 : 0)),
    calibration_error: calibrationBins(confidences).ece,
  }
}
