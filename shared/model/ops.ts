/**
 * The operations of the network that TF.js does not have, or not fast. Each is written twice: in TF.js's own operations,
 * which run on every back end and say what is meant, and as a call of a kernel of ours where the back end in use has one
 * (`fused-kernels.ts` registers them for WASM). Tests compare the two, values and gradients.
 */
import * as tf from '@tensorflow/tfjs-core'
import { NORM_EPSILON } from './params.ts'
import { denseOf, rowCount, type SparseMatrix } from './sparse.ts'

/** Names under which the kernels are registered. */
export const KERNELS = {
  norm: 'VitrineNorm',
  normGradient: 'VitrineNormGradient',
  swiglu: 'VitrineSwiglu',
  swigluGradient: 'VitrineSwigluGradient',
  attention: 'VitrineAttention',
  attentionGradient: 'VitrineAttentionGradient',
  softmaxLoss: 'VitrineSoftmaxLoss',
  dropout: 'VitrineDropout',
  sparseMatMul: 'VitrineSparseMatMul',
  sparseMatMulGradient: 'VitrineSparseMatMulGradient',
} as const

const isFused = (name: string) => tf.getKernel(name, tf.getBackend()) !== undefined

/** Kernels are called outside the tape: `tf.customGrad` around them says how gradients flow. */
function run(name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor[] {
  const result = tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[]
  return Array.isArray(result) ? result : [result]
}

type Save = tf.GradSaveFunc

/** x / √(mean(x²) + ε) · gain, for each row (RMSNorm, Zhang & Sennrich 2019). @param x (T, d) @param gain (d) */
export function rmsNorm(x: tf.Tensor2D, gain: tf.Tensor): tf.Tensor2D {
  if (!isFused(KERNELS.norm) || x.shape[1] % 4 !== 0) {
    const size = tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), NORM_EPSILON)) // (T, 1)
    return tf.mul(tf.mul(x, size), gain) // (T, d)
  }
  return tf.customGrad((...inputs) => {
    const [x, gain, save] = inputs as unknown as [tf.Tensor, tf.Tensor, Save]
    const [value] = run(KERNELS.norm, { x, gain })
    save([x, gain])
    return {
      value,
      gradFunc: (dy: tf.Tensor, [x, gain]: tf.Tensor[]) => run(KERNELS.normGradient, { dy, x, gain }),
    }
  })(x, gain) as tf.Tensor2D
}

/** gate · σ(gate) · value (Shazeer 2020). @param up (T, 2f) gate and value beside each other @returns (T, f) */
export function swiglu(up: tf.Tensor2D): tf.Tensor2D {
  const hidden = up.shape[1] / 2
  if (!isFused(KERNELS.swiglu) || hidden % 4 !== 0) {
    const gate = tf.slice(up, [0, 0], [-1, hidden]) // (T, f)
    const value = tf.slice(up, [0, hidden], [-1, hidden]) // (T, f)
    return tf.mul(tf.mul(gate, tf.sigmoid(gate)), value) // (T, f)
  }
  return tf.customGrad((...inputs) => {
    const [up, save] = inputs as unknown as [tf.Tensor, Save]
    const [value] = run(KERNELS.swiglu, { up })
    save([up])
    return { value, gradFunc: (dy: tf.Tensor, [up]: tf.Tensor[]) => run(KERNELS.swigluGradient, { dy, up })[0] }
  })(up) as tf.Tensor2D
}

/** How tokens lie in a batch and what each may look at. */
export interface Bands {
  /** (B·L) the first token that each token sees; it sees all from there to itself, at most W */
  first: Int32Array
  sequences: number
  length: number
  heads: number
  window: number
}

/**
 * Attention of each token to those before it, within its band, with a bias for each distance.
 * @param qkv (B·L, 3d) queries, keys and values beside each other, each of H heads of D
 * @param bias (W, H)
 * @returns (B·L, d)
 */
export function attention(qkv: tf.Tensor2D, bias: tf.Tensor2D, bands: Bands): tf.Tensor2D {
  const { sequences: B, length: L, heads: H, window: W } = bands
  const d = qkv.shape[1] / 3
  const D = d / H
  const scale = 1 / Math.sqrt(D)
  if (!isFused(KERNELS.attention) || D % 4 !== 0) {
    const { distance, outside } = maskOf(bands)
    const [q, k, v] = tf.split(qkv, 3, 1).map(
      (part) => tf.reshape(tf.transpose(tf.reshape(part, [B, L, H, D]), [0, 2, 1, 3]), [B * H, L, D]), // (B·H, L, D)
    )
    const far = tf.reshape(tf.gather(bias, tf.tensor1d(distance, 'int32')), [1, L, L, H]) // (1, L, L, H)
    const masked = tf.add(tf.transpose(far, [0, 3, 1, 2]), tf.tensor4d(outside, [B, 1, L, L])) // (B, H, L, L)
    const logits = tf.add(tf.mul(tf.matMul(q, k, false, true), scale), tf.reshape(masked, [B * H, L, L])) // (B·H, L, L)
    const mixed = tf.matMul(tf.softmax(logits), v) // (B·H, L, D)
    return tf.reshape(tf.transpose(tf.reshape(mixed, [B, H, L, D]), [0, 2, 1, 3]), [B * L, d]) // (B·L, d)
  }
  const first = tf.tensor1d(bands.first, 'int32') // (B·L)
  const attrs = { heads: H, window: W, scale }
  return tf.customGrad((...inputs) => {
    const [qkv, bias, save] = inputs as unknown as [tf.Tensor, tf.Tensor, Save]
    const [value, shares] = run(KERNELS.attention, { qkv, bias, first }, attrs)
    save([qkv, shares, first])
    return {
      value,
      gradFunc: (dy: tf.Tensor, [qkv, shares, first]: tf.Tensor[]) =>
        run(KERNELS.attentionGradient, { dy, qkv, shares, first }, attrs),
    }
  })(qkv, bias) as tf.Tensor2D
}

/** (L·L) how far back token j lies from i, and (B·L·L) −1e9 for the pairs that do not see each other. */
function maskOf({ first, sequences, length: L, window }: Bands): { distance: Int32Array; outside: Float32Array } {
  const distance = new Int32Array(L * L)
  for (let i = 0; i < L; i++) {
    for (let j = 0; j <= i; j++) distance[i * L + j] = Math.min(window - 1, i - j)
  }
  const outside = new Float32Array(sequences * L * L).fill(-1e9)
  for (let token = 0; token < sequences * L; token++) {
    const start = token - (token % L)
    outside.fill(0, token * L + first[token] - start, token * L + token - start + 1)
  }
  return { distance, outside }
}

/**
 * Mean over rows of log(Σ_s e^(states_n · vectors_s + offset_s)) − own_n: softmax cross-entropy, of which the own item's
 * logit is given apart.
 * @param states (N, d)
 * @param vectors (S, d) @param offsets (S)
 * @param own (N)
 * @param skip (N) absent when the own item is among the vectors. Else it is not, e^own joins the sum, and the vector that
 *   happens to be the same item, −1 for none, is left out of it.
 */
export function softmaxLoss(
  states: tf.Tensor2D,
  vectors: tf.Tensor2D,
  offsets: tf.Tensor1D,
  own: tf.Tensor1D,
  skip?: Int32Array,
): tf.Scalar {
  if (!isFused(KERNELS.softmaxLoss)) {
    const logits = tf.add(tf.matMul(states, vectors, false, true), offsets) as tf.Tensor2D // (N, S)
    if (!skip) return tf.mean(tf.sub(logSumExp(logits), own))
    const skipped = tf.tensor2d(skipMask(skip, vectors.shape[0]), logits.shape) // (N, S)
    // log(e^own + Σ e^others) − own
    return tf.mean(tf.softplus(tf.sub(logSumExp(tf.add(logits, skipped)), own)))
  }
  const rows = states.shape[0]
  const apart = skip && tf.tensor1d(skip, 'int32')
  return tf.customGrad((...inputs) => {
    const [states, vectors, offsets, own, save] = inputs as unknown as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      Save,
    ]
    const given = { states, vectors, offsets, own, ...(apart ? { skip: apart } : {}) }
    const [losses, ...slopes] = run(KERNELS.softmaxLoss, given)
    save(slopes)
    return {
      value: tf.mean(losses),
      gradFunc: (dy: tf.Tensor, slopes: tf.Tensor[]) => {
        const share = tf.div(dy, rows)
        return slopes.map((slope) => tf.mul(slope, share))
      },
    }
  })(states, vectors, offsets, own) as tf.Scalar
}

/** −1e9 at the vector to leave out of each row: (N · S). */
function skipMask(skip: Int32Array, vectors: number): Float32Array {
  const mask = new Float32Array(skip.length * vectors)
  skip.forEach((at, row) => {
    if (at >= 0) mask[row * vectors + at] = -1e9
  })
  return mask
}

/** Its gradient is the softmax; TF.js's own goes through Max and Equal, ten times slower on a CPU. */
const logSumExp = tf.customGrad((x, save) => {
  const logits = x as tf.Tensor2D
  const peak = tf.max(logits, 1, true) // (N, 1)
  const powers = tf.exp(tf.sub(logits, peak)) // (N, S)
  const sum = tf.sum(powers, 1, true) // (N, 1)
  ;(save as Save)([powers, sum])
  return {
    value: tf.reshape(tf.add(tf.log(sum), peak), [-1]), // (N)
    gradFunc: (dy: tf.Tensor, [p, s]: tf.Tensor[]) => tf.mul(p, tf.div(tf.reshape(dy, [-1, 1]), s)), // (N, S)
  }
})

/**
 * Sets a share of x to 0 and scales the rest up (Srivastava et al. 2014). What is dropped follows from the seed and the
 * place alone, so that it is the same on every back end.
 * @param from the place of x's first number in what it is a part of: parts drop what the whole would
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, seed: number, from = 0): T {
  if (rate <= 0) return x
  // The hash is of place · PLACE_FACTOR + seed.
  const attrs = {
    seed: (seed + Math.imul(from, PLACE_FACTOR)) | 0,
    threshold: Math.round(rate * 2 ** 32) >>> 0,
    scale: 1 / (1 - rate),
  }
  if (!isFused(KERNELS.dropout)) return tf.mul(x, tf.tensor(dropoutFactors(x.size, attrs), x.shape)) as T
  return tf.customGrad((...inputs) => {
    const [x] = inputs as unknown as [tf.Tensor]
    const [value] = run(KERNELS.dropout, { x }, attrs)
    return { value, gradFunc: (dy: tf.Tensor) => run(KERNELS.dropout, { x: dy }, attrs)[0] }
  })(x) as T
}

const PLACE_FACTOR = 0x9e3779b1

/** The finaliser of MurmurHash3 over place and seed: (size) 0 or `scale`. */
export function dropoutFactors(
  size: number,
  { seed, threshold, scale }: { seed: number; threshold: number; scale: number },
): Float32Array {
  const factors = new Float32Array(size)
  for (let i = 0; i < size; i++) {
    let hash = (Math.imul(i, PLACE_FACTOR) + seed) | 0
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash = (hash ^ (hash >>> 16)) >>> 0
    if (hash >= threshold) factors[i] = scale
  }
  return factors
}

/** A matrix that stays as it is, most of whose entries are 0: those that are not, where there is a kernel; else all. */
export interface SparseTensors {
  /** Rows, columns. */
  shape: [number, number]
  /** starts (rows + 1), columns and values of the entries; or the whole matrix. */
  tensors: [starts: tf.Tensor1D, columns: tf.Tensor1D, values: tf.Tensor1D] | [dense: tf.Tensor2D]
  dispose(): void
}

/** Copies a matrix to the back end. The caller disposes it. */
export function sparseTensors(matrix: SparseMatrix): SparseTensors {
  const shape: [number, number] = [rowCount(matrix), matrix.width]
  const { starts, columns, values } = matrix
  const tensors: SparseTensors['tensors'] = isFused(KERNELS.sparseMatMul)
    ? [tf.tensor1d(starts, 'int32'), tf.tensor1d(columns, 'int32'), tf.tensor1d(values)]
    : [tf.tensor2d(denseOf(matrix), shape)]
  return { shape, tensors, dispose: () => tf.dispose(tensors) }
}

/** a · b, with a gradient for b alone. @param a (R, C) @param b (C, d) @returns (R, d) */
export function sparseMatMul({ shape: [rows, width], tensors }: SparseTensors, b: tf.Tensor2D): tf.Tensor2D {
  if (tensors.length === 1) return tf.matMul(tensors[0], b)
  const [starts, columns, values] = tensors
  return tf.customGrad((...inputs) => {
    const [b, save] = inputs as unknown as [tf.Tensor, Save]
    const [value] = run(KERNELS.sparseMatMul, { starts, columns, values, b }, { rows })
    save([starts, columns, values])
    return {
      value,
      gradFunc: (dy: tf.Tensor, [starts, columns, values]: tf.Tensor[]) =>
        run(KERNELS.sparseMatMulGradient, { starts, columns, values, dy }, { width })[0],
    }
  })(b) as tf.Tensor2D
}
