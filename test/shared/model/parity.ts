/**
 * Compares `infer.ts` with `model.ts` on whatever TF.js back end is ready: the same dequantised weights, the same
 * histories. Runs in Node and, bundled, in Chromium.
 */
import * as tf from '@tensorflow/tfjs-core'
import { seeded } from '../../../shared/data/random.ts'
import { ACTIONS, gapBucket, type Token } from '../../../shared/data/sequence.ts'
import { compile, decompile } from '../../../shared/model/compile.ts'
import { scoreItems, startState, step } from '../../../shared/model/infer.ts'
import { withKernel } from '../../../shared/model/kernel.ts'
import { topK } from '../../../shared/model/metrics.ts'
import { type Batch, encode, firstOfRows, itemTable, score, tensorsOf } from '../../../shared/model/model.ts'
import { initParams, type ModelConfig } from '../../../shared/model/params.ts'

export interface Parity {
  histories: number
  /** Whether the kernel ran, and not the plain loops. */
  kernel: boolean
  /** Largest difference of a score. */
  worst: number
  /** Histories whose top 10 differ by more than swaps of scores closer than 2e-4. */
  differentTops: number
  /** Largest absolute score: the differences mean nothing if all scores are tiny. */
  largest: number
}

/** Heads above 1, a window shorter than the histories, and weights as large as trained ones: where mistakes would show. */
const CONFIG: ModelConfig = { items: 300, contentWidth: 0, width: 32, blocks: 2, heads: 2, window: 8, hidden: 48 }

/** @param kernel `kernels/rank.ts` compiled, to run the network on */
export async function parity(histories: number, kernel?: WebAssembly.Module, length = 20): Promise<Parity> {
  const random = seeded('parity')
  const trained = initParams(CONFIG, 'parity')
  for (const [name, { values }] of Object.entries(trained)) {
    for (let i = 0; i < values.length; i++) {
      if (name.startsWith('item') || name.startsWith('token')) values[i] = 0.3 * random.normal()
      else if (name.includes('norm')) values[i] = 0.5 + random.next()
      else if (name.endsWith('distance')) values[i] = random.normal()
    }
  }
  const plain = compile(CONFIG, trained)
  const compiled = kernel ? withKernel(plain, kernel) : plain
  const { config, params } = decompile(plain)
  const weights = tensorsOf(params)
  const result: Parity = { histories, kernel: compiled.kernel !== undefined, worst: 0, differentTops: 0, largest: 0 }
  for (let done = 0; done < histories; ) {
    const sequences = Math.min(100, histories - done)
    const tokens = Array.from({ length: sequences }, () => randomHistory(random, length))
    const expected = await scoresOfModel(weights, config, tokens, length)
    tokens.forEach((history, n) => {
      const state = startState(compiled)
      for (const token of history) step(compiled, state, token)
      const scores = new Float32Array(config.items)
      scoreItems(compiled, state.state, scores)
      const reference = expected.subarray(n * config.items, (n + 1) * config.items)
      for (let i = 0; i < scores.length; i++) {
        const difference = Math.abs(scores[i] - reference[i])
        // Not Math.max: NaN must not pass for a small difference.
        if (!(difference <= result.worst)) result.worst = difference
        result.largest = Math.max(result.largest, Math.abs(reference[i]))
      }
      if (!sameTop(scores, reference as Float32Array<ArrayBuffer>)) result.differentTops++
    })
    done += sequences
  }
  for (const tensor of Object.values(weights)) tensor.dispose()
  return result
}

function randomHistory(random: ReturnType<typeof seeded>, length: number): Token[] {
  let time = 1_700_000_000_000
  return Array.from({ length }, () => {
    time += Math.floor(Math.exp(random.next() * 18) * 1000)
    return { item: random.int(CONFIG.items), action: random.int(ACTIONS.length - 1), time }
  })
}

/** Last states of a batch of histories, scored by `model.ts`: (sequences · V). */
async function scoresOfModel(
  weights: Record<string, tf.Tensor>,
  config: ModelConfig,
  histories: Token[][],
  length: number,
): Promise<Float32Array> {
  const flat = histories.flat()
  const batch: Batch = {
    rows: Int32Array.from(flat, (token) => token.item),
    actions: Int32Array.from(flat, (token) => token.action),
    gaps: Int32Array.from(flat, (token, at) =>
      gapBucket(token.time, at % length === 0 ? undefined : flat[at - 1].time),
    ),
    first: firstOfRows(histories.length, length, config.window),
    sequences: histories.length,
    length,
  }
  const scores = tf.tidy(() => {
    const table = itemTable(weights)
    const states = encode(weights, config, table, batch)
    const last = tf.gather(
      states,
      tf.tensor1d(
        histories.map((_, n) => n * length + length - 1),
        'int32',
      ),
    ) as tf.Tensor2D
    return score(weights, table, last)
  })
  const values = (await scores.data()) as Float32Array
  scores.dispose()
  return values
}

function sameTop(a: Float32Array, b: Float32Array): boolean {
  const [topA, topB] = [topK(a, 10), topK(b, 10)]
  return topA.every((item, place) => item === topB[place] || Math.abs(b[item] - b[topB[place]]) < 2e-4)
}
