/**
 * How fast the back end that is ready trains: the real training step, on a small catalogue and histories drawn at random,
 * for a few seconds.
 */
import { seeded } from '../../shared/data/random.ts'
import { ACTIONS, GAP_BUCKETS } from '../../shared/data/sequence.ts'
import type { TrainingBatch } from '../../shared/model/fit.ts'
import { firstOfRows } from '../../shared/model/model.ts'
import { initParams, type ModelConfig } from '../../shared/model/params.ts'
import { createTrainingLearner, type Task } from '../learner.ts'

/** The preset "tiny". The same on every machine and in every release, so that two outputs can be compared. */
const CONFIG: ModelConfig = { items: 1000, contentWidth: 0, width: 64, blocks: 1, heads: 2, window: 32, hidden: 128 }
const ROWS = 64
const LENGTH = 32
/** Each place of each row has a target. */
export const ITEMS_PER_STEP = ROWS * LENGTH
export const WORKLOAD = `${ROWS} histories of ${LENGTH} items a step, ${CONFIG.items.toLocaleString('en')} products, ${CONFIG.blocks} block of width ${CONFIG.width}`
const TASK: Task = { config: CONFIG, regularisation: { dropout: 0.1, idDropout: 0 } }

export interface Speed {
  stepsPerSecond: number
  /** Items learned from in a second: those of a step, times steps. */
  itemsPerSecond: number
}

/**
 * @param threads of the CPU
 * @param seconds to measure for; at least one step is measured
 * @param warm take a step before, which compiles shaders and fills caches
 * @throws what the back end throws, and Error when a loss is no number
 */
export async function measureSpeed(threads: number, seconds: number, warm: boolean): Promise<Speed> {
  const learner = await createTrainingLearner(initParams(CONFIG, 'speed'), TASK, threads)
  const batch = randomBatch()
  const step = async (seed: number) => {
    const loss = await learner.step(batch, undefined, seed, 1e-3)
    if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss} at step ${seed}`)
  }
  try {
    if (warm) await step(0)
    const started = performance.now()
    let steps = 0
    do await step(++steps)
    while (performance.now() - started < seconds * 1000)
    const stepsPerSecond = (steps * 1000) / (performance.now() - started)
    return { stepsPerSecond, itemsPerSecond: stepsPerSecond * ITEMS_PER_STEP }
  } finally {
    await learner.close()
  }
}

function randomBatch(): TrainingBatch {
  const random = seeded('speed')
  const draw = (n: number) => Int32Array.from({ length: ITEMS_PER_STEP }, () => random.int(n))
  return {
    rows: draw(CONFIG.items),
    actions: draw(ACTIONS.length),
    gaps: draw(GAP_BUCKETS),
    first: firstOfRows(ROWS, LENGTH, CONFIG.window),
    sequences: ROWS,
    length: LENGTH,
    at: Int32Array.from({ length: ITEMS_PER_STEP }, (_, at) => at),
    targets: draw(CONFIG.items),
  }
}
