import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { topK } from '../../../shared/model/metrics.ts'
import { packRows, quantiseRows, rowsOf, unpackRows } from '../../../shared/model/quantise.ts'

describe('int8 rows', () => {
  it('keep each value within half a step, a step being 1/127 of the largest of its row', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((x) => (Math.abs(x) < 1e-30 ? 0 : x))
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(value, { maxLength: 8 }),
        fc.nat(5),
        (width, cycle, rows) => {
          const matrix = Float32Array.from({ length: rows * width }, (_, at) => cycle[at % cycle.length] ?? 0)
          const { values, scales } = quantiseRows(matrix, width)
          const back = rowsOf({ width, values, scales })
          for (let row = 0; row < rows; row++) {
            const own = matrix.subarray(row * width, (row + 1) * width)
            const peak = Math.max(0, ...own.map(Math.abs))
            expect(scales[row]).toBe(Math.fround(peak / 127))
            own.forEach((original, j) => {
              expect(Math.abs(back[row * width + j] - original)).toBeLessThanOrEqual(0.5001 * scales[row])
            })
          }
        },
      ),
    )
  })

  it('of zeros are zeros, and a small row is as exact as a large one beside it', () => {
    const { values, scales } = quantiseRows(Float32Array.of(0, 0, 1e-6, -5e-7, 1e6, 3e5), 2)
    expect([...values]).toEqual([0, 0, 127, -63, 127, 38])
    expect(scales[0]).toBe(0)
  })

  it('quantised again are the same', () => {
    const random = seeded('again')
    const once = quantiseRows(
      Float32Array.from({ length: 320 }, () => random.normal()),
      32,
    )
    expect(quantiseRows(rowsOf(once), 32).values).toEqual(once.values)
  })

  it('rank as float32 rows do: 99 of 100 of the top 10 stay', () => {
    const random = seeded('ranking')
    const [V, d] = [1000, 64]
    const table = Float32Array.from({ length: V * d }, () => random.normal())
    const rounded = rowsOf(quantiseRows(table, d))
    const top = (matrix: Float32Array, state: Float32Array) =>
      topK(
        Float32Array.from({ length: V }, (_, i) => state.reduce((sum, x, j) => sum + x * matrix[i * d + j], 0)),
        10,
      )
    let kept = 0
    for (let n = 0; n < 20; n++) {
      const state = Float32Array.from({ length: d }, () => random.normal())
      const before = new Set(top(table, state))
      kept += top(rounded, state).filter((item) => before.has(item)).length
    }
    expect(kept / 200).toBeGreaterThan(0.98)
  })
})

describe('int4 rows', () => {
  const normal = (rows: number, width: number) => {
    const random = seeded('int4')
    return Float32Array.from({ length: rows * width }, () => random.normal())
  }
  const squareError = (a: Float32Array, b: Float32Array) =>
    a.reduce((sum, x, at) => sum + (x - b[at]) ** 2, 0) / a.reduce((sum, x) => sum + x * x, 0)

  it.each([1, 2, 7, 64])('of sixteen different numbers are those numbers, at width %i', (width) => {
    const numbers = [-127, -100, -90, -70, -51, -40, -20, -3, 4, 20, 33, 50, 77, 90, 100, 127]
    const values = Int8Array.from({ length: 48 * width }, (_, at) => numbers[(at * 7) % 16])
    const scales = Float32Array.from({ length: 48 }, (_, row) => 0.01 * (row + 1))
    const packed = packRows({ width, values, scales })
    expect([...packed.levels]).toEqual(numbers)
    expect(packed.codes).toHaveLength(48 * Math.ceil(width / 2))
    const unpacked = unpackRows(packed)
    expect(unpacked.values).toEqual(values)
    unpacked.scales.forEach((scale, row) => {
      expect(scale).toBeCloseTo(scales[row], 6)
    })
  })

  it('of bell-shaped numbers have the error of sixteen good levels, and less than that of evenly spaced ones', () => {
    const [rows, width] = [500, 64]
    const matrix = normal(rows, width)
    const packed = squareError(matrix, rowsOf(unpackRows(packRows(quantiseRows(matrix, width)))))
    const even = matrix.slice()
    for (let row = 0; row < rows; row++) {
      const own = even.subarray(row * width, (row + 1) * width)
      const step = Math.max(...own.map(Math.abs)) / 7
      own.forEach((x, j) => {
        own[j] = Math.round(x / step) * step
      })
    }
    // Max 1960, "Quantizing for minimum distortion": .0095 for sixteen levels of a normal distribution.
    expect(packed).toBeGreaterThan(0.007)
    expect(packed).toBeLessThan(0.0095)
    expect(packed).toBeLessThan(0.85 * squareError(matrix, even))
  })

  it('of zeros are zeros, whatever is beside them', () => {
    const packed = packRows(quantiseRows(Float32Array.of(0, 0, 0, 1, 2, 3), 3))
    expect([...rowsOf(unpackRows(packed))].slice(0, 3)).toEqual([0, 0, 0])
    expect(packed.scales.every(Number.isFinite)).toBe(true)
    expect(
      unpackRows(packRows({ width: 4, values: new Int8Array(0), scales: new Float32Array(0) })).values,
    ).toHaveLength(0)
  })
})
