/**
 * The training step, V = 5,000, d = 64, L = 50, 2 blocks, 2 heads, batch 128: forwards, backwards, dropout, Adam.
 *
 *     vitrine     as `vitrine train` runs it, on one thread and on all cores
 *     pytorch     the same network and step (`train_step.py`), on one thread and on all, when python3 has torch
 *     + …         how the CPU step came to its speed: TF.js's WASM back end as shipped, with what it lacks, and one kernel
 *                 of ours after the other, on one thread
 *
 * `ratio` is to PyTorch on one thread with the same loss.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { seeded } from '../../shared/data/random.ts'
import { ACTIONS, GAP_BUCKETS } from '../../shared/data/sequence.ts'
import { createLearner, nextItemLoss, type TrainingBatch } from '../../shared/model/fit.ts'
import { firstOfRows, tensorsOf } from '../../shared/model/model.ts'
import { KERNELS } from '../../shared/model/ops.ts'
import { initParams, type ModelConfig } from '../../shared/model/params.ts'
import { readyBackend } from '../../trainer/backend.ts'
import { createParallelLearner } from '../../trainer/parallel-learner.ts'
import { type Row, rounded } from './row.ts'

const SEQUENCES = 128
const LENGTH = 50
const SAMPLE = 100
const DROPOUT = 0.1
const SECONDS = 6
const CONFIG: ModelConfig = {
  items: 5000,
  contentWidth: 0,
  width: 64,
  blocks: 2,
  heads: 2,
  window: LENGTH,
  hidden: 128,
}
const LOSSES = ['sampled', 'full'] as const
type Loss = (typeof LOSSES)[number]

export async function bench(): Promise<Row[]> {
  const all = availableParallelism()
  const rows: Row[] = []
  for (const loss of LOSSES) {
    // Side by side: ours, theirs, ours, theirs.
    for (const threads of new Set([1, all])) {
      rows.push({ engine: 'vitrine', loss, threads, steps_per_s: await ours(loss, threads) })
      const theirs = pytorch(loss, threads)
      if (theirs !== undefined) rows.push({ engine: 'pytorch', loss, threads, steps_per_s: theirs })
    }
  }
  rows.push(...(await gains('sampled')))
  for (const row of rows) {
    const peer = rows.find(({ engine, loss, threads }) => engine === 'pytorch' && loss === row.loss && threads === 1)
    if (peer) row.ratio = rounded(Number(row.steps_per_s) / Number(peer.steps_per_s))
  }
  return rows
}

function batch(): TrainingBatch {
  const random = seeded('bench')
  const tokens = SEQUENCES * LENGTH
  const draw = (n: number) => Int32Array.from({ length: tokens }, () => random.int(n))
  return {
    rows: draw(CONFIG.items),
    actions: draw(ACTIONS.length),
    gaps: draw(GAP_BUCKETS),
    first: firstOfRows(SEQUENCES, LENGTH, CONFIG.window),
    sequences: SEQUENCES,
    length: LENGTH,
    at: Int32Array.from({ length: tokens }, (_, place) => place),
    targets: draw(CONFIG.items),
  }
}

const drawnItems = Int32Array.from({ length: SAMPLE }, (_, n) => n * 37)
const logExpected = new Float32Array(CONFIG.items).fill(Math.log(SAMPLE / CONFIG.items))
const regularisation = { dropout: DROPOUT, idDropout: 0 }

async function ours(loss: Loss, threads: number): Promise<number> {
  const learner = await createParallelLearner(
    initParams(CONFIG, 1),
    { config: CONFIG, regularisation, logExpected },
    threads,
  )
  const given = batch()
  try {
    return await stepsPerSecond((step) => learner.step(given, loss === 'sampled' ? drawnItems : undefined, step, 1e-3))
  } finally {
    await learner.close()
  }
}

/** After two steps that warm up, at least two, for about SECONDS. */
async function stepsPerSecond(run: (step: number) => Promise<unknown>): Promise<number> {
  for (let step = 1; step <= 2; step++) await run(step)
  const started = performance.now()
  let steps = 0
  while (steps < 2 || performance.now() - started < SECONDS * 1000) await run(3 + steps++)
  return rounded((steps / (performance.now() - started)) * 1000)
}

function pytorch(loss: Loss, threads: number): number | undefined {
  const { items, width, blocks, heads, hidden } = CONFIG
  const shape = { items, width, blocks, heads, hidden, length: LENGTH, sequences: SEQUENCES, sample: SAMPLE }
  const given = JSON.stringify({ ...shape, dropout: DROPOUT, loss, threads, seconds: SECONDS })
  const env = { ...openBlasCore(), ...process.env, OPENBLAS_NUM_THREADS: `${threads}` }
  for (const python of PYTHONS) {
    const script = join(import.meta.dirname, 'train_step.py')
    const { status, stdout } = spawnSync(python, [script, given], { encoding: 'utf8', env })
    if (status === 0) return rounded(Number(stdout))
  }
  return undefined
}

/** OpenBLAS takes a processor newer than itself for a Pentium, and is then half as fast: it is told what there is. */
function openBlasCore(): { OPENBLAS_CORETYPE?: string } {
  if (process.arch !== 'x64' || !existsSync('/proc/cpuinfo')) return {}
  const processor = readFileSync('/proc/cpuinfo', 'utf8')
  if (processor.includes('avx512f')) return { OPENBLAS_CORETYPE: 'SkylakeX' }
  return processor.includes('avx2') ? { OPENBLAS_CORETYPE: 'Haswell' } : {}
}

/** Debian's packages belong to its own Python, which need not be the first on the path. */
const PYTHONS = ['python3', '/usr/bin/python3']

/** One thread, TF.js in this process: kernels of ours put back one after the other. */
async function gains(loss: Loss): Promise<Row[]> {
  // Before ours take their place.
  const shipped = ['BatchMatMul', 'GatherV2'].map((name) => tf.getKernel(name, 'wasm') as tf.KernelConfig)
  await readyBackend()
  const own = [...Object.values(KERNELS), 'BatchMatMul', 'GatherV2'].map(
    (name) => tf.getKernel(name, 'wasm') as tf.KernelConfig,
  )
  for (const { kernelName } of own) tf.unregisterKernel(kernelName, 'wasm')
  for (const kernel of shipped) tf.registerKernel(kernel)
  const steps: [string, string[]][] = [
    ['TF.js WASM as shipped, with UnsortedSegmentSum', []],
    ['+ products of matrices', ['BatchMatMul']],
    ['+ rows of a table', ['GatherV2']],
    ['+ softmax loss', [KERNELS.softmaxLoss]],
    ['+ attention', [KERNELS.attention, KERNELS.attentionGradient]],
    [
      '+ norm, SwiGLU, dropout',
      [KERNELS.norm, KERNELS.normGradient, KERNELS.swiglu, KERNELS.swigluGradient, KERNELS.dropout],
    ],
  ]
  const given = batch()
  const drawn = loss === 'sampled' ? { items: drawnItems, logExpected } : undefined
  const rows: Row[] = []
  for (const [engine, names] of steps) {
    for (const kernel of own.filter(({ kernelName }) => names.includes(kernelName))) {
      if (tf.getKernel(kernel.kernelName, 'wasm')) tf.unregisterKernel(kernel.kernelName, 'wasm')
      tf.registerKernel(kernel)
    }
    const learner = createLearner(tensorsOf(initParams(CONFIG, 1)))
    const lossOf = (step: number) => (weights: Record<string, tf.Tensor>) =>
      nextItemLoss(weights, CONFIG, given, undefined, undefined, regularisation, step, drawn)
    const speed = await stepsPerSecond((step) => learner.step(lossOf(step), 1e-3))
    learner.dispose()
    rows.push({ engine, loss, threads: 1, steps_per_s: speed })
  }
  return rows
}
