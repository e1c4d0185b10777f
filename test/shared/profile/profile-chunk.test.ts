import { describe, expect, it } from 'vitest'
import { FEATURE_NAMES, featuresOf } from '../../../shared/profile/features.ts'
import { foretell } from '../../../shared/profile/foretelling.ts'
import { memoryOf } from '../../../shared/profile/memory.ts'
import { decodeProfileChunk, encodeProfileChunk, type ProfileChunk } from '../../../shared/profile/profile-chunk.ts'

const chunk: ProfileChunk = {
  items: [
    { brand: 'Acme', traits: ['colour: sage', 'style: rustic'], priceLevel: -1.25 },
    { traits: [] },
    { brand: 'Beta', traits: ['colour: sage'], priceLevel: 0.5 },
  ],
  usage: { highSpend: 143.5, orderGapDays: 35, orderValue: 32.25 },
  priceBands: { low: -0.1, high: 0.2 },
  companions: new Map([
    [
      'Home > Mugs',
      [
        { label: 'Home > Teapots', share: 0.25 },
        { label: 'Home > Mugs', share: 0.125 },
      ],
    ],
  ]),
  heads: { intent: { bias: -1, weights: { visits: 0.5, weekend: -2 } } },
}
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const changed = (change: (columns: Record<string, unknown>) => void) => {
  const columns = JSON.parse(text(encodeProfileChunk(chunk)))
  change(columns)
  return new TextEncoder().encode(JSON.stringify(columns))
}

describe('the profile chunk', () => {
  it('comes back as it went in', () => {
    expect(decodeProfileChunk(encodeProfileChunk(chunk), 3)).toEqual(chunk)
  })

  it('of another catalogue, or damaged, is refused with the column', () => {
    expect(() => decodeProfileChunk(encodeProfileChunk(chunk), 4)).toThrow('column "brand" has 3 rows, not 4')
    const broken = (change: Parameters<typeof changed>[0]) => () => decodeProfileChunk(changed(change), 3)
    expect(broken((columns) => Object.assign(columns, { brand: [0, -1, 9] }))).toThrow('no. 9 of "brands", which has 2')
    expect(broken((columns) => Object.assign(columns, { brand: [0, -2, 1] }))).toThrow('field "brand.1"')
    expect(broken((columns) => Object.assign(columns, { usage: { highSpend: 'much' } }))).toThrow('field "usage.')
    expect(broken((columns) => Object.assign(columns, { heads: { intent: { bias: null, weights: {} } } }))).toThrow(
      'field "heads.intent.bias"',
    )
    expect(() => decodeProfileChunk(new TextEncoder().encode('['), 3)).toThrow()
  })
})

describe('a head', () => {
  const look = { id: 'a', time: 0, name: 'view_item' as const, items: [{ item_id: 'x' }] as [{ item_id: string }] }
  const features = featuresOf(
    memoryOf([look], () => undefined),
    0,
  )

  it('is a logistic regression on features by name', () => {
    // 1 January 1970 was a Thursday: "weekend" is 0, "visits" is ln 2.
    expect(features[FEATURE_NAMES.indexOf('visits')]).toBeCloseTo(Math.log(2))
    const { intent } = chunk.heads
    if (!intent) throw new Error('no head')
    expect(foretell(intent, features)).toBeCloseTo(1 / (1 + Math.exp(1 - 0.5 * Math.log(2))), 6)
  })

  it('that reads a feature of a later release says nothing', () => {
    expect(foretell({ bias: 0, weights: { 'phase of the moon': 1 } }, features)).toBeUndefined()
  })
})
