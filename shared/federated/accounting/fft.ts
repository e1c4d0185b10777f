/** Fourier transforms of complex vectors whose length is a power of 2. */

export interface Complex {
  re: Float64Array
  im: Float64Array
}

/** In place: X_k = Σ x_n exp(−2πi nk / N). Radix 2: evens and odds are transformed and then put together, smallest first. */
export function transform({ re, im }: Complex): void {
  const size = re.length
  if (size & (size - 1)) throw new Error(`fft: a length of ${size}, not a power of 2`)
  bitReverse(re)
  bitReverse(im)
  // Each from its own angle: powers of one root would add up their rounding.
  const cos = Float64Array.from({ length: size / 2 }, (_, n) => Math.cos((2 * Math.PI * n) / size))
  const sin = Float64Array.from({ length: size / 2 }, (_, n) => -Math.sin((2 * Math.PI * n) / size))
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half)
    for (let start = 0; start < size; start += 2 * half) {
      for (let n = 0; n < half; n++) {
        const [even, odd] = [start + n, start + n + half]
        const [c, s] = [cos[n * stride], sin[n * stride]]
        const oddRe = c * re[odd] - s * im[odd]
        const oddIm = c * im[odd] + s * re[odd]
        re[odd] = re[even] - oddRe
        im[odd] = im[even] - oddIm
        re[even] += oddRe
        im[even] += oddIm
      }
    }
  }
}

/** A vector convolved with itself so many times, around the end: the distribution of a sum of independent draws, modulo its length. */
export function convolutionPower(vector: Float64Array, times: number): Float64Array {
  const spectrum = { re: vector.slice(), im: new Float64Array(vector.length) }
  transform(spectrum)
  const result = power(spectrum, times)
  // The inverse transform is the transform of the conjugate; what it gives is real.
  result.im.forEach((x, n) => {
    result.im[n] = -x
  })
  transform(result)
  return result.re.map((x) => x / vector.length)
}

/** Of each element, by squaring. */
function power({ re, im }: Complex, exponent: number): Complex {
  const result = { re: new Float64Array(re.length).fill(1), im: new Float64Array(re.length) }
  const square = { re: re.slice(), im: im.slice() }
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) multiply(result, square)
    multiply(square, square)
  }
  return result
}

/** Into the first. */
function multiply(a: Complex, b: Complex): void {
  for (let n = 0; n < a.re.length; n++) {
    const re = a.re[n] * b.re[n] - a.im[n] * b.im[n]
    a.im[n] = a.re[n] * b.im[n] + a.im[n] * b.re[n]
    a.re[n] = re
  }
}

function bitReverse(vector: Float64Array): void {
  const size = vector.length
  for (let n = 0, reversed = 0; n < size; n++) {
    if (n < reversed) [vector[n], vector[reversed]] = [vector[reversed], vector[n]]
    let bit = size >> 1
    for (; reversed & bit; bit >>= 1) reversed ^= bit
    reversed |= bit
  }
}
