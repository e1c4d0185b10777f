/** The standard normal distribution, to some 15 digits wherever a float can hold the result. */

/** P(X > x). */
export function upperTail(x: number): number {
  if (x < 0) return 1 - upperTail(-x)
  return x > FARTHEST ? 0 : 0.5 * Math.exp(-0.5 * x * x) * scaledErfc(x / Math.SQRT2)
}

/** x with P(X > x) = tail, for a tail of at most a half. */
export function upperQuantile(tail: number): number {
  let [low, high] = [0, FARTHEST]
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (upperTail(middle) > tail) low = middle
    else high = middle
  }
  return high
}

/** The tail beyond is less than any float. */
const FARTHEST = 39

/** ln P(X > x), where the tail itself may be too small for a float. */
export const logUpperTail = (x: number): number =>
  x < 0 ? Math.log1p(-upperTail(-x)) : -0.5 * x * x + Math.log(0.5 * scaledErfc(x / Math.SQRT2))

/** h of the sum below; its error is of the order of exp(−(π/h)²), 10⁻¹⁷. */
const STEP = 0.5
/** Squares of the middles of the steps, and exp(−of them): all that a float can tell from 0 beside the first. */
const SQUARES = Float64Array.from({ length: 13 }, (_, n) => ((n + 0.5) * STEP) ** 2)
const WEIGHTS = SQUARES.map((square) => Math.exp(-square))
/** Beyond, the second part is less than the first one's last digit, and then more than it should be. */
const POLE_LIMIT = Math.PI / STEP

/**
 * exp(x²) · erfc(x) for x ≥ 0: erfc(x) = (2x/π) exp(−x²) ∫₀^∞ exp(−t²) / (t² + x²) dt by the midpoint rule, which is off by what the
 * pole at t = ix contributes and by almost nothing else (Goodwin 1949; Hunter and Regan 1972).
 */
export function scaledErfc(x: number): number {
  let sum = 0
  for (let n = 0; n < SQUARES.length; n++) sum += WEIGHTS[n] / (SQUARES[n] + x * x)
  const pole = x < POLE_LIMIT ? (2 * Math.exp(x * x)) / (1 + Math.exp((2 * Math.PI * x) / STEP)) : 0
  return ((2 * STEP * x) / Math.PI) * sum + pole
}
