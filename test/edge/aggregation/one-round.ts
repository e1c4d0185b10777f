/** One round as its leader and its helper each keep it, open, with reports at the leader: for whoever speaks for one of them. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { answerLeader, type Memory } from '../../../edge/aggregation/helper.ts'
import type { Answer, Question, QuestionOf, Reply } from '../../../edge/aggregation/messages.ts'
import { openReports, type Reports } from '../../../edge/aggregation/reports.ts'
import { keepRound, ownPart, peerPart, type Round, roundFolder } from '../../../edge/aggregation/round.ts'
import { generateHpkeKeys } from '../../../shared/federated/hpke.ts'
import type { Role } from '../../../shared/federated/report.ts'
import { vdafOf } from '../../../shared/federated/vdaf.ts'
import { base64Of } from '../../../shared/tlog/base64.ts'
import { entryId, type TaskEntry } from '../../../shared/tlog/entry.ts'
import { roundEntry, TASK_ENTRY } from '../../shared/tlog/sample-task.ts'
import { contribution } from './contribution.ts'
import { START, vectors } from './two-aggregators.ts'

export interface OneRound {
  leader: Round
  helper: Round
  /** The leader's. */
  reports: Reports
  /** The helper's. */
  memory: Memory
  put(measurement: number, spoil?: Parameters<typeof contribution>[4]): Promise<string>
  /** What the helper answers. */
  ask(question: Exclude<Question, { type: 'key' }>): Promise<Reply>
  /** The same, as a leader is given it. */
  answer(question: Question): Promise<Answer>
}

export async function oneRound(folder: string, changed: Partial<TaskEntry> = {}): Promise<OneRound> {
  const [ofLeader, ofHelper] = [await generateHpkeKeys(), await generateHpkeKeys()]
  const task: TaskEntry = { ...TASK_ENTRY, vdaf: { kind: 'sum', max: 7 }, minBatch: 2, noiseMultiplier: 0, ...changed }
  const entry = roundEntry(1, {
    task: entryId(task),
    opens: START,
    closes: START + 3600,
    leaderKey: base64Of(ofLeader.publicKey),
    helperKey: base64Of(ofHelper.publicKey),
  })
  const vdaf = vdafOf(task, vectors)
  const keep = async (role: Role, privateKey: CryptoKey): Promise<Round> => {
    const own = join(folder, role)
    await mkdir(own)
    await keepRound(own, entry, new Uint8Array(1), task)
    const at = roundFolder(own, entry)
    return { id: entryId(entry), entry, task, vdaf, role, at, maxReports: 1000, privateKey: async () => privateKey }
  }
  const leader = await keep('leader', ofLeader.privateKey)
  const helper = await keep('helper', ofHelper.privateKey)
  const reports = await openReports(join(folder, 'leader'), { maxReports: 1000, now: () => 1000 * (START + 60) })
  const memory: Memory = {}
  const ask: OneRound['ask'] = (question) => answerLeader(helper, question, memory)
  const opened = await ask({ type: 'open', round: leader.id, part: await ownPart(leader) })
  if (opened.type !== 'opened') throw new Error(JSON.stringify(opened))
  await peerPart(leader, opened.part)
  await reports.openRound(entry)
  return {
    leader,
    helper,
    reports,
    memory,
    async put(measurement, spoil) {
      const { id, bytes } = await contribution(vdaf, entry, [measurement], START + 60, spoil)
      await reports.put(bytes)
      return id
    },
    ask,
    async answer(question) {
      if (question.type === 'key') throw new Error('no leader asks for a key')
      return { ...(await ask(question)), to: '0'.repeat(64) }
    },
  }
}

/** What an honest leader would ask, one question after the other, until `last` has been answered. @returns all that it asked */
export function untilAnswered(last: Question['type'], { answer }: OneRound) {
  const asked: Question[] = []
  const ask = async (question: Question): Promise<Answer> => {
    asked.push(question)
    const given = await answer(question)
    if (question.type === last) throw new Error('that is all')
    return given
  }
  const questionOf = <T extends Question['type']>(type: T): QuestionOf<T> => {
    const found = asked.findLast((question) => question.type === type)
    if (!found) throw new Error(`nobody asked ${type}`)
    return found as QuestionOf<T>
  }
  return { ask, asked, questionOf }
}
