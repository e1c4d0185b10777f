/**
 * The privacy loss of one step: ln P(x) / Q(x) for x of P, where P and Q are what comes out with and without one report, or the other way
 * about. Its distribution says all of a mechanism's privacy, and that of steps is the convolution of theirs.
 *
 * It is put on a grid so that nothing is claimed that does not hold, and next to nothing is lost (Doroshenko et al. 2022, "Connect the
 * Dots"): what falls between two losses of the grid goes to both, in such shares that its probability remains what it is under P and under
 * Q. Then δ(ε) is exact at each ε of the grid, and between them a line over exp(ε) that lies above it, as δ(ε) is convex there.
 */
import { upperTail } from './normal.ts'
import type { SampledGaussian } from './parameters.ts'

/** Whether the report is taken away, P = (1 − q) N(0, z²) + q N(1, z²) and Q = N(0, z²), or added, the other way about. */
export type Direction = 'remove' | 'add'

export interface LossDistribution {
  /** From one loss of the grid to the next. */
  interval: number
  /** The least loss, in intervals. */
  first: number
  /** P of the losses from there on. */
  masses: Float64Array
  /** P of what Q never gives. */
  infinite: number
}

/** So many standard deviations out, the rest of the normal distribution, 10⁻⁴⁰, is taken as infinite loss. */
const REACH = 13.4
/** Of a step; more cost memory and gain nothing. */
const MOST_LOSSES = 2 ** 19

type Step = Omit<SampledGaussian, 'steps'>

export function stepDistribution(step: Step, direction: Direction, interval: number): LossDistribution {
  if (!(interval > 0)) throw new Error(`pld: an interval must be more than 0: ${interval}`)
  const [least, most] = lossRange(step, direction)
  const first = Math.floor(least / interval)
  const count = Math.ceil(most / interval) - first + 1
  if (count > 4 * MOST_LOSSES) throw new Error(`pld: ${count} losses are too many; take an interval above ${interval}`)

  const masses = new Float64Array(count)
  const shrink = -Math.expm1(-interval)
  let at = cutAt(step, direction, first * interval)
  masses[0] = probability(step, direction, cutAt(step, direction, Number.NEGATIVE_INFINITY), at).underP
  for (let n = 0; n < count - 1; n++) {
    const next = cutAt(step, direction, (first + n + 1) * interval)
    const { underP, underQ } = probability(step, direction, at, next)
    // At the upper loss u and at the lower one l: u + l = P, and of them Q has u · exp(−the upper loss) + l · exp(−the lower loss).
    const upper = Math.min(underP, Math.max(0, underP - timesExp(underQ, (first + n) * interval)) / shrink)
    masses[n] += underP - upper
    masses[n + 1] += upper
    at = next
  }
  const { underP, underQ } = probability(step, direction, at, cutAt(step, direction, Number.POSITIVE_INFINITY))
  const finite = Math.min(underP, timesExp(underQ, (first + count - 1) * interval))
  masses[count - 1] += finite
  return { interval, first, masses, infinite: underP - finite }
}

/** Where a loss parts the outcomes: in standard deviations from the two means, and the smaller part of each normal distribution. */
interface Cut {
  fromZero: number
  fromOne: number
  tailOfZero: number
  tailOfOne: number
}

function cutAt(step: Step, direction: Direction, loss: number): Cut {
  const { noiseMultiplier: z } = step
  const outcome = direction === 'remove' ? outcomeOf(step, loss) : -outcomeOf(step, -loss)
  const [fromZero, fromOne] = [outcome / z, direction === 'remove' ? (outcome - 1) / z : (outcome + 1) / z]
  return {
    fromZero,
    fromOne,
    tailOfZero: upperTail(Math.abs(fromZero)),
    tailOfOne: upperTail(Math.abs(fromOne)),
  }
}

/** Of the losses between two cuts. */
function probability({ samplingProbability: q }: Step, direction: Direction, from: Cut, to: Cut) {
  const between = (a: number, tailOfA: number, b: number, tailOfB: number) =>
    a < 0 && b > 0 ? 1 - tailOfA - tailOfB : Math.abs(tailOfA - tailOfB)
  const without = between(from.fromZero, from.tailOfZero, to.fromZero, to.tailOfZero)
  const sampled = (1 - q) * without + q * between(from.fromOne, from.tailOfOne, to.fromOne, to.tailOfOne)
  return direction === 'remove' ? { underP: sampled, underQ: without } : { underP: without, underQ: sampled }
}

/** x · exp(y), where exp(y) may be more than a float holds. */
const timesExp = (x: number, y: number): number => Math.exp(y + Math.log(x))

/** Of the standard deviation of a step's loss: this adds some 10⁻⁵ of itself to ε. */
const SHARE_OF_DEVIATION = 1 / 100

/** An interval that is fine, or else leaves no more than so many losses of all steps: from 10⁵ steps on it adds 10⁻⁴ of ε, then more. */
export function intervalFor(step: SampledGaussian, direction: Direction, mostLosses: number): number {
  const [least, most] = lossRange(step, direction)
  const deviation = lossDeviation(step, direction)
  /** Of all steps, from eleven standard deviations below to as many above. */
  const width = 22 * deviation * Math.sqrt(step.steps)
  return Math.max(deviation * SHARE_OF_DEVIATION, width / mostLosses, (most - least) / MOST_LOSSES)
}

/** Of the loss where the report is taken away. */
function lossOf({ noiseMultiplier: z, samplingProbability: q }: Step, outcome: number): number {
  const full = (2 * outcome - 1) / (2 * z * z)
  if (q === 1) return full
  return full > 0 ? full + Math.log(q + (1 - q) * Math.exp(-full)) : Math.log1p(q * Math.expm1(full))
}

/** Its inverse, −∞ for losses that are less than any. */
function outcomeOf({ noiseMultiplier: z, samplingProbability: q }: Step, loss: number): number {
  if (q === 1) return 0.5 + z * z * loss
  if (loss <= Math.log1p(-q)) return Number.NEGATIVE_INFINITY
  const full = loss > 0 ? loss + Math.log1p(-(1 - q) * Math.exp(-loss)) - Math.log(q) : Math.log1p(Math.expm1(loss) / q)
  return 0.5 + z * z * full
}

function lossRange(step: Step, direction: Direction): [least: number, most: number] {
  const [low, high] = [lossOf(step, -REACH * step.noiseMultiplier), lossOf(step, 1 + REACH * step.noiseMultiplier)]
  return direction === 'remove' ? [low, high] : [-high, -low]
}

/** By a sum over outcomes, to two digits or so. */
function lossDeviation(step: Step, direction: Direction): number {
  const { noiseMultiplier: z, samplingProbability: q } = step
  const density = (x: number) => Math.exp(-(x * x) / (2 * z * z))
  const [low, high] = [-8 * z, 1 + 8 * z]
  let [total, mean, square] = [0, 0, 0]
  for (let x = low; x <= high; x += z / 16) {
    const weight = direction === 'remove' ? (1 - q) * density(x) + q * density(x - 1) : density(x)
    const loss = lossOf(step, x)
    total += weight
    mean += weight * loss
    square += weight * loss * loss
  }
  return Math.sqrt(square / total - (mean / total) ** 2)
}
