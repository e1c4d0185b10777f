/** The one shape of the VDAFs: shares add up in any order and grouping, noise adds to them, and bytes that are no share are rejected. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FIELD64 } from '../../../shared/federated/field.ts'
import { plainVectors } from '../../../shared/federated/pine/vectors.ts'
import { type Vdaf, vdafOf } from '../../../shared/federated/vdaf.ts'
import { type Bytes, Rejected } from '../../../shared/federated/wire.ts'
import type { TaskEntry } from '../../../shared/tlog/entry.ts'
import { field64 } from '../../../trainer/field64.ts'
import { TASK_ENTRY } from '../tlog/sample-task.ts'

const KINDS: { kind: TaskEntry['vdaf']; measurements: number[][]; sum: bigint[]; squaredSensitivity: bigint }[] = [
  {
    kind: { kind: 'pine', dimension: 3, clipNorm: 0.25, fractionBits: 4 },
    measurements: [
      [3, 0, -2],
      [-4, 0, 0],
      [1, -1, 1],
    ],
    sum: [0n, -1n, -1n],
    squaredSensitivity: 16n,
  },
  { kind: { kind: 'count' }, measurements: [[1], [0], [1]], sum: [2n], squaredSensitivity: 1n },
  { kind: { kind: 'sum', max: 13 }, measurements: [[13], [0], [5]], sum: [18n], squaredSensitivity: 169n },
  {
    kind: { kind: 'histogram', length: 4 },
    measurements: [[0], [3], [3]],
    sum: [1n, 0n, 0n, 2n],
    squaredSensitivity: 1n,
  },
  {
    kind: { kind: 'multihot', length: 4, maxWeight: 3 },
    measurements: [
      [1, 0, 1, 1],
      [0, 0, 0, 0],
      [1, 0, 0, 0],
    ],
    sum: [2n, 0n, 1n, 1n],
    squaredSensitivity: 3n,
  },
]
const fast = await field64()

/** Both aggregators' shares of each report. */
async function outShares(vdaf: Vdaf, measurements: readonly number[][]): Promise<[Bytes, Bytes][]> {
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
  return Promise.all(
    measurements.map(async (measurement): Promise<[Bytes, Bytes]> => {
      const [nonce, verifyKey] = [random(16), random(32)]
      const { publicShare, inputShares } = await vdaf.shard(measurement, nonce, random(vdaf.randomBytes))
      const [leader, helper] = await Promise.all(
        ([0, 1] as const).map((n) => vdaf.prepare(verifyKey, n, nonce, publicShare, inputShares[n])),
      )
      const combined = await vdaf.combine([leader.share, helper.share])
      return [leader.finish(combined), helper.finish(combined)]
    }),
  )
}

describe.each(KINDS)('of $kind', ({ kind, measurements, sum, squaredSensitivity }) => {
  const task = { ...TASK_ENTRY, vdaf: kind }
  const vdaf = vdafOf(task, fast)

  it('shares add up to the sum, in any order and grouping', async () => {
    const shares = await outShares(vdaf, measurements)
    const [leader, helper] = [0, 1].map((n) => vdaf.aggregate(shares.map((pair) => pair[n])))
    expect(vdaf.unshard([leader, helper])).toEqual(sum)
    expect(vdaf.unshard([helper, leader])).toEqual(sum)
    for (const [a, b, c] of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ]) {
      const grouped = vdaf.aggregate([vdaf.aggregate([shares[a][0]]), vdaf.aggregate([shares[b][0], shares[c][0]])])
      expect(grouped).toEqual(leader)
    }
    expect(vdaf.unshard([vdaf.aggregate([]), vdaf.aggregate([])])).toEqual(sum.map(() => 0n))
    expect(vdaf.squaredSensitivity).toBe(squaredSensitivity)
  })

  it('reports are of one length, which is known before', async () => {
    for (const measurement of measurements) {
      const made = await vdaf.shard(measurement, new Uint8Array(16), new Uint8Array(vdaf.randomBytes).fill(5))
      expect(vdaf.shareBytes).toEqual({
        publicShare: made.publicShare.length,
        inputShares: made.inputShares.map(({ length }) => length),
      })
    }
  })

  it('noise is added to what is shared, below zero too', async () => {
    const [[leader, helper]] = await outShares(vdaf, [measurements[0]])
    const whole = fc.array(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }), {
      minLength: vdaf.length,
      maxLength: vdaf.length,
    })
    const without = vdaf.unshard([leader, helper])
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        const noised = vdaf.unshard([vdaf.addNoise(leader, a), vdaf.addNoise(helper, b)])
        expect(noised).toEqual(without.map((x, i) => x + a[i] + b[i]))
      }),
    )
  })

  it('bytes of another length, or above the field, are rejected', async () => {
    const [[share]] = await outShares(vdaf, [measurements[0]])
    const noise = new Array<bigint>(vdaf.length).fill(0n)
    for (const bytes of [share.slice(1), new Uint8Array([...share, 0]), new Uint8Array(0), share.map(() => 0xff)]) {
      expect(() => vdaf.aggregate([bytes])).toThrow(Rejected)
      expect(() => vdaf.aggregate([share, bytes])).toThrow(Rejected)
      expect(() => vdaf.addNoise(bytes, noise)).toThrow(Rejected)
      expect(() => vdaf.unshard([share, bytes])).toThrow(Rejected)
    }
  })

  it('what no report has as its parts is rejected, whatever its length', async () => {
    const [key, nonce] = [new Uint8Array(32), new Uint8Array(16)]
    const { publicShare, inputShares } = await vdaf.shard(
      measurements[0],
      nonce,
      new Uint8Array(vdaf.randomBytes).fill(3),
    )
    const lengths = (bytes: Bytes) => [bytes.slice(1), new Uint8Array([...bytes, 0]), new Uint8Array(1000)]
    for (const n of [0, 1] as const) {
      for (const other of lengths(inputShares[n])) {
        await expect(vdaf.prepare(key, n, nonce, publicShare, other)).rejects.toThrow(Rejected)
      }
      for (const other of lengths(publicShare).filter(({ length }) => length !== publicShare.length)) {
        await expect(vdaf.prepare(key, n, nonce, other, inputShares[n])).rejects.toThrow(Rejected)
      }
    }
    const [a, b] = await Promise.all(
      ([0, 1] as const).map((n) => vdaf.prepare(key, n, nonce, publicShare, inputShares[n])),
    )
    for (const other of lengths(b.share)) await expect(vdaf.combine([a.share, other])).rejects.toThrow(Rejected)
    for (const other of [new Uint8Array(7), new Uint8Array(64)]) expect(() => a.finish(other)).toThrow(Rejected)
  })
})

it('an update has the same shares with the fast vectors and with the plain ones', async () => {
  const task = { ...TASK_ENTRY, vdaf: KINDS[0].kind }
  const [one, other] = [vdafOf(task, fast), vdafOf(task, plainVectors(FIELD64))]
  const random = new Uint8Array(one.randomBytes).map((_, n) => n)
  const nonce = new Uint8Array(16)
  expect(await one.shard([1, 2, 3], nonce, random)).toEqual(await other.shard([1, 2, 3], nonce, random))
})
