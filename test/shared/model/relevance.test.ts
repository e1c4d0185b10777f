import { describe, expect, it } from 'vitest'
import {
  fusedScores,
  itemTextVector,
  lexicalIndex,
  lexicalMatches,
  MINISEARCH_DEFAULTS,
  semanticMatches,
  singularOf,
} from '../../../shared/model/relevance.ts'

describe('by words', () => {
  const products = [
    { item_id: 'a', title: 'Laptop bag', description: 'Holds batteries', category: [] },
    { item_id: 'b', title: 'Battery', category: ['Power'], attributes: { fits: 'laptop' } },
    { item_id: 'c', title: 'Desk', category: [] },
  ]
  const find = (query: string, change: Partial<typeof MINISEARCH_DEFAULTS> = {}) => {
    const settings = { ...MINISEARCH_DEFAULTS, ...change }
    return lexicalMatches(lexicalIndex(products, settings.singular), query, settings).map(({ item }) => item)
  }

  it('reads titles, descriptions, categories and attributes, and nothing that does not match', () => {
    expect(find('laptop').sort()).toEqual([0, 1])
    expect(find('power')).toEqual([1])
    expect(find('sofa')).toEqual([])
  })

  it('takes each setting to mean what it says', () => {
    expect(find('lap')).toEqual([])
    expect(find('lap', { prefix: true }).sort()).toEqual([0, 1])
    expect(find('lptop', { fuzzy: 0.2 }).sort()).toEqual([0, 1])
    expect(find('batteries')).toEqual([0])
    expect(find('batteries', { singular: true })).toEqual([1, 0])
    expect(find('laptop desk', { combine: 'AND' })).toEqual([])
    expect(find('laptop', { title: 20 })[0]).toBe(0)
  })

  it('folds the plural as the s-stemmer does', () => {
    const cases = {
      batteries: 'battery',
      laptops: 'laptop',
      cases: 'case',
      bus: 'bus',
      glass: 'glass',
      toes: 'toe',
      usb: 'usb',
      cds: 'cds',
    }
    for (const [word, singular] of Object.entries(cases)) expect(singularOf(word), word).toBe(singular)
  })
})

describe('by meaning', () => {
  it('is the cosine to each item, nearest first, none at 0 or below', () => {
    const rows = Float32Array.of(0.6, 0.8, 1, 0, -1, 0, 0, 1)
    const { cosines, nearest } = semanticMatches(Float32Array.of(1, 0), rows)
    expect([...cosines]).toEqual([Math.fround(0.6), 1, -1, 0])
    expect(nearest).toEqual([1, 0])
  })

  it('of an item is its title and a share of its description', () => {
    const vector = itemTextVector(Float32Array.of(1, 0), Float32Array.of(0, 1), 0.75)
    expect(vector[0]).toBeCloseTo(0.8, 6)
    expect(vector[1]).toBeCloseTo(0.6, 6)
  })
})

describe('by both', () => {
  const matches = [
    { item: 2, score: 8 },
    { item: 0, score: 2 },
  ]
  const meaning = { cosines: Float32Array.of(0.5, 0.9, -0.2), nearest: [1, 0] }
  const close = (found: Float32Array, expected: number[]) => {
    expected.forEach((value, item) => {
      expect(found[item]).toBeCloseTo(value, 6)
    })
  }

  it('adds scores on one scale', () => {
    close(fusedScores(matches, meaning, { method: 'sum', weight: 0.3 }), [0.7 * 0.25 + 0.15, 0.27, 0.7 - 0.06])
    close(fusedScores([], meaning, { method: 'sum', weight: 0.3 }), [0.15, 0.27, -0.06])
  })

  it('keeps what matches a word before all that does not', () => {
    const found = fusedScores(matches, meaning, { method: 'reorder', weight: 0.9 })
    close(found, [0.1 * 0.25 + 0.45, 0.81 - 2, 0.1 - 0.18])
  })

  it('adds reciprocal ranks', () => {
    const found = fusedScores(matches, meaning, { method: 'ranks', weight: 0.3 })
    close(found, [0.7 / 62 + 0.3 / 62, 0.3 / 61, 0.7 / 61])
  })
})
