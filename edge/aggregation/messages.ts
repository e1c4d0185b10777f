/**
 * What a leader, its helper and the publisher of their task say to one another. A message is a signed note (C2SP signed-note) of one line
 * of JSON, so that who said what can be shown to anyone later:
 *
 *     {"type":"count","round":"b5bb9d…","job":3,"accepted":[true,true,false]}
 *
 *     — leader.example Az3grlgtz…
 *
 * and is answered in the same way. An answer names what it answers by the SHA-256 of that line, so that none can be played again for
 * another question. Everything can be asked again, and has the same answer: whoever does not hear of one asks once more.
 */
import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { type Bytes, Rejected } from '../../shared/federated/wire.ts'
import { base64Of, bytesOf } from '../../shared/tlog/base64.ts'
import { isSignedBy, parseNote, parseVerifierKey, type Signer, signNote } from '../../shared/tlog/note.ts'

/** Reports that are verified at a time: what a process of 128 MB holds. */
export const JOB_REPORTS = 64

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const base64 = v.pipe(
  v.string(),
  v.transform((text) => (text === '' ? new Uint8Array(0) : bytesOf(text))),
  v.custom<Bytes>((bytes) => bytes !== undefined, 'is no base64'),
)
const word = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/))
const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))

/** Of the publisher to an aggregator. */
const keyQuestion = v.strictObject({ type: v.literal('key'), task: sha256, round: v.pipe(count, v.minValue(1)) })
/** Of the publisher, or of the leader to its helper: nothing is released. */
const abort = v.strictObject({ type: v.literal('abort'), round: sha256, reason: word })
/** Of the leader: its half of what the verify key is made of, before the first report. */
const open = v.strictObject({ type: v.literal('open'), round: sha256, part: base64 })
/** Of the leader: reports, each with what the helper needs to verify it. */
const verify = v.strictObject({
  type: v.literal('verify'),
  round: sha256,
  job: count,
  reports: v.pipe(
    v.array(
      v.strictObject({
        id,
        time: count,
        publicShare: base64,
        /** SHA-256 of what is sealed to the leader. */
        leader: sha256,
        /** To the helper. */
        sealed: base64,
        /** The leader's preparation share. */
        share: base64,
      }),
    ),
    v.maxLength(JOB_REPORTS),
  ),
})
/** Of the leader: which of a job's reports are counted. */
const countMessage = v.strictObject({
  type: v.literal('count'),
  round: sha256,
  job: count,
  accepted: v.pipe(v.array(v.boolean()), v.maxLength(JOB_REPORTS)),
})
/** Of both: what was counted in all. Whoever has signed it counts nothing more. */
const batch = v.strictObject({ type: v.literal('batch'), round: sha256, reports: count, digest: sha256 })
/** Of the leader: its noised share. */
const release = v.strictObject({ type: v.literal('release'), round: sha256, share: base64 })

export type Batch = v.InferOutput<typeof batch>

const question = v.variant('type', [keyQuestion, abort, open, verify, countMessage, batch, release])
export type Question = v.InferOutput<typeof question>
export type QuestionOf<T extends Question['type']> = Extract<Question, { type: T }>

const to = sha256
const answer = v.variant('type', [
  v.strictObject({ type: v.literal('key'), to, key: base64 }),
  v.strictObject({ type: v.literal('aborted'), to, reason: word }),
  v.strictObject({ type: v.literal('opened'), to, part: base64 }),
  /** Preparation shares; null for what is rejected. */
  v.strictObject({
    type: v.literal('verified'),
    to,
    shares: v.pipe(v.array(v.nullable(base64)), v.maxLength(JOB_REPORTS)),
  }),
  v.strictObject({ type: v.literal('counted'), to }),
  v.strictObject({ type: v.literal('collected'), to, batch, share: base64 }),
  v.strictObject({ type: v.literal('released'), to, aggregate: sha256 }),
  /** What was asked for is not done, and why. */
  v.strictObject({ type: v.literal('refused'), to, reason: word }),
])
export type Answer = v.InferOutput<typeof answer>
export type AnswerOf<T extends Answer['type']> = Extract<Answer, { type: T }>

/** Without what it answers: that is added when it is signed. */
export type Reply = Answer extends infer A ? (A extends Answer ? Omit<A, 'to'> : never) : never

export const signQuestion = (value: Question, signer: Signer): Promise<Bytes> => signNote(textOf(value), signer)

/** @param asked the note that is answered */
export const signAnswer = ({ type, ...rest }: Reply, asked: Bytes, signer: Signer): Promise<Bytes> =>
  signNote(textOf({ type, to: nameOf(asked), ...rest }), signer)

/** @throws Rejected unless it is a question, signed by one of these */
export async function openQuestion(note: Bytes, keys: readonly string[]): Promise<{ question: Question; by: string }> {
  return openSigned(question, note, keys).then(({ value, by }) => ({ question: value, by }))
}

/** @throws Rejected unless it answers this question, and is signed by this key */
export async function openAnswer(note: Bytes, asked: Bytes, key: string): Promise<Answer> {
  const { value } = await openSigned(answer, note, [key])
  if (value.to !== nameOf(asked)) throw new Rejected()
  return value
}

/** By the text alone: who signs twice may write other signatures. */
const nameOf = (note: Bytes): string => createHash('sha256').update(parseNote(note).text).digest('hex')

/** Bytes travel in base64. A message is written in one way: its fields in the order above, nothing beside them, no space between. */
const textOf = (value: object): string =>
  `${JSON.stringify(value, (_, field) => (field instanceof Uint8Array ? base64Of(field) : field))}\n`

async function openSigned<S extends typeof question | typeof answer>(
  schema: S,
  bytes: Bytes,
  keys: readonly string[],
): Promise<{ value: v.InferOutput<S>; by: string }> {
  try {
    const note = parseNote(bytes)
    for (const by of keys) {
      if (!(await isSignedBy(note, await parseVerifierKey(by)))) continue
      const value = v.parse(schema, JSON.parse(note.text))
      if (textOf(value) === note.text) return { value, by }
    }
  } catch {
    // What it is instead is of no interest to whoever sent it.
  }
  throw new Rejected()
}
