/**
 * How well is it foretold what a visit begins with? The head (`next-category.ts`), beside it what the last visit began with, and
 * an observer who is told the shopper's true tastes too.
 */
import type { CompiledModel } from '../../shared/model/compile.ts'
import { ENTRY_FEATURES, isLast, LITTLE, type ReadCategory } from '../../shared/profile/next-category.ts'
import { calibrationBins } from '../calibration.ts'
import { type Interval, pairedInterval } from '../evaluate.ts'
import { UserError } from '../user-error.ts'
import { chooseAll, fitChoiceHead } from './choice-head.ts'
import { askAll, fitHead } from './heads.ts'
import { DAY_MS, partsOf, TEST_DAYS, VALIDATION_DAYS } from './moments.ts'
import { choicesOf, type EntryMoment, entryMoments } from './next-category.ts'
import type { Shoppers } from './shoppers.ts'
import type { Truth } from './truth.ts'

type Read = ReadCategory<EntryMoment>

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

/** @throws UserError when the history is shorter than what is asked of it */
export async function scoreNextCategory(
  shop: Shoppers,
  { network, truth, seed }: { network?: CompiledModel; truth?: Truth; seed: string },
): Promise<NextCategoryScore> {
  const { categories, moments } = entryMoments(shop, shop.end - (TEST_DAYS + VALIDATION_DAYS) * DAY_MS)
  const parts = partsOf(moments, shop.end, 0)
  for (const [part, { length }] of Object.entries(parts)) {
    if (length === 0) throw new UserError(`the history has no later visit for ${part}`, 'import a longer history')
  }
  const ask = (features: readonly Read[]) => {
    const all = [parts.training, parts.validation, parts.test]
    const [training, validation, test] = all.map((part) => choicesOf(shop, part, features, network))
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
  const profile = ask(ENTRY_FEATURES)
  const ideal =
    known &&
    ask([
      ...ENTRY_FEATURES,
      (moment, category) => Math.log(known(moment, category) + LITTLE),
      (moment, category) => Math.log((isLast(moment, category) + known(moment, category)) / 2 + LITTLE),
    ])
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
