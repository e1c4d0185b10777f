/** Factors against their objective: where alternating least squares ends, no step in any direction is downhill. */
import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { recencyWeights } from '../../../trainer/baselines/interactions.ts'
import { factorisationScorer, factorise } from '../../../trainer/baselines/matrix-factorisation.ts'
import { queryOf } from './histories.ts'

describe('matrix factorisation', () => {
  it('weighs an item by its newest place, and a search is no step', () => {
    expect([...recencyWeights([5, 2, -1, 5, -2, 7])]).toEqual([
      [7, 1],
      [5, 0.8],
      [2, 0.8 ** 2],
    ])
    expect(recencyWeights([-1]).size).toBe(0)
  })

  it('of one factor finds the direction that power iteration finds', () => {
    // All pairs there are weigh 1 + α and the others α; with λ → 0 and α large, x·y fits X/(1 + …) in the least-squares
    // sense, whose best rank-one fit is the first singular vector.
    const wanted = [[0, 1, 2], [0, 1], [0, 1, 2, 3], [0, 2], [1, 2], [4]]
    const V = 5
    const settings = { width: 1, unobserved: 1000, regularisation: 1e-9, sweeps: 40 }
    const scores = new Float32Array(V)
    factorisationScorer(wanted, V, 'seed', settings)(queryOf([0]), scores)
    let vector = new Array<number>(V).fill(1)
    for (let n = 0; n < 100; n++) {
      const onShoppers = wanted.map((row) => row.reduce((sum, i) => sum + vector[i], 0))
      vector = vector.map((_, i) => wanted.reduce((sum, row, u) => sum + (row.includes(i) ? onShoppers[u] : 0), 0))
      const size = Math.hypot(...vector)
      vector = vector.map((value) => value / size)
    }
    const length = Math.hypot(...scores)
    vector.forEach((value, i) => {
      expect(scores[i] / length, `item ${i}`).toBeCloseTo(value, 2)
    })
  })

  it('ends where the objective has no slope, in the vector of any item or shopper', () => {
    const random = seeded('objective')
    const [U, V, d] = [14, 9, 3]
    const wanted = Array.from({ length: U }, () =>
      random.shuffle(Array.from({ length: V }, (_, i) => i)).slice(0, 1 + random.int(4)),
    )
    const [unobserved, regularisation] = [0.1, 0.02]
    const { x, y } = factorise(wanted, V, 1, { width: d, unobserved, regularisation, sweeps: 300 })
    const objective = () => {
      let sum = 0
      const square = (values: Float64Array, n: number) =>
        values.slice(n * d, (n + 1) * d).reduce((total, value) => total + value ** 2, 0)
      wanted.forEach((row, u) => {
        sum += regularisation * (row.length + unobserved * V) * square(x, u)
        for (let i = 0; i < V; i++) {
          let dot = 0
          for (let f = 0; f < d; f++) dot += x[u * d + f] * y[i * d + f]
          sum += unobserved * dot ** 2 + (row.includes(i) ? (1 - dot) ** 2 : 0)
        }
      })
      for (let i = 0; i < V; i++) {
        const count = wanted.filter((row) => row.includes(i)).length
        sum += regularisation * (count + unobserved * U) * square(y, i)
      }
      return sum
    }
    for (const values of [x, y]) {
      for (let at = 0; at < values.length; at++) {
        const own = values[at]
        const [after, before] = [1e-4, -1e-4].map((step) => {
          values[at] = own + step
          return objective()
        })
        values[at] = own
        expect(Math.abs(after - before) / 2e-4).toBeLessThan(1e-3)
      }
    }
    expect(Math.hypot(...y)).toBeGreaterThan(1)
  })

  it('gives a shopper of training, asked with one item, the vector that training gave', () => {
    const wanted = [[0], [0, 1], [1, 2], [2, 3, 0], [3]]
    const settings = { width: 2, unobserved: 0.1, regularisation: 0.02, sweeps: 200 }
    const { x, y } = factorise(wanted, 4, 1, settings)
    const scores = new Float32Array(4)
    factorisationScorer(wanted, 4, 1, settings)(queryOf([0]), scores)
    for (let i = 0; i < 4; i++) expect(scores[i]).toBeCloseTo(x[0] * y[i * 2] + x[1] * y[i * 2 + 1], 5)
  })
})
