import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEvent, ITEM_EVENTS, itemsOf, MAX_ID_LENGTH, MAX_ITEMS_PER_EVENT } from '../../../shared/data/events.ts'

const view = { id: 'e1', time: 1_732_233_600_000, name: 'view_item', items: [{ item_id: '85123A', price: 2.55 }] }

describe('an event from outside', () => {
  it('keeps what is named and nothing else', () => {
    const decoded = decodeEvent({
      ...view,
      email: 'someone@example.com',
      items: [{ item_id: '85123A', price: 2.55, affiliation: 'x', user_id: 17850 }],
    })
    expect(decoded).toEqual(view)
  })

  it('may have ids of any characters', () => {
    for (const item_id of ['"', "'; DROP", '💡', '<img>', '__proto__', 'x'.repeat(MAX_ID_LENGTH)]) {
      expect(itemsOf(decodeEvent({ ...view, items: [{ item_id }] }))).toEqual([{ item_id }])
    }
  })

  const refused: [string, unknown, RegExp][] = [
    ['no object', null, /^event field/],
    ['no name', { id: 'e', time: 1 }, /event field "name"/],
    ['a name nobody knows', { ...view, name: 'like' }, /event field "name"/],
    ['no id', { ...view, id: '' }, /event field "id"/],
    ['a time before 1970', { ...view, time: -1 }, /event field "time"/],
    ['a time with a fraction', { ...view, time: 1.5 }, /event field "time"/],
    ['a time as text', { ...view, time: '2011-12-01' }, /event field "time"/],
    ['no items', { ...view, items: [] }, /event field "items"/],
    ['an item without id', { ...view, items: [{}] }, /event field "items.0.item_id"/],
    ['an endless id', { ...view, items: [{ item_id: 'x'.repeat(MAX_ID_LENGTH + 1) }] }, /items.0.item_id/],
    ['a price that is no number', { ...view, items: [{ item_id: 'a', price: Number.NaN }] }, /items.0.price/],
    ['an infinite price', { ...view, items: [{ item_id: 'a', price: Number.POSITIVE_INFINITY }] }, /items.0.price/],
    [
      'more items than an event has',
      { ...view, items: Array.from({ length: MAX_ITEMS_PER_EVENT + 1 }, () => ({ item_id: 'a' })) },
      /event field "items"/,
    ],
    ['six stars', { ...view, name: 'review', rating: 6, items: [{ item_id: 'a' }] }, /event field "rating"/],
    ['an empty query', { id: 'e', time: 1, name: 'search', search_term: '' }, /event field "search_term"/],
  ]
  it.each(refused)('is refused with the field: %s', (_what, value, reason) => {
    expect(() => decodeEvent(value)).toThrow(reason)
  })

  it('is either decoded or refused with an Error, whatever it is; decoding twice changes nothing', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.record({
        id: fc.anything(),
        time: fc.oneof(fc.nat(), fc.anything()),
        name: fc.constantFrom(...ITEM_EVENTS, 'search', 'review', 'ask', 'consent'),
        items: fc.oneof(fc.array(fc.record({ item_id: fc.string(), quantity: fc.double() })), fc.anything()),
        search_term: fc.anything(),
      }),
    )
    fc.assert(
      fc.property(anything, (value) => {
        let event: ReturnType<typeof decodeEvent>
        try {
          event = decodeEvent(value)
        } catch (error) {
          expect((error as Error).message).toMatch(/^event field "/)
          return
        }
        expect(decodeEvent(event)).toEqual(event)
      }),
    )
  })
})
