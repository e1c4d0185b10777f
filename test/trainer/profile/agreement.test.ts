import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { adjustedMutualInformation } from '../../../trainer/profile/agreement.ts'

const partition = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 })

function information(a: readonly number[], b: readonly number[]): number {
  const share = (holds: (n: number) => boolean) => a.filter((_, n) => holds(n)).length / a.length
  let sum = 0
  for (const part of new Set(a)) {
    for (const other of new Set(b)) {
      const both = share((n) => a[n] === part && b[n] === other)
      if (both > 0) sum += both * Math.log(both / (share((n) => a[n] === part) * share((n) => b[n] === other)))
    }
  }
  return sum
}

function permutations<T>(values: readonly T[]): T[][] {
  if (values.length < 2) return [[...values]]
  return values.flatMap((first, n) =>
    permutations([...values.slice(0, n), ...values.slice(n + 1)]).map((rest) => [first, ...rest]),
  )
}

it('is the definition: mutual information less its mean over all ways to deal the things out', () => {
  fc.assert(
    fc.property(partition, partition, (a, b) => {
      const dealt = permutations(b).map((order) => information(a, order))
      const chance = dealt.reduce((sum, value) => sum + value, 0) / dealt.length
      const most = (information(a, a) + information(b, b)) / 2
      fc.pre(most - chance > 1e-9)
      expect(adjustedMutualInformation(a, b)).toBeCloseTo((information(a, b) - chance) / (most - chance), 8)
    }),
    { numRuns: 40 },
  )
})

it('asks for no names: the same partition called otherwise is 1, one dealt at random is near 0', () => {
  const random = seeded('parts')
  const a = Array.from({ length: 3000 }, () => random.int(7))
  expect(
    adjustedMutualInformation(
      a,
      a.map((part) => 40 - 3 * part),
    ),
  ).toBeCloseTo(1, 9)
  expect(Math.abs(adjustedMutualInformation(a, random.shuffle([...a])))).toBeLessThan(0.01)
  expect(adjustedMutualInformation(a, new Array(3000).fill(0))).toBeCloseTo(0, 9)
})
