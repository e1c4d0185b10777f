/** Items whose vectors point the same way, nearest first. */

export interface Neighbour {
  item: number
  /** −1 … 1 */
  cosine: number
}

/**
 * @param vectors (items, width) int8
 * @param norms (items) of `normsOf`
 */
export function nearest(
  vectors: Int8Array,
  norms: Float32Array,
  width: number,
  item: number,
  count: number,
): Neighbour[] {
  const best: Neighbour[] = []
  for (let other = 0; other < norms.length; other++) {
    if (other === item) continue
    let dot = 0
    for (let j = 0; j < width; j++) dot += vectors[item * width + j] * vectors[other * width + j]
    const scale = norms[item] * norms[other]
    const cosine = scale > 0 ? dot / scale : 0
    if (best.length === count && cosine <= best[count - 1].cosine) continue
    let at = best.length
    while (at > 0 && cosine > best[at - 1].cosine) at--
    best.splice(at, 0, { item: other, cosine })
    if (best.length > count) best.pop()
  }
  return best
}

export function normsOf(vectors: Int8Array, width: number): Float32Array {
  return Float32Array.from({ length: vectors.length / width }, (_, item) => {
    let square = 0
    for (let j = 0; j < width; j++) square += vectors[item * width + j] ** 2
    return Math.sqrt(square)
  })
}
