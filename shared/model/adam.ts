/** Adam (Kingma & Ba 2015) on flat vectors: the same arithmetic as TF.js's `tf.train.adam`. */

export const ADAM = {
  beta1: 0.9,
  /** Tables get a gradient rarely: a memory of 50 steps, not of 1,000, keeps their first ones from lingering. */
  beta2: 0.98,
  epsilon: 1e-8,
}

/** Moving averages of the gradient and of its square, as long as the weights; 0 before the first step. */
export interface Moments {
  means: Float32Array
  squares: Float32Array
}

/** Moves the weights, in place. @param step from 1 */
export function adam(
  weights: Float32Array,
  gradient: Float32Array,
  { means, squares }: Moments,
  step: number,
  learningRate: number,
): void {
  const { beta1, beta2, epsilon } = ADAM
  const rootOfSquares = Math.sqrt(1 - beta2 ** step)
  const rate = (learningRate * rootOfSquares) / (1 - beta1 ** step)
  const floor = epsilon * rootOfSquares
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i]
    const m = beta1 * means[i] + (1 - beta1) * g
    const v = beta2 * squares[i] + (1 - beta2) * g * g
    means[i] = m
    squares[i] = v
    weights[i] -= (rate * m) / (Math.sqrt(v) + floor)
  }
}
