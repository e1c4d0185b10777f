/** Tasks, rounds and results on record: what may follow what, and that a log that is opened again knows where they stand. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLog } from '../../../edge/log.ts'
import { decodeEntry, type Entry, entryId, signEntry } from '../../../shared/tlog/entry.ts'
import type { Signer } from '../../../shared/tlog/note.ts'
import { follow, type Standing } from '../../../shared/tlog/succession.ts'
import { LOG, POLICY, policyRecord, SHOP } from '../../edge/sample-bundle.ts'
import { aborted, HELPER, LEADER, released, roundEntry, TASK_ENTRY } from './sample-task.ts'

const ALL = [SHOP, LEADER, HELPER]
const id = entryId(TASK_ENTRY)

/** What the last of these violates. @throws Error where one before it violates anything */
async function violations(...steps: [entry: Entry, ...signers: Signer[]][]): Promise<string[]> {
  let standing: Standing = (await follow({}, await policyRecord())).standing
  let codes: string[] = []
  for (const [entry, ...signers] of steps) {
    if (codes.length > 0) throw new Error(`${entry.type} after ${codes}`)
    const step = await follow(standing, await signEntry(entry, ...(signers.length > 0 ? signers : ALL)))
    codes = step.violations.map(({ code }) => code)
    standing = step.standing
  }
  return codes
}

describe('a task', () => {
  it('is followed by rounds, each by its result', async () => {
    expect(await violations([TASK_ENTRY])).toEqual([])
    expect(await violations([TASK_ENTRY], [roundEntry(1)], [released(1)], [roundEntry(2)], [aborted(2)])).toEqual([])
    const other: Entry = { ...TASK_ENTRY, name: 'clicks', vdaf: { kind: 'histogram', length: 8 } }
    expect(await violations([TASK_ENTRY], [other], [roundEntry(1)], [roundEntry(1, { task: entryId(other) })])).toEqual(
      [],
    )
  })

  it.each<[string, string, ...[Entry, ...Signer[]][]]>([
    ['twice', 'version-twice', [TASK_ENTRY], [TASK_ENTRY]],
    ['that its leader has not signed', 'wrong-signature', [TASK_ENTRY, SHOP, HELPER]],
    ['that its helper has not signed', 'wrong-signature', [TASK_ENTRY, SHOP, LEADER]],
    ['that the publisher has not signed', 'wrong-signature', [TASK_ENTRY, LEADER, HELPER]],
    ['whose aggregators are one', 'malformed-entry', [{ ...TASK_ENTRY, helper: TASK_ENTRY.leader }]],
    ['a round of no task', 'unknown-task', [roundEntry(1)]],
    ['a round left out', 'gap', [TASK_ENTRY], [roundEntry(2)]],
    ['a round while one is open', 'round-open', [TASK_ENTRY], [roundEntry(1)], [roundEntry(2)]],
    ['a round that closes before it opens', 'malformed-entry', [TASK_ENTRY], [roundEntry(1, { closes: 5 })]],
    ['a round that the helper has not signed', 'wrong-signature', [TASK_ENTRY], [roundEntry(1), SHOP, LEADER]],
    ['a result of no round', 'round-closed', [TASK_ENTRY], [released(1)]],
    ['a result twice', 'round-closed', [TASK_ENTRY], [roundEntry(1)], [released(1)], [aborted(1)]],
    ['too few reports', 'too-few', [TASK_ENTRY], [roundEntry(1)], [released(1, 15)]],
    [
      'a release that the leader has not signed',
      'wrong-signature',
      [TASK_ENTRY],
      [roundEntry(1)],
      [released(1), SHOP, HELPER],
    ],
  ])('%s: %s', async (_, code, ...steps) => {
    expect(await violations(...steps)).toEqual([code])
  })

  it('is ended by whoever can, where its aggregators no longer sign', async () => {
    expect(await violations([TASK_ENTRY], [roundEntry(1)], [aborted(1), SHOP])).toEqual([])
  })

  it.each<[string, object]>([
    [
      'more elements than a report carries',
      { vdaf: { kind: 'pine', dimension: 50_001, clipNorm: 1, fractionBits: 16 } },
    ],
    ['a clip norm that is no number', { vdaf: { kind: 'pine', dimension: 5, clipNorm: '1', fractionBits: 16 } }],
    ['a measurement of no kind', { vdaf: { kind: 'text' } }],
    ['a minimum of no reports', { minBatch: 0 }],
    ['less than no noise', { noiseMultiplier: -1 }],
    ['an operator that would colour a terminal', { leader: { ...TASK_ENTRY.leader, operator: '\u001b[31m' } }],
    ['an aggregator at no address', { helper: { ...TASK_ENTRY.helper, url: 'helper' } }],
    ['more noise than any field holds', { noiseMultiplier: 1e300 }],
    ...['https://helper.example/?to=', 'https://helper.example#', 'https://me@helper.example', 'file:///etc'].map(
      (url): [string, object] => [`an aggregator at ${url}`, { helper: { ...TASK_ENTRY.helper, url } }],
    ),
    ['an aggregator that is a script', { helper: { ...TASK_ENTRY.helper, url: 'javascript:alert(1)' } }],
    ['a field more', { note: 'hello' }],
  ])('is no entry with %s', async (_, change) => {
    await expect(signEntry({ ...TASK_ENTRY, ...change } as Entry, ...ALL)).rejects.toThrow(/^entry: field/)
  })

  it('has an id that is the SHA-256 of its line', async () => {
    const { note } = decodeEntry(await signEntry(TASK_ENTRY, ...ALL))
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(note.text))
    expect(Buffer.from(digest).toString('hex')).toBe(id)
  })
})

it('a log that is opened again knows its tasks, their rounds and results', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-tasks-'))
  const open = () => openLog(folder, { signer: LOG })
  const log = await open()
  const sign = (entry: Entry) => signEntry(entry, ...ALL)
  for (const entry of [TASK_ENTRY, roundEntry(1), released(1), roundEntry(2)]) {
    if ((await log.head()).size === 0) await log.append(await policyRecord())
    expect(await (await open()).append(await sign(entry))).toMatchObject({ outcome: 'appended' })
  }
  const again = await open()
  const { standing } = await again.head()
  expect(standing.policy).toEqual(POLICY)
  expect(standing.tasks).toEqual({ [id]: { task: TASK_ENTRY, round: roundEntry(2) } })
  expect(await again.append(await sign(roundEntry(2)))).toEqual({ index: 4, outcome: 'present' })
  await expect(again.append(await sign(released(1)))).rejects.toThrow(
    'round 1 of model-updates is not the one that is open',
  )
  await again.append(await sign(aborted(2)))
  expect((await (await open()).head()).standing.tasks).toEqual({
    [id]: { task: TASK_ENTRY, round: roundEntry(2), result: aborted(2) },
  })
  await rm(folder, { recursive: true })
})
