import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { BUY, SEARCH, VIEW } from '../../shared/data/sequence.ts'
import { createDataset, type HistoryEvent } from '../../trainer/datasets/dataset.ts'
import { readHistories, readSequenceHistories } from '../../trainer/datasets/histories.ts'
import { UserError } from '../../trainer/user-error.ts'

async function* rowsOf(rows: [string, ...string[]][]) {
  for (const [shopper, ...items] of rows) yield { shopper, items }
}

describe('a benchmark file', () => {
  it('comes with its items numbered at random, the same each time', async () => {
    // Ids in order of popularity, as files often have them: number 1 in each row.
    const rows = Array.from({ length: 400 }, (_, n): [string, ...string[]] => [`${n}`, '1', `${n + 2}`])
    const h = await readSequenceHistories('ids', rowsOf(rows))
    const ids = h.items.map(({ item_id }) => Number(item_id))
    const mean = (ids.length - 1) / 2
    const covariance = ids.reduce((sum, id, number) => sum + (id - 1 - mean) * (number - mean), 0) / ids.length
    expect(Math.abs(covariance / ((ids.length ** 2 - 1) / 12))).toBeLessThan(0.2) // 4 standard errors of .05
    expect((await readSequenceHistories('ids', rowsOf(rows))).items).toEqual(h.items)
    expect((await readSequenceHistories('ids', rowsOf(rows.toReversed()))).items).toEqual(h.items)
  })

  it('keeps who did what in which order', async () => {
    const h = await readSequenceHistories(
      'small',
      rowsOf([
        ['u1', 'a', 'b', 'a'],
        ['u2', 'c'],
      ]),
    )
    const idsOf = (s: number) =>
      Array.from(h.item.subarray(h.start[s], h.start[s + 1]), (item) => h.items[item].item_id)
    expect([idsOf(0), idsOf(1)]).toEqual([['a', 'b', 'a'], ['c']])
    expect(h.shoppers).toEqual(['u1', 'u2'])
    expect(h.timed).toBe(false)
    expect(new Set(h.action)).toEqual(new Set([VIEW]))
  })
})

describe('a dataset folder', () => {
  const write = async (events: HistoryEvent[], items: string[]) => {
    const folder = join(mkdtempSync(join(tmpdir(), 'vitrine-histories-')), 'data')
    const writer = createDataset(folder)
    for (const item_id of items) await writer.product({ item_id, title: item_id, category: [] })
    for (const event of events) await writer.event(event)
    await writer.finish({
      format: 'vitrine-dataset/1',
      name: 'small',
      simulated: true,
      source: 'test',
      shoppers: 1,
      items: items.length,
      events: events.length,
      languages: ['en'],
    })
    return folder
  }
  const view = (shopper: string, id: string, time: number, item_id: string): HistoryEvent => ({
    shopper,
    id,
    time,
    name: 'view_item',
    items: [{ item_id }],
  })

  it('gives each shopper’s tokens in time order, however the events lie', async () => {
    const random = seeded('folder')
    const events: HistoryEvent[] = [
      view('x', '1', 10, 'a'),
      { shopper: 'x', id: '2', time: 20, name: 'search', search_term: 'a mug' },
      { shopper: 'x', id: '3', time: 30, name: 'purchase', items: [{ item_id: 'b' }] },
      view('y', '4', 5, 'b'),
      { shopper: 'y', id: '5', time: 6, name: 'search', search_term: 'a mug' },
      view('y', '6', 7, 'not in the catalogue'),
    ]
    const h = await readHistories(await write(random.shuffle([...events]), ['a', 'b']))
    const tokens = (shopper: string) => {
      const s = h.shoppers.indexOf(shopper)
      return Array.from({ length: h.start[s + 1] - h.start[s] }, (_, n) => {
        const at = h.start[s] + n
        return [h.item[at], h.action[at], h.time[at]]
      })
    }
    expect(tokens('x')).toEqual([
      [0, VIEW, 10],
      [-1, SEARCH, 20],
      [1, BUY, 30],
    ])
    expect(tokens('y')).toEqual([
      [1, VIEW, 5],
      [-1, SEARCH, 6],
    ])
    expect(h.queries).toEqual(['a mug'])
  })

  it('puts shoppers in an order that says nothing', async () => {
    const events = Array.from({ length: 200 }, (_, n) => view(`${1000 + n}`, `${n}`, n, 'a'))
    const { shoppers } = await readHistories(await write(events, ['a']))
    const descents = shoppers.filter((shopper, n) => n > 0 && shopper < shoppers[n - 1]).length
    expect(descents).toBeGreaterThan(70)
    expect(descents).toBeLessThan(130)
  })

  it('without products, or without events about them, is refused', async () => {
    await expect(readHistories(await write([], []))).rejects.toThrow(UserError)
    await expect(readHistories(await write([view('x', '1', 1, 'b')], ['a']))).rejects.toThrow(
      /no event is about a product/,
    )
  })

  it('with one shopper and one item is read', async () => {
    const h = await readHistories(await write([view('x', '1', 1, 'a')], ['a']))
    expect([...h.start, ...h.item]).toEqual([0, 1, 0])
  })

  it('with more tokens than fit at first loses none', async () => {
    const items = Array.from({ length: 200 }, (_, n) => ({ item_id: `${n}` }))
    const events = Array.from(
      { length: 700 },
      (_, n): HistoryEvent => ({ shopper: `${n % 3}`, id: `${n}`, time: n, name: 'purchase', items }),
    )
    const h = await readHistories(
      await write(
        events,
        items.map(({ item_id }) => item_id),
      ),
    )
    expect(h.item).toHaveLength(140_000)
    expect(h.time.at(-1)).toBeGreaterThan(690)
  })
})
