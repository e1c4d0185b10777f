/** The dataLayer as shops write it, read without a browser: it is an array and functions of values. */
import { describe, expect, it } from 'vitest'
import { createDataLayerReader, hookDataLayer } from '../../web/capture/data-layer.ts'
import type { Noticed } from '../../web/capture/event.ts'

function read(...entries: unknown[]) {
  const events: Noticed[] = []
  const remember: boolean[] = []
  const reader = createDataLayerReader({
    onEvent: (event) => events.push(event),
    onRemember: (granted) => remember.push(granted),
  })
  for (const entry of entries) reader(entry)
  return { events, remember, bare: events.map(({ id: _, time: __, ...event }) => JSON.parse(JSON.stringify(event))) }
}

/** gtag pushes `arguments`, which is no array. */
function gtag(..._: unknown[]): IArguments {
  // biome-ignore lint/complexity/noArguments: it is what gtag does
  return arguments
}

describe('GTM objects', () => {
  it('become events with ids as text, prices as numbers, and categories joined', () => {
    const item = { item_id: 85123, item_name: 'Lantern', item_category: 'Home', item_category2: 'Light', price: '2.55' }
    expect(read({ event: 'view_item', ecommerce: { currency: 'GBP', value: 2.55, items: [item] } }).bare).toEqual([
      {
        name: 'view_item',
        currency: 'GBP',
        value: 2.55,
        items: [{ item_id: '85123', item_name: 'Lantern', item_category: 'Home > Light', price: 2.55 }],
      },
    ])
  })

  it('name what is shared among their own fields, and what is taken off a wish list as any other', () => {
    const { bare } = read(
      { event: 'share', method: 'link', content_type: 'product', item_id: 'a' },
      { event: 'remove_from_wishlist', ecommerce: { items: [{ item_id: 'b' }] } },
      // Of a page, of a picture, of nobody says what: none of ours, and nothing to reject.
      { event: 'share', item_id: 'c' },
      { event: 'share', content_type: 'product' },
      { event: 'share', method: 'link', content_type: 'page' },
      { event: 'share', content_type: 'image', item_id: 'd' },
      // No event's items are its own fields but a share's.
      { event: 'view_item', item_id: 'e', name: 'Promo', ecommerce: { items: [] } },
    )
    expect(bare).toEqual([
      { name: 'share', items: [{ item_id: 'a' }] },
      { name: 'remove_from_wishlist', items: [{ item_id: 'b' }] },
      { name: 'view_item', items: [] },
    ])
  })

  it('keep their ecommerce for a later push, until it is reset', () => {
    const { bare } = read(
      { ecommerce: { items: [{ item_id: 'a' }] } },
      { event: 'view_item' },
      { ecommerce: null },
      { event: 'add_to_cart' },
    )
    expect(bare).toEqual([{ name: 'view_item', items: [{ item_id: 'a' }] }, { name: 'add_to_cart' }])
  })

  it('drop callbacks, elements and whatever else no worker can be sent', () => {
    const { events } = read({
      event: 'purchase',
      eventCallback: () => {},
      ecommerce: { transaction_id: 7, items: [{ item_id: 'a', click: () => {} }] },
    })
    expect(structuredClone(events[0])).toMatchObject({
      name: 'purchase',
      transaction_id: '7',
      items: [{ item_id: 'a' }],
    })
  })

  it('do not carry the last items into a search', () => {
    const { bare } = read(
      { event: 'view_item', ecommerce: { items: [{ item_id: 'a' }] } },
      { event: 'search', search_term: 'lamp' },
    )
    expect(bare[1]).toEqual({ name: 'search', search_term: 'lamp' })
  })

  it('that are no shop events are none of ours', () => {
    expect(read({ event: 'gtm.js' }, { event: 'scroll' }, null, 7, 'text', () => {}, {}, []).events).toEqual([])
  })
})

describe('gtag tuples', () => {
  it('become events, in arguments objects and in arrays', () => {
    const parameters = { items: [{ item_id: 'a' }] }
    expect(read(gtag('event', 'view_item', parameters), ['event', 'add_to_cart', parameters]).bare).toEqual([
      { name: 'view_item', items: [{ item_id: 'a' }] },
      { name: 'add_to_cart', items: [{ item_id: 'a' }] },
    ])
  })

  it('set the currency of what follows', () => {
    expect(read(gtag('set', { currency: 'EUR' }), gtag('event', 'view_item', { items: [] })).bare[0].currency).toBe(
      'EUR',
    )
  })
})

describe('consent mode', () => {
  const denied = { personalization_storage: 'denied' }
  const granted = { personalization_storage: 'granted' }

  it('a denied default is no decision; a denied update is one', () => {
    expect(read(gtag('consent', 'default', denied)).remember).toEqual([])
    expect(read(gtag('consent', 'update', denied)).remember).toEqual([false])
  })

  it('an update, or a default for everywhere, grants', () => {
    expect(read(gtag('consent', 'update', granted)).remember).toEqual([true])
    expect(read(gtag('consent', 'default', { functionality_storage: 'granted' })).remember).toEqual([true])
    expect(read(gtag('consent', 'default', { ...granted, region: ['US-CA'] })).remember).toEqual([])
  })

  it('advertising consent says nothing to us', () => {
    expect(read(gtag('consent', 'update', { ad_storage: 'granted', analytics_storage: 'granted' })).remember).toEqual(
      [],
    )
  })
})

describe('the hook', () => {
  it('replays the backlog, passes everything through, and lets no error of ours out', () => {
    const layer: unknown[] = [1, 2]
    const seen: unknown[] = []
    const hooked = new WeakSet<object>()
    const reader = (entry: unknown) => {
      seen.push(entry)
      throw new Error('ours')
    }
    hookDataLayer(layer, hooked, reader)
    hookDataLayer(layer, hooked, reader)
    expect(layer.push(3, 4)).toBe(4)
    expect([...layer]).toEqual([1, 2, 3, 4])
    expect(seen).toEqual([1, 2, 3, 4])
  })
})
