/**
 * The step of `infer.ts` as an ONNX graph, with the fewest nodes that we found: one token and the cache go in, the top 20
 * and the cache come out. The cache lies as the products want it, oldest first, and moves up by one token a step; what is
 * before the first token is masked. Float32 weights; with the table stored (d, V) the product was no slower than Gemm is
 * with (V, d), at 100,000 items.
 */
import type { CompiledModel } from '../../shared/model/compile.ts'
import { NORM_EPSILON } from '../../shared/model/params.ts'
import { rowsOf } from '../../shared/model/quantise.ts'
import { type OnnxGraph, type OnnxNode, onnxFile } from './onnx-file.ts'

export function onnxStep(model: CompiledModel, k: number): Uint8Array<ArrayBuffer> {
  const { items, width: d, heads: H, window: W, hidden } = model.config
  const D = d / H
  const nodes: OnnxNode[] = []
  const initializers: OnnxGraph['initializers'] = new Map()
  let made = 0
  const constant = (values: Float32Array, ...shape: number[]) => {
    const name = `c${made++}`
    initializers.set(name, { shape, values })
    return name
  }
  const integers = (...values: number[]) => {
    const name = `i${made++}`
    initializers.set(name, { shape: [values.length], values: BigInt64Array.from(values, BigInt) })
    return name
  }
  const node = (op: string, inputs: string[], attributes?: OnnxNode['attributes'], outputs = [`t${made++}`]) => {
    nodes.push({ op, inputs, outputs, attributes })
    return outputs
  }
  const one = (op: string, ...inputs: string[]) => node(op, inputs)[0]
  const shaped = (x: string, ...shape: number[]) => one('Reshape', x, integers(...shape))
  const sliced = (x: string, from: number, to: number, axis: number) =>
    one('Slice', x, integers(from), integers(to), integers(axis))
  // Fused in onnxruntime; the gain is folded into the next matrix.
  const norm = (x: string, gain: Float32Array) =>
    node('SimplifiedLayerNormalization', [x, constant(gain, d)], {
      axis: { int: -1 },
      epsilon: { float: NORM_EPSILON },
    })[0]
  const ones = new Float32Array(d).fill(1)

  const table = constant(transposed(rowsOf(model.table), items, d), d, items) // (d, V)
  const column = node('Gather', [table, 'item'], { axis: { int: 1 } })[0] // (d, 1)
  const row = one('Mul', shaped(column, 1, d), constant(Float32Array.of(Math.sqrt(d)), 1)) // (1, d)
  const action = one('Gather', constant(model.action, model.action.length / d, d), 'action')
  const gap = one('Gather', constant(model.gap, model.gap.length / d, d), 'gap')
  let x = one('Add', row, one('Add', action, gap)) // (1, d)
  model.blocks.forEach((block, n) => {
    const qkv = one('MatMul', norm(x, ones), constant(block.qkv, d, 3 * d))
    const [q, key, value] = node('Split', [qkv, integers(d, d, d)], { axis: { int: 1 } }, [`q${n}`, `k${n}`, `v${n}`])
    const moved = (past: string, added: string, axis: number, now: string) =>
      node('Concat', [sliced(past, 1, W, axis), added], { axis: { int: axis } }, [now])[0]
    const keys = moved(`pastKeys${n}`, shaped(key, H, D, 1), 2, `keys${n}`) // (H, D, W)
    const values = moved(`pastValues${n}`, shaped(value, H, 1, D), 1, `values${n}`) // (H, W, D)
    const dots = one('MatMul', shaped(q, H, 1, D), keys) // (H, 1, W)
    const distance = constant(oldestFirst(block.distance, W, H), H, 1, W)
    const weights = node('Softmax', [one('Add', one('Add', dots, distance), 'mask')], { axis: { int: -1 } })[0]
    const mixed = shaped(one('MatMul', weights, values), 1, d)
    x = one('Add', x, one('MatMul', mixed, constant(block.out, d, d)))
    const up = one('MatMul', norm(x, ones), constant(block.up, d, 2 * hidden))
    const [gate, open] = node('Split', [up, integers(hidden, hidden)], { axis: { int: 1 } }, [`g${n}`, `u${n}`])
    const activated = one('Mul', one('Mul', gate, one('Sigmoid', gate)), open)
    x = one('Add', x, one('MatMul', activated, constant(block.down, hidden, d)))
  })
  const scores = one('Add', one('MatMul', norm(x, model.norm), table), constant(model.bias, items)) // (1, V)
  node('TopK', [scores, integers(k)], { axis: { int: -1 } }, ['best', 'ids'])

  const float = (name: string, ...shape: number[]) => ({ name, type: 'float32' as const, shape })
  const int = (name: string, ...shape: number[]) => ({ name, type: 'int64' as const, shape })
  const caches = (keys: string, values: string) =>
    model.blocks.flatMap((_, n) => [float(`${keys}${n}`, H, D, W), float(`${values}${n}`, H, W, D)])
  return onnxFile({
    nodes,
    initializers,
    inputs: [
      ...['item', 'action', 'gap'].map((name) => int(name, 1)),
      float('mask', W),
      ...caches('pastKeys', 'pastValues'),
    ],
    outputs: [float('best', 1, k), int('ids', 1, k), ...caches('keys', 'values')],
  })
}

export function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(matrix.length)
  for (let row = 0; row < rows; row++)
    for (let j = 0; j < columns; j++) turned[j * rows + row] = matrix[row * columns + j]
  return turned
}

/** (W, H) by how far back → (H, W) oldest first */
export function oldestFirst(distance: Float32Array, W: number, H: number): Float32Array {
  return Float32Array.from({ length: H * W }, (_, at) => distance[(W - 1 - (at % W)) * H + Math.floor(at / W)])
}
