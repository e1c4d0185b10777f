/**
 * What each part of the network is worth: the same training without it, or with another size, asked on validation.
 *
 *     npm run bench -- ablation [--rows 'full softmax,2 blocks'] --json
 *
 * Beauty (leave-one-out) for what works on order alone; Online Retail (time split) for what reads times, actions and
 * content. Rows have the mean of SEEDS and the paired difference to the preset with its interval. `--rows` measures some
 * of them, beside their preset.
 */
import { parseArgs } from 'node:util'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { VIEW } from '../../shared/data/sequence.ts'
import { KERNELS } from '../../shared/model/ops.ts'
import { readyBackend } from '../../trainer/backend.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import { loadHistories } from '../../trainer/datasets/load.ts'
import { pairedInterval, type QueryMetrics } from '../../trainer/evaluate.ts'
import { PRESETS, type Preset } from '../../trainer/presets.ts'
import { split } from '../../trainer/protocol.ts'
import { type Query, sampleQueries } from '../../trainer/queries.ts'
import { type TrainOptions, train } from '../../trainer/train.ts'
import { besideRepository } from '../shared-data.ts'
import { type Row, rounded } from './row.ts'

const SEEDS = ['1', '2', '3']
const QUERIES = 4000

interface Change {
  name: string
  /** What else is done to this process before the training, and undone by what it returns. */
  around?: () => () => void
  preset?: Partial<Preset>
  without?: string[]
  /** Everything done is a view, in training and in what is asked. */
  blindToActions?: boolean
}

const ON_ORDER: Change[] = [
  { name: 'preset' },
  { name: 'no positions', without: ['.distance'] },
  { name: 'window 10', preset: { window: 10 } },
  { name: '2 heads', preset: { heads: 2 } },
  { name: '2 blocks', preset: { blocks: 2 } },
  { name: 'no attention', without: ['.out'] },
  { name: 'no feed-forward', without: ['.down'] },
  { name: 'no gate: max(0, value)', around: withoutGate },
  { name: 'feed-forward of 256', preset: { hidden: 256 } },
  { name: 'dropout .2', preset: { dropout: 0.2 } },
  { name: '256 negatives', preset: { negatives: 256 } },
  { name: '4096 negatives', preset: { negatives: 4096 } },
  { name: 'full softmax', preset: { negatives: Number.MAX_SAFE_INTEGER } },
]

const ON_CONTENT: Change[] = [
  { name: 'preset' },
  { name: 'no time gaps', without: ['token.gap'] },
  { name: 'no actions', blindToActions: true },
  { name: 'no id-dropout', preset: { idDropout: 0 } },
  { name: 'id-dropout .3', preset: { idDropout: 0.3 } },
  { name: 'no content', without: ['item.content'] },
]

/** @throws {TypeError} for a flag that is not --rows, and {Error} for a row that is not there */
export async function bench(flags: string[]): Promise<Row[]> {
  const { values } = parseArgs({ args: flags, options: { rows: { type: 'string' }, json: { type: 'boolean' } } })
  const wanted = values.rows?.split(',')
  const unknown = wanted?.find((row) => ![...ON_ORDER, ...ON_CONTENT].some(({ name }) => name === row))
  if (unknown) throw new Error(`ablation: no row "${unknown}"`)
  const chosen = (changes: Change[]) => {
    const some = changes.filter(({ name }) => wanted?.includes(name) ?? true)
    return some.length && some[0] !== changes[0] ? [changes[0], ...some] : some
  }
  await readyBackend('wasm')
  return [
    ...(await measure('amazon-2014-5core/Beauty.txt.gz', 'leave-one-out', 'standard', chosen(ON_ORDER), 16)),
    ...(await measure('uci-online-retail/online-retail.csv.gz', 'time-split', 'tiny', chosen(ON_CONTENT))),
  ]
}

async function measure(
  file: string,
  protocol: 'leave-one-out' | 'time-split',
  name: keyof typeof PRESETS,
  changes: Change[],
  epochs: number = PRESETS[name].epochs,
): Promise<Row[]> {
  if (!changes.length) return []
  const preset = { ...PRESETS[name], epochs }
  const path = besideRepository('data', ...file.split('/'))
  if (!path) {
    console.error(`ablation: skipped, data/${file} is not beside the repository`)
    return []
  }
  const original = await loadHistories(path)
  // One for all rows: what is left out of a history must not change what is asked.
  const found = split(original, protocol)
  const queries = sampleQueries(found.validation, QUERIES, 'ablation')
  const views = (actions: Uint8Array) => actions.map(() => VIEW)
  const rows: Row[] = []
  let base: Asked | undefined
  for (const change of changes) {
    const blind = change.blindToActions
    const h = blind ? { ...original, action: views(original.action) } : original
    const validation = blind ? queries.map((query) => ({ ...query, actions: views(query.actions) })) : queries
    const undo = change.around?.()
    const asked = await overSeeds(
      h,
      found.train,
      validation,
      { ...preset, ...change.preset },
      {
        without: change.without,
        // What was done to this process was not done to others.
        threads: undo && 1,
      },
    ).finally(undo)
    base ??= asked
    const { mean, low, high } = pairedInterval(asked.ndcg, base.ndcg, asked.shoppers)
    const average = asked.ndcg.reduce((sum, value) => sum + value, 0) / asked.ndcg.length
    rows.push({
      data: original.name,
      preset: name,
      epochs,
      change: change.name,
      seeds: SEEDS.join(','),
      validation_ndcg: rounded(average, 4),
      difference: rounded(mean, 4),
      low: rounded(low, 4),
      high: rounded(high, 4),
      seconds: rounded(asked.seconds, 0),
    })
    console.error(JSON.stringify(rows.at(-1)))
  }
  return rows
}

interface Asked {
  ndcg: Float64Array
  shoppers: number[]
  /** Of training, for each seed. */
  seconds: number
}

async function overSeeds(
  h: Histories,
  ends: Uint32Array,
  validation: Query[],
  preset: Preset,
  options: Pick<TrainOptions, 'without' | 'threads'>,
): Promise<Asked> {
  const results: QueryMetrics[] = []
  let [shoppers, seconds]: [number[], number] = [[], 0]
  for (const seed of SEEDS) {
    const { validated, epochs } = await train(h, ends, validation, { ...options, preset, seed })
    results.push(validated.metrics)
    shoppers = validated.asked.map((query) => query.shopper)
    seconds += (epochs.at(-1)?.seconds ?? 0) / SEEDS.length
  }
  const ndcg = results[0].ndcg.map((_, at) => results.reduce((sum, result) => sum + result.ndcg[at], 0) / SEEDS.length)
  return { ndcg, shoppers, seconds }
}

/**
 * Puts max(0, value) in the place of gate · σ(gate) · value: the gate's half of the matrix is there, and is not read.
 * @returns puts the gate back
 */
function withoutGate(): () => void {
  const names = [KERNELS.swiglu, KERNELS.swigluGradient]
  const kept = names.map((name) => tf.getKernel(name, 'wasm') as tf.KernelConfig)
  const register = (
    kernelName: string,
    kernelFunc: (wasm: BackendWasm, inputs: tf.NamedTensorInfoMap) => tf.TensorInfo,
  ) => {
    tf.unregisterKernel(kernelName, 'wasm')
    const call: tf.KernelFunc = ({ inputs, backend }) => kernelFunc(backend as BackendWasm, inputs)
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: call })
  }
  register(KERNELS.swiglu, (wasm, { up }) => {
    const [rows, hidden] = [(up as tf.TensorInfo).shape[0], (up as tf.TensorInfo).shape[1] / 2]
    const y = wasm.makeOutput([rows, hidden], 'float32')
    const [from, to] = [wasm.typedArrayFromHeap(up as tf.TensorInfo), wasm.typedArrayFromHeap(y)]
    for (let at = 0; at < to.length; at++) to[at] = Math.max(0, from[valueAt(at, hidden)])
    return y
  })
  register(KERNELS.swigluGradient, (wasm, { dy, up }) => {
    const dup = wasm.makeOutput((up as tf.TensorInfo).shape, 'float32')
    const [slopes, from, to] = [dy, up, dup].map((info) => wasm.typedArrayFromHeap(info as tf.TensorInfo))
    const hidden = (dy as tf.TensorInfo).shape[1]
    to.fill(0)
    for (let at = 0; at < slopes.length; at++) {
      const value = valueAt(at, hidden)
      if (from[value] > 0) to[value] = slopes[at]
    }
    return dup
  })
  return () => {
    for (const kernel of kept) {
      tf.unregisterKernel(kernel.kernelName, 'wasm')
      tf.registerKernel(kernel)
    }
  }
}

/** Where in (T, 2f) the value half of an entry of (T, f) is. */
function valueAt(at: number, hidden: number): number {
  return at + (Math.floor(at / hidden) + 1) * hidden
}
