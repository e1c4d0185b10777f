/**
 * Is this model on record? What a browser asks before it fetches any of it, and anybody else may ask in the same way: the publisher has
 * signed it, the log that the tag pins has it, lately, and that log has only grown since it was last seen.
 */
import type { Checkpoint } from './checkpoint.ts'
import { decodeModelEntry, type ModelEntry, type SignedEntry } from './entry.ts'
import { earlierRoot, type ReadTile } from './node-reader.ts'
import { isSignedBy, type Note, parseVerifierKey } from './note.ts'
import { openCheckpoint, type Policy, Untrusted } from './policy.ts'
import { decodeProof } from './proof.ts'
import { leafHash, sameHash, verifyInclusion } from './tree.ts'

export interface OnRecord<E = ModelEntry> {
  entry: E
  checkpoint: Checkpoint
  /** The checkpoint as the log signed it, to be shown to others. */
  note: string
}

/**
 * The newest model.
 * @param proof as the edge serves it (`proof.ts`)
 * @param now seconds since 1970; left out for one that was accepted before
 * @throws Untrusted
 */
export const openLatest = (proof: string, policy: Policy, now?: number): Promise<OnRecord> =>
  openOnRecord(proof, decodeModelEntry, policy, now)

/** @param decode of the kind of entry that is asked for @throws Untrusted */
export async function openOnRecord<E>(
  proof: string,
  decode: (record: Uint8Array) => SignedEntry<E>,
  policy: Policy,
  now?: number,
): Promise<OnRecord<E> & { signed: Note }> {
  try {
    const { record, index, path, checkpoint: bytes } = decodeProof(proof)
    const { entry, note: signed } = decode(record)
    if (!(await isSignedBy(signed, await parseVerifierKey(policy.publisher)))) {
      throw new Untrusted('signature', 'the publisher has not signed it')
    }
    const checkpoint = await openCheckpoint(bytes, policy, now)
    if (!verifyInclusion(index, checkpoint.size, leafHash(record), path, checkpoint.root)) {
      throw new Untrusted('unlogged', 'it is not in the log')
    }
    return { entry, signed, checkpoint, note: new TextDecoder().decode(bytes) }
  } catch (error) {
    throw error instanceof Untrusted ? error : new Untrusted('malformed', (error as Error).message)
  }
}

/**
 * How a checkpoint stands to the one that was seen last.
 * @param read tiles of the larger of the two logs
 * @throws Untrusted "fork" when neither grew out of the other, which both signatures prove; "malformed" when the tiles are not the log's
 */
export async function compareCheckpoints(
  seen: Checkpoint,
  offered: Checkpoint,
  read: ReadTile,
): Promise<'same' | 'newer' | 'older'> {
  const [older, newer] = offered.size < seen.size ? [offered, seen] : [seen, offered]
  const root = older.size === newer.size ? newer.root : await earlierRoot(older.size, newer, read)
  if (!root) throw new Untrusted('malformed', 'the tiles are not those of the checkpoint')
  if (!sameHash(root, older.root)) {
    throw new Untrusted('fork', `what it had on record at ${older.size} entries is not what it had before`)
  }
  if (older.size === newer.size) return 'same'
  return older === seen ? 'newer' : 'older'
}
