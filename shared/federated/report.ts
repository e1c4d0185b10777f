/**
 * A report: what one shopper contributes to a round, of which neither aggregator can read more than its share.
 *
 *     32  SHA-256 of the round's line on record, which names the task, the model and the keys
 *     16  id: the first 16 bytes of the SHA-256 of a secret, by which the report can be withdrawn
 *      8  seconds since 1970, rounded down to the hour
 *      4  length of the public share, and that share
 *      4  length of what is sealed to the leader, and that
 *      4  length of what is sealed to the helper, and that
 *
 * Numbers are big-endian. Everything before what is sealed is what sealing binds to (the associated data of HPKE), so that a share opens in
 * this report of this round and nowhere else. The id is the nonce of the VDAF, too.
 */
import { bytesOf } from '../tlog/base64.ts'
import { entryId, type RoundEntry } from '../tlog/entry.ts'
import { open, SEAL_BYTES, seal } from './hpke.ts'
import type { Vdaf } from './vdaf.ts'
import { type Bytes, concat, Rejected, reader } from './wire.ts'

export const REPORT_ID_BYTES = 16
/** By which a report can be withdrawn. */
export const SECRET_BYTES = 32
const ROUND_ID_BYTES = 32
const TIME_BYTES = 8
const LENGTH_BYTES = 4
const HOUR_SECONDS = 3600

export interface Report {
  /** SHA-256 of the round's line. */
  round: Bytes
  id: Bytes
  /** Seconds since 1970, of a whole hour. */
  time: number
  publicShare: Bytes
  /** To the leader, to the helper. */
  sealed: [leader: Bytes, helper: Bytes]
}

export type Role = 'leader' | 'helper'
const ROLES: readonly Role[] = ['leader', 'helper']

/** A secret that no one else has, and the id that follows from it. */
export async function makeReportId(secret: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', secret)).slice(0, REPORT_ID_BYTES)
}

export const roundIdBytes = (round: RoundEntry): Bytes => {
  const hex = entryId(round)
  return Uint8Array.from({ length: ROUND_ID_BYTES }, (_, n) => Number.parseInt(hex.slice(2 * n, 2 * n + 2), 16))
}

/**
 * @param inputShares of the VDAF, whose nonce was the id: the leader's, the helper's
 * @param now seconds since 1970
 */
export async function sealReport(
  round: RoundEntry,
  id: Bytes,
  now: number,
  { publicShare, inputShares }: { publicShare: Bytes; inputShares: readonly Bytes[] },
): Promise<Report> {
  const time = now - (now % HOUR_SECONDS)
  const head = { round: roundIdBytes(round), id, time, publicShare }
  const aad = associatedData(head)
  const [leader, helper] = await Promise.all(
    [round.leaderKey, round.helperKey].map((key, n) =>
      seal(bytesOf(key) as Bytes, infoOf(ROLES[n]), aad, inputShares[n]),
    ),
  )
  return { ...head, sealed: [leader, helper] }
}

/** What is to be sent, whole, and the secret by which it can be withdrawn. */
export interface MadeReport {
  id: Bytes
  secret: Bytes
  body: Bytes
}

/**
 * A measurement, shared out and sealed, under a secret that is drawn for it.
 * @param now seconds since 1970
 * @throws Error for what is no measurement of the VDAF
 */
export async function makeReport(
  round: RoundEntry,
  vdaf: Vdaf,
  measurement: ArrayLike<number>,
  now: number,
): Promise<MadeReport> {
  const secret = randomBytes(SECRET_BYTES)
  const id = await makeReportId(secret)
  const shares = await vdaf.shard(measurement, id, randomBytes(vdaf.randomBytes))
  return { id, secret, body: encodeReport(await sealReport(round, id, now, shares)) }
}

const randomBytes = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length))

/** The share that is this aggregator's. @throws Rejected for what was sealed to another key, or for another report */
export function openShare(report: Report, role: Role, privateKey: CryptoKey): Promise<Bytes> {
  return open(privateKey, infoOf(role), associatedData(report), report.sealed[ROLES.indexOf(role)])
}

const infoOf = (role: Role): Bytes => new TextEncoder().encode(`vitrine report to the ${role}`)

const associatedData = ({ round, id, time, publicShare }: Omit<Report, 'sealed'>): Bytes =>
  concat([round, id, uint64(time), uint32(publicShare.length), publicShare])

export function encodeReport(report: Report): Bytes {
  const sealed = report.sealed.flatMap((bytes) => [uint32(bytes.length), bytes])
  return concat([associatedData(report), ...sealed])
}

/** Of a report with shares of so many bytes. */
export function reportBytes(shares: { publicShare: number; inputShares: readonly number[] }): number {
  const head = ROUND_ID_BYTES + REPORT_ID_BYTES + TIME_BYTES + LENGTH_BYTES + shares.publicShare
  return shares.inputShares.reduce((sum, share) => sum + LENGTH_BYTES + share + SEAL_BYTES, head)
}

/** @throws Rejected unless it is one whole report and nothing beside it */
export function decodeReport(bytes: Bytes): Report {
  const read = reader(bytes)
  const part = () => read(new DataView(read(LENGTH_BYTES).buffer).getUint32(0))
  const [round, id] = [read(ROUND_ID_BYTES), read(REPORT_ID_BYTES)]
  const time = Number(new DataView(read(TIME_BYTES).buffer).getBigUint64(0))
  if (!Number.isSafeInteger(time) || time % HOUR_SECONDS !== 0) throw new Rejected()
  const publicShare = part()
  const sealed: Report['sealed'] = [part(), part()]
  read.end()
  return { round, id, time, publicShare, sealed }
}

function uint32(value: number): Bytes {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

function uint64(value: number): Bytes {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}
