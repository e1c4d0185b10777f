import type { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { ACTIONS, GAP_BUCKETS } from '../../shared/data/sequence.ts'
import type { TrainingBatch } from '../../shared/model/fit.ts'
import { firstOfRows } from '../../shared/model/model.ts'
import { flatten, initParams, type ModelConfig } from '../../shared/model/params.ts'
import { type SparseMatrix, sparseOf } from '../../shared/model/sparse.ts'
import { readyBackend } from '../../trainer/backend.ts'
import { createTrainingLearner, type Task, type TrainingLearner } from '../../trainer/learner.ts'
import { createParallelLearner, divide } from '../../trainer/parallel-learner.ts'
import { UserError } from '../../trainer/user-error.ts'

const config: ModelConfig = { items: 40, contentWidth: 5, width: 16, blocks: 2, heads: 2, window: 6, hidden: 24 }
const random = seeded('parallel')
const rows = (count: number) =>
  sparseOf(
    config.contentWidth,
    Float32Array.from({ length: count * config.contentWidth }, () => random.normal()),
  )
const task: Task = {
  config,
  regularisation: { dropout: 0.2, idDropout: 0.2 },
  content: rows(config.items),
  queries: rows(2),
  logExpected: Float32Array.from({ length: config.items }, () => -random.next()),
}

function batchOf(seed: number, sequences: number, length = 7): TrainingBatch {
  const draws = seeded(`batch ${seed}`)
  const tokens = sequences * length
  const draw = (n: number) => Int32Array.from({ length: tokens }, () => draws.int(n))
  const at = Int32Array.from({ length: tokens }, (_, place) => place).filter(() => draws.next() < 0.8)
  return {
    rows: draw(config.items + 2),
    actions: draw(ACTIONS.length),
    gaps: draw(GAP_BUCKETS),
    first: firstOfRows(sequences, length, config.window),
    sequences,
    length,
    at,
    targets: draw(config.items).slice(0, at.length),
  }
}

const STEPS = 20
async function curve(learner: TrainingLearner, negatives?: Int32Array) {
  const losses: number[] = []
  for (let step = 1; step <= STEPS; step++) losses.push(await learner.step(batchOf(step % 2, 5), negatives, step, 0.01))
  return { losses, params: flatten(await learner.params()) }
}

describe('on several threads', () => {
  const learners: TrainingLearner[] = []
  const learner = async (threads: number) => {
    const made = await createTrainingLearner(initParams(config, 1), task, threads)
    learners.push(made)
    return made
  }
  beforeAll(async () => {
    await readyBackend('wasm')
  })
  afterAll(() => Promise.all(learners.map((made) => made.close())))

  it.each([undefined, Int32Array.of(3, 1, 17, 20, 39)])(
    'a step is the one of a single thread (sample: %s)',
    async (drawn) => {
      const [one, two, three] = [await learner(1), await learner(2), await learner(3)]
      const [a, b, c] = [await curve(one, drawn), await curve(two, drawn), await curve(three, drawn)]
      for (const other of [b, c]) {
        expect(Math.max(...other.losses.map((loss, n) => Math.abs(loss - a.losses[n])))).toBeLessThan(1e-3)
        expect(Math.max(...other.params.map((value, n) => Math.abs(value - a.params[n])))).toBeLessThan(2e-3)
      }
      expect(a.losses[0] - a.losses[STEPS - 1]).toBeGreaterThan(0.05)
      // To the last bit with as many threads.
      const again = await curve(await learner(2), drawn)
      expect(again.losses).toEqual(b.losses)
      expect(again.params).toEqual(b.params)
    },
  )

  it('a batch of fewer rows than threads is divided as far as it goes', async () => {
    const two = await learner(2)
    expect(await two.step(batchOf(1, 1), undefined, 1, 0.01)).toBeCloseTo(
      await (await learner(1)).step(batchOf(1, 1), undefined, 1, 0.01),
      4,
    )
  })

  it('threads keep no tensor over 40 steps', async () => {
    const two = await learner(2)
    const drawn = Int32Array.of(3, 1, 17, 20, 39)
    await two.step(batchOf(1, 5), drawn, 1, 0.01)
    const early = two.tensors()
    for (let step = 2; step <= 41; step++) await two.step(batchOf(step % 2, 5), drawn, step, 0.01)
    expect(early).toBeGreaterThan(2 * Object.keys(initParams(config, 1)).length)
    expect(two.tensors()).toBe(early)
  })

  it('a thread that fails ends the step with its reason, and the others with it', async () => {
    const broken = await learner(2)
    const batch = batchOf(1, 4)
    batch.first = batch.first.slice(0, 3)
    batch.rows = batch.rows.slice(0, 3)
    await expect(broken.step(batch, undefined, 1, 0.01)).rejects.toThrow()
  })

  it('a row that does not fit into the memory of a thread ends the step with what to do', async () => {
    // Attention's weights alone would take all of WASM's 4 GB.
    const wide: Task = { config: { ...config, contentWidth: 0, window: 4090 }, regularisation: task.regularisation }
    const length = 2 ** 17
    const zeros = new Int32Array(length)
    const row = {
      rows: zeros,
      actions: zeros,
      gaps: zeros,
      first: zeros.map((_, place) => place),
      sequences: 1,
      length,
    }
    const small = await createTrainingLearner(initParams(wide.config, 1), wide, 2)
    learners.push(small)
    const failed = await small
      .step({ ...row, at: Int32Array.of(3), targets: Int32Array.of(1) }, undefined, 1, 0.01)
      .catch((error: unknown) => error)
    if (!(failed instanceof UserError)) throw new Error(`ended with ${failed}`)
    expect(failed.message).toContain(`a row of ${length} tokens alone does not fit into memory`)
    expect(failed.remedy).toContain('smaller preset')
  })

  it('where one does not start, the others are ended', async () => {
    const started: Worker[] = []
    const keep = (worker: Worker) => started.push(worker)
    process.on('worker', keep)
    let asked = 0
    const broken: Task = {
      ...task,
      // For the second thread alone.
      get content() {
        return ++asked === 2 ? ({ width: 5 } as SparseMatrix) : task.content
      },
    }
    await expect(createParallelLearner(initParams(config, 1), broken, 3)).rejects.toThrow()
    process.off('worker', keep)
    expect(started.map((worker) => worker.threadId)).toEqual([-1, -1, -1])
  })
})

it('parts of a batch hold its rows once, in order, with their targets', () => {
  const batch = batchOf(3, 7)
  for (const parts of [1, 2, 3, 7]) {
    const divided = divide(batch, parts)
    const targets = divided.flatMap((part) => [...(part?.targets ?? [])])
    expect(targets).toEqual([...batch.targets])
    expect(divided.flatMap((part) => [...(part?.rows ?? [])])).toEqual([...batch.rows])
    for (const part of divided) {
      if (!part) throw new Error('a part is missing')
      for (const place of part.at) expect(part.first[place]).toBeLessThanOrEqual(place)
      expect(Math.min(...part.first)).toBe(0)
    }
  }
})
