/**
 * From what trains to what ships: folds all that is constant into the arrays that `infer.ts` runs.
 *
 *     content     e_i = E_id[i] + content_i · W_content            one table, int8 with a scale a row
 *     norms       norm(x) ⊙ g · W  =  norm(x) · (diag(g) W)        gains vanish into the matrix behind them
 *     scales      √d · e_i  and  q/√D                              one factor on the table, one folded into W_q
 *
 * One shopper's own changes are folded in on the device (`adapter.ts`).
 */
import type { Kernel } from './kernel.ts'
import type { ModelConfig, Params } from './params.ts'
import { type QuantisedRows, quantiseRows, rowsOf } from './quantise.ts'
import { product, rowCount, type SparseMatrix } from './sparse.ts'

export interface CompiledBlock {
  /** (d, 3d) columns q, k, v; the norm's gain and 1/√D folded in */
  qkv: Float32Array
  /** (W, H) */
  distance: Float32Array
  /** (d, d) */
  out: Float32Array
  /** (d, 2f) columns gate, value; the norm's gain folded in */
  up: Float32Array
  /** (f, d) */
  down: Float32Array
}

/** @template Values of the table: what ships is int8, float32 is what it is measured against */
export interface CompiledModel<Values = Int8Array> {
  config: ModelConfig
  /** (V, d) */
  table: { width: number; values: Values; scales: Float32Array }
  /** (V) */
  bias: Float32Array
  /** (actions, d) */
  action: Float32Array
  /** (gaps, d) */
  gap: Float32Array
  blocks: CompiledBlock[]
  /** (d) gain of the last norm */
  norm: Float32Array
  /** (C, d): where a query's text enters; only its first TEXT_WIDTH rows ship. Absent without content. */
  content?: QuantisedRows
  /** Multiplies faster than our loops. Present where the arrays lie in its memory: `withKernel`. */
  kernel?: Kernel
}

/** @throws Error when the content is of another catalogue than the parameters */
export function compile(config: ModelConfig, params: Params, content?: SparseMatrix): CompiledModel {
  const { width: d, heads, hidden } = config
  const get = (name: string) => params[name].values
  const blocks = Array.from({ length: config.blocks }, (_, n): CompiledBlock => {
    const w = (name: string) => get(`block${n}.${name}`)
    const qkv = scaleRows(w('qkv'), w('norm1'), 3 * d)
    const perHead = 1 / Math.sqrt(d / heads)
    for (let row = 0; row < d; row++) for (let j = 0; j < d; j++) qkv[row * 3 * d + j] *= perHead
    return {
      qkv,
      distance: Float32Array.from(w('distance')),
      out: Float32Array.from(w('out')),
      up: scaleRows(w('up'), w('norm2'), 2 * hidden),
      down: Float32Array.from(w('down')),
    }
  })
  return {
    config,
    table: quantiseRows(foldItems(config, params, content), d),
    bias: Float32Array.from(get('item.bias')),
    action: Float32Array.from(get('token.action')),
    gap: Float32Array.from(get('token.gap')),
    blocks,
    norm: Float32Array.from(get('norm')),
    ...(content ? { content: quantiseRows(get('item.content'), d) } : {}),
  }
}

/**
 * Every item's vector, (V, d).
 * @throws Error when the content is of another catalogue than the parameters
 */
export function foldItems(config: ModelConfig, params: Params, content?: SparseMatrix): Float32Array {
  const { items: V } = config
  if (content && (content.width !== config.contentWidth || rowCount(content) !== V)) {
    throw new Error(
      `compile: content of ${rowCount(content)} items × ${content.width}, for ${V} × ${config.contentWidth}`,
    )
  }
  const table = Float32Array.from(params['item.id'].values)
  if (content) {
    product(content, params['item.content'].values).forEach((value, at) => {
      table[at] += value
    })
  }
  return table
}

/**
 * The parameters of which `compile` made this, with int8 rows as the table: gains 1, no content left to fold. Feeding
 * them to `model.ts` gives what the browser computes, which is how parity is tested.
 */
export function decompile(model: CompiledModel): { config: ModelConfig; params: Params } {
  const { items, width: d } = model.config
  const params: Params = {
    'item.id': { shape: [items, d], values: rowsOf(model.table) },
    'item.bias': { shape: [items], values: model.bias },
    ...decompileEncoder(model),
  }
  return { config: { ...model.config, contentWidth: 0 }, params }
}

/** The same without the items: what a device trains beside the few rows that it needs. */
export function decompileEncoder(model: CompiledModel<Int8Array | Float32Array>): Params {
  const { width: d, heads, window, hidden } = model.config
  const params: Params = {
    'token.action': { shape: [model.action.length / d, d], values: model.action },
    'token.gap': { shape: [model.gap.length / d, d], values: model.gap },
    norm: { shape: [d], values: model.norm },
  }
  model.blocks.forEach((block, n) => {
    const qkv = Float32Array.from(block.qkv)
    const perHead = Math.sqrt(d / heads)
    for (let row = 0; row < d; row++) for (let j = 0; j < d; j++) qkv[row * 3 * d + j] *= perHead
    const set = (name: string, shape: number[], values: Float32Array) => {
      params[`block${n}.${name}`] = { shape, values }
    }
    set('norm1', [d], new Float32Array(d).fill(1))
    set('qkv', [d, 3 * d], qkv)
    set('distance', [window, heads], block.distance)
    set('out', [d, d], block.out)
    set('norm2', [d], new Float32Array(d).fill(1))
    set('up', [d, 2 * hidden], block.up)
    set('down', [hidden, d], block.down)
  })
  return params
}

/** diag(gain) · matrix */
function scaleRows(matrix: Float32Array, gain: Float32Array, columns: number): Float32Array {
  return Float32Array.from(matrix, (value, at) => value * gain[Math.floor(at / columns)])
}
