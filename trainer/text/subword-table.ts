/**
 * A vector for every subword, fitted so that the sum over a text's units points where its target does: gradient descent
 * on 1 − cosine with a step for each number (Duchi et al. 2011, AdaGrad). The loss is blind to lengths, so that a
 * row's own length becomes its unit's weight: "the" shrinks.
 */
import type { Random } from '../../shared/data/random.ts'
import { isUnspaced, partKeys, unitKey, unitsOf } from '../../shared/data/subwords.ts'
import { normalise, type RowOf, rowsOfUnit } from '../../shared/model/text-encoder.ts'

const EPOCHS = 12
const RATE = 0.03
/** A unit is met through its parts this often although it has a row, so that the parts learn to stand for any. */
const PARTS_SHARE = 0.25
/** A part of fewer units is the unit again. */
const MIN_UNITS_A_PART = 3
/** Rows that pruning leaves to parts, at least where there are so many. */
const PARTS_QUOTA = 0.3

export interface Target {
  text: string
  /** (width) of length 1 */
  target: Float32Array
  weight: number
}

export interface SubwordTable {
  width: number
  /** Ascending. */
  keys: Uint32Array
  /** (keys, width) */
  rows: Float32Array
  rowOf: RowOf
}

/**
 * All candidates, each begun as its own target (or the mean of the texts' that have it) times its weight.
 * @param counts of the units that may have a row
 */
export function tableOf(
  counts: ReadonlyMap<string, number>,
  targets: readonly Target[],
  width: number,
  weightOf: (unit: string) => number,
): SubwordTable {
  const starts = startingVectors(counts, targets, width)
  const sums = new Map<number, { sum: Float32Array; n: number }>()
  const add = (key: number, vector: Float32Array, weight: number) => {
    const entry = sums.get(key) ?? { sum: new Float32Array(width), n: 0 }
    for (let j = 0; j < width; j++) entry.sum[j] += weight * vector[j]
    entry.n++
    sums.set(key, entry)
  }
  for (const [unit, vector] of starts) for (const key of new Set(partKeys(unit))) add(key, vector, weightOf(unit))
  for (const [key, { n }] of sums) if (n < MIN_UNITS_A_PART) sums.delete(key)
  for (const [unit, vector] of starts) {
    const key = unitKey(unit)
    sums.delete(key)
    add(key, vector, weightOf(unit))
  }
  const keys = Uint32Array.from(sums.keys()).sort()
  const rows = new Float32Array(keys.length * width)
  keys.forEach((key, row) => {
    const { sum, n } = sums.get(key)!
    rows.set(
      sum.map((value) => value / n),
      row * width,
    )
  })
  return withLookup(width, keys, rows)
}

function startingVectors(
  counts: ReadonlyMap<string, number>,
  targets: readonly Target[],
  width: number,
): Map<string, Float32Array> {
  const alone = new Map<string, Float32Array>()
  const means = new Map<string, Float32Array>()
  for (const { text, target } of targets) {
    const units = unitsOf(text)
    if (units.length === 1 && counts.has(units[0])) alone.set(units[0], target)
    for (const unit of new Set(units)) {
      if (!counts.has(unit)) continue
      const mean = means.get(unit) ?? new Float32Array(width)
      for (let j = 0; j < width; j++) mean[j] += target[j]
      means.set(unit, mean)
    }
  }
  return new Map([...means].map(([unit, mean]) => [unit, alone.get(unit) ?? normalise(mean)]))
}

function withLookup(width: number, keys: Uint32Array, rows: Float32Array): SubwordTable {
  const numbers = new Map<number, number>()
  keys.forEach((key, row) => {
    numbers.set(key, row)
  })
  return { width, keys, rows, rowOf: (key) => numbers.get(key) }
}

/** As `encodeText` of the encoder that ships, from rows not yet rounded. */
export function encodeBy({ width, rows, rowOf }: SubwordTable, text: string): Float32Array {
  const vector = new Float32Array(width)
  for (const unit of unitsOf(text)) {
    const found = rowsOfUnit(unit, rowOf)
    for (const row of found) {
      for (let j = 0; j < width; j++) vector[j] += rows[row * width + j] / found.length
    }
  }
  return normalise(vector)
}

/** Changes the table's rows in place. @param onEpoch told the share done */
export function fitRows(
  table: SubwordTable,
  targets: readonly Target[],
  random: Random,
  onEpoch?: (done: number) => void,
): void {
  const { width, rows, rowOf } = table
  const squares = new Float32Array(rows.length)
  const memberships = new Map<string, { own: number[]; parts: number[] }>()
  const rowsOf = (unit: string) => {
    let found = memberships.get(unit)
    if (!found) {
      const parts = partKeys(unit).flatMap((key) => rowOf(key) ?? [])
      found = { own: rowsOfUnit(unit, rowOf), parts }
      memberships.set(unit, found)
    }
    return found
  }
  const lessons = targets.map(({ text, target, weight }) => ({ units: unitsOf(text).map(rowsOf), target, weight }))
  const order = lessons.map((_, at) => at)
  const sum = new Float32Array(width)
  const gradient = new Float32Array(width)
  const used: number[] = []
  const shares: number[] = []
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    random.shuffle(order)
    for (const at of order) {
      const { units, target, weight } = lessons[at]
      sum.fill(0)
      used.length = 0
      shares.length = 0
      for (const { own, parts } of units) {
        const chosen = parts.length > 0 && random.next() < PARTS_SHARE ? parts : own
        for (const row of chosen) {
          const share = 1 / chosen.length
          used.push(row)
          shares.push(share)
          for (let j = 0; j < width; j++) sum[j] += share * rows[row * width + j]
        }
      }
      let [square, along] = [0, 0]
      for (let j = 0; j < width; j++) {
        square += sum[j] * sum[j]
        along += sum[j] * target[j]
      }
      if (square === 0) continue
      const length = Math.sqrt(square)
      // d(1 − s·t / |s|) / ds
      for (let j = 0; j < width; j++) gradient[j] = (-weight * (target[j] - (along / square) * sum[j])) / length
      used.forEach((row, n) => {
        for (let j = 0; j < width; j++) {
          const slope = shares[n] * gradient[j]
          const i = row * width + j
          squares[i] += slope * slope
          rows[i] -= (RATE * slope) / Math.sqrt(squares[i] + 1e-10)
        }
      })
    }
    onEpoch?.((epoch + 1) / EPOCHS)
  }
}

/**
 * The table of the rows that matter most. Without its row a unit is met through its parts, and each text it is in moves
 * by the difference: count · |row − parts|². A part matters by what the units left to it would miss.
 */
export function prune(table: SubwordTable, counts: ReadonlyMap<string, number>, maxRows: number): SubwordTable {
  const { width, keys, rows, rowOf } = table
  if (keys.length <= maxRows) return table
  const squareOf = (own: number | undefined, parts: readonly number[]) => {
    let square = 0
    for (let j = 0; j < width; j++) {
      let value = own === undefined ? 0 : rows[own * width + j]
      for (const part of parts) value -= rows[part * width + j] / parts.length
      square += value * value
    }
    return square
  }
  const partsOf = (unit: string) => partKeys(unit).flatMap((key) => rowOf(key) ?? [])
  const units = [...counts].flatMap(([unit, count]) => {
    const own = rowOf(unitKey(unit))
    if (own === undefined) return []
    return [
      { unit, row: own, score: count * squareOf(own, isUnspaced(unit) && [...unit].length === 1 ? [] : partsOf(unit)) },
    ]
  })
  const byScore = <T extends { score: number; row: number }>(entries: T[]) =>
    entries.sort((a, b) => b.score - a.score || a.row - b.row)
  byScore(units)
  const parts = new Float64Array(keys.length)
  const kept = new Set(units.slice(0, Math.ceil(maxRows * (1 - PARTS_QUOTA))).map(({ row }) => row))
  for (const [unit, count] of counts) {
    const own = rowOf(unitKey(unit))
    if (own !== undefined && kept.has(own)) continue
    const stand = partsOf(unit)
    for (const row of stand) parts[row] += (count * squareOf(row, [])) / stand.length ** 2
  }
  const left = byScore(
    Array.from(parts, (score, row) => ({ score, row })).filter(({ row, score }) => score > 0 && !kept.has(row)),
  )
  for (const { row } of [...left, ...units.slice(kept.size)]) {
    if (kept.size >= maxRows) break
    kept.add(row)
  }
  const chosen = Uint32Array.from(kept).sort()
  const pruned = new Float32Array(chosen.length * width)
  chosen.forEach((row, at) => {
    pruned.set(rows.subarray(row * width, (row + 1) * width), at * width)
  })
  return withLookup(
    width,
    Uint32Array.from(chosen, (row) => keys[row]),
    pruned,
  )
}
