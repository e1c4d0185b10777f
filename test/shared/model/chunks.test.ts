import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { TEXT_WIDTH } from '../../../shared/data/text.ts'
import { decodeArrays, encodeArrays } from '../../../shared/model/arrays.ts'
import {
  decodeItems,
  decodeModel,
  decodeProbes,
  decodeRules,
  decodeShelf,
  encodeEncoder,
  encodeItems,
  encodeProbes,
  encodeRules,
  encodeShelf,
  encodeVectors,
  type ItemView,
} from '../../../shared/model/chunks.ts'
import { compile } from '../../../shared/model/compile.ts'
import { initParams, type ModelConfig } from '../../../shared/model/params.ts'
import { packRows, rowsOf, unpackRows } from '../../../shared/model/quantise.ts'
import { countRules, topRules } from '../../../shared/model/rules.ts'
import { sparseOf } from '../../../shared/model/sparse.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const view: fc.Arbitrary<ItemView> = fc
  .record({
    id: text,
    kind: some(fc.constantFrom('guide', 'video')),
    title: text,
    price: some(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
    listPrice: some(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
    url: some(fc.webUrl()),
    image: some(fc.webUrl()),
    picture: text,
    category: fc.constantFrom('', 'Home', 'Home > Kitchen', '家居'),
    available: fc.boolean(),
    titles: some(fc.record({ zh: fc.string({ minLength: 1 }) })),
  })
  .map((drawn) => JSON.parse(JSON.stringify(drawn)) as ItemView) // drops what is undefined, and −0

describe('display fields', () => {
  it('come back as they were, as a shelf and in columns', () => {
    fc.assert(
      fc.property(fc.array(view, { maxLength: 12 }), (views) => {
        expect(decodeShelf(encodeShelf(views))).toEqual(views)
        expect(decodeItems(encodeItems(views))).toEqual(views)
      }),
    )
  })

  it('cut off anywhere are refused, and so are columns of another length', () => {
    const views = fc.sample(view, { numRuns: 3, seed: 1 })
    const bytes = encodeItems(views)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeItems(bytes.subarray(0, length)), `${length} bytes`).toThrow(Error)
    }
    const columns = JSON.parse(new TextDecoder().decode(bytes))
    for (const name of ['titles', 'prices', 'category', 'pictures']) {
      const short = { ...columns, [name]: columns[name].slice(1) }
      expect(() => decodeItems(new TextEncoder().encode(JSON.stringify(short)))).toThrow(`items: column "${name}"`)
    }
    expect(() => decodeShelf(new TextEncoder().encode('{}'))).toThrow('"shelf" is not a list')
  })
})

const randomRules = (seed: string, items: number, k: number) => {
  const random = seeded(seed)
  const sequences = Array.from({ length: 3 * items }, () => Array.from({ length: 6 }, () => random.int(items)))
  return topRules(countRules(sequences, items), k)
}

describe('rules in a chunk', () => {
  it.each([1, 2, 30, 300])(
    'keep their targets, and their weights within 1/255 of the row’s largest: %d items',
    (items) => {
      const [next, together] = [randomRules('next', items, 8), randomRules('together', items, 4)]
      const popularity = Float32Array.from({ length: items }, (_, n) => n / 3)
      const decoded = decodeRules(encodeRules({ next, together, popularity }))
      expect(decoded.popularity).toEqual(popularity)
      for (const [before, after] of [
        [next, decoded.next],
        [together, decoded.together],
      ]) {
        expect(after.start).toEqual(before.start)
        expect(after.target).toEqual(before.target)
        for (let a = 0; a < items; a++) {
          const most = before.weight[before.start[a]]
          for (let at = before.start[a]; at < before.start[a + 1]; at++) {
            expect(after.weight[at]).toBeGreaterThan(0)
            expect(Math.abs(after.weight[at] - before.weight[at])).toBeLessThanOrEqual(most / 255)
          }
        }
      }
    },
  )

  const whole = () => {
    const rules = randomRules('damage', 5, 3)
    return encodeRules({ next: rules, together: rules, popularity: new Float32Array(5) })
  }
  const changed = (change: (file: ReturnType<typeof decodeArrays<{ items: unknown }>>) => void) => {
    const file = decodeArrays<{ items: unknown }>(whole())
    change(file)
    return () => decodeRules(encodeArrays(file))
  }

  it('that name an item which does not exist are refused', () => {
    expect(changed(({ arrays }) => (arrays['next.targets'][0] = 5))).toThrow('"next" names an item that does not exist')
    expect(changed(({ arrays }) => (arrays['together.targets'][1] = 65_535))).toThrow('"together" names an item')
  })

  it('that do not add up are refused', () => {
    expect(changed(({ arrays }) => (arrays['next.lengths'][0] += 1))).toThrow(/"next.weights" has/)
    expect(changed(({ arrays }) => delete arrays['together.scales'])).toThrow('no f32 array "together.scales"')
    expect(changed(({ arrays }) => (arrays.popularity = new Float32Array(4)))).toThrow(
      '"popularity" has 4 elements, not 5',
    )
    for (const items of [undefined, null, -1, 4, 6, 1.5, '5', Number.MAX_SAFE_INTEGER]) {
      expect(
        changed(({ meta }) => (meta.items = items)),
        String(items),
      ).toThrow(Error)
    }
    expect(() => decodeRules(encodeArrays({ meta: null, arrays: {} }))).toThrow('rules: items must be')
  })

  it('of which an item has more than a byte can count are not made', () => {
    const rules = countRules(
      Array.from({ length: 299 }, (_, n) => [0, n + 1]),
      300,
    )
    const popularity = new Float32Array(300)
    expect(() => encodeRules({ next: rules, together: rules, popularity })).toThrow('item 0 has more than 255 rules')
  })

  it('with a byte missing or more are refused', () => {
    const bytes = whole()
    for (let length = 0; length < bytes.length; length += 3) {
      expect(() => decodeRules(bytes.subarray(0, length))).toThrow(Error)
    }
    expect(() => decodeRules(Uint8Array.of(...bytes, 0))).toThrow('left over')
  })
})

describe('the network in two chunks', () => {
  const config: ModelConfig = {
    items: 9,
    contentWidth: TEXT_WIDTH + 5,
    width: 8,
    blocks: 2,
    heads: 2,
    window: 4,
    hidden: 12,
  }
  const random = seeded('content')
  const content = sparseOf(
    config.contentWidth,
    Float32Array.from({ length: 9 * config.contentWidth }, () => random.normal()),
  )
  const params = initParams(config, 1)
  const model = compile(config, params, content)
  const [vectors, encoder] = [encodeVectors(model), encodeEncoder(model)]

  it('has the vectors as they were, and the matrices within half a step', () => {
    const decoded = decodeModel(vectors, encoder)
    for (const name of ['config', 'table', 'bias', 'action', 'gap', 'norm'] as const) {
      expect(decoded[name]).toEqual(model[name])
    }
    decoded.blocks.forEach((block, n) => {
      expect(block.distance).toEqual(model.blocks[n].distance)
      for (const [name, width] of [
        ['qkv', 24],
        ['out', 8],
        ['up', 24],
        ['down', 8],
      ] as const) {
        block[name].forEach((value, at) => {
          const row = model.blocks[n][name].subarray(at - (at % width), at - (at % width) + width)
          const step = Math.max(...row.map(Math.abs)) / 127
          expect(Math.abs(value - model.blocks[n][name][at])).toBeLessThanOrEqual(0.5001 * step)
        })
      }
    })
    if (!decoded.content || !model.content) throw new Error('the text rows are missing')
    expect(rowsOf(decoded.content)).toEqual(rowsOf(model.content).slice(0, TEXT_WIDTH * 8))
  })

  it('has its vectors packed to int4 as int8 rows again, in half the bytes', () => {
    const packed = encodeVectors(model, 'int4')
    const decoded = decodeModel(packed, encoder)
    expect(decoded.table).toEqual(unpackRows(packRows(model.table)))
    expect(decoded.table.values).toHaveLength(model.table.values.length)
    expect(decoded.bias).toEqual(model.bias)
    const file = decodeArrays(packed)
    expect(file.arrays.codes.byteLength).toBe(model.table.values.length / 2)
    for (const name of ['codes', 'levels', 'scales']) {
      const short = damaged(({ arrays }) => (arrays[name] = arrays[name].slice(1)), packed)
      expect(() => decodeModel(short, encoder), name).toThrow(`"${name}" has`)
      const without = damaged(({ arrays }) => delete arrays[name], packed)
      expect(() => decodeModel(without, encoder), name).toThrow('no ')
    }
  })

  const damaged = (change: (file: ReturnType<typeof decodeArrays<Record<string, unknown>>>) => void, of = encoder) => {
    const file = decodeArrays<Record<string, unknown>>(of)
    change(file)
    return encodeArrays(file)
  }

  it('of another shape than it says is refused', () => {
    for (const name of ['items', 'width', 'blocks', 'heads', 'window', 'hidden']) {
      for (const value of [0, -1, 0.5, Number.NaN, undefined, '8', 3, 1e9]) {
        const bytes = damaged(({ meta }) => (meta[name] = value))
        expect(() => decodeModel(vectors, bytes), `${name} ${value}`).toThrow(Error)
      }
    }
    for (const name of Object.keys(decodeArrays(encoder).arrays)) {
      const short = damaged(({ arrays }) => (arrays[name] = arrays[name].slice(1)))
      expect(() => decodeModel(vectors, short), name).toThrow(`"${name}" has`)
    }
    for (const name of ['values', 'scales', 'bias']) {
      const short = damaged(({ arrays }) => (arrays[name] = arrays[name].slice(1)), vectors)
      expect(() => decodeModel(short, encoder), name).toThrow(`"${name}" has`)
    }
    expect(() => decodeModel(encoder, vectors)).toThrow(Error)
  })

  it('with any bit of a header turned is read or refused with an Error', () => {
    const end = 8 + new DataView(encoder.buffer).getUint32(4, true)
    for (let bit = 0; bit < end * 8; bit++) {
      const turned = Uint8Array.from(encoder)
      turned[bit >> 3] ^= 1 << (bit & 7)
      try {
        decodeModel(vectors, turned)
      } catch (error) {
        expect(error, `bit ${bit}`).toBeInstanceOf(Error)
      }
    }
  })
})

it('probes come back as they were', () => {
  const probes = [{ tokens: [{ item: 1, action: 0, time: 5 }], now: 9, top: [3, 1], scores: [0.25, Math.fround(0.1)] }]
  expect(decodeProbes(encodeProbes(probes))).toEqual(probes)
  expect(() => decodeProbes(new TextEncoder().encode('{"tokens":[]}'))).toThrow('"probes" is not a list')
})
