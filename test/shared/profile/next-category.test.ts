import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyMemory, remember } from '../../../shared/profile/memory.ts'
import {
  decodeNextCategory,
  encodeNextCategory,
  expectedCategories,
  type NextCategory,
} from '../../../shared/profile/next-category.ts'

const NEXT: NextCategory = {
  categories: ['Lamps', 'Mugs', 'Rugs'],
  season: Float32Array.of(0.5, 0.25, 0.25, 0),
  // The last visit began with it; dear; what the last visit was about; what all come for; either; how often; the one before; both.
  head: { beta: Float32Array.of(1, 0.5, 0.25, 0.75, 0.125, 2, 0.5, -0.25), bias: Float32Array.of(0.125, 0, -0.25, 0) },
}
const NOW = Date.UTC(2026, 5, 1)
const NOBODY = new Map()

function lookedAt(categories: readonly string[]) {
  const memory = emptyMemory()
  for (const [n, category] of categories.entries()) {
    const event = { id: `${n}`, time: NOW - 86_400_000 + n, name: 'view_item' as const, items: [{ item_id: category }] }
    remember(memory, event, (id) => ({ category: [id], traits: [], reduced: false }))
  }
  return memory
}

describe('what the next visit begins with', () => {
  it('is the softmax of what is read of each category', () => {
    const said = expectedCategories(NEXT, lookedAt(['Mugs']), NOBODY, ['Rugs', 'Mugs', 'Mugs'], NOW)
    const scores = [
      0.125 + 0.5 * Math.log(0.005) + 0.75 * Math.log(0.505) + 0.125 * Math.log(0.005),
      1 +
        0.5 * Math.log(1.005) +
        0.25 +
        0.75 * Math.log(0.255) +
        0.125 * Math.log(1.005) +
        2 * Math.log(3) +
        0.5 -
        0.25,
      -0.25 + 0.5 * Math.log(0.005) + 0.75 * Math.log(0.255) + 0.125 * Math.log(0.005) + 2 * Math.log(2),
      0.5 * Math.log(0.005) + 0.75 * Math.log(0.005) + 0.125 * Math.log(0.005),
    ].map(Math.exp)
    const total = scores.reduce((sum, score) => sum + score, 0)
    expect(said.map(({ label }) => label)).toEqual(['Mugs', 'Rugs', 'Lamps'])
    for (const { label, probability } of said) {
      expect(probability).toBeCloseTo(scores[NEXT.categories.indexOf(label)] / total, 6)
    }
  })

  it('leaves for "another" what the three do not take, whatever is known', () => {
    const looks = fc.array(fc.constantFrom('Lamps', 'Mugs', 'Rugs', 'Elsewhere'), { minLength: 1 })
    fc.assert(
      fc.property(looks, (categories) => {
        const said = expectedCategories(NEXT, lookedAt(categories), NOBODY, categories, NOW)
        const sum = said.reduce((total, { probability }) => total + probability, 0)
        expect(said).toHaveLength(3)
        expect(sum).toBeGreaterThan(0)
        expect(sum).toBeLessThan(1)
      }),
    )
  })
})

describe('the file of the head', () => {
  it('comes back as it went', () => {
    expect(decodeNextCategory(encodeNextCategory(NEXT))).toEqual(NEXT)
  })

  it('cut short, of another size or with a number that is none is refused', () => {
    const bytes = encodeNextCategory(NEXT)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeNextCategory(bytes.subarray(0, length)), `${length} bytes`).toThrow()
    }
    const changed = (change: Partial<NextCategory>) => () =>
      decodeNextCategory(encodeNextCategory({ ...NEXT, ...change }))
    expect(changed({ categories: ['Lamps'] })).toThrow(/"season" has 4 elements, not 2/)
    expect(changed({ categories: [1, 2, 3] as never })).toThrow(/no categories/)
    expect(changed({ categories: ['Lamps', 'Mugs', 'Lamps'] })).toThrow(/named twice/)
    expect(changed({ season: Float32Array.of(1, 1, 0, 0) })).toThrow(/sum to 2/)
    expect(changed({ head: { ...NEXT.head, beta: Float32Array.of(1) } })).toThrow(/"beta" has 1 elements/)
    expect(changed({ season: Float32Array.of(1, -1, 0, 0) })).toThrow(/-1 in "season"/)
    expect(changed({ head: { ...NEXT.head, bias: Float32Array.of(0, Number.NaN, 0, 0) } })).toThrow(/NaN in "bias"/)
  })
})
