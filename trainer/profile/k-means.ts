/**
 * k-means: points to the nearest of k centroids, centroids to the mean of their points, until few points change (Lloyd 1982).
 * The first centroids are drawn far from each other (k-means++, Arthur & Vassilvitskii 2007). It ends in the nearest of many
 * valleys, so it begins some times over and the lowest counts.
 */
import type { Random } from '../../shared/data/random.ts'

export interface Clusters {
  /** (k) of d each */
  centroids: Float64Array[]
  /** (N) */
  clusterOf: Int32Array
  /** Sum of squared distances to each point's centroid. */
  inertia: number
}

const STARTS = 4
const MAX_ROUNDS = 60
/** Share of the points that still change when a round is the last. */
const SETTLED = 1e-3

/** @param points (N) of d each; fewer different ones than k leave clusters empty */
export function kMeans(points: readonly ArrayLike<number>[], k: number, random: Random): Clusters {
  if (k < 1 || points.length < k) throw new Error(`k-means: ${k} clusters of ${points.length} points`)
  let best: Clusters | undefined
  for (let start = 0; start < STARTS; start++) {
    const found = settle(points, spreadCentroids(points, k, random))
    if (!best || found.inertia < best.inertia) best = found
  }
  return best as Clusters
}

/** Each drawn with a chance in proportion to its squared distance from those before it. */
function spreadCentroids(points: readonly ArrayLike<number>[], k: number, random: Random): Float64Array[] {
  const centroids = [Float64Array.from(random.pick(points))]
  const distances = Float64Array.from(points, (point) => squaredDistance(point, centroids[0]))
  while (centroids.length < k) {
    const drawn = Float64Array.from(points[random.weighted(distances)])
    centroids.push(drawn)
    points.forEach((point, n) => {
      distances[n] = Math.min(distances[n], squaredDistance(point, drawn))
    })
  }
  return centroids
}

function settle(points: readonly ArrayLike<number>[], first: Float64Array[]): Clusters {
  let centroids = first
  let assigned = assign(points, centroids)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    centroids = meansOf(points, assigned.clusterOf, centroids)
    const next = assign(points, centroids)
    const changed = next.clusterOf.reduce((sum, cluster, n) => sum + (cluster === assigned.clusterOf[n] ? 0 : 1), 0)
    assigned = next
    if (changed <= SETTLED * points.length) break
  }
  return { centroids, ...assigned }
}

function assign(points: readonly ArrayLike<number>[], centroids: readonly Float64Array[]) {
  let inertia = 0
  const clusterOf = Int32Array.from(points, (point) => {
    let [nearest, distance] = [0, Number.POSITIVE_INFINITY]
    centroids.forEach((centroid, cluster) => {
      const square = squaredDistance(point, centroid)
      if (square < distance) [nearest, distance] = [cluster, square]
    })
    inertia += distance
    return nearest
  })
  return { clusterOf, inertia }
}

/** Of a cluster without points, where it was. */
function meansOf(points: readonly ArrayLike<number>[], clusterOf: Int32Array, before: readonly Float64Array[]) {
  const sums = before.map((centroid) => new Float64Array(centroid.length))
  const sizes = new Float64Array(before.length)
  points.forEach((point, n) => {
    const sum = sums[clusterOf[n]]
    sizes[clusterOf[n]]++
    for (let j = 0; j < sum.length; j++) sum[j] += point[j]
  })
  return sums.map((sum, cluster) => (sizes[cluster] > 0 ? sum.map((value) => value / sizes[cluster]) : before[cluster]))
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let j = 0; j < a.length; j++) sum += (a[j] - b[j]) ** 2
  return sum
}
