/**
 * A model whose arrays lie in the memory of `kernels/rank.ts`, where they are multiplied four or eight at once. It is the
 * same model: `infer.ts` runs it with the kernel's products in place of its own loops, which can still read it and which
 * it must agree with.
 *
 *     scratch     a product's operand and result, the state in 16-bit parts, the best ids
 *     matrices    of the blocks, float32
 *     table       int8; scales and biases, float32
 *     columns     scores, (V) each
 */
import type { CompiledBlock, CompiledModel } from './compile.ts'
import { topK } from './metrics.ts'

export interface Kernel {
  /** x · matrix, which lies in the kernel's memory: (rows) · (rows, columns) → (columns) */
  multiply(x: Float32Array, matrix: Float32Array, columns: number): Float32Array
  /** Every item's score, to `scores` (V): within a few float32 roundings of the plain loop's. NaN if the state is not finite. */
  score(state: Float32Array, scores: Float32Array): void
  /** The k best, as `topK` gives them. */
  top(scores: Float32Array, k: number): number[]
  /** Room for scores, (V): what is written and ranked here is not copied. */
  columns: { network: Float32Array; scores: Float32Array }
}

/** A sum of more products of 8-bit with 16-bit numbers may not fit 32 bits. */
const MAX_WIDTH = 512
/** More than any shelf looks through; the plain loop serves who asks for more. */
const MAX_BEST = 1024
const PAGE_BYTES = 65_536

/**
 * The model with its arrays copied to where the kernel reads them. As it was when it is too wide.
 * @param module `kernels/rank.ts` compiled with imported memory
 * @throws RangeError when so much memory cannot be had
 */
export function withKernel(model: CompiledModel, module: WebAssembly.Module): CompiledModel {
  const { items, width, hidden } = model.config
  if (width > MAX_WIDTH) return model

  // The kernel works on whole groups: it reads up to three rows and fifteen bytes beyond an array, and writes fifteen.
  const room = Math.ceil((3 * width + 15) / 16) * 16
  let end = 0
  const reserve = (bytes: number) => {
    const at = end
    end += Math.ceil(bytes / 16) * 16 + room
    return at
  }
  const longest = 4 * Math.max(3 * width, 2 * hidden)
  const at = {
    x: reserve(longest),
    y: reserve(longest),
    parts: reserve(4 * (width + 8)),
    best: reserve(4 * MAX_BEST),
    blocks: model.blocks.map(({ qkv, out, up, down }) =>
      [qkv, out, up, down].map(({ byteLength }) => reserve(byteLength)),
    ),
    values: reserve(model.table.values.length),
    scales: reserve(4 * items),
    bias: reserve(4 * items),
    scores: [reserve(4 * items), reserve(4 * items), reserve(4 * items)],
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE_BYTES) })
  const { buffer } = memory
  const floats = (from: number, length: number) => new Float32Array(buffer, from, length)
  const placed = (from: number, values: Float32Array) => {
    const there = floats(from, values.length)
    there.set(values)
    return there
  }
  const values = new Int8Array(buffer, at.values, model.table.values.length)
  values.set(model.table.values)
  const table = { width, values, scales: placed(at.scales, model.table.scales) }
  const bias = placed(at.bias, model.bias)
  const blocks = model.blocks.map((block, n): CompiledBlock => {
    const [qkv, out, up, down] = [block.qkv, block.out, block.up, block.down].map((m, i) => placed(at.blocks[n][i], m))
    return { ...block, qkv, out, up, down }
  })

  const run = functionsOf(new WebAssembly.Instance(module, { env: { memory } }))
  const [own, network, blended] = at.scores.map((from) => floats(from, items))
  const x = floats(at.x, longest / 4)
  const y = floats(at.y, longest / 4)
  const parts = new Int16Array(buffer, at.parts, 2 * Math.ceil(width / 8) * 8)
  const best = new Int32Array(buffer, at.best, MAX_BEST)
  const kernel: Kernel = {
    multiply(factors, matrix, columns) {
      x.set(factors)
      run.multiply(at.x, matrix.byteOffset, at.y, factors.length, columns)
      return y.slice(0, columns)
    },
    score(state, scores) {
      const unit = split(state, parts)
      const result = scores.buffer === buffer ? scores : own
      run.score(at.values, at.scales, at.bias, at.parts, result.byteOffset, items, width, unit)
      if (result !== scores) scores.set(result)
    },
    top(scores, k) {
      if (k < 1 || k > MAX_BEST) return topK(scores, k)
      if (scores.buffer !== buffer) own.set(scores)
      const found = run.top(scores.buffer === buffer ? scores.byteOffset : own.byteOffset, scores.length, k, at.best)
      return Array.from(best.subarray(0, found))
    },
    columns: { network, scores: blended },
  }
  return { ...model, table, bias, blocks, kernel }
}

/** Every number as (high + low / 2¹⁵) · unit, both of 16 bits, as the kernel wants them. @returns unit */
function split(state: Float32Array, parts: Int16Array): number {
  // Math.max keeps NaN, and so will the scores.
  let peak = 0
  for (const value of state) peak = Math.max(peak, Math.abs(value))
  const unit = peak / 32_767
  state.forEach((value, j) => {
    const exact = value / unit
    const high = Math.round(exact)
    const at = 2 * (j - (j % 8)) + (j % 8)
    parts[at] = high
    parts[at + 8] = Math.round((exact - high) * 32_768)
  })
  return unit
}

interface Functions {
  score: (...pointersAndSizes: [number, number, number, number, number, number, number, number]) => void
  top: (scores: number, items: number, k: number, best: number) => number
  multiply: (x: number, matrix: number, y: number, rows: number, columns: number) => void
}

function functionsOf({ exports }: WebAssembly.Instance): Functions {
  return {
    score: exports.score as Functions['score'],
    top: exports.top as Functions['top'],
    multiply: exports.multiply as Functions['multiply'],
  }
}
