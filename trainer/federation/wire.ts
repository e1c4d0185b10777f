/**
 * A round's reports through the real wire: sharded, proved, sealed, put to a leader over HTTP, verified by both aggregators, noised, put on
 * record and released, in this process and by a clock of its own. Nothing is left out but time: a round is over as soon as its reports are
 * there, and a shopper may be in each.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UpdateShape } from '../../shared/federated/model-update.ts'
import { DEFAULT_TERMS } from '../../shared/federated/policy.ts'
import { makeReport } from '../../shared/federated/report.ts'
import { type Vdaf, vdafOf } from '../../shared/federated/vdaf.ts'
import { hexOf } from '../../shared/tlog/base64.ts'
import { entryId, type RoundEntry, signEntry, type TaskEntry } from '../../shared/tlog/entry.ts'
import { type Signer, verifierKeyText } from '../../shared/tlog/note.ts'
import { DEFAULT_MAX_AGE_SECONDS } from '../../shared/tlog/policy.ts'
import { field64 } from '../field64.ts'
import { meanUpdate } from '../rounds/next-bundle.ts'
import { declareTask, endRound, openRound, type Publisher } from '../rounds/rounds.ts'
import { folderDestination, openStore, serveAggregator } from '../serve.ts'
import type { Aggregation } from './aggregation.ts'

/** Says what `openWire` is, wherever its figures are shown. */
export const WIRE = 'the real wire, in one process of one operator: no privacy claim; separation waived'

const ROUND_SECONDS = 3600
const AT_ONCE = 16
const START_SECONDS = 1_795_000_000

export interface Wire {
  aggregate: Aggregation
  /** Of all reports, as they were sent. */
  sentBytes(): number
  close(): Promise<void>
}

/** @param noiseMultiplier z, of each aggregator */
export async function openWire(shape: UpdateShape, noiseMultiplier: number): Promise<Wire> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-simulate-'))
  let seconds = START_SECONDS
  const now = () => 1000 * seconds
  const vectors = await field64()
  const [shop, log, ...identities] = await Promise.all(
    ['simulation', 'simulation/log', 'simulation/leader', 'simulation/helper'].map(newSigner),
  )
  const publisherKey = await keyOf(shop)
  const serve = (signer: Signer, part: string) =>
    serveAggregator({
      ...{ folder: join(folder, part), signer, operator: OPERATOR, publisher: publisherKey },
      terms: {
        ...DEFAULT_TERMS,
        maxDimension: shape.dimension,
        minBatch: 1,
        minNoiseMultiplier: 0,
        maxParticipations: MOST,
      },
      vdafOf: (task) => vdafOf(task, vectors),
      ...{ maxReports: MOST, limit: { requests: Number.POSITIVE_INFINITY, windowSeconds: 3600 } },
      ...{ port: 0, host: '127.0.0.1', now },
    })
  const leader = await serve(identities[0], 'leader')
  const helper = await serve(identities[1], 'helper')
  const store = await openStore(join(folder, 'edge'), log)
  const publisher: Publisher = { key: shop, destination: folderDestination(store) }
  const policy = {
    ...({ type: 'policy', publisher: publisherKey, log: await keyOf(log) } as const),
    ...{ witnesses: [], cosignatures: 0, maxAgeSeconds: DEFAULT_MAX_AGE_SECONDS },
  }
  await publisher.destination.append(await signEntry(policy, shop))
  const task: TaskEntry = {
    type: 'task',
    name: 'simulated-updates',
    vdaf: { kind: 'pine', ...shape },
    ...{ minBatch: 1, noiseMultiplier, participations: MOST, separation: 0, epochRounds: MOST },
    leader: { operator: OPERATOR, url: leader.url, key: leader.key },
    helper: { operator: OPERATOR, url: helper.url, key: helper.key },
  }
  const id = await declareTask(task, publisher)
  const vdaf = vdafOf(task, vectors)
  let sentBytes = 0

  return {
    async aggregate(updates) {
      const terms = { model: MODEL, opens: seconds, closes: seconds + ROUND_SECONDS }
      const round = await openRound(id, terms, publisher)
      const waiting = [...updates]
      const send = async () => {
        for (let update = waiting.pop(); update; update = waiting.pop()) {
          const bytes = await putReport(leader.url, round, vdaf, update, seconds)
          sentBytes += bytes
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, send))
      seconds += ROUND_SECONDS
      const { result, aggregate } = await endRound(id, publisher)
      if (result.outcome !== 'released' || !aggregate)
        throw new Error(`the round was not released: ${JSON.stringify(result)}`)
      return meanUpdate(task, vdaf, aggregate, result.reports)
    },
    sentBytes: () => sentBytes,
    async close() {
      await Promise.all([leader.close(), helper.close()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const OPERATOR = 'Simulation'
/** Nothing is limited that the simulation limits itself. */
const MOST = 1_000_000
/** Rounds are of the simulation's model, which is published nowhere. */
const MODEL = '0'.repeat(64)

/** As a browser does. @returns its bytes */
async function putReport(
  url: string,
  round: RoundEntry,
  vdaf: Vdaf,
  update: Float64Array,
  now: number,
): Promise<number> {
  const { id, body } = await makeReport(round, vdaf, update, now)
  const response = await fetch(`${url}/v1/rounds/${entryId(round)}/reports/${hexOf(id)}`, { method: 'PUT', body })
  if (response.status !== 201) throw new Error(`a report was answered with ${response.status}`)
  return body.length
}

async function newSigner(name: string): Promise<Signer> {
  return { name, keys: (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair }
}

const keyOf = ({ name, keys }: Signer) => verifierKeyText(name, keys.publicKey)
