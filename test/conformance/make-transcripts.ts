/**
 * `tsx test/conformance/make-transcripts.ts`: transcripts of our own, in the shape of those that are published, for where those are not at
 * hand. To be made only by code for which the published ones hold, and to be read as a change of the protocol wherever they change.
 */
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeVector } from '../../shared/federated/field.ts'
import * as pine from '../../shared/federated/pine/pine.ts'
import { plainVectors } from '../../shared/federated/pine/vectors.ts'
import * as prio3 from '../../shared/federated/prio3/prio3.ts'
import { runSuites } from './suites.ts'

const FOLDER = join(import.meta.dirname, 'transcripts')
const SHARES = 2
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const utf8 = (text: string) => new TextEncoder().encode(text)

/** Bytes that follow from a text, and look like any others. */
function bytesOf(text: string, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 32) {
    const block = createHash('sha256').update(`${text} ${at}`).digest()
    bytes.set(block.subarray(0, length - at), at)
  }
  return bytes
}
const ctx = utf8('vitrine transcripts')
const verifyKey = bytesOf('verify key', 32)

// biome-ignore lint/suspicious/noExplicitAny: measurements are of each kind's own type
async function prio3Transcript(vdaf: prio3.Prio3<any, unknown>, type: object, measurements: readonly unknown[]) {
  const { field } = vdaf.circuit
  const operations: object[] = []
  const reports: object[] = []
  const outShares: bigint[][][] = []
  for (const [report_index, measurement] of measurements.entries()) {
    const nonce = bytesOf(`nonce ${report_index}`, 16)
    const rand = bytesOf(`rand ${report_index}`, prio3.randomBytesOf(vdaf))
    const { publicShare, inputShares } = await prio3.shard(vdaf, ctx, measurement, nonce, rand)
    const made = await Promise.all(
      inputShares.map((share, id) => prio3.verifyInit(vdaf, verifyKey, ctx, id, nonce, publicShare, share)),
    )
    const verifierShares = made.map(({ verifierShare }) => verifierShare)
    const message = await prio3.verifierSharesToMessage(vdaf, ctx, verifierShares)
    outShares.push(made.map(({ state }) => prio3.verifyNext(state, message)))
    reports.push({
      measurement: Array.isArray(measurement)
        ? measurement.map((x) => (typeof x === 'bigint' ? Number(x) : x))
        : Number(measurement),
      nonce: hexOf(nonce),
      rand: hexOf(rand),
      public_share: hexOf(publicShare),
      input_shares: inputShares.map(hexOf),
      verifier_shares: [verifierShares.map(hexOf)],
      verifier_messages: [hexOf(message)],
      out_shares: outShares[report_index].map((share) => hexOf(encodeVector(field, share))),
    })
    operations.push({ operation: 'shard', report_index, success: true })
    for (const aggregator_id of [0, 1]) {
      operations.push({ operation: 'verify_init', report_index, aggregator_id, success: true })
    }
    operations.push({ operation: 'verifier_shares_to_message', report_index, success: true })
    for (const aggregator_id of [0, 1]) {
      operations.push({ operation: 'verify_next', report_index, aggregator_id, success: true })
    }
  }
  const aggregates = [0, 1].map((id) =>
    prio3.aggregate(
      vdaf,
      outShares.map((shares) => shares[id]),
    ),
  )
  for (const aggregator_id of [0, 1]) operations.push({ operation: 'aggregate', aggregator_id, success: true })
  operations.push({ operation: 'unshard', success: true })
  const result = prio3.unshard(vdaf, aggregates, measurements.length)
  return {
    ...type,
    shares: SHARES,
    ctx: hexOf(ctx),
    verify_key: hexOf(verifyKey),
    reports,
    agg_shares: aggregates.map((share) => hexOf(encodeVector(field, share))),
    agg_result: Array.isArray(result) ? result.map(Number) : Number(result),
    operations,
  }
}

async function pineTranscript(dimension: number, fractionBits: number) {
  const normBound = 2 ** fractionBits
  const parameters = {
    ...pine.PINE_VARIANTS.Pine64HmacSha256Aes128,
    dimension,
    normBound,
    fractionBits,
    alpha: 8.7,
    wrChecks: 100,
    wrSuccesses: 100,
    chunkLength: 40,
    chunkLengthNorm: 7,
    proofs: 2,
    normProofs: 1,
    shares: SHARES,
  }
  const vectors = plainVectors(parameters.field)
  const vdaf = pine.createPine(parameters, vectors)
  const prep: object[] = []
  const outShares: bigint[][][] = []
  for (const n of [0, 1]) {
    const gradient = Array.from({ length: dimension }, (_, i) => ((i * 37 + n * 11) % 101) * 200 - 10_000)
    const nonce = bytesOf(`nonce ${n}`, 16)
    const rand = bytesOf(`rand ${n}`, pine.randomBytesOf(vdaf))
    const { publicShare, inputShares } = await pine.shard(vdaf, gradient, nonce, rand)
    const made = await Promise.all(
      inputShares.map((share, id) => pine.prepInit(vdaf, verifyKey, id, nonce, publicShare, share)),
    )
    const prepShares = made.map(({ prepShare }) => prepShare)
    const message = await pine.prepSharesToPrep(vdaf, prepShares)
    outShares.push(made.map(({ state }) => pine.prepNext(state, message)))
    prep.push({
      measurement: gradient.map((x) => x / 2 ** fractionBits),
      nonce: hexOf(nonce),
      rand: hexOf(rand),
      public_share: hexOf(publicShare),
      input_shares: inputShares.map(hexOf),
      prep_shares: [prepShares.map(hexOf)],
      prep_messages: [hexOf(message)],
      out_shares: outShares[n].map((share) => hexOf(vectors.encode(share))),
    })
  }
  const aggregates = [0, 1].map((id) =>
    pine.aggregate(
      vdaf,
      outShares.map((shares) => shares[id]),
    ),
  )
  return {
    alpha: parameters.alpha,
    chunk_length: parameters.chunkLength,
    chunk_length_norm_equality: parameters.chunkLengthNorm,
    dimension,
    l2_norm_bound: normBound,
    num_frac_bits: fractionBits,
    num_wr_checks: parameters.wrChecks,
    num_wr_successes: parameters.wrSuccesses,
    proofs: parameters.proofs,
    proofs_norm_equality: parameters.normProofs,
    shares: SHARES,
    verify_key: hexOf(verifyKey),
    prep,
    agg_shares: aggregates.map((share) => hexOf(vectors.encode(share))),
    agg_result: pine.unshard(vdaf, aggregates).map((x) => Number(x) / 2 ** fractionBits),
  }
}

const rows = await runSuites()
if (!rows.some(({ suite }) => suite === 'pine-vdaf')) throw new Error('the published vectors are not at hand')
if (rows.some(({ cases, passed, suite }) => passed < cases && suite !== 'transcripts')) {
  throw new Error('published vectors do not hold: npm run vectors')
}
await mkdir(FOLDER, { recursive: true })
const made = {
  Prio3Count: await prio3Transcript(prio3.prio3Count(SHARES), {}, [1, 0]),
  Prio3Sum: await prio3Transcript(prio3.prio3Sum(SHARES, 100n), { max_measurement: 100 }, [99n, 7n]),
  Prio3SumVec: await prio3Transcript(
    prio3.prio3SumVec(SHARES, 3, 21n, 4),
    { length: 3, max_measurement: 21, chunk_length: 4 },
    [[0n, 21n, 10n]],
  ),
  Prio3Histogram: await prio3Transcript(prio3.prio3Histogram(SHARES, 5, 2), { length: 5, chunk_length: 2 }, [4, 0]),
  Prio3MultihotCountVec: await prio3Transcript(
    prio3.prio3MultihotCountVec(SHARES, 5, 3, 3),
    { length: 5, max_weight: 3, chunk_length: 3 },
    [[true, false, true, false, true]],
  ),
  Pine64HmacSha256Aes128: await pineTranscript(21, 16),
}
for (const [name, transcript] of Object.entries(made)) {
  await writeFile(join(FOLDER, `${name}.json`), `${JSON.stringify(transcript)}\n`)
}
