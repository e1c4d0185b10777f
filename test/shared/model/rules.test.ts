import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  countRules,
  heaviestRules,
  type Rules,
  rulesAfter,
  scoreRules,
  topRules,
  withinBasket,
} from '../../../shared/model/rules.ts'

const ITEMS = 9
const sequences = fc.array(fc.array(fc.nat(ITEMS - 1), { maxLength: 14 }), { maxLength: 12 })

/** FACTS, "Sequential rules", as written: dense, two loops, no tricks. */
function naiveWeights(training: number[][]): number[][] {
  const M = Array.from({ length: ITEMS }, () => new Array<number>(ITEMS).fill(0))
  const popularity = new Array<number>(ITEMS).fill(0)
  for (const sequence of training) {
    for (let i = 0; i < sequence.length; i++) {
      popularity[sequence[i]]++
      for (let j = 0; j < sequence.length; j++) {
        if (j > i && j - i <= 5 && sequence[i] !== sequence[j]) M[sequence[i]][sequence[j]] += 1 / (j - i)
      }
    }
  }
  return M.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0)
    return row.map((count, b) => (count > 0 ? count / Math.sqrt(sum) / Math.sqrt(popularity[b]) : 0))
  })
}

const dense = ({ start, target, weight }: Rules) =>
  Array.from({ length: ITEMS }, (_, a) => {
    const row = new Array<number>(ITEMS).fill(0)
    for (let at = start[a]; at < start[a + 1]; at++) row[target[at]] += weight[at]
    return row
  })

describe('sequential rules', () => {
  it('weigh what the formula says', () => {
    fc.assert(
      fc.property(sequences, (training) => {
        const expected = naiveWeights(training)
        dense(countRules(training, ITEMS)).forEach((row, a) => {
          row.forEach((weight, b) => {
            expect(Math.abs(weight - expected[a][b])).toBeLessThan(1e-6)
          })
        })
      }),
    )
  })

  it('score a history as the formula says, the newest item most', () => {
    fc.assert(
      fc.property(
        sequences,
        fc.array(fc.integer({ min: -2, max: ITEMS - 1 }), { maxLength: 90 }),
        (training, history) => {
          const weights = naiveWeights(training)
          const items = history.filter((item) => item >= 0).reverse()
          const found = new Float32Array(ITEMS)
          scoreRules(countRules(training, ITEMS), history, found)
          found.forEach((score, b) => {
            const expected = items.reduce((sum, a, age) => sum + 0.8 ** age * weights[a][b], 0)
            expect(Math.abs(score - expected)).toBeLessThan(1e-5)
          })
        },
      ),
    )
  })

  it('of one sequence, by hand', () => {
    // 0 1 2 1: M[0] = {1: 1 + 1/3, 2: 1/2}, sum 11/6; popularity 1, 2, 1.   w(0→1) = (4/3) / √(11/6) / √2 = .69631
    const weights = dense(countRules([[0, 1, 2, 1]], ITEMS))
    expect(weights[0][1]).toBeCloseTo(0.69631, 5)
    expect(weights[0][2]).toBeCloseTo(0.5 / Math.sqrt(11 / 6), 5)
    expect(weights[2][1]).toBeCloseTo(1 / Math.sqrt(2), 5)
    expect(weights[1][1]).toBe(0)
  })

  it('lie heaviest first in a row, each target once, and the k heaviest are what is kept', () => {
    fc.assert(
      fc.property(sequences, fc.nat(4), (training, k) => {
        const rules = countRules(training, ITEMS)
        const kept = topRules(rules, k)
        for (let a = 0; a < ITEMS; a++) {
          const row = [...rules.weight.subarray(rules.start[a], rules.start[a + 1])]
          expect(row).toEqual([...row].sort((x, y) => y - x))
          const targets = rules.target.subarray(rules.start[a], rules.start[a + 1])
          expect(new Set(targets).size).toBe(targets.length)
          expect([...kept.weight.subarray(kept.start[a], kept.start[a + 1])]).toEqual(row.slice(0, k))
          expect([...kept.target.subarray(kept.start[a], kept.start[a + 1])]).toEqual([...targets.slice(0, k)])
        }
      }),
    )
  })

  it('are kept, the heaviest of all first, as many as there is room for', () => {
    fc.assert(
      fc.property(sequences, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4 }), (training, n, most) => {
        const rules = countRules(training, ITEMS)
        const kept = heaviestRules(rules, n, most)
        const rows = Array.from({ length: ITEMS }, (_, a) => [...rulesAfter(rules, a)].slice(0, most))
        const weights = rows.flat().map(([, weight]) => weight)
        expect(kept.weight.length).toBe(Math.min(n, weights.length))
        expect([...kept.weight].sort()).toEqual(
          weights
            .sort((a, b) => b - a)
            .slice(0, n)
            .sort(),
        )
        rows.forEach((row, a) => {
          const found = [...rulesAfter(kept, a)]
          expect(found).toEqual(row.slice(0, found.length))
        })
      }),
    )
  })

  it('of baskets go both ways, whatever the order in the basket', () => {
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(fc.nat(ITEMS - 1), { minLength: 2 }), { maxLength: 8 }), (baskets) => {
        const rules = dense(countRules(baskets, ITEMS, withinBasket))
        const turned = dense(
          countRules(
            baskets.map((basket) => [...basket].reverse()),
            ITEMS,
            withinBasket,
          ),
        )
        for (let a = 0; a < ITEMS; a++) {
          for (let b = 0; b < ITEMS; b++) {
            expect(rules[a][b]).toBeCloseTo(turned[a][b], 5)
            expect(rules[a][b] > 0).toBe(rules[b][a] > 0)
          }
        }
      }),
    )
  })
})
