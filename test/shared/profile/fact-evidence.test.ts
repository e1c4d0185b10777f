import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../../shared/data/events.ts'
import { evidenceOfFacts } from '../../../shared/profile/fact-evidence.ts'
import type { ItemFacts } from '../../../shared/profile/facts.ts'

const DAY = 86_400_000
const FACTS_OF: Record<string, ItemFacts> = {
  mug: { category: ['Home', 'Mugs'], traits: [], priceLevel: 0.5, reduced: false },
  rug: { category: ['Home', 'Rugs'], traits: [], reduced: true },
}
const factsOf = (id: string) => FACTS_OF[id]
const act = (
  id: string,
  time: number,
  name: 'view_item' | 'rec_impression' | 'purchase' | 'search',
  item = 'mug',
  more = {},
) =>
  ({
    id,
    time,
    name,
    ...(name === 'search' ? { search_term: 'mug' } : { items: [{ item_id: item }] }),
    ...(name === 'purchase' ? { value: 10, transaction_id: id, ...more } : {}),
  }) as ShopEvent

const HISTORY = [
  act('searched', 0, 'search'),
  act('seen', 1, 'view_item'),
  act('shown', 2, 'rec_impression', 'rug'),
  act('bought', 3, 'purchase', 'mug', { coupon: 'TEN' }),
  act('shown-again', 10 * DAY - 1, 'rec_impression'),
  act('rug', 10 * DAY, 'view_item', 'rug'),
  act('gone', 10 * DAY + 1, 'view_item', 'of yore'),
]

describe('what each sentence of a profile rests on', () => {
  it('is the events that it was read from, the newest first', () => {
    const { doing, stage, nextOrder, expected, prices, reductions, segment } = evidenceOfFacts(HISTORY, factsOf)
    expect(doing?.eventIds).toEqual(['gone', 'rug'])
    expect(stage).toEqual({ counts: { view_item: 1, purchase: 1, search: 1 }, eventIds: ['rug', 'bought', 'searched'] })
    expect(nextOrder?.eventIds).toEqual(['bought'])
    expect(expected?.eventIds).toEqual(['rug', 'seen'])
    expect(prices?.eventIds).toEqual(['seen'])
    expect(reductions?.eventIds).toEqual(['rug', 'bought'])
    expect(segment).toEqual({ counts: { view_item: 2, purchase: 1 }, eventIds: ['rug', 'bought', 'seen'] })
  })

  it('is nothing where nothing was done, or only shown', () => {
    expect(evidenceOfFacts([], factsOf)).toEqual({})
    expect(evidenceOfFacts([act('shown', 0, 'rec_impression')], factsOf)).toEqual({})
  })

  it('is of the history alone, each event once', () => {
    const event = fc.record({
      name: fc.constantFrom('view_item' as const, 'rec_impression' as const, 'purchase' as const, 'search' as const),
      item: fc.constantFrom('mug', 'rug', 'of yore'),
      gap: fc.integer({ min: 0, max: DAY }),
    })
    fc.assert(
      fc.property(fc.array(event), (made) => {
        let time = 0
        const events = made.map(({ name, item, gap }, n) => act(`e${n}`, (time += gap), name, item))
        for (const { counts, eventIds } of Object.values(evidenceOfFacts(events, factsOf))) {
          const known = new Map(events.map(({ id, name }) => [id, name]))
          expect(new Set(eventIds).size).toBe(eventIds.length)
          for (const id of eventIds) expect(known.has(id)).toBe(true)
          expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(eventIds.length)
        }
      }),
    )
  })
})
