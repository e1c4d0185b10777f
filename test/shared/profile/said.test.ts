import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EventName, ITEM_EVENTS, type ShopEvent } from '../../../shared/data/events.ts'
import { memoryOf } from '../../../shared/profile/memory.ts'
import { opinionsOf, sharesOf, spendingOf, wishesOf } from '../../../shared/profile/said.ts'
import { decodeSentiment } from '../../../shared/profile/sentiment.ts'
import { shopReviews, shopSentiment } from '../../shop-reviews.ts'

const DAY_MS = 86_400_000
const START = Date.UTC(2026, 0, 1)
let made = 0
type ItemEvent = (typeof ITEM_EVENTS)[number]

const act = (name: ItemEvent, itemId: string, more: Partial<ShopEvent> = {}): ShopEvent => ({
  id: `e${++made}`,
  time: START + made * 1000,
  name,
  items: [{ item_id: itemId, item_name: `The ${itemId}` }],
  ...(more as object),
})
const idsOf = (items: { itemId: string }[]) => items.map(({ itemId }) => itemId)

describe('the wish list', () => {
  it('holds what was saved, the latest first, with the events that say so', () => {
    const events = [act('add_to_wishlist', 'mug'), act('add_to_wishlist', 'lamp'), act('add_to_wishlist', 'mug')]
    expect(wishesOf(events)).toEqual([
      { itemId: 'mug', name: 'The mug', evidence: [events[2].id, events[0].id] },
      { itemId: 'lamp', name: 'The lamp', evidence: [events[1].id] },
    ])
  })

  it('lets go of what was taken off or bought', () => {
    const saved = ['mug', 'lamp', 'rug'].map((id) => act('add_to_wishlist', id))
    expect(idsOf(wishesOf([...saved, act('remove_from_wishlist', 'lamp'), act('purchase', 'mug')]))).toEqual(['rug'])
    expect(idsOf(wishesOf([...saved, act('remove_from_cart', 'rug'), act('refund', 'rug')]))).toContain('rug')
  })

  it('is what a plain replay of the acts leaves', () => {
    const anyAct = fc.tuple(fc.constantFrom(...ITEM_EVENTS), fc.constantFrom('a', 'b', 'c'))
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 30 }), (acts) => {
        const list = new Set<string>()
        for (const [name, item] of acts) {
          if (name === 'add_to_wishlist') list.add(item)
          if (name === 'remove_from_wishlist' || name === 'purchase') list.delete(item)
        }
        const found = wishesOf(acts.map(([name, item]) => act(name, item)))
        expect(new Set(idsOf(found))).toEqual(list)
      }),
    )
  })
})

it('what was shared stays, whatever became of it', () => {
  const events = [act('share', 'mug'), act('purchase', 'mug'), act('share', 'lamp')]
  expect(idsOf(sharesOf(events))).toEqual(['lamp', 'mug'])
})

describe('opinions', () => {
  const model = decodeSentiment(shopSentiment(shopReviews(800), '1')!)
  const review = (text: string | undefined, rating = 4): ShopEvent => ({
    id: `e${++made}`,
    time: START + made * 1000,
    name: 'review',
    items: [{ item_id: 'mug' }],
    rating,
    ...(text === undefined ? {} : { text }),
  })

  it('quote what the shopper wrote, by what it is about, in both languages', () => {
    const good = review('The colour is beautiful, but delivery was late.')
    const bad = review('质量很差。物流很快。', 1)
    const { reviews, read, aspects } = opinionsOf([good, bad, review(undefined), act('view_item', 'mug')], model)!
    expect([reviews, read]).toEqual([2, 2])
    expect(aspects).toEqual([
      { aspect: 'quality', praised: [], faulted: [{ text: '质量很差', eventId: bad.id }] },
      {
        aspect: 'delivery',
        praised: [{ text: '物流很快', eventId: bad.id }],
        faulted: [{ text: 'but delivery was late', eventId: good.id }],
      },
      { aspect: 'looks', praised: [{ text: 'The colour is beautiful', eventId: good.id }], faulted: [] },
    ])
  })

  it('are in favour by the stars, where three say nothing by the text, and none where nothing was written', () => {
    const terrible = 'Terrible. It broke within a week.'
    const lovely = 'Lovely, well made, the best I have had.'
    const said = (text: string, rating: number) => opinionsOf([review(text, rating)], model)
    expect(said(terrible, 5)).toMatchObject({ favourable: 1, read: 1 })
    expect(said(lovely, 2)).toMatchObject({ favourable: 0, read: 1 })
    expect(said(terrible, 3)).toMatchObject({ favourable: 0, read: 1 })
    expect(said(lovely, 3)).toMatchObject({ favourable: 1, read: 1 })
    expect(opinionsOf([review(undefined), review('')], model)).toBeUndefined()
  })

  it('say nothing of a text that is not understood, and keep markup as the text that it is', () => {
    expect(opinionsOf([review('C’est très joli et bien fait', 3)], model)).toMatchObject({
      reviews: 1,
      read: 0,
      aspects: [],
    })
    const [{ praised }] = opinionsOf(
      [review('The colour <img src=x onerror=alert(1)> is beautiful and very well made.')],
      model,
    )!.aspects
    expect(praised[0].text).toContain('<img src=x onerror=alert(1)>')
  })
})

describe('spending', () => {
  const after = (days: number, name: EventName, value?: number): ShopEvent =>
    act(name as ItemEvent, 'mug', { time: START + days * DAY_MS, ...(value === undefined ? {} : { value }) } as object)
  const spent = (events: ShopEvent[], day: number) => {
    const { visits } = memoryOf(events, () => undefined)
    return visits && spendingOf(visits, START + day * DAY_MS)
  }

  it('is the mean of a month and of an order, and the most within any month', () => {
    const orders = [after(0, 'purchase', 30), after(200, 'purchase', 50), after(220, 'purchase', 40)]
    const found = spent([after(0, 'view_item'), ...orders], 365.25)!
    expect(found.orders).toBe(3)
    expect(found.monthly).toBeCloseTo(10, 1)
    expect(found.order).toBe(40)
    expect(found.most).toBe(90)
  })

  it('does not make a month of one day, counts what was sent back, and is nothing before the first order', () => {
    expect(spent([after(0, 'purchase', 30)], 0.5)?.monthly).toBe(30)
    expect(spent([after(0, 'purchase', 30), after(3, 'refund', 30)], 10)?.most).toBe(0)
    expect(spent([after(0, 'view_item')], 1)).toBeUndefined()
  })
})
