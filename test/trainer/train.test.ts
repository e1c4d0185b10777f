import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { readyBackend } from '../../trainer/backend.ts'
import { endsWithoutLast } from '../../trainer/batches.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import type { Preset } from '../../trainer/presets.ts'
import { leaveOneOut } from '../../trainer/queries.ts'
import { learningRateAfter, type TrainProgress, train } from '../../trainer/train.ts'
import { UserError } from '../../trainer/user-error.ts'
import { historiesOf, type Step, viewsOf } from './small-histories.ts'

const ITEMS = 30
const preset: Preset = {
  width: 8,
  blocks: 1,
  heads: 2,
  window: 6,
  hidden: 8,
  negatives: 12,
  batchTokens: 64,
  learningRate: 0.01,
  dropout: 0.1,
  idDropout: 0.1,
  epochs: 3,
}

function shop(titles: boolean, queries: string[] = ['a mug', '台灯']): Histories {
  const random = seeded('train')
  const shoppers = Array.from({ length: 20 }, (): Step[] => {
    const first = random.int(ITEMS)
    return Array.from({ length: 10 }, (_, n) =>
      queries.length > 0 && n % 4 === 3 ? { item: -1 - random.int(queries.length) } : { item: (first + n) % ITEMS },
    )
  })
  const h = historiesOf(shoppers, ITEMS, queries)
  if (titles) h.items = h.items.map((item, n) => ({ ...item, title: `thing ${n % 7}`, category: ['Home'], price: n }))
  return h
}

const run = (h: Histories, change: Partial<Preset> = {}, seed: string | number = 1, seen?: TrainProgress[]) =>
  train(h, endsWithoutLast(h, 2), leaveOneOut(h, 2), {
    preset: { ...preset, ...change },
    seed,
    onProgress: (progress) => seen?.push(progress),
  })

beforeAll(() => readyBackend('wasm'))

describe('training', () => {
  it('repeats itself bit for bit with the seed, and differs with another', async () => {
    const [first, again, other] = [await run(shop(true)), await run(shop(true)), await run(shop(true), {}, 2)]
    expect(again.params).toEqual(first.params)
    expect(again.compiled).toEqual(first.compiled)
    expect(again.epochs.map(({ loss, ndcg }) => [loss, ndcg])).toEqual(
      first.epochs.map(({ loss, ndcg }) => [loss, ndcg]),
    )
    expect(other.params).not.toEqual(first.params)
  })

  it('takes smaller steps from pass to pass', async () => {
    const h = shop(true)
    const after = async (epochs: number, learningRate: number) => {
      const { params } = await train(h, endsWithoutLast(h, 2), [], {
        preset: { ...preset, epochs, learningRate },
        seed: 1,
      })
      return params['item.id'].values
    }
    const far = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, at) => value - b[at]))
    // The first pass has the whole rate whatever follows it, and the second of two has half.
    const [start, one, two] = [await after(1, 0), await after(1, 0.01), await after(2, 0.01)]
    expect(far(two, one) / far(one, start)).toBeLessThan(0.55)
  })

  it('whose time was up makes no further pass when it is taken up again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-time-up-'))
    const h = shop(true)
    const options = { preset: { ...preset, epochs: 50 }, seed: 5, maxSeconds: 0.001, checkpoint: join(folder, 'c.vta') }
    const first = await train(h, endsWithoutLast(h, 2), leaveOneOut(h, 2), options)
    const again = await train(h, endsWithoutLast(h, 2), leaveOneOut(h, 2), options)
    expect(first.epochs).toHaveLength(1)
    expect(again.epochs).toEqual(first.epochs)
    expect(again.params).toEqual(first.params)
    rmSync(folder, { recursive: true })
  })

  it('stopped at any step goes on from its checkpoint as if nothing had happened, on one thread and on two', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-resume-'))
    const h = shop(true)
    for (const [n, threads] of [1, 2].entries()) {
      const checkpoint = join(folder, `${n}.vta`)
      const options = { preset, seed: 5, threads }
      const whole = await train(h, endsWithoutLast(h, 2), leaveOneOut(h, 2), options)
      // In the middle of the first pass, of the second, and never.
      for (const stopAt of [2, 6, Number.POSITIVE_INFINITY]) {
        const stop = new AbortController()
        let steps = 0
        const onProgress = () => ++steps === stopAt && stop.abort()
        const trained = train(h, endsWithoutLast(h, 2), leaveOneOut(h, 2), {
          ...options,
          checkpoint,
          stop: stop.signal,
          onProgress,
        })
        if (stopAt < Number.POSITIVE_INFINITY) {
          await expect(trained).rejects.toThrow(/stopped at step \d+, in pass \d; the checkpoint is .*\.vta/)
          continue
        }
        const { params, epochs } = await trained
        expect(params).toEqual(whole.params)
        expect(epochs.map(({ loss }) => loss)).toEqual(whole.epochs.map(({ loss }) => loss))
      }
      await expect(
        train(h, endsWithoutLast(h, 2), leaveOneOut(h, 2), { ...options, seed: 6, checkpoint }),
      ).rejects.toThrow(/checkpoint of another training: seed is "6" here, "5" in the checkpoint/)
      const renamed = { ...h, items: h.items.map((item, n) => ({ ...item, title: h.items[(n + 1) % ITEMS].title })) }
      const others = { catalogue: renamed, queries: { ...h, queries: ['a cup', '台灯'] } }
      for (const [what, other] of Object.entries(others)) {
        await expect(
          train(other, endsWithoutLast(h, 2), leaveOneOut(h, 2), { ...options, checkpoint }),
        ).rejects.toThrow(
          new RegExp(`checkpoint of another training: ${what} is "\\w+" here, "\\w+" in the checkpoint$`),
        )
      }
    }
    rmSync(folder, { recursive: true })
  })

  it('that ran away goes on from its checkpoint at the rate that is advised', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-diverged-'))
    const checkpoint = join(folder, 'checkpoint.vta')
    const h = shop(true)
    const stopped = async (learningRate: number, stopAt?: number) => {
      const stop = new AbortController()
      const steps: TrainProgress[] = []
      const options = { preset: { ...preset, learningRate }, seed: 1, checkpoint, stop: stop.signal }
      const error = await train(h, endsWithoutLast(h, 2), leaveOneOut(h, 2), {
        ...options,
        onProgress: (progress) => steps.push(progress) === stopAt && stop.abort(),
      }).catch((found: unknown) => found)
      return { steps: steps.length, error: error instanceof UserError ? error : undefined }
    }
    const whole = (await stopped(0.03)).steps
    rmSync(checkpoint)
    await stopped(0.03, 4)
    // A pass ends after two steps, the second with a loss of millions.
    const { error } = await stopped(1e9)
    expect(error?.message).toMatch(/the last good checkpoint is .*checkpoint\.vta, of step 4$/)
    expect(error?.remedy).toContain('--learning-rate 330000000;')
    expect(await stopped(0.01)).toEqual({ steps: whole - 4, error: undefined })
    rmSync(folder, { recursive: true })
  })

  it('stopped right after the move that threw it off is found to run away once it goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-diverged-'))
    const checkpoint = join(folder, 'checkpoint.vta')
    const h = shop(true)
    const goOn = (learningRate: number, onProgress?: (progress: TrainProgress) => void, stop?: AbortSignal) =>
      train(h, endsWithoutLast(h, 2), [], {
        preset: { ...preset, learningRate, epochs: 20 },
        seed: 1,
        checkpoint,
        onProgress,
        stop,
      })
    const stop = new AbortController()
    await expect(goOn(3, () => stop.abort(), stop.signal)).rejects.toThrow(/, of step 1$/)
    await expect(goOn(3)).rejects.toThrow(/the loss has been .*; the last good checkpoint is .*, of step 1$/)
    rmSync(folder, { recursive: true })
  })

  it('on histories without titles gives an item that training never saw nothing, and leaves what was only read', async () => {
    const h = shop(false, [])
    // Item 29 comes last once and nowhere else: it is asked for and never trained. Item 28 only begins a history.
    for (let at = 0; at < h.item.length; at++) if (h.item[at] >= 28) h.item[at] = 27 - (at % 20)
    h.item[h.start[1] - 1] = 29
    h.item[h.start[1]] = 28
    const { params, config } = await run(h, { epochs: 2 })
    const row = (item: number) => [...params['item.id'].values.slice(item * config.width, (item + 1) * config.width)]
    expect(row(29)).toEqual(new Array(config.width).fill(0))
    expect(Math.max(...row(28).map(Math.abs))).toBeGreaterThan(0)
  })

  it('keeps no tensor, whether it ends well or not', async () => {
    await run(shop(true), { epochs: 1 })
    const before = tf.memory().numTensors
    await run(shop(true), { epochs: 25 }) // above 100 steps
    expect(tf.memory().numTensors).toBe(before)
    await expect(run(shop(true), { learningRate: 1e9 })).rejects.toThrow()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('whose loss is no longer a number ends with the step, and says what to do', async () => {
    const failed = await run(shop(true), { learningRate: 1e9, epochs: 10 }).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (!(failed instanceof UserError)) throw new Error(`ended with ${failed}`)
    expect(failed.message).toMatch(/^training: the loss is (NaN|Infinity) at step \d+$/)
    expect(failed.remedy).toContain('learning rate')
  })

  it('on histories without two different things says that there is nothing to learn', async () => {
    await expect(run(historiesOf([viewsOf(1, 1, 1), viewsOf(2)], ITEMS))).rejects.toThrow(
      'no shopper did two different things',
    )
  })

  it('lowers the loss, keeps the best pass, and counts every target once a pass', async () => {
    const seen: TrainProgress[] = []
    const { epochs, best } = await run(shop(false, []), { epochs: 30, dropout: 0, idDropout: 0 }, 1, seen)
    expect(epochs).toHaveLength(30)
    expect(epochs[29].loss).toBeLessThan(0.7 * epochs[0].loss)
    expect(best.ndcg).toBe(Math.max(...epochs.map(({ ndcg }) => ndcg)))
    const done = seen.map((progress) => progress.done)
    expect(done).toEqual([...done].sort((a, b) => a - b))
    expect(done.at(-1)).toBe(1)
  })

  it('learns at a rate that falls to nothing, by passes or by time, whichever ends first', () => {
    const rate = (passes: number, timeGone?: number) => learningRateAfter(passes, { ...preset, epochs: 4 }, timeGone)
    expect([0, 2, 4].map((passes) => rate(passes) / preset.learningRate)).toEqual([
      1,
      expect.closeTo(0.5, 9),
      expect.closeTo(0, 9),
    ])
    expect(rate(1, 0.1)).toBe(rate(1))
    expect(rate(1, 0.5)).toBe(rate(2))
    expect(rate(0, 7)).toBe(rate(4))
  })

  it('makes all passes, though none is better than the first, and keeps the first', async () => {
    const { epochs, best } = await run(shop(true), { epochs: 12, learningRate: 0 })
    expect(epochs).toHaveLength(12)
    expect(best.epoch).toBe(1)
  })

  it('learns from searches also in a shop whose products have nothing but ids', async () => {
    const bare = shop(false)
    const { params, epochs } = await run(bare)
    for (const [name, { values }] of Object.entries(params)) {
      expect(values.every(Number.isFinite), name).toBe(true)
    }
    // Another query is another input, and gives another loss.
    const other = await run({ ...bare, queries: ['a lamp', '马克杯'] })
    expect(other.epochs[0].loss).not.toBe(epochs[0].loss)
  })

  it('knows 2,048 queries by their text, and takes the rest as a search for nothing in particular', async () => {
    const many = shop(
      true,
      Array.from({ length: 2100 }, (_, n) => `query ${n}`),
    )
    const { epochs } = await run(many, { epochs: 1 })
    expect(Number.isFinite(epochs[0].loss)).toBe(true)
  })
})
