/**
 * What the profile's heads know, each beside a rule that needs no training and, in a simulated shop, beside an observer who
 * knows what each shopper is really like and sees the same events. Trained before the last 45 days, tuned on the 15 days
 * after that, asked about the last 30.
 */

import type { CompiledModel } from '../../shared/model/compile.ts'
import { FEATURE_NAMES, type FeatureName } from '../../shared/profile/features.ts'
import { auroc, logLoss } from '../binary-metrics.ts'
import { calibrationBins } from '../calibration.ts'
import { type Interval, pairedInterval } from '../evaluate.ts'
import { UserError } from '../user-error.ts'
import { FEATURE_WORDS } from './feature-words.ts'
import { type Asked, askAll, matrixOf } from './heads.ts'
import { type Driver, driversOf } from './importance.ts'
import { type Moment, momentsOf, partsOf, RETURN_DAYS, TEST_DAYS, VALIDATION_DAYS } from './moments.ts'
import type { Shoppers } from './shoppers.ts'
import { statesAt } from './states.ts'
import type { Truth } from './truth.ts'
import { fitYesNo } from './yes-no-head.ts'

const HEADS = ['intent', 'return'] as const
export type HeadName = (typeof HEADS)[number]

/** What is asked without training: the feature alone, higher or lower. */
const RULES: Record<HeadName, { feature: FeatureName; sign: 1 | -1; name: string }> = {
  intent: { feature: 'cartItems', sign: 1, name: 'what lies in the cart' },
  return: { feature: 'sinceLast', sign: -1, name: 'recency' },
}

export interface Foretold {
  auroc: number
  /** Nats. */
  log_loss: number
  /** 0 … 1 */
  calibration_error: number
}

export interface HeadScore {
  head: HeadName
  moments: { training: number; validation: number; test: number }
  /** Share of yes in the test. */
  rate: number
  majority: Foretold
  rule: Foretold & { name: string }
  trained: Foretold
  /** Knows the truth of a simulated shopper. */
  ideal?: Foretold
  /** Share of the way from the rule to the ideal that the head goes, in AUROC. */
  gap_closed?: number
  /** Log-loss of the rule less that of the head, by shopper. */
  better_than_rule: Interval
  drivers: Driver[]
}

/** @throws UserError when the history is shorter than what is asked of it */
export function scoreHeads(
  { shoppers, products, factsOf, end }: Shoppers,
  { network, truth, seed }: { network?: CompiledModel; truth?: Truth; seed: string },
): HeadScore[] {
  const moments = momentsOf(shoppers, factsOf, end, seed)
  const scores: HeadScore[] = []
  for (const head of HEADS) {
    const parts = partsOf(moments[head], end, head === 'return' ? RETURN_DAYS : 0)
    for (const [part, { length }] of Object.entries(parts)) {
      if (length === 0) {
        throw new UserError(
          `the history has no moment of "${head}" for ${part}`,
          `its last ${TEST_DAYS + VALIDATION_DAYS + RETURN_DAYS} days are for testing: import a longer one`,
        )
      }
    }
    const inputsOf = (list: Moment[], extra?: (moment: Moment) => ArrayLike<number>): Asked => {
      const states = network && statesAt(network, products, shoppers, list)
      return askedOf(list, (moment, n) => [
        ...moment.features,
        ...(states ? states[n] : []),
        ...(extra ? Array.from(extra(moment)) : []),
      ])
    }
    const fit = (read: (list: Moment[]) => Asked) => {
      const [training, validation, test] = [parts.training, parts.validation, parts.test].map(read)
      const fitted = fitYesNo(training, validation)
      const probabilities = askAll(fitted, test).map(([, yes]) => yes)
      return { fitted, test, probabilities, foretold: foretold(probabilities, test.answers) }
    }
    const { feature, sign, name } = RULES[head]
    const column = FEATURE_NAMES.indexOf(feature)
    const rule = fit((list) => askedOf(list, ({ features }) => [sign * features[column]]))
    const trained = fit((list) => inputsOf(list))
    const ideal = truth && fit((list) => inputsOf(list, (moment) => truth.of(head, moment)))
    const { answers } = trained.test
    const rate = answers.reduce((sum, answer) => sum + answer, 0) / answers.length
    const before = meanOf(parts.training)
    const loss = (probabilities: readonly number[]) =>
      Float64Array.from(probabilities, (yes, n) => logLoss([yes], [answers[n]]))
    scores.push({
      head,
      moments: {
        training: parts.training.length,
        validation: parts.validation.length,
        test: parts.test.length,
      },
      rate,
      majority: foretold(new Array(answers.length).fill(before), answers),
      rule: { name, ...rule.foretold },
      trained: trained.foretold,
      ...(ideal
        ? {
            ideal: ideal.foretold,
            gap_closed: (trained.foretold.auroc - rule.foretold.auroc) / (ideal.foretold.auroc - rule.foretold.auroc),
          }
        : {}),
      better_than_rule: pairedInterval(
        loss(rule.probabilities),
        loss(trained.probabilities),
        parts.test.map(({ shopper }) => shopper),
      ),
      drivers: driversOf(
        trained.fitted,
        trained.test,
        FEATURE_NAMES.map((name) => FEATURE_WORDS[name]),
        seed,
      ),
    })
  }
  return scores
}

function askedOf(moments: readonly Moment[], read: (moment: Moment, n: number) => number[]): Asked {
  return {
    inputs: matrixOf(moments.map(read)),
    answers: Int32Array.from(moments, ({ answer }) => answer),
  }
}

function foretold(probabilities: readonly number[], answers: Int32Array): Foretold {
  return {
    auroc: auroc(probabilities, answers),
    log_loss: logLoss(probabilities, answers),
    calibration_error: calibrationBins(probabilities.map((confidence, n) => ({ confidence, outcome: answers[n] }))).ece,
  }
}

const meanOf = (moments: readonly Moment[]) => moments.reduce((sum, { answer }) => sum + answer, 0) / moments.length
