import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { decodeArrays, encodeArrays, type PlainArray } from '../../../shared/model/arrays.ts'
import { deltasTo } from '../../../shared/model/bundle.ts'
import { applyDelta, encodeArraysDelta, encodeTextDelta, type Layout, type Piece } from '../../../shared/model/delta.ts'
import { rowPieces, textPieces } from '../../../trainer/pieces.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const PLENTY = 1 << 20

describe('a delta of text', () => {
  const sentence = fc.array(fc.constantFrom('mug ', 'lamp ', '杯子', '"price":', '4.5,', '12,', '[', '{}', '\n'), {
    maxLength: 60,
  })
  it('gives the new text, whatever the old one was', () => {
    fc.assert(
      fc.property(sentence, sentence, (a, b) => {
        const [before, after] = [utf8(a.join('')), utf8(b.join(''))]
        const delta = encodeTextDelta(after, textPieces(before, after))
        expect(applyDelta(before, delta, after.length)).toEqual(after)
      }),
    )
  })

  it('has the changes and little else: a price and a name of 2,000 items', () => {
    const random = seeded('prices')
    const prices = Array.from({ length: 2000 }, () => random.int(9000) / 100)
    const names = prices.map((_, n) => `A ${['red', 'blue'][n % 2]} thing, no. ${random.int(50)}`)
    const before = utf8(JSON.stringify({ prices, names }))
    const after = utf8(
      JSON.stringify({ prices: prices.with(700, 123.45), names: names.with(1500, 'Quite another thing') }),
    )
    const pieces = textPieces(before, after)
    expect(pieces.length).toBeLessThanOrEqual(6)
    expect(pieces.reduce((sum, { inserted }) => sum + inserted, 0)).toBeLessThanOrEqual(40)
    expect(applyDelta(before, encodeTextDelta(after, pieces), after.length)).toEqual(after)
  })
})

const LISTS: Layout = { by: 'list', lengths: 'lengths', numbers: true }
const LAYOUTS: Record<string, Layout> = {
  values: { by: 'row' },
  bias: { by: 'row' },
  lengths: { by: 'row' },
  targets: LISTS,
  weights: { ...LISTS, numbers: false },
}
const layoutOf = (name: string): Layout => LAYOUTS[name] ?? { by: 'place' }

/** What each item has depends on its id alone, and its targets on theirs: so a delta that only moves rows has no differences. */
function catalogue(ids: readonly number[], change: (id: number) => number = () => 0) {
  const place = new Map(ids.map((id, n) => [id, n]))
  const targetsOf = (id: number) => [id + 1, id + 2, id * 7].flatMap((target) => place.get(target) ?? [])
  const lists = ids.map(targetsOf)
  return encodeArrays({
    meta: { width: 3, items: ids.length },
    arrays: {
      values: Int8Array.from(ids.flatMap((id) => [id % 127, -(id % 128), (id * 5) % 100].map((x) => x + change(id)))),
      bias: Float32Array.from(ids, (id) => Math.sin(id) + 1e-6 * change(id)),
      lengths: Uint8Array.from(lists, (list) => list.length),
      targets: Uint16Array.from(lists.flat()),
      weights: Uint8Array.from(lists.flatMap((list, n) => list.map((_, k) => (ids[n] + k) % 256))),
      matrix: Float32Array.of(0.1, Number.NaN, -0, 1e-40, Number.NEGATIVE_INFINITY),
    },
  })
}
const names = (ids: readonly number[]) => ids.map((id) => `item ${id}`)
const between = (before: readonly number[], after: readonly number[]) => rowPieces(names(before), names(after))
const differencesIn = (delta: Uint8Array) =>
  Object.entries(decodeArrays(delta).arrays)
    .filter(([name]) => name.startsWith('= '))
    .map(([name, differences]) => [name.slice(2), differences.filter((byte) => byte !== 0).length])

describe('a delta of arrays', () => {
  const ids = Array.from({ length: 100 }, (_, n) => n)

  it('gives the new arrays, bit for bit, whatever was added, removed, moved and changed', () => {
    const some = fc.shuffledSubarray(ids)
    fc.assert(
      fc.property(some, some, fc.nat(1000), (a, b, salt) => {
        const before = catalogue(a)
        const after = catalogue(b, (id) => (((id * salt) % 13) - 6) * (id % 3))
        const delta = encodeArraysDelta(before, after, between(a, b), layoutOf)
        expect(applyDelta(before, delta, after.length)).toEqual(after)
      }),
    )
  })

  it('has no differences where rows only moved or went, but for the lists that lost a target', () => {
    const less = ids.filter((id) => id !== 50)
    const moved = encodeArraysDelta(
      catalogue(ids),
      catalogue(less.toReversed()),
      between(ids, less.toReversed()),
      layoutOf,
    )
    const changed = differencesIn(moved)
    expect(changed.map(([name]) => name)).toEqual(['lengths', 'targets'])
    // 50 was a target of 48 and 49 alone.
    for (const [name, count] of changed) expect(count, String(name)).toBeLessThanOrEqual(2)
    expect(differencesIn(encodeArraysDelta(catalogue(ids), catalogue(ids), between(ids, ids), layoutOf))).toEqual([])
  })

  it('has an added row whole and a changed row’s difference', () => {
    const after = [...ids, 503]
    const delta = encodeArraysDelta(
      catalogue(ids),
      catalogue(after, (id) => (id === 20 ? 1 : 0)),
      between(ids, after),
      layoutOf,
    )
    const found = Object.fromEntries(differencesIn(delta))
    expect(found.values).toBe(3 + 3)
    expect(found.lengths).toBeUndefined() // no other item is a target of it
    expect(found.bias).toBeLessThanOrEqual(4 + 4)
  })

  it('can change an array’s length, kind and name, and start from a file without it', () => {
    const before = encodeArrays({
      meta: 1,
      arrays: { a: Int8Array.of(1, 2), b: Int8Array.of(1), c: Uint16Array.of(9) },
    })
    const after = encodeArrays({
      meta: { other: true },
      arrays: {
        a: Int8Array.of(1, 2, -128),
        b: Float32Array.of(1),
        c: Uint16Array.of(),
        d: Uint32Array.of(2 ** 32 - 1),
      },
    })
    const delta = encodeArraysDelta(before, after, [], layoutOf)
    expect(applyDelta(before, delta, after.length)).toEqual(after)
  })

  it('is as documented: differences 1, −1 and −256 of 16 bits, by significance', () => {
    const of = (...values: number[]) => encodeArrays({ meta: null, arrays: { x: Uint16Array.from(values) } })
    const delta = decodeArrays(encodeArraysDelta(of(7, 7, 300), of(8, 6, 44), [], layoutOf))
    expect(delta.arrays['= x']).toEqual(Uint8Array.of(2, 1, 0xff, 0, 0, 1))
    expect(delta.meta).toEqual({
      kind: 'arrays',
      meta: null,
      arrays: [{ name: 'x', type: 'u16', length: 3, layout: { by: 'place' } }],
    })
  })
})

describe('a delta is refused', () => {
  const ids = [1, 2, 3, 8]
  const [before, after] = [catalogue(ids), catalogue([2, 3, 9], (id) => id)]
  const delta = encodeArraysDelta(before, after, between(ids, [2, 3, 9]), layoutOf)
  const text = [utf8('a text of some length'), utf8('a text of another length')]
  const textDelta = encodeTextDelta(text[1], textPieces(text[0], text[1]))
  const changed = (of: Uint8Array, change: (file: { meta: unknown; arrays: Record<string, PlainArray> }) => void) => {
    const file = decodeArrays<unknown>(of.slice())
    change(file)
    return encodeArrays(file)
  }

  it('cut off anywhere', () => {
    for (const [base, whole, of] of [
      [before, delta, after],
      [text[0], textDelta, text[1]],
    ]) {
      for (let length = 0; length < whole.length; length++) {
        expect(() => applyDelta(base, whole.subarray(0, length), of.length), `${length}`).toThrow(Error)
      }
    }
  })

  it('or gives other bytes, or the right ones, with any bit of it turned; it does nothing worse', () => {
    for (const [base, whole] of [
      [before, delta],
      [text[0], textDelta],
    ]) {
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const turned = Uint8Array.from(whole)
        turned[bit >> 3] ^= 1 << (bit & 7)
        try {
          expect(applyDelta(base, turned, 4096).length).toBeLessThanOrEqual(2 * 4096)
        } catch (error) {
          expect(error, `bit ${bit}`).toBeInstanceOf(Error)
        }
      }
    }
  })

  it('when it makes more than is wanted, before it makes it', () => {
    const bomb = changed(delta, ({ meta }) => {
      ;(meta as { arrays: { length: number }[] }).arrays[0].length = 2 ** 40
    })
    expect(() => applyDelta(before, bomb, PLENTY)).toThrow(/makes \d+ bytes, but at most/)
    const endless = changed(textDelta, ({ arrays }) => {
      arrays.inserted[0] = 2 ** 32 - 1
    })
    expect(() => applyDelta(text[0], endless, PLENTY)).toThrow('makes more than')
    expect(() => applyDelta(text[0], textDelta, text[1].length - 1)).toThrow('makes more than')
    expect(() => applyDelta(before, delta, 10)).toThrow('makes')
  })

  it('when it copies what the base does not have', () => {
    expect(() => applyDelta(text[0].subarray(3), textDelta, PLENTY)).toThrow('more than the base has')
    for (const skipped of [-1, -(2 ** 31)]) {
      const back = changed(textDelta, ({ arrays }) => {
        arrays.skipped[0] = skipped
      })
      expect(() => applyDelta(text[0], back, PLENTY)).toThrow('from before the base')
    }
  })

  it('when its base is of the other kind, or it is of neither', () => {
    expect(() => applyDelta(text[0], delta, PLENTY)).toThrow(Error)
    for (const meta of [null, {}, { kind: 'other' }, { kind: 'text', more: 1 }, { kind: 'arrays', meta: 1 }]) {
      expect(() => applyDelta(before, encodeArrays({ meta, arrays: {} }), PLENTY)).toThrow('of no known kind')
    }
    expect(() => applyDelta(text[0], encodeArrays({ meta: { kind: 'text' }, arrays: {} }), PLENTY)).toThrow('"skipped"')
  })

  it('when a list’s lengths are not there, or new bytes are left over', () => {
    const without = changed(delta, ({ meta }) => {
      const listed = (meta as { arrays: { layout: Layout }[] }).arrays[3]
      listed.layout = { by: 'list', lengths: 'nowhere', numbers: false }
    })
    expect(() => applyDelta(before, without, PLENTY)).toThrow('"nowhere" does not say')
    const more = changed(textDelta, (file) => {
      file.arrays.bytes = Uint8Array.of(...file.arrays.bytes, 65)
    })
    expect(() => applyDelta(text[0], more, PLENTY)).toThrow('are placed')
  })
})

describe('the deltas to a chunk', () => {
  const link = (from: string, to: string) => ({ from, to, sha256: `${from}${to}`, bytes: 1 })
  const holding = (held: string) => (sha256: string) => sha256 === held

  it('are those from what is held, in the order in which they are applied', () => {
    const links = [link('b', 'c'), link('x', 'y'), link('a', 'b'), link('0', 'a')]
    expect(deltasTo('c', links, holding('b'))).toEqual([links[0]])
    expect(deltasTo('c', links, holding('0'))).toEqual([links[3], links[2], links[0]])
    expect(deltasTo('c', links, holding('x'))).toBeUndefined()
    expect(deltasTo('c', [], holding('c'))).toBeUndefined()
  })

  it('end where they go round', () => {
    expect(deltasTo('a', [link('b', 'a'), link('a', 'b')], holding('c'))).toBeUndefined()
  })
})

it('rows are found by id, and new ones are not mistaken for old', () => {
  const pieces: Piece[] = [
    { from: 0, copied: 0, inserted: 1 },
    { from: 1, copied: 2, inserted: 2 },
    { from: 0, copied: 1, inserted: 0 },
  ]
  expect(rowPieces(['a', 'b', 'c', 'd'], ['new', 'b', 'c', 'other', 'third', 'a'])).toEqual(pieces)
})
