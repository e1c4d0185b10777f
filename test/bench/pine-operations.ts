/** Sharding and verifying a report, timed: runs in Node and in a page. */
import { FIELD64 } from '../../shared/federated/field.ts'
import { updateParameters } from '../../shared/federated/model-update.ts'
import { fastVectors } from '../../shared/federated/pine/fast-vectors.ts'
import {
  createPine,
  prepInit,
  prepNext,
  prepSharesToPrep,
  randomBytesOf,
  shard,
} from '../../shared/federated/pine/pine.ts'
import { type FieldVectors, plainVectors } from '../../shared/federated/pine/vectors.ts'
import { XOF_HMAC_SHA256_AES128 } from '../../shared/federated/xof.ts'

export interface PinePlan {
  dimension: number
  /** Of the kernel; without it, plain vectors. */
  kernel?: number[]
  runs: number
}

export interface PineTimes {
  shard: number[]
  /** By both aggregators, one after the other. */
  verify: number[]
  /** What the proofs cost beyond: a share of random numbers, and the rest. */
  additive: number[]
  bytes: number
}

const FRACTION_BITS = 16

function random(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

export async function pineTimes({ dimension, kernel, runs }: PinePlan): Promise<PineTimes> {
  return kernel
    ? measure(dimension, runs, fastVectors(await WebAssembly.compile(Uint8Array.from(kernel))))
    : measure(dimension, runs, plainVectors(FIELD64))
}

async function measure<V>(dimension: number, runs: number, vectors: FieldVectors<V>): Promise<PineTimes> {
  const pine = createPine(updateParameters({ dimension, clipNorm: 1, fractionBits: FRACTION_BITS }), vectors)
  const nonce = random(16)
  const verifyKey = random(32)
  const gradient = Float64Array.from({ length: dimension }, (_, n) => ((n * 7919) % 17) - 8)
  const times: PineTimes = { shard: [], verify: [], additive: [], bytes: 0 }
  for (let run = 0; run < runs; run++) {
    let began = performance.now()
    const report = await shard(pine, gradient, nonce, random(randomBytesOf(pine)))
    times.shard.push(performance.now() - began)
    times.bytes = report.inputShares.reduce((sum, { length }) => sum + length, report.publicShare.length)

    began = performance.now()
    const made = []
    for (const [id, share] of report.inputShares.entries()) {
      made.push(await prepInit(pine, verifyKey, id, nonce, report.publicShare, share))
    }
    const message = await prepSharesToPrep(
      pine,
      made.map(({ prepShare }) => prepShare),
    )
    for (const { state } of made) prepNext(state, message)
    times.verify.push(performance.now() - began)

    began = performance.now()
    const share = vectors.subtract(
      vectors.ofIntegers(gradient),
      await vectors.expand(await XOF_HMAC_SHA256_AES128.start(random(32), nonce, nonce), dimension),
    )
    vectors.encode(share)
    times.additive.push(performance.now() - began)
  }
  return times
}
