/** The step in TF.js on its WebAssembly back end, one thread: keys and values stay tensors, the table is stored (d, V). */
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import type { CompiledModel } from '../../shared/model/compile.ts'
import { NORM_EPSILON } from '../../shared/model/params.ts'
import { rowsOf } from '../../shared/model/quantise.ts'
import { oldestFirst, transposed } from './onnx-step.ts'
import { Clock, type StepEngine, TOP } from './step-engine.ts'

/** @param folder where the back end's files are served */
export async function loadTfjs(folder: string): Promise<void> {
  setWasmPaths(folder)
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  if (!(await tf.setBackend('wasm'))) throw new Error('TF.js has no WASM back end here')
  await tf.ready()
}

export function tfjsEngine(model: CompiledModel): StepEngine {
  const { items, width: d, heads: H, window: W, hidden } = model.config
  const D = d / H
  const clock = new Clock(W)
  const table = tf.tensor2d(transposed(rowsOf(model.table), items, d), [d, items])
  const bias = tf.tensor1d(model.bias)
  const action = tf.tensor2d(model.action, [model.action.length / d, d])
  const gap = tf.tensor2d(model.gap, [model.gap.length / d, d])
  const gain = tf.tensor1d(model.norm)
  const blocks = model.blocks.map((block) => ({
    qkv: tf.tensor2d(block.qkv, [d, 3 * d]),
    distance: tf.tensor3d(oldestFirst(block.distance, W, H), [H, 1, W]),
    out: tf.tensor2d(block.out, [d, d]),
    up: tf.tensor2d(block.up, [d, 2 * hidden]),
    down: tf.tensor2d(block.down, [hidden, d]),
  }))
  let caches = blocks.map(() => [tf.zeros([H, W, D]), tf.zeros([H, W, D])] as tf.Tensor3D[])

  const normalised = (x: tf.Tensor2D) =>
    tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), NORM_EPSILON))) as tf.Tensor2D

  return {
    step(token) {
      const now = clock.next(token)
      const { values, indices, next } = tf.tidy(() => {
        const row = tf.reshape(tf.slice(table, [0, now.item], [d, 1]), [1, d])
        const context = tf.add(tf.slice(action, [now.action, 0], [1, d]), tf.slice(gap, [now.gap, 0], [1, d]))
        let x = tf.add(tf.mul(row, Math.sqrt(d)), context) as tf.Tensor2D // (1, d)
        const mask = tf.tensor1d(now.mask)
        const next = blocks.map((block, n) => {
          const [q, k, v] = tf
            .split(tf.matMul(normalised(x), block.qkv), 3, 1)
            .map((part) => tf.reshape(part, [H, 1, D]) as tf.Tensor3D)
          const [keys, values] = [k, v].map((added, i) =>
            tf.concat([tf.slice(caches[n][i], [0, 1, 0], [H, W - 1, D]), added], 1),
          ) // (H, W, D)
          const logits = tf.add(tf.add(tf.matMul(q, keys, false, true), block.distance), mask) // (H, 1, W)
          const mixed = tf.reshape(tf.matMul(tf.softmax(logits), values), [1, d]) as tf.Tensor2D
          x = tf.add(x, tf.matMul(mixed, block.out))
          const [gate, open] = tf.split(tf.matMul(normalised(x), block.up), 2, 1)
          const activated = tf.mul(tf.mul(gate, tf.sigmoid(gate)), open) as tf.Tensor2D
          x = tf.add(x, tf.matMul(activated, block.down))
          return [keys, values]
        })
        const state = tf.mul(normalised(x), gain) as tf.Tensor2D
        const scores = tf.add(tf.reshape(tf.matMul(state, table), [items]), bias) as tf.Tensor1D
        return { ...tf.topk(scores, TOP), next }
      })
      tf.dispose(caches.flat())
      caches = next
      const best = { items: Array.from(indices.dataSync()), scores: Array.from(values.dataSync()) }
      tf.dispose([values, indices])
      return best
    },
    dispose() {
      tf.dispose([table, bias, action, gap, gain, ...blocks.flatMap((block) => Object.values(block)), ...caches.flat()])
    },
  }
}
