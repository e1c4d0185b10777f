/**
 * Rényi differential privacy (Mironov 2017): a bound at each order α > 1, which adds up over steps, and of which the order that gives the
 * least ε is taken. Never less than the exact ε, and easy to check by hand.
 */
import { bracket } from './bisection.ts'
import { logUpperTail } from './normal.ts'
import { checkDelta, checkEpsilon, checkMechanism, checkNoiseMultiplier, type SampledGaussian } from './parameters.ts'

/** The divergence of order α, for each of some orders. */
export type RdpCurve = readonly { order: number; rdp: number }[]

/** 1.1 … 10.9, 11 … 63 and four large ones for much noise: those of dp_accounting. */
export const DEFAULT_ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, n) => 1 + (n + 1) / 10),
  ...Array.from({ length: 53 }, (_, n) => 11 + n),
  128,
  256,
  512,
  1024,
]

/** T times that of a step; larger where a report is taken away than where it is added, so that it bounds both. */
export function sampledGaussianCurve(mechanism: SampledGaussian, orders = DEFAULT_ORDERS): RdpCurve {
  checkMechanism(mechanism)
  return orders.map((order) => ({ order, rdp: mechanism.steps * sampledGaussianRdp(mechanism, order) }))
}

/** Of all these mechanisms after each other, whatever the earlier ones gave. @throws Error unless they are of the same orders */
export function composeRdp(curves: readonly RdpCurve[]): RdpCurve {
  const [first, ...others] = curves
  if (!first) throw new Error('rdp: no curve to compose; give one at least')
  return first.map(({ order, rdp }, n) => {
    const added = others.reduce((sum, curve) => {
      if (curve.length !== first.length || curve[n].order !== order) throw new Error('rdp: curves of different orders')
      return sum + curve[n].rdp
    }, rdp)
    return { order, rdp: added }
  })
}

/**
 * The least ε at δ over the orders: rdp + ln((α − 1) / α) − (ln δ + ln α) / (α − 1) (Canonne, Kamath, Steinke 2020, proposition 12; Balle
 * et al. 2020, theorem 21).
 */
export function rdpEpsilon(curve: RdpCurve, delta: number): { epsilon: number; order: number } {
  checkDelta(delta)
  let best = { epsilon: Number.POSITIVE_INFINITY, order: Number.NaN }
  for (const { order, rdp } of curve) {
    const epsilon = rdp + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1)
    if (epsilon < best.epsilon) best = { epsilon: Math.max(0, epsilon), order }
  }
  return best
}

/** The least z with which ε is no more than this. */
export function rdpNoiseMultiplier(
  epsilon: number,
  delta: number,
  sampling: Omit<SampledGaussian, 'noiseMultiplier'>,
): number {
  checkEpsilon(epsilon)
  const epsilonOf = (noiseMultiplier: number) =>
    rdpEpsilon(sampledGaussianCurve({ ...sampling, noiseMultiplier }), delta).epsilon
  return bracket((z) => epsilonOf(z) <= epsilon, 1e-9)[1]
}

/** α / 2z². */
export function gaussianRdp(noiseMultiplier: number, order: number): number {
  checkNoiseMultiplier(noiseMultiplier)
  checkOrder(order)
  return order / (2 * noiseMultiplier ** 2)
}

/**
 * Of one step: ln A / (α − 1), A the mean of (1 − q + q·exp((2x − 1) / 2z²))^α over x of N(0, z²) (Mironov, Talwar, Zhang 2019, "Rényi
 * Differential Privacy of the Sampled Gaussian Mechanism", section 3.3).
 */
export function sampledGaussianRdp(mechanism: Omit<SampledGaussian, 'steps'>, order: number): number {
  const { noiseMultiplier: z, samplingProbability: q } = mechanism
  checkMechanism({ ...mechanism, steps: 1 })
  checkOrder(order)
  if (q === 1) return gaussianRdp(z, order)
  return (Number.isInteger(order) ? logMomentOfInteger(z, q, order) : logMomentOfFraction(z, q, order)) / (order - 1)
}

/** By the binomial theorem, Σ C(α, k) (1 − q)^(α − k) q^k exp((k² − k) / 2z²); without the exp the terms add up to 1. */
function logMomentOfInteger(z: number, q: number, order: number): number {
  const excess: number[] = []
  let logBinomial = 0
  for (let k = 1; k <= order; k++) {
    logBinomial += Math.log((order - k + 1) / k)
    const exponent = (k * k - k) / (2 * z * z)
    const logExpMinus1 = exponent + Math.log(-Math.expm1(-exponent))
    excess.push(logBinomial + (order - k) * Math.log1p(-q) + k * Math.log(q) + logExpMinus1)
  }
  const largest = Math.max(...excess)
  const logExcess = largest + Math.log(excess.reduce((sum, log) => sum + Math.exp(log - largest), 0))
  return logExcess > 0 ? logExcess + Math.log1p(Math.exp(-logExcess)) : Math.log1p(Math.exp(logExcess))
}

/** Of the sum, what further terms may be left out, and a number of them that is never needed. */
const LEFT_OUT = 1e-14
const MOST_TERMS = 1e6

/**
 * By the binomial series, which converges where the smaller of the two parts is the one that is raised to 0, 1, 2 …: they are equal at z₀,
 * so it is one series for x below z₀ and another one above. From the term after α on their signs alternate.
 */
function logMomentOfFraction(z: number, q: number, order: number): number {
  const [logQ, log1Q] = [Math.log(q), Math.log1p(-q)]
  const z0 = 0.5 + z * z * (log1Q - logQ)
  /** Of exp(k (2x − 1) / 2z²) over the x on one side of z₀. */
  const logMean = (k: number, side: 1 | -1) => (k * k - k) / (2 * z * z) + logUpperTail((side * (z0 - k)) / z)
  let [scale, sum] = [Number.NEGATIVE_INFINITY, 0]
  let [logBinomial, sign] = [0, 1]
  for (let k = 0; k < MOST_TERMS; k++) {
    const below = logBinomial + (order - k) * log1Q + k * logQ + logMean(k, -1)
    const above = logBinomial + (order - k) * logQ + k * log1Q + logMean(order - k, 1)
    const largest = Math.max(below, above)
    if (largest > scale) {
      sum *= Math.exp(scale - largest)
      scale = largest
    }
    sum += sign * (Math.exp(below - scale) + Math.exp(above - scale))
    if (k > order && Math.exp(largest - scale) < LEFT_OUT * sum) return scale + Math.log(sum)
    logBinomial += Math.log(Math.abs(order - k) / (k + 1))
    if (k > order) sign = -sign
  }
  throw new Error(`rdp: the series of order ${order} does not end; ask for whole orders`)
}

function checkOrder(order: number): void {
  if (!(order > 1 && Number.isFinite(order))) throw new Error(`rdp: an order must be more than 1: ${order}`)
}
