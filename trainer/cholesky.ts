/** Linear equations with a positive definite matrix. */

/** Solves A x = b in place, for a positive definite A of which the lower triangle is read (and overwritten). @param a (d, d) */
export function choleskySolve(a: Float64Array, b: Float64Array, d: number): void {
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * d + j]
      for (let k = 0; k < j; k++) sum -= a[i * d + k] * a[j * d + k]
      a[i * d + j] = i === j ? Math.sqrt(sum) : sum / a[j * d + j]
    }
  }
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < i; k++) b[i] -= a[i * d + k] * b[k]
    b[i] /= a[i * d + i]
  }
  for (let i = d - 1; i >= 0; i--) {
    for (let k = i + 1; k < d; k++) b[i] -= a[k * d + i] * b[k]
    b[i] /= a[i * d + i]
  }
}
