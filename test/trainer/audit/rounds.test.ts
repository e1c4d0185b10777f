/** What an audit says of rounds: that their sums are served, who runs the aggregators, and whether browsers take part. */
import { beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_TERMS } from '../../../shared/federated/policy.ts'
import { sha256Hex } from '../../../shared/model/bundle.ts'
import { entryId, type TaskEntry } from '../../../shared/tlog/entry.ts'
import { audit } from '../../../trainer/audit/audit.ts'
import { HELPER, LEADER, released, roundEntry, TASK_ENTRY } from '../../shared/tlog/sample-task.ts'
import { NOW, ShopLog } from './shop-log.ts'

const SUM = new TextEncoder().encode('a noised sum')
let shop: ShopLog
beforeEach(async () => {
  shop = await ShopLog.open()
  await shop.bundle(1)
})

async function runRound(task: TaskEntry): Promise<void> {
  const signers = [shop.publisher, LEADER, HELPER]
  const aggregate = await sha256Hex(SUM)
  await shop.append(task, ...signers)
  await shop.append(roundEntry(1, { task: entryId(task) }), ...signers)
  await shop.append({ ...released(1), task: entryId(task), aggregate } as ReturnType<typeof released>, ...signers)
}
async function found(): Promise<string[]> {
  const { findings } = await audit(shop.source(), { contents: true, publisher: shop.policy.publisher, now: NOW })
  return findings.map(({ code, severity }) => `${severity} ${code}`).filter((one) => one !== 'note no-witnesses')
}
const pin = ({ leader, helper }: TaskEntry) =>
  shop.append({
    type: 'policy',
    ...shop.policy,
    contribution: {
      ...DEFAULT_TERMS,
      minBatch: 16,
      leader: { operator: leader.operator, key: leader.key },
      helper: { operator: helper.operator, key: helper.key },
    },
  })

describe('a round on record', () => {
  it('has its sum served, whole; else the audit says which', async () => {
    await pin(TASK_ENTRY)
    await runRound(TASK_ENTRY)
    expect(await found()).toEqual(['critical aggregate-missing'])
    shop.chunks.set(await sha256Hex(SUM), SUM)
    expect(await found()).toEqual([])
    shop.chunks.set(await sha256Hex(SUM), SUM.with(3, 1))
    expect(await found()).toEqual(['critical aggregate-differs'])
  })

  it('of one operator is no claim of privacy, and says so', async () => {
    const task = { ...TASK_ENTRY, helper: { ...TASK_ENTRY.helper, operator: TASK_ENTRY.leader.operator } }
    shop.chunks.set(await sha256Hex(SUM), SUM)
    await pin(task)
    await runRound(task)
    expect(await found()).toEqual(['note one-operator'])
  })

  it('of a task that no browser takes part in is told apart', async () => {
    shop.chunks.set(await sha256Hex(SUM), SUM)
    await runRound(TASK_ENTRY)
    expect(await found()).toEqual(['warning task-refused'])
    await pin({ ...TASK_ENTRY, helper: { ...TASK_ENTRY.helper, operator: 'Somebody Else' } })
    expect(await found()).toEqual(['warning task-refused'])
  })
})
