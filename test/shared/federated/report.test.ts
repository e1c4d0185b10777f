/** A report from an update to its sealed shares and back, and the hash of a batch of them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchDigest, batchLeaf } from '../../../shared/federated/batch.ts'
import { generateHpkeKeys } from '../../../shared/federated/hpke.ts'
import { updateParameters } from '../../../shared/federated/model-update.ts'
import { fastVectors } from '../../../shared/federated/pine/fast-vectors.ts'
import { shareBytes } from '../../../shared/federated/pine/parameters.ts'
import { createPine, randomBytesOf, shard } from '../../../shared/federated/pine/pine.ts'
import {
  decodeReport,
  encodeReport,
  makeReportId,
  openShare,
  type Report,
  reportBytes,
  roundIdBytes,
  sealReport,
} from '../../../shared/federated/report.ts'
import { quantiseUpdate } from '../../../shared/federated/update.ts'
import { Rejected } from '../../../shared/federated/wire.ts'
import { base64Of } from '../../../shared/tlog/base64.ts'
import { leafHash, nodeHash } from '../../../shared/tlog/tree.ts'
import { kernel } from '../../../trainer/kernel.ts'
import { roundEntry } from '../tlog/sample-task.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const [leader, helper] = [await generateHpkeKeys(), await generateHpkeKeys()]
const round = roundEntry(1, { leaderKey: base64Of(leader.publicKey), helperKey: base64Of(helper.publicKey) })
const shares = { publicShare: utf8('public'), inputShares: [utf8('a long share of the leader'), utf8('a seed')] }
const NOW = 1_795_001_234

const made = async (secret = 'secret', of = round): Promise<Report> =>
  sealReport(of, await makeReportId(utf8(secret)), NOW, shares)

describe('a report', () => {
  it('gives each aggregator its share, and the hour', async () => {
    const bytes = encodeReport(await made())
    const report = decodeReport(bytes)
    expect(encodeReport(report)).toEqual(bytes)
    expect(report.round).toEqual(roundIdBytes(round))
    expect(report.time).toBe(NOW - (NOW % 3600))
    expect(await openShare(report, 'leader', leader.privateKey)).toEqual(shares.inputShares[0])
    expect(await openShare(report, 'helper', helper.privateKey)).toEqual(shares.inputShares[1])
  })

  it.each([
    [20, undefined],
    [333, undefined],
    // As `npm run bench -- pine` measures it.
    [16_384, 155_848],
  ])('of an update of %i numbers is as long as is said before', async (dimension, length) => {
    const parameters = updateParameters({ dimension, clipNorm: 1, fractionBits: 16 })
    const pine = createPine(
      parameters,
      fastVectors(await WebAssembly.compile(await kernel('field64', { importMemory: true }))),
    )
    const [id, random] = [new Uint8Array(16), new Uint8Array(randomBytesOf(pine)).map((_, n) => n)]
    const sharded = await shard(pine, new Float64Array(dimension), id, random)
    const said = shareBytes(parameters)
    expect(said.publicShare).toBe(sharded.publicShare.length)
    expect(said.inputShares).toEqual(sharded.inputShares.map((share) => share.length))
    if (length) expect(said.inputShares.reduce((sum, share) => sum + share, said.publicShare)).toBe(length)
    expect(reportBytes(said)).toBe(encodeReport(await sealReport(round, id, NOW, sharded)).length)
  })

  it('opens with no other key, in no other role, round, report or hour, and with no other public share', async () => {
    const report = await made()
    const other = await made('another')
    const wrong: [Report, 'leader' | 'helper', CryptoKey][] = [
      [report, 'leader', helper.privateKey],
      [report, 'helper', leader.privateKey],
      [{ ...report, sealed: [report.sealed[1], report.sealed[0]] }, 'helper', leader.privateKey],
      [{ ...report, round: roundIdBytes({ ...round, round: 2 }) }, 'leader', leader.privateKey],
      [{ ...report, round: roundIdBytes({ ...round, model: 'b'.repeat(64) }) }, 'leader', leader.privateKey],
      [{ ...report, id: other.id }, 'leader', leader.privateKey],
      [{ ...report, time: report.time + 3600 }, 'leader', leader.privateKey],
      [{ ...report, publicShare: utf8('Public') }, 'leader', leader.privateKey],
      [{ ...report, sealed: other.sealed }, 'leader', leader.privateKey],
    ]
    for (const [changed, role, key] of wrong) await expect(openShare(changed, role, key)).rejects.toThrow(Rejected)
  })

  it('is one whole report, or rejected, whatever the bytes are', async () => {
    const bytes = encodeReport(await made())
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeReport(bytes.slice(0, length))).toThrow(Rejected)
    }
    expect(() => decodeReport(new Uint8Array([...bytes, 0]))).toThrow(Rejected)
    expect(() => decodeReport(bytes.with(55, 1))).toThrow(Rejected) // no whole hour
    expect(() => decodeReport(bytes.with(56, 255))).toThrow(Rejected) // four billion bytes of a public share
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        try {
          const read = decodeReport(new Uint8Array(any))
          expect(encodeReport(read)).toEqual(new Uint8Array(any))
        } catch (error) {
          expect(error).toBeInstanceOf(Rejected)
        }
      }),
    )
  })
})

describe('the hash of a batch', () => {
  it('is RFC 6962 over the reports in the order of their ids, in whatever order they came', async () => {
    const reports = await Promise.all(['a', 'b', 'c'].map((secret) => made(secret)))
    const leaves = reports.map(batchLeaf)
    const [x, y, z] = [...leaves].sort((a, b) => Buffer.compare(a, b)).map((leaf) => leafHash(leaf))
    expect(batchDigest(leaves)).toEqual(nodeHash(nodeHash(x, y), z))
    expect(batchDigest([leaves[2], leaves[0], leaves[1]])).toEqual(batchDigest(leaves))
    expect(batchDigest(leaves.slice(1))).not.toEqual(batchDigest(leaves))
    const other = batchLeaf({ ...reports[0], sealed: [reports[0].sealed[0], reports[1].sealed[1]] })
    expect(batchDigest([other, ...leaves.slice(1)])).not.toEqual(batchDigest(leaves))
  })
})

describe('an update in whole numbers', () => {
  const shape = { dimension: 300, clipNorm: 1, fractionBits: 16 }
  const random = (length: number) => crypto.getRandomValues(new Uint32Array(length))
  const norm = (vector: ArrayLike<number>) => Math.hypot(...Array.from(vector))

  it('is never longer than the bound, whatever the update, and keeps its direction', () => {
    const element = fc.double({ min: -1e300, max: 1e300, noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(
        fc.array(element, { minLength: 300, maxLength: 300 }),
        fc.constantFrom(1, 1e-3, 1e-300),
        (raw, times) => {
          const update = raw.map((x) => x * times)
          const whole = quantiseUpdate(update, shape, random)
          expect(norm(whole)).toBeLessThanOrEqual(65_536)
          expect(whole.every(Number.isInteger)).toBe(true)
          const scale = norm(update) > 1 ? 65_536 / norm(update) : 65_536
          for (const [n, x] of whole.entries()) expect(Math.abs(x - update[n] * scale)).toBeLessThan(1.5)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('has the expectation of what it was: short updates are not rounded away', () => {
    const update = new Float64Array(300).fill(0.3 / 65_536)
    let sum = 0
    for (let n = 0; n < 100; n++) for (const x of quantiseUpdate(update, shape, random)) sum += x
    // 30,000 draws of a mean of 0.3: four standard errors.
    expect(Math.abs(sum / 30_000 - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / 30_000))
  })

  it('is not made of what is no finite number, or of another length', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => quantiseUpdate(new Float64Array(300).fill(0).with(7, bad), shape, random)).toThrow(
        'no finite number',
      )
    }
    expect(() => quantiseUpdate([1], shape, random)).toThrow('1 elements, not 300')
    expect(norm(quantiseUpdate(new Float64Array(300).fill(-0), shape, random))).toBe(0)
    expect(norm(quantiseUpdate(new Float64Array(300).fill(1e-310), shape, random))).toBe(0)
    // Where chance alone is longer than the bound, nothing is left of the update.
    const coarse = { dimension: 300, clipNorm: 1, fractionBits: 1 }
    expect(norm(quantiseUpdate(new Float64Array(300).fill(0.3), coarse, random))).toBeLessThanOrEqual(2)
  })
})
