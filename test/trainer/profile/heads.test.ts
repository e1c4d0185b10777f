import { beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { readyBackend } from '../../../trainer/backend.ts'
import { logLoss } from '../../../trainer/binary-metrics.ts'
import { type Asked, askAll, fitHead } from '../../../trainer/profile/heads.ts'
import { driversOf } from '../../../trainer/profile/importance.ts'

beforeAll(async () => {
  await readyBackend('wasm')
})

const WEIGHTS = [1.3, -0.7, 0]

/** Yes with probability σ(1.3·a − .7·b/100 + .4), the third column is noise; the second is measured in hundreds. */
function made(seed: string, count: number): Asked & { truth: number[] } {
  const random = seeded(seed)
  const inputs = new Float32Array(count * 3)
  const truth: number[] = []
  const answers = Int32Array.from({ length: count }, (_, n) => {
    const x = [random.normal(), random.normal(), random.normal()]
    inputs.set([x[0], 100 * x[1] + 50, x[2]], n * 3)
    const p = 1 / (1 + Math.exp(-(WEIGHTS[0] * x[0] + WEIGHTS[1] * x[1] + 0.4)))
    truth.push(p)
    return random.next() < p ? 1 : 0
  })
  return { inputs, answers, truth }
}

describe('a head', () => {
  it('finds the weights that made the answers, whatever the inputs are measured in', async () => {
    const [training, validation, test] = [made('a', 8000), made('b', 2000), made('c', 4000)]
    const head = await fitHead(training, validation, 2)
    const slope = (column: number) => head.weights[3 + column] - head.weights[column]
    expect(slope(0)).toBeCloseTo(1.3, 1)
    expect(100 * slope(1)).toBeCloseTo(-0.7, 1)
    expect(Math.abs(slope(2))).toBeLessThan(0.1)
    const said = askAll(head, test).map(([, yes]) => yes)
    expect(logLoss(said, test.answers)).toBeLessThan(logLoss(test.truth, test.answers) + 0.003)
    const drivers = driversOf(head, test, ['a', 'b', 'noise'], 'seed')
    expect(drivers.map(({ feature }) => feature)).toEqual(['a', 'b', 'noise'])
    expect(drivers[0].information_gain).toBeGreaterThan(drivers[1].information_gain)
    expect(drivers[2].information_gain).toBeLessThan(0.01)
    expect(Math.abs(drivers[2].permutation_importance)).toBeLessThan(0.002)
  })

  it('is the same again with the same seed', async () => {
    const [training, validation] = [made('a', 600), made('b', 200)]
    const [first, second] = [await fitHead(training, validation, 2), await fitHead(training, validation, 2)]
    expect(first).toEqual(second)
  })
})
