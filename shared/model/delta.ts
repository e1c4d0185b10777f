/**
 * What turns a chunk that a browser has into the chunk of the next version. A delta is an array file (`arrays.ts`), so it
 * has its checks, and comes in two kinds.
 *
 * Text, for the chunks that are JSON: pieces of the old bytes, and new bytes between them.
 *
 *     meta      {"kind":"text"}
 *     skipped   i32 (pieces)  old bytes passed over since the last copied one; below 0 goes back
 *     copied    u32 (pieces)  old bytes taken from there
 *     inserted  u32 (pieces)  new bytes that follow them
 *     bytes     u8            the new bytes of all pieces
 *
 * Arrays, for the chunks that are array files: pieces as above, but of rows (items), so that a row is compared with the
 * same item's old row wherever it stood; and what remains of each array when its prediction is taken away.
 *
 *     meta      {"kind":"arrays","meta":…,"arrays":[{"name":"values","type":"i8","length":640000,"layout":{"by":"row"}},…]}
 *               the result's own header, and for each array how it is predicted:
 *                 by place   from the old array's element at the same place
 *                 by row     rows of one width, from the old row of the same item
 *                 by list    rows of several lengths, which another array before it says; with "numbers" the elements are
 *                            numbers of rows, and are renumbered as rows are
 *               what has no old counterpart is predicted as 0
 *     skipped, copied, inserted   the row pieces
 *     = NAME    u8 (bytes of the array)  the differences; left out where the prediction is the result
 *
 * A difference is that of the elements' bits read as unsigned numbers, wrapped, then 0, −1, 1, −2 … as 0, 1, 2, 3 …, and
 * stored by significance: all lowest bytes first. Most differences are small, so the higher bytes are zeros, which the
 * compression of the transport makes nothing of.
 *
 * Whoever applies a delta compares the result's hash with the one wanted: nothing here is trusted for being applicable.
 */
import * as v from 'valibot'
import {
  type ArrayFile,
  decodeArrays,
  encodeArrays,
  type PlainArray,
  TYPES,
  type TypeName,
  take,
  typeOf,
} from './arrays.ts'

const layout = v.variant('by', [
  v.strictObject({ by: v.literal('place') }),
  v.strictObject({ by: v.literal('row') }),
  v.strictObject({ by: v.literal('list'), lengths: v.string(), numbers: v.boolean() }),
])
export type Layout = v.InferOutput<typeof layout>

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const predictedArray = v.strictObject({
  name: v.string(),
  type: v.picklist(Object.keys(TYPES) as TypeName[]),
  length: count,
  layout,
})
type PredictedArray = v.InferOutput<typeof predictedArray>

const deltaMeta = v.variant('kind', [
  v.strictObject({ kind: v.literal('text') }),
  v.strictObject({ kind: v.literal('arrays'), meta: v.unknown(), arrays: v.array(predictedArray) }),
])
type DeltaMeta = v.InferOutput<typeof deltaMeta>

/** Of bytes or of rows: `copied` of the old ones from `from` on, then `inserted` new ones. */
export interface Piece {
  from: number
  copied: number
  inserted: number
}

/**
 * @param maxBytes of the result
 * @throws Error when the delta is damaged or does not fit the base; otherwise the result may still not be the one wanted
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array, maxBytes: number): Uint8Array {
  const file = decodeArrays<unknown>(delta)
  const { success, output: meta } = v.safeParse(deltaMeta, file.meta)
  if (!success) throw new Error('delta: of no known kind')
  return meta.kind === 'text' ? patchText(base, file, maxBytes) : patchArrays(base, file, meta, maxBytes)
}

export function encodeTextDelta(result: Uint8Array, pieces: readonly Piece[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { inserted }) => sum + inserted, 0))
  let [at, filled] = [0, 0]
  for (const { copied, inserted } of pieces) {
    at += copied
    bytes.set(result.subarray(at, at + inserted), filled)
    at += inserted
    filled += inserted
  }
  const meta: DeltaMeta = { kind: 'text' }
  return encodeArrays({ meta, arrays: { ...encodePieces(pieces), bytes } })
}

/** @param layoutOf how each array is predicted; rows are those of `pieces` */
export function encodeArraysDelta(
  base: Uint8Array,
  result: Uint8Array,
  pieces: readonly Piece[],
  layoutOf: (name: string) => Layout,
): Uint8Array {
  const [before, after] = [decodeArrays(base), decodeArrays(result)]
  const listed = Object.entries(after.arrays).map(([name, array]) => ({
    name,
    type: typeOf(array),
    length: array.length,
    layout: layoutOf(name),
  }))
  const arrays: Record<string, PlainArray> = encodePieces(pieces)
  const rows = rowsOf(pieces)
  for (const array of listed) {
    const differences = subtract(after.arrays[array.name], predict(array, before, after.arrays, rows))
    if (differences.some((byte) => byte !== 0)) arrays[`= ${array.name}`] = differences
  }
  const meta: DeltaMeta = { kind: 'arrays', meta: after.meta, arrays: listed }
  return encodeArrays({ meta, arrays })
}

function patchText(base: Uint8Array, file: ArrayFile<unknown>, maxBytes: number): Uint8Array {
  const pieces = decodePieces(file, maxBytes)
  const bytes = take(file, 'bytes', 'u8')
  const result = new Uint8Array(pieces.reduce((sum, { copied, inserted }) => sum + copied + inserted, 0))
  let [at, used] = [0, 0]
  for (const { from, copied, inserted } of pieces) {
    if (from + copied > base.length) throw new Error('delta: copies more than the base has')
    result.set(base.subarray(from, from + copied), at)
    result.set(bytes.subarray(used, used + inserted), at + copied)
    at += copied + inserted
    used += inserted
  }
  if (used !== bytes.length) throw new Error(`delta: ${bytes.length} new bytes, but ${used} are placed`)
  return result
}

function patchArrays(
  base: Uint8Array,
  file: ArrayFile<unknown>,
  { meta, arrays: listed }: Extract<DeltaMeta, { kind: 'arrays' }>,
  maxBytes: number,
): Uint8Array {
  const size = listed.reduce((sum, { type, length }) => sum + length * TYPES[type].BYTES_PER_ELEMENT, 0)
  if (size > maxBytes) throw new Error(`delta: makes ${size} bytes, but at most ${maxBytes} are wanted`)
  const before = decodeArrays(base)
  const rows = rowsOf(decodePieces(file, maxBytes))
  const arrays: Record<string, PlainArray> = Object.create(null)
  for (const array of listed) {
    const predicted = predict(array, before, arrays, rows)
    const differences = `= ${array.name}`
    if (file.arrays[differences]) add(predicted, take(file, differences, 'u8', predicted.byteLength))
    arrays[array.name] = predicted
  }
  return encodeArrays({ meta, arrays })
}

/** For each row the old one of the same item, −1 where it is new; and for each old row the new one. */
interface Rows {
  before: Int32Array
  after: Map<number, number>
}

function rowsOf(pieces: readonly Piece[]): Rows {
  const before = new Int32Array(pieces.reduce((sum, { copied, inserted }) => sum + copied + inserted, 0)).fill(-1)
  const after = new Map<number, number>()
  let row = 0
  for (const { from, copied, inserted } of pieces) {
    for (let n = 0; n < copied; n++, row++) {
      before[row] = from + n
      after.set(from + n, row)
    }
    row += inserted
  }
  return { before, after }
}

/** @param arrays those of the result that come before, with the lengths of lists among them */
function predict(
  { name, type, length, layout }: PredictedArray,
  old: ArrayFile<unknown>,
  arrays: Record<string, PlainArray>,
  rows: Rows,
): PlainArray {
  const predicted = new TYPES[type](length)
  const counterpart = old.arrays[name]
  if (!counterpart || typeOf(counterpart) !== type) return predicted
  const [to, from] = [bitsOf(predicted), bitsOf(counterpart)]
  if (layout.by === 'place') to.set(from.subarray(0, length))
  else if (layout.by === 'row') {
    const width = length / rows.before.length
    rows.before.forEach((row, n) => {
      if (row >= 0) to.set(from.subarray(row * width, (row + 1) * width), n * width)
    })
  } else {
    const lengths = arrays[layout.lengths]
    const oldLengths = old.arrays[layout.lengths]
    if (lengths?.length !== rows.before.length || !oldLengths) {
      throw new Error(`delta: "${layout.lengths}" does not say how long the rows of "${name}" are`)
    }
    const [starts, oldStarts] = [startsOf(lengths), startsOf(oldLengths)]
    rows.before.forEach((row, n) => {
      if (row < 0 || row >= oldLengths.length) return
      for (let k = 0; k < Math.min(lengths[n], oldLengths[row]); k++) {
        const value = from[oldStarts[row] + k]
        to[starts[n] + k] = layout.numbers ? (rows.after.get(value) ?? value) : value
      }
    })
  }
  return predicted
}

function startsOf(lengths: PlainArray): Uint32Array {
  const starts = new Uint32Array(lengths.length + 1)
  for (let n = 0; n < lengths.length; n++) starts[n + 1] = starts[n] + lengths[n]
  return starts
}

/** The same bytes as unsigned numbers. */
function bitsOf({ buffer, byteOffset, length, BYTES_PER_ELEMENT: size }: PlainArray) {
  if (size === 1) return new Uint8Array(buffer, byteOffset, length)
  if (size === 2) return new Uint16Array(buffer, byteOffset, length)
  return new Uint32Array(buffer, byteOffset, length)
}

/** result − predicted */
function subtract(result: PlainArray, predicted: PlainArray): Uint8Array {
  const [a, b] = [bitsOf(result), bitsOf(predicted)]
  const n = a.length
  const differences = new Uint8Array(result.byteLength)
  const unused = 32 - 8 * a.BYTES_PER_ELEMENT
  for (let i = 0; i < n; i++) {
    const difference = ((a[i] - b[i]) << unused) >> unused
    const folded = (difference << 1) ^ (difference >> 31)
    for (let k = 0; k < a.BYTES_PER_ELEMENT; k++) differences[k * n + i] = folded >>> (8 * k)
  }
  return differences
}

function add(predicted: PlainArray, differences: Uint8Array): void {
  const bits = bitsOf(predicted)
  const n = bits.length
  for (let i = 0; i < n; i++) {
    let folded = 0
    for (let k = 0; k < bits.BYTES_PER_ELEMENT; k++) folded |= differences[k * n + i] << (8 * k)
    bits[i] += (folded >>> 1) ^ -(folded & 1)
  }
}

function encodePieces(pieces: readonly Piece[]): Record<string, PlainArray> {
  const ends = pieces.map(({ from, copied }) => from + copied)
  return {
    skipped: Int32Array.from(pieces, ({ from }, n) => from - (ends[n - 1] ?? 0)),
    copied: Uint32Array.from(pieces, ({ copied }) => copied),
    inserted: Uint32Array.from(pieces, ({ inserted }) => inserted),
  }
}

function decodePieces(file: ArrayFile<unknown>, max: number): Piece[] {
  const skipped = take(file, 'skipped', 'i32')
  const copied = take(file, 'copied', 'u32', skipped.length)
  const inserted = take(file, 'inserted', 'u32', skipped.length)
  let [end, total] = [0, 0]
  return Array.from(skipped, (step, n) => {
    const from = end + step
    end = from + copied[n]
    total += copied[n] + inserted[n]
    if (from < 0) throw new Error('delta: copies from before the base')
    if (total > max) throw new Error(`delta: makes more than the ${max} wanted`)
    return { from, copied: copied[n], inserted: inserted[n] }
  })
}
