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
import { type Database, openDatabase } from '../store/database.ts'
import { decodeConsent } from '../store/event-log.ts'
import { loadSeen } from '../store/witnessed.ts'
import { startWorker } from '../tag/blob-worker.ts'
import { createVouch } from '../tag/trusted.ts'
import { type Contributor, contribute, settle } from './contribute.ts'
import type { ToContributor } from './protocol.ts'

declare const self: DedicatedWorkerGlobalScope
/** `shared/kernels/field64.ts`, compiled by `web/build.ts` and written in as hexadecimal. */
declare const FIELD64_KERNEL: string

const LOCK = 'vitrine-contributing'

self.onmessage = ({ data }: MessageEvent<ToContributor>) => {
  run(data)
    // Away, out of room, ended by the browser: what was written down is gone on with another time.
    .catch(() => {})
    .then(() => self.postMessage('done'))
}

async function run(told: ToContributor): Promise<void> {
  await navigator.locks.request(LOCK, { ifAvailable: told.type !== 'settle' }, async (lock) => {
    const database = lock && (await openDatabase('leave'))
    if (!database) return
    try {
      await settle(standing(database))
      if (told.type === 'contribute') await lookAtRounds(told, database)
    } finally {
      database.close()
    }
  })
}

async function lookAtRounds(told: Extract<ToContributor, { type: 'contribute' }>, database: Database): Promise<void> {
  const by = await contributorOf(told, database)
  for (const offered of decodeOpenRounds(await getRounds(told.edge))) {
    await contribute(offered, by).catch((error: Error) => {
      // What is not on record is nobody's round.
      if (!(error instanceof Untrusted) && !(error instanceof Unreachable)) throw error
    })
  }
}

const standing = (database: Database) => ({
  database,
  // As it is remembered now: another tab may have taken it back.
  isAllowed: async () => {
    const { personalise, remember, contribute: may } = decodeConsent(await database.get('consent', 'consent')) ?? {}
    return personalise === true && remember === true && may === true
  },
  now: () => Date.now(),
})

async function contributorOf(
  { edge, policy, material, learning }: Extract<ToContributor, { type: 'contribute' }>,
  database: Database,
): Promise<Contributor> {
  const { model, modelName, tokens, popularity, learned } = material
  const vouch = createVouch(self)
  const { script, wasm } = learning
  return {
    ...standing(database),
    policy,
    network: await sha256Hex(new TextEncoder().encode(modelName)),
    dimension: sharedLength(model.config, SHARED),
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
