/**
 * The losses of some training steps on whatever TF.js back end is ready: the same seed, data and randomness everywhere.
 * Runs in Node and, bundled, in Chromium.
 */
import * as tf from '@tensorflow/tfjs-core'
import { type Random, seeded } from '../../../shared/data/random.ts'
import { ACTIONS, GAP_BUCKETS } from '../../../shared/data/sequence.ts'
import { createLearner, nextItemLoss, type TrainingBatch } from '../../../shared/model/fit.ts'
import { tensorsOf } from '../../../shared/model/model.ts'
import { sparseTensors } from '../../../shared/model/ops.ts'
import { initParams, type ModelConfig } from '../../../shared/model/params.ts'
import { sparseOf } from '../../../shared/model/sparse.ts'

export type LossKind = 'full' | 'sampled'

export interface LossCurve {
  /** One a step. */
  losses: number[]
  /** What TF.js holds after the last step more than after the third. */
  leaked: { tensors: number; bytes: number }
}

const CONFIG: ModelConfig = { items: 60, contentWidth: 5, width: 16, blocks: 2, heads: 2, window: 5, hidden: 12 }
const QUERIES = 3
const LEARNING_RATE = 0.01
/** Everything that is random in a step takes part: what is dropped must not depend on the back end either. */
const REGULARISATION = { dropout: 0.2, idDropout: 0.2 }
const WARM_STEPS = 3

export async function lossCurve(kind: LossKind, steps: number): Promise<LossCurve> {
  const random = seeded('loss curve')
  const rows = (count: number) =>
    sparseTensors(sparseOf(CONFIG.contentWidth, normals(random, count * CONFIG.contentWidth)))
  const [content, queries] = [rows(CONFIG.items), rows(QUERIES)]
  const learner = createLearner(tensorsOf(initParams(CONFIG, 'loss curve')))
  const logExpected = Float32Array.from({ length: CONFIG.items }, () => -random.next())
  const losses: number[] = []
  let warm = tf.memory()
  for (let step = 1; step <= steps; step++) {
    const batch = batchOf(random)
    const items = random.shuffle(Int32Array.from({ length: CONFIG.items }, (_, item) => item)).slice(0, 20)
    const negatives = kind === 'sampled' ? { items, logExpected } : undefined
    const loss = await learner.step(
      (weights) => nextItemLoss(weights, CONFIG, batch, content, queries, REGULARISATION, step, negatives),
      LEARNING_RATE,
    )
    losses.push(loss)
    if (step === WARM_STEPS) warm = tf.memory()
  }
  const end = tf.memory()
  learner.dispose()
  content.dispose()
  queries.dispose()
  return { losses, leaked: { tensors: end.numTensors - warm.numTensors, bytes: end.numBytes - warm.numBytes } }
}

const normals = (random: Random, count: number) => Float32Array.from({ length: count }, () => random.normal())

/** Rows of several histories each. The next item follows from the one before it, so that there is something to learn. */
function batchOf(random: Random, sequences = 6, length = 9): TrainingBatch {
  const tokens = sequences * length
  const rows = new Int32Array(tokens)
  const first = new Int32Array(tokens)
  let start = 0
  for (let token = 0; token < tokens; token++) {
    if (token % length === 0 || random.next() < 0.2) start = token
    first[token] = Math.max(start, token - CONFIG.window + 1)
    rows[token] = random.next() < 0.1 ? CONFIG.items + random.int(QUERIES) : random.int(CONFIG.items)
  }
  const at = Int32Array.from({ length: tokens }, (_, token) => token).filter(() => random.next() < 0.8)
  return {
    rows,
    actions: rows.map(() => random.int(ACTIONS.length)),
    gaps: rows.map(() => random.int(GAP_BUCKETS)),
    first,
    sequences,
    length,
    at,
    targets: at.map((token) => (rows[token] * 7 + 1) % CONFIG.items),
  }
}
