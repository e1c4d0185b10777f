/** A task that is on record, with a round and what it released: for whoever needs one. */
import { sha256Hex } from '../../../shared/model/bundle.ts'
import { entryId, type ResultEntry, type RoundEntry, signEntry, type TaskEntry } from '../../../shared/tlog/entry.ts'
import { verifierKeyText } from '../../../shared/tlog/note.ts'
import { SHOP, signerOf } from '../../edge/sample-bundle.ts'

export const LEADER = await signerOf('leader.example', 11)
export const HELPER = await signerOf('helper.example', 12)

export const TASK_ENTRY: TaskEntry = {
  type: 'task',
  name: 'model-updates',
  vdaf: { kind: 'pine', dimension: 64, clipNorm: 1, fractionBits: 16 },
  minBatch: 16,
  noiseMultiplier: 0.5,
  participations: 10,
  separation: 10,
  epochRounds: 200,
  leader: {
    operator: 'Shop Ltd',
    url: 'https://leader.example',
    key: await verifierKeyText(LEADER.name, LEADER.keys.publicKey),
  },
  helper: {
    operator: 'Other Ltd',
    url: 'https://helper.example',
    key: await verifierKeyText(HELPER.name, HELPER.keys.publicKey),
  },
}

export const roundEntry = (round: number, of: Partial<RoundEntry> = {}): RoundEntry => ({
  type: 'round',
  task: entryId(TASK_ENTRY),
  round,
  model: 'a'.repeat(64),
  opens: 1_795_000_000,
  closes: 1_795_604_800,
  leaderKey: `${'B'.repeat(87)}=`,
  helperKey: `${'C'.repeat(87)}=`,
  ...of,
})

/** What is released, and its name. */
export const SUM = new TextEncoder().encode('a noised sum')
export const AGGREGATE = await sha256Hex(SUM)

export const released = (round: number, reports = 16): ResultEntry => ({
  type: 'result',
  task: entryId(TASK_ENTRY),
  round,
  outcome: 'released',
  reports,
  batch: 'b'.repeat(64),
  aggregate: AGGREGATE,
})

export const aborted = (round: number): ResultEntry => ({
  type: 'result',
  task: entryId(TASK_ENTRY),
  round,
  outcome: 'aborted',
  reason: 'too-few',
})

export const taskRecords = () =>
  [TASK_ENTRY, roundEntry(1), released(1)].map((entry) => signEntry(entry, SHOP, LEADER, HELPER))
