/**
 * The one-hot oracle: report i adds 1 to coordinate i, so that the sum shows which reports were counted, and how often. Leader, helper and
 * publisher are processes that are killed at random moments of a round and started again; clients send until they are answered.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStore } from '../../edge/store.ts'
import { seeded } from '../../shared/data/random.ts'
import { vdafOf } from '../../shared/federated/vdaf.ts'
import { entryId, type RoundEntry, type TaskEntry } from '../../shared/tlog/entry.ts'
import { field64 } from '../../trainer/field64.ts'
import { openKey } from '../../trainer/keys.ts'
import { contribution, upload } from '../edge/aggregation/contribution.ts'
import { LOG, POLICY, policyRecord } from '../edge/sample-bundle.ts'
import { TASK_ENTRY } from '../shared/tlog/sample-task.ts'

const SEEDS = process.env.VITRINE_SOAK ? 100 : 2
const CLIENTS = 90
/** A second job of the two aggregators, which takes 64. */
const LEAST = 66
/** A process that is started again takes seconds, on a busy machine: a round that nobody could open in time is no accident. */
const WINDOW_SECONDS = 8
const ROOT = join(import.meta.dirname, '..', '..')
const WHICH = ['leader', 'helper'] as const

const vdaf = vdafOf(
  { ...TASK_ENTRY, vdaf: { kind: 'pine', dimension: CLIENTS, clipNorm: 1, fractionBits: 16 } },
  await field64(),
)

let folder: string
let task: TaskEntry
const running = new Map<string, ChildProcess>()
const commands = new Map<string, string[]>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-one-hot-'))
  const store = await openStore(join(folder, 'edge'), LOG)
  await store.log.append(await policyRecord())
  const parties: Record<string, TaskEntry['leader']> = {}
  for (const which of WHICH) {
    const port = await freePort()
    const key = join(folder, `${which}.json`)
    const { operator } = TASK_ENTRY[which]
    const { verifierKey } = await openKey(key, { name: `${which}.example`, kind: 'aggregator' })
    parties[which] = { operator, url: `http://127.0.0.1:${port}`, key: verifierKey }
    const state = join(folder, which)
    await mkdir(state) // a key that is there has been used, and then there is a folder
    commands.set(which, [
      join(ROOT, 'trainer', 'main.ts'),
      'aggregate',
      ...['--publisher', POLICY.publisher, '--operator', operator, '--key', key, '--state', state],
      ...['--port', String(port), '--min-batch', '1', '--min-noise', '0', '--network-limit', '1000000', '--quiet'],
    ])
  }
  task = {
    ...TASK_ENTRY,
    vdaf: { kind: 'pine', dimension: CLIENTS, clipNorm: 1, fractionBits: 16 },
    minBatch: 1,
    noiseMultiplier: 0,
    leader: parties.leader,
    helper: parties.helper,
  }
  for (const which of WHICH) await start(which)
})

afterAll(async () => {
  for (const child of running.values()) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

async function start(which: string): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', ...(commands.get(which) as string[])], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.set(which, child)
  await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), once(child, 'exit')])
}

async function kill(which: string): Promise<void> {
  const child = running.get(which)
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Runs until it has come to its end, however often it is killed. */
async function publish(round: number): Promise<void> {
  commands.set('publisher', [
    join(import.meta.dirname, 'run-round.ts'),
    ...[join(folder, 'edge'), JSON.stringify(task), String(round), String(WINDOW_SECONDS)],
  ])
  for (;;) {
    const child = spawn(process.execPath, ['--import', 'tsx', ...(commands.get('publisher') as string[])], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    running.set('publisher', child)
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
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
    const killing = [...WHICH, 'publisher'].map(async (which) => {
      // From before the round is open to when it is being verified.
      await sleep(random.next() * 1000 * (WINDOW_SECONDS + 2))
      await kill(which)
      if (which !== 'publisher') await start(which)
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
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
