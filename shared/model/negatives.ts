/** Items that stand for the whole catalogue in a training step. */
import type { Random } from '../data/random.ts'

export interface NegativeSampler {
  /** (V) */
  logExpected: Float32Array
  /** (S) distinct items */
  draw(random: Random): Int32Array
}

/** Draws distinct items in proportion to frequency^0.75 (word2vec, Mikolov et al. 2013). */
export function negativeSampler(frequency: ArrayLike<number>, count: number): NegativeSampler {
  // What nobody wanted is no wrong answer either: it may be new, and is told from its content alone.
  const share = Float64Array.from(frequency, (n) => (n > 0 ? (n + 1) ** 0.75 : 0))
  const known = Int32Array.from(share.keys()).filter((item) => share[item] > 0)
  // Nor is it worth drawing most of a catalogue one by one: the last few would take for ever.
  if (known.length <= 2 * count) return { logExpected: new Float32Array(share.length), draw: () => known }
  const upTo = new Float64Array(share.length)
  share.reduce((sum, value, item) => (upTo[item] = sum + value), 0)
  const total = upTo[upTo.length - 1]
  const logExpected = Float32Array.from(share, (value) => Math.log(Math.min(1, (count * value) / total)))
  return {
    logExpected,
    draw(random) {
      const drawn = new Set<number>()
      while (drawn.size < count) drawn.add(firstAbove(upTo, random.next() * total))
      return Int32Array.from(drawn)
    },
  }
}

/** Place of the first of an ascending list that is greater. */
function firstAbove(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] > value) high = middle
    else low = middle + 1
  }
  return low
}
