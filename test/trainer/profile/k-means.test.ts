import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { adjustedMutualInformation } from '../../../trainer/profile/agreement.ts'
import { kMeans } from '../../../trainer/profile/k-means.ts'

const square = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, j) => (value - b[j]) ** 2).reduce((sum, value) => sum + value, 0)

describe('k-means', () => {
  it('finds the heaps that the points were thrown on, a small one among large ones too', () => {
    const random = seeded('heaps')
    const heaps = [...new Array(200).fill(0), ...new Array(200).fill(1), ...new Array(12).fill(2)]
    const points = heaps.map((heap) => [
      10 * (heap === 1 ? 1 : 0) + random.normal(),
      (heap === 2 ? 9 : 0) + random.normal(),
    ])
    const { clusterOf, centroids } = kMeans(points, 3, seeded('start'))
    expect(adjustedMutualInformation(clusterOf, heaps)).toBeCloseTo(1, 9)
    for (const centre of [
      [0, 0],
      [10, 0],
      [0, 9],
    ]) {
      expect(Math.min(...centroids.map((centroid) => square(centroid, centre)))).toBeLessThan(0.7)
    }
  })

  it('puts each point to its nearest centroid, and adds up the distances', () => {
    const point = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 3, maxLength: 3 })
    const some = fc.array(point, { minLength: 5, maxLength: 40 })
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 5 }), fc.integer(), (points, k, seed) => {
        const { clusterOf, centroids, inertia } = kMeans(points, k, seeded(seed))
        const nearest = points.map((own) => Math.min(...centroids.map((centroid) => square(own, centroid))))
        points.forEach((own, n) => {
          expect(square(own, centroids[clusterOf[n]])).toBeCloseTo(nearest[n], 9)
        })
        expect(inertia).toBeCloseTo(
          nearest.reduce((sum, distance) => sum + distance, 0),
          6,
        )
      }),
    )
  })

  it('has nothing left over where each different point may have a cluster, and refuses more clusters than points', () => {
    expect(kMeans([[0.3], [0.3], [0.7], [2]], 3, seeded('a')).inertia).toBeCloseTo(0, 12)
    expect(kMeans([[0.3], [0.3]], 2, seeded('a')).inertia).toBe(0)
    expect(() => kMeans([[0.3]], 2, seeded('a'))).toThrow(/2 clusters of 1/)
  })

  it('is the same again with the same seed', () => {
    const random = seeded('points')
    const points = Array.from({ length: 60 }, () => [random.normal(), random.normal()])
    expect(kMeans(points, 4, seeded('s'))).toEqual(kMeans(points, 4, seeded('s')))
  })
})
