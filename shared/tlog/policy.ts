/**
 * What a client of a log trusts: the tag pins it, and the log itself has it on record (`entry.ts`).
 *
 *     {"publisher":"shop.example+0a1b2c3d+AbC…","log":"shop.example/log+4e5f6071+AdE…","witnesses":[],"cosignatures":0,
 *      "maxAgeSeconds":604800}
 *
 * A checkpoint is accepted if the log's key has signed it, under its own name as the origin, if the log and enough witnesses have
 * cosigned it, and if none of these cosignatures is too old.
 */
import type { ContributionPolicy } from '../federated/policy.ts'
import { type Checkpoint, decodeCheckpoint } from './checkpoint.ts'
import { cosignedAt } from './cosignature.ts'
import { COSIGNATURE, isSignedBy, parseNote, parseVerifierKey, verifierKey } from './note.ts'

const DAY_SECONDS = 86_400
/** A browser's clock may be behind. */
const MAX_AHEAD_SECONDS = DAY_SECONDS

/** As it is on record (`entry.ts`), in its order. */
export interface Policy {
  /** Signs what goes into the log. */
  publisher: string
  /** Signs the log's checkpoints; its name is the log's origin. */
  log: string
  /** Verifier keys of type 0x04. */
  witnesses: string[]
  /** How many of the witnesses must have cosigned a checkpoint. */
  cosignatures: number
  /** Of a checkpoint. */
  maxAgeSeconds: number
  /** What browsers may contribute to. Without it, to nothing. */
  contribution?: ContributionPolicy
}

/** A week: an edge that signs anew every hour may be away for long, and a log that others no longer see is not taken. */
export const DEFAULT_MAX_AGE_SECONDS = 7 * DAY_SECONDS

/** A checkpoint that is signed as the policy asks for. */
export interface TrustedCheckpoint extends Checkpoint {
  /** When the log said so, seconds since 1970. */
  time: number
}

/** Why what a log says is not accepted, by a word that a page can explain. */
export class Untrusted extends Error {
  readonly why: 'malformed' | 'signature' | 'stale' | 'witnesses' | 'unlogged' | 'unproven' | 'fork'
  constructor(why: Untrusted['why'], message: string) {
    super(message)
    this.why = why
  }
}

/**
 * @param now seconds since 1970; of a checkpoint that was accepted once, its age no longer matters, and this is left out
 * @throws Untrusted, or Error for what is no signed checkpoint
 */
export async function openCheckpoint(bytes: Uint8Array, policy: Policy, now?: number): Promise<TrustedCheckpoint> {
  const checkpoint = await openSignedCheckpoint(bytes, policy.log)
  const note = parseNote(bytes)
  const log = await parseVerifierKey(policy.log)
  const own = await cosignedAt(note, await verifierKey(log.name, COSIGNATURE, log.publicKey))
  if (own === undefined) throw new Untrusted('signature', `the checkpoint does not say when ${log.name} signed it`)
  const isTimely = (time: number) =>
    now === undefined || (time >= now - policy.maxAgeSeconds && time <= now + MAX_AHEAD_SECONDS)
  if (!isTimely(own)) throw new Untrusted('stale', `the checkpoint is of ${new Date(own * 1000).toISOString()}`)
  const times: number[] = []
  for (const witness of policy.cosignatures > 0 ? new Set(policy.witnesses) : []) {
    const time = await cosignedAt(note, await parseVerifierKey(witness))
    if (time !== undefined) times.push(time)
  }
  const timely = times.filter(isTimely)
  if (timely.length < policy.cosignatures) {
    const why = times.length < policy.cosignatures ? 'witnesses' : 'stale'
    throw new Untrusted(why, `${timely.length} of ${policy.cosignatures} witnesses have cosigned it lately`)
  }
  return { ...checkpoint, time: own }
}

/**
 * A checkpoint that this log has signed, whatever its age.
 * @throws Untrusted when it has not, or Error for what is no signed checkpoint
 */
export async function openSignedCheckpoint(bytes: Uint8Array, log: string): Promise<Checkpoint> {
  const note = parseNote(bytes)
  const logKey = await parseVerifierKey(log)
  if (!(await isSignedBy(note, logKey))) throw new Untrusted('signature', `${logKey.name} has not signed it`)
  const checkpoint = decodeCheckpoint(note.text)
  if (checkpoint.origin !== logKey.name) throw new Untrusted('signature', `it is of the log ${checkpoint.origin}`)
  return checkpoint
}
