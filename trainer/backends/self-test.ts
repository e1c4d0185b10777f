/**
 * A sum and a gradient whose values are known, before anything is trusted to a back end: a driver that computes wrongly is
 * found out here, and not after a night.
 */
import * as tf from '@tensorflow/tfjs-core'

/** Above 1,000 elements, below which TF.js computes on the CPU in the GPU's place. */
const ROWS = 48
const COLUMNS = 32
const PICKED = 40
/** Sums of whole numbers below 2²⁴: exact in float32, whatever the order. */
const value = (row: number, column: number) => ((row * 7 + column * 3) % 5) - 2
const pick = (n: number) => (n * n) % (ROWS - 1)

/** @returns what is wrong, or undefined where nothing is */
export async function selfTest(): Promise<string | undefined> {
  const values = Float32Array.from({ length: ROWS * COLUMNS }, (_, at) => value(Math.floor(at / COLUMNS), at % COLUMNS))
  const rows = Int32Array.from({ length: PICKED }, (_, n) => pick(n))
  // S = Σ over picked rows a, b of (a · b): the gradient of a row is 2 · (times picked) · Σ picked rows.
  const [gradient, sum] = tf.tidy(() => {
    const table = tf.tensor2d(values, [ROWS, COLUMNS])
    const { value: found, grad } = tf.valueAndGrad((x) => {
      const picked = tf.gather(x, tf.tensor1d(rows, 'int32')) as tf.Tensor2D // (P, C)
      return tf.sum(tf.matMul(picked, picked, false, true)) // over (P, P)
    })(table)
    return [grad, found]
  })
  try {
    return compare((await gradient.data()) as Float32Array, (await sum.data())[0])
  } finally {
    gradient.dispose()
    sum.dispose()
  }
}

function compare(gradient: Float32Array, sum: number): string | undefined {
  const times = new Array<number>(ROWS).fill(0)
  const sums = new Array<number>(COLUMNS).fill(0)
  for (let n = 0; n < PICKED; n++) {
    times[pick(n)]++
    for (let column = 0; column < COLUMNS; column++) sums[column] += value(pick(n), column)
  }
  const expected = sums.reduce((total, s) => total + s * s, 0)
  if (sum !== expected) return `computes ${sum} where ${expected} is right`
  for (let at = 0; at < gradient.length; at++) {
    const right = 2 * times[Math.floor(at / COLUMNS)] * sums[at % COLUMNS]
    if (gradient[at] !== right) return `computes a gradient of ${gradient[at]} where ${right} is right`
  }
  return undefined
}
