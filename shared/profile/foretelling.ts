/**
 * What the trainer's heads foretell on the device: logistic regressions on the features of a shopper's own visits.
 *
 *     intent    this visit ends in a purchase
 *     return    there is another visit within 30 days
 *     gate      the next look is at what this visit is about, rather than at what lasts: how much the one counts beside the other
 */
import { FEATURE_NAMES, type FeatureName } from './features.ts'

export const FORETOLD = ['intent', 'return', 'gate'] as const
export type Foretold = (typeof FORETOLD)[number]

/** One yes-or-no head: probability = σ(bias + weights · features). */
export interface YesNoHead {
  bias: number
  /** By feature; a feature that is left out weighs nothing. */
  weights: Record<string, number>
}

/**
 * @param features of `featuresOf`
 * @returns 0 … 1; undefined where the head reads a feature that this release does not know
 */
export function foretell({ bias, weights }: YesNoHead, features: ArrayLike<number>): number | undefined {
  let score = bias
  for (const [name, weight] of Object.entries(weights)) {
    const at = FEATURE_NAMES.indexOf(name as FeatureName)
    if (at < 0) return undefined
    score += weight * features[at]
  }
  return 1 / (1 + Math.exp(-score))
}
