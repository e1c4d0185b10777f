/**
 * What one shopper's device learns for itself and keeps: a shift of the network's state, and changes of its blocks'
 * matrices that are products of two thin ones (LoRA, Hu et al. 2021). Folded into the arrays that `infer.ts` runs, it
 * costs nothing more:
 *
 *     h' = h + u       (h + u)·e_i + b_i  =  h·e_i + (b_i + u·e_i)       the shift vanishes into the biases
 *     W' = W + A·B                                                       the change vanishes into the matrix
 *
 * B and u begin at 0, so that an adapter that has learned nothing changes nothing. It is a change of one network: the
 * numbers of another mean something else, though they may have the same shapes.
 */
import { seeded } from '../data/random.ts'
import type { CompiledModel } from './compile.ts'
import { type ModelConfig, type Params, sizeOf } from './params.ts'

export const ADAPTABLE = ['qkv', 'out', 'up', 'down'] as const
export type Adaptable = (typeof ADAPTABLE)[number]

export interface AdapterConfig {
  /** r: rows of B. */
  rank: number
  /** Of every block. */
  matrices: readonly Adaptable[]
}

export interface Adapter extends AdapterConfig {
  /** Names the network that it changes. */
  model: string
  /** `shift` (d); for each matrix `block0.qkv.a` (rows, r) and `block0.qkv.b` (r, columns) */
  params: Params
}

/** In the order of the flat vector. */
export function adapterShapes(model: ModelConfig, { rank, matrices }: AdapterConfig): Record<string, number[]> {
  const { width: d, hidden } = model
  const of: Record<Adaptable, [rows: number, columns: number]> = {
    qkv: [d, 3 * d],
    out: [d, d],
    up: [d, 2 * hidden],
    down: [hidden, d],
  }
  const shapes: Record<string, number[]> = { shift: [d] }
  for (let n = 0; n < model.blocks; n++) {
    for (const matrix of matrices) {
      const [rows, columns] = of[matrix]
      shapes[`block${n}.${matrix}.a`] = [rows, rank]
      shapes[`block${n}.${matrix}.b`] = [rank, columns]
    }
  }
  return shapes
}

/** A is N(0, 1/rows), so that its product with B is moved by B's first step; all else is 0. */
export function initAdapter(model: ModelConfig, config: AdapterConfig, seed: string | number): Params {
  const params: Params = {}
  for (const [name, shape] of Object.entries(adapterShapes(model, config))) {
    const values = new Float32Array(sizeOf(shape))
    if (name.endsWith('.a')) {
      const random = seeded(`${seed} ${name}`)
      for (let i = 0; i < values.length; i++) values[i] = random.normal() / Math.sqrt(shape[0])
    }
    params[name] = { shape, values }
  }
  return params
}

/** A share of the change: u and B shrink, and A·B with them. */
export function shrinkAdapter(params: Params, share: number): Params {
  return Object.fromEntries(
    Object.entries(params).map(([name, { shape, values }]) => [
      name,
      { shape, values: name.endsWith('.a') ? values : values.map((value) => share * value) },
    ]),
  )
}

/** What an adapter adds to a model's numbers: to the state, and to the matrices of each block as they are compiled. */
export interface Change {
  shift: Float32Array
  blocks: Partial<Record<Adaptable, Float32Array>>[]
}

/** @throws Error when the adapter's shapes are not this model's */
export function changeOf(config: ModelConfig, { rank, matrices, params }: Omit<Adapter, 'model'>): Change {
  for (const [name, shape] of Object.entries(adapterShapes(config, { rank, matrices }))) {
    const found = params[name]?.values.length
    if (found !== sizeOf(shape)) throw new Error(`adapter: "${name}" has ${found} numbers, the model's ${shape}`)
  }
  const { width: d, heads, blocks } = config
  // Compiled queries are already divided by √D (`compile.ts`).
  const perHead = 1 / Math.sqrt(d / heads)
  const changes = Array.from({ length: blocks }, (_, n) => {
    const dense: Change['blocks'][number] = {}
    for (const matrix of matrices) {
      const [a, b] = [params[`block${n}.${matrix}.a`], params[`block${n}.${matrix}.b`]]
      const change = productOf(a.values, b.values, rank)
      dense[matrix] = change.map((value, at) => (matrix === 'qkv' && at % b.shape[1] < d ? perHead * value : value))
    }
    return dense
  })
  return { shift: params.shift.values, blocks: changes }
}

/**
 * The model with the change in its arrays; the given one stays as it is. The kernel's copy is of the model without it:
 * change first, then `withKernel`.
 * @throws Error when the change is not of this model's shapes, or not finite
 */
export function applyChange<Values extends Int8Array | Float32Array>(
  { kernel: _, ...model }: CompiledModel<Values>,
  { shift, blocks }: Change,
): CompiledModel<Values> {
  const { values, scales, width: d } = model.table
  const check = (change: Float32Array, length: number) => {
    if (change.length !== length || !change.every(Number.isFinite)) throw new Error(`adapter: not ${length} numbers`)
  }
  check(shift, d)
  return {
    ...model,
    blocks: model.blocks.map((block, n) => {
      const changed = { ...block }
      for (const [matrix, change] of Object.entries(blocks[n]) as [Adaptable, Float32Array][]) {
        check(change, block[matrix].length)
        changed[matrix] = block[matrix].map((value, at) => value + change[at])
      }
      return changed
    }),
    bias: model.bias.map((value, item) => {
      let sum = 0
      for (let j = 0; j < d; j++) sum += values[item * d + j] * shift[j]
      return value + sum * scales[item]
    }),
  }
}

/** @throws Error when the adapter's shapes are not this model's */
export function foldAdapter<Values extends Int8Array | Float32Array>(
  model: CompiledModel<Values>,
  adapter: Omit<Adapter, 'model'>,
): CompiledModel<Values> {
  return applyChange(model, changeOf(model.config, adapter))
}

/** A · B: (rows, r) · (r, columns) → (rows, columns) */
export function productOf(a: Float32Array, b: Float32Array, rank: number): Float32Array {
  const [rows, columns] = [a.length / rank, b.length / rank]
  const product = new Float32Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    for (let r = 0; r < rank; r++) {
      for (let j = 0; j < columns; j++) product[i * columns + j] += a[i * rank + r] * b[r * columns + j]
    }
  }
  return product
}
