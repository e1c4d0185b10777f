/**
 * A head that chooses one of many, each of which has features of its own (the conditional logit of McFadden 1974):
 *
 *     score_c = b_c + Σ_j β_j x_cj + w_c · input          p = softmax(score)
 *
 * β is the same for all, so that what makes one category likely ("the last visit began with it") is learned from all of them.
 */
export interface ChoiceHead {
  /** (J) */
  beta: Float32Array
  /** (C) */
  bias: Float32Array
  /** (C, D); empty where nothing is read beside */
  weights: Float32Array
}

/** What is read of each of N moments. */
export interface ChoiceInputs {
  /** (N, C, J) row-major */
  alternatives: Float32Array
  /** (N, D) row-major; empty where nothing is read beside */
  inputs: Float32Array
}

/** (C) probabilities at one of the moments. */
export function choose({ beta, bias, weights }: ChoiceHead, { alternatives, inputs }: ChoiceInputs, row = 0) {
  const [size, features, d] = [bias.length, beta.length, weights.length / bias.length]
  const odds = new Float64Array(size)
  let highest = Number.NEGATIVE_INFINITY
  for (let c = 0; c < size; c++) {
    let score = bias[c]
    for (let j = 0; j < features; j++) score += beta[j] * alternatives[(row * size + c) * features + j]
    for (let j = 0; j < d; j++) score += weights[c * d + j] * inputs[row * d + j]
    odds[c] = score
    highest = Math.max(highest, score)
  }
  let sum = 0
  for (let c = 0; c < size; c++) sum += odds[c] = Math.exp(odds[c] - highest)
  for (let c = 0; c < size; c++) odds[c] /= sum
  return odds
}
