import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { eigenvectors } from '../../../trainer/text/eigenvectors.ts'
import { principalDirections, project } from '../../../trainer/text/principal-directions.ts'

const random = () => seeded('linear algebra')

describe('eigenvectors', () => {
  it('of a matrix made from known ones are those, by absolute value', () => {
    // q1 = (.6, .8, 0), q2 = (−.8, .6, 0), q3 = (0, 0, 1) with values 2, −5, .3
    const matrix = [
      [2 * 0.36 - 5 * 0.64, 2 * 0.48 + 5 * 0.48, 0],
      [2 * 0.48 + 5 * 0.48, 2 * 0.64 - 5 * 0.36, 0],
      [0, 0, 0.3],
    ]
    const multiply = (x: Float64Array, y: Float64Array) => {
      for (let i = 0; i < 3; i++) y[i] = matrix[i].reduce((sum, value, j) => sum + value * x[j], 0)
    }
    const { values, vectors } = eigenvectors(multiply, 3, 2, random())
    expect(values[0]).toBeCloseTo(-5, 9)
    expect(values[1]).toBeCloseTo(2, 9)
    const sign = Math.sign(vectors[0])
    expect([...vectors.subarray(0, 3)].map((value) => value * -sign)).toEqual([
      expect.closeTo(-0.8, 9),
      expect.closeTo(0.6, 9),
      expect.closeTo(0, 9),
    ])
  })

  it('are found among many more directions than are asked for', () => {
    const n = 200
    const diagonal = Float64Array.from({ length: n }, (_, i) => 0.9 ** i)
    const multiply = (x: Float64Array, y: Float64Array) => {
      for (let i = 0; i < n; i++) y[i] = diagonal[i] * x[i]
    }
    const { values } = eigenvectors(multiply, n, 5, random())
    values.forEach((value, rank) => {
      expect(value).toBeCloseTo(0.9 ** rank, 5)
    })
  })
})

describe('principal directions', () => {
  it('keep the cosines of vectors that lie in a plane, whatever is common to all', () => {
    const source = random()
    const rows = new Float32Array(50 * 5)
    const angles: number[] = []
    const middle = { x: 0, y: 0 }
    for (let n = 0; n < 50; n++) {
      const [x, y] = [3 * source.normal(), source.normal()]
      middle.x += x / 50
      middle.y += y / 50
      angles.push(x, y)
      rows.set([7 + 0.6 * x, -2 + 0.8 * x, 1 + 0.6 * y, 0.8 * y, 4], n * 5)
    }
    const found = project(rows, principalDirections(rows, 5, 2, source))
    const cosine = (a: number, b: number) => found[2 * a] * found[2 * b] + found[2 * a + 1] * found[2 * b + 1]
    const expected = (a: number, b: number) => {
      const [ax, ay] = [angles[2 * a] - middle.x, angles[2 * a + 1] - middle.y]
      const [bx, by] = [angles[2 * b] - middle.x, angles[2 * b + 1] - middle.y]
      return (ax * bx + ay * by) / (Math.hypot(ax, ay) * Math.hypot(bx, by))
    }
    for (const [a, b] of [
      [0, 1],
      [2, 9],
      [17, 44],
    ]) {
      expect(cosine(a, b)).toBeCloseTo(expected(a, b), 4)
    }
  })
})
