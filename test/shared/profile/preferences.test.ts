import { describe, expect, it } from 'vitest'
import {
  decodePreferences,
  joinedPreferences,
  noPreferences,
  type Preferences,
} from '../../../shared/profile/preferences.ts'

const brand = (label: string) => ({ kind: 'brand' as const, label })
const category = (label: string) => ({ kind: 'category' as const, label })

describe('preferences that a file brings', () => {
  it('are added to what was said here, of other things', () => {
    const own: Preferences = { muted: [brand('a')], boosted: [brand('b')], declared: { region: 'Kent' } }
    const file: Preferences = {
      muted: [brand('b'), brand('c')],
      boosted: [brand('a'), brand('d')],
      declared: { region: 'Devon', sizes: 'M' },
      taste: { departments: ['Home'], styles: [] },
    }
    expect(joinedPreferences(own, file)).toEqual({
      muted: [brand('a'), brand('c')],
      boosted: [brand('b'), brand('d')],
      declared: { region: 'Kent', sizes: 'M' },
      taste: { departments: ['Home'], styles: [] },
    })
    expect(joinedPreferences(noPreferences(), file)).toEqual(file)
  })

  it('mute no department of which something is wanted here', () => {
    const own: Preferences = { ...noPreferences(), boosted: [category('Home > Kitchen')] }
    const file: Preferences = { ...noPreferences(), muted: [category('Home'), category('Garden')] }
    expect(joinedPreferences(own, file).muted).toEqual([category('Garden')])
  })

  it('mute and boost a department of which less is wanted here', () => {
    const own: Preferences = { ...noPreferences(), muted: [category('Home > Kitchen')] }
    expect(joinedPreferences(own, { ...noPreferences(), muted: [category('Home')] }).muted).toEqual([
      category('Home > Kitchen'),
      category('Home'),
    ])
    expect(joinedPreferences(own, { ...noPreferences(), boosted: [category('Home')] }).boosted).toEqual([
      category('Home'),
    ])
  })

  it('are no more than are read again, and do not let this device notify', () => {
    const many = (name: string) => Array.from({ length: 150 }, (_, n) => brand(`${name} ${n}`))
    const own: Preferences = { ...noPreferences(), muted: many('own') }
    const joined = joinedPreferences(own, { ...noPreferences(), muted: many('file'), notified: [1] })
    expect(joined.muted).toHaveLength(200)
    expect(joined.muted.slice(0, 150)).toEqual(own.muted)
    expect(joined).not.toHaveProperty('notified')
    expect(decodePreferences(joined)).toEqual(joined)
  })
})
