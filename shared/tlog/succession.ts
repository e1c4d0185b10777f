/**
 * What may come after what in a log: the same for the edge, which lets nothing else in, and for whoever audits it.
 *
 * - The first entry is a policy. Every entry is signed by the publisher of the policy before it; a policy by the publisher that it names
 *   too, who so shows to have the key. That is how a key is changed: the old one signs for the new one.
 * - Versions of the model are 1, 2, 3 …, and so are releases of the tag: a gap would be something that was kept back.
 * - A rollback is a new version; what it restores is older than the one before it.
 * - A task, each of its rounds and what a round released are signed by both aggregators that the task names, too. Rounds of a task are
 *   1, 2, 3 …, each closed by its result before the next is opened; what is released counts as many reports as the task asks for.
 */
import {
  decodeEntry,
  type Entry,
  entryId,
  type ModelEntry,
  type ResultEntry,
  type RoundEntry,
  type SignedEntry,
  type TaskEntry,
} from './entry.ts'
import { COSIGNATURE, ED25519, isSignedBy, parseNote, parseVerifierKey } from './note.ts'
import type { Policy } from './policy.ts'

/** After some entries: what is in force. */
export interface Standing {
  policy?: Policy
  release?: { release: number; files: Record<string, string> }
  model?: ModelEntry
  /** By their ids. */
  tasks?: Record<string, TaskStanding>
}

export interface TaskStanding {
  task: TaskEntry
  /** The newest. */
  round?: RoundEntry
  /** Of that round; undefined while it is open. */
  result?: ResultEntry
}

export type ViolationCode =
  | 'malformed-entry'
  | 'no-policy'
  | 'wrong-signature'
  | 'rotation-unsigned'
  | 'version-twice'
  | 'version-back'
  | 'gap'
  | 'restores-nothing'
  | 'unknown-task'
  | 'round-open'
  | 'round-closed'
  | 'too-few'

export interface Violation {
  code: ViolationCode
  message: string
}

export interface Step {
  /** Undefined for what is no entry. */
  signed?: SignedEntry
  violations: Violation[]
  /** So that one who audits can go on, whatever was violated. */
  standing: Standing
}

/** Whether a record is signed by a publisher: what takes longest of a step, to be begun before its turn has come. */
export interface SignedAhead {
  publisher: string
  isSigned: Promise<boolean>
}

export function signedAhead(record: Uint8Array, publisher: string): SignedAhead {
  const isSigned = parseVerifierKey(publisher).then((key) => isSignedBy(parseNote(record), key))
  return { publisher, isSigned: isSigned.catch(() => false) }
}

/**
 * One entry further. Never throws: a record that is none is a violation.
 * @param ahead of use where no policy has changed the publisher since it was begun
 */
export async function follow(standing: Standing, record: Uint8Array, ahead?: SignedAhead): Promise<Step> {
  const violations: Violation[] = []
  const violated = (code: ViolationCode, message: string) => violations.push({ code, message })
  let signed: SignedEntry
  try {
    signed = decodeEntry(record)
  } catch (error) {
    violated('malformed-entry', (error as Error).message)
    return { violations, standing }
  }
  const { entry, note } = signed
  const signedBy = async (verifierKey: string) => {
    const key = await parseVerifierKey(verifierKey).catch(() => undefined)
    return key !== undefined && isSignedBy(note, key)
  }
  const before = standing.policy?.publisher
  if (before === undefined) {
    if (entry.type !== 'policy') violated('no-policy', `the log begins with a ${entry.type}, not with a policy`)
  } else if (!(await (ahead?.publisher === before ? ahead.isSigned : signedBy(before))))
    violated('wrong-signature', `not signed by ${before}`)

  if (entry.type === 'policy') {
    const { type: _, ...policy } = entry
    const problem = await problemOf(policy)
    if (problem) violated('malformed-entry', problem)
    if (policy.publisher !== before && !(await signedBy(policy.publisher))) {
      violated('rotation-unsigned', `${policy.publisher} has not signed the policy that names it`)
    }
    // One that the publisher has not signed is not in force: what it names has signed nothing yet.
    return { signed, violations, standing: violations.length > 0 ? standing : entered(standing, entry) }
  }
  if (entry.type === 'release') {
    succeed('release', standing.release?.release ?? 0, entry.release, violated)
    return { signed, violations, standing: entered(standing, entry) }
  }
  if (entry.type === 'task' || entry.type === 'round' || entry.type === 'result') {
    const task = await followTask(standing, entry, violated)
    if (task && !(entry.type === 'result' && entry.outcome === 'aborted')) {
      for (const { key } of [task.leader, task.helper]) {
        if (!(await signedBy(key))) violated('wrong-signature', `not signed by ${key}, of the task's aggregators`)
      }
    }
    return { signed, violations, standing: violations.length > 0 ? standing : entered(standing, entry) }
  }
  const last = standing.model?.version ?? 0
  succeed('version', last, entry.version, violated)
  if (entry.type === 'rollback' && entry.restores >= last) {
    violated('restores-nothing', `version ${entry.version} restores ${entry.restores}, which is not before ${last}`)
  }
  // The greatest counts: after a version that went back, the next may go on from either, and is not blamed twice.
  return { signed, violations, standing: entry.version < last ? standing : entered(standing, entry) }
}

/** With an entry in force that may come next. */
export function entered(standing: Standing, entry: Entry): Standing {
  const withTask = (id: string, of: TaskStanding): Standing => ({ ...standing, tasks: { ...standing.tasks, [id]: of } })
  switch (entry.type) {
    case 'policy': {
      const { type: _, ...policy } = entry
      return { ...standing, policy }
    }
    case 'release':
      return { ...standing, release: { release: entry.release, files: entry.files } }
    case 'task':
      return withTask(entryId(entry), { task: entry })
    case 'round':
    case 'result': {
      const known = standing.tasks?.[entry.task]
      if (!known) return standing
      const { task, round } = known
      return withTask(entry.task, entry.type === 'round' ? { task, round: entry } : { task, round, result: entry })
    }
    default:
      return { ...standing, model: entry }
  }
}

/** @returns the task that the entry is of, where there is one */
async function followTask(
  standing: Standing,
  entry: TaskEntry | RoundEntry | ResultEntry,
  violated: (code: ViolationCode, message: string) => void,
): Promise<TaskEntry | undefined> {
  const id = entry.type === 'task' ? entryId(entry) : entry.task
  const known = standing.tasks?.[id]
  if (entry.type === 'task') {
    if (known) violated('version-twice', `task ${entry.name} is there twice`)
    const problem = await problemOfTask(entry)
    if (problem) violated('malformed-entry', problem)
    return entry
  }
  if (!known) {
    violated('unknown-task', `no task ${id} is on record`)
    return undefined
  }
  const { task, round, result } = known
  if (entry.type === 'round') {
    succeed('round', round?.round ?? 0, entry.round, violated)
    if (round && !result) violated('round-open', `round ${round.round} of ${task.name} has no result yet`)
    if (entry.closes <= entry.opens) violated('malformed-entry', `round ${entry.round} closes before it opens`)
  } else if (round?.round !== entry.round || result) {
    violated('round-closed', `round ${entry.round} of ${task.name} is not the one that is open`)
  } else if (entry.outcome === 'released' && entry.reports < task.minBatch) {
    violated('too-few', `${entry.reports} reports are released, of at least ${task.minBatch}`)
  }
  return task
}

/** Why no client could take part in it; undefined where one could. */
export async function problemOfTask({ vdaf, leader, helper }: TaskEntry): Promise<string | undefined> {
  const keys: string[] = []
  for (const { key: text } of [leader, helper]) {
    const key = await parseVerifierKey(text).catch((error: Error) => error)
    if (key instanceof Error) return `${text}: ${key.message}`
    if (key.type !== ED25519) return `${text}: is a key for another purpose`
    keys.push(String(key.publicKey))
  }
  // One that has both shares knows what they are shares of.
  if (keys[0] === keys[1]) return 'leader and helper have one key'
  if (vdaf.kind === 'multihot' && vdaf.maxWeight > vdaf.length) return 'more weight than entries'
  if (vdaf.kind === 'pine' && !Number.isSafeInteger(vdaf.clipNorm * 2 ** vdaf.fractionBits)) {
    return `a clip norm of ${vdaf.clipNorm} has more than ${vdaf.fractionBits} fraction bits`
  }
  return undefined
}

/** What no client could go by. */
async function problemOf({ publisher, log, witnesses, cosignatures }: Policy): Promise<string | undefined> {
  const wanted = [
    [publisher, ED25519],
    [log, ED25519],
    ...witnesses.map((text) => [text, COSIGNATURE] as const),
  ] as const
  const seen = new Set<string>()
  for (const [text, type] of wanted) {
    const key = await parseVerifierKey(text).catch((error: Error) => error)
    if (key instanceof Error) return `${text}: ${key.message}`
    if (key.type !== type) return `${text}: is a key for another purpose`
    // A cosignature does not say by whose name it was made: a key with two names would count twice.
    if (type === COSIGNATURE && seen.has(String(key.publicKey))) return `${text}: is another witness's key`
    if (type === COSIGNATURE) seen.add(String(key.publicKey))
  }
  if (cosignatures <= witnesses.length) return undefined
  return `${cosignatures} cosignatures are asked for, of ${witnesses.length} witnesses`
}

function succeed(
  what: 'release' | 'round' | 'version',
  last: number,
  next: number,
  violated: (code: ViolationCode, message: string) => void,
): void {
  if (next === last) violated('version-twice', `${what} ${next} is there twice`)
  else if (next < last) violated('version-back', `${what} ${next} comes after ${last}`)
  else if (next > last + 1) violated('gap', `${what} ${next} comes after ${last}`)
}
