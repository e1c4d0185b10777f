import { expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { type Asked, askAll } from '../../../trainer/profile/heads.ts'
import { fitYesNo } from '../../../trainer/profile/yes-no-head.ts'

const WEIGHTS = [1.5, -0.8, 0]

/** Answered with the odds e^(w · x + bias); the second column is large, the last always the same. */
function made(seed: string, count: number, bias: number): Asked {
  const random = seeded(seed)
  const rows = Array.from({ length: count }, () => [random.normal(), 100 + 10 * random.normal(), 5])
  const answers = Int32Array.from(rows, ([x, z]) => {
    const score = WEIGHTS[0] * x + (WEIGHTS[1] * (z - 100)) / 10 + bias
    return random.next() < 1 / (1 + Math.exp(-score)) ? 1 : 0
  })
  return { inputs: Float32Array.from(rows.flat()), answers }
}

it('finds what the inputs are worth, in their own measures', () => {
  const { weights } = fitYesNo(made('a', 20_000, -1), made('b', 4_000, -1))
  expect(weights.slice(0, 3)).toEqual(new Float32Array(3))
  expect(weights[3]).toBeCloseTo(1.5, 1)
  expect(weights[4]).toBeCloseTo(-0.08, 2)
  expect(Number.isFinite(weights[5])).toBe(true)
})

it('is where no step makes it better: what is said and what came true agree, along each input', () => {
  const training = made('a', 5_000, 0.5)
  const said = askAll(fitYesNo(training, training), training).map(([, yes]) => yes)
  for (const column of [0, 1]) {
    const pull = said.reduce(
      (sum, yes, n) => sum + (yes - training.answers[n]) * (training.inputs[n * 3 + column] - (column ? 100 : 0)),
      0,
    )
    // All that is left is the ridge's.
    expect(Math.abs(pull / said.length)).toBeLessThan(2e-3 * (column ? 10 : 1))
  }
})

it.each([
  [0.5, -1.5],
  [-4, -1],
  [-6, -3],
  [3, -0.5],
])('says yes as often as it was lately: bias %d before, %d now', (before, lately) => {
  const now = made('c', 6_000, lately)
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
  const said = askAll(fitYesNo(made('a', 6_000, before), made('b', 6_000, lately)), now).map(([, yes]) => yes)
  expect(Math.abs(mean(said) - mean(now.answers))).toBeLessThan(0.02)
})

it('where one input tells all, stays finite', () => {
  const inputs = Float32Array.from({ length: 400 }, (_, n) => (n < 200 ? -1 : 1))
  const answers = Int32Array.from(inputs, (value) => (value > 0 ? 1 : 0))
  const { weights, bias } = fitYesNo({ inputs, answers }, { inputs, answers })
  expect([...weights, ...bias].every(Number.isFinite)).toBe(true)
  expect(weights[1]).toBeGreaterThan(2)
})

it('says never of nobody, though lately nobody did', () => {
  const lately = { ...made('b', 500, 0), answers: new Int32Array(500) }
  const head = fitYesNo(made('a', 5_000, 0), lately)
  const said = askAll(head, lately).map(([, yes]) => yes)
  expect(said.reduce((sum, yes) => sum + yes, 0)).toBeCloseTo(0.5 * (500 / 501), 3)
})
