/** PINE, plain and fast: the same bytes, honest reports counted, and no other. */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { FIELD64 } from '../../../shared/federated/field.ts'
import { updateParameters } from '../../../shared/federated/model-update.ts'
import { fastVectors } from '../../../shared/federated/pine/fast-vectors.ts'
import { shapeOf } from '../../../shared/federated/pine/parameters.ts'
import {
  aggregate,
  createPine,
  type Pine,
  type PineReport,
  prepInit,
  prepNext,
  prepSharesToPrep,
  randomBytesOf,
  shard,
  shardEncoded,
  unshard,
} from '../../../shared/federated/pine/pine.ts'
import { type FieldVectors, plainVectors } from '../../../shared/federated/pine/vectors.ts'
import { type Bytes, Rejected } from '../../../shared/federated/wire.ts'
import { kernel } from '../../../trainer/kernel.ts'

type Fast = BigUint64Array<ArrayBuffer>
const SOAK = Boolean(process.env.VITRINE_SOAK)

let fast: FieldVectors<Fast>
const plain = plainVectors(FIELD64)
beforeAll(async () => {
  fast = fastVectors(await WebAssembly.compile(await kernel('field64', { importMemory: true })))
})

const parametersOf = (dimension: number) => updateParameters({ dimension, clipNorm: 1, fractionBits: 16 })

function random(length: number): Bytes {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

/** Of a norm that is about a half of the bound. */
const gradientOf = (dimension: number, normBound: number) =>
  Float64Array.from({ length: dimension }, () =>
    Math.trunc(((Math.random() - 0.5) * 1.7 * normBound) / Math.sqrt(dimension)),
  )

const nonce = new Uint8Array(16).fill(7)
const verifyKey = new Uint8Array(32).fill(9)

/** The output shares. @throws Rejected */
async function verify<V>(pine: Pine<V>, { publicShare, inputShares }: PineReport): Promise<V[]> {
  const made = await Promise.all(
    inputShares.map((share, id) => prepInit(pine, verifyKey, id, nonce, publicShare, share)),
  )
  const message = await prepSharesToPrep(
    pine,
    made.map(({ prepShare }) => prepShare),
  )
  return made.map(({ state }) => prepNext(state, message))
}

const isRejected = async (pine: Pine<Fast>, report: PineReport) => {
  try {
    await verify(pine, report)
    return false
  } catch (error) {
    if (!(error instanceof Rejected)) throw error
    return true
  }
}

describe('parameters of an update', () => {
  it.each([2 ** -16, 1 / 64, 0.3125, 1, 8, 1024])('have the shortest proof there is for a norm of %d', (clipNorm) => {
    const parameters = updateParameters({ dimension: 777, clipNorm, fractionBits: 16 })
    const found = shapeOf(parameters)
    for (let chunk = 1; chunk <= 200; chunk++) {
      const other = shapeOf({ ...parameters, chunkLength: chunk, chunkLengthNorm: chunk })
      expect(found.rest.proof).toBeLessThanOrEqual(other.rest.proof)
      expect(found.norm.proof).toBeLessThanOrEqual(other.norm.proof)
    }
  })

  // Written down, as others would be another wire format.
  it.each([
    [4096, 66],
    [16_384, 130],
    [50_000, 394],
  ])('of d = %i have chunks of 38 bits and %i squares', (dimension, chunkLengthNorm) => {
    expect(parametersOf(dimension)).toMatchObject({ chunkLength: 38, chunkLengthNorm })
  })
})

describe('fast vectors', () => {
  it.each([1, 2, 3, 20, 255, 256, 257, 1000])('give the bytes of the plain ones at %i elements', async (dimension) => {
    const made = [
      createPine(parametersOf(dimension), plain),
      createPine(parametersOf(dimension), fast),
    ] as Pine<unknown>[]
    const gradient = gradientOf(dimension, 65_536)
    const bytes = random(randomBytesOf(made[0]))
    const [one, other] = await Promise.all(
      made.map(async (pine) => {
        const report = await shard(pine, gradient, nonce, bytes)
        const preps = await Promise.all(
          report.inputShares.map((share, id) => prepInit(pine, verifyKey, id, nonce, report.publicShare, share)),
        )
        const prepShares = preps.map(({ prepShare }) => prepShare)
        const message = await prepSharesToPrep(pine, prepShares)
        const aggregates = preps.map(({ state }) => aggregate(pine, [prepNext(state, message)]))
        return { report, prepShares, message, sum: unshard(pine, aggregates) }
      }),
    )
    expect(other).toEqual(one)
    expect(one.sum).toEqual(Array.from(gradient, BigInt))
  })

  it('compute as the plain ones do, at the edges of the field too', () => {
    const p = FIELD64.modulus
    const edge = fc.constantFrom(
      0n,
      1n,
      2n,
      (1n << 32n) - 1n,
      1n << 32n,
      (1n << 63n) - 1n,
      p - (1n << 32n),
      p - 2n,
      p - 1n,
    )
    const element = fc.oneof(edge, fc.bigInt({ min: 0n, max: p - 1n }))
    const pair = fc.integer({ min: 1, max: 70 }).chain((length) => {
      const vector = fc.array(element, { minLength: length, maxLength: length })
      return fc.tuple(vector, vector, element, fc.integer({ min: 1, max: 9 }))
    })
    fc.assert(
      fc.property(pair, ([a, b, c, chunkLength]) => {
        const both = <T>(of: (vectors: FieldVectors<never>, a: never, b: never) => T) =>
          [plain, fast].map((vectors) =>
            of(vectors as FieldVectors<never>, vectors.of(a) as never, vectors.of(b) as never),
          )
        const same = (of: (vectors: FieldVectors<never>, a: never, b: never) => never) => {
          const [one, other] = both((vectors, x, y) => vectors.elements(of(vectors, x, y)))
          expect(other).toEqual(one)
        }
        same((vectors, x, y) => vectors.add(x, y))
        same((vectors, x, y) => vectors.subtract(x, y))
        same((vectors, x) => vectors.timesPowers(x, c))
        same((vectors, x) => vectors.addToEach(x, c))
        const seeds = (vectors: FieldVectors<never>) => vectors.of(new Array<bigint>(2 * chunkLength).fill(c))
        same((vectors, x, y) => vectors.prove({ left: x, right: y, chunkLength }, seeds(vectors)))
        same((vectors, x) => vectors.prove({ left: x, chunkLength }, vectors.slice(seeds(vectors), 0, chunkLength)))
        const queried = both((vectors, x, y) => {
          const calls = { left: x, right: y, chunkLength }
          const answer = vectors.query(calls, vectors.prove(calls, seeds(vectors)), c)
          return answer && [...vectors.elements(answer.outputs), ...vectors.elements(answer.wires), answer.value]
        })
        expect(queried[1]).toEqual(queried[0])
      }),
      { numRuns: 100, seed: 1 },
    )
  })

  it('pass over what is not reduced, as the plain ones do', async () => {
    const p = FIELD64.modulus
    const values = [1n, p, p - 1n, p + 5n, 2n, 3n, (1n << 64n) - 1n, 4n, 5n, 6n]
    const bytes = new Uint8Array(BigUint64Array.from(values).buffer)
    const stream = () => {
      let at = 0
      return async (length: number) => bytes.slice(at, (at += length))
    }
    expect(fast.elements(await fast.expand(stream(), 6))).toEqual([1n, p - 1n, 2n, 3n, 4n, 5n])
    expect(await plain.expand(stream(), 6)).toEqual([1n, p - 1n, 2n, 3n, 4n, 5n])
    expect(() => fast.decode(bytes)).toThrow('not reduced')
    expect(() => plain.decode(bytes)).toThrow('not reduced')
  })
})

describe('a report', () => {
  it('with one bit of any byte turned is rejected, d = 20', async () => {
    const pine = createPine(parametersOf(20), fast)
    const report = await shard(pine, gradientOf(20, 65_536), nonce, random(randomBytesOf(pine)))
    expect(await isRejected(pine, report)).toBe(false)
    const step = SOAK ? 1 : 97
    let turned = 0
    for (const part of [report.publicShare, ...report.inputShares]) {
      for (let at = 0; at < part.length; at += step) {
        const bit = 1 << (at % 8)
        part[at] ^= bit
        expect(await isRejected(pine, report), `byte ${at} of ${part.length}`).toBe(true)
        part[at] ^= bit
        turned++
      }
    }
    expect(turned).toBeGreaterThan(SOAK ? 20_000 : 200)
    expect(await isRejected(pine, report)).toBe(false)
  })

  it('that is cut short or goes on is rejected', async () => {
    const pine = createPine(parametersOf(20), fast)
    const { publicShare, inputShares } = await shard(pine, gradientOf(20, 65_536), nonce, random(randomBytesOf(pine)))
    const longer = (bytes: Bytes) => new Uint8Array([...bytes, 0])
    for (const change of [longer, (bytes: Bytes) => bytes.slice(0, -1), () => new Uint8Array(0)]) {
      expect(await isRejected(pine, { publicShare: change(publicShare), inputShares })).toBe(true)
      expect(await isRejected(pine, { publicShare, inputShares: [change(inputShares[0]), inputShares[1]] })).toBe(true)
      expect(await isRejected(pine, { publicShare, inputShares: [inputShares[0], change(inputShares[1])] })).toBe(true)
    }
  })

  it.each([
    [256, SOAK ? 10_000 : 100],
    [16_384, SOAK ? 200 : 5],
  ])('of d = %i is counted if its norm is in range, and not otherwise: %i of each', async (dimension, count) => {
    const pine = createPine(parametersOf(dimension), fast)
    const wrong = { honest: 0, cheats: 0 }
    for (let n = 0; n < count; n++) {
      const gradient = gradientOf(dimension, 65_536)
      if (await isRejected(pine, await shard(pine, gradient, nonce, random(randomBytesOf(pine))))) wrong.honest++
      const cheat = CHEATS[n % CHEATS.length](pine, dimension)
      // A client whose wraparound tests fail may try once more; it gives up after a few.
      const report = await tryToShard(pine, cheat)
      if (report && !(await isRejected(pine, report))) wrong.cheats++
    }
    expect(wrong).toEqual({ honest: 0, cheats: 0 })
  })

  it('of d = 16,384 with twenty bits turned anywhere is rejected', async () => {
    const pine = createPine(parametersOf(16_384), fast)
    for (let n = 0; n < (SOAK ? 200 : 3); n++) {
      const { publicShare, inputShares } = await shard(
        pine,
        gradientOf(16_384, 65_536),
        nonce,
        random(randomBytesOf(pine)),
      )
      const [leader, helper] = inputShares.map((share) => share.slice())
      const parts = [publicShare, leader, leader, leader, helper]
      for (let turn = 0; turn < 20; turn++) {
        const part = parts[Math.floor(Math.random() * parts.length)]
        part[Math.floor(Math.random() * part.length)] ^= 1 << Math.floor(Math.random() * 8)
      }
      expect(await isRejected(pine, { publicShare, inputShares: [leader, helper] })).toBe(true)
    }
  })

  it.each([1_000, 4_096, 10_000, 16_384, 50_000])(
    'of d = %i has at most 8.2 bytes an element and 32 kB',
    async (dimension) => {
      const pine = createPine(parametersOf(dimension), fast)
      const { publicShare, inputShares } = await shard(
        pine,
        new Float64Array(dimension),
        nonce,
        random(randomBytesOf(pine)),
      )
      const bytes = inputShares.reduce((sum, { length }) => sum + length, publicShare.length)
      expect(bytes).toBeLessThan(8.2 * dimension + 32_000)
    },
  )

  it('is not made of a norm that is more than the bound, nor of what is no number', async () => {
    const pine = createPine(parametersOf(3), fast)
    const bytes = random(randomBytesOf(pine))
    for (const bad of [
      [65_536, 1, 0],
      [Number.NaN, 0, 0],
      [Number.POSITIVE_INFINITY, 0, 0],
      [1e300, 0, 0],
    ]) {
      await expect(shard(pine, bad, nonce, bytes)).rejects.toThrow('a norm of more than 65536')
    }
    await expect(shard(pine, [1, 2], nonce, bytes)).rejects.toThrow('2 elements, not 3')
    await shard(pine, [65_536, 0, 0], nonce, bytes)
  })
})

type Cheat = (pine: Pine<Fast>, dimension: number) => Fast
const BOUND = 65_536
/** The bits of a squared norm that is claimed. */
const claim = (pine: Pine<Fast>, gradient: readonly bigint[], squaredNorm: bigint): Fast => {
  const { squaredNormBits } = pine.shape
  const bits = (value: bigint) =>
    Array.from({ length: squaredNormBits }, (_, n) => (BigInt.asUintN(64, value) >> BigInt(n)) & 1n)
  return fast.of([...gradient, ...bits(squaredNorm), ...bits(BigInt(BOUND) ** 2n - squaredNorm)])
}
const ofNorm = (dimension: number, norm: number): bigint[] => {
  const each = Math.round(norm / Math.sqrt(dimension))
  return Array.from({ length: dimension }, (_, n) => (n % 2 ? BigInt(each) : FIELD64.modulus - BigInt(each)))
}
const CHEATS: Cheat[] = [
  // 1.01 · B, with the bits of the largest norm that there may be.
  (pine, d) => claim(pine, ofNorm(d, 1.01 * BOUND), BigInt(BOUND) ** 2n),
  // 1.01 · B, with its own bits.
  (pine, d) => {
    const gradient = ofNorm(d, 1.01 * BOUND)
    const each = BigInt(Math.round((1.01 * BOUND) / Math.sqrt(d)))
    return claim(pine, gradient, each * each * BigInt(d))
  },
  // One element of p / 2, whose square wraps around.
  (pine, d) => {
    const half = FIELD64.modulus / 2n
    const gradient = [half, ...new Array<bigint>(d - 1).fill(0n)]
    return claim(pine, gradient, (half * half) % FIELD64.modulus)
  },
  // One element of B², and a claim of 0.
  (pine, d) => claim(pine, [BigInt(BOUND) ** 2n, ...new Array<bigint>(d - 1).fill(0n)], 0n),
  // Four squares whose sum is p: a squared norm of 0.
  (pine, d) => {
    const squares = FOUR_SQUARES
    return claim(pine, [...squares, ...new Array<bigint>(d - squares.length).fill(0n)], 0n)
  },
  // An element that is not of the measurement's kind, hidden in the bits.
  (pine, d) => {
    const honest = claim(pine, ofNorm(d, BOUND / 2), 0n)
    honest[d] = FIELD64.modulus - 1n
    return honest
  },
]

/** Lagrange's: a² + b² + c² + d² = p. p is 1 more than a multiple of 4, and 2³² squared less 2³², plus 1. */
const FOUR_SQUARES = fourSquares(FIELD64.modulus)

function fourSquares(total: bigint): bigint[] {
  const root = (x: bigint) => {
    let r = BigInt(Math.floor(Math.sqrt(Number(x))))
    while (r * r > x) r--
    while ((r + 1n) * (r + 1n) <= x) r++
    return r
  }
  for (let a = root(total); ; a--) {
    for (let b = root(total - a * a); b * b * 4n > total - a * a; b--) {
      const rest = total - a * a - b * b
      for (let c = root(rest); c * c * 2n >= rest; c--) {
        const d = root(rest - c * c)
        if (a * a + b * b + c * c + d * d === total) return [a, b, c, d]
      }
    }
  }
}

async function tryToShard(pine: Pine<Fast>, encoded: Fast): Promise<PineReport | undefined> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      return await shardEncoded(pine, encoded, nonce, random(randomBytesOf(pine)))
    } catch (error) {
      if (!/too few wraparound tests/.test((error as Error).message)) throw error
    }
  }
  return undefined
}
