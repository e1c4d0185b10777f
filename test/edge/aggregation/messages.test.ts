/** Messages between aggregators: read in the one way in which they are written, from whom they should be, or rejected. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  JOB_REPORTS,
  openAnswer,
  openQuestion,
  type Question,
  type Reply,
  signAnswer,
  signQuestion,
} from '../../../edge/aggregation/messages.ts'
import { vdafOf } from '../../../shared/federated/vdaf.ts'
import { Rejected } from '../../../shared/federated/wire.ts'
import { signEntry } from '../../../shared/tlog/entry.ts'
import { MAX_NOTE_BYTES, parseNote, signNote } from '../../../shared/tlog/note.ts'
import { HELPER, LEADER, released, roundEntry, TASK_ENTRY } from '../../shared/tlog/sample-task.ts'
import { SHOP } from '../sample-bundle.ts'
import { vectors } from './two-aggregators.ts'

const HEX = [...'0123456789abcdef']
const hexOf = (length: number) => fc.string({ unit: fc.constantFrom(...HEX), minLength: length, maxLength: length })
const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => new Uint8Array(array))
const round = hexOf(64)
const reason = fc.constantFrom('too-few', 'leader-away', 'x')
const count = fc.nat()
const report = fc.record({
  id: hexOf(32),
  time: count,
  publicShare: bytes,
  leader: hexOf(64),
  sealed: bytes,
  share: bytes,
})
const upTo = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 5 })
const type = <T extends string>(name: T) => fc.constant(name)
const batch = fc.record({ type: type('batch'), round, reports: count, digest: hexOf(64) })
const question: fc.Arbitrary<Question> = fc.oneof(
  fc.record({ type: type('key'), task: hexOf(64), round: fc.integer({ min: 1 }) }),
  fc.record({ type: type('abort'), round, reason }),
  fc.record({ type: type('open'), round, part: bytes }),
  fc.record({ type: type('verify'), round, job: count, reports: upTo(report) }),
  fc.record({ type: type('count'), round, job: count, accepted: upTo(fc.boolean()) }),
  batch,
  fc.record({ type: type('release'), round, share: bytes }),
)
const reply: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({ type: type('key'), key: bytes }),
  fc.record({ type: type('aborted'), reason }),
  fc.record({ type: type('opened'), part: bytes }),
  fc.record({ type: type('verified'), shares: upTo(fc.option(bytes)) }),
  fc.record({ type: type('counted') }),
  fc.record({ type: type('collected'), batch, share: bytes }),
  fc.record({ type: type('released'), aggregate: hexOf(64) }),
  fc.record({ type: type('refused'), reason }),
)
const [ofLeader, ofHelper] = [TASK_ENTRY.leader.key, TASK_ENTRY.helper.key]
const textOf = (note: Uint8Array) => parseNote(note).text
const abort: Question = { type: 'abort', round: 'a'.repeat(64), reason: 'too-few' }

describe('a message', () => {
  it('is what was said, by whom', async () => {
    await fc.assert(
      fc.asyncProperty(question, reply, async (asked, said) => {
        const note = await signQuestion(asked, LEADER)
        expect(await openQuestion(note, [ofHelper, ofLeader])).toEqual({ question: asked, by: ofLeader })
        const answer = await openAnswer(await signAnswer(said, note, HELPER), note, ofHelper)
        expect(answer).toMatchObject(said)
      }),
      { numRuns: 100 },
    )
  })

  it('is rejected where another has signed it', async () => {
    const note = await signQuestion(abort, HELPER)
    await expect(openQuestion(note, [ofLeader])).rejects.toThrow(Rejected)
    await expect(openQuestion(note, [])).rejects.toThrow(Rejected)
    const answer = await signAnswer({ type: 'counted' }, note, LEADER)
    await expect(openAnswer(answer, note, ofHelper)).rejects.toThrow(Rejected)
  })

  it('answers one question: played again for another it is rejected', async () => {
    const note = await signQuestion(abort, LEADER)
    const other = await signQuestion({ ...abort, reason: 'too-many' }, LEADER)
    const answer = await signAnswer({ type: 'counted' }, note, HELPER)
    await expect(openAnswer(answer, other, ofHelper)).rejects.toThrow(Rejected)
    // Whoever signs twice may write other signatures: it is the same question.
    const again = await signNote(textOf(note), LEADER, HELPER)
    expect(await openAnswer(answer, again, ofHelper)).toMatchObject({ type: 'counted' })
  })

  it('is no question where it is an answer, no answer where it is a question, and neither is an entry of a log', async () => {
    await fc.assert(
      fc.asyncProperty(question, reply, async (asked, said) => {
        const note = await signQuestion(asked, LEADER)
        const answer = await signAnswer(said, note, LEADER)
        await expect(openQuestion(answer, [ofLeader])).rejects.toThrow(Rejected)
        await expect(openAnswer(note, note, ofLeader)).rejects.toThrow(Rejected)
        for (const one of [note, answer]) {
          await expect(signEntry(JSON.parse(textOf(one)), LEADER)).rejects.toThrow('entry:')
        }
      }),
      { numRuns: 50 },
    )
    for (const entry of [TASK_ENTRY, roundEntry(1), released(1)]) {
      const record = await signEntry(entry, SHOP, LEADER, HELPER)
      await expect(openQuestion(record, [ofLeader])).rejects.toThrow(Rejected)
      await expect(openAnswer(record, record, ofLeader)).rejects.toThrow(Rejected)
    }
  })

  it.each<[string, (text: string) => string]>([
    ['with a space', (text) => text.replace(':', ': ')],
    ['with its fields in another order', (text) => text.replace(/("type":"abort"),(.*)}/, '{$2,$1}').slice(1)],
    ['with a field twice', (text) => text.replace('{', '{"type":"open",')],
    ['with a field more', (text) => text.replace('}', ',"more":1}')],
    ['with a field less', (text) => text.replace(/,"reason":"[^"]*"/, '')],
    ['with an escape where none is needed', (text) => text.replace('too', '\\u0074oo')],
    ['with two lines', (text) => `${text}${text}`],
    ['without its line', () => '\n'],
  ])('%s is rejected, though it is signed', async (_what, change) => {
    const text = textOf(await signQuestion(abort, LEADER))
    expect(change(text)).not.toBe(text)
    await expect(openQuestion(await signNote(change(text), LEADER), [ofLeader])).rejects.toThrow(Rejected)
  })

  it.each([
    { ...abort, round: 'A'.repeat(64) },
    { ...abort, round: '../../../etc/passwd' },
    { type: 'count', round: 'a'.repeat(64), job: -1, accepted: [] },
    { type: 'count', round: 'a'.repeat(64), job: 0.5, accepted: [] },
    { type: 'count', round: 'a'.repeat(64), job: 1e300, accepted: [] },
    { type: 'count', round: 'a'.repeat(64), job: 0, accepted: new Array(JOB_REPORTS + 1).fill(true) },
    { type: 'release', round: 'a'.repeat(64), share: 'AAB=' },
    { type: 'release', round: 'a'.repeat(64), share: 'AAA' },
    { type: 'key', task: 'a'.repeat(64), round: 0 },
    { type: 'shutdown' },
  ])('that says %j is rejected', async (value) => {
    const note = await signNote(`${JSON.stringify(value)}\n`, LEADER)
    await expect(openQuestion(note, [ofLeader])).rejects.toThrow(Rejected)
  })

  it('with any byte changed, cut off or put in between is rejected, and nothing else is thrown', async () => {
    const note = await signQuestion({ ...abort, reason: 'too-many' }, LEADER)
    const changed = fc.oneof(
      fc
        .tuple(fc.nat(note.length - 1), fc.integer({ min: 1, max: 255 }))
        .map(([at, by]) => note.with(at, note[at] ^ by)),
      fc.nat(note.length - 1).map((length) => note.slice(0, length)),
      fc
        .tuple(fc.nat(note.length), fc.uint8Array({ minLength: 1, maxLength: 9 }))
        .map(([at, more]) => new Uint8Array([...note.slice(0, at), ...more, ...note.slice(at)])),
      fc.uint8Array({ maxLength: 300 }).map((array) => new Uint8Array(array)),
    )
    await fc.assert(
      fc.asyncProperty(changed, async (some) => {
        const opened = await openQuestion(some, [ofLeader]).catch((error: Error) => error)
        // Other signatures may be put beside it; what is said stays the same.
        if (opened instanceof Error) expect(opened).toBeInstanceOf(Rejected)
        else expect(opened.question).toEqual({ ...abort, reason: 'too-many' })
        await expect(openAnswer(some, note, ofLeader)).rejects.toThrow(Rejected)
      }),
      { numRuns: process.env.VITRINE_SOAK ? 50_000 : 1000 },
    )
  })
})

it.each([
  { kind: 'pine', dimension: 16_384, clipNorm: 1, fractionBits: 16 },
  { kind: 'histogram', length: 10_000 },
  { kind: 'multihot', length: 10_000, maxWeight: 10_000 },
] as const)('a job of as many reports as there may be fits into a message: %j', { timeout: 120_000 }, async (kind) => {
  const vdaf = vdafOf({ ...TASK_ENTRY, vdaf: kind }, vectors)
  const zeros = new Array<number>(kind.kind === 'pine' ? kind.dimension : kind.length).fill(0)
  const id = new Uint8Array(16)
  const { publicShare, inputShares } = await vdaf.shard(zeros, id, new Uint8Array(vdaf.randomBytes).fill(1))
  const { share } = await vdaf.prepare(new Uint8Array(32), 0, id, publicShare, inputShares[0])
  const one = { id: '0'.repeat(32), time: 1_795_000_000, publicShare, leader: '0'.repeat(64), share }
  const reports = new Array(JOB_REPORTS).fill({ ...one, sealed: new Uint8Array(inputShares[1].length + 81) })
  const note = await signQuestion({ type: 'verify', round: '0'.repeat(64), job: 1562, reports }, LEADER)
  expect(note.length).toBeLessThan(MAX_NOTE_BYTES)
})
