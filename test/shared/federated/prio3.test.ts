/** Prio3: what is in range is counted, and nothing else; the bytes are those that are published (`test/conformance`). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FIELD64 } from '../../../shared/federated/field.ts'
import {
  aggregate,
  type Prio3,
  prio3Count,
  prio3Histogram,
  prio3MultihotCountVec,
  prio3Sum,
  prio3SumVec,
  prio3SumVecWithMultiproof,
  randomBytesOf,
  type Sharded,
  shard,
  unshard,
  verifierSharesToMessage,
  verifyInit,
  verifyNext,
} from '../../../shared/federated/prio3/prio3.ts'
import { type Bytes, Rejected } from '../../../shared/federated/wire.ts'

/** A soak turns every bit. */
const STEP = process.env.VITRINE_SOAK ? 1 : 7
const CTX = new TextEncoder().encode('a task')
const nonce = new Uint8Array(16).fill(7)
const verifyKey = new Uint8Array(32).fill(9)
const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length))

/** The output shares. @throws Rejected */
async function verify(
  vdaf: Prio3<never, unknown>,
  { publicShare, inputShares }: Sharded,
  key = verifyKey,
): Promise<bigint[][]> {
  const made = await Promise.all(
    inputShares.map((share, id) => verifyInit(vdaf, key, CTX, id, nonce, publicShare, share)),
  )
  const shares = made.map(({ verifierShare }) => verifierShare)
  const message = await verifierSharesToMessage(vdaf, CTX, shares)
  return made.map(({ state }) => verifyNext(state, message))
}

async function isRejected(vdaf: Prio3<never, unknown>, report: Sharded, key?: Bytes): Promise<boolean> {
  try {
    await verify(vdaf, report, key)
    return false
  } catch (error) {
    if (!(error instanceof Rejected)) throw error
    return true
  }
}

const report = <M>(vdaf: Prio3<M, unknown>, measurement: M) =>
  shard(vdaf, CTX, measurement, nonce, random(randomBytesOf(vdaf)))

/** Shards, verifies and adds up. */
async function total<M, R>(vdaf: Prio3<M, R>, measurements: readonly M[]): Promise<R> {
  const outShares: bigint[][][] = []
  for (const measurement of measurements) outShares.push(await verify(vdaf, await report(vdaf, measurement)))
  const aggregates = Array.from({ length: vdaf.shares }, (_, id) =>
    aggregate(
      vdaf,
      outShares.map((shares) => shares[id]),
    ),
  )
  return unshard(vdaf, aggregates, measurements.length)
}

describe('Prio3', () => {
  it('adds up what each kind may say, whatever the sizes', async () => {
    const vector = fc.tuple(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 2, max: 3 }),
    )
    await fc.assert(
      fc.asyncProperty(vector, fc.bigInt({ min: 1n, max: 300n }), fc.nat(), async ([length, chunk, shares], max, n) => {
        const bits = Array.from({ length }, (_, i) => ((n >> i) & 1) === 1)
        const numbers = bits.map((_, i) => (BigInt(n) + BigInt(i)) % (max + 1n))
        const twice = (values: readonly bigint[]) => values.map((x) => 2n * x)
        expect(await total(prio3Count(shares), [1, 0, 1])).toBe(2n)
        expect(await total(prio3Sum(shares, max), [max, 0n, numbers[0]])).toBe(max + numbers[0])
        expect(await total(prio3SumVec(shares, length, max, chunk), [numbers, numbers])).toEqual(twice(numbers))
        const multiproof = prio3SumVecWithMultiproof(shares, FIELD64, 2, length, max, chunk)
        expect(await total(multiproof, [numbers, numbers])).toEqual(twice(numbers))
        const buckets = numbers.map((_, i) => (i === n % length ? 2n : 0n))
        expect(await total(prio3Histogram(shares, length, chunk), [n % length, n % length])).toEqual(buckets)
        const counts = bits.map((bit) => (bit ? 2n : 0n))
        expect(await total(prio3MultihotCountVec(shares, length, length, chunk), [bits, bits])).toEqual(counts)
      }),
      { numRuns: 12, seed: 1 },
    )
  })

  it('shards nothing that is out of range', async () => {
    await expect(report(prio3Count(2), 2)).rejects.toThrow('a measurement of 2')
    await expect(report(prio3Sum(2, 100n), 101n)).rejects.toThrow('101, not of 0 … 100')
    await expect(report(prio3Sum(2, 100n), -1n)).rejects.toThrow('-1, not of')
    await expect(report(prio3SumVec(2, 2, 3n, 1), [1n])).rejects.toThrow('1 entries, not 2')
    await expect(report(prio3Histogram(2, 4, 2), 4)).rejects.toThrow('no bucket 4 of 4')
    await expect(report(prio3Histogram(2, 4, 2), 0.5)).rejects.toThrow('no bucket 0.5')
    await expect(report(prio3MultihotCountVec(2, 3, 1, 2), [true, true, false])).rejects.toThrow('2, not of 0 … 1')
    expect(() => prio3Sum(2, 1n << 64n)).toThrow('too much for Field64')
  })

  it.each([
    ['Count', () => prio3Count(2), 1],
    ['Histogram', () => prio3Histogram(2, 5, 2), 3],
  ])('%s: with any one bit turned, or another length, a report is rejected', async (_, make, measurement) => {
    const vdaf = make() as Prio3<number, unknown>
    const made = await report(vdaf, measurement)
    expect(await isRejected(vdaf, made)).toBe(false)
    let turned = 0
    for (const bytes of [made.publicShare, ...made.inputShares]) {
      for (let bit = 0; bit < 8 * bytes.length; bit += STEP, turned++) {
        bytes[bit >> 3] ^= 1 << (bit & 7)
        expect(await isRejected(vdaf, made), `bit ${bit} of ${8 * bytes.length}`).toBe(true)
        bytes[bit >> 3] ^= 1 << (bit & 7)
      }
    }
    expect(turned * STEP).toBeGreaterThan(600)
    for (const change of [(b: Bytes) => new Uint8Array([...b, 0]), (b: Bytes) => b.slice(0, -1)]) {
      for (const id of [0, 1]) {
        const inputShares = made.inputShares.map((share, n) => (n === id ? change(share) : share))
        expect(await isRejected(vdaf, { ...made, inputShares })).toBe(true)
      }
      const publicShare = change(made.publicShare)
      if (publicShare.length !== made.publicShare.length) {
        expect(await isRejected(vdaf, { ...made, publicShare })).toBe(true)
      }
    }
  })

  it('rejects a report of another task, of another nonce, and of two of them mixed', async () => {
    const vdaf = prio3Histogram(2, 4, 2)
    const [one, other] = await Promise.all([report(vdaf, 1), report(vdaf, 2)])
    const elsewhere = await shard(vdaf, new TextEncoder().encode('other'), 1, nonce, random(randomBytesOf(vdaf)))
    const later = await shard(vdaf, CTX, 1, nonce.with(0, 1), random(randomBytesOf(vdaf)))
    for (const wrong of [
      elsewhere,
      later,
      { ...one, inputShares: [one.inputShares[0], other.inputShares[1]] },
      { ...one, publicShare: other.publicShare },
    ]) {
      expect(await isRejected(vdaf, wrong)).toBe(true)
    }
    expect(await isRejected(vdaf, one, new Uint8Array(32))).toBe(false)
  })
})
