/**
 * The Gaussian mechanism, exactly (Balle and Wang 2018, theorem 8). k participations with a noise multiplier z are one with μ = √k / z, the
 * distance of the two outcomes' means in standard deviations. Of continuous noise; for the discrete one see `zcdp.ts`.
 */
import { bracket } from './bisection.ts'
import { logUpperTail, scaledErfc, upperTail } from './normal.ts'
import { checkDelta, checkEpsilon, checkNoiseMultiplier, checkSteps } from './parameters.ts'

/** δ = Φ(μ/2 − ε/μ) − exp(ε) Φ(−μ/2 − ε/μ): the least for which (ε, δ) holds. */
export function gaussianDelta(noiseMultiplier: number, participations: number, epsilon: number): number {
  checkNoiseMultiplier(noiseMultiplier)
  checkSteps(participations)
  checkEpsilon(epsilon)
  const mu = Math.sqrt(participations) / noiseMultiplier
  const a = epsilon / mu - mu / 2
  const b = epsilon / mu + mu / 2
  if (a < 0) return upperTail(a) - Math.exp(epsilon + logUpperTail(b))
  // b² − a² = 2ε, so that exp(−a² / 2) is common to both, and exp(ε) need not be computed.
  return 0.5 * Math.exp(-0.5 * a * a) * (scaledErfc(a / Math.SQRT2) - scaledErfc(b / Math.SQRT2))
}

/** The least ε at δ. */
export function gaussianEpsilon(noiseMultiplier: number, participations: number, delta: number): number {
  checkDelta(delta)
  const holds = (epsilon: number) => gaussianDelta(noiseMultiplier, participations, epsilon) <= delta
  return holds(0) ? 0 : bracket(holds)[1]
}

/** The least z with which (ε, δ) holds for so many participations; σ is z times the sensitivity. */
export function gaussianNoiseMultiplier(epsilon: number, delta: number, participations: number): number {
  checkEpsilon(epsilon)
  checkDelta(delta)
  const [, noiseMultiplier] = bracket((z) => gaussianDelta(z, participations, epsilon) <= delta)
  return noiseMultiplier
}
