/**
 * Zero-concentrated differential privacy (Bun and Steinke 2016), which is what is proven of the discrete Gaussian: with a noise multiplier z
 * it is (1 / 2z²)-zCDP, for vectors of whole numbers as well (Canonne, Kamath, Steinke 2020, theorem 14), and ρ of participations add up.
 */
import { bracket } from './bisection.ts'
import { checkDelta, checkEpsilon, checkNoiseMultiplier, checkSteps } from './parameters.ts'

/** δ of what is stated to shoppers and on record: less than one in all shoppers of a large shop. */
export const DELTA = 1e-7

/** ρ = k / 2z², of k participations with the noise multiplier z = σ / sensitivity each time. */
export function rhoOfGaussian(noiseMultiplier: number, participations: number): number {
  checkNoiseMultiplier(noiseMultiplier)
  checkSteps(participations)
  return participations / (2 * noiseMultiplier ** 2)
}

/**
 * The least δ that ρ-zCDP gives at ε: min over α > 1 of exp((α − 1)(αρ − ε)) / (α − 1) · (1 − 1/α)^α (proposition 12 and corollary 13
 * there). Its logarithm has the derivative (2α − 1)ρ − ε + ln(1 − 1/α), which only grows, so the least is where that is 0.
 */
export function zcdpDelta(rho: number, epsilon: number): number {
  checkRho(rho)
  checkEpsilon(epsilon)
  // By β = α − 1, which has its digits near 0 as well.
  const logOneLess = (beta: number) => -Math.log1p(1 / beta)
  const [, beta] = bracket((b) => (2 * b + 1) * rho - epsilon + logOneLess(b) >= 0)
  const logDelta = beta * ((beta + 1) * rho - epsilon) + (beta + 1) * logOneLess(beta) - Math.log(beta)
  return Math.min(1, Math.exp(logDelta))
}

/** The least ε of ρ-zCDP at δ. */
export function zcdpEpsilon(rho: number, delta: number): number {
  checkRho(rho)
  checkDelta(delta)
  if (zcdpDelta(rho, 0) <= delta) return 0
  const [, epsilon] = bracket((e) => zcdpDelta(rho, e) <= delta)
  return epsilon
}

/** The largest ρ of which (ε, δ) is known to follow. */
export function zcdpRho(epsilon: number, delta: number): number {
  checkEpsilon(epsilon)
  checkDelta(delta)
  const [rho] = bracket((r) => zcdpDelta(r, epsilon) > delta)
  return rho
}

/** The least z with which (ε, δ) is known of so many participations. */
export function zcdpNoiseMultiplier(epsilon: number, delta: number, participations: number): number {
  checkSteps(participations)
  return Math.sqrt(participations / (2 * zcdpRho(epsilon, delta)))
}

function checkRho(rho: number): void {
  if (!(rho > 0 && Number.isFinite(rho))) throw new Error(`rho must be more than 0: ${rho}`)
}
