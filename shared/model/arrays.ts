/**
 * Typed arrays in one file: how a bundle's numbers travel.
 *
 *     "VTA1"  4 bytes
 *     u32 LE  length of the header in bytes
 *     header  JSON {"meta": …, "arrays": [{"name": "bias", "type": "f32", "length": 1200}, …]}, padded with spaces so
 *             that what follows begins at a multiple of 8
 *     bytes   each array in the header's order, little-endian, each padded with zeros to a multiple of 8
 *
 * `decodeArrays` is the validation: unknown types, a name twice, lengths that do not add up, padding that is not 0 and bytes
 * left over are errors.
 */

type ArrayOf = {
  i8: Int8Array
  u8: Uint8Array
  u16: Uint16Array
  i32: Int32Array
  u32: Uint32Array
  f32: Float32Array
}
export type TypeName = keyof ArrayOf
export type PlainArray = ArrayOf[TypeName]

export const TYPES = {
  i8: Int8Array,
  u8: Uint8Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
} as const
const MAGIC = 0x31415456 // "VTA1"
const ALIGNMENT = 8
const padded = (size: number) => Math.ceil(size / ALIGNMENT) * ALIGNMENT

export interface ArrayFile<Meta> {
  meta: Meta
  arrays: Record<string, PlainArray>
}

export function encodeArrays<Meta>({ meta, arrays }: ArrayFile<Meta>): Uint8Array {
  const entries = Object.entries(arrays)
  const listed = entries.map(([name, array]) => ({ name, type: typeOf(array), length: array.length }))
  let header = JSON.stringify({ meta, arrays: listed })
  const encoder = new TextEncoder()
  const unpadded = encoder.encode(header).length
  header += ' '.repeat(padded(8 + unpadded) - 8 - unpadded)
  const head = encoder.encode(header)
  const body = entries.reduce((sum, [, array]) => sum + padded(array.byteLength), 0)
  const bytes = new Uint8Array(8 + head.length + body)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, head.length, true)
  bytes.set(head, 8)
  let at = 8 + head.length
  for (const [, array] of entries) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at += padded(array.byteLength)
  }
  return bytes
}

export function typeOf(array: PlainArray): TypeName {
  for (const [name, type] of Object.entries(TYPES)) if (array instanceof type) return name as TypeName
  throw new Error('arrays: unknown kind of array')
}

/**
 * @param bytes not to be written to afterwards: the arrays are views of them, where they lie at multiples of their elements
 * @throws Error saying what is wrong with the bytes
 */
export function decodeArrays<Meta>(bytes: Uint8Array): ArrayFile<Meta> {
  if (bytes.length < 8) throw new Error(`arrays: ${bytes.length} bytes are too few for a header`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw new Error('arrays: does not begin with "VTA1"')
  const headerLength = view.getUint32(4, true)
  if (8 + headerLength > bytes.length) throw new Error('arrays: the header is longer than the file')
  const header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headerLength))) as {
    meta: Meta
    arrays: { name: string; type: TypeName; length: number }[]
  }
  if (!Array.isArray(header?.arrays)) throw new Error('arrays: the header lists none')
  const arrays: Record<string, PlainArray> = Object.create(null)
  let at = 8 + headerLength
  for (const { name, type, length } of header.arrays) {
    const kind = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
    if (!kind || !Number.isSafeInteger(length) || length < 0) throw new Error(`arrays: "${name}" is of no known type`)
    if (typeof name !== 'string' || name in arrays) throw new Error(`arrays: "${name}" is there twice`)
    const size = length * kind.BYTES_PER_ELEMENT
    if (at + padded(size) > bytes.length) throw new Error(`arrays: "${name}" runs past the end of the file`)
    const from = bytes.byteOffset + at
    arrays[name] =
      from % kind.BYTES_PER_ELEMENT === 0
        ? new kind(bytes.buffer as ArrayBuffer, from, length)
        : new kind(Uint8Array.prototype.slice.call(bytes, at, at + size).buffer) // a Buffer's own slice copies nothing
    if (bytes.subarray(at + size, at + padded(size)).some((byte) => byte !== 0)) {
      throw new Error(`arrays: "${name}" is not padded with zeros`)
    }
    at += padded(size)
  }
  if (at !== bytes.length) throw new Error(`arrays: ${bytes.length - at} bytes are left over`)
  return { meta: header.meta, arrays }
}

/** The array of a name, of the kind and length expected. @throws Error otherwise */
export function take<T extends TypeName>(file: ArrayFile<unknown>, name: string, type: T, length?: number): ArrayOf[T] {
  const array = file.arrays[name]
  if (!(array instanceof TYPES[type])) throw new Error(`arrays: no ${type} array "${name}"`)
  if (length !== undefined && array.length !== length) {
    throw new Error(`arrays: "${name}" has ${array.length} elements, not ${length}`)
  }
  return array as ArrayOf[T]
}
