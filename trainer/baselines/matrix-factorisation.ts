/**
 * Implicit matrix factorisation by alternating least squares (Hu, Koren & Volinsky 2008), with the weighting under which
 * it keeps up with newer models (Rendle, Krichene, Zhang & Koren 2022, "Revisiting the performance of iALS"):
 *
 *     min  Σ_{(u,i) wanted} (1 − x_u·y_i)²  +  α Σ_{u,i} (x_u·y_i)²
 *          + λ (Σ_u (|I_u| + αV) |x_u|²  +  Σ_i (|U_i| + αU) |y_i|²)          U shoppers, V items
 *
 * and not BPR-MF (Rendle 2009), because the vector of a shopper is then a small linear system over the items of the
 * history: whoever was not there in training, or has acted since, gets one like everyone else.
 *
 *     x = (αYᵀY + Σ_i w_i y_i y_iᵀ + λ(Σ_i w_i + αV) I)⁻¹ Σ_i w_i y_i          w_i = 0.8^age when asked, 1 in training
 *     score(b | history) = x · y_b
 */

import { seeded } from '../../shared/data/random.ts'
import { jitter, type Scorer } from '../baselines.ts'
import { choleskySolve } from '../cholesky.ts'
import { incidence, recencyWeights } from './interactions.ts'

export interface FactorisationSettings {
  /** d */
  width: number
  /** α, weight of each pair that is not there. */
  unobserved: number
  /** λ */
  regularisation: number
  sweeps: number
}

/**
 * Of (α, λ) = (.001, .001), (.001, .003), (.003, .01), (.01, .01) and (.03, .03) the best on validation items of Beauty. The
 * last forgets almost everything: λ is multiplied by αV, so that the two cannot grow together.
 */
export const FACTORISATION: FactorisationSettings = { width: 64, unobserved: 0.01, regularisation: 0.01, sweeps: 12 }

/** @param sequences each the items that one shopper went through, oldest first; repeats count once */
export function factorisationScorer(
  sequences: Iterable<ArrayLike<number>>,
  items: number,
  seed: string | number,
  settings: FactorisationSettings = FACTORISATION,
): Scorer {
  const { y: itemVectors } = factorise(sequences, items, seed, settings) // (V, d)
  const { width: d } = settings
  const gram = gramOf(itemVectors, d)
  const jitters = jitter(items)
  const solve = vectorSolver(settings, items)
  const x = new Float64Array(d)
  return (query, scores) => {
    scores.set(jitters)
    const weights = recencyWeights(query.items)
    if (weights.size === 0) return
    solve(itemVectors, gram, [...weights.keys()], [...weights.values()], x)
    for (let i = 0; i < items; i++) {
      let dot = 0
      for (let f = 0; f < d; f++) dot += x[f] * itemVectors[i * d + f]
      scores[i] += dot
    }
  }
}

/** @returns X (U, d) and Y (V, d), of which Y was solved for last */
export function factorise(
  sequences: Iterable<ArrayLike<number>>,
  items: number,
  seed: string | number,
  settings: FactorisationSettings,
): { x: Float64Array; y: Float64Array } {
  const { width: d, sweeps } = settings
  const { wanted, wantedBy } = incidence(sequences, items)
  const random = seeded(`${seed} factors`)
  const y = Float64Array.from({ length: items * d }, () => (0.1 / Math.sqrt(d)) * random.normal())
  const x = new Float64Array(wanted.length * d)
  for (let sweep = 0; sweep < sweeps; sweep++) {
    solveAll(wanted, y, x, vectorSolver(settings, items), d)
    solveAll(wantedBy, x, y, vectorSolver(settings, wanted.length), d)
  }
  return { x, y }
}

function solveAll(rows: Int32Array[], fixed: Float64Array, solved: Float64Array, solve: VectorSolver, d: number): void {
  const gram = gramOf(fixed, d)
  rows.forEach((row, n) => {
    solve(fixed, gram, row, undefined, solved.subarray(n * d, (n + 1) * d))
  })
}

/** YᵀY: (d, d). */
function gramOf(y: Float64Array, d: number): Float64Array {
  const gram = new Float64Array(d * d)
  for (let row = 0; row < y.length; row += d) addOuter(gram, y, row, 1, d)
  return gram
}

/** Lower triangle of A += w · y yᵀ. */
function addOuter(a: Float64Array, y: Float64Array, from: number, weight: number, d: number): void {
  for (let f = 0; f < d; f++) {
    const left = weight * y[from + f]
    for (let g = 0; g <= f; g++) a[f * d + g] += left * y[from + g]
  }
}

type VectorSolver = (
  fixed: Float64Array,
  gram: Float64Array,
  row: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  into: Float64Array,
) => void

/** @param others rows of the fixed side: V when a shopper's vector is solved for */
function vectorSolver({ width: d, unobserved, regularisation }: FactorisationSettings, others: number): VectorSolver {
  const a = new Float64Array(d * d)
  return (fixed, gram, row, weights, into) => {
    for (let i = 0; i < a.length; i++) a[i] = unobserved * gram[i]
    into.fill(0)
    let total = 0
    for (let n = 0; n < row.length; n++) {
      const weight = weights ? weights[n] : 1
      total += weight
      addOuter(a, fixed, row[n] * d, weight, d)
      for (let f = 0; f < d; f++) into[f] += weight * fixed[row[n] * d + f]
    }
    for (let f = 0; f < d; f++) a[f * d + f] += regularisation * (total + unobserved * others)
    choleskySolve(a, into, d)
  }
}
