/**
 * What a policy would have been worth, from the log of another: clicks an impression. With π(a) the policy's probability of
 * what was shown, p the logged one, r the click and q what a model foretells,
 *
 *     IPS    mean of π/p · r                          right on average, and loud
 *     SNIPS  Σ π/p · r  ÷  Σ π/p                      less so (Swaminathan & Joachims 2015)
 *     DM     mean of Σ_a π(a) q(a)                    as right as the model
 *     DR     DM + mean of π/p · (r − q)               right when either is (Dudík, Langford & Li 2011)
 */
import { seeded } from '../../shared/data/random.ts'
import type { Interval } from '../evaluate.ts'
import type { BanditLog } from './bandit-log.ts'
import type { Policy } from './policies.ts'

export const ESTIMATORS = ['ips', 'snips', 'dm', 'dr'] as const
export type Estimator = (typeof ESTIMATORS)[number]

export interface Worth {
  estimates: Record<Estimator, Interval>
  /** Impressions that tell as much as these weighted ones: (Σw)² ÷ Σw² (Kish 1965). */
  effective: number
}

const RESAMPLES = 1000

/**
 * @param rate (items) what a model foretells, from another part of the log
 * @param less a policy whose worth is taken off, impression by impression
 */
export function worthOf(log: BanditLog, policy: Policy, rate: Float64Array, seed: string, less?: Policy): Worth {
  const [own, other] = [termsOf(log, policy, rate), less && termsOf(log, less, rate)]
  const count = log.impressions.length
  /** @param times (impressions) how often each is drawn */
  const value = (times: ArrayLike<number>) => {
    const lessThan = other && valuesOf(other, times)
    return valuesOf(own, times).map((x, n) => x - (lessThan ? lessThan[n] : 0))
  }
  const random = seeded(`off-policy ${seed}`)
  const drawn = Array.from({ length: RESAMPLES }, () => {
    const times = new Uint8Array(count)
    for (let n = 0; n < count; n++) times[random.int(count)]++
    return value(times)
  })
  const means = value(new Uint8Array(count).fill(1))
  const estimates = Object.fromEntries(
    ESTIMATORS.map((estimator, n) => {
      const sorted = drawn.map((values) => values[n]).sort((a, b) => a - b)
      return [estimator, { mean: means[n], low: sorted[0.025 * RESAMPLES], high: sorted[0.975 * RESAMPLES] }]
    }),
  ) as Record<Estimator, Interval>
  let [sum, squares] = [0, 0]
  for (const weight of own.weight) {
    sum += weight
    squares += weight * weight
  }
  return { estimates, effective: squares > 0 ? (sum * sum) / squares : 0 }
}

/** In the order of ESTIMATORS. */
function valuesOf({ weight, clicked, direct, residual }: Terms, times: ArrayLike<number>): number[] {
  let [count, weights, clicks, foretold, left] = [0, 0, 0, 0, 0]
  for (let n = 0; n < times.length; n++) {
    const t = times[n]
    count += t
    weights += t * weight[n]
    clicks += t * clicked[n]
    foretold += t * direct[n]
    left += t * residual[n]
  }
  return [clicks / count, weights > 0 ? clicks / weights : 0, foretold / count, (foretold + left) / count]
}

interface Terms {
  /** (impressions) π ÷ p */
  weight: Float64Array
  /** (impressions) π ÷ p · r */
  clicked: Float64Array
  /** (impressions) Σ_a π(a) q(a) */
  direct: Float64Array
  /** (impressions) π ÷ p · (r − q) */
  residual: Float64Array
}

function termsOf({ impressions }: BanditLog, { items, positions, shares }: Policy, rate: Float64Array): Terms {
  const foretold = Float64Array.from({ length: positions }, (_, position) => {
    let sum = 0
    for (let item = 0; item < items; item++) sum += shares[position * items + item] * rate[item]
    return sum
  })
  const weight = Float64Array.from(
    impressions,
    ({ item, position, propensity }) => shares[position * items + item] / propensity,
  )
  return {
    weight,
    clicked: weight.map((w, n) => w * impressions[n].click),
    direct: Float64Array.from(impressions, ({ position }) => foretold[position]),
    residual: weight.map((w, n) => w * (impressions[n].click - rate[impressions[n].item])),
  }
}
