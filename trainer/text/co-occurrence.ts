/**
 * Word vectors from the catalogue itself, for when there is no teacher: which units appear in the same texts. Positive
 * pointwise mutual information (contexts smoothed to the power .75), factored to its leading eigenvectors times the
 * root of their eigenvalues: Levy, Goldberg & Dagan 2015.
 */
import type { Random } from '../../shared/data/random.ts'
import { unitsOf } from '../../shared/data/subwords.ts'
import { eigenvectors } from './eigenvectors.ts'
import type { WordVectors } from './word-vectors.ts'

const MIN_TEXTS = 2
/** The most frequent; a catalogue's rarer units are part numbers. */
const MAX_UNITS = 15_000
const SMOOTHING = 0.75
/** Units of one text that are counted: a page-long description relates everything to everything. */
const MAX_UNITS_A_TEXT = 60

/** @param texts those that belong together as one: a product's title with the queries that led to it */
export function coOccurrenceVectors(texts: readonly string[], width: number, random: Random): WordVectors {
  const unitSets = texts.map((text) => [...new Set(unitsOf(text).slice(0, MAX_UNITS_A_TEXT))])
  const frequency = new Map<string, number>()
  for (const units of unitSets) for (const unit of units) frequency.set(unit, (frequency.get(unit) ?? 0) + 1)
  const words = [...frequency]
    .filter(([, count]) => count >= MIN_TEXTS)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MAX_UNITS)
    .map(([word]) => word)
  const matrix = ppmi(unitSets, words)
  const n = words.length
  const k = Math.min(width, n)
  const multiply = (x: Float64Array, y: Float64Array) => {
    for (let i = 0; i < n; i++) {
      let sum = 0
      for (let at = matrix.start[i]; at < matrix.start[i + 1]; at++) sum += matrix.value[at] * x[matrix.column[at]]
      y[i] = sum
    }
  }
  const { values, vectors: found } = eigenvectors(multiply, n, k, random)
  const vectors = new Float32Array(n * width)
  for (let rank = 0; rank < k; rank++) {
    const root = Math.sqrt(Math.abs(values[rank]))
    for (let i = 0; i < n; i++) vectors[i * width + rank] = root * found[rank * n + i]
  }
  return { width, words, vectors }
}

/** Compressed rows of a symmetric matrix. */
interface SparseRows {
  start: Uint32Array
  column: Uint32Array
  value: Float32Array
}

/** max(0, log p(a, b) / (p(a) p(b)^.75)), made symmetric by taking the mean of both directions. */
function ppmi(unitSets: readonly string[][], words: readonly string[]): SparseRows {
  const numbers = new Map(words.map((word, number) => [word, number]))
  const sets = unitSets.map((units) => units.flatMap((unit) => numbers.get(unit) ?? []))
  const textsOf: number[][] = words.map(() => [])
  sets.forEach((units, text) => {
    for (const unit of units) textsOf[unit].push(text)
  })
  // A pair counts 1 / units of the text: a long description says less about each of its pairs.
  const total = new Float64Array(words.length)
  const rows = words.map((_, unit) => {
    const counts = new Map<number, number>()
    for (const text of textsOf[unit]) {
      const units = sets[text]
      for (const other of units) {
        if (other !== unit) counts.set(other, (counts.get(other) ?? 0) + 1 / units.length)
      }
    }
    for (const count of counts.values()) total[unit] += count
    return counts
  })
  const all = total.reduce((sum, count) => sum + count, 0)
  const smoothed = total.map((count) => count ** SMOOTHING)
  const smoothedAll = smoothed.reduce((sum, count) => sum + count, 0)
  const start = new Uint32Array(words.length + 1)
  const columns: number[] = []
  const values: number[] = []
  rows.forEach((counts, a) => {
    for (const [b, count] of counts) {
      const joint = count / all
      const forward = Math.log(joint / ((total[a] / all) * (smoothed[b] / smoothedAll)))
      const backward = Math.log(joint / ((total[b] / all) * (smoothed[a] / smoothedAll)))
      const value = (Math.max(0, forward) + Math.max(0, backward)) / 2
      if (value === 0) continue
      columns.push(b)
      values.push(value)
    }
    start[a + 1] = columns.length
  })
  return { start, column: Uint32Array.from(columns), value: Float32Array.from(values) }
}
