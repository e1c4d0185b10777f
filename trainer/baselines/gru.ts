/**
 * GRU4Rec (Hidasi, Karatzoglou, Baltrunas & Tikk 2016; Hidasi & Karatzoglou 2018): one layer of gated recurrent units reads
 * the items in order; its state after the last one scores all of them against the same table it reads from ("constrained
 * embedding").
 *
 *     r, z = σ(x W_{r,z} + h U_{r,z} + b)
 *     n    = tanh(x W_n + b_n + r ⊙ (h U_n + c_n))
 *     h    = (1 − z) ⊙ n + z ⊙ h
 *     score(b) = h · e_b + bias_b
 *
 * The reset gate acts after the product, as in cuDNN and in the authors' PyTorch version. The loss is cross-entropy over
 * items sampled by frequency^.75 with logQ, their best on three of six sets; whole sequences are unrolled instead of the
 * paper's session-parallel batches, in which gradients stop after one step.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { SequenceEncoder, SequenceSettings } from './sequence-network.ts'

/** Usual values, the same for both networks of other families; not tuned. */
export const GRU_SETTINGS: SequenceSettings = {
  width: 64,
  length: 50,
  negatives: 1024,
  batchTokens: 2048,
  learningRate: 3e-3,
  dropout: 0.3,
  epochs: 30,
  patience: 3,
}

export const gru: SequenceEncoder = {
  name: 'gru',

  shapes: (d) => ({
    'gru.input': [d, 3 * d],
    'gru.state': [d, 3 * d],
    'gru.inputBias': [3 * d],
    'gru.stateBias': [3 * d],
  }),

  encode(weights, table, { rows, first, sequences: B, length: L }, at, dropout) {
    const d = table.shape[1]
    // Time first, so that a step is one piece of memory.
    const byTime = Int32Array.from(rows, (_, n) => rows[(n % B) * L + Math.floor(n / B)])
    const x = dropout(tf.gather(table, tf.tensor1d(byTime, 'int32')) as tf.Tensor2D) // (L·B, d)
    const input = tf.add(tf.matMul(x, weights['gru.input'] as tf.Tensor2D), weights['gru.inputBias']) // (L·B, 3d)
    let h = tf.zeros([B, d]) as tf.Tensor2D
    // A history that begins in a row begins without a state.
    const goesOn = tf.tensor2d(
      Float32Array.from(rows, (_, n) =>
        Number(first[(n % B) * L + Math.floor(n / B)] < (n % B) * L + Math.floor(n / B)),
      ),
      [L * B, 1],
    )
    const kept = tf.split(goesOn, L) // (B, 1) each
    const states = tf.split(input, L).map((own, t) => {
      h = tf.mul(h, kept[t])
      const state = tf.add(tf.matMul(h, weights['gru.state'] as tf.Tensor2D), weights['gru.stateBias']) // (B, 3d)
      const [xr, xz, xn] = tf.split(own, 3, 1) // (B, d) each
      const [hr, hz, hn] = tf.split(state, 3, 1) // (B, d) each
      const r = tf.sigmoid(tf.add(xr, hr))
      const z = tf.sigmoid(tf.add(xz, hz))
      const n = tf.tanh(tf.add(xn, tf.mul(r, hn)))
      h = tf.add(n, tf.mul(z, tf.sub(h, n))) // (B, d)
      return h
    })
    const places = Int32Array.from(at, (place) => (place % L) * B + Math.floor(place / L))
    return dropout(tf.gather(tf.concat(states), tf.tensor1d(places, 'int32')) as tf.Tensor2D) // (N, d)
  },
}
