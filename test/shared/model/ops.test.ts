/** Each operation twice, by our WASM kernel and by TF.js's own operations: values and all gradients agree. */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import {
  attention,
  dropout,
  KERNELS,
  rmsNorm,
  softmaxLoss,
  sparseMatMul,
  sparseTensors,
  swiglu,
} from '../../../shared/model/ops.ts'
import { sparseOf } from '../../../shared/model/sparse.ts'
import { readyBackend } from '../../../trainer/backend.ts'
import { kernel } from '../../../trainer/kernel.ts'

beforeAll(async () => {
  await readyBackend('wasm')
})

const random = seeded('ops')
const normal = (...shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((product, n) => product * n, 1) }, () => random.normal()),
    shape,
  )

/** The same call without our kernels: what every other back end computes. */
function withoutKernels<T>(compute: () => T): T {
  const kept = Object.values(KERNELS).map((name) => tf.getKernel(name, 'wasm') as tf.KernelConfig)
  for (const { kernelName } of kept) tf.unregisterKernel(kernelName, 'wasm')
  try {
    return compute()
  } finally {
    for (const config of kept) tf.registerKernel(config)
  }
}

/** Values of f and its gradients along a random direction, by both ways. */
function expectSame(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]) {
  const direction = normal(...f(...inputs).shape)
  const compute = () => {
    const value = f(...inputs)
    return [value, ...tf.grads(f)(inputs, direction)].map((tensor) => tensor.dataSync() as Float32Array)
  }
  const [fused, composed] = [compute(), withoutKernels(compute)]
  fused.forEach((values, n) => {
    const size = Math.max(1e-3, ...composed[n].map(Math.abs))
    const worst = Math.max(...values.map((value, at) => Math.abs(value - composed[n][at])))
    expect(values.length).toBe(composed[n].length)
    expect(worst / size, n === 0 ? 'value' : `gradient ${n}`).toBeLessThan(2e-5)
  })
}

describe('by kernel as by TF.js:', () => {
  it.each([
    [1, 4],
    [7, 64],
    [130, 20],
  ])('norm of %d rows of %d', (rows, width) => {
    expectSame((x, gain) => rmsNorm(x as tf.Tensor2D, gain), [normal(rows, width), normal(width)])
  })

  it.each([
    [1, 4],
    [9, 128],
    [33, 12],
  ])('swiglu of %d rows of %d', (rows, width) => {
    expectSame((up) => swiglu(up as tf.Tensor2D), [normal(rows, 2 * width)])
  })

  it.each([
    { sequences: 1, length: 1, heads: 1, window: 1, D: 4 },
    { sequences: 3, length: 9, heads: 2, window: 4, D: 12 },
    { sequences: 2, length: 31, heads: 1, window: 31, D: 64 },
    { sequences: 5, length: 16, heads: 4, window: 9, D: 16 },
  ])(
    'attention of $sequences rows of $length, several histories in each, $heads heads of $D, window $window',
    (shape) => {
      const { sequences, length, heads, window, D } = shape
      const tokens = sequences * length
      const first = new Int32Array(tokens)
      let start = 0
      for (let token = 0; token < tokens; token++) {
        if (token % length === 0 || random.next() < 0.2) start = token
        first[token] = Math.max(start, token - window + 1)
      }
      const bands = { first, sequences, length, heads, window }
      expectSame(
        (qkv, bias) => attention(qkv as tf.Tensor2D, bias as tf.Tensor2D, bands),
        [normal(tokens, 3 * heads * D), normal(window, heads)],
      )
    },
  )

  it.each([
    [1, 3, 4],
    [250, 37, 16],
    [500, 600, 8],
  ])('softmax loss of %d rows over %d vectors of %d, and with the own item apart', (rows, count, width) => {
    const inputs = [normal(rows, width), normal(count, width), normal(count), normal(rows)]
    const loss = (skip?: Int32Array) => (states: tf.Tensor, vectors: tf.Tensor, offsets: tf.Tensor, own: tf.Tensor) =>
      softmaxLoss(states as tf.Tensor2D, vectors as tf.Tensor2D, offsets as tf.Tensor1D, own as tf.Tensor1D, skip)
    expectSame(loss() as never, inputs)
    expectSame(loss(Int32Array.from({ length: rows }, () => random.int(count + 1) - 1)) as never, inputs)
  })

  it.each([
    [1, 3, 4],
    [40, 90, 64],
    [17, 5, 7],
  ])('product of %d rows of %d columns, most of them 0, with as many rows of %d', (rows, columns, width) => {
    const some = Float32Array.from({ length: rows * columns }, () => (random.next() < 0.2 ? random.normal() : 0))
    some.fill(0, columns, 2 * columns)
    const matrix = sparseOf(columns, some)
    expectSame((b) => sparseMatMul(sparseTensors(matrix), b as tf.Tensor2D), [normal(columns, width)])
  })

  it('dropout, to the last bit', () => {
    const x = normal(1001)
    // −0 is 0.
    const drop = () =>
      dropout(x, 0.3, -7)
        .dataSync()
        .map((value) => value + 0)
    const [fused, composed] = [drop(), withoutKernels(drop)]
    expect(fused).toEqual(composed)
    const dropped = fused.filter((value) => value === 0).length
    expect(dropped).toBeGreaterThan(250)
    expect(dropped).toBeLessThan(350)
    expect(dropout(x, 0.3, -6).dataSync()).not.toEqual(fused)
  })

  it('dropout of a part drops what dropout of the whole does', () => {
    const x = normal(1001)
    const whole = dropout(x, 0.3, 2 ** 32 - 9).dataSync()
    for (const from of [1, 64, 999]) {
      const drop = () => [...dropout(tf.slice(x, from), 0.3, 2 ** 32 - 9, from).dataSync()].map((value) => value + 0)
      const expected = [...whole.slice(from)].map((value) => value + 0)
      expect(drop()).toEqual(expected)
      expect(withoutKernels(drop)).toEqual(expected)
    }
  })

  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('products of matrices, transposed %s and %s, of sizes around the blocks, alone and in batches', (tA, tB) => {
    const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, tA, tB)
    for (const [m, n, k] of [
      [1, 1, 1],
      [6, 8, 256],
      [7, 9, 257],
      [61, 513, 5],
      [2, 520, 300],
    ]) {
      const [a, b] = [normal(...(tA ? [k, m] : [m, k])), normal(...(tB ? [n, k] : [k, n]))]
      const found = product(a, b).dataSync()
      const [x, y] = [a.dataSync(), b.dataSync()]
      for (let trial = 0; trial < 40; trial++) {
        const [i, j] = [random.int(m), random.int(n)]
        let sum = 0
        for (let c = 0; c < k; c++) sum += x[tA ? c * m + i : i * k + c] * y[tB ? j * k + c : c * n + j]
        expect(Math.abs(found[i * n + j] - sum)).toBeLessThan(1e-4)
      }
    }
    const [a, b] = [normal(3, ...(tA ? [5, 4] : [4, 5])), normal(3, ...(tB ? [6, 5] : [5, 6]))]
    const batch = product(a, b)
    expect(batch.shape).toEqual([3, 4, 6])
    const each = [0, 1, 2].map((i) => product(tf.gather(a, i), tf.gather(b, i)))
    expect(batch.dataSync()).toEqual(tf.stack(each).dataSync())
    const shared = product(a, tf.gather(b, 1))
    expect((shared.arraySync() as number[][][])[1]).toEqual(each[1].arraySync())
  })

  it('rows of a table, and the sums that flow back to them', () => {
    const index = tf.tensor1d([2, 0, 2, 4], 'int32')
    const table = normal(5, 6)
    expect(tf.gather(table, index).arraySync()).toEqual(
      [2, 0, 2, 4].map((row) => (table.arraySync() as number[][])[row]),
    )
    const back = tf
      .grad((t) => tf.gather(t, index))(table, tf.ones([4, 6]))
      .arraySync() as number[][]
    expect(back.map(([first]) => first)).toEqual([1, 0, 2, 0, 1])
  })
})

it('kernels bring no data of their own into the memory of TF.js', async () => {
  const code = await kernel('training', { importMemory: true, initialMemory: 0, relaxedSimd: true })
  const sections: number[] = []
  for (let at = 8; at < code.length; ) {
    sections.push(code[at++])
    let [size, shift] = [0, 0]
    for (let byte = 128; byte & 128; shift += 7) {
      byte = code[at++]
      size |= (byte & 127) << shift
    }
    at += size
  }
  const DATA = 11
  expect(sections.length).toBeGreaterThan(4)
  expect(sections).not.toContain(DATA)
})
