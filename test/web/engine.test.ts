/** The ranking of the worker without a browser: a shop of 40 products in memory, its bundle, and shoppers who act. */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../shared/data/events.ts'
import { seeded } from '../../shared/data/random.ts'
import { BUY, VIEW } from '../../shared/data/sequence.ts'
import { SHELF_KINDS, type ShelfKind } from '../../shared/data/shelf-kinds.ts'
import { applyChange, type Change, changeOf, initAdapter } from '../../shared/model/adapter.ts'
import { type ChunkName, networkName } from '../../shared/model/bundle.ts'
import { type CompiledModel, compile } from '../../shared/model/compile.ts'
import { contentOf } from '../../shared/model/content.ts'
import { initParams } from '../../shared/model/params.ts'
import { lean, noPreferences } from '../../shared/profile/preferences.ts'
import { type Bundle, makeBundle } from '../../trainer/publish.ts'
import type { Shelf } from '../../web/protocol.ts'
import type { KeptAdapter } from '../../web/store/adapter.ts'
import { createEngine, type Engine } from '../../web/worker/engine.ts'
import { historiesOf } from '../trainer/small-histories.ts'

const ITEMS = 40
const NOW = Date.UTC(2026, 5, 1)
const MINUTE = 60_000
const SOLD_OUT = new Set(['i3', 'i13', 'i23'])

let bundle: Bundle
let parts: Map<ChunkName, Uint8Array>
let network: CompiledModel
/** The same shop with another network. */
let publishWith: (network: CompiledModel) => Promise<Bundle>

beforeAll(async () => {
  const random = seeded('engine')
  const shoppers = Array.from({ length: 100 }, () => {
    const first = random.int(ITEMS)
    // Neighbours are viewed one after the other, and bought together.
    return Array.from({ length: 8 }, (_, n) => ({
      item: (first + n) % ITEMS,
      action: n < 4 ? VIEW : BUY,
      time: NOW - 86_400_000 * (1 + random.int(5)) + Math.min(n, 4) * MINUTE,
    })).sort((a, b) => a.time - b.time)
  })
  const h = historiesOf(shoppers, ITEMS)
  h.items = h.items.map((item, n) => ({
    ...item,
    title: `${['red', 'blue', 'green', 'white'][n % 4]} ${['mug', 'lamp', 'clock', 'tray', 'vase'][n % 5]}`,
    category: ['Home', ['Mugs', 'Lamps', 'Clocks', 'Trays', 'Vases'][n % 5]],
    price: 1 + n,
    ...(SOLD_OUT.has(item.item_id) ? { availability: 'out_of_stock' as const } : {}),
  }))
  const content = contentOf(h.items)
  const config = { items: ITEMS, contentWidth: content.width, width: 16, blocks: 2, heads: 2, window: 4, hidden: 16 }
  const blend = { network: 0.3, rules: 1, popularity: 0.05, buyAgain: 0.05 }
  publishWith = (network) => makeBundle({ histories: h, network, blend, version: 1, now: NOW })
  network = compile(config, initParams(config, 'engine'), content)
  bundle = await publishWith(network)
  parts = partsOf(bundle)
})

function partsOf({ manifest, chunks }: Bundle): Map<ChunkName, Uint8Array> {
  return new Map(manifest.chunks.map(({ name, sha256 }) => [name, chunks.get(sha256) as Uint8Array]))
}

let made = 0
function event(
  name: ShopEvent['name'] &
    ('view_item' | 'add_to_cart' | 'remove_from_cart' | 'purchase' | 'refund' | 'rec_dismiss' | 'add_to_wishlist'),
  item: string | string[],
  time = NOW,
): ShopEvent {
  return { id: `e${made++}`, time, name, items: [item].flat().map((item_id) => ({ item_id })) }
}
const search = (search_term: string, time = NOW): ShopEvent => ({ id: `e${made++}`, time, name: 'search', search_term })

function engineAfter(...events: ShopEvent[]): Engine {
  const engine = createEngine()
  engine.install(parts, bundle.manifest)
  for (const one of events) engine.append(one, NOW)
  return engine
}
const options = { limit: 8, now: NOW, language: 'en' }
const ids = ({ items }: Shelf) => items.map(({ itemId }) => itemId)
const shelfOf = (engine: Engine, kind: ShelfKind, itemId?: string) => engine.recommend(kind, { ...options, itemId })
/** All shelves, without what is drawn at random. */
const allShelves = (engine: Engine, itemId?: string) =>
  SHELF_KINDS.map((kind) => ({ ...shelfOf(engine, kind, itemId), recId: '' }))

describe('a first visit', () => {
  it('has a shelf from the first chunk alone, and the same kind of shelf from all', () => {
    const engine = createEngine()
    expect(shelfOf(engine, 'for-you').items).toEqual([])
    engine.install(new Map([['shelf', parts.get('shelf') as Uint8Array]]), bundle.manifest)
    for (const kind of ['for-you', 'trending'] as const) {
      const { items, models } = shelfOf(engine, kind)
      expect(items).toHaveLength(8)
      expect(models).toEqual(['trending'])
      expect(items.every(({ reason }) => reason.code === 'trending')).toBe(true)
    }
    expect(ids(shelfOf(engine, 'buy-again'))).toEqual([])
    const whole = engineAfter()
    expect(shelfOf(whole, 'for-you').items.every(({ reason }) => reason.code === 'trending')).toBe(true)
    expect(ids(shelfOf(whole, 'for-you'))).toEqual(ids(shelfOf(whole, 'trending')))
    expect(shelfOf(whole, 'for-you').items).toHaveLength(8)
  })

  it('has nothing bought together without a product or a cart, and nothing to buy again', () => {
    const engine = engineAfter()
    for (const kind of ['bought-together', 'related', 'buy-again'] as const)
      expect(ids(shelfOf(engine, kind))).toEqual([])
    expect(ids(shelfOf(engine, 'bought-together', 'i10')).length).toBeGreaterThan(0)
    expect(ids(shelfOf(engineAfter(event('add_to_cart', 'i10')), 'bought-together')).length).toBeGreaterThan(0)
    const emptied = engineAfter(event('add_to_cart', 'i10'), event('remove_from_cart', 'i10', NOW + 1))
    expect(ids(shelfOf(emptied, 'bought-together'))).toEqual([])
    const paid = engineAfter(event('add_to_cart', 'i10'), event('purchase', 'i10', NOW + 1))
    expect(ids(shelfOf(paid, 'bought-together'))).toEqual([])
  })
})

describe('a shelf', () => {
  const act = fc.record({
    name: fc.constantFrom(
      'view_item',
      'add_to_cart',
      'remove_from_cart',
      'purchase',
      'refund',
      'add_to_wishlist' as const,
    ),
    items: fc.uniqueArray(fc.integer({ min: 0, max: ITEMS + 2 }), { minLength: 1, maxLength: 3 }), // the last are unknown
    minute: fc.oneof(fc.nat(5000), fc.constant(7)), // some at the very same moment
    query: fc.option(fc.constantFrom('red mug', 'lamp', '台灯')),
  })
  const visit = fc.array(act, { maxLength: 12 }).map((acts) =>
    acts.map(({ name, items, minute, query }) =>
      query === null
        ? event(
            name as 'view_item',
            items.map((n) => `i${n}`),
            NOW - minute * MINUTE,
          )
        : search(query, NOW - minute * MINUTE),
    ),
  )

  it('is the same whether events came one by one, in any order, or all at once', () => {
    fc.assert(
      fc.property(visit, fc.integer({ min: 0, max: ITEMS - 1 }), (events, here) => {
        const atOnce = engineAfter()
        atOnce.setHistory(
          [...events].sort((a, b) => a.time - b.time),
          NOW,
        )
        expect(allShelves(engineAfter(...events), `i${here}`)).toEqual(allShelves(atOnce, `i${here}`))
        const late = createEngine()
        late.setHistory(events, NOW)
        late.install(parts, bundle.manifest)
        expect(allShelves(late, `i${here}`)).toEqual(allShelves(atOnce, `i${here}`))
      }),
      { numRuns: 60 },
    )
  })

  it('names only what exists, once, can be bought, and was not dismissed', () => {
    fc.assert(
      fc.property(
        visit,
        fc.integer({ min: 0, max: ITEMS - 1 }),
        fc.constantFrom(1, 3, 8, 100),
        (events, dismissed, limit) => {
          const engine = engineAfter(...events, event('rec_dismiss', `i${dismissed}`, NOW))
          for (const kind of SHELF_KINDS) {
            const found = ids(engine.recommend(kind, { ...options, limit }))
            expect(found.length).toBeLessThanOrEqual(limit)
            expect(new Set(found).size).toBe(found.length)
            expect(found.filter((id) => SOLD_OUT.has(id) || !engine.knows(id))).toEqual([])
            expect(found).not.toContain(`i${dismissed}`)
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('gives as reason an act of the shopper’s own, or that it is wanted now', () => {
    fc.assert(
      fc.property(visit, (events) => {
        const engine = engineAfter(...events)
        const did = (name: string, id: string) =>
          events.some((one) => one.name === name && 'items' in one && one.items?.some(({ item_id }) => item_id === id))
        for (const { reason, itemId } of shelfOf(engine, 'for-you').items) {
          if (reason.code === 'searched') {
            expect(events.some((one) => one.name === 'search' && one.search_term === reason.query)).toBe(true)
          } else if (reason.code !== 'trending') {
            const name = { viewed: 'view_item', carted: 'add_to_cart', bought: 'purchase', wished: 'add_to_wishlist' }[
              reason.code as 'viewed'
            ]
            expect('itemId' in reason && did(name, reason.itemId) && reason.itemId !== itemId).toBe(true)
          }
        }
        for (const { reason, itemId } of shelfOf(engine, 'buy-again').items) {
          expect(reason.code).toBe('buy-again')
          expect(did('purchase', itemId)).toBe(true)
        }
        for (const { reason } of shelfOf(engine, 'bought-together').items) {
          expect('itemId' in reason && did('add_to_cart', reason.itemId)).toBe(true)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('for you has nothing that the shopper has met, and changes after each act', () => {
    const engine = engineAfter()
    let before = ids(shelfOf(engine, 'for-you'))
    ;['i10', 'i20', 'i30'].forEach((id, n) => {
      engine.append(event('view_item', id, NOW + n * MINUTE), NOW)
      const after = ids(shelfOf(engine, 'for-you'))
      expect(after).not.toEqual(before)
      expect(after).not.toContain(id)
      before = after
    })
    engine.append(search('red mug', NOW + 4 * MINUTE), NOW)
    expect(ids(shelfOf(engine, 'for-you'))).not.toEqual(before)
  })

  it('does not change for an item that the shop does not know', () => {
    const known = [event('view_item', 'i5'), event('add_to_cart', 'i6', NOW + 1)]
    const engine = engineAfter(...known)
    const before = allShelves(engine, 'i10')
    for (const id of ['i999', '', '__proto__', 'constructor', '💡"\'', 'x'.repeat(10_000)]) {
      engine.append(event('view_item', id, NOW + 2), NOW)
      engine.append(event('purchase', [id], NOW + 3), NOW)
      expect(engine.knows(id)).toBe(false)
    }
    expect(allShelves(engine, 'i10')).toEqual(before)
  })

  it('of one category is at most half of a shelf of eight, as long as there is something else', () => {
    const engine = engineAfter(event('view_item', 'i0'), event('view_item', 'i5', NOW + 1))
    for (const kind of ['for-you', 'trending'] as const) {
      const kinds = ids(shelfOf(engine, kind)).map((id) => Number(id.slice(1)) % 5)
      for (const one of kinds) expect(kinds.filter((other) => other === one).length).toBeLessThanOrEqual(4)
    }
  })
})

describe('buy again', () => {
  it('counts purchases, says when the last was, and forgets what was given back', () => {
    const day = 86_400_000
    const engine = engineAfter(
      event('purchase', ['i1', 'i2'], NOW - 90 * day),
      event('purchase', ['i1', 'i4'], NOW - 30 * day),
      event('view_item', 'i7', NOW - 20 * day),
      event('refund', 'i4', NOW - 10 * day),
    )
    expect(shelfOf(engine, 'buy-again').items.map(({ itemId, reason }) => ({ itemId, ...reason }))).toEqual([
      { itemId: 'i1', code: 'buy-again', times: 2, lastTime: NOW - 30 * day },
      { itemId: 'i2', code: 'buy-again', times: 1, lastTime: NOW - 90 * day },
    ])
    engine.append(event('purchase', 'i4', NOW - day), NOW)
    expect(ids(shelfOf(engine, 'buy-again'))).toContain('i4')
    engine.append(event('rec_dismiss', 'i1', NOW), NOW)
    expect(ids(shelfOf(engine, 'buy-again'))).toEqual(['i4', 'i2'])
  })
})

it('a bundle without a network ranks by rules, and one that arrives later joins in', () => {
  const engine = createEngine()
  const counting = new Map([...parts].filter(([name]) => name === 'items' || name === 'rules' || name === 'shelf'))
  engine.install(counting, bundle.manifest)
  engine.append(event('view_item', 'i10'), NOW)
  expect(shelfOf(engine, 'for-you').models).not.toContain('network')
  const next = ids(shelfOf(engine, 'for-you'))
  expect(next.some((id) => ['i11', 'i12', 'i14'].includes(id))).toBe(true)
  engine.install(parts, bundle.manifest)
  expect(shelfOf(engine, 'for-you').models).toContain('network')
})

describe('the profile', () => {
  it('after each event is what all of them together give, in whatever order they came', () => {
    const someActs = fc.array(
      fc.tuple(
        fc.constantFrom('view_item' as const, 'add_to_cart' as const, 'purchase' as const, 'rec_dismiss' as const),
        fc.nat(45),
        fc.nat(3_000),
      ),
      { minLength: 1, maxLength: 25 },
    )
    fc.assert(
      fc.property(someActs, (acts) => {
        // "i40" and more are in no catalogue; times go forth and back.
        const events = acts.map(([name, item, minutes]) => event(name, `i${item}`, NOW - minutes * MINUTE))
        const [grown, whole] = [engineAfter(...events), engineAfter()]
        whole.setHistory(events, NOW)
        expect(grown.profile(NOW)).toEqual(whole.profile(NOW))
      }),
      { numRuns: 40 },
    )
  })

  it('does not wait for the date of a clock that was wrong: what it recorded counts as the oldest', () => {
    const day = 86_400_000
    const now = NOW + 120 * day
    const before = [event('view_item', 'i1', NOW - 60 * day), event('view_item', 'i2', NOW - 30 * day)]
    const ahead = event('purchase', 'i10', NOW + 365 * day)
    const visits = [30, 60, 90, 120].map((days) => event('view_item', 'i20', NOW + days * day))
    const [oneTab, pages] = [engineAfter(...before), createEngine()]
    oneTab.append(ahead, ahead.time)
    expect(oneTab.profile(ahead.time)?.profile.doing).toBe('bought')
    for (const visit of visits) oneTab.append(visit, visit.time)
    pages.install(parts, bundle.manifest)
    pages.setHistory([...before, ...visits, ahead], now) // the store reads in the order of the times
    for (const engine of [oneTab, pages]) {
      const { doing, lifecycle } = engine.profile(now)?.profile ?? {}
      expect(doing).toBe('browsing')
      expect(lifecycle).toMatchObject({ recencyDays: 0, visits: 6, orders: 1 })
      expect(
        engine
          .material(false)
          ?.tokens.map(({ item }) => item)
          .slice(-4),
      ).toEqual([20, 20, 20, 20])
    }
    expect(oneTab.profile(now)).toEqual(pages.profile(now))
    // Its date comes.
    const later = event('view_item', 'i30', NOW + 366 * day)
    oneTab.append(later, later.time)
    pages.setHistory([...before, ...visits, ahead, later], later.time)
    expect(oneTab.profile(later.time)).toEqual(pages.profile(later.time))
    expect(oneTab.material(false)?.tokens.at(-2)?.item).toBe(10)
  })

  it('and the shelf are those of all events together, under a clock that jumps and for many of one moment', () => {
    const act = fc.record({
      clock: fc.oneof(
        fc.integer({ min: -3, max: 3 }).map((days) => days * 86_400_000),
        fc.nat(3),
        fc.constant(0),
      ),
      late: fc.oneof(fc.constant(0), fc.nat(3), fc.integer({ min: -90_000, max: 4 * 86_400_000 })),
      items: fc.uniqueArray(fc.nat(45), { minLength: 1, maxLength: 3 }),
      name: fc.constantFrom('view_item' as const, 'purchase' as const, 'search' as const),
      asked: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 40 }), (acts) => {
        const [grown, whole] = [engineAfter(), engineAfter()]
        const events = acts.map(({ name, items, clock, late }) => {
          const time = NOW + clock - late
          return name === 'search'
            ? search('red mug', time)
            : event(
                name,
                items.map((n) => `i${n}`),
                time,
              )
        })
        events.forEach((one, n) => {
          const now = NOW + acts[n].clock
          grown.append(one, now)
          if (!acts[n].asked && n < events.length - 1) return
          whole.setHistory(events.slice(0, n + 1), now)
          expect(grown.profile(now)).toEqual(whole.profile(now))
          expect(grown.material(false)).toEqual(whole.material(false))
          const [shelf, again] = [shelfOf(grown, 'for-you'), shelfOf(whole, 'for-you')]
          expect(shelf).toEqual({ ...again, recId: shelf.recId })
        })
        expect(allShelves(grown, 'i10')).toEqual(allShelves(whole, 'i10'))
        expect(grown.why('i10', 'en')).toEqual(whole.why('i10', 'en'))
      }),
      { numRuns: 60 },
    )
  })

  it('of no events is none, and changes no shelf', () => {
    const engine = engineAfter()
    expect(engine.profile(NOW)).toBeUndefined()
    const before = allShelves(engine, 'i10')
    engine.setPreferences(noPreferences())
    expect(allShelves(engine, 'i10')).toEqual(before)
  })

  it('is obeyed: what is muted is on no shelf of suggestions, what is boosted comes sooner', () => {
    const engine = engineAfter(event('view_item', 'i10'), event('view_item', 'i11', NOW + 1))
    const mugs = { kind: 'category', label: 'Home > Mugs' } as const
    const isMug = (id: string) => Number(id.slice(1)) % 5 === 0
    engine.setPreferences(lean(noPreferences(), mugs, 'muted'))
    for (const kind of ['for-you', 'trending'] as const) expect(ids(shelfOf(engine, kind)).some(isMug)).toBe(false)
    engine.setPreferences(noPreferences())
    const mugsShown = () => ids(shelfOf(engine, 'for-you')).filter(isMug).length
    expect(mugsShown()).toBe(0)
    engine.setPreferences(lean(noPreferences(), mugs, 'boosted'))
    expect(mugsShown()).toBe(4)
    // Whoever looks at a mug sees mugs, muted or not: the page is about it.
    engine.setPreferences(lean(noPreferences(), mugs, 'muted'))
    expect(ids(shelfOf(engine, 'related', 'i10')).some(isMug)).toBe(true)
  })
})

describe('what the device has learned', () => {
  const model = () => networkName(bundle.manifest)
  /** A change of the state, as it ships: published matrices are rounded, biases are not. */
  const config = { rank: 2, matrices: [] }
  function change(seed: string): Change {
    const random = seeded(seed)
    const params = initAdapter(network.config, config, seed)
    for (const { values } of Object.values(params)) values.set(values.map(() => 0.3 * random.normal()))
    return changeOf(network.config, { ...config, params })
  }
  const kept = (of: string, changed: Change): KeptAdapter => ({
    model: of,
    change: changed,
    accepted: { at: NOW, trial: { wishes: 4, before: 3, after: 2, standardError: 0.1, share: 1 } },
  })
  const acts = [
    event('view_item', 'i7', NOW - 3),
    event('add_to_cart', 'i8', NOW - 2),
    event('view_item', 'i20', NOW - 1),
  ]
  /** Everything that a shopper sees of the network. */
  const seen = (engine: Engine) => [
    allShelves(engine),
    ids(shelfOf(engine, 'for-you')).map((id) => engine.why(id, 'en')),
  ]

  it('ranks and explains as a network would that was published so, whatever came first', async () => {
    const changed = change('own')
    const published = await publishWith(applyChange(network, changed))
    const same = createEngine()
    same.install(partsOf(published), published.manifest)
    same.setHistory(acts, NOW)

    const adopted = engineAfter(...acts)
    const before = seen(adopted)
    adopted.adopt(kept(model(), changed))
    expect(adopted.adopted()?.accepted.at).toBe(NOW)
    expect(seen(adopted)).not.toEqual(before)
    expect(seen(adopted)).toEqual(seen(same))

    const early = createEngine()
    early.adopt(kept(model(), changed))
    early.install(parts, bundle.manifest)
    for (const act of acts) early.append(act, NOW)
    expect(seen(early)).toEqual(seen(adopted))
    early.install(parts, bundle.manifest)
    expect(seen(early)).toEqual(seen(adopted))

    // Probes are of everyone's network: they would fail on this one.
    const mixed = new Map([...partsOf(published), ['probes', parts.get('probes') as Uint8Array] as const])
    expect(() => createEngine().install(mixed, published.manifest)).toThrow(/probe/)
    adopted.adopt(undefined)
    expect(seen(adopted)).toEqual(before)
  })

  it.each([
    ['another network', () => kept('another', change('own'))],
    ['another width', () => kept(model(), { ...change('own'), shift: new Float32Array(8) })],
    ['another depth', () => kept(model(), { ...change('own'), blocks: [] })],
    ['no numbers', () => kept(model(), { ...change('own'), shift: new Float32Array(16).fill(Number.NaN) })],
    ['no arrays', () => ({ model: model(), change: 'nonsense' }) as never],
    ['nothing', () => 'nonsense' as never],
  ])('is as if it were not there when it is of %s', (_what, adapter) => {
    const engine = engineAfter(...acts)
    const before = seen(engine)
    engine.adopt(adapter())
    expect(engine.adopted()).toBeUndefined()
    expect(seen(engine)).toEqual(before)
  })

  it('is asked of everyone’s network, with what the shopper did', () => {
    const engine = engineAfter(...acts)
    engine.adopt(kept(model(), change('own')))
    const material = engine.material(true)
    expect(material?.tokens.map(({ item }) => item)).toEqual([7, 8, 20])
    expect(material?.model?.bias).toEqual(network.bias)
    expect(engine.material(false)).not.toHaveProperty('model')
    expect(createEngine().material(true)).toBeUndefined()
  })
})
