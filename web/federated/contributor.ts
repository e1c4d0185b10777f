/**
 * The contributor: a worker that is started when a device may learn and the shopper allows contributions, looks at the rounds that are open,
 * and ends. One tab contributes at a time. What is sent, and when not, is `contribute.ts`' to say.
 */
import { FIELD64 } from '../../shared/federated/field.ts'
import { decodeOpenRounds } from '../../shared/federated/open-rounds.ts'
import { fastVectors } from '../../shared/federated/pine/fast-vectors.ts'
import { plainVectors } from '../../shared/federated/pine/vectors.ts'
import { vdafOf } from '../../shared/federated/vdaf.ts'
import { sha256Hex } from '../../shared/model/bundle.ts'
import { SHARED, sharedLength } from '../../shared/model/shared-vector.ts'
import { Untrusted } from '../../shared/tlog/policy.ts'
import { answerOf } from '../learning/attempt.ts'
import type { UpdateRequest, UpdateResult } from '../learning/protocol.ts'
import { checkGrowth } from '../log-growth.ts'
import { getRounds, Unreachable } from '../network.ts'
import type { Answering, Asking } from '../protocol.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { type LedgerEntry, loadLedger, markWithdrawn, tidyLedger } from '../store/ledger.ts'
import { loadSeen } from '../store/witnessed.ts'
import { startWorker } from '../tag/blob-worker.ts'
import { createVouch } from '../tag/trusted.ts'
import { type Contributor, contribute, settle } from './contribute.ts'
import type { ContributorQuestions } from './protocol.ts'

declare const self: DedicatedWorkerGlobalScope
/** `shared/kernels/field64.ts`, compiled by `web/build.ts` and written in as hexadecimal. */
declare const FIELD64_KERNEL: string

type Told = ContributorQuestions['contribute']['with']

const LOCK = 'vitrine-contributing'

self.onmessage = ({ data }: MessageEvent<Asking<ContributorQuestions>>) => {
  const { request } = data
  answer(data).then(
    (value) => self.postMessage({ type: 'answer', request, value } satisfies Answering),
    // Away, out of room, ended by the browser: what was written down is gone on with another time.
    ({ name }: Error) => self.postMessage({ type: 'error', request, message: name } satisfies Answering),
  )
}

async function answer(question: Asking<ContributorQuestions>): Promise<LedgerEntry[] | undefined> {
  if (question.type === 'ledger') return (await withDatabase((database) => tidyLedger(database, Date.now()))) ?? []
  const isAsked = question.type === 'withdraw'
  // Who asks to take something back waits for what another tab is at.
  return navigator.locks.request(LOCK, { ifAvailable: !isAsked }, async (lock) => {
    if (!lock) return undefined
    return withDatabase(async (database) => {
      if (isAsked) await markWithdrawn(database, question.round)
      await settle(database, Date.now())
      if (isAsked) return loadLedger(database)
      await lookAtRounds(question, database)
      return undefined
    })
  })
}

/** @returns undefined where nothing is remembered */
async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T | undefined> {
  const database = await openDatabase('leave')
  return database && work(database).finally(() => database.close())
}

async function lookAtRounds(told: Told, database: Database): Promise<void> {
  const by = await contributorOf(told, database)
  for (const offered of decodeOpenRounds(await getRounds(told.edge))) {
    await contribute(offered, by).catch((error: Error) => {
      // What is not on record is nobody's round.
      if (!(error instanceof Untrusted) && !(error instanceof Unreachable)) throw error
    })
  }
}

async function contributorOf({ edge, policy, material, learning }: Told, database: Database): Promise<Contributor> {
  const { model, modelName, tokens, popularity, categories, sights, learned, stage } = material
  const vouch = createVouch(self)
  const { script, wasm } = learning
  return {
    database,
    now: () => Date.now(),
    policy,
    network: await sha256Hex(new TextEncoder().encode(modelName)),
    dimension: sharedLength(model.config, SHARED),
    stage,
    history: { model, tokens, categories, sights },
    async learn(since) {
      const worker = startWorker(script, vouch)
      const request: UpdateRequest = {
        ...{ kind: 'update', model, tokens, popularity, since, now: Date.now() },
        ...{ wasm, measured: learned?.measured },
      }
      const result = await answerOf<UpdateResult>(worker, request).finally(() => worker.terminate())
      return result?.outcome === 'updated' ? result.update : undefined
    },
    vdafOf: (task) => (wasm ? vdafOf(task, fastVectors(kernel())) : vdafOf(task, plainVectors(FIELD64))),
    async checkLog(round) {
      const seen = await loadSeen(database, policy.log.split('+')[0])
      if (!seen) return
      // An older copy says nothing of what has been closed since.
      if (round.checkpoint.size < seen.checkpoint.size)
        throw new Untrusted('unproven', 'the log had more entries before')
      await checkGrowth(seen, round, edge)
    },
  }
}

const kernel = () =>
  new WebAssembly.Module(Uint8Array.from(FIELD64_KERNEL.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)))
