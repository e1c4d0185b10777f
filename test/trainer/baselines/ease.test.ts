/** EASE against its definition: for each item a ridge regression on all the others, solved by itself. */
import { beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { readyBackend } from '../../../trainer/backend.ts'
import { easeScorer, invert } from '../../../trainer/baselines/ease.ts'
import { UserError } from '../../../trainer/user-error.ts'
import { queryOf } from './histories.ts'

/** Gaussian elimination with pivoting. */
function solve(a: number[][], b: number[]): number[] {
  const n = b.length
  const rows = a.map((row, i) => [...row, b[i]])
  for (let k = 0; k < n; k++) {
    const pivot = rows.slice(k).reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best), k)
    ;[rows[k], rows[pivot]] = [rows[pivot], rows[k]]
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i][k] / rows[k][k]
      for (let j = k; j <= n; j++) rows[i][j] -= factor * rows[k][j]
    }
  }
  const x = new Array<number>(n).fill(0)
  for (let i = n - 1; i >= 0; i--) {
    x[i] = (rows[i][n] - rows[i].slice(i + 1, n).reduce((sum, value, j) => sum + value * x[i + 1 + j], 0)) / rows[i][i]
  }
  return x
}

/** Column b of B: min |X_b − X_others β|² + λ|β|². */
function regress(wanted: number[][], items: number, b: number, ridge: number): number[] {
  const others = Array.from({ length: items }, (_, i) => i).filter((i) => i !== b)
  const count = (i: number, j: number) => wanted.filter((row) => row.includes(i) && row.includes(j)).length
  const beta = solve(
    others.map((i) => others.map((j) => count(i, j) + (i === j ? ridge : 0))),
    others.map((i) => count(i, b)),
  )
  return Array.from({ length: items }, (_, i) => (i === b ? 0 : beta[others.indexOf(i)]))
}

describe('EASE', () => {
  const ITEMS = 9
  const random = seeded('ease')
  const wanted = Array.from({ length: 25 }, () =>
    random.shuffle(Array.from({ length: ITEMS }, (_, i) => i)).slice(0, 2 + random.int(4)),
  )

  it.each([0.3, 7])('with λ = %d is the regression of each item on the others', async (ridge) => {
    const scorer = await easeScorer(wanted, ITEMS, ridge)
    const history = [4, 1, 7]
    const scores = new Float32Array(ITEMS)
    scorer(queryOf(history), scores)
    for (let b = 0; b < ITEMS; b++) {
      const column = regress(wanted, ITEMS, b, ridge)
      // Oldest first: 4 is two steps back.
      const expected = 0.8 ** 2 * column[4] + 0.8 * column[1] + column[7]
      expect(scores[b], `item ${b}`).toBeCloseTo(expected, 5)
    }
  })

  it('refuses a catalogue whose table does not fit, with the remedy', async () => {
    await expect(easeScorer([], 43_097)).rejects.toThrow(UserError)
    await expect(easeScorer([], 43_097)).rejects.toThrow(/43097 items need a table of 7\.4 GB/)
  })
})

describe('the inverse', () => {
  beforeAll(async () => {
    await readyBackend()
  })

  // Around the size of a block, 512.
  it.each([3, 513, 1030])('of a matrix of %d rows times the matrix is the identity', (n) => {
    const random = seeded(`matrix ${n}`)
    const matrix = new Float32Array(n * n)
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] += 2
      for (let drawn = 0; drawn < 4; drawn++) {
        const [a, b, weight] = [random.int(n), random.int(n), random.next()]
        matrix[a * n + a] += weight
        matrix[b * n + b] += weight
        if (a === b) continue
        matrix[a * n + b] -= weight
        matrix[b * n + a] -= weight
      }
    }
    const inverse = matrix.slice()
    invert(inverse, n)
    let worst = 0
    for (const i of [0, n >> 1, n - 1]) {
      for (let j = 0; j < n; j++) {
        let dot = 0
        for (let k = 0; k < n; k++) dot += matrix[i * n + k] * inverse[k * n + j]
        worst = Math.max(worst, Math.abs(dot - (i === j ? 1 : 0)))
      }
    }
    expect(worst).toBeLessThan(1e-5)
  })
})
