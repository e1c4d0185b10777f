/**
 * What an aggregator puts its name to: tasks within its own terms, one line for each of their rounds, and what it has released. In a folder:
 *
 *     tasks/7d865e….json            a task that it has signed
 *     tasks/7d865e…/key-3.json      the HPKE key of its third round, until that has an outcome; its owner alone can read it
 *     tasks/7d865e…/round-3.json    the line of the third round that it has signed: it signs no other
 */
import { join } from 'node:path'
import { generateHpkeKeys, HPKE_SUITE } from '../../shared/federated/hpke.ts'
import { type ContributionTerms, termsProblem } from '../../shared/federated/policy.ts'
import type { Vdaf } from '../../shared/federated/vdaf.ts'
import { type Bytes, isSame } from '../../shared/federated/wire.ts'
import { base64Of, bytesOf } from '../../shared/tlog/base64.ts'
import { decodeEntry, entryId, type ResultEntry, type RoundEntry, type TaskEntry } from '../../shared/tlog/entry.ts'
import {
  ED25519,
  isSignedBy,
  type Note,
  parseVerifierKey,
  type Signer,
  signatureLine,
  verifierKeyText,
} from '../../shared/tlog/note.ts'
import { problemOfTask } from '../../shared/tlog/succession.ts'
import { makePrivateFolder, readIfPresent, removeWithPartials, writeOnce } from '../durable-file.ts'
import { decodeOr, Problem } from '../problem.ts'
import type { Outcome } from './round.ts'

/** Keys are kept until their rounds are over, and so is what is sealed to them: for no longer than this from when the round is signed. */
const LONGEST_SECONDS = 62 * 24 * 3600

export interface SigningOptions {
  folder: string
  /** The aggregator's identity, which tasks name and browsers pin. */
  signer: Signer
  /** Who runs it, as tasks say it. */
  operator: string
  /** Verifier key of who may ask for signatures, and open rounds. */
  publisher: string
  /** Below which it takes part in nothing. */
  terms: ContributionTerms
  /** @throws Error for a task whose proofs would prove nothing */
  vdafOf: (task: TaskEntry) => Vdaf
  /** Milliseconds since 1970 */
  now?: () => number
}

export interface Signing {
  /** Its verifier key. */
  own: string
  /**
   * @param note an entry, signed by the publisher
   * @param outcomeOf what became of a round here
   * @returns the line of this aggregator's signature
   * @throws Problem with a code that says why not
   */
  sign(note: Bytes, outcomeOf: (task: string, round: number) => Outcome | undefined): Promise<string>
  /** @throws Problem 404 for one that was not signed here */
  taskOf(id: string): Promise<TaskEntry>
  /**
   * Of the next round that it may sign, made when it is first asked for; of a round that it has signed, the key that is named there.
   * @throws Problem for others
   */
  publicKeyOf(task: string, round: number): Promise<Bytes>
  privateKeyOf(round: RoundEntry): Promise<CryptoKey>
  /** What was sealed to it, nobody opens any more. */
  destroyKey(round: RoundEntry): Promise<void>
}

export async function openSigning(options: SigningOptions): Promise<Signing> {
  const { folder, signer, operator, publisher, terms, vdafOf, now = Date.now } = options
  const own = await verifierKeyText(signer.name, signer.keys.publicKey)
  const tasks = join(folder, 'tasks')
  await makePrivateFolder(folder, tasks)
  const keyFile = (task: string, round: number) => join(tasks, task, `key-${round}.json`)
  const roundFile = (task: string, round: number) => join(tasks, task, `round-${round}.json`)
  const ownKey = (task: TaskEntry, round: RoundEntry) => (task.leader.key === own ? round.leaderKey : round.helperKey)

  async function publicKeyOf(id: string, round: number): Promise<Bytes> {
    const task = await taskOf(id)
    const signed = await readIfPresent(roundFile(id, round))
    // Its key is gone when it is over, and no other is made for it.
    if (signed) return bytesOf(ownKey(task, roundOf(signed))) as Bytes
    if (round > 1 && !(await readIfPresent(roundFile(id, round - 1)))) {
      throw refusal(422, 'round-ahead', `round ${round - 1} comes before round ${round}`)
    }
    await makePrivateFolder(folder, join(tasks, id))
    return decodeKeys(await writeOnce(keyFile(id, round), makeKeys)).publicKey
  }

  async function taskOf(id: string): Promise<TaskEntry> {
    const kept = /^[0-9a-f]{64}$/.test(id) && (await readIfPresent(join(tasks, `${id}.json`)))
    if (!kept) throw refusal(404, 'task-unknown', 'this aggregator has signed no such task')
    return JSON.parse(new TextDecoder().decode(kept)) as TaskEntry
  }

  async function admitTask(task: TaskEntry): Promise<void> {
    const mine = [task.leader, task.helper].filter(({ key }) => key === own)
    if (mine.length !== 1) throw refusal(422, 'not-mine', `one of the task's aggregators must have the key ${own}`)
    if (mine[0].operator !== operator) throw refusal(422, 'not-mine', `this aggregator is run by ${operator}`)
    const problem = await problemOfTask(task)
    if (problem) throw refusal(422, 'malformed-entry', problem)
    requireTerms(task)
    decodeOr(422, () => vdafOf(task))
    await writeOnce(join(tasks, `${entryId(task)}.json`), () => new TextEncoder().encode(JSON.stringify(task)))
  }

  function requireTerms(task: TaskEntry): void {
    const why = termsProblem(task, terms)
    if (why) throw refusal(422, why, 'the task is outside the terms of this aggregator')
  }

  async function admitRound(round: RoundEntry): Promise<void> {
    const task = await taskOf(round.task)
    const line = new TextEncoder().encode(JSON.stringify(round))
    if (!(await readIfPresent(roundFile(round.task, round.round)))) {
      // Its operator may have changed them since.
      requireTerms(task)
      if (base64Of(await publicKeyOf(round.task, round.round)) !== ownKey(task, round)) {
        throw refusal(422, 'key-unknown', 'the round does not name the key that this aggregator made for it')
      }
      if (round.closes <= round.opens || round.closes > now() / 1000 + LONGEST_SECONDS) {
        throw refusal(422, 'round-times', 'a round closes after it opens, and within 62 days from now')
      }
    }
    const signed = await writeOnce(roundFile(round.task, round.round), () => line)
    if (isSame(signed, line)) return
    // A publisher who was stopped between two signatures goes on with the one that it had begun.
    const entry = roundOf(signed)
    throw new Problem(409, `another round ${round.round} has been signed`, {}, { code: 'round-signed', entry })
  }

  function admitResult(result: ResultEntry, outcome: Outcome | undefined): void {
    const isSo =
      result.outcome === 'released' &&
      outcome?.state === 'released' &&
      outcome.batch.reports === result.reports &&
      outcome.batch.digest === result.batch &&
      outcome.aggregate === result.aggregate
    if (!isSo) throw refusal(422, 'result-differs', 'this is not what this aggregator has released')
  }

  return {
    own,
    async sign(bytes, outcomeOf) {
      const { entry, note } = decodeOr(400, () => decodeEntry(bytes))
      await requireSigned(note, publisher)
      if (entry.type === 'task') await admitTask(entry)
      else if (entry.type === 'round') await admitRound(entry)
      else if (entry.type === 'result') admitResult(entry, outcomeOf(entry.task, entry.round))
      else throw refusal(422, 'not-mine', `no aggregator signs a ${entry.type}`)
      return signatureLine(signer, ED25519, new TextEncoder().encode(note.text))
    },
    taskOf,
    publicKeyOf,
    async privateKeyOf({ task, round }) {
      const kept = await readIfPresent(keyFile(task, round))
      if (!kept) throw new Error(`${keyFile(task, round)} is missing`)
      return decodeKeys(kept).privateKey()
    },
    destroyKey: ({ task, round }) => removeWithPartials(keyFile(task, round)),
  }
}

/** @throws Problem 403 */
export async function requireSigned(note: Note, key: string): Promise<void> {
  if (await isSignedBy(note, await parseVerifierKey(key))) return
  throw refusal(403, 'not-signed', `not signed by ${key}`)
}

/** Our own file, whole or not there. */
const roundOf = (file: Uint8Array): RoundEntry => JSON.parse(new TextDecoder().decode(file)) as RoundEntry

async function makeKeys(): Promise<Uint8Array> {
  const { publicKey, privateKey } = await generateHpkeKeys()
  const secret = new Uint8Array(await HPKE_SUITE.kem.serializePrivateKey(privateKey))
  return new TextEncoder().encode(JSON.stringify({ publicKey: base64Of(publicKey), privateKey: base64Of(secret) }))
}

/** Our own file, whole or not there. */
function decodeKeys(file: Uint8Array): { publicKey: Bytes; privateKey(): Promise<CryptoKey> } {
  const { publicKey, privateKey } = JSON.parse(new TextDecoder().decode(file)) as Record<string, string>
  const secret = bytesOf(privateKey) as Bytes
  return {
    publicKey: bytesOf(publicKey) as Bytes,
    privateKey: () => HPKE_SUITE.kem.deserializePrivateKey(secret.buffer),
  }
}

const refusal = (status: 403 | 404 | 409 | 422, code: string, message: string): Problem =>
  new Problem(status, message, {}, { code })
