/** Principal component analysis: fewer numbers a vector, keeping the directions in which vectors differ most. */
import type { Random } from '../../shared/data/random.ts'
import { eigenvectors } from './eigenvectors.ts'

export interface Directions {
  from: number
  to: number
  /** (from) */
  mean: Float64Array
  /** (to, from) */
  axes: Float64Array
}

/** @param rows (n, from), zeros where a text had no vector */
export function principalDirections(rows: Float32Array, from: number, to: number, random: Random): Directions {
  const n = rows.length / from
  const mean = new Float64Array(from)
  rows.forEach((value, at) => {
    mean[at % from] += value / n
  })
  const covariance = new Float64Array(from * from)
  const centred = new Float64Array(from)
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < from; i++) centred[i] = rows[row * from + i] - mean[i]
    for (let i = 0; i < from; i++) {
      const left = centred[i]
      for (let j = 0; j <= i; j++) covariance[i * from + j] += left * centred[j]
    }
  }
  for (let i = 0; i < from; i++) for (let j = 0; j < i; j++) covariance[j * from + i] = covariance[i * from + j]
  const multiply = (x: Float64Array, y: Float64Array) => {
    for (let i = 0; i < from; i++) {
      let sum = 0
      for (let j = 0; j < from; j++) sum += covariance[i * from + j] * x[j]
      y[i] = sum
    }
  }
  return { from, to, mean, axes: eigenvectors(multiply, from, to, random).vectors }
}

/** @returns (n, to) rows of length 1, or of zeros */
export function project(rows: Float32Array, { from, to, mean, axes }: Directions): Float32Array {
  const n = rows.length / from
  const result = new Float32Array(n * to)
  for (let row = 0; row < n; row++) {
    let square = 0
    for (let k = 0; k < to; k++) {
      let sum = 0
      for (let j = 0; j < from; j++) sum += axes[k * from + j] * (rows[row * from + j] - mean[j])
      result[row * to + k] = sum
      square += sum * sum
    }
    if (square > 0) for (let k = 0; k < to; k++) result[row * to + k] /= Math.sqrt(square)
  }
  return result
}
