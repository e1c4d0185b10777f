/**
 * The leading eigenvectors of a symmetric matrix that is only known by its products, by subspace iteration (Halko,
 * Martinsson & Tropp 2011, 4.5): multiply a random block, make it orthonormal, repeat, then solve the small problem.
 */
import type { Random } from '../../shared/data/random.ts'

/** More directions than asked for, so that the last one asked for converges too. */
const OVERSAMPLING = 10
const ITERATIONS = 8

export interface Eigenvectors {
  /** By absolute value, largest first. */
  values: Float64Array
  /** (k, n) rows of length 1 */
  vectors: Float64Array
}

/**
 * @param multiply writes matrix · x into y, both (n)
 * @param k at most n
 */
export function eigenvectors(
  multiply: (x: Float64Array, y: Float64Array) => void,
  n: number,
  k: number,
  random: Random,
): Eigenvectors {
  const block = Math.min(n, k + OVERSAMPLING)
  let rows = Array.from({ length: block }, () => Float64Array.from({ length: n }, () => random.normal()))
  orthonormalise(rows)
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    rows = rows.map((row) => {
      const product = new Float64Array(n)
      multiply(row, product)
      return product
    })
    orthonormalise(rows)
  }
  const small = Array.from({ length: block }, () => new Float64Array(block))
  const product = new Float64Array(n)
  for (let i = 0; i < block; i++) {
    multiply(rows[i], product)
    for (let j = 0; j < block; j++) small[i][j] = dot(rows[j], product)
  }
  const { values, vectors } = jacobi(small)
  const order = Array.from(values, (_, i) => i).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]))
  const result: Eigenvectors = { values: new Float64Array(k), vectors: new Float64Array(k * n) }
  for (let rank = 0; rank < k; rank++) {
    result.values[rank] = values[order[rank]]
    for (let i = 0; i < block; i++) {
      const weight = vectors[i][order[rank]]
      for (let j = 0; j < n; j++) result.vectors[rank * n + j] += weight * rows[i][j]
    }
  }
  return result
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

/** Gram and Schmidt, twice over, because once leaves rounding errors (Giraud et al. 2005). In place. */
function orthonormalise(rows: Float64Array[]): void {
  rows.forEach((row, at) => {
    for (let pass = 0; pass < 2; pass++) {
      for (let before = 0; before < at; before++) {
        const other = rows[before]
        const along = dot(row, other)
        for (let j = 0; j < row.length; j++) row[j] -= along * other[j]
      }
    }
    const length = Math.sqrt(dot(row, row))
    // A matrix of lower rank than the block leaves rows of nothing: they stay out of the result.
    for (let j = 0; j < row.length; j++) row[j] = length > 1e-12 ? row[j] / length : 0
  })
}

/** All eigenvalues and, in columns, eigenvectors of a small symmetric matrix by cyclic rotations (Jacobi 1846). */
function jacobi(matrix: Float64Array[]): { values: Float64Array; vectors: Float64Array[] } {
  const n = matrix.length
  const a = matrix.map((row, i) => Float64Array.from(row, (_, j) => (matrix[i][j] + matrix[j][i]) / 2))
  const v = a.map((_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)))
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += a[i][j] ** 2
    if (off < 1e-22 * a.reduce((sum, row, i) => sum + row[i] ** 2, 0)) break
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p][q] === 0) continue
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
        const c = 1 / Math.sqrt(t * t + 1)
        const s = t * c
        for (let i = 0; i < n; i++) {
          const [x, y] = [a[i][p], a[i][q]]
          a[i][p] = c * x - s * y
          a[i][q] = s * x + c * y
        }
        for (let i = 0; i < n; i++) {
          const [x, y] = [a[p][i], a[q][i]]
          a[p][i] = c * x - s * y
          a[q][i] = s * x + c * y
        }
        for (let i = 0; i < n; i++) {
          const [x, y] = [v[i][p], v[i][q]]
          v[i][p] = c * x - s * y
          v[i][q] = s * x + c * y
        }
      }
    }
  }
  return { values: Float64Array.from(a, (row, i) => row[i]), vectors: v }
}
