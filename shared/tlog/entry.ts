/**
 * What is on record. Every record of the log is a signed note of the publisher whose text is one line of JSON, written in one way: its
 * fields in the order below, nothing beside them, no space between.
 *
 *     {"type":"policy","publisher":"shop.example+0a1b2c3d+AbC…","log":"shop.example/log+4e5f6071+AdE…","witnesses":[],
 *      "cosignatures":0,"maxAgeSeconds":604800}        with "contribution":{"maxDimension":16384,…} behind it where browsers take part in rounds
 *     {"type":"release","release":1,"files":{"vitrine.js":"sha256-oqVuAf…","worker.4f1c09ab.js":"sha256-Li9vy3…"}}
 *     {"type":"bundle","version":7,"manifest":"9f86d0…"}
 *     {"type":"rollback","version":8,"manifest":"41b2c7…","restores":6}
 *     {"type":"task","name":"model-updates","vdaf":{"kind":"pine","dimension":16384,"clipNorm":1,"fractionBits":16},"minBatch":1000,
 *      "noiseMultiplier":7,"participations":10,"separation":10,"epochRounds":200,
 *      "leader":{"operator":"Shop Ltd","url":"https://leader.example","key":"leader.example+4e5f…"},"helper":{…}}
 *     {"type":"round","task":"b5bb9d…","round":3,"model":"9f86d0…","opens":1795000000,"closes":1795604800,"leaderKey":"BKkn…","helperKey":"BP6M…"}
 *     {"type":"result","task":"b5bb9d…","round":3,"outcome":"released","reports":1203,"batch":"7d865e…","aggregate":"bf07a7…"}
 *     {"type":"result","task":"b5bb9d…","round":3,"outcome":"aborted","reason":"too-few"}
 *
 * `policy` is what clients trust from then on (`policy.ts`); `release` is the tag, as its integrity.json names its files; `bundle` is a
 * model, by the SHA-256 of its manifest; `rollback` is one too, whose chunks are those of an earlier version. `task` is
 * what shoppers are asked to contribute to, and is named by the SHA-256 of its line; `round` opens one of it, with the keys that reports are
 * sealed to; `result` closes it. Which may come after which: `succession.ts`.
 */
import { sha256 as sha256Of } from '@noble/hashes/sha2.js'
import * as v from 'valibot'
import type { ContributionPolicy } from '../federated/policy.ts'
import { hexOf } from './base64.ts'
import { INTEGRITY } from './integrity.ts'
import { type Note, parseNote, type Signer, signNote } from './note.ts'
import type { Policy } from './policy.ts'
import { MAX_RECORD_BYTES } from './tile.ts'

const MAX_FILES = 64
const MAX_WITNESSES = 12
/** Of an update: above, a report is more than a shopper's line should carry. */
export const MAX_DIMENSION = 50_000
const MAX_BUCKETS = 10_000
/** More than any cohort bears, and far from where a sum comes round in its field. */
const MAX_NOISE_MULTIPLIER = 1e6

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const number = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
const fileName = v.pipe(v.string(), v.regex(/^[\w-]+(\.[\w-]+)+$/), v.maxLength(100))
const integrity = v.pipe(v.string(), v.regex(INTEGRITY))

const key = v.pipe(v.string(), v.maxLength(256))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const words = v.pipe(v.string(), v.regex(/^[\w .,&()'’-]{1,80}$/u))
const upTo = (most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(most))
const atLeast0 = v.pipe(v.number(), v.finite(), v.minValue(0))
const above0 = v.pipe(v.number(), v.finite(), v.minValue(Number.MIN_VALUE))

const pinned = v.strictObject({ operator: words, key })
const contribution = v.strictObject({
  maxDimension: upTo(MAX_DIMENSION),
  maxClipNorm: above0,
  maxParticipations: number,
  minNoiseMultiplier: atLeast0,
  minBatch: number,
  leader: pinned,
  helper: pinned,
} satisfies Record<keyof ContributionPolicy, v.GenericSchema>)

const policyEntry = v.strictObject({
  type: v.literal('policy'),
  publisher: key,
  log: key,
  witnesses: v.pipe(v.array(key), v.maxLength(MAX_WITNESSES)),
  cosignatures: count,
  maxAgeSeconds: number,
  contribution: v.optional(contribution),
} satisfies Record<'type' | keyof Policy, v.GenericSchema>)
const releaseEntry = v.strictObject({
  type: v.literal('release'),
  release: number,
  files: v.pipe(
    v.record(fileName, integrity),
    v.check((files) => Object.keys(files).length <= MAX_FILES, `more than ${MAX_FILES} files`),
  ),
})
const bundleEntry = v.strictObject({ type: v.literal('bundle'), version: number, manifest: sha256 })
const rollbackEntry = v.strictObject({
  type: v.literal('rollback'),
  version: number,
  manifest: sha256,
  restores: number,
})
const modelEntry = v.variant('type', [bundleEntry, rollbackEntry])

const taskName = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/))
/** What is put behind it must be a path: who names it is not whom it is asked by. */
const url = v.pipe(v.string(), v.url(), v.regex(/^https?:\/\/[^@?#\s\\]+$/), v.maxLength(200))
const hpkeKey = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{87}=$/))
const seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const vdaf = v.variant('kind', [
  v.strictObject({
    kind: v.literal('pine'),
    dimension: upTo(MAX_DIMENSION),
    clipNorm: above0,
    fractionBits: upTo(24),
  }),
  v.strictObject({ kind: v.literal('count') }),
  v.strictObject({ kind: v.literal('sum'), max: upTo(2 ** 31) }),
  v.strictObject({ kind: v.literal('histogram'), length: upTo(MAX_BUCKETS) }),
  v.strictObject({ kind: v.literal('multihot'), length: upTo(MAX_BUCKETS), maxWeight: upTo(MAX_BUCKETS) }),
])
const aggregator = v.strictObject({ operator: words, url, key })
const taskEntry = v.strictObject({
  type: v.literal('task'),
  name: taskName,
  vdaf,
  minBatch: number,
  noiseMultiplier: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_NOISE_MULTIPLIER)),
  participations: number,
  separation: count,
  epochRounds: number,
  leader: aggregator,
  helper: aggregator,
})
const roundEntry = v.strictObject({
  type: v.literal('round'),
  task: sha256,
  round: number,
  model: sha256,
  opens: seconds,
  closes: seconds,
  leaderKey: hpkeKey,
  helperKey: hpkeKey,
})
const resultEntry = v.variant('outcome', [
  v.strictObject({
    type: v.literal('result'),
    task: sha256,
    round: number,
    outcome: v.literal('released'),
    reports: number,
    batch: sha256,
    aggregate: sha256,
  }),
  v.strictObject({
    type: v.literal('result'),
    task: sha256,
    round: number,
    outcome: v.literal('aborted'),
    reason: taskName,
  }),
])
const entry = v.variant('type', [
  policyEntry,
  releaseEntry,
  bundleEntry,
  rollbackEntry,
  taskEntry,
  roundEntry,
  resultEntry,
])

export type Entry = v.InferOutput<typeof entry>
export type ReleaseEntry = v.InferOutput<typeof releaseEntry>
export type TaskEntry = v.InferOutput<typeof taskEntry>
export type RoundEntry = v.InferOutput<typeof roundEntry>
export type ResultEntry = v.InferOutput<typeof resultEntry>
export type RollbackEntry = v.InferOutput<typeof rollbackEntry>
export type ModelEntry = v.InferOutput<typeof modelEntry>

export const isModel = (of: Entry): of is ModelEntry => of.type === 'bundle' || of.type === 'rollback'

/** A record, read. */
export interface SignedEntry<E = Entry> {
  entry: E
  note: Note
}

/** By which others name a task or a round: the SHA-256 of its line. */
export const entryId = (of: TaskEntry | RoundEntry): string => hexOf(sha256Of(new TextEncoder().encode(textOf(of))))

const textOf = (value: Entry): string => `${JSON.stringify(value)}\n`

/** A record. @throws Error when it is longer than a log takes, or would not be read back */
export async function signEntry(value: Entry, ...signers: Signer[]): Promise<Uint8Array<ArrayBuffer>> {
  const record = await signNote(textOf(value), ...signers)
  decodeEntry(record)
  return record
}

/** Who signed it is not looked at. @throws Error naming the field */
export const decodeEntry = (record: Uint8Array): SignedEntry => decode(entry, record)

/** One that names a model: all that a browser reads of a log. @throws Error naming the field */
export const decodeModelEntry = (record: Uint8Array): SignedEntry<ModelEntry> => decode(modelEntry, record)

function decode<S extends typeof entry | typeof modelEntry>(
  schema: S,
  record: Uint8Array,
): SignedEntry<v.InferOutput<S>> {
  if (record.length > MAX_RECORD_BYTES) throw new Error(`entry: ${record.length} bytes`)
  const note = parseNote(record)
  let value: unknown
  try {
    value = JSON.parse(note.text)
  } catch {
    throw new Error('entry: not JSON')
  }
  const result = v.safeParse(schema, value)
  if (!result.success) {
    const [issue] = result.issues
    throw new Error(`entry: field "${v.getDotPath(issue) ?? '(root)'}": ${issue.message}`)
  }
  if (textOf(result.output) !== note.text) throw new Error('entry: not written in its one way')
  return { entry: result.output, note }
}
