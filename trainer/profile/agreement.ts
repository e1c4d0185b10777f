/**
 * How far two partitions of the same things agree, whatever their parts are called: adjusted mutual information (Vinh, Epps &
 * Bailey 2010), 1 where they are the same, 0 as by chance.
 *
 *     (I(a, b) − E) / (½ (H(a) + H(b)) − E)        E: what I is on average when the things are dealt out at random
 */
export function adjustedMutualInformation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const count = a.length
  const [sizesA, sizesB] = [sizesOf(a), sizesOf(b)]
  const both = sizesOf(Array.from(a, (part, n) => `${part} ${b[n]}`))
  const pairs = [...both].map(([key, shared]) => {
    const [partA, partB] = key.split(' ').map(Number)
    return { shared, inA: sizesA.get(partA) as number, inB: sizesB.get(partB) as number }
  })
  const information = pairs.reduce((sum, { shared, inA, inB }) => sum + told(shared, inA, inB, count), 0)
  const chance = expectedInformation([...sizesA.values()], [...sizesB.values()], count)
  const most = (entropyOf([...sizesA.values()], count) + entropyOf([...sizesB.values()], count)) / 2
  return most - chance > 1e-12 ? (information - chance) / (most - chance) : 1
}

function sizesOf<T>(parts: ArrayLike<T>): Map<T, number> {
  const sizes = new Map<T, number>()
  for (let n = 0; n < parts.length; n++) sizes.set(parts[n], (sizes.get(parts[n]) ?? 0) + 1)
  return sizes
}

/** Nats that `shared` things in both a part of `inA` and one of `inB` bring. */
const told = (shared: number, inA: number, inB: number, count: number) =>
  (shared / count) * Math.log((count * shared) / (inA * inB))

const entropyOf = (sizes: readonly number[], count: number) =>
  sizes.reduce((sum, size) => sum - (size / count) * Math.log(size / count), 0)

/** Sum over pairs of parts and over how many things they may share: hypergeometric. */
function expectedInformation(sizesA: readonly number[], sizesB: readonly number[], count: number): number {
  const ln = new Float64Array(count + 1)
  for (let n = 2; n <= count; n++) ln[n] = ln[n - 1] + Math.log(n)
  let sum = 0
  for (const inA of sizesA) {
    for (const inB of sizesB) {
      const fixed = ln[inA] + ln[inB] + ln[count - inA] + ln[count - inB] - ln[count]
      for (let shared = Math.max(1, inA + inB - count); shared <= Math.min(inA, inB); shared++) {
        const rest = ln[shared] + ln[inA - shared] + ln[inB - shared] + ln[count - inA - inB + shared]
        sum += told(shared, inA, inB, count) * Math.exp(fixed - rest)
      }
    }
  }
  return sum
}
