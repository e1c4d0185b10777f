import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quantiseRows } from '../../../shared/model/quantise.ts'
import { addInterest, type Companions, noInterests } from '../../../shared/profile/interests.ts'
import {
  decodeSegments,
  encodeSegments,
  nearestSegment,
  type Segments,
  segmentVector,
} from '../../../shared/profile/segments.ts'

const SEGMENTS: Segments = {
  categories: ['Home > Mugs', 'Home > Rugs', 'Toys'],
  usual: Float32Array.from([0.6, 0.3, 0.1]),
  centroids: quantiseRows(Float32Array.from([0.9, 0.3, 0, 0, 0.1, 0.95]), 3),
  names: [
    { en: 'Mugs', zh: '杯子' },
    { en: 'Toys', zh: '玩具' },
  ],
}
const ALONE: Companions = new Map(SEGMENTS.categories.map((label) => [label, [{ label, share: 1 }]]))

function interestsOf(looks: Record<string, number>) {
  const interests = noInterests()
  for (const [path, weight] of Object.entries(looks)) {
    addInterest(interests, { category: path.split(' > '), traits: [], reduced: false }, weight, 0)
  }
  return interests
}

describe('the segment of a shopper', () => {
  it('is by what sets them apart from the shop, not by what they look at most', () => {
    const vector = segmentVector(interestsOf({ 'Home > Mugs': 5, Toys: 5 }), ALONE, 0, SEGMENTS)
    // ln(1 + .5/.61) and ln(1 + .5/.11), to length 1
    const [mugs, toys] = [Math.log1p(0.5 / 0.61), Math.log1p(0.5 / 0.11)]
    expect([...(vector as Float32Array)].map((value) => Number(value.toFixed(5)))).toEqual(
      [mugs, 0, toys].map((value) => Number((value / Math.hypot(mugs, toys)).toFixed(5))),
    )
    expect(nearestSegment(vector as Float32Array, SEGMENTS).segment).toBe(1)
  })

  it('is unknown before the first look at something of the shop’s categories', () => {
    expect(segmentVector(noInterests(), ALONE, 0, SEGMENTS)).toBeUndefined()
    expect(segmentVector(interestsOf({ Gone: 3 }), ALONE, 0, SEGMENTS)).toBeUndefined()
  })

  it('reads what goes with an interest too', () => {
    const rugs: Companions = new Map([['Home > Mugs', [{ label: 'Home > Rugs', share: 1 }]]])
    expect(segmentVector(interestsOf({ 'Home > Mugs': 1 }), rugs, 0, SEGMENTS)?.[1]).toBeGreaterThan(0.3)
  })

  it('is sure at a centroid, and not at all halfway between two', () => {
    const two = { centroids: quantiseRows(Float32Array.from([1, 0, 0, 1]), 2) }
    expect(nearestSegment(Float32Array.from([0, 1]), two)).toEqual({ segment: 1, sureness: 1 })
    expect(nearestSegment(Float32Array.from([0.5, 0.5]), two).sureness).toBeCloseTo(0, 6)
    expect(nearestSegment(Float32Array.from([0.9, 0.1]), two).sureness).toBeCloseTo(1 - 1 / 9, 2)
  })

  it('is of length 1 and depends on shares alone, whatever the amounts', () => {
    const amounts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(amounts, fc.integer({ min: 2, max: 9 }), (weights, times) => {
        const looks = (factor: number) =>
          interestsOf(Object.fromEntries(SEGMENTS.categories.map((label, n) => [label, factor * weights[n]])))
        const [once, often] = [1, times].map((factor) => segmentVector(looks(factor), ALONE, 0, SEGMENTS)!)
        expect(Math.hypot(...once)).toBeCloseTo(1, 5)
        once.forEach((value, column) => {
          expect(often[column]).toBeCloseTo(value, 5)
        })
      }),
    )
  })
})

describe('the file of segments', () => {
  it('comes back as it went', () => {
    expect(decodeSegments(encodeSegments(SEGMENTS))).toEqual(SEGMENTS)
  })

  it('cut short, with bytes left over, or with another number of rows is refused', () => {
    const bytes = encodeSegments(SEGMENTS)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSegments(bytes.subarray(0, length)), `${length} bytes`).toThrow()
    }
    expect(() => decodeSegments(Uint8Array.from([...bytes, 0]))).toThrow(/left over/)
    expect(() => decodeSegments(encodeSegments({ ...SEGMENTS, names: SEGMENTS.names.slice(1) }))).toThrow(/scales/)
    const usual = Float32Array.from([Number.NaN, 0.3, 0.1])
    expect(() => decodeSegments(encodeSegments({ ...SEGMENTS, usual }))).toThrow(/NaN/)
    const names = [{ en: 'Mugs' }, { en: 3 as unknown as string }]
    expect(() => decodeSegments(encodeSegments({ ...SEGMENTS, names }))).toThrow(/texts/)
  })
})
