/** Rounds through two aggregators over HTTP, as their publisher runs them. */
import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { generateHpkeKeys } from '../../../shared/federated/hpke.ts'
import type { Vdaf } from '../../../shared/federated/vdaf.ts'
import { base64Of } from '../../../shared/tlog/base64.ts'
import { entryId, type RoundEntry, signEntry } from '../../../shared/tlog/entry.ts'
import { aggregatorClient } from '../../../trainer/rounds/aggregator-client.ts'
import { declareTask, endRound, openRound } from '../../../trainer/rounds/rounds.ts'
import { contribution, upload } from '../../edge/aggregation/contribution.ts'
import { START, type TwoAggregators, twoAggregators } from '../../edge/aggregation/two-aggregators.ts'
import { SHOP } from '../../edge/sample-bundle.ts'
import { TASK_ENTRY } from '../../shared/tlog/sample-task.ts'

const PINE = { kind: 'pine', dimension: 20, clipNorm: 1, fractionBits: 16 } as const
const WHOLE = 2 ** 16
let two: TwoAggregators
beforeEach(async () => {
  two = await twoAggregators()
})
afterEach(() => two.stop())

const updateOf = (n: number) => Array.from({ length: 20 }, (_, i) => Math.round(0.1 * WHOLE * Math.sin(n * 20 + i)))
const sumOf = (updates: number[][]) => updates[0].map((_, i) => updates.reduce((sum, one) => sum + one[i], 0))
const unshard = (vdaf: Vdaf, aggregate: Uint8Array) =>
  vdaf.unshard([new Uint8Array(aggregate), new Uint8Array(aggregate.length)]).map(Number)

async function send(vdaf: Vdaf, round: RoundEntry, measurement: number[], spoil?: Parameters<typeof contribution>[4]) {
  const made = await contribution(vdaf, round, measurement, two.clock.seconds, spoil)
  return { ...made, status: (await upload(two.servers.leader.url, made)).status }
}
const end = (id: string) => {
  two.clock.seconds = START + 3600
  return endRound(id, two.publisher)
}
const leftIn = async (which: string) =>
  (await readdir(join(two.folder, which), { recursive: true, withFileTypes: true }))
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(two.folder.length + which.length + 2))

describe('a round', () => {
  it('releases the sum of what is valid, is on record, and leaves nothing of a report', async () => {
    const { id, task, round, vdaf } = await two.begin({ vdaf: PINE, minBatch: 4, noiseMultiplier: 0 })
    const updates = [0, 1, 2, 3, 4].map(updateOf)
    for (const update of updates) expect((await send(vdaf, round, update)).status).toBe(201)
    const flipped = (share: number, at: number) => (shares: Awaited<ReturnType<Vdaf['shard']>>) => {
      const bytes = shares.inputShares[share].slice()
      bytes[at] ^= 1
      return { ...shares, inputShares: shares.inputShares.with(share, bytes) }
    }
    // Acknowledged, since nobody can tell before it is opened; and not counted.
    for (const [share, at] of [
      [0, 8],
      [1, 3],
      [1, 40],
    ]) {
      expect((await send(vdaf, round, updateOf(9), flipped(share, at))).status).toBe(201)
    }
    const shorter = await send(vdaf, round, updateOf(9), ({ publicShare, inputShares: [leader, helper] }) => ({
      publicShare,
      inputShares: [leader.slice(0, -1), helper],
    }))
    const longer = await send(vdaf, round, updateOf(9), ({ publicShare, inputShares: [leader, helper] }) => ({
      publicShare,
      inputShares: [leader, new Uint8Array([...helper, 0])],
    }))
    expect([shorter.status, longer.status]).toEqual([400, 400])
    const moved = await send(vdaf, round, updateOf(9), ({ publicShare, inputShares: [leader, helper] }) => ({
      publicShare,
      inputShares: [leader.slice(0, -1), new Uint8Array([...helper, 0])],
    }))
    expect(moved.status).toBe(201)
    const oldKey = base64Of((await generateHpkeKeys()).publicKey)
    for (const change of [{ leaderKey: oldKey }, { helperKey: oldKey }]) {
      const made = await contribution(vdaf, { ...round, ...change }, updateOf(9), two.clock.seconds)
      // Sealed to a key of another time, and sent for this round.
      const bytes = made.bytes.slice()
      bytes.set(Buffer.from(entryId(round), 'hex'))
      expect((await upload(two.servers.leader.url, { ...made, round: entryId(round), bytes })).status).toBe(201)
    }
    const { result, aggregate } = await end(id)
    expect(result).toMatchObject({ outcome: 'released', reports: 5, round: 1 })
    expect(unshard(vdaf, aggregate as Uint8Array)).toEqual(sumOf(updates))
    const { tasks } = await two.publisher.destination.standing()
    expect(tasks?.[id]).toEqual({ task, round, result })
    for (const which of ['leader', 'helper']) {
      const names = (await leftIn(which)).map((path) => path.replaceAll(/[0-9a-f]{64}/g, 'ID')).sort()
      expect(names).toEqual([
        ...['aggregate', 'batch.json', ...(which === 'leader' ? ['closed.json'] : []), 'outcome.json', 'record'].map(
          (name) => `rounds/ID/${name}`,
        ),
        ...(which === 'leader' ? ['rounds/ID/round.json'] : []),
        'rounds/ID/task.json',
        'tasks/ID.json',
        'tasks/ID/round-1.json',
      ])
    }
  })

  it('is released once, with the same noise whoever asks again and whatever was restarted', async () => {
    const { id, round, vdaf } = await two.begin({ vdaf: PINE, minBatch: 3, noiseMultiplier: 0.3 })
    for (const n of [0, 1, 2]) await send(vdaf, round, updateOf(n))
    const { result, aggregate } = await end(id)
    const hash = createHash('sha256')
      .update(aggregate as Uint8Array)
      .digest('hex')
    expect(result).toMatchObject({ outcome: 'released', aggregate: hash })
    const noise = unshard(vdaf, aggregate as Uint8Array).map((x, i) => x - sumOf([0, 1, 2].map(updateOf))[i])
    // Both aggregators' noise, of 20 draws: within five standard errors, and not of one alone at these bounds by chance.
    const deviation = Math.hypot(...noise) / Math.sqrt(20)
    expect(deviation / (0.3 * WHOLE * Math.SQRT2)).toBeGreaterThan(0.45)
    expect(deviation / (0.3 * WHOLE * Math.SQRT2)).toBeLessThan(1.8)
    for (const which of ['leader', 'helper'] as const) {
      await two.restart(which)
      const { url } = two.servers[which]
      expect(await (await fetch(`${url}/v1/rounds/${entryId(round)}`)).json()).toMatchObject({ aggregate: hash })
      const again = await (await fetch(`${url}/v1/rounds/${entryId(round)}/aggregate`)).arrayBuffer()
      expect(new Uint8Array(again)).toEqual(aggregate)
    }
    expect((await endRound(id, two.publisher)).aggregate).toEqual(aggregate)
    expect((await upload(two.servers.leader.url, await contribution(vdaf, round, updateOf(5), START))).status).toBe(403)
  })

  it('of fewer reports than its task asks for releases nothing, and says so', async () => {
    const { id, round, vdaf } = await two.begin({ vdaf: PINE, minBatch: 3, noiseMultiplier: 0 })
    const sent = await Promise.all([0, 1, 2].map((n) => send(vdaf, round, updateOf(n))))
    const withdrawn = await fetch(`${two.servers.leader.url}/v1/rounds/${sent[1].round}/withdrawals`, {
      method: 'POST',
      body: sent[1].secret,
    })
    expect(withdrawn.status).toBe(200)
    expect(await end(id)).toEqual({
      result: { type: 'result', task: id, round: 1, outcome: 'aborted', reason: 'too-few' },
    })
    for (const which of ['leader', 'helper'] as const) {
      const { url } = two.servers[which]
      expect((await fetch(`${url}/v1/rounds/${entryId(round)}/aggregate`)).status).toBe(404)
      expect((await leftIn(which)).filter((path) => /reports|key|share|jobs/.test(path))).toEqual([])
    }
    // The next one is open, with other keys.
    const next = await openRound(
      id,
      { model: 'b'.repeat(64), opens: START + 3600, closes: START + 7200 },
      two.publisher,
    )
    expect(next).toMatchObject({ round: 2 })
    expect(next.leaderKey).not.toBe(round.leaderKey)
  })

  it('counts: a histogram, a sum and what applies of several', async () => {
    const kinds = [
      { vdaf: { kind: 'histogram', length: 5 }, sent: [[1], [1], [4]], sum: [0, 2, 0, 0, 1] },
      { vdaf: { kind: 'sum', max: 100 }, sent: [[100], [0], [7]], sum: [107] },
      {
        vdaf: { kind: 'multihot', length: 4, maxWeight: 2 },
        sent: [
          [1, 0, 0, 1],
          [0, 0, 0, 0],
          [0, 0, 1, 1],
        ],
        sum: [1, 0, 1, 2],
      },
      { vdaf: { kind: 'count' }, sent: [[1], [0], [1]], sum: [2] },
    ] as const
    for (const [n, { vdaf: kind, sent, sum }] of kinds.entries()) {
      two.clock.seconds = START + 60
      const { id, round, vdaf } = await two.begin({ name: `counts-${n}`, vdaf: kind, minBatch: 3, noiseMultiplier: 0 })
      for (const measurement of sent) await send(vdaf, round, [...measurement])
      const { aggregate } = await end(id)
      expect(unshard(vdaf, aggregate as Uint8Array)).toEqual(sum)
    }
  })

  it('that its leader aborts is over at once for a helper that was away then', async () => {
    const { id, round } = await two.begin({ vdaf: PINE, minBatch: 2, noiseMultiplier: 0 })
    await two.servers.helper.close()
    two.clock.seconds = START + 3600
    const status = async () => {
      const response = await fetch(`${two.servers.leader.url}/v1/rounds/${entryId(round)}`)
      return ((await response.json()) as { state: string }).state
    }
    while ((await status()) !== 'aborted') await new Promise((resolve) => setTimeout(resolve, 50))
    await two.restart('helper')
    expect((await end(id)).result).toMatchObject({ outcome: 'aborted', reason: 'too-few' })
    expect((await leftIn('helper')).filter((path) => /key|part/.test(path))).toEqual([])
  })

  it('ends with a helper that was away when it closed', async () => {
    const { id, round, vdaf } = await two.begin({ vdaf: PINE, minBatch: 2, noiseMultiplier: 0 })
    for (const n of [0, 1]) await send(vdaf, round, updateOf(n))
    await two.servers.helper.close()
    two.clock.seconds = START + 3600
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await two.restart('helper')
    expect((await end(id)).result).toMatchObject({ outcome: 'released', reports: 2 })
  })
})

describe('a report', () => {
  it('has one code for each thing that is wrong, and a thousand copies are one', async () => {
    const { id, round, vdaf } = await two.begin({ vdaf: PINE, minBatch: 1, noiseMultiplier: 0 })
    const { url } = two.servers.leader
    const made = await contribution(vdaf, round, updateOf(0), two.clock.seconds)
    const answer = async (of: Partial<typeof made>, headers = {}, to = url) => {
      const response = await upload(to, { ...made, ...of }, headers)
      return [response.status, ((await response.json().catch(() => ({}))) as { code?: string }).code]
    }
    expect(await answer({}, { 'sec-gpc': '1' })).toEqual([403, 'gpc'])
    expect(await answer({ bytes: made.bytes.slice(1) })).toEqual([400, 'report-malformed'])
    expect(await answer({ id: '0'.repeat(32) })).toEqual([400, 'report-malformed'])
    expect(await answer({ round: '0'.repeat(64) })).toEqual([404, 'round-unknown'])
    expect(await answer({}, {}, two.servers.helper.url)).toEqual([404, 'round-unknown'])
    const statuses = await Promise.all(Array.from({ length: 200 }, async () => (await upload(url, made)).status))
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(statuses.filter((status) => status === 200)).toHaveLength(199)
    const other = made.bytes.with(made.bytes.length - 1, 1 ^ made.bytes[made.bytes.length - 1])
    expect(await answer({ bytes: other })).toEqual([409, 'report-conflict'])
    expect((await end(id)).result).toMatchObject({ reports: 1 })
    expect(await answer({})).toEqual([403, 'round-closed'])
  })

  it('is put off where too much comes from one network', async () => {
    const { round, vdaf } = await two.begin({ vdaf: PINE, minBatch: 1, noiseMultiplier: 0 })
    const made = await contribution(vdaf, round, updateOf(0), two.clock.seconds)
    for (let n = 0; n < 1000; n++) await upload(two.servers.leader.url, made)
    const response = await upload(two.servers.leader.url, made)
    expect(response.status).toBe(429)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

describe('an aggregator', () => {
  it('signs no task outside its terms or with a stranger for itself, no second round of one number, no other result', async () => {
    await two.stop()
    two = await twoAggregators({ ...TERMS_OF_ITS_OWN })
    const refused = (changed: Parameters<TwoAggregators['task']>[0]) =>
      declareTask(two.task(changed), two.publisher).then(
        () => 'signed',
        (error: { code?: string }) => error.code,
      )
    expect(await refused({ vdaf: PINE, minBatch: 9, noiseMultiplier: 2 })).toBe('batch-too-small')
    expect(await refused({ vdaf: PINE, minBatch: 10, noiseMultiplier: 1.9 })).toBe('noise-too-small')
    expect(await refused({ vdaf: { ...PINE, dimension: 21 }, minBatch: 10, noiseMultiplier: 2 })).toBe(
      'dimension-too-large',
    )
    expect(await refused({ vdaf: { ...PINE, clipNorm: 2 }, minBatch: 10, noiseMultiplier: 2 })).toBe(
      'clip-norm-too-large',
    )
    expect(await refused({ vdaf: PINE, minBatch: 10, noiseMultiplier: 2, participations: 11 })).toBe(
      'participations-too-many',
    )
    const { leader } = two.task({})
    const enough = { vdaf: PINE, minBatch: 10, noiseMultiplier: 2 } as const
    expect(await refused({ ...enough, leader: { ...leader, operator: 'Somebody Ltd' } })).toBe('not-mine')
    expect(await refused({ ...enough, leader: { ...TASK_ENTRY.helper, url: leader.url } })).toBe('not-mine')
    const { id, round } = await two.begin(enough)
    const client = aggregatorClient(two.servers.leader.url, SHOP)
    const second = await signEntry({ ...round, closes: round.closes + 1 }, SHOP)
    await expect(client.sign(second)).rejects.toMatchObject({ code: 'round-signed' })
    const result = { type: 'result', task: id, round: 1, outcome: 'released', reports: 10 } as const
    const made = await signEntry({ ...result, batch: 'b'.repeat(64), aggregate: 'c'.repeat(64) }, SHOP)
    await expect(client.sign(made)).rejects.toMatchObject({ code: 'result-differs' })
  })

  it('makes no key out of turn, none for a round that it has signed, and none of a task that it has not', async () => {
    const { id, round } = await two.begin({ vdaf: PINE, minBatch: 1, noiseMultiplier: 0 })
    const client = aggregatorClient(two.servers.leader.url, SHOP)
    const key = join(two.folder, 'leader', 'tasks', id, 'key-1.json')
    expect((await stat(key)).mode & 0o077).toBe(0)
    await expect(client.keyOf(id, 3)).rejects.toMatchObject({ code: 'round-ahead' })
    await expect(client.keyOf('0'.repeat(64), 1)).rejects.toMatchObject({ code: 'task-unknown' })
    expect(base64Of(await client.keyOf(id, 1))).toBe(round.leaderKey)
    expect((await end(id)).result).toMatchObject({ outcome: 'aborted' })
    expect(base64Of(await client.keyOf(id, 1))).toBe(round.leaderKey)
    expect((await leftIn('leader')).filter((path) => path.includes('key'))).toEqual([])
    expect(base64Of(await client.keyOf(id, 2))).not.toBe(round.leaderKey)
  })

  it('signs no round that closes before it opens, or keeps keys without end', async () => {
    const { id, round } = await two.begin({ vdaf: PINE, minBatch: 1, noiseMultiplier: 0 })
    const client = aggregatorClient(two.servers.leader.url, SHOP)
    const leaderKey = base64Of(await client.keyOf(id, 2))
    const signs = async (times: { opens: number; closes: number }) =>
      client.sign(await signEntry({ ...round, round: 2, leaderKey, ...times }, SHOP)).catch((error) => error.code)
    expect(await signs({ opens: START, closes: START })).toBe('round-times')
    expect(await signs({ opens: START, closes: START + 63 * 86_400 })).toBe('round-times')
    expect(await signs({ opens: START, closes: START + 62 * 86_400 })).toContain('leader.example')
  })

  it('signs no task that no log would take', async () => {
    const { leader } = two.task({})
    const task = two.task({ name: 'two-names', helper: { ...leader, key: TASK_ENTRY.helper.key.slice(1) } })
    const client = aggregatorClient(two.servers.leader.url, SHOP)
    await expect(client.sign(await signEntry(task, SHOP))).rejects.toMatchObject({ code: 'malformed-entry' })
  })
})

const TERMS_OF_ITS_OWN = {
  maxDimension: 20,
  maxClipNorm: 1,
  maxParticipations: 10,
  minNoiseMultiplier: 2,
  minBatch: 10,
}
