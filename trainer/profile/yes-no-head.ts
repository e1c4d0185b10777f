/**
 * Logistic regression, to its optimum: Newton's method with a ridge whose strength held-out moments choose. Inputs are brought to
 * mean 0 and deviation 1, and the bringing is folded into the weights. How often the answer is yes goes with the season, so
 * the bias is fitted once more on the held-out moments, which are the latest.
 */
import { logLoss } from '../binary-metrics.ts'
import { choleskySolve } from '../cholesky.ts'
import { type Asked, askAll, foldedInto, type Head, standardOf } from './heads.ts'

/**
 * A moment; of half the sum of squared weights. Features say nearly the same: with less of it their weights grow against each other,
 * and a shopper unlike all others is told wonders.
 */
const RIDGES = [1e-3, 1e-2, 1e-1]
const MOST_STEPS = 30
/** Of the largest weight's last change. */
const TOLERANCE = 1e-6

/** @param training answers 0 and 1; both are there */
export function fitYesNo(training: Asked, validation: Asked): Head {
  const d = training.inputs.length / training.answers.length
  const { mean, scale } = standardOf(training.inputs, d)
  const standard = (value: number, at: number) => (value - mean[at % d]) * scale[at % d]
  const inputs = Float64Array.from(training.inputs, standard)
  const held = Float64Array.from(validation.inputs, standard)
  const found = RIDGES.map((ridge) => {
    const fitted = newton(inputs, training.answers, d, ridge)
    fitted[d] += shiftOf(held, fitted, validation.answers)
    const weights = Float32Array.from({ length: 2 * d }, (_, at) => (at < d ? 0 : fitted[at - d]))
    const head = foldedInto({ classes: 2, weights, bias: Float32Array.of(0, fitted[d]) }, mean, scale)
    const said = askAll(head, validation).map(([, yes]) => yes)
    return { head, loss: logLoss(said, validation.answers) }
  })
  return found.reduce((best, one) => (one.loss < best.loss ? one : best)).head
}

/** No bias goes further: e^30 to one. */
const FURTHEST = 30
const HALVINGS = 60

/**
 * What is added to each score, so that yes is said as often as it was the answer: found by halving, because far from it a step of
 * Newton's goes anywhere.
 */
function shiftOf(inputs: Float64Array, weights: Float64Array, answers: Int32Array): number {
  const d = weights.length - 1
  const scores = Float64Array.from(answers, (_, row) => {
    let score = weights[d]
    for (let j = 0; j < d; j++) score += weights[j] * inputs[row * d + j]
    return score
  })
  // One answer more, of which nothing is known: never and always are not said.
  const wanted = answers.reduce((sum, answer) => sum + answer, 0.5) * (answers.length / (answers.length + 1))
  let [low, high] = [-FURTHEST, FURTHEST]
  for (let n = 0; n < HALVINGS; n++) {
    const middle = (low + high) / 2
    const said = scores.reduce((sum, score) => sum + 1 / (1 + Math.exp(-score - middle)), 0)
    if (said < wanted) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/**
 * (D + 1) weights and the bias, which the ridge spares.
 * @param inputs (N, D) row-major
 */
function newton(inputs: Float64Array, answers: Int32Array, d: number, ridge: number): Float64Array {
  const size = d + 1
  const weights = new Float64Array(size)
  const yes = answers.reduce((sum, answer) => sum + answer, 0)
  weights[d] = Math.log((yes + 0.5) / (answers.length - yes + 0.5))
  const row = new Float64Array(size).fill(1)
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = Float64Array.from(weights, (weight, j) => (j < d ? ridge * weight : 0))
    const hessian = new Float64Array(size * size)
    for (let j = 0; j < d; j++) hessian[j * size + j] = ridge
    for (let n = 0; n < answers.length; n++) {
      let score = weights[d]
      for (let j = 0; j < d; j++) score += weights[j] * (row[j] = inputs[n * d + j])
      const said = 1 / (1 + Math.exp(-score))
      const error = (said - answers[n]) / answers.length
      // Where all is sure there is no curve, and a step without bounds.
      const curve = Math.max(1e-9, (said * (1 - said)) / answers.length)
      for (let j = 0; j < size; j++) {
        gradient[j] += error * row[j]
        const part = curve * row[j]
        for (let k = 0; k <= j; k++) hessian[j * size + k] += part * row[k]
      }
    }
    choleskySolve(hessian, gradient, size) // what was the slope is now the step
    let largest = 0
    for (let j = 0; j < size; j++) {
      weights[j] -= gradient[j]
      largest = Math.max(largest, Math.abs(gradient[j]))
    }
    if (largest < TOLERANCE) break
  }
  return weights
}
