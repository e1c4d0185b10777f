/**
 * Fits a head that chooses one of many (`shared/profile/choice-head.ts`): by Adam, stopped where held-out moments are best
 * foretold. The gradient is short enough to write down, and typed arrays are faster here than tensors, whose softmax goes over
 * everything three times.
 */
import { seeded } from '../../shared/data/random.ts'
import { adam } from '../../shared/model/adam.ts'
import { type ChoiceHead, type ChoiceInputs, choose } from '../../shared/profile/choice-head.ts'

export interface Choices extends ChoiceInputs {
  /** (N) 0 … C − 1 */
  answers: Int32Array
}

const BATCH = 512
const LEARNING_RATE = 0.02
const MAX_PASSES = 60
const PATIENCE = 5
/** On w alone: a network's state is wide, β and b are few. */
const L2 = 1e-3

/** @param size C, what there is to choose from */
export function fitChoiceHead(training: Choices, validation: Choices, size: number, seed: string): ChoiceHead {
  const count = training.answers.length
  const features = training.alternatives.length / count / size
  const d = training.inputs.length / count
  const vector = new Float32Array(features + size + size * d)
  const head = headOf(vector, features, size)
  const gradient = new Float32Array(vector.length)
  const gradients = headOf(gradient, features, size)
  const moments = { means: new Float32Array(vector.length), squares: new Float32Array(vector.length) }
  const order = Int32Array.from({ length: count }, (_, n) => n)
  const random = seeded(seed)
  let step = 0
  let best: { vector: Float32Array; loss: number; pass: number } | undefined
  for (let pass = 1; pass <= MAX_PASSES && (!best || pass - best.pass <= PATIENCE); pass++) {
    random.shuffle(order)
    for (let from = 0; from < count; from += BATCH) {
      const rows = order.subarray(from, from + BATCH)
      gradient.fill(0)
      for (const row of rows) addGradient(gradients, head, training, row, 1 / rows.length)
      for (let at = features + size; at < vector.length; at++) gradient[at] += 2 * L2 * vector[at]
      adam(vector, gradient, moments, ++step, LEARNING_RATE)
    }
    const loss = lossOf(head, validation)
    if (!best || loss < best.loss - 1e-5) best = { vector: vector.slice(), loss, pass }
  }
  return headOf((best as NonNullable<typeof best>).vector, features, size)
}

/** Views into one vector: β, b, w. */
function headOf(vector: Float32Array, features: number, size: number): ChoiceHead {
  return {
    beta: vector.subarray(0, features),
    bias: vector.subarray(features, features + size),
    weights: vector.subarray(features + size),
  }
}

/** Of −ln of what the head says of a moment's answer: (probability − [is the answer]) times what was read. */
function addGradient(gradient: ChoiceHead, head: ChoiceHead, choices: Choices, row: number, share: number): void {
  const [size, features, d] = [head.bias.length, head.beta.length, head.weights.length / head.bias.length]
  const said = choose(head, choices, row)
  for (let c = 0; c < size; c++) {
    const error = share * (said[c] - (c === choices.answers[row] ? 1 : 0))
    gradient.bias[c] += error
    for (let j = 0; j < features; j++) gradient.beta[j] += error * choices.alternatives[(row * size + c) * features + j]
    for (let j = 0; j < d; j++) gradient.weights[c * d + j] += error * choices.inputs[row * d + j]
  }
}

/** Of each moment, (C) probabilities. */
export function chooseAll(head: ChoiceHead, choices: Choices): Float64Array[] {
  return Array.from(choices.answers, (_, n) => choose(head, choices, n))
}

/** Nats a moment. */
function lossOf(head: ChoiceHead, choices: Choices): number {
  const said = chooseAll(head, choices)
  return said.reduce((sum, all, n) => sum - Math.log(Math.max(1e-12, all[choices.answers[n]])), 0) / said.length
}
