import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../../shared/data/events.ts'
import { joinedWith } from '../../../shared/profile/joining.ts'
import { noPreferences, type Preferences } from '../../../shared/profile/preferences.ts'

const seen = (n: number): ShopEvent => ({ id: `e${n}`, time: n, name: 'view_item', items: [{ item_id: 'mug' }] })
const brand = (label: string) => ({ kind: 'brand' as const, label })
const nothing = { events: [], preferences: noPreferences() }
const file = (events: ShopEvent[], preferences: Preferences = noPreferences()) => ({ madeAt: 0, events, preferences })

describe('a carried profile, where there is something already', () => {
  it('adds the newest of what is not here, in order, and pushes nothing out', () => {
    const numbers = fc.uniqueArray(fc.nat(40), { maxLength: 30 })
    fc.assert(
      fc.property(numbers, numbers, fc.integer({ min: 1, max: 40 }), (own, carried, most) => {
        const here = own.slice(0, most).map(seen)
        const { events } = joinedWith({ ...nothing, events: here }, file(carried.map(seen)), most)
        const fresh = carried.filter((n) => !here.some(({ id }) => id === `e${n}`)).sort((a, b) => a - b)
        expect(events.map(({ time }) => time)).toEqual(fresh.slice(Math.max(0, fresh.length - (most - here.length))))
      }),
    )
  })

  it('keeps what was said here, and adds what was said there of other things', () => {
    const own: Preferences = { muted: [brand('a')], boosted: [brand('b')], declared: { region: 'Kent' }, notified: [1] }
    const there: Preferences = {
      muted: [brand('b'), brand('c')],
      boosted: [brand('a'), brand('d')],
      declared: { region: 'Devon', sizes: 'M' },
      taste: { departments: ['Home'], styles: [] },
    }
    expect(joinedWith({ events: [], preferences: own }, file([], there), 10).preferences).toEqual({
      muted: [brand('a'), brand('c')],
      boosted: [brand('b'), brand('d')],
      declared: { region: 'Kent', sizes: 'M' },
      notified: [1],
      taste: { departments: ['Home'], styles: [] },
    })
  })

  it('is the file where nothing was said here', () => {
    const there: Preferences = { muted: [brand('c')], boosted: [], declared: { sizes: 'M' } }
    expect(joinedWith(nothing, file([seen(1)], there), 10)).toEqual(file([seen(1)], there))
  })
})
