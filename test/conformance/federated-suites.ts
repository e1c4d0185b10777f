/** Published vectors of VDAFs and of what they are made of: each step gives the published bytes, or fails where it must. */
import { basename, join } from 'node:path'
import { decodeVector, encodeVector, FIELD64, FIELD128, type Field } from '../../shared/federated/field.ts'
import { HPKE_SUITE, open } from '../../shared/federated/hpke.ts'
import * as pine from '../../shared/federated/pine/pine.ts'
import { plainVectors } from '../../shared/federated/pine/vectors.ts'
import * as prio3 from '../../shared/federated/prio3/prio3.ts'
import { Rejected } from '../../shared/federated/wire.ts'
import {
  deriveSeed,
  expandIntoVector,
  XOF_HMAC_SHA256_AES128,
  XOF_TURBOSHAKE128,
  type Xof,
} from '../../shared/federated/xof.ts'
import { ACCOUNTING_SUITE } from './accounting-suite.ts'
import { filesIn, hex, json, type Suite, type Verdict } from './vectors-file.ts'

type Bytes = Uint8Array<ArrayBuffer>

const isHex = (made: Uint8Array, published: string | string[]) =>
  Buffer.from(made).toString('hex') === (Array.isArray(published) ? published.join('') : published)

/** Prio3Count of Prio3Count_0.json, or of Prio3Count.json. */
const kindOf = (file: string) => basename(file).split(/[_.]/)[0]

/** A step that gives what is published, or rejects where that is published. */
async function step<T>(valid: boolean, act: () => T | Promise<T>, holds: (made: T) => boolean): Promise<Verdict> {
  try {
    const made = await act()
    return { valid, accepted: valid ? holds(made) : true }
  } catch (error) {
    if (!(error instanceof Rejected)) throw error
    return { valid, accepted: false }
  }
}

async function xofVerdicts(xof: Xof, file: string): Promise<Verdict[]> {
  const v = json(file)
  const [seed, dst, binder] = [v.seed, v.dst, v.binder].map(hex)
  const expanded = () => expandIntoVector(xof, FIELD128, seed, dst, binder, v.length)
  return [
    await step(
      true,
      () => deriveSeed(xof, seed, dst, binder),
      (made) => isHex(made, v.derived_seed),
    ),
    await step(true, expanded, (made) => isHex(encodeVector(FIELD128, made), v.expanded_vec_field128)),
  ]
}

interface Prio3Vector {
  shares: number
  ctx: string
  verify_key: string
  length: number
  chunk_length: number
  max_measurement: number
  max_weight: number
  agg_shares: string[]
  agg_result: unknown
  reports: {
    measurement: never
    nonce: string
    rand: string
    public_share: string
    input_shares: string[]
    verifier_shares: string[][]
    verifier_messages: string[]
    out_shares: (string | string[])[]
  }[]
  operations: { operation: string; success: boolean; report_index: number; aggregator_id: number }[]
}

/** Which the files do not say. */
const MULTIPROOFS = 3
const asBigints = (measurement: number[]) => measurement.map(BigInt)
// biome-ignore lint/suspicious/noExplicitAny: each has measurements and results of its own type, which the vectors say
const PRIO3: Record<string, (v: Prio3Vector) => [vdaf: prio3.Prio3<any, any>, measurementOf?: (m: never) => unknown]> =
  {
    Prio3Count: ({ shares }) => [prio3.prio3Count(shares)],
    Prio3Sum: ({ shares, max_measurement }) => [prio3.prio3Sum(shares, BigInt(max_measurement)), BigInt],
    Prio3SumVec: ({ shares, length, max_measurement, chunk_length }) => [
      prio3.prio3SumVec(shares, length, BigInt(max_measurement), chunk_length),
      asBigints,
    ],
    Prio3Histogram: ({ shares, length, chunk_length }) => [prio3.prio3Histogram(shares, length, chunk_length)],
    Prio3MultihotCountVec: ({ shares, length, max_weight, chunk_length }) => [
      prio3.prio3MultihotCountVec(shares, length, max_weight, chunk_length),
    ],
    Prio3SumVecWithMultiproof: ({ shares, length, max_measurement, chunk_length }) => [
      prio3.prio3SumVecWithMultiproof(shares, FIELD64, MULTIPROOFS, length, BigInt(max_measurement), chunk_length),
      asBigints,
    ],
  }

/** The operations of a file, in its order: each is given what is published of those before it. */
async function prio3Verdicts(file: string): Promise<Verdict[]> {
  const v = json(file) as Prio3Vector
  const [vdaf, measurementOf = (measurement: never) => measurement] = PRIO3[kindOf(file)](v)
  const { field } = vdaf.circuit
  const [ctx, verifyKey] = [hex(v.ctx), hex(v.verify_key)]
  const states = new Map<string, prio3.VerifyState>()
  const aggregateShares = () => v.agg_shares.map((share) => decodeVector(field, hex(share)))
  const outSharesOf = (aggregator: number) =>
    v.reports.map(({ out_shares }) => decodeVector(field, hex([out_shares[aggregator]].flat().join(''))))
  const verdicts: Verdict[] = []
  for (const { operation, success, report_index, aggregator_id } of v.operations) {
    const report = v.reports[report_index]
    const key = `${report_index} ${aggregator_id}`
    const run: Record<string, () => Promise<Verdict>> = {
      shard: () =>
        step(
          success,
          () => prio3.shard(vdaf, ctx, measurementOf(report.measurement), hex(report.nonce), hex(report.rand)),
          ({ publicShare, inputShares }) =>
            isHex(publicShare, report.public_share) &&
            inputShares.every((share, n) => isHex(share, report.input_shares[n])),
        ),
      verify_init: () =>
        step(
          success,
          async () => {
            const [nonce, publicShare] = [hex(report.nonce), hex(report.public_share)]
            const inputShare = hex(report.input_shares[aggregator_id])
            const made = await prio3.verifyInit(vdaf, verifyKey, ctx, aggregator_id, nonce, publicShare, inputShare)
            states.set(key, made.state)
            return made.verifierShare
          },
          (made) => isHex(made, report.verifier_shares[0][aggregator_id]),
        ),
      verifier_shares_to_message: () =>
        step(
          success,
          () => prio3.verifierSharesToMessage(vdaf, ctx, report.verifier_shares[0].map(hex)),
          (made) => isHex(made, report.verifier_messages[0]),
        ),
      verify_next: () =>
        step(
          success,
          () => prio3.verifyNext(states.get(key) as prio3.VerifyState, hex(report.verifier_messages[0])),
          (made) => isHex(encodeVector(field, made), report.out_shares[aggregator_id]),
        ),
      aggregate: () =>
        step(
          success,
          () => prio3.aggregate(vdaf, outSharesOf(aggregator_id)),
          (made) => isHex(encodeVector(field, made), v.agg_shares[aggregator_id]),
        ),
      unshard: () =>
        step(
          success,
          () => prio3.unshard(vdaf, aggregateShares(), v.reports.length),
          (made) => String(made) === String(v.agg_result),
        ),
    }
    verdicts.push(await run[operation]())
  }
  return verdicts
}

interface PineVector {
  alpha: number
  chunk_length: number
  chunk_length_norm_equality: number
  dimension: number
  l2_norm_bound: number
  num_frac_bits: number
  num_wr_checks: number
  num_wr_successes: number
  proofs: number
  proofs_norm_equality: number
  shares: number
  verify_key: string
  agg_shares: (string | string[])[]
  agg_result: number[]
  prep: {
    measurement: number[]
    nonce: string
    rand: string
    public_share: string
    input_shares: string[]
    prep_shares: string[][]
    prep_messages: string[]
    out_shares: (string | string[])[]
  }[]
}

/** Each report from its measurement to its output shares, then their sum. */
async function pineVerdicts(file: string): Promise<Verdict[]> {
  const v = json(file) as PineVector
  const variant = pine.PINE_VARIANTS[kindOf(file) as keyof typeof pine.PINE_VARIANTS]
  const vectors = plainVectors(variant.field as Field)
  const vdaf = pine.createPine(
    {
      ...variant,
      dimension: v.dimension,
      normBound: v.l2_norm_bound,
      fractionBits: v.num_frac_bits,
      alpha: v.alpha,
      wrChecks: v.num_wr_checks,
      wrSuccesses: v.num_wr_successes,
      chunkLength: v.chunk_length,
      chunkLengthNorm: v.chunk_length_norm_equality,
      proofs: v.proofs,
      normProofs: v.proofs_norm_equality,
      shares: v.shares,
    },
    vectors,
  )
  const verdicts: Verdict[] = []
  const aggregators = Array.from({ length: v.shares }, (_, n) => n)
  for (const report of v.prep) {
    const gradient = report.measurement.map((x) => Math.round(x * 2 ** v.num_frac_bits))
    const [nonce, message] = [hex(report.nonce), hex(report.prep_messages[0])]
    const shard = () => pine.shard(vdaf, gradient, nonce, hex(report.rand))
    verdicts.push(
      await step(
        true,
        shard,
        ({ publicShare, inputShares }) =>
          isHex(publicShare, report.public_share) &&
          inputShares.every((share, n) => isHex(share, report.input_shares[n])),
      ),
    )
    for (const id of aggregators) {
      let state: pine.PrepState<bigint[]> | undefined
      const init = async () => {
        const [publicShare, inputShare] = [hex(report.public_share), hex(report.input_shares[id])]
        const made = await pine.prepInit(vdaf, hex(v.verify_key), id, nonce, publicShare, inputShare)
        state = made.state
        return made.prepShare
      }
      verdicts.push(await step(true, init, (made) => isHex(made, report.prep_shares[0][id])))
      const next = (prepMessage: Bytes) => () => pine.prepNext(state as pine.PrepState<bigint[]>, prepMessage)
      verdicts.push(
        await step(true, next(message), (made) => isHex(vectors.encode(made), report.out_shares[id])),
        await step(false, next(message.with(0, message[0] ^ 1)), () => true),
      )
    }
    const shares = report.prep_shares[0].map(hex)
    const turned = shares.map((share, n) => (n === 0 ? share.with(0, share[0] ^ 1) : share))
    verdicts.push(
      await step(
        true,
        () => pine.prepSharesToPrep(vdaf, shares),
        (made) => isHex(made, report.prep_messages[0]),
      ),
      await step(
        false,
        () => pine.prepSharesToPrep(vdaf, turned),
        () => true,
      ),
    )
  }
  const aggregated = aggregators.map((id) => {
    const shares = v.prep.map(({ out_shares }) => vectors.decode(hex([out_shares[id]].flat().join(''))))
    return pine.aggregate(vdaf, shares)
  })
  for (const id of aggregators) {
    verdicts.push({ valid: true, accepted: isHex(vectors.encode(aggregated[id]), v.agg_shares[id]) })
  }
  const sum = pine.unshard(vdaf, aggregated).map((x) => Number(x) / 2 ** v.num_frac_bits)
  verdicts.push({ valid: true, accepted: String(sum) === String(v.agg_result.map(Number)) })
  return verdicts
}

interface HpkeVector {
  mode: number
  kem_id: number
  kdf_id: number
  aead_id: number
  info: string
  enc: string
  pkRm: string
  skRm: string
  pkEm: string
  skEm: string
  encryptions: { seq: number; aad: string; ct: string; pt: string }[]
  exports: { exporter_context: string; L: number; exported_value: string }[]
}

export const FEDERATED_SUITES: Record<string, Suite> = {
  /** VDAF draft-20: its XOF, and every file of Prio3. */
  async *'vdaf-draft20'(folder) {
    for (const file of filesIn(folder)) {
      const name = basename(file)
      if (name === 'XofTurboShake128.json') yield { file: name, verdicts: await xofVerdicts(XOF_TURBOSHAKE128, file) }
      if (name.startsWith('Prio3')) yield { file: name, verdicts: await prio3Verdicts(file) }
    }
  },

  /** PINE-01, all of its files. */
  async *'pine-vdaf'(folder) {
    for (const file of filesIn(folder)) yield { file: basename(file), verdicts: await pineVerdicts(file) }
  },

  /** RFC 9180, appendix A: the suite in use, in base mode. Opened as they are, and with the tag's last bit turned. */
  async *'hpke-rfc9180'(folder) {
    const file = 'rfc9180-appendix-a.json'
    const setups = json(join(folder, file)) as HpkeVector[]
    const { kem, kdf, aead } = HPKE_SUITE
    const verdicts: Verdict[] = []
    for (const v of setups) {
      if (v.mode !== 0 || v.kem_id !== kem.id || v.kdf_id !== kdf.id || v.aead_id !== aead.id) continue
      const recipientKey = await kem.deserializePrivateKey(hex(v.skRm))
      const context = () => HPKE_SUITE.createRecipientContext({ recipientKey, enc: hex(v.enc), info: hex(v.info) })
      for (const { exporter_context, L, exported_value } of v.exports) {
        const exported = new Uint8Array(await (await context()).export(hex(exporter_context), L))
        verdicts.push({ valid: true, accepted: isHex(exported, exported_value) })
      }
      for (const { seq, aad, ct, pt } of v.encryptions) {
        const recipient = await context()
        // A context counts what it has opened, so those before are made here.
        const sender = await HPKE_SUITE.createSenderContext({
          recipientPublicKey: await kem.deserializePublicKey(hex(v.pkRm)),
          info: hex(v.info),
          ekm: {
            publicKey: await kem.deserializePublicKey(hex(v.pkEm)),
            privateKey: await kem.deserializePrivateKey(hex(v.skEm)),
          },
        })
        for (let n = 0; n < seq; n++) await recipient.open(await sender.seal(new Uint8Array(1)))
        const sealed = new Uint8Array(await sender.seal(hex(pt), hex(aad)))
        verdicts.push({ valid: true, accepted: isHex(new Uint8Array(sender.enc), v.enc) && isHex(sealed, ct) })
        verdicts.push({ valid: true, accepted: isHex(new Uint8Array(await recipient.open(hex(ct), hex(aad))), pt) })
        if (seq > 0) continue
        const [key, info] = [recipientKey, hex(v.info)]
        const whole = hex(v.enc + ct)
        const opened = () => open(key, info, hex(aad), whole)
        verdicts.push(await step(true, opened, (made) => isHex(made, pt)))
        const turned = whole.with(whole.length - 1, whole[whole.length - 1] ^ 1)
        verdicts.push(
          await step(
            false,
            () => open(key, info, hex(aad), turned),
            () => true,
          ),
          await step(
            false,
            () => open(key, info, hex(`${aad}00`), whole),
            () => true,
          ),
        )
      }
    }
    yield { file, verdicts }
  },

  /** Our own, for where nothing published is at hand: `make-transcripts.ts`. */
  async *transcripts(folder) {
    for (const file of filesIn(folder)) {
      const name = basename(file)
      yield { file: name, verdicts: await (name.startsWith('Pine') ? pineVerdicts(file) : prio3Verdicts(file)) }
    }
  },

  async *'libprio-xof'(folder) {
    for (const file of filesIn(folder)) {
      const name = basename(file)
      if (name.startsWith('Xof')) yield { file: name, verdicts: await xofVerdicts(XOF_HMAC_SHA256_AES128, file) }
    }
  },

  /** Of accountants: what noise proves. */
  'dp-accounting': ACCOUNTING_SUITE,
}
