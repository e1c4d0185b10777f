/**
 * Our kernels on TF.js's WASM back end (4.22): `assembly/training.ts`, compiled, in the same memory. They take the place of
 * some of TF.js's own and serve the operations of `ops.ts`.
 *
 * `BatchMatMul`: TF.js leaves XNNPACK (15 GFLOP/s) for a scalar loop (1.4) whenever an operand is transposed or the batch is
 * larger than one. Ours takes strides, so that all cases are one, at 30 to 42.
 * `UnsortedSegmentSum`, the gradient of `gather`, is missing there.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { KERNELS } from './ops.ts'
import { NORM_EPSILON } from './params.ts'

/** What `assembly/training.ts` exports. Pointers are byte offsets into the back end's memory. */
type Kernels = Record<
  | 'matMul'
  | 'norm'
  | 'normGradient'
  | 'swiglu'
  | 'swigluGradient'
  | 'attention'
  | 'attentionGradient'
  | 'gather'
  | 'scatterAdd'
  | 'softmaxLoss'
  | 'dropout'
  | 'sparseMatMul'
  | 'sparseMatMulGradient',
  (...args: number[]) => void
>

/** Floats that `matMul` packs into, and rows of logits that `softmaxLoss` holds: as in `assembly/training.ts`. */
const PACKED = 256 * 512 + 48
const LOSS_ROWS = 240

interface Emscripten {
  asm?: { memory?: WebAssembly.Memory }
  _malloc(bytes: number): number
  _free(pointer: number): void
}

interface Call {
  /** Where a tensor's data begins. */
  pointer(info: tf.TensorInfo): number
  /** A new tensor, filled with 0 on request. */
  make(shape: number[], zeros?: boolean): tf.TensorInfo
  inputs: Record<string, tf.TensorInfo>
  attrs: Record<string, number>
  /** Memory for `floats` numbers, for as long as the call lasts. */
  scratch(floats: number): number
}

/**
 * Call once, after the WASM back end is ready.
 * @param code the compiled module
 * @throws Error when the back end is not WASM, or keeps its memory to itself
 */
export async function installFusedKernels(code: BufferSource): Promise<void> {
  const backend = tf.backend() as BackendWasm
  // Emscripten's memory and allocator are there, but not in TF.js's types.
  const emscripten = backend.wasm as unknown as Emscripten
  const memory = emscripten.asm?.memory
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('the WASM back end of TF.js does not show its memory')
  const { instance } = await WebAssembly.instantiate(code, { env: { memory }, input: { log: Math.log } })
  const kernels = instance.exports as unknown as Kernels
  const packed = emscripten._malloc(4 * PACKED)
  let reserve = { pointer: 0, floats: 0 }

  const register = (kernelName: string, compute: (call: Call) => tf.TensorInfo | tf.TensorInfo[]) => {
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm')
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) => {
        const made: tf.TensorInfo[] = []
        const call: Call = {
          inputs: inputs as Record<string, tf.TensorInfo>,
          attrs: (attrs ?? {}) as Record<string, number>,
          pointer: ({ dataId }) => backend.dataIdMap.get(dataId).memoryOffset,
          make(shape, zeros = false) {
            const info = backend.makeOutput(shape, 'float32')
            made.push(info)
            if (zeros) backend.typedArrayFromHeap(info).fill(0)
            return info
          },
          scratch(floats) {
            if (floats > reserve.floats) {
              if (reserve.pointer) emscripten._free(reserve.pointer)
              reserve = { pointer: 0, floats: 0 }
              reserve = { pointer: emscripten._malloc(4 * floats) >>> 0, floats }
            }
            return reserve.pointer
          },
        }
        try {
          return compute(call)
        } catch (error) {
          // Memory may be at its end. TF.js knows nothing of these yet, and would keep them for ever.
          for (const { dataId } of made) backend.disposeData(dataId)
          throw error
        }
      },
    })
  }

  register('BatchMatMul', ({ inputs: { a, b }, attrs, pointer, make }) => {
    const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean }
    const [aRows, aColumns] = a.shape.slice(-2)
    const [bRows, bColumns] = b.shape.slice(-2)
    const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns]
    const n = transposeB ? bRows : bColumns
    const [aBatch, bBatch] = [a, b].map(({ shape }) => shape.slice(0, -2).reduce((product, size) => product * size, 1))
    const batch = Math.max(aBatch, bBatch)
    const outer = (aBatch >= bBatch ? a : b).shape.slice(0, -2)
    const product = make([...outer, m, n])
    for (let i = 0; i < batch; i++) {
      kernels.matMul(
        pointer(a) + 4 * (aBatch === 1 ? 0 : i * m * k),
        ...(transposeA ? [1, m] : [k, 1]),
        pointer(b) + 4 * (bBatch === 1 ? 0 : i * k * n),
        ...(transposeB ? [1, k] : [n, 1]),
        pointer(product) + 4 * i * m * n,
        m,
        n,
        k,
        0,
        packed,
      )
    }
    return product
  })

  const gatherAnything = tf.getKernel('GatherV2', 'wasm') as tf.KernelConfig
  register('GatherV2', (call) => {
    const { inputs, attrs, pointer, make } = call
    const { x, indices } = inputs
    const count = indices.shape.reduce((product, size) => product * size, 1)
    // Rows of a table are copied as they lie; whatever else TF.js gathers, it gathers itself.
    if (x.shape.length !== 2 || x.dtype !== 'float32' || attrs.axis !== 0 || attrs.batchDims > 0) {
      return gatherAnything.kernelFunc({ inputs, backend, attrs }) as tf.TensorInfo
    }
    const [, width] = x.shape
    const rows = make([...indices.shape, width])
    kernels.gather(pointer(x), pointer(indices), pointer(rows), count, width)
    return rows
  })

  register('UnsortedSegmentSum', ({ inputs: { x, segmentIds }, attrs: { numSegments }, pointer, make }) => {
    const inner = x.shape.slice(segmentIds.shape.length)
    const sums = make([numSegments, ...inner], true)
    const count = segmentIds.shape.reduce((product, size) => product * size, 1)
    const width = inner.reduce((product, size) => product * size, 1)
    kernels.scatterAdd(pointer(x), pointer(segmentIds), pointer(sums), count, width)
    return sums
  })

  // TF.js copies here, and it clones whatever is saved for a gradient: a copy of nearly each operand of a step.
  register('Identity', ({ inputs: { x } }) => {
    backend.incRef(x.dataId)
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype }
  })

  register(KERNELS.norm, ({ inputs: { x, gain }, pointer, make }) => {
    const [rows, d] = x.shape
    const y = make([rows, d])
    kernels.norm(pointer(x), pointer(gain), pointer(y), rows, d, NORM_EPSILON)
    return y
  })

  register(KERNELS.normGradient, ({ inputs: { dy, x, gain }, pointer, make }) => {
    const [rows, d] = x.shape
    const [dx, dgain] = [make([rows, d]), make([d], true)]
    kernels.normGradient(pointer(dy), pointer(x), pointer(gain), pointer(dx), pointer(dgain), rows, d, NORM_EPSILON)
    return [dx, dgain]
  })

  register(KERNELS.swiglu, ({ inputs: { up }, pointer, make }) => {
    const [rows, both] = up.shape
    const y = make([rows, both / 2])
    kernels.swiglu(pointer(up), pointer(y), rows, both / 2)
    return y
  })

  register(KERNELS.swigluGradient, ({ inputs: { dy, up }, pointer, make }) => {
    const [rows, both] = up.shape
    const dup = make([rows, both])
    kernels.swigluGradient(pointer(dy), pointer(up), pointer(dup), rows, both / 2)
    return dup
  })

  register(KERNELS.attention, ({ inputs: { qkv, bias, first }, attrs: { heads, window, scale }, pointer, make }) => {
    const [tokens, width] = qkv.shape
    const d = width / 3
    const [out, shares] = [make([tokens, d]), make([heads, tokens, window])]
    const sizes = [tokens, heads, d / heads, window, scale]
    kernels.attention(pointer(qkv), pointer(bias), pointer(first), pointer(out), pointer(shares), ...sizes)
    return [out, shares]
  })

  register(KERNELS.attentionGradient, ({ inputs, attrs: { heads, window, scale }, pointer, make, scratch }) => {
    const { dy, qkv, shares, first } = inputs
    const [tokens, width] = qkv.shape
    const [dqkv, dbias] = [make([tokens, width], true), make([window, heads], true)]
    const slopes = scratch(window)
    const sizes = [tokens, heads, width / 3 / heads, window, scale]
    const given = [dy, qkv, shares, first, dqkv, dbias].map(pointer)
    kernels.attentionGradient(...given, slopes, ...sizes)
    return [dqkv, dbias]
  })

  register(KERNELS.softmaxLoss, ({ inputs: { states, vectors, offsets, own, skip }, pointer, make, scratch }) => {
    const [rows, d] = states.shape
    const [count] = vectors.shape
    const loss = make([rows])
    const slopes = [make([rows, d]), make([count, d], true), make([count], true), make([rows])]
    const logits = scratch(Math.min(rows, LOSS_ROWS) * count)
    const given = [states, vectors, offsets, own].map(pointer)
    const made = [loss, ...slopes].map(pointer)
    kernels.softmaxLoss(...given, skip ? pointer(skip) : 0, ...made, rows, count, d, logits, packed)
    return [loss, ...slopes]
  })

  register(KERNELS.dropout, ({ inputs: { x }, attrs: { seed, threshold, scale }, pointer, make }) => {
    const y = make(x.shape)
    const size = x.shape.reduce((product, n) => product * n, 1)
    kernels.dropout(pointer(x), pointer(y), size, seed, threshold, scale)
    return y
  })

  register(KERNELS.sparseMatMul, ({ inputs: { starts, columns, values, b }, attrs: { rows }, pointer, make }) => {
    const [, d] = b.shape
    const y = make([rows, d], true)
    kernels.sparseMatMul(pointer(starts), pointer(columns), pointer(values), pointer(b), pointer(y), rows, d)
    return y
  })

  register(KERNELS.sparseMatMulGradient, ({ inputs, attrs: { width }, pointer, make }) => {
    const { starts, columns, values, dy } = inputs
    const [rows, d] = dy.shape
    const db = make([width, d], true)
    kernels.sparseMatMulGradient(pointer(starts), pointer(columns), pointer(values), pointer(dy), pointer(db), rows, d)
    return db
  })
}
