import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { ADAPTABLE } from '../../../shared/model/adapter.ts'
import { compile } from '../../../shared/model/compile.ts'
import { scoreItems } from '../../../shared/model/infer.ts'
import { initParams, type ModelConfig } from '../../../shared/model/params.ts'
import { stateAfter } from '../../../shared/model/rank.ts'
import {
  addShared,
  foldShared,
  MAX_SHARED,
  namedShared,
  SHARED,
  sharedLength,
  sharedShapes,
} from '../../../shared/model/shared-vector.ts'
import { history, SMALL, smallNetwork } from './small-network.ts'

const TINY: ModelConfig = { items: 3907, contentWidth: 611, width: 64, blocks: 1, heads: 2, window: 32, hidden: 128 }
const model = smallNetwork('shared')
const vectorOf = (seed: string, size = 0.2) => {
  const random = seeded(seed)
  return Float32Array.from({ length: sharedLength(SMALL, SHARED) }, () => size * random.normal())
}
const scoresOf = (network: typeof model) => {
  const scores = new Float32Array(SMALL.items)
  scoreItems(network, stateAfter(network, history('any', 30)).state, scores)
  return [...scores]
}

describe('a shared vector', () => {
  it('of the preset tiny has 6,016 floats: 7 actions, 14 gaps and a norm of 64, and B of four matrices', () => {
    expect(sharedLength(TINY, SHARED)).toBe((7 + 14 + 1) * 64 + 8 * (192 + 64 + 256 + 64))
    expect(sharedLength(TINY, { ...SHARED, rank: 2, matrices: ['down'] })).toBe(22 * 64 + 2 * 64)
  })

  it('is never longer than it may be, and the limit itself is not too long', () => {
    const rest = (MAX_SHARED - 22 * 64) / 64
    expect(sharedLength(TINY, { rank: rest, matrices: ['down'] })).toBe(MAX_SHARED)
    expect(() => sharedShapes(TINY, { rank: rest + 1, matrices: ['down'] })).toThrow('more than 16384')
  })

  it('has no row for an item, nor for a column of what items are', () => {
    const other = { ...TINY, items: 90_001, contentWidth: 77 }
    expect(sharedShapes(other, SHARED)).toEqual(sharedShapes(TINY, SHARED))
  })

  it('changes nothing where it is 0, and the given model never', () => {
    const before = scoresOf(model)
    const zero = foldShared(model, SHARED, new Float32Array(sharedLength(SMALL, SHARED)))
    expect(scoresOf(zero)).toEqual(before)
    expect(scoresOf(foldShared(model, SHARED, vectorOf('some')))).not.toEqual(before)
    expect(scoresOf(model)).toEqual(before)
  })

  it('is linear: one folded after another is their sum folded', () => {
    const [a, b] = [vectorOf('a'), vectorOf('b')]
    const both = foldShared(
      model,
      SHARED,
      a.map((x, n) => x + b[n]),
    )
    const after = foldShared(foldShared(model, SHARED, a), SHARED, b)
    after.blocks.forEach((block, n) => {
      for (const matrix of ADAPTABLE) expectClose(block[matrix], both.blocks[n][matrix])
    })
    expectClose(after.action, both.action)
    expectClose(after.norm, both.norm)
  })

  it('is the same folded into the compiled model and added to the parameters, which have gains', () => {
    const params = initParams(SMALL, 'gains')
    const random = seeded('gains')
    for (const [name, { values }] of Object.entries(params)) {
      if (name.includes('norm')) for (let i = 0; i < values.length; i++) values[i] = 0.5 + random.next()
    }
    const vector = vectorOf('both')
    const folded = foldShared(compile(SMALL, params), SHARED, vector)
    const added = compile(SMALL, addShared(SMALL, params, SHARED, vector))
    folded.blocks.forEach((block, n) => {
      for (const matrix of ADAPTABLE) expectClose(block[matrix], added.blocks[n][matrix])
      expect(block.distance).toEqual(added.blocks[n].distance)
    })
    expect(folded.table).toEqual(added.table)
    expect(folded.bias).toEqual(added.bias)
    for (const name of ['action', 'gap', 'norm'] as const) expectClose(folded[name], added[name])
  })

  it('of another length is refused, and so is one that is not finite', () => {
    const vector = vectorOf('any')
    expect(() => foldShared(model, SHARED, vector.subarray(1))).toThrow('floats')
    vector[3] = Number.NaN
    expect(() => foldShared(model, SHARED, vector)).toThrow('not finite')
    expect(() => namedShared(SMALL, SHARED, vector)).toThrow('not finite')
  })
})

function expectClose(a: Float32Array, b: Float32Array): void {
  expect(a.length).toBe(b.length)
  a.forEach((value, at) => {
    expect(value).toBeCloseTo(b[at], 5)
  })
}
