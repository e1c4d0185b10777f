/** A leader whose helper lies: it releases nothing that it has not counted itself, and gives its share of nothing else. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lead } from '../../../edge/aggregation/leader.ts'
import type { Answer, AnswerOf, Question } from '../../../edge/aggregation/messages.ts'
import { outcomeOf, readAggregate } from '../../../edge/aggregation/round.ts'
import { type OneRound, oneRound } from './one-round.ts'

let folder: string
let round: OneRound
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-leader-'))
  round = await oneRound(folder)
  for (const n of [1, 2, 4]) await round.put(n)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Leads, with a helper that answers one kind of question in its own way. @returns what became of it, and what was asked */
async function leadWith<T extends Answer['type']>(type: T, lie: (answer: AnswerOf<T>) => Answer) {
  const asked: Question['type'][] = []
  const outcome = await lead(round.leader, round.reports, async (question) => {
    asked.push(question.type)
    const answer = await round.answer(question)
    return answer.type === type ? lie(answer as AnswerOf<T>) : answer
  })
  expect(await outcomeOf(round.leader)).toEqual(outcome)
  return { outcome, asked }
}
const TO = '0'.repeat(64)

describe('a leader', () => {
  it('releases the sum with an honest helper, and the same again', async () => {
    const { outcome, asked } = await leadWith('counted', (answer) => answer)
    expect(outcome).toMatchObject({ state: 'released', batch: { reports: 3 } })
    expect(asked).toEqual(['verify', 'count', 'batch', 'release'])
    const { vdaf } = round.leader
    const aggregate = new Uint8Array((await readAggregate(round.leader)) as Uint8Array)
    expect(vdaf.unshard([aggregate, vdaf.aggregate([])])).toEqual([7n])
    expect((await leadWith('counted', (answer) => answer)).outcome).toEqual(outcome)
  })

  it.each<[string, string, (answer: AnswerOf<'collected'>) => Answer]>([
    ['another batch', 'batch-differs', (a) => ({ ...a, batch: { ...a.batch, digest: TO } })],
    ['another number of reports', 'batch-differs', (a) => ({ ...a, batch: { ...a.batch, reports: 2 } })],
    ['a share that is too short', 'helper-share-malformed', (a) => ({ ...a, share: a.share.slice(1) })],
    ['a share that is no element', 'helper-share-malformed', (a) => ({ ...a, share: a.share.map(() => 0xff) })],
    ['a refusal', 'helper-too-few', () => ({ type: 'refused', to: TO, reason: 'too-few' })],
    ['something else', 'helper-confused', () => ({ type: 'counted', to: TO })],
  ])('gives its own share to no helper that answers %s', async (_what, reason, lie) => {
    const { outcome, asked } = await leadWith('collected', lie)
    expect(outcome).toEqual({ state: 'aborted', reason })
    expect(asked).not.toContain('release')
  })

  it('releases no aggregate but its own', async () => {
    const { outcome } = await leadWith('released', (answer) => ({ ...answer, aggregate: TO }))
    expect(outcome).toEqual({ state: 'aborted', reason: 'aggregate-differs' })
  })

  it('takes no fewer shares than it asked for', async () => {
    const { outcome } = await leadWith('verified', (answer) => ({ ...answer, shares: answer.shares.slice(1) }))
    expect(outcome).toEqual({ state: 'aborted', reason: 'helper-job-differs' })
  })

  it('counts no report by the share of another, nor one that the helper rejects', async () => {
    const { outcome, asked } = await leadWith('verified', ({ shares: [a, b, c], ...answer }) => ({
      ...answer,
      shares: [b, a, c],
    }))
    expect(outcome).toEqual({ state: 'aborted', reason: 'too-few' })
    expect(asked).toEqual(['verify', 'count'])
    round = await oneRound(await mkdtemp(join(folder, 'other-')))
    for (const n of [1, 2, 4]) await round.put(n)
    const rejecting = await leadWith('verified', ({ shares: [_, ...rest], ...answer }) => ({
      ...answer,
      shares: [null, ...rest],
    }))
    expect(rejecting.outcome).toMatchObject({ state: 'released', batch: { reports: 2 } })
  })

  it('asks no helper without end that forgets, and goes on with one that has forgotten', async () => {
    let forgets = 3
    const forget = (answer: Answer): Answer =>
      forgets-- > 0 ? { type: 'refused', to: TO, reason: 'job-unknown' } : answer
    const { outcome, asked } = await leadWith('counted', forget)
    expect(outcome).toMatchObject({ state: 'released', batch: { reports: 3 } })
    expect(asked.filter((type) => type === 'verify')).toHaveLength(4)
    round = await oneRound(await mkdtemp(join(folder, 'other-')))
    for (const n of [1, 2]) await round.put(n)
    forgets = Number.POSITIVE_INFINITY
    expect((await leadWith('counted', forget)).outcome).toEqual({ state: 'aborted', reason: 'helper-job-unknown' })
  })
})
