import { describe, expect, it } from 'vitest'
import type { EventName, ShopEvent } from '../../../shared/data/events.ts'
import { entriesOf, visitsOf } from '../../../shared/profile/entries.ts'
import { memoryOf } from '../../../shared/profile/memory.ts'

const MINUTE = 60_000
const factsOf = (id: string) =>
  id === 'gone' ? undefined : { category: id === 'bare' ? [] : ['Home', id], traits: [], reduced: false }
let made = 0
const act = (minute: number, name: EventName, item = 'Mugs') =>
  ({ id: `e${made++}`, time: minute * MINUTE, name, items: [{ item_id: item }] }) as ShopEvent

describe('visits', () => {
  it('end with a pause, which what was only shown does not bridge: as the memory counts them', () => {
    const events = [
      act(0, 'view_item', 'Lamps'),
      act(25, 'rec_impression'),
      act(50, 'view_item'),
      act(55, 'rec_impression'),
      act(60, 'add_to_cart'),
      act(80, 'view_item_list'),
    ]
    expect(visitsOf(events)).toEqual([
      { from: 0, to: 1 },
      { from: 2, to: 5 },
    ])
    expect(entriesOf(events, factsOf).map(({ category }) => category)).toEqual(['Home > Lamps', 'Home > Mugs'])
    expect(memoryOf(events, factsOf).visits?.count).toBe(2)
    expect(visitsOf([act(0, 'rec_impression')])).toEqual([])
  })

  it('begin with the first look at something that has a category', () => {
    const events = [act(0, 'search'), act(1, 'view_item', 'gone'), act(2, 'view_item', 'bare'), act(3, 'view_item')]
    expect(entriesOf(events, factsOf)).toEqual([{ at: 0, lookAt: 3, time: 3 * MINUTE, category: 'Home > Mugs' }])
    expect(entriesOf(events.slice(0, 3), factsOf)).toEqual([])
  })
})
