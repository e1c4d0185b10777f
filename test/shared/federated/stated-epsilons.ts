/** ε of the discrete Gaussian at δ = 10⁻⁷, by noise multiplier z and participations k: IBM's cdp_eps, to two places. */
export const STATED_EPSILONS: readonly [z: number, k: number, epsilon: number][] = [
  [1, 4, 12.57],
  [1, 10, 21.93],
  [3, 10, 6.02],
  [7, 4, 1.45],
  [7, 10, 2.37],
  [10, 10, 1.62],
  [30, 10, 0.51],
  [30, 200, 2.49],
  [100, 10, 0.14],
  [100, 200, 0.69],
]
