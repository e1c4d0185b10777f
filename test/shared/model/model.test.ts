import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { ACTIONS, GAP_BUCKETS } from '../../../shared/data/sequence.ts'
import { compile } from '../../../shared/model/compile.ts'
import { createLearner, nextItemLoss, type TrainingBatch } from '../../../shared/model/fit.ts'
import { scoreItems, startState, step } from '../../../shared/model/infer.ts'
import { encode, firstOfRows, itemTable, score, tensorsOf } from '../../../shared/model/model.ts'
import { sparseTensors } from '../../../shared/model/ops.ts'
import { flatten, initParams, type ModelConfig, unflatten } from '../../../shared/model/params.ts'
import { rowsOf } from '../../../shared/model/quantise.ts'
import { sparseOf } from '../../../shared/model/sparse.ts'
import { readyBackend } from '../../../trainer/backend.ts'
import { parity } from './parity.ts'

const config: ModelConfig = { items: 23, contentWidth: 7, width: 8, blocks: 2, heads: 2, window: 4, hidden: 12 }

beforeAll(async () => {
  expect((await readyBackend('wasm')).name).toBe('wasm')
})

function batchOf(seed: string, sequences: number, length: number): TrainingBatch {
  const random = seeded(seed)
  const tokens = sequences * length
  const draw = (n: number) => Int32Array.from({ length: tokens }, () => random.int(n))
  return {
    rows: draw(config.items),
    actions: draw(ACTIONS.length),
    gaps: draw(GAP_BUCKETS),
    first: firstOfRows(sequences, length, config.window),
    sequences,
    length,
    at: Int32Array.from({ length: tokens }, (_, at) => at),
    targets: draw(config.items),
  }
}

const contentRows = (seed: string, rows = config.items) => {
  const random = seeded(seed)
  return sparseOf(
    config.contentWidth,
    Float32Array.from({ length: rows * config.contentWidth }, () => random.normal()),
  )
}

describe('the network', () => {
  it('gives the same scores by infer.ts as by model.ts for 1,000 histories, on WASM', async () => {
    const result = await parity(process.env.VITRINE_SOAK ? 1000 : 200)
    expect(result.largest).toBeGreaterThan(1)
    expect(result.worst).toBeLessThan(1e-4)
    expect(result.differentTops).toBe(0)
  })

  it('sees nothing of what comes later, nor of what lies outside the window of all its blocks', () => {
    const weights = tensorsOf(initParams(config, 1))
    const length = 12
    const states = (changedAt?: number) =>
      tf.tidy(() => {
        const batch = batchOf('causal', 1, length)
        if (changedAt !== undefined) batch.rows[changedAt] = (batch.rows[changedAt] + 1) % config.items
        return encode(weights, config, itemTable(weights), batch).arraySync() as number[][]
      })
    const before = states()
    const reach = config.blocks * (config.window - 1)
    for (const changedAt of [0, 3, 5]) {
      const after = states(changedAt)
      for (let at = 0; at < length; at++) {
        const same = JSON.stringify(before[at]) === JSON.stringify(after[at])
        expect(same, `token ${at} after a change at ${changedAt}`).toBe(at < changedAt || at > changedAt + reach)
      }
    }
  })

  it('has gradients that agree with finite differences, in every parameter', async () => {
    const params = initParams(config, 3)
    for (const { values } of Object.values(params)) for (let i = 0; i < values.length; i++) values[i] *= 3
    const weights = tensorsOf(params)
    const batch = batchOf('gradient', 2, 6)
    const content = sparseTensors(contentRows('content'))
    const names = Object.keys(weights)
    const loss = (w: Record<string, tf.Tensor>) =>
      nextItemLoss(w, config, batch, content, undefined, { dropout: 0, idDropout: 0 }, 1)
    const gradient = tf.grads((...tensors: tf.Tensor[]) =>
      loss(Object.fromEntries(tensors.map((t, n) => [names[n], t]))),
    )
    const found = gradient(names.map((name) => weights[name]))
    const random = seeded('directions')
    for (const [n, name] of names.entries()) {
      // One random direction a parameter: the derivative along it by both ways.
      const direction = tf.tensor(
        Float32Array.from({ length: weights[name].size }, () => random.normal()),
        weights[name].shape,
      )
      const along = tf.sum(tf.mul(found[n], direction)).dataSync()[0]
      const at = (h: number) => loss({ ...weights, [name]: tf.add(weights[name], tf.mul(direction, h)) }).dataSync()[0]
      const slope = (h: number) => (at(h) - at(-h)) / (2 * h)
      const difference = (4 * slope(5e-4) - slope(1e-3)) / 3 // Richardson: the cubic term cancels
      expect(Math.abs(along - difference), name).toBeLessThan(2e-3 + 0.02 * Math.abs(difference))
    }
  })

  it('folds content, norms and scales without a change in scores beyond int8', () => {
    const params = initParams(config, 5)
    const random = seeded('fold')
    for (const [name, { values }] of Object.entries(params))
      for (let i = 0; i < values.length; i++) values[i] += (name.includes('norm') ? 0.4 : 0.3) * random.normal()
    const rows = contentRows('fold content')
    const compiled = compile(config, params, rows)
    const weights = tensorsOf(params)
    const expected = tf.tidy(() => {
      const table = itemTable(weights, sparseTensors(rows))
      const states = encode(weights, config, table, {
        rows: Int32Array.of(3, 7, 7, 1, 22, 9),
        actions: Int32Array.of(0, 0, 1, 2, 0, 4),
        gaps: Int32Array.of(0, 1, 1, 1, 1, 1),
        first: firstOfRows(1, 6, config.window),
        sequences: 1,
        length: 6,
      })
      return score(weights, table, tf.slice(states, [5, 0], [1, -1]) as tf.Tensor2D).dataSync() as Float32Array
    })
    const state = startState(compiled)
    ;[3, 7, 7, 1, 22, 9].forEach((item, n) => {
      step(compiled, state, { item, action: [0, 0, 1, 2, 0, 4][n], time: 1000 })
    })
    const scores = new Float32Array(config.items)
    scoreItems(compiled, state.state, scores)
    const spread = Math.max(...expected) - Math.min(...expected)
    for (let item = 0; item < config.items; item++) {
      expect(Math.abs(scores[item] - expected[item]) / spread).toBeLessThan(0.02)
    }
  })

  it('keeps an int8 row within half a step of each value', () => {
    const params = initParams(config, 7)
    const table = compile(config, params).table
    const original = params['item.id'].values
    rowsOf(table).forEach((value, at) => {
      expect(Math.abs(value - original[at])).toBeLessThanOrEqual(table.scales[Math.floor(at / 8)] * 0.5001)
    })
  })

  it('keeps parameters as one flat vector and back', () => {
    const params = initParams(config, 8)
    expect(unflatten(config, flatten(params))).toEqual(params)
    expect(() => unflatten({ ...config, blocks: 1 }, flatten(params))).toThrow(/parameters: \d+ floats, but/)
  })
})

describe('training', () => {
  it('learns a cycle that counting pairs cannot miss, and repeats itself with the same seed', async () => {
    const cycle: ModelConfig = { ...config, contentWidth: 0 }
    const run = async () => {
      const learner = createLearner(tensorsOf(initParams(cycle, 9)))
      const losses: number[] = []
      for (let n = 0; n < 150; n++) {
        const random = seeded(`batch ${n}`)
        const rows = Int32Array.from({ length: 8 * 6 }, () => 0)
        for (let s = 0; s < 8; s++) {
          const first = random.int(cycle.items)
          for (let t = 0; t < 6; t++) rows[s * 6 + t] = (first + 2 * t) % cycle.items
        }
        const batch: TrainingBatch = {
          rows,
          actions: new Int32Array(48),
          gaps: new Int32Array(48),
          first: firstOfRows(8, 6, cycle.window),
          sequences: 8,
          length: 6,
          at: Int32Array.from({ length: 48 }, (_, at) => at),
          targets: rows.map((row) => (row + 2) % cycle.items),
        }
        losses.push(
          await learner.step(
            (weights) => nextItemLoss(weights, cycle, batch, undefined, undefined, { dropout: 0.1, idDropout: 0 }, n),
            0.01,
          ),
        )
      }
      learner.dispose()
      return losses
    }
    const tensorsBefore = tf.memory().numTensors
    const losses = await run()
    expect(tf.memory().numTensors).toBe(tensorsBefore)
    expect(losses[0]).toBeGreaterThan(2.8) // ln 23 = 3.1
    expect(losses.at(-1)).toBeLessThan(0.5)
    expect(await run()).toEqual(losses)
  })
})
