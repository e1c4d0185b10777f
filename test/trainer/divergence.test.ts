import { beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { createLearner, nextItemLoss } from '../../shared/model/fit.ts'
import { firstOfRows, tensorsOf } from '../../shared/model/model.ts'
import { initParams, type ModelConfig } from '../../shared/model/params.ts'
import { readyBackend } from '../../trainer/backend.ts'
import { watchDivergence } from '../../trainer/divergence.ts'
import { UserError } from '../../trainer/user-error.ts'

const GUESS = Math.log(1000)
/** The error at the first loss that is refused, or undefined where all pass. */
function firstRefusal(losses: number[], checkpoint?: { file: string; step: number }): UserError | undefined {
  const watch = watchDivergence(1000, 0.003)
  for (const [at, loss] of losses.entries()) {
    try {
      watch.see(loss, at + 1, checkpoint)
    } catch (error) {
      if (error instanceof UserError) return error
      throw error
    }
  }
  return undefined
}
const constant = (steps: number, loss: number) => new Array<number>(steps).fill(loss)

describe('a loss', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'of %d ends training at its step, with checkpoint and remedy',
    (loss) => {
      const error = firstRefusal([6, 5, loss], { file: 'runs/shop/checkpoint.vta', step: 2 })
      expect(error?.message).toBe(
        `training: the loss is ${loss} at step 3; the last good checkpoint is runs/shop/checkpoint.vta, of step 2`,
      )
      expect(error?.remedy).toContain('now 0.003, with --learning-rate 0.001;')
    },
  )

  it('that stays above what guessing has ends training; a spike does not', () => {
    expect(firstRefusal([...constant(5, 6), ...constant(19, 30), 6, ...constant(19, 30)])).toBeUndefined()
    const error = firstRefusal([...constant(5, 6), ...constant(20, 30)])
    expect(error?.message).toBe('training: the loss has been 30.00 for 20 steps at step 25, where guessing has 6.91')
  })

  it('above the limit makes no good checkpoint, and the limit holds where training goes on', () => {
    const watch = watchDivergence(1000, 0.003)
    expect(watch.isHigh()).toBe(false)
    const high = [6, 30, 10, 11].map((loss, n) => {
      watch.see(loss, n + 1)
      return watch.isHigh()
    })
    expect(high).toEqual([false, true, false, true])
    const resumed = watchDivergence(1000, 0.001, watch.limit())
    const goOn = () => {
      for (const [n, loss] of constant(20, 30).entries()) resumed.see(loss, n + 5)
    }
    expect(goOn).toThrow('has been 30.00 for 20 steps')
  })

  it('that is high from the start, and falls, or stays near guessing, is no divergence', () => {
    expect(firstRefusal(Array.from({ length: 100 }, (_, n) => 40 - n / 4))).toBeUndefined()
    expect(firstRefusal(constant(200, GUESS * 1.2))).toBeUndefined()
  })
})

describe('a real training', () => {
  const config: ModelConfig = { items: 200, contentWidth: 0, width: 16, blocks: 2, heads: 2, window: 8, hidden: 24 }
  beforeAll(async () => {
    await readyBackend('wasm')
  })

  async function train(learningRate: number, steps: number): Promise<{ at?: number; losses: number[] }> {
    const random = seeded('diverging')
    const learner = createLearner(tensorsOf(initParams(config, 'diverging')))
    const watch = watchDivergence(config.items, learningRate)
    const losses: number[] = []
    try {
      for (let step = 1; step <= steps; step++) {
        const rows = Int32Array.from({ length: 128 }, () => random.int(config.items))
        const batch = {
          rows,
          actions: new Int32Array(128),
          gaps: new Int32Array(128),
          first: firstOfRows(8, 16, config.window),
          sequences: 8,
          length: 16,
          at: rows.map((_, place) => place),
          targets: rows.map((item) => (item * 7 + 1) % config.items),
        }
        const loss = await learner.step(
          (weights) => nextItemLoss(weights, config, batch, undefined, undefined, { dropout: 0.1, idDropout: 0 }, step),
          learningRate,
        )
        losses.push(loss)
        try {
          watch.see(loss, step)
        } catch {
          return { at: step, losses }
        }
      }
      return { losses }
    } finally {
      learner.dispose()
    }
  }

  it('with a learning rate that learns is let run; with one a thousand times as high it is stopped', async () => {
    const good = await train(0.01, 60)
    expect(good.at).toBeUndefined()
    expect(good.losses[59]).toBeLessThan(0.9 * good.losses[0])
    const bad = await train(10, 60)
    expect(bad.at).toBeDefined()
  })
})
