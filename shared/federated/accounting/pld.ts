/**
 * ε and δ by the privacy loss distribution: as close to exact as floats are, and from above. The distribution of a step
 * (`loss-distribution.ts`) is convolved with itself by Fourier transforms.
 *
 * A transform has one absolute error for all of its results, 10⁻¹⁶ or so each, in which a small δ would be lost. For such a one the
 * distribution is tilted first: each mass is multiplied by exp(λ · loss), with a λ that puts the middle near the ε in question, and
 * afterwards divided by it. As tilting commutes with convolution, nothing else changes. The error at ε is then in proportion to Chernoff's
 * bound of δ, the mean of exp(λ · (loss − ε)), and so the λ is taken for which that is least.
 */
import { bracket } from './bisection.ts'
import { convolutionPower } from './fft.ts'
import { type Direction, intervalFor, type LossDistribution, stepDistribution } from './loss-distribution.ts'
import { checkDelta, checkEpsilon, checkMechanism, type SampledGaussian } from './parameters.ts'

/** From here on the errors of a transform that is not tilted are some ten-thousandths of δ at most. */
const LEAST_UNTILTED_DELTA = 1e-8

/**
 * The least ε at δ, whether a report is taken away or added, for δ down to 10⁻³⁰.
 *
 * @param interval of the grid of losses: a finer one is closer and takes longer
 * @throws Error where the grid is too fine
 */
export function pldEpsilon(mechanism: SampledGaussian, delta: number, interval?: number): number {
  checkMechanism(mechanism)
  checkDelta(delta)
  return worseDirection(mechanism, interval, (loss) => {
    if (delta >= LEAST_UNTILTED_DELTA) return epsilonAt(deltaCurve(loss, UNTILTED), delta)
    // From Chernoff's bound down: at an ε that turns out to be far below it, less tilt has a smaller error.
    let epsilon = Math.min(...upwards(loss).map(({ order, log }) => (log - Math.log(delta)) / order))
    let tilt = tiltFor(loss, epsilon)
    for (;;) {
      epsilon = Math.min(epsilon, epsilonAt(deltaCurve(loss, tilt), delta))
      const next = tiltFor(loss, epsilon)
      if (next.order >= tilt.order) return epsilon
      tilt = next
    }
  })
}

/** The least δ at ε, whether a report is taken away or added. */
export function pldDelta(mechanism: SampledGaussian, epsilon: number, interval?: number): number {
  checkMechanism(mechanism)
  checkEpsilon(epsilon)
  return worseDirection(mechanism, interval, (loss) => deltaAt(deltaCurve(loss, tiltFor(loss, epsilon)), epsilon))
}

/** The least z with which (ε, δ) holds, to a millionth and from above. */
export function pldNoiseMultiplier(
  epsilon: number,
  delta: number,
  sampling: Omit<SampledGaussian, 'noiseMultiplier'>,
): number {
  checkDelta(delta)
  return bracket((z) => pldDelta({ ...sampling, noiseMultiplier: z }, epsilon) <= delta, 1e-6)[1]
}

/** The loss of all steps, of which the convolution is still to be done. */
interface ComposedLoss {
  step: LossDistribution
  steps: number
  /** By order, ascending. */
  moments: readonly Moment[]
}

/** λ, and the logarithm of the mean of exp(λ · loss). */
interface Moment {
  order: number
  log: number
}
const UNTILTED: Moment = { order: 0, log: 0 }

/** Of a transform that takes some tens of milliseconds, and of the largest that is tried. */
const USUAL_SIZE = 2 ** 18
const LARGEST_SIZE = 2 ** 20

function worseDirection(
  mechanism: SampledGaussian,
  interval: number | undefined,
  value: (loss: ComposedLoss) => number,
): number {
  // Without sampling the two are the same.
  const directions: Direction[] = mechanism.samplingProbability === 1 ? ['remove'] : ['remove', 'add']
  const { steps } = mechanism
  const values = directions.map((direction) => {
    const step = stepDistribution(mechanism, direction, interval ?? intervalFor(mechanism, direction, USUAL_SIZE))
    return value({ step, steps, moments: momentsOf(step, steps) })
  })
  return Math.max(...values)
}

/**
 * Orders are 0 and ± all from here to there, each √2 times the last: about as many as matter. In units of one over the standard deviation a
 * normal distribution needs no smaller ones; where a few rare losses are large, they are the small orders of any distribution.
 */
const LEAST_ORDER_OF_NORMAL = 1 / 16
const LEAST_ORDER = 1 / 4
const LARGEST_ORDER = 24

function momentsOf({ interval, first, masses }: LossDistribution, steps: number): Moment[] {
  let [mean, square] = [0, 0]
  masses.forEach((mass, n) => {
    const loss = (first + n) * interval
    mean += mass * loss
    square += mass * loss * loss
  })
  const unit = 1 / Math.sqrt(steps * (square - mean * mean))
  const least = Math.min(LEAST_ORDER, LEAST_ORDER_OF_NORMAL * unit)
  const doublings = Math.ceil(Math.log2((LARGEST_ORDER * unit) / least))
  const moments = [UNTILTED]
  for (const start of [least, least * Math.SQRT2]) {
    const [up, down] = [new Float64Array(doublings), new Float64Array(doublings)]
    masses.forEach((mass, n) => {
      if (mass === 0) return
      let factor = Math.exp(start * (first + n) * interval)
      let inverse = 1 / factor
      for (let j = 0; j < doublings; j++) {
        up[j] += mass * factor
        down[j] += mass * inverse
        factor *= factor
        inverse *= inverse
      }
    })
    for (let j = 0; j < doublings; j++) {
      const order = start * 2 ** j
      moments.push({ order, log: steps * Math.log(up[j]) }, { order: -order, log: steps * Math.log(down[j]) })
    }
  }
  return moments.filter(({ log }) => Number.isFinite(log)).sort((a, b) => a.order - b.order)
}

const upwards = ({ moments }: ComposedLoss): Moment[] => moments.filter(({ order }) => order > 0)

/** By Chernoff's bound at ε, but of no more than what gives a distribution narrow enough to transform. */
function tiltFor(loss: ComposedLoss, epsilon: number): Moment {
  const bound = ({ order, log }: Moment) => log - order * epsilon
  const tilts = [UNTILTED, ...upwards(loss)]
  const best = tilts.reduce((least, tilt) => (bound(tilt) < bound(least) ? tilt : least))
  const possible = (tilt: Moment) => tilt.order <= best.order && sizeOf(windowOf(loss, tilt)) <= LARGEST_SIZE
  return tilts.findLast(possible) ?? UNTILTED
}

/** Where a tilted distribution is, for all that matters, in intervals. */
interface Window {
  low: number
  high: number
  /** Of the distribution, not tilted, this is above, or less. */
  above: number
}
const sizeOf = ({ low, high }: Window): number => 2 ** Math.ceil(Math.log2(high - low + 1))

/** Of a tilted distribution, what may be outside of its window on either side. */
const LOG_OUTSIDE = Math.log(1e-17)

/** By Chernoff's bound at each order, P(loss > x) ≤ exp(log − order · x). */
function windowOf({ step, steps, moments }: ComposedLoss, tilt: Moment): Window {
  const ends = (side: 1 | -1) =>
    moments
      .filter(({ order }) => side * (order - tilt.order) > 0)
      .map(({ order, log }) => (log - tilt.log - LOG_OUTSIDE) / (order - tilt.order) / step.interval)
  const [least, most] = [steps * step.first, steps * (step.first + step.masses.length - 1)]
  const low = Math.max(least, Math.floor(Math.max(...ends(-1))))
  const high = Math.ceil(Math.min(...ends(1)))
  if (high >= most) return { low, high: most, above: 0 }
  return {
    low,
    high,
    above: Math.exp(Math.min(...moments.map(({ order, log }) => log - order * high * step.interval))),
  }
}

/** δ at each loss of the grid. */
interface DeltaCurve {
  interval: number
  first: number
  /** Falling. */
  deltas: Float64Array
}

/** @throws Error where there are too many losses */
function deltaCurve(loss: ComposedLoss, tilt: Moment): DeltaCurve {
  const { step, steps } = loss
  const { interval, masses } = step
  const window = windowOf(loss, tilt)
  const size = sizeOf(window)
  if (size > LARGEST_SIZE) throw new Error(`pld: ${size} losses are too many; take an interval above ${interval}`)
  const tilted = new Float64Array(size)
  masses.forEach((mass, n) => {
    tilted[n % size] += mass * Math.exp(tilt.order * (step.first + n) * interval - tilt.log / steps)
  })
  const convolved = convolutionPower(tilted, steps)

  const deltas = new Float64Array(window.high - window.low + 1)
  let delta = window.above - Math.expm1(steps * Math.log1p(-step.infinite))
  /** Of the losses above, what Q has of them, times exp(ε). */
  let underQ = 0
  for (let n = window.high; n >= window.low; n--) {
    deltas[n - window.low] = delta
    const mass = Math.max(0, convolved[(n - steps * step.first) % size])
    underQ += mass * Math.exp(tilt.log - tilt.order * n * interval)
    // Where ε is less by an interval, so is Q's part, which δ is without.
    delta -= underQ * Math.expm1(-interval)
    underQ *= Math.exp(-interval)
  }
  return { interval, first: window.low, deltas }
}

/** A line over exp(ε) from one loss of the grid to the next, and 1 below the first, from which it hardly differs. */
function deltaAt({ interval, first, deltas }: DeltaCurve, epsilon: number): number {
  const n = Math.ceil(epsilon / interval) - first
  if (n < 0) return 1
  if (n === 0) return Math.min(1, deltas[0])
  if (n >= deltas.length) return deltas[deltas.length - 1]
  const share = Math.expm1(epsilon - (first + n) * interval) / Math.expm1(-interval)
  return Math.min(1, deltas[n] + share * (deltas[n - 1] - deltas[n]))
}

function epsilonAt({ interval, first, deltas }: DeltaCurve, delta: number): number {
  const n = deltas.findIndex((d) => d <= delta)
  if (n === -1) return Number.POSITIVE_INFINITY
  const loss = (first + n) * interval
  if (n === 0) return Math.max(0, loss)
  const share = (delta - deltas[n]) / (deltas[n - 1] - deltas[n])
  return Math.max(0, loss + Math.log1p(share * Math.expm1(-interval)))
}
