import { expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { type Choices, chooseAll, fitChoiceHead } from '../../../trainer/profile/choice-head.ts'

const BETA = [1.7, -0.6]
const BIAS = [0, 0.8, -0.4, 0.3]

/** Chosen with the odds e^(β·x + b + z·[the last]), z a number of the moment's own. */
function made(seed: string, count: number): Choices & { truth: number[] } {
  const random = seeded(seed)
  const alternatives = Float32Array.from({ length: count * 4 * 2 }, () => random.normal())
  const inputs = Float32Array.from({ length: count }, () => random.normal())
  const truth: number[] = []
  const answers = Int32Array.from({ length: count }, (_, n) => {
    const odds = BIAS.map((bias, c) => {
      const own = BETA.reduce((sum, beta, j) => sum + beta * alternatives[(n * 4 + c) * 2 + j], bias)
      return Math.exp(own + (c === 3 ? inputs[n] : 0))
    })
    const answer = random.weighted(odds)
    truth.push(-Math.log(odds[answer] / odds.reduce((sum, odd) => sum + odd, 0)))
    return answer
  })
  return { alternatives, inputs, answers, truth }
}

it('finds what each alternative’s features, the alternative itself and the moment are worth', () => {
  const [training, validation, test] = [made('a', 6000), made('b', 1500), made('c', 3000)]
  const { beta, bias, weights } = fitChoiceHead(training, validation, 4, 'seed')
  BETA.forEach((value, j) => {
    expect(Math.abs(beta[j] - value)).toBeLessThan(0.1)
  })
  BIAS.forEach((value, c) => {
    expect(Math.abs(bias[c] - bias[0] - value)).toBeLessThan(0.15)
  })
  expect(Math.abs(weights[3] - weights[0] - 1)).toBeLessThan(0.15)
  const said = chooseAll({ beta, bias, weights }, test)
  for (const all of said.slice(0, 50)) expect(all.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9)
  const loss = said.reduce((sum, all, n) => sum - Math.log(all[test.answers[n]]), 0) / said.length
  expect(loss).toBeLessThan(test.truth.reduce((sum, nats) => sum + nats, 0) / 3000 + 0.01)
})

it('needs nothing beside the alternatives', () => {
  const none = (choices: Choices): Choices => ({ ...choices, inputs: new Float32Array(0) })
  const head = fitChoiceHead(none(made('a', 1500)), none(made('b', 500)), 4, 'seed')
  expect(head.weights.length).toBe(0)
  expect(Math.abs(head.beta[0] - 1.6)).toBeLessThan(0.25)
})
