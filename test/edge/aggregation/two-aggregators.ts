/** A leader, a helper and a log, in this process, with clocks of one hand: for whoever runs rounds. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '../../../edge/store.ts'
import { type ContributionTerms, DEFAULT_TERMS } from '../../../shared/federated/policy.ts'
import { type Vdaf, vdafOf } from '../../../shared/federated/vdaf.ts'
import type { RoundEntry, TaskEntry } from '../../../shared/tlog/entry.ts'
import { field64 } from '../../../trainer/field64.ts'
import { declareTask, openRound, type Publisher } from '../../../trainer/rounds/rounds.ts'
import { folderDestination, serveAggregator } from '../../../trainer/serve.ts'
import { HELPER, LEADER, TASK_ENTRY } from '../../shared/tlog/sample-task.ts'
import { LOG, POLICY, policyRecord, SHOP } from '../sample-bundle.ts'

export const START = 1_795_000_000
export const LENIENT: ContributionTerms = { ...DEFAULT_TERMS, minBatch: 1, minNoiseMultiplier: 0 }
export const vectors = await field64()

type Served = Awaited<ReturnType<typeof serveAggregator>>
type Which = 'leader' | 'helper'

export interface TwoAggregators {
  folder: string
  /** Of the edge. */
  store: Store
  publisher: Publisher
  /** Seconds since 1970, of both aggregators. */
  clock: { seconds: number }
  servers: Record<Which, Served>
  restart(which: Which): Promise<void>
  task(changed: Partial<TaskEntry>): TaskEntry
  /** Declares a task and opens its first round. */
  begin(changed: Partial<TaskEntry>): Promise<{ task: TaskEntry; id: string; round: RoundEntry; vdaf: Vdaf }>
  stop(): Promise<void>
}

export async function twoAggregators(terms = LENIENT, clock = { seconds: START + 60 }): Promise<TwoAggregators> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-round-'))
  const now = () => 1000 * clock.seconds
  const store = await openStore(join(folder, 'edge'), LOG)
  const publisher: Publisher = { key: SHOP, destination: folderDestination(store) }
  await publisher.destination.append(await policyRecord())
  const serve = (which: Which, port = 0) =>
    serveAggregator({
      folder: join(folder, which),
      signer: which === 'leader' ? LEADER : HELPER,
      operator: TASK_ENTRY[which].operator,
      publisher: POLICY.publisher,
      terms,
      vdafOf: (task) => vdafOf(task, vectors),
      maxReports: 1000,
      limit: { requests: 1000, windowSeconds: 3600 },
      port,
      host: '127.0.0.1',
      now,
    })
  const servers = { leader: await serve('leader'), helper: await serve('helper') }
  const task = (changed: Partial<TaskEntry>): TaskEntry => ({
    ...TASK_ENTRY,
    leader: { ...TASK_ENTRY.leader, url: servers.leader.url },
    helper: { ...TASK_ENTRY.helper, url: servers.helper.url },
    ...changed,
  })
  return {
    folder,
    store,
    publisher,
    clock,
    servers,
    task,
    async restart(which) {
      const { port } = servers[which]
      await servers[which].close()
      servers[which] = await serve(which, port)
    },
    async begin(changed) {
      const one = task(changed)
      const id = await declareTask(one, publisher)
      const round = await openRound(id, { model: 'a'.repeat(64), opens: START, closes: START + 3600 }, publisher)
      return { task: one, id, round, vdaf: vdafOf(one, vectors) }
    },
    async stop() {
      await Promise.all([servers.leader.close(), servers.helper.close()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}
