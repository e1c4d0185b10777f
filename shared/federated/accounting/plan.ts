/**
 * What a task's rounds would give: reports to add up, noise in their sum, and the (ε, δ) that may be stated of a
 * shopper. All follows from numbers that are known before anything is on record.
 *
 *     shoppers · k / T · (1 − dropout) = n            shoppers are not the cohort
 *     √2 · z · Δ · √d / n = r                         both aggregators' noise is paid for …
 *     ρ = k / 2z²                                     … and that of one, who is honest, is accounted for
 *
 * So at one r, z is in proportion to n, and ε is least where each shopper is in every round: few large rounds, T = k.
 */
import { pldEpsilon } from './pld.ts'
import { l2Sensitivity, type Measurement } from './sensitivity.ts'
import { rhoOfGaussian, zcdpEpsilon } from './zcdp.ts'

/** Reports without which no round is released; a browser's policy takes part in no fewer than `LEAST_MIN_BATCH`. */
export const USUAL_MIN_BATCH = 1000

/** An epoch, after which a shopper may be asked again. */
export interface Epoch {
  shoppers: number
  /** T */
  rounds: number
  /** k: a shopper's reports, at most. */
  participations: number
  /** Share of the reports that do not arrive: fewer are added up, and shoppers have spent as much. */
  dropout: number
}

/** n: reports a round. */
export const cohortOf = ({ shoppers, rounds, participations, dropout }: Epoch): number =>
  Math.round(((shoppers * participations) / rounds) * (1 - dropout))

export interface Release {
  measurement: Measurement
  /** d of an update, whose noise is felt as a whole; 1 of all else, where each number is read by itself. */
  dimension: number
}

/** The noise in the mean of n reports, √2 · z · Δ · √d / n, as a share of the most that one report could be. */
export const noiseRatio = (of: Release, noiseMultiplier: number, reports: number): number =>
  (noiseMultiplier * ratioOfOneReport(of)) / reports

/** The largest z that keeps the ratio, to three digits, rounded down: what is printed is what goes on record. */
export function largestNoiseMultiplier(of: Release, ratio: number, reports: number): number {
  const z = (ratio * reports) / ratioOfOneReport(of)
  const unit = 10 ** (Math.floor(Math.log10(z)) - 2)
  return Number((Math.floor(z / unit) * unit).toPrecision(3))
}

/** Of z = 1 and n = 1. */
const ratioOfOneReport = ({ measurement, dimension }: Release): number =>
  (Math.SQRT2 * l2Sensitivity(measurement) * Math.sqrt(dimension)) / mostOf(measurement)

/** What a report could be at most: an update's norm, or one number. */
function mostOf(measurement: Measurement): number {
  switch (measurement.kind) {
    case 'pine':
      return measurement.normBound
    case 'sum':
    case 'sumVec':
      return measurement.max
    default:
      return 1
  }
}

/** Of a shopper and an epoch, at δ. */
export interface ShopperPrivacy {
  /** By zCDP, of k participations. Of several tasks ρ add up, ε do not. */
  rho: number
  /** ε that is proven of the discrete Gaussian, and may be stated: zero-out adjacency, one honest aggregator. */
  epsilon: number
  /** The same of a shopper who was in one round. */
  ofOneRound: number
  /** And of one in every round, as where the ledger was emptied each time. */
  ofEveryRound: number
  /** Of k participations, with another report in place of each rather than zeros, which moves the sum twice as far. */
  replaceOne: number
  /**
   * No claim. What it would be if each shopper were in each round by a secret coin of k / T, and nothing were seen but
   * the models: by the privacy loss distribution, of continuous noise. Absent where it is not less.
   */
  ifParticipationIsSecret?: number
}

export function shopperPrivacy(
  { rounds, participations }: Pick<Epoch, 'rounds' | 'participations'>,
  noiseMultiplier: number,
  delta: number,
): ShopperPrivacy {
  const epsilonOf = (z: number, times: number) => zcdpEpsilon(rhoOfGaussian(z, times), delta)
  const epsilon = epsilonOf(noiseMultiplier, participations)
  const secret = amplified(noiseMultiplier, participations, rounds, delta)
  return {
    rho: rhoOfGaussian(noiseMultiplier, participations),
    epsilon,
    ofOneRound: epsilonOf(noiseMultiplier, 1),
    ofEveryRound: epsilonOf(noiseMultiplier, rounds),
    replaceOne: epsilonOf(noiseMultiplier / 2, participations),
    ...(secret < epsilon ? { ifParticipationIsSecret: secret } : {}),
  }
}

/** With less noise than this a coin hides nothing: it may fall for a round more often than k times. */
const LEAST_AMPLIFIED_NOISE = 0.2

function amplified(noiseMultiplier: number, participations: number, rounds: number, delta: number): number {
  if (participations === rounds || noiseMultiplier < LEAST_AMPLIFIED_NOISE) return Number.POSITIVE_INFINITY
  return pldEpsilon({ noiseMultiplier, samplingProbability: participations / rounds, steps: rounds }, delta)
}

/**
 * What an ε is called: the three tiers of Ponomareva et al. 2023, "How to DP-fy ML" (strong, reasonable, weak to none),
 * which end at 1 and 10. They are what practitioners agree on, and no theorem.
 */
export type Strength = 'strong' | 'moderate' | 'weak'

export function strengthOf(epsilon: number): Strength {
  if (epsilon <= 1) return 'strong'
  return epsilon <= 10 ? 'moderate' : 'weak'
}

/** What is asked for: a z, or the r that the largest z is to keep. */
export type NoiseWanted = { noiseMultiplier: number } | { ratio: number }

export interface RoundsPlan {
  rounds: number
  /** n */
  reports: number
  /** Whether they are as many as the minimum batch. */
  isReleased: boolean
  noiseMultiplier: number
  noiseRatio: number
  /** Proven, as above. */
  epsilon: number
}

export interface Plan extends RoundsPlan {
  /** σ = z · Δ of each aggregator, in the units of the sum. */
  noiseStdDev: number
  privacy: ShopperPrivacy
  strength: Strength
  /** The same shoppers and k in k rounds, 2k, 4k … T. */
  choices: RoundsPlan[]
  /** The best of them, of the fewest rounds; absent where even k rounds have too few reports. */
  best?: RoundsPlan
}

/** @throws Error where a round would have no report, or a number is out of its range */
export function planRounds(epoch: Epoch, of: Release, wanted: NoiseWanted, minBatch: number, delta: number): Plan {
  const { rounds: most, participations: k, dropout } = epoch
  if (!(k <= most)) throw new Error(`a shopper is in ${most} rounds at most: ${k}`)
  if (!(dropout >= 0 && dropout < 1)) throw new Error(`dropout must be a share from 0 to below 1: ${dropout}`)
  const planOf = (rounds: number): RoundsPlan => {
    const reports = cohortOf({ ...epoch, rounds })
    const noiseMultiplier =
      'ratio' in wanted ? largestNoiseMultiplier(of, wanted.ratio, reports) : wanted.noiseMultiplier
    return {
      rounds,
      reports,
      isReleased: reports >= minBatch,
      noiseMultiplier,
      noiseRatio: noiseRatio(of, noiseMultiplier, reports),
      epsilon: zcdpEpsilon(rhoOfGaussian(noiseMultiplier, k), delta),
    }
  }
  const asked = planOf(most)
  const choices = doublings(k, most).map(planOf)
  const [best] = choices.filter(({ isReleased }) => isReleased)
  return {
    ...asked,
    noiseStdDev: asked.noiseMultiplier * l2Sensitivity(of.measurement),
    privacy: shopperPrivacy(epoch, asked.noiseMultiplier, delta),
    strength: strengthOf(asked.epsilon),
    choices,
    ...(best ? { best } : {}),
  }
}

function doublings(from: number, to: number): number[] {
  const below: number[] = []
  for (let rounds = from; rounds < to; rounds *= 2) below.push(rounds)
  return [...below, to]
}
