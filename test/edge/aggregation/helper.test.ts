/** A helper whose leader lies: nothing is counted twice, nothing is released that both have not counted, and nothing of too few. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lead } from '../../../edge/aggregation/leader.ts'
import type { Question, QuestionOf } from '../../../edge/aggregation/messages.ts'
import { batchOf, outcomeOf } from '../../../edge/aggregation/round.ts'
import { type OneRound, oneRound, untilAnswered } from './one-round.ts'
import { START } from './two-aggregators.ts'

let folder: string
let round: OneRound
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-helper-'))
  round = await oneRound(folder)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Leads honestly until that question has been answered. */
async function leadUntil(last: Question['type'], of = round) {
  const { ask, questionOf } = untilAnswered(last, of)
  await expect(lead(of.leader, of.reports, ask)).rejects.toThrow('that is all')
  return questionOf
}
const refused = (reason: string) => ({ type: 'refused', reason })
const files = () => readdir(round.helper.at)
const aborted = (reason: string) => ({ state: 'aborted', reason })

describe('what is counted', () => {
  it('is a report once, whether it comes twice in a job or in two', async () => {
    for (const n of [1, 2]) await round.put(n)
    const questionOf = await leadUntil('count')
    const verify = questionOf('verify')
    // In another job.
    await round.ask({ ...verify, job: 1 })
    expect(await round.ask({ ...questionOf('count'), job: 1 })).toEqual(refused('report-twice'))
    expect(await outcomeOf(round.helper)).toEqual(aborted('report-twice'))
  })

  it('is a report once, in one job too, and after a helper has been started again', async () => {
    for (const n of [1, 2]) await round.put(n)
    const verify = (await leadUntil('verify'))('verify')
    const twice = { ...verify, reports: [verify.reports[0], verify.reports[0]] }
    await round.ask(twice)
    expect(await round.ask({ type: 'count', round: round.leader.id, job: 0, accepted: [true, true] })).toEqual(
      refused('report-twice'),
    )
    expect(await outcomeOf(round.helper)).toEqual(aborted('report-twice'))
  })

  it('is nothing that this helper rejects, whatever the leader accepts', async () => {
    await round.put(1)
    await round.put(2, ({ publicShare, inputShares: [leader, helper] }) => ({
      publicShare,
      inputShares: [leader.with(0, leader[0] ^ 1), helper],
    }))
    const questionOf = await leadUntil('count')
    expect(questionOf('count').accepted.filter((yes) => yes)).toHaveLength(1)
    const once = await oneRound(await mkdtemp(join(folder, 'other-')))
    await once.put(1)
    const verify = (await leadUntil('verify', once))('verify')
    const late = { ...verify, reports: verify.reports.map((report) => ({ ...report, time: START + 3600 })) }
    for (const changed of [
      late,
      { ...verify, reports: verify.reports.map((report) => ({ ...report, time: report.time + 1 })) },
      { ...verify, reports: verify.reports.map((report) => ({ ...report, id: '0'.repeat(32) })) },
      { ...verify, reports: verify.reports.map((report) => ({ ...report, sealed: new Uint8Array(90) })) },
      { ...verify, reports: verify.reports.map((report) => ({ ...report, publicShare: new Uint8Array(1) })) },
    ]) {
      expect(await once.ask(changed)).toEqual({ type: 'verified', shares: [null] })
    }
    expect(await once.ask({ type: 'count', round: once.leader.id, job: 0, accepted: [true] })).toEqual(
      refused('job-differs'),
    )
  })

  it('is not changed afterwards', async () => {
    for (const n of [1, 2, 3]) await round.put(n)
    const count = (await leadUntil('count'))('count')
    expect(await round.ask(count)).toEqual({ type: 'counted' })
    expect(await round.ask({ ...count, accepted: [true, true, false] })).toEqual(refused('job-differs'))
    expect(await outcomeOf(round.helper)).toEqual(aborted('job-differs'))
  })

  it('is what was verified last, where a job is verified twice', async () => {
    for (const n of [1, 2, 3]) await round.put(n)
    const verify = (await leadUntil('verify'))('verify')
    const fewer = { ...verify, reports: verify.reports.slice(1) }
    await round.ask(fewer)
    const count = { type: 'count', round: round.leader.id, job: 0 } as const
    expect(await round.ask({ ...count, accepted: [true, true] })).toEqual({ type: 'counted' })
    expect(await batchOf(round.helper)).toMatchObject({ reports: 2 })
    // What comes late does not replace it.
    await round.ask(verify)
    expect(await round.ask({ ...count, accepted: [true, true] })).toEqual({ type: 'counted' })
    expect((await batchOf(round.helper)).reports).toBe(2)
  })

  it('is bounded: one job is remembered, and no more jobs than there may be reports', async () => {
    await round.put(1)
    const verify = (await leadUntil('verify'))('verify')
    for (const job of [1, 2, 3]) await round.ask({ ...verify, job })
    expect(round.memory.verified?.job).toBe(3)
    expect(await round.ask({ type: 'count', round: round.leader.id, job: 2, accepted: [true] })).toEqual(
      refused('job-unknown'),
    )
    expect(await round.ask({ ...verify, job: Number.MAX_SAFE_INTEGER })).toEqual(refused('too-many'))
    expect(await outcomeOf(round.helper)).toEqual(aborted('too-many'))
  })

  it('is verified under a key that neither has chosen after the other', async () => {
    const other = { type: 'open', round: round.leader.id, part: new Uint8Array(32) } as const
    expect(await round.ask(other)).toEqual(refused('part-differs'))
    expect(await outcomeOf(round.helper)).toEqual(aborted('part-differs'))
  })
})

describe('a share', () => {
  it('is given of no batch that this helper has not counted', async () => {
    for (const n of [1, 2]) await round.put(n)
    const count = (await leadUntil('count'))('count')
    await round.ask(count)
    const batch = await batchOf(round.leader)
    const [other, more] = [await oneRound(await mkdtemp(join(folder, 'other-'))), { ...batch, reports: 3 }]
    expect(await round.ask(more)).toEqual(refused('batch-differs'))
    for (const n of [1, 2]) await other.put(n)
    await leadUntil('count', other)
    expect(await other.ask({ ...batch, digest: '0'.repeat(64) })).toEqual(refused('batch-differs'))
    for (const { helper } of [round, other]) {
      expect(await outcomeOf(helper)).toEqual(aborted('batch-differs'))
      expect((await readdir(helper.at)).filter((name) => name.startsWith('share'))).toEqual([])
    }
  })

  it('is given of no fewer reports than the task asks for, though the leader says that they are enough', async () => {
    await round.put(1)
    await leadUntil('count')
    expect(await round.ask(await batchOf(round.helper))).toEqual(refused('too-few'))
    expect(await outcomeOf(round.helper)).toEqual(aborted('too-few'))
    expect((await files()).filter((name) => name.startsWith('share'))).toEqual([])
  })

  it('is not combined before there is a batch', async () => {
    for (const n of [1, 2]) await round.put(n)
    await leadUntil('count')
    const share = round.leader.vdaf.aggregate([])
    expect(await round.ask({ type: 'release', round: round.leader.id, share })).toEqual(refused('no-batch'))
    expect((await files()).filter((name) => name.startsWith('share') || name === 'aggregate')).toEqual([])
  })

  it('is the same whenever it is asked for, noise and all, and nothing is counted after it', async () => {
    round = await oneRound(await mkdtemp(join(folder, 'noisy-')), { noiseMultiplier: 3 })
    for (const n of [1, 2]) await round.put(n)
    const questionOf = await leadUntil('batch')
    const asked = await Promise.all([0, 1, 2].map(() => round.ask(questionOf('batch'))))
    expect(asked[0]).toMatchObject({ type: 'collected' })
    expect(asked[1]).toEqual(asked[0])
    expect(asked[2]).toEqual(asked[0])
    const another = await oneRound(await mkdtemp(join(folder, 'another-')))
    await another.put(1)
    await round.ask({ ...questionOf('verify'), job: 1 })
    expect(await round.ask({ type: 'count', round: round.leader.id, job: 1, accepted: [true, true] })).toEqual(
      refused('batch-collected'),
    )
    expect(await round.ask(questionOf('batch'))).toEqual(asked[0])
  })

  it('is released once: what comes after is the same, and an abort is too late', async () => {
    for (const n of [1, 2]) await round.put(n)
    const questionOf = await leadUntil('release')
    const release: QuestionOf<'release'> = questionOf('release')
    const outcome = await outcomeOf(round.helper)
    expect(outcome).toMatchObject({ state: 'released' })
    const share = round.leader.vdaf.aggregate([])
    const again = await round.ask({ ...release, share })
    expect(again).toEqual(await round.ask(release))
    expect(await round.ask({ type: 'abort', round: round.leader.id, reason: 'regret' })).toEqual(refused('released'))
    expect(await outcomeOf(round.helper)).toEqual(outcome)
  })

  it('is given to nobody once the round was aborted, whatever is asked', async () => {
    for (const n of [1, 2]) await round.put(n)
    const questionOf = await leadUntil('count')
    const batch = await batchOf(round.leader)
    await round.ask({ type: 'abort', round: round.leader.id, reason: 'regret' })
    for (const question of [questionOf('verify'), questionOf('count'), batch]) {
      expect(await round.ask(question)).toEqual(refused('regret'))
    }
    const share = round.leader.vdaf.aggregate([])
    expect(await round.ask({ type: 'release', round: round.leader.id, share })).toEqual(refused('regret'))
    expect(await outcomeOf(round.helper)).toEqual(aborted('regret'))
  })
})

it('what is secret can be read by its owner alone', async () => {
  for (const n of [1, 2]) await round.put(n)
  await leadUntil('batch')
  for (const at of [round.leader.at, round.helper.at]) {
    const entries = await readdir(at, { recursive: true, withFileTypes: true })
    const secret = entries.filter((one) => !['task.json', 'round.json', 'closed.json'].includes(one.name))
    expect(secret.length).toBeGreaterThan(5)
    for (const one of [...secret.map(({ parentPath, name }) => join(parentPath, name)), at]) {
      expect((await stat(one)).mode & 0o077, one).toBe(0)
    }
  }
})
