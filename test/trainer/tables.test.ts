import { expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { compile } from '../../shared/model/compile.ts'
import { initParams } from '../../shared/model/params.ts'
import { rowsOf } from '../../shared/model/quantise.ts'
import type { Query } from '../../trainer/queries.ts'
import { measureTables, type Network } from '../../trainer/tables.ts'
import { historiesOf, viewsOf } from './small-histories.ts'

const ITEMS = 400
const config = { items: ITEMS, contentWidth: 0, width: 16, blocks: 1, heads: 2, window: 8, hidden: 16 }
const h = historiesOf([viewsOf(0, 1)], ITEMS)

/** @param change of the item vectors, before anything is quantised */
function network(seed: string, change: (values: Float32Array) => Float32Array = (values) => values): Network {
  const params = initParams(config, seed)
  for (const [name, { values }] of Object.entries(params)) {
    const random = seeded(`${seed} spread ${name}`)
    if (name.startsWith('item')) values.set(values.map(() => 0.3 * random.normal()))
  }
  params['item.id'].values.set(change(params['item.id'].values))
  return { config, params, compiled: compile(config, params) }
}

const random = seeded('queries')
const queries = Array.from({ length: 300 }, (_, shopper): Query => {
  const items = Int32Array.from({ length: 5 }, () => random.int(ITEMS))
  return {
    shopper,
    items,
    actions: new Uint8Array(5),
    times: Float64Array.of(1, 2, 3, 4, 5),
    time: 6,
    relevant: new Set([random.int(ITEMS)]),
    excluded: new Set<number>(),
  }
})

it('float32 loses nothing against itself, and int4 changes more lists than int8 does', async () => {
  const [exact, int8, int4] = await measureTables(h, queries, [network('a')], ['float32', 'int8', 'int4'], 10)
  expect(exact).toMatchObject({ table: 'float32', overlap: 1, ndcg_change: { mean: 0, low: 0, high: 0 } })
  expect(int8.overlap).toBeGreaterThan(0.95)
  expect(int8.overlap).toBeLessThan(1)
  expect(int4.overlap).toBeLessThan(int8.overlap)
  expect(int4.overlap).toBeGreaterThan(0.7)
  for (const { ndcg, ndcg_change: change } of [int8, int4]) {
    expect(ndcg).toBeCloseTo(exact.ndcg + change.mean, 10)
    expect(change.low).toBeLessThanOrEqual(change.mean)
    expect(change.high).toBeGreaterThanOrEqual(change.mean)
  }
  // A row of 16 numbers, its scale and its bias: 68, 24 and 16 bytes.
  expect(int4.bytes).toBeLessThan(0.75 * int8.bytes)
  expect(int8.bytes).toBeLessThan(0.42 * exact.bytes)
})

it('a table that int8 can say exactly gives the same lists, but for what the blocks lose', async () => {
  const sayable = (values: Float32Array) =>
    rowsOf(compile(config, { ...network('b').params, 'item.id': { shape: [ITEMS, 16], values } }).table)
  const [int8] = await measureTables(h, queries, [network('b', sayable)], ['int8'], 10)
  expect(int8.overlap).toBeGreaterThan(0.97)
})

it('measures of several seeds are their means', async () => {
  const seeds = [network('a'), network('c')]
  const [both] = await measureTables(h, queries, seeds, ['int4'], 10)
  const [[one], [other]] = await Promise.all(seeds.map((seed) => measureTables(h, queries, [seed], ['int4'], 10)))
  for (const name of ['hr', 'ndcg', 'overlap'] as const) {
    expect(both[name]).toBeCloseTo((one[name] + other[name]) / 2, 10)
  }
  expect(both.ndcg_change.mean).toBeCloseTo((one.ndcg_change.mean + other.ndcg_change.mean) / 2, 10)
})
