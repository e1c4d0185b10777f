import { describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { chooseHidden, evaluateColdItems } from '../../trainer/cold-items.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import { PRESETS } from '../../trainer/presets.ts'
import { UserError } from '../../trainer/user-error.ts'
import { historiesOf, viewsOf } from './small-histories.ts'

const DAY = 86_400_000
const STYLES = ['boho', 'modern', 'rustic', 'retro']
const WORDS = ['mug', 'lamp', 'rug', 'vase', 'clock', 'tray', 'bowl', 'frame']

/** Shoppers stay with one style, which only an attribute tells: titles are words drawn without regard to it. */
function styledShop(): Histories {
  const random = seeded('styled shop')
  const items = Array.from({ length: 120 }, (_, n) => ({
    item_id: `i${n}`,
    title: `${random.pick(WORDS)} ${random.pick(WORDS)}`,
    category: ['Home', n < 60 ? 'Left' : 'Right'],
    attributes: { style: STYLES[n % STYLES.length] },
  }))
  const shoppers = Array.from({ length: 700 }, () => {
    const style = random.int(STYLES.length)
    const first = random.int(60 * DAY)
    return Array.from({ length: 16 }, (_, step) => ({
      item: style + STYLES.length * random.int(items.length / STYLES.length),
      time: first + Math.floor(step / 4) * 10 * DAY + step * 1000,
    }))
  })
  return { ...historiesOf(shoppers, items.length), items, simulated: false }
}

/** Two of each title, and who wants one of them wants the other next. */
function pairedShop(): Histories {
  const random = seeded('paired shop')
  const items = Array.from({ length: 128 }, (_, n) => ({
    item_id: `i${n}`,
    title: `${WORDS[(n >> 1) % 8]} ${WORDS[n >> 4].toUpperCase()}y`,
    category: ['Home'],
  }))
  const shoppers = Array.from({ length: 500 }, () => {
    const first = random.int(60 * DAY)
    return Array.from({ length: 6 }, (_, visit) => {
      const item = random.int(items.length)
      const time = first + visit * 10 * DAY
      return [
        { item, time },
        { item: item ^ 1, time: time + 1000 },
      ]
    }).flat()
  })
  return { ...historiesOf(shoppers, items.length), items, simulated: false }
}

const preset = { ...PRESETS.tiny, width: 16, hidden: 16, window: 16, batchTokens: 1024, learningRate: 0.01, epochs: 5 }

describe('cold items', () => {
  it('are placed by what content has taught, where titles say nothing', async () => {
    const evaluation = await evaluateColdItems(styledShop(), { preset, seeds: ['1'] })
    expect(evaluation.seeds.map(({ items }) => items)).toEqual([12])
    const { among_hidden, among_all } = evaluation
    // Of 12 hidden items about 3 are of the style: a perfect order has NDCG@10 1, a random one about .45.
    expect(among_hidden.models.content.ndcg).toBeGreaterThan(0.7)
    for (const table of [among_hidden, among_all]) {
      expect(table.content_minus.random.low).toBeGreaterThan(0)
      expect(table.content_minus['tf-idf'].low).toBeGreaterThan(0)
    }
    expect(evaluation.passed).toBe(true)
  })

  it('are shown by what ships where they are called what is looked at; where nobody wants them, that costs', async () => {
    const { seeds, among_all, every_visit } = await evaluateColdItems(pairedShop(), { preset, seeds: ['1'] })
    expect(seeds[0].new_items).toBeGreaterThan(0)
    expect(among_all.models.blend.ndcg).toBeGreaterThan(0.5)
    expect(every_visit.wanted.placed_minus_not.low).toBeGreaterThan(0)
    expect(every_visit.unwanted.placed_minus_not.mean).toBeLessThanOrEqual(0)
    expect(every_visit.unwanted.queries).toBeLessThan(every_visit.wanted.queries)
  })

  it('of a simulated shop are a department, another for each seed', () => {
    const shop = styledShop()
    const items = shop.items.map((item) => ({ ...item, category: item.category.slice(1) }))
    const h = { ...shop, items, simulated: true }
    const chosen = Array.from({ length: 8 }, (_, seed) => chooseHidden(h, String(seed)))
    expect(new Set(chosen.map(({ description }) => description))).toEqual(new Set(['Left', 'Right']))
    for (const { hidden } of chosen) expect(hidden.size).toBe(60)
    expect([...chooseHidden(h, '1', 'right').hidden].every((item) => item >= 60)).toBe(true)
    expect(() => chooseHidden({ ...shop, simulated: true }, '1')).toThrow(/no department to hide/)
  })

  it('cannot be asked for without titles or times, nor where nobody wants them', async () => {
    const untitled = historiesOf([viewsOf(1, 2, 3)], 4)
    await expect(evaluateColdItems(untitled, { preset, seeds: ['1'] })).rejects.toThrow(/no times/)
    const timed = { ...untitled, timed: true }
    await expect(evaluateColdItems(timed, { preset, seeds: ['1'] })).rejects.toThrow(/no titles/)
    const shop = styledShop()
    const items = [...shop.items, { item_id: 'new', title: 'New', category: ['Garden'] }]
    const asked = evaluateColdItems({ ...shop, items }, { preset, seeds: ['1'], hideCategory: 'Garden' })
    await expect(asked).rejects.toThrow(UserError)
    await expect(asked).rejects.toThrow(/wants what is hidden \(Garden\)/)
  })
})
