/**
 * Which rounds are open, as the edge says it, and whether that is on record: what a browser asks before it contributes to anything.
 *
 *     {"rounds":[{"task":"c2sp.org/tlog-proof@v1\n…","round":"c2sp.org/tlog-proof@v1\n…"}]}
 *
 * Both proofs (`../tlog/proof.ts`) are under the policy of the tag; what they prove is signed by both of the task's aggregators, too.
 */
import * as v from 'valibot'
import { decodeEntry, entryId, type RoundEntry, type TaskEntry } from '../tlog/entry.ts'
import { isSignedBy, type Note, parseVerifierKey } from '../tlog/note.ts'
import { type OnRecord, openOnRecord } from '../tlog/on-record.ts'
import { type Policy, Untrusted } from '../tlog/policy.ts'

const MAX_ROUNDS = 32

const openRounds = v.strictObject({
  rounds: v.pipe(v.array(v.strictObject({ task: v.string(), round: v.string() })), v.maxLength(MAX_ROUNDS)),
})

export type OfferedRound = v.InferOutput<typeof openRounds>['rounds'][number]

export interface OpenRound extends Pick<OnRecord, 'checkpoint' | 'note'> {
  task: TaskEntry
  round: RoundEntry
}

export const encodeOpenRounds = (rounds: OfferedRound[]): string => `${JSON.stringify({ rounds })}\n`

/** @throws Untrusted for what is no such list */
export function decodeOpenRounds(text: string): OfferedRound[] {
  try {
    return v.parse(openRounds, JSON.parse(text)).rounds
  } catch {
    throw new Untrusted('malformed', 'it is no list of rounds')
  }
}

/** @param now seconds since 1970 @throws Untrusted */
export async function openRound(offered: OfferedRound, policy: Policy, now: number): Promise<OpenRound> {
  const { entry: task, signed: taskNote } = await openOnRecord(offered.task, decodeEntry, policy, now)
  const {
    entry: round,
    signed: roundNote,
    checkpoint,
    note,
  } = await openOnRecord(offered.round, decodeEntry, policy, now)
  if (task.type !== 'task' || round.type !== 'round' || round.task !== entryId(task)) {
    throw new Untrusted('malformed', 'it is no task with a round of it')
  }
  for (const { key } of [task.leader, task.helper]) {
    for (const signed of [taskNote, roundNote]) await requireSigned(signed, key)
  }
  return { task, round, checkpoint, note }
}

async function requireSigned(note: Note, key: string): Promise<void> {
  if (await isSignedBy(note, await parseVerifierKey(key))) return
  throw new Untrusted('signature', `${key.split('+')[0]} has not signed it`)
}
