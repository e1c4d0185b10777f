/** A whole training: what ships has learned from everything, what figures are of has not. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { readyBackend } from '../../trainer/backend.ts'
import { PRESETS } from '../../trainer/presets.ts'
import { datesOf } from '../../trainer/protocol.ts'
import { readRun } from '../../trainer/run-folder.ts'
import { forgetCheckpoints, trainRun } from '../../trainer/train-run.ts'
import { historiesOf, type Step } from './small-histories.ts'

const DAY_MS = 86_400_000
const ITEMS = 12
/** Sold on the last days alone. */
const LATE = ITEMS

const home = mkdtempSync(join(tmpdir(), 'vitrine-train-run-'))
beforeAll(() => readyBackend('wasm'))
afterAll(() => rmSync(home, { recursive: true }))

/** Shoppers who come every tenth day for a hundred days, and look at four things in a row. */
function shop() {
  const random = seeded('train-run')
  const shoppers = Array.from({ length: 30 }, (_, shopper): Step[] =>
    Array.from({ length: 40 }, (_, n) => {
      const day = 10 * Math.floor(n / 4) + (shopper % 10)
      const isLate = day >= 95 && n % 4 === 3
      return { item: isLate ? LATE : (random.int(ITEMS / 4) + 3 * (n % 4)) % ITEMS, time: day * DAY_MS + n * 60_000 }
    }),
  )
  return historiesOf(shoppers, ITEMS + 1)
}

const preset = { ...PRESETS.tiny, width: 8, hidden: 8, window: 8, batchTokens: 64, epochs: 3 }
const options = { preset, seed: 3, threads: 1 }

it('ships a network that has seen the last days, and keeps one for figures that has not', async () => {
  const h = shop()
  const firstLate = Math.min(...h.time.filter((_, at) => h.item[at] === LATE))
  expect(firstLate).toBeGreaterThan(datesOf(h).test)
  const folder = join(home, 'run')
  const shown: number[] = []
  const info = await trainRun(h, folder, { ...options, onProgress: ({ done }) => shown.push(done) })
  expect(info.whole).toMatchObject({ passes: info.best.epoch })
  expect(shown).toEqual([...shown].sort((a, b) => a - b))
  expect(shown.at(-1)).toBe(1)

  const idOf = async (network: 'shipped' | 'measured') => {
    const { params, config } = await readRun(folder, network)
    return params['item.id'].values.subarray(LATE * config.width, (LATE + 1) * config.width)
  }
  // What was in no history has hardly a row of its own.
  const size = (row: Float32Array) => Math.hypot(...row)
  expect(size(await idOf('shipped'))).toBeGreaterThan(size(await idOf('measured')))
  expect(readdirSync(folder).filter((file) => file.startsWith('checkpoint'))).toHaveLength(2)
  await forgetCheckpoints(folder)
  expect(readdirSync(folder).sort()).toEqual(['measured.vta', 'network.vta', 'run.json'])
})

it('stopped while it learns again from everything, goes on there', async () => {
  const h = shop()
  const whole = await trainRun(h, join(home, 'whole'), options)
  const folder = join(home, 'stopped')
  const stop = new AbortController()
  const stopped = trainRun(h, folder, {
    ...options,
    stop: stop.signal,
    onProgress: ({ done }) => done > 0.7 && stop.abort(),
  })
  await expect(stopped).rejects.toThrow(/stopped at step .*checkpoint-whole\.vta/)
  expect(existsSync(join(folder, 'run.json'))).toBe(false)
  const shown: number[] = []
  const info = await trainRun(h, folder, { ...options, onProgress: ({ done }) => shown.push(done) })
  expect(shown[0]).toBeGreaterThan(0.7)
  for (const network of ['measured', 'shipped'] as const) {
    expect((await readRun(folder, network)).params).toEqual((await readRun(join(home, 'whole'), network)).params)
  }
  expect(info.best.ndcg).toBe(whole.best.ndcg)
})
