/** What the accountants are asked with, and what they refuse. */

/** T steps of a Gaussian over a Poisson sample: each report is in a step with probability q, whatever the others do. */
export interface SampledGaussian {
  /** z = σ / sensitivity. */
  noiseMultiplier: number
  /** q; 1 where nothing is said of sampling, as of participations that a ledger counts. */
  samplingProbability: number
  /** T; the k participations of a shopper where q is 1. */
  steps: number
}

/** @throws Error naming what is out of range */
export function checkMechanism({ noiseMultiplier, samplingProbability, steps }: SampledGaussian): void {
  checkNoiseMultiplier(noiseMultiplier)
  if (!(samplingProbability > 0 && samplingProbability <= 1)) {
    throw new Error(
      `samplingProbability must be more than 0 and at most 1, which is no sampling: ${samplingProbability}`,
    )
  }
  checkSteps(steps)
}

export function checkNoiseMultiplier(noiseMultiplier: number): void {
  if (noiseMultiplier > 0 && Number.isFinite(noiseMultiplier)) return
  throw new Error(`noiseMultiplier must be more than 0, as without noise no epsilon holds: ${noiseMultiplier}`)
}

export function checkSteps(steps: number): void {
  if (Number.isSafeInteger(steps) && steps >= 1) return
  throw new Error(`steps must be a whole number of at least 1; ask nothing where there was none: ${steps}`)
}

export function checkEpsilon(epsilon: number): void {
  if (epsilon >= 0 && Number.isFinite(epsilon)) return
  throw new Error(`epsilon must be a number of at least 0: ${epsilon}`)
}

export function checkDelta(delta: number): void {
  if (delta > 0 && delta < 1) return
  throw new Error(`delta must be between 0 and 1, well below 1 / the number of shoppers: ${delta}`)
}
