/**
 * The one-hot oracle: report i adds 1 to coordinate i, so that the sum shows which reports were counted, and how often. Leader, helper and
 * publisher are processes that are killed at random moments of a round and started again; clients send until they are answered.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStore } from '../../edge/store.ts'
import { seeded } from '../../shared/data/random.ts'
import { vdafOf } from '../../shared/federated/vdaf.ts'
import { entryId, type RoundEntry, type TaskEntry } from '../../shared/tlog/entry.ts'
import { field64 } from '../../trainer/field64.ts'
import { contribution, upload } from '../edge/aggregation/contribution.ts'
import { type AggregatorProcess, aggregatorProcess } from '../edge/aggregation/processes.ts'
import { LOG, POLICY, policyRecord } from '../edge/sample-bundle.ts'
import { TASK_ENTRY } from '../shared/tlog/sample-task.ts'

const SEEDS = process.env.VITRINE_SOAK ? 100 : 2
const CLIENTS = 90
/** A second job of the two aggregators, which takes 64. */
const LEAST = 66
/** A process that is started again takes seconds, on a busy machine: a round that nobody could open in time is no accident. */
const WINDOW_SECONDS = 8
const VDAF = { kind: 'pine', dimension: CLIENTS, clipNorm: 1, fractionBits: 16 } as const
const vdaf = vdafOf({ ...TASK_ENTRY, vdaf: VDAF }, await field64())

let folder: string
let task: TaskEntry
const aggregators: AggregatorProcess[] = []
let publisher: ChildProcess | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-one-hot-'))
  const store = await openStore(join(folder, 'edge'), LOG)
  await store.log.append(await policyRecord())
  for (const which of ['leader', 'helper'] as const) {
    aggregators.push(await aggregatorProcess(folder, which, TASK_ENTRY[which].operator, POLICY.publisher))
  }
  const [leader, helper] = aggregators.map(({ party }) => party)
  task = { ...TASK_ENTRY, vdaf: VDAF, minBatch: 1, noiseMultiplier: 0, leader, helper }
  for (const one of aggregators) await one.start()
})

afterAll(async () => {
  publisher?.kill('SIGKILL')
  for (const one of aggregators) await one.kill()
  await rm(folder, { recursive: true, force: true })
})

/** Runs until it has come to its end, however often it is killed. */
async function publish(round: number): Promise<void> {
  const script = join(import.meta.dirname, 'run-round.ts')
  const args = [join(folder, 'edge'), JSON.stringify(task), String(round), String(WINDOW_SECONDS)]
  for (;;) {
    publisher = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [code, signal] = (await once(publisher, 'exit')) as [number | null, string | null]
    if (code === 0) return
    if (signal !== 'SIGKILL') throw new Error(`the publisher ended with ${code ?? signal}`)
  }
}

async function roundOnRecord(round: number) {
  const { standing } = await (await openStore(join(folder, 'edge'))).log.head()
  const known = standing.tasks?.[entryId(task)]
  return known?.round?.round === round ? known : undefined
}

async function untilOpen(round: number): Promise<RoundEntry> {
  for (;;) {
    const known = await roundOnRecord(round)
    if (known?.round) return known.round
    await sleep(50)
  }
}

/** Sends until it is answered by yes or no. */
async function sendUntilAnswered(round: RoundEntry, i: number): Promise<boolean> {
  const oneHot = Array.from({ length: CLIENTS }, (_, n) => (n === i ? 1 : 0))
  const made = await contribution(vdaf, round, oneHot, Math.floor(Date.now() / 1000))
  for (;;) {
    const response = await upload(task.leader.url, made).catch(() => undefined)
    if (response && (response.status === 200 || response.status === 201)) return true
    // Not there, or not open yet there: later. Anything else is a no.
    const code = response && ((await response.json().catch(() => ({}))) as { code?: string }).code
    if (response && code !== 'round-unknown' && code !== 'round-not-open') return false
    await sleep(100)
  }
}

it(`every report that was acknowledged is counted once, whoever is killed: ${SEEDS} rounds`, {
  timeout: 3_600_000,
}, async () => {
  let twoJobs = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seeded(`one-hot ${seed}`)
    const ended = publish(seed)
    const killing = [...aggregators, undefined].map(async (one) => {
      // From before the round is open to when it is being verified.
      await sleep(random.next() * 1000 * (WINDOW_SECONDS + 2))
      if (!one) return void publisher?.kill('SIGKILL')
      await one.kill()
      await one.start()
    })
    const round = await untilOpen(seed)
    const sent: number[] = []
    const acknowledged: number[] = []
    const sending = Array.from({ length: CLIENTS }, async (_, i) => {
      await sleep(random.next() * 1000 * WINDOW_SECONDS)
      sent.push(i)
      if (await sendUntilAnswered(round, i)) acknowledged.push(i)
    })
    await Promise.all([ended, ...killing, ...sending])
    const known = await roundOnRecord(seed)
    expect(known?.result, `seed ${seed}: ${JSON.stringify(known?.result)}`).toMatchObject({ outcome: 'released' })
    if (known?.result?.outcome !== 'released') throw new Error('not released')
    const store = await openStore(join(folder, 'edge'))
    const aggregate = new Uint8Array((await store.readChunk(known.result.aggregate)) as Uint8Array)
    const sums = vdaf.unshard([aggregate, new Uint8Array(aggregate.length)]).map(Number)
    expect(sums.filter((sum) => sum !== 0 && sum !== 1)).toEqual([])
    const counted = sums.flatMap((sum, i) => (sum === 1 ? [i] : []))
    expect(counted).toEqual(expect.arrayContaining(acknowledged))
    expect(sent).toEqual(expect.arrayContaining(counted))
    expect(counted).toHaveLength(known.result.reports)
    if (acknowledged.length >= LEAST) twoJobs++
  }
  // Else a second job was never under way when somebody was killed.
  expect(twoJobs).toBeGreaterThan(0)
})
