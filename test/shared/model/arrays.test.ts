import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeArrays, encodeArrays, type PlainArray, take } from '../../../shared/model/arrays.ts'

const values = fc.array(fc.integer({ min: -128, max: 255 }), { maxLength: 20 })
const array: fc.Arbitrary<PlainArray> = fc.oneof(
  values.map((list) => Int8Array.from(list)),
  values.map((list) => Uint8Array.from(list)),
  values.map((list) => Uint16Array.from(list)),
  values.map((list) => Int32Array.from(list)),
  values.map((list) => Uint32Array.from(list)),
  fc.array(fc.float(), { maxLength: 20 }).map((list) => Float32Array.from(list)),
)
const file = fc.record({
  meta: fc.jsonValue(),
  arrays: fc.dictionary(
    fc.string().filter((name) => name !== '__proto__'),
    array,
    { maxKeys: 5 },
  ),
})

const sample = () =>
  encodeArrays({
    meta: { items: 3, name: 'Töpfe 🍵' },
    arrays: {
      bias: Float32Array.of(0.1, -2, Number.NaN),
      rows: Int8Array.of(-127, 0, 127, 1, 2),
      none: new Uint16Array(0),
    },
  })

describe('typed arrays in a file', () => {
  it('come back as they were, wherever the bytes lie', () => {
    fc.assert(
      fc.property(file, fc.nat(9), ({ meta, arrays }, offset) => {
        const bytes = encodeArrays({ meta, arrays })
        const moved = new Uint8Array(bytes.length + offset + 3)
        moved.set(bytes, offset)
        const decoded = decodeArrays(moved.subarray(offset, offset + bytes.length))
        expect(JSON.stringify(decoded.meta)).toBe(JSON.stringify(meta))
        expect(Object.keys(decoded.arrays).sort()).toEqual(Object.keys(arrays).sort())
        for (const [name, original] of Object.entries(arrays)) {
          expect(decoded.arrays[name].constructor).toBe(original.constructor)
          expect(decoded.arrays[name]).toEqual(original)
        }
      }),
    )
  })

  it('of a view into a larger buffer are only the view', () => {
    const view = Float32Array.of(1, 2, 3, 4).subarray(1, 3)
    expect(decodeArrays(encodeArrays({ meta: 0, arrays: { view } })).arrays.view).toEqual(Float32Array.of(2, 3))
  })

  it('begin at multiples of 8, and a Buffer from a pool is read like any bytes', () => {
    const bytes = sample()
    expect(bytes.length % 8).toBe(0)
    expect(new DataView(bytes.buffer).getUint32(4, true) % 8).toBe(0)
    expect(decodeArrays(Buffer.from(bytes)).arrays.rows).toEqual(Int8Array.of(-127, 0, 127, 1, 2))
  })

  it('cut off anywhere, or with a byte more, are refused', () => {
    const bytes = sample()
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeArrays(bytes.subarray(0, length)), `${length} bytes`).toThrow(Error)
    }
    expect(() => decodeArrays(Uint8Array.of(...bytes, 0))).toThrow('arrays: 1 bytes are left over')
  })

  it('with a bit turned in the header are read or refused with an Error, and never anything else', () => {
    const bytes = sample()
    const end = 8 + new DataView(bytes.buffer).getUint32(4, true)
    for (let bit = 0; bit < end * 8; bit++) {
      const changed = Uint8Array.from(bytes)
      changed[bit >> 3] ^= 1 << (bit & 7)
      try {
        for (const found of Object.values(decodeArrays(changed).arrays)) expect(ArrayBuffer.isView(found)).toBe(true)
      } catch (error) {
        expect(error, `bit ${bit}`).toBeInstanceOf(Error)
        expect((error as Error).name, `bit ${bit}`).not.toBe('AssertionError')
      }
    }
  })

  const withHeader = (header: string, body = 0) => {
    const text = new TextEncoder().encode(header.padEnd(Math.ceil((8 + header.length) / 8) * 8 - 8))
    const bytes = new Uint8Array(8 + text.length + body)
    bytes.set(new TextEncoder().encode('VTA1'))
    new DataView(bytes.buffer).setUint32(4, text.length, true)
    bytes.set(text, 8)
    return bytes
  }
  const bad: [string, string, RegExp][] = [
    ['no arrays', '{"meta":1}', /the header lists none/],
    ['null', 'null', /the header lists none/],
    ['no JSON', '{"meta":', /JSON/],
    ['a type that every object has', '{"arrays":[{"name":"a","type":"constructor","length":1}]}', /no known type/],
    ['a negative length', '{"arrays":[{"name":"a","type":"f32","length":-1}]}', /no known type/],
    ['half an element', '{"arrays":[{"name":"a","type":"f32","length":0.5}]}', /no known type/],
    ['more than there is', '{"arrays":[{"name":"a","type":"f32","length":9007199254740991}]}', /past the end/],
    ['a name twice', '{"arrays":[{"name":"a","type":"i8","length":0},{"name":"a","type":"i8","length":0}]}', /twice/],
    ['an array without a name', '{"arrays":[{"type":"i8","length":0}]}', /"undefined"/],
  ]
  it.each(bad)('with a header of %s are refused', (_what, header, reason) => {
    expect(() => decodeArrays(withHeader(header, 8))).toThrow(reason)
  })

  it('with something in the padding are refused', () => {
    const bytes = sample()
    bytes[bytes.length - 1] = 1
    expect(() => decodeArrays(bytes)).toThrow('arrays: "rows" is not padded with zeros')
  })

  it('are taken by name, type and length', () => {
    const decoded = decodeArrays(sample())
    expect(take(decoded, 'rows', 'i8', 5)).toHaveLength(5)
    expect(() => take(decoded, 'rows', 'i8', 6)).toThrow('arrays: "rows" has 5 elements, not 6')
    expect(() => take(decoded, 'rows', 'u8')).toThrow('arrays: no u8 array "rows"')
    for (const name of ['toString', '__proto__', 'missing'])
      expect(() => take(decoded, name, 'f32')).toThrow(/no f32 array/)
  })
})
