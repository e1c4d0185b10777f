/**
 * Which of the shop's kinds of shopper one is like. The trainer finds the kinds (k-means, `trainer/profile/segments.ts`) and
 * publishes their centroids; the page asks for the nearest:
 *
 *     v_c       ln(1 + share_c / (usual_c + .01)), then brought to length 1; shares of interests with their companions
 *     segment   argmin over s of |v − centroid_s|²
 *
 * The logarithm of the lift lets what sets a shopper apart speak before what everyone looks at.
 */
import { type ArrayFile, decodeArrays, encodeArrays, take } from '../model/arrays.ts'
import { type QuantisedRows, rowsOf } from '../model/quantise.ts'
import { type Companions, type Interests, interestsIn, withCompanions } from './interests.ts'

export interface Segments {
  /** Full paths, one a column. */
  categories: readonly string[]
  /** (categories) mean share among the shop's shoppers */
  usual: Float32Array
  /** (segments, categories) */
  centroids: QuantisedRows
  /** What sets each apart, in words of the shop's own, by BCP 47. */
  names: readonly Record<string, string>[]
}

export interface SegmentOfShopper {
  segment: number
  /** 0 … 1: 0 halfway between two segments, 1 at the centroid. */
  sureness: number
}

/** Keeps a category that hardly anyone looks at from being the whole of a shopper. */
const FLOOR = 0.01

/**
 * (categories) of length 1. Undefined for a shopper of whom no interest is known.
 * @param usual (categories)
 */
export function segmentVector(
  interests: Interests,
  companions: Companions,
  now: number,
  { categories, usual }: Pick<Segments, 'categories' | 'usual'>,
): Float32Array | undefined {
  const columns = new Map(categories.map((category, column) => [category, column]))
  const own = interestsIn(interests, 'category', now, 0, (label) => columns.has(label))
  if (own.length === 0) return undefined
  const vector = new Float32Array(categories.length)
  for (const { label, share } of withCompanions(own, companions)) {
    const column = columns.get(label)
    if (column !== undefined) vector[column] = Math.log1p(share / (usual[column] + FLOOR))
  }
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}

/** @param vector of `segmentVector` */
export function nearestSegment(vector: Float32Array, { centroids }: Pick<Segments, 'centroids'>): SegmentOfShopper {
  const width = vector.length
  const rows = rowsOf(centroids)
  let [segment, nearest, next] = [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let row = 0; row * width < rows.length; row++) {
    let square = 0
    for (let column = 0; column < width; column++) square += (vector[column] - rows[row * width + column]) ** 2
    if (square < nearest) [segment, nearest, next] = [row, square, nearest]
    else if (square < next) next = square
  }
  return { segment, sureness: next > 0 ? 1 - Math.sqrt(nearest / next) : 0 }
}

interface Meta {
  categories: readonly string[]
  names: readonly Record<string, string>[]
}

export function encodeSegments({ categories, usual, centroids, names }: Segments): Uint8Array {
  const arrays = { usual, centroids: centroids.values, scales: centroids.scales }
  return encodeArrays({ meta: { categories, names }, arrays })
}

/** @throws Error when it is no whole set of segments */
export function decodeSegments(bytes: Uint8Array): Segments {
  const file: ArrayFile<Meta> = decodeArrays<Meta>(bytes)
  const categories = textsIn(file.meta?.categories)
  const names: unknown = file.meta?.names
  if (!Array.isArray(names)) throw new Error('segments: no names')
  const width = categories.length
  const usual = take(file, 'usual', 'f32', width)
  const scales = take(file, 'scales', 'f32', names.length)
  for (const value of [...usual, ...scales]) {
    if (!(value >= 0 && Number.isFinite(value))) throw new Error(`segments: ${value} is no share and no scale`)
  }
  const values = take(file, 'centroids', 'i8', names.length * width)
  return {
    categories,
    usual,
    centroids: { width, values, scales },
    names: names.map((name) => {
      if (name === null || typeof name !== 'object') throw new Error('segments: a name is no object')
      textsIn(Object.values(name))
      return name
    }),
  }
}

function textsIn(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((text) => typeof text === 'string')) throw new Error('segments: no texts')
  return value
}
