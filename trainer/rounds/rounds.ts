/**
 * A round from the publisher's side: the task is put on record, a round of it is opened, and what it released, or why it did not, is put on
 * record again. The log says how far a round has come, so that a publisher who was stopped anywhere begins again and goes on from there.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { base64Of } from '../../shared/tlog/base64.ts'
import {
  type Entry,
  entryId,
  type ResultEntry,
  type RoundEntry,
  signEntry,
  type TaskEntry,
} from '../../shared/tlog/entry.ts'
import type { Signer } from '../../shared/tlog/note.ts'
import type { TaskStanding } from '../../shared/tlog/succession.ts'
import type { Destination } from '../publish.ts'
import type { RoundStatus } from '../serve.ts'
import { type AggregatorClient, Away, aggregatorClient, type Bytes, Refused } from './aggregator-client.ts'

/** Asked again sooner at first, then less and less often. */
const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 5_000

export interface Publisher {
  key: Signer
  destination: Destination
  /** Told what is waited for, once each. */
  say?: (message: string) => void
}

/** A round that has ended. */
export interface Ended {
  result: ResultEntry
  /** Elements of the field, as the VDAF encodes them; of a round that was released. */
  aggregate?: Bytes
}

/** Puts a task on record, signed by all three, unless it is there. @returns its id */
export async function declareTask(task: TaskEntry, publisher: Publisher): Promise<string> {
  const id = entryId(task)
  if ((await publisher.destination.standing()).tasks?.[id]) return id
  await publisher.destination.append(await signedByAll(task, task, publisher))
  return id
}

export interface RoundTerms {
  /** Names the network that updates are of: `networkHash`. */
  model: string
  /** Seconds since 1970. */
  opens: number
  closes: number
}

/** Opens the next round of a task; one that is open stays as it is. @returns the round that is open */
export async function openRound(taskId: string, terms: RoundTerms, publisher: Publisher): Promise<RoundEntry> {
  const { task, round, result } = await standingOf(taskId, publisher)
  const isOpen = round !== undefined && result === undefined
  const wanted = isOpen ? round : await makeRound(taskId, task, (round?.round ?? 0) + 1, terms, publisher)
  const { entry, record } = await signRound(wanted, task, publisher)
  if (!isOpen) await publisher.destination.append(record)
  const { leader, helper } = clientsOf(task, publisher)
  // The helper first: the leader opens it with its helper.
  await untilThere(() => helper.open(record), publisher)
  await untilThere(() => leader.open(record), publisher)
  return entry
}

/** An aggregator signs one line for a round: where a publisher was stopped after it had one signed, that one is gone on with. */
async function signRound(wanted: RoundEntry, task: TaskEntry, publisher: Publisher) {
  try {
    return { entry: wanted, record: await signedByAll(wanted, task, publisher) }
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'round-signed') throw error
    const signed = error.members.entry as RoundEntry
    if (signed.task !== wanted.task || signed.round !== wanted.round) throw error
    return { entry: signed, record: await signedByAll(signed, task, publisher) }
  }
}

/** Waits until both aggregators have the same outcome, and puts it on record. */
export async function endRound(taskId: string, publisher: Publisher): Promise<Ended> {
  const { task, round, result } = await standingOf(taskId, publisher)
  if (!round) throw new Error(`task ${task.name} has no round`)
  const id = entryId(round)
  const ended = result ?? (await settle(id, round, task, publisher))
  if (ended.outcome === 'aborted') return { result: ended }
  const aggregate = await publisher.destination.readChunk(ended.aggregate)
  if (!aggregate) throw new Error(`round ${round.round}: its aggregate is not where it was put`)
  return { result: ended, aggregate: new Uint8Array(aggregate) }
}

/** Puts the outcome on record, and before that what was released, which it names by its hash. */
async function settle(id: string, round: RoundEntry, task: TaskEntry, publisher: Publisher): Promise<ResultEntry> {
  const { leader, helper } = clientsOf(task, publisher)
  const ofLeader = await untilOver(leader, id, publisher)
  if (ofLeader.state === 'aborted') {
    // The leader has told its helper once: one that was away then would wait, and keep its keys, for two days.
    await untilThere(() => helper.abort(id, ofLeader.reason), publisher).catch((error: Error) => {
      if (!(error instanceof Refused)) throw error // it has released its share, and says so below
    })
  }
  const result = resultOf(round, [ofLeader, await untilOver(helper, id, publisher)])
  if (result.outcome === 'released') {
    const bytes = await untilThere(() => leader.aggregate(id), publisher)
    const hash = createHash('sha256').update(bytes).digest('hex')
    if (hash !== result.aggregate)
      throw new Error(`round ${round.round}: the leader gives another aggregate than it has signed`)
    await publisher.destination.putChunk(hash, bytes)
  }
  const record =
    result.outcome === 'released' ? await signedByAll(result, task, publisher) : await signEntry(result, publisher.key)
  await publisher.destination.append(record)
  return result
}

function resultOf({ task, round }: RoundEntry, [leader, helper]: RoundStatus[]): ResultEntry {
  const head = { type: 'result', task, round } as const
  if (leader.state === 'released' && JSON.stringify(leader) === JSON.stringify(helper)) {
    const { reports, batch, aggregate } = leader
    return { ...head, outcome: 'released', reports, batch, aggregate }
  }
  const aborted = [leader, helper].find((status) => status.state === 'aborted')
  const reason = aborted?.state === 'aborted' ? aborted.reason : 'outcomes-differ'
  return { ...head, outcome: 'aborted', reason }
}

async function untilOver(client: AggregatorClient, round: string, publisher: Publisher): Promise<RoundStatus> {
  for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(2 * waitMs, MAX_RETRY_MS)) {
    const status = await untilThere(() => client.status(round), publisher)
    if (status.state === 'released' || status.state === 'aborted') return status
    await sleep(waitMs)
  }
}

async function makeRound(
  taskId: string,
  task: TaskEntry,
  round: number,
  { model, opens, closes }: RoundTerms,
  publisher: Publisher,
): Promise<RoundEntry> {
  const { leader, helper } = clientsOf(task, publisher)
  const [leaderKey, helperKey] = await Promise.all(
    [leader, helper].map(async (client) => base64Of(await untilThere(() => client.keyOf(taskId, round), publisher))),
  )
  return { type: 'round', task: taskId, round, model, opens, closes, leaderKey, helperKey }
}

const clientsOf = ({ leader, helper }: TaskEntry, { key }: Publisher) => ({
  leader: aggregatorClient(leader.url, key, leader.key),
  helper: aggregatorClient(helper.url, key, helper.key),
})

async function standingOf(id: string, { destination }: Publisher): Promise<TaskStanding> {
  const standing = (await destination.standing()).tasks?.[id]
  if (!standing) throw new Error(`no task ${id} is on record`)
  return standing
}

/**
 * A record with the signatures of the publisher and both aggregators.
 * @throws Refused where one of them does not sign
 */
async function signedByAll(entry: Entry, task: TaskEntry, publisher: Publisher): Promise<Bytes> {
  const note = await signEntry(entry, publisher.key)
  const { leader, helper } = clientsOf(task, publisher)
  const lines: string[] = []
  for (const client of [leader, helper]) lines.push(await untilThere(() => client.sign(note), publisher))
  return new Uint8Array(Buffer.concat([note, Buffer.from(lines.join(''))]))
}

/** Asks until there is somebody. */
async function untilThere<T>(ask: () => Promise<T>, { say = () => {} }: Publisher): Promise<T> {
  let said = ''
  for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(2 * waitMs, MAX_RETRY_MS)) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Away)) throw error
      if (said !== error.message) say(error.message)
      said = error.message
    }
    await sleep(waitMs)
  }
}
