/** What is known of the discrete Gaussian N_ℤ(0, σ²), as floats; `../discrete-gaussian.ts` draws from it. */
import { checkEpsilon } from './parameters.ts'

/** From here on sums over the whole numbers are taken by their Fourier transform, which has one term that counts, or a few. */
const WIDE = 1
/** Terms beyond are 0 beside the first, in either sum: exp(−400 / 2) and exp(−2π² · 400). */
const TERMS = Array.from({ length: 20 }, (_, n) => n + 1)

/** Σ exp(−x² / 2σ²) over the whole numbers; by Poisson's summation √(2πσ²) · Σ exp(−2π²σ²k²). @param variance σ² */
export function discreteGaussianNormaliser(variance: number): number {
  checkVariance(variance)
  if (variance < WIDE) return 1 + 2 * sum((x) => Math.exp(-(x * x) / (2 * variance)))
  return Math.sqrt(2 * Math.PI * variance) * (1 + 2 * sum((k) => waveAt(k, variance)))
}

/** Σ x² exp(−x² / 2σ²) / normaliser, which is less than σ²; from σ² = 4 on, by less than a float tells. @param variance σ² */
export function discreteGaussianVariance(variance: number): number {
  checkVariance(variance)
  if (variance < WIDE) {
    return (2 * sum((x) => x * x * Math.exp(-(x * x) / (2 * variance)))) / discreteGaussianNormaliser(variance)
  }
  // As the derivative of the normaliser's logarithm by −1 / 2σ².
  const waves = sum((k) => k * k * waveAt(k, variance)) / (1 + 2 * sum((k) => waveAt(k, variance)))
  return variance - 8 * Math.PI ** 2 * variance ** 2 * waves
}

/**
 * The least δ for which (ε, δ) holds of a whole number of sensitivity 1 (Canonne, Kamath, Steinke 2020, theorem 7):
 * Σ P(x) · (1 − exp(ε − ℓ(x))) over the x whose privacy loss ℓ(x) = (2x + 1) / 2σ² is more than ε. It takes time in proportion to σ.
 *
 * @param variance σ²
 */
export function discreteGaussianDelta(variance: number, epsilon: number): number {
  checkVariance(variance)
  checkEpsilon(epsilon)
  const normaliser = discreteGaussianNormaliser(variance)
  const first = Math.floor(epsilon * variance - 0.5) + 1
  let total = 0
  for (let x = first; ; x++) {
    const excess = (2 * x + 1) / (2 * variance) - epsilon
    const term = Math.exp(-(x * x) / (2 * variance)) * -Math.expm1(-excess)
    total += term
    // The first may be 0 where ε is a loss itself.
    if (x > first && term <= total * 1e-17) return total / normaliser
  }
}

const sum = (term: (n: number) => number): number => TERMS.reduce((total, n) => total + term(n), 0)
const waveAt = (k: number, variance: number): number => Math.exp(-2 * Math.PI ** 2 * variance * k * k)

function checkVariance(variance: number): void {
  if (!(variance > 0 && Number.isFinite(variance))) throw new Error(`variance must be more than 0: ${variance}`)
}
