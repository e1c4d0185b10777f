/**
 * Seeded randomness: the same seed gives the same numbers on every platform, so a run can be repeated and a failure
 * replayed. sfc32 (Chris Doty-Humphrey's Small Fast Counter, PractRand), seeded by hashing a string.
 * Never for secrets: those come from crypto.getRandomValues.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, n). */
  int(n: number): number
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number
  pick<T>(values: readonly T[]): T
  /** An index drawn in proportion to its weight. Weights are not negative and not all 0. */
  weighted(weights: ArrayLike<number>): number
  shuffle<T extends unknown[] | Int32Array | Uint32Array>(values: T): T
}

/**
 * FNV-1a, 32 bits, over UTF-16 code units. Texts that differ in their last character have hashes close to each other:
 * where hashes are put in order or scaled to a range, mix them.
 */
export function hash32(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** One to one, and each bit of the input turns about half of the output's: the finaliser of MurmurHash3 (Appleby). */
export function mix32(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

export function seeded(seed: string | number): Random {
  const text = String(seed)
  let a = hash32(text)
  let b = hash32(`${text}b`)
  let c = hash32(`${text}c`)
  let counter = 1
  const next = () => {
    const t = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    return (t >>> 0) / 4294967296
  }
  for (let i = 0; i < 15; i++) next() // lets the seed reach every bit
  const int = (n: number) => Math.floor(next() * n)
  return {
    next,
    int,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: (values) => values[int(values.length)],
    weighted(weights) {
      let total = 0
      for (let i = 0; i < weights.length; i++) total += weights[i]
      let rest = next() * total
      for (let i = 0; i < weights.length; i++) {
        rest -= weights[i]
        if (rest < 0) return i
      }
      return weights.length - 1
    },
    shuffle(values) {
      for (let i = values.length - 1; i > 0; i--) {
        const j = int(i + 1)
        const kept = values[i]
        values[i] = values[j]
        values[j] = kept
      }
      return values
    },
  }
}

/** Gamma with scale 1: Marsaglia and Tsang (2000), with their boost for shapes below 1. */
export function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random.next()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}
