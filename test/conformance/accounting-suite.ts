/**
 * Published values of accountants, and values that they were asked for with our parameters (see the README beside them). Each is held
 * within the tolerance that is published, or else `EXACT`; what else a kind of value needs is said beside it.
 */
import { join } from 'node:path'
import {
  gaussianDelta,
  gaussianEpsilon,
  gaussianNoiseMultiplier,
} from '../../shared/federated/accounting/analytic-gaussian.ts'
import {
  discreteGaussianDelta,
  discreteGaussianNormaliser,
  discreteGaussianVariance,
} from '../../shared/federated/accounting/discrete-gaussian.ts'
import { logUpperTail } from '../../shared/federated/accounting/normal.ts'
import type { SampledGaussian } from '../../shared/federated/accounting/parameters.ts'
import { pldDelta, pldEpsilon } from '../../shared/federated/accounting/pld.ts'
import {
  gaussianRdp,
  rdpEpsilon,
  sampledGaussianCurve,
  sampledGaussianRdp,
} from '../../shared/federated/accounting/rdp.ts'
import { zcdpDelta, zcdpEpsilon, zcdpRho } from '../../shared/federated/accounting/zcdp.ts'
import { json, type Suite } from './vectors-file.ts'

/** Fields are as the file has them; which there are depends on the mechanism. */
interface Oracle {
  mech: string
  sigma: number
  sigma2: number
  /** Of sampling. */
  q: number
  steps: number
  epochs?: number
  sens: number
  alpha: number
  orders: number[]
  delta: number
  delta_cont: number
  eps: number
  target_eps: number
  eps_rdp: number
  eps_pld: number
  rho: number
  norm: number
  var: number
  rdp: number | number[]
  rtol: number
  tol: number
}

/** Relative: for values that differ by the rounding of another library alone. */
const EXACT = 1e-12
/** Of sums that the other library does not order by size. */
const NEARLY_EXACT = 1e-9

const isNear = (found: number, value: number, relative: number) => Math.abs(found - value) <= relative * Math.abs(value)
const isWithin = (found: number, value: number, tolerance: number) => Math.abs(found - value) <= tolerance

/** Of what is not built here, and why it need not be. */
export const NOT_BUILT = [
  // A central limit approximation, no bound.
  'opacus.GDP subsampled Gaussian',
  'opacus get_noise_multiplier gdp',
  // We add no such noise.
  'PLD subsampled Laplace',
  // Ours is not truncated.
  'discrete Gaussian PLD trunc=1 sigma=1 sens=1',
  // Rounds add independent noise.
  'tree aggregation single epoch 1600 steps (upper bound)',
  'SingleEpochTreeAggregation',
  'tree max sensitivity^2 (max_part,min_sep,steps)',
  'tree max sensitivity^2 every step',
]

/** Opacus's orders: those of dp_accounting, but 11 and the four large ones. */
const OPACUS_ORDERS = [...range(1, 99).map((n) => 1 + n / 10), ...range(12, 63)]

const mechanismOf = ({ sigma, q, steps, epochs }: Oracle): SampledGaussian => ({
  noiseMultiplier: sigma,
  samplingProbability: q,
  steps: epochs ? Math.floor(epochs / q) : steps,
})
const rdpEpsilonOf = (mechanism: SampledGaussian, delta: number, orders?: readonly number[]) =>
  rdpEpsilon(sampledGaussianCurve(mechanism, orders), delta).epsilon

/**
 * PRV values are upper bounds: ε there is 0.01 more than the numerical one, its `eps_error`, which has an error of its own. So ours must be
 * no more, and no less than this below.
 */
const PRV_EXCESS = 0.0111

/**
 * A fortieth of the standard deviation of a step's loss, which is about the root of the χ² divergence: coarser than by default, for some
 * 5 · 10⁻⁵ of ε more, as it is 0.01 that is to be told.
 */
const coarseInterval = ({ sigma, q }: Oracle) => (q * Math.sqrt(Math.expm1(1 / sigma ** 2))) / 40

const isPrvEpsilon = (oracle: Oracle) => {
  const epsilon = pldEpsilon(mechanismOf(oracle), oracle.delta, coarseInterval(oracle))
  return epsilon <= oracle.eps + oracle.tol && epsilon >= oracle.eps - PRV_EXCESS - oracle.tol
}

/** Opacus's search, which stops as soon as ε is less than the target by no more than this. */
const OPACUS_EPSILON_TOLERANCE = 0.01
function opacusNoiseMultiplier(epsilonOf: (sigma: number) => number, target: number): number {
  let [low, high, epsilon] = [0, 10, Number.POSITIVE_INFINITY]
  while (epsilon > target) {
    high *= 2
    epsilon = epsilonOf(high)
  }
  while (target - epsilon > OPACUS_EPSILON_TOLERANCE) {
    const middle = (low + high) / 2
    const found = epsilonOf(middle)
    if (found < target) [high, epsilon] = [middle, found]
    else low = middle
  }
  return high
}

/**
 * dp_accounting adds up the series of a fractional order without its signs, which is an upper bound: at order 1.5 by 3 %. This is that sum;
 * ours, with signs, is compared with an integral in accounting.test.ts.
 */
function unsignedSeries(z: number, q: number, order: number): number {
  const z0 = 0.5 + z * z * Math.log(1 / q - 1)
  const power = (k: number) => (k * k - k) / (2 * z * z)
  let [sum, logBinomial] = [0, 0]
  for (let k = 0; k < 1000; k++) {
    const j = order - k
    sum += Math.exp(logBinomial + k * Math.log(q) + j * Math.log1p(-q) + power(k) + logUpperTail((k - z0) / z))
    sum += Math.exp(logBinomial + j * Math.log(q) + k * Math.log1p(-q) + power(j) + logUpperTail((z0 - j) / z))
    logBinomial += Math.log(Math.abs(j) / (k + 1))
  }
  return Math.log(sum) / (order - 1)
}

/** Whether ours is what is published, by mechanism. */
const HOLDS: Record<string, (oracle: Oracle) => boolean> = {
  'opacus.RDP subsampled Gaussian': (oracle) =>
    isWithin(rdpEpsilonOf(mechanismOf(oracle), oracle.delta, OPACUS_ORDERS), oracle.eps, oracle.tol),

  'opacus.PRV subsampled Gaussian': isPrvEpsilon,

  'microsoft/prv_accountant subsampled Gaussian (upper bound, eps_error 0.01)': isPrvEpsilon,

  'opacus get_noise_multiplier rdp'(oracle) {
    const epsilonOf = (noiseMultiplier: number) =>
      rdpEpsilonOf({ ...mechanismOf(oracle), noiseMultiplier }, oracle.delta, OPACUS_ORDERS)
    return isWithin(opacusNoiseMultiplier(epsilonOf, oracle.target_eps), oracle.sigma, oracle.tol)
  },

  /** Where the search stops depends on 0.01 of an ε that is 0.01 too much; that it may stop there does not. */
  'opacus get_noise_multiplier prv'(oracle) {
    const epsilon = pldEpsilon(mechanismOf(oracle), oracle.delta, coarseInterval(oracle))
    return epsilon <= oracle.target_eps && epsilon >= oracle.target_eps - OPACUS_EPSILON_TOLERANCE - PRV_EXCESS
  },

  'Gaussian RDP(alpha)=alpha/(2 sigma^2)': ({ sigma, alpha, rdp }) =>
    isNear(gaussianRdp(sigma, alpha), rdp as number, EXACT),

  'Gaussian RDP->eps, orders 1.000..99.999 step .001'(oracle) {
    const orders = range(1001, 99_999).map((n) => n / 1000)
    return isWithin(rdpEpsilonOf(mechanismOf(oracle), oracle.delta, orders), oracle.eps, oracle.tol)
  },

  'pure RDP const 1.1, orders 2..32'({ delta, eps, tol }) {
    const { epsilon, order } = rdpEpsilon(
      range(2, 32).map((order) => ({ order, rdp: 1.1 })),
      delta,
    )
    return isWithin(epsilon, eps, tol) && order === 32
  },

  'Poisson subsampled Gaussian RDP'({ sigma, q, steps, orders, rdp, rtol }) {
    return orders.every((order, n) => {
      const published = (rdp as number[])[n]
      const found = steps * sampledGaussianRdp({ noiseMultiplier: sigma, samplingProbability: q }, order)
      if (Number.isInteger(order)) return isNear(found, published, rtol)
      return found <= published && isNear(steps * unsignedSeries(sigma, q, order), published, rtol)
    })
  },

  'PLD Gaussian x3 sigma sqrt3 (mu=1)': (oracle) =>
    isWithin(pldDelta({ ...mechanismOf(oracle), samplingProbability: 1 }, oracle.eps), oracle.delta, oracle.tol) &&
    isWithin(gaussianDelta(oracle.sigma, oracle.steps, oracle.eps), oracle.delta, oracle.tol),

  'PLD Poisson subsampled Gaussian': (oracle) =>
    isWithin(pldDelta(mechanismOf(oracle), oracle.eps), oracle.delta, oracle.tol),

  'smallest Gaussian std': ({ eps, delta, steps, sens, sigma, tol }) =>
    isWithin(sens * gaussianNoiseMultiplier(eps, delta, steps), sigma, tol),

  /** On the grid of its search, min(0.001, 0.1 ε / steps): (ε, δ) holds with this much more noise, and not with this much less. */
  'smallest subsampled Gaussian std'({ eps, delta, steps, sens, q, sigma, tol }) {
    const deltaOf = (std: number) =>
      pldDelta(
        { noiseMultiplier: std / sens, samplingProbability: q, steps },
        eps,
        Math.min(0.001, (0.1 * eps) / steps),
      )
    return deltaOf(sigma + tol) <= delta && deltaOf(sigma - tol) > delta
  },

  'zCDP->eps (Gboard blog) RDP orders default'({ rho, delta, eps, tol }) {
    const { epsilon } = rdpEpsilon(
      OPACUS_ORDERS.map((order) => ({ order, rdp: order * rho })),
      delta,
    )
    return isWithin(epsilon, eps, tol) && isWithin(zcdpEpsilon(rho, delta), eps, tol)
  },

  'discrete Gaussian normalizing constant & variance': (oracle) =>
    isNear(discreteGaussianNormaliser(oracle.sigma2), oracle.norm, EXACT) &&
    isNear(discreteGaussianVariance(oracle.sigma2), oracle.var, EXACT),

  cdp_delta: ({ rho, eps, delta }) => isNear(zcdpDelta(rho, eps), delta, EXACT),
  cdp_eps: ({ rho, delta, eps }) => isNear(zcdpEpsilon(rho, delta), eps, EXACT),
  cdp_rho: ({ eps, delta, rho }) => isNear(zcdpRho(eps, delta), rho, EXACT),

  'discrete Gaussian exact delta (sens 1)': ({ sigma2, eps, delta, delta_cont }) =>
    isNear(discreteGaussianDelta(sigma2, eps), delta, NEARLY_EXACT) &&
    isNear(gaussianDelta(Math.sqrt(sigma2), 1, eps), delta_cont, NEARLY_EXACT),

  'analytic Gaussian eps': ({ sigma, delta, eps }) => isNear(gaussianEpsilon(sigma, 1, delta), eps, EXACT),

  /** Its signs missing, RDP there is a little more where an order is fractional; PLD is on the same grid, of 10⁻⁴. */
  'RDP & PLD (Poisson) Gaussian'(oracle) {
    const mechanism = mechanismOf(oracle)
    const rdp = rdpEpsilonOf(mechanism, oracle.delta)
    return (
      isNear(rdp, oracle.eps_rdp, 1e-6) &&
      rdp <= oracle.eps_rdp * (1 + EXACT) &&
      isNear(pldEpsilon(mechanism, oracle.delta, 1e-4), oracle.eps_pld, 1e-6)
    )
  },
}

/** One case for each value; what is not built is passed over. @throws Error for a mechanism that is neither */
export const ACCOUNTING_SUITE: Suite = async function* dpAccounting(folder) {
  const { published, computed } = json(join(folder, 'dp-oracles.json')) as Record<string, Oracle[]>
  const oracles = [...published, ...computed].filter(({ mech }) => !NOT_BUILT.includes(mech))
  for (const mechanism of new Set(oracles.map(({ mech }) => mech))) {
    const holds = HOLDS[mechanism]
    if (!holds) throw new Error(`dp-accounting: neither built nor listed as not built: ${mechanism}`)
    const verdicts = oracles
      .filter(({ mech }) => mech === mechanism)
      .map((oracle) => ({ valid: true, accepted: holds(oracle) }))
    yield { file: mechanism, verdicts }
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, n) => first + n)
}
