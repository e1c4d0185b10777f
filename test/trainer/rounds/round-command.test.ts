/** `vitrine round` with stages, as a process that publishes to an edge, between two aggregators that are processes too: shoppers are the crowd below. */
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { FIELD64 } from '../../../shared/federated/field.ts'
import { decodeOpenRounds } from '../../../shared/federated/open-rounds.ts'
import { plainVectors } from '../../../shared/federated/pine/vectors.ts'
import { DEFAULT_TERMS } from '../../../shared/federated/policy.ts'
import { vdafOf } from '../../../shared/federated/vdaf.ts'
import { decodeEntry, entryId, type RoundEntry, type TaskEntry } from '../../../shared/tlog/entry.ts'
import { decodeProof } from '../../../shared/tlog/proof.ts'
import type { Previous } from '../../../trainer/deltas.ts'
import { openPublisherKey, type PublisherKey } from '../../../trainer/keys.ts'
import { publish, readPrevious } from '../../../trainer/publish.ts'
import { ARM_COUNT, withStage } from '../../../trainer/rounds/staged-release.ts'
import { folderDestination, serve } from '../../../trainer/serve.ts'
import { openShopStore } from '../../../trainer/shop-store.ts'
import { contribution, upload } from '../../edge/aggregation/contribution.ts'
import { type AggregatorProcess, aggregatorProcess, spawnVitrine } from '../../edge/aggregation/processes.ts'
import { serveContributing } from '../../web/federated/contributing-shop.ts'

const LEAST = 6
const SHOPPERS = 16
const SECONDS = 4

let folder: string
let key: PublisherKey
let leader: AggregatorProcess
let helper: AggregatorProcess
let edge: Awaited<ReturnType<typeof serve>>
let store: Awaited<ReturnType<typeof openShopStore>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-round-command-'))
  key = await openPublisherKey(join(folder, 'publisher.json'), 'shop.example')
  store = await openShopStore(join(folder, 'bundles'), {}, key.name)
  leader = await aggregatorProcess(folder, 'leader.example', 'Shop Ltd', key.verifierKey)
  helper = await aggregatorProcess(folder, 'helper.example', 'Other Ltd', key.verifierKey)
  await Promise.all([leader.start(), helper.start()])
  const terms = { ...DEFAULT_TERMS, minBatch: LEAST, minNoiseMultiplier: 0 }
  const { edge: unasked } = await serveContributing(store, key, { leader: leader.party, helper: helper.party }, terms)
  await unasked.close()
  process.env.VITRINE_TOKEN = 'an-operator'
  const operatorTokenSha256 = createHash('sha256').update(process.env.VITRINE_TOKEN).digest('hex')
  edge = await serve({ store, port: 0, host: '127.0.0.1', operatorTokenSha256 })
})
afterAll(async () => {
  await Promise.all([leader.kill(), helper.kill(), edge.close()])
  await rm(folder, { recursive: true, force: true })
})

/** Answers each round once: updates at random, and of the arms as they are told to. */
function crowd(stagedHits: () => boolean): () => Promise<void> {
  const random = seeded('crowd')
  const answered = new Set<string>()
  let isOver = false
  async function answer(task: TaskEntry, round: RoundEntry): Promise<void> {
    const vdaf = vdafOf(task, plainVectors(FIELD64))
    await Promise.all(
      Array.from({ length: SHOPPERS }, async (_, n) => {
        const [arm, hits] = n % 2 === 0 ? [0, !stagedHits()] : [2, stagedHits()]
        const measurement =
          task.name === ARM_COUNT
            ? [arm + Number(hits)]
            : Float64Array.from({ length: vdaf.length }, () => Math.round(200 * random.normal()))
        await upload(leader.party.url, await contribution(vdaf, round, measurement, Math.floor(Date.now() / 1000)))
      }),
    )
  }
  const watching = (async () => {
    while (!isOver) {
      const response = await fetch(`${edge.url}/v1/rounds`)
      for (const offered of decodeOpenRounds(await response.text())) {
        const [task, round] = [offered.task, offered.round].map((proof) => decodeEntry(decodeProof(proof).record).entry)
        if (task.type !== 'task' || round.type !== 'round' || answered.has(entryId(round))) continue
        answered.add(entryId(round))
        await answer(task, round)
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  return () => {
    isOver = true
    return watching
  }
}

function start(...flags: string[]): ChildProcess {
  const where = ['--edge', edge.url, '--key', join(folder, 'publisher.json'), '--state', join(folder, 'steps')]
  const who = ['--leader', leader.party.url, '--helper', helper.party.url, '--separation', '0']
  const size = ['--min-batch', String(LEAST), '--noise', '0', '--hours', String(SECONDS / 3600)]
  return spawnVitrine(['round', '--json', ...where, ...who, ...size, ...flags])
}
async function printed(child: ChildProcess): Promise<Record<string, unknown>[]> {
  let text = ''
  child.stdout?.on('data', (bytes) => {
    text += bytes
  })
  await once(child, 'exit')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
const inForce = async () => (await readPrevious(folderDestination(store)))?.manifest

it('takes back a release that serves some worse, forgets its step, and releases a better one to all', {
  timeout: 240_000,
}, async () => {
  const staged = ['--stages', '0.5', '--patience', '2']
  let isBetter = false
  const leave = crowd(() => isBetter)
  try {
    expect(await printed(start(...staged))).toMatchObject([
      { outcome: 'released', round: 1, applied: { version: 2 } },
      { outcome: 'rolled-back', version: 3, stages: [{ says: 'worse', share: 0.5, version: 2 }] },
      { outcome: 'released', round: 1, applied: { refused: 'rolled-back' } },
    ])
    expect(await inForce()).toMatchObject({ version: 3 })
    // With other prices, and the network that the round was of: it has had its try.
    const destination = folderDestination(store)
    const { manifest } = (await readPrevious(destination)) as Previous
    const created = new Date().toISOString()
    await publish(
      await withStage({ manifest: { ...manifest, version: 4, created }, chunks: new Map() }, undefined),
      key,
      destination,
    )

    isBetter = true
    const child = start(...staged)
    child.stdout?.resume()
    // Killed while the next one is for some.
    for (;;) {
      const manifest = await inForce()
      if (manifest?.stage) break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    child.kill('SIGKILL')
    expect(await inForce()).toMatchObject({ version: 5, stage: { share: 0.5, others: { version: 4 } } })
    const unplanned = start()
    expect(await printed(unplanned)).toEqual([])
    expect(unplanned.exitCode).toBe(2)

    const lines = await printed(start(...staged))
    expect(lines[0]).toMatchObject({ outcome: 'released', version: 6, stages: [{ says: 'no-worse', version: 5 }] })
    // That round has become a model; the next one was of it.
    expect(lines[1]).toMatchObject({ round: 2, applied: { refused: 'stale-model' } })
    expect(lines[2]).toMatchObject({ round: 3, applied: { version: 7 } })
    expect(lines[3]).toMatchObject({ outcome: 'released', version: 8 })
    expect((await inForce())?.stage).toBeUndefined()
  } finally {
    await leave()
  }
})
