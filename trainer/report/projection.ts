/**
 * Item vectors on a plane: principal component analysis of their directions. Length says how popular an item is rather
 * than what it is, so each vector is scaled to 1 first; then the plane is the one that keeps most of their variance.
 */
import { seeded } from '../../shared/data/random.ts'

export interface Projection {
  /** (n) */
  x: Float32Array
  y: Float32Array
  /** Share of the variance that the plane keeps, 0 … 1. */
  kept: number
}

/** The two components are found one after the other by power iteration; the second in what the first leaves. */
const MAX_ITERATIONS = 2000
const TOLERANCE = 1e-10

/** @param vectors (n, width) */
export function project(vectors: Float32Array, width: number): Projection {
  const n = vectors.length / width
  const rows = centredDirections(vectors, width)
  const covariance = new Float64Array(width * width)
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < width; i++) {
      const value = rows[row * width + i] / n
      for (let j = 0; j < width; j++) covariance[i * width + j] += value * rows[row * width + j]
    }
  }
  let total = 0
  for (let i = 0; i < width; i++) total += covariance[i * width + i]
  const first = leading(covariance, width)
  for (let i = 0; i < width; i++)
    for (let j = 0; j < width; j++) covariance[i * width + j] -= first.value * first.vector[i] * first.vector[j]
  const second = leading(covariance, width)
  const along = (axis: Float64Array) =>
    Float32Array.from({ length: n }, (_, row) => axis.reduce((sum, value, j) => sum + value * rows[row * width + j], 0))
  return {
    x: along(first.vector),
    y: along(second.vector),
    kept: total > 0 ? (first.value + second.value) / total : 0,
  }
}

function centredDirections(vectors: Float32Array, width: number): Float64Array {
  const rows = Float64Array.from(vectors)
  const n = rows.length / width
  const mean = new Float64Array(width)
  for (let row = 0; row < n; row++) {
    let square = 0
    for (let j = 0; j < width; j++) square += rows[row * width + j] ** 2
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0
    for (let j = 0; j < width; j++) mean[j] += (rows[row * width + j] *= scale) / n
  }
  for (let row = 0; row < n; row++) for (let j = 0; j < width; j++) rows[row * width + j] -= mean[j]
  return rows
}

/** The largest eigenvalue of a symmetric matrix and its vector, whose largest entry is positive. */
function leading(matrix: Float64Array, width: number): { value: number; vector: Float64Array } {
  const random = seeded('power iteration')
  let vector = Float64Array.from({ length: width }, () => random.normal())
  let value = 0
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const next = new Float64Array(width)
    for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) next[i] += matrix[i * width + j] * vector[j]
    const size = Math.hypot(...next)
    if (size === 0) return { value: 0, vector: next }
    let change = 0
    for (let i = 0; i < width; i++) {
      next[i] /= size
      change += Math.abs(next[i] - vector[i])
    }
    vector = next
    value = size
    if (change < TOLERANCE) break
  }
  const peak = vector.reduce((best, entry) => (Math.abs(entry) > Math.abs(best) ? entry : best), 0)
  return { value, vector: peak < 0 ? vector.map((entry) => -entry) : vector }
}
