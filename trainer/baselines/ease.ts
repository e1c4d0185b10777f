/**
 * EASE, the linear autoencoder without a hidden layer (Steck 2019, "Embarrassingly shallow autoencoders for sparse data"):
 * each item is predicted from all others of its shopper by ridge regression, for all items at once in closed form.
 *
 *     min |X − XB|² + λ|B|²   with diag B = 0
 *     P = (XᵀX + λI)⁻¹,   B_ab = −P_ab / P_bb  (a ≠ b)              X (shoppers, V): 1 where wanted
 *     score(b | history) = Σ_a 0.8^age · B_ab                        age 0 is the newest
 *
 * Chosen over Mult-VAE (Liang 2018), which it equals or beats on most sets of its paper: one number to tune, no seed, and
 * no hours of passes over a softmax. It needs room and time for a V × V inverse: V³ multiply-adds, V² floats.
 */
import * as tf from '@tensorflow/tfjs-core'
import { readyBackend } from '../backend.ts'
import { jitter, type Scorer } from '../baselines.ts'
import { UserError } from '../user-error.ts'
import { incidence, recencyWeights } from './interactions.ts'

export const RIDGE = 50

/** V² floats of 4 bytes: 1.6 GB. */
const MAX_ITEMS = 20_000

/**
 * @param sequences each the items that one shopper went through; repeats count once
 * @throws UserError for a catalogue whose table would not fit
 */
export async function easeScorer(
  sequences: Iterable<ArrayLike<number>>,
  items: number,
  ridge = RIDGE,
): Promise<Scorer> {
  if (items > MAX_ITEMS) {
    throw new UserError(
      `autoencoder: ${items} items need a table of ${((items ** 2 * 4) / 1e9).toFixed(1)} GB; ${MAX_ITEMS} is the most`,
      'leave autoencoder out of --models',
    )
  }
  await readyBackend()
  const p = gramMatrix(sequences, items)
  for (let i = 0; i < items; i++) p[i * items + i] += ridge
  invert(p, items)
  const jitters = jitter(items)
  return (query, scores) => {
    scores.set(jitters)
    for (const [a, weight] of recencyWeights(query.items)) {
      const row = p.subarray(a * items, (a + 1) * items)
      for (let b = 0; b < items; b++) if (b !== a) scores[b] -= (weight * row[b]) / p[b * items + b]
    }
  }
}

/** XᵀX: (V, V), how many shoppers wanted both. */
function gramMatrix(sequences: Iterable<ArrayLike<number>>, items: number): Float32Array {
  const gram = new Float32Array(items * items)
  for (const wanted of incidence(sequences, items).wanted) {
    for (const a of wanted) for (const b of wanted) gram[a * items + b]++
  }
  return gram
}

/** Rows that are eliminated together. What lies outside these squares is multiplied by TF.js, 15 times faster than here. */
const BLOCK = 512

/**
 * Inverts a symmetric positive definite matrix in place, by the sweep operator (Goodnight 1979) block by block:
 *
 *     A_KK ← −A_KK⁻¹,   A_iK ← A_iK A_KK⁻¹,   A_ij ← A_ij − A_iK A_KK⁻¹ A_Kj
 *
 * After all blocks A holds −A⁻¹. Only the lower triangle is computed; the upper is mirrored at the end.
 * @param a (n, n)
 */
export function invert(a: Float32Array, n: number): void {
  const blocks = Array.from({ length: Math.ceil(n / BLOCK) }, (_, k) => ({
    from: k * BLOCK,
    to: Math.min(n, (k + 1) * BLOCK),
  }))
  for (const pivot of blocks) {
    const size = pivot.to - pivot.from
    const inverse = invertSmall(square(a, n, pivot), size) // (K, K)
    const column = pivotColumn(a, n, pivot) // (n, K), of which the pivot's own rows are 0
    tf.tidy(() => {
      const left = tf.tensor2d(column, [n, size])
      const swept = tf.matMul(left, tf.tensor2d(inverse, [size, size])) // (n, K): A_iK A_KK⁻¹
      for (const { from, to } of blocks) {
        const change = tf.tidy(
          () =>
            tf.matMul(tf.slice(swept, [from, 0], [to - from, size]), tf.slice(left, [0, 0], [to, size]), false, true), // (rows, to)
        )
        const values = change.dataSync()
        change.dispose()
        for (let i = from; i < to; i++) {
          const row = i * n
          const own = (i - from) * to
          for (let j = 0; j <= i; j++) a[row + j] -= values[own + j]
        }
      }
      replacePivot(a, n, pivot, swept.dataSync(), inverse)
    })
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) a[j * n + i] = a[i * n + j] = -a[i * n + j]
  }
}

interface Block {
  from: number
  to: number
}

/** The pivot's square, both triangles. */
function square(a: Float32Array, n: number, { from, to }: Block): Float64Array {
  const size = to - from
  const values = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) values[i * size + j] = values[j * size + i] = a[(from + i) * n + from + j]
  }
  return values
}

/** A_iK for all rows i, read from the lower triangle; 0 in the pivot's own rows, which are replaced and not changed. */
function pivotColumn(a: Float32Array, n: number, { from, to }: Block): Float32Array {
  const size = to - from
  const column = new Float32Array(n * size)
  for (let k = 0; k < size; k++) for (let i = 0; i < from; i++) column[i * size + k] = a[(from + k) * n + i]
  for (let i = to; i < n; i++) column.set(a.subarray(i * n + from, i * n + to), i * size)
  return column
}

function replacePivot(
  a: Float32Array,
  n: number,
  { from, to }: Block,
  swept: ArrayLike<number>,
  inverse: Float32Array,
): void {
  const size = to - from
  for (let k = 0; k < size; k++) {
    for (let i = 0; i < from; i++) a[(from + k) * n + i] = swept[i * size + k]
    for (let j = 0; j <= k; j++) a[(from + k) * n + from + j] = -inverse[k * size + j]
    for (let i = to; i < n; i++) a[i * n + from + k] = swept[i * size + k]
  }
}

/** Gauss–Jordan without pivoting, which a positive definite matrix does not need: (n, n). */
function invertSmall(a: Float64Array, n: number): Float32Array {
  for (let k = 0; k < n; k++) {
    const pivot = 1 / a[k * n + k]
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = a[i * n + k] * pivot
      for (let j = 0; j < n; j++) a[i * n + j] -= factor * a[k * n + j]
      a[i * n + k] = -factor
    }
    for (let j = 0; j < n; j++) a[k * n + j] *= pivot
    a[k * n + k] = pivot
  }
  return Float32Array.from(a)
}
