/**
 * Is this model on record? What a browser asks before it fetches any of it, and anybody else may ask in the same way: the publisher has
 * signed it, the log that the tag pins has it, lately, and that log has only grown since it was last seen.
 */
import type { Checkpoint } from './checkpoint.ts'
import { decodeModelEntry, type ModelEntry } from './entry.ts'
import { earlierRoot, type ReadTile } from './node-reader.ts'
import { isSignedBy, parseVerifierKey } from './note.ts'
import { openCheckpoint, type Policy, Untrusted } from './policy.ts'
import { decodeProof } from './proof.ts'
import { leafHash, sameHash, verifyInclusion } from './tree.ts'

export interface OnRecord {
  entry: ModelEntry
  checkpoint: Checkpoint
  /** The checkpoint as the log signed it, to be shown to others. */
  note: string
}

/**
 * @param proof as the edge serves it (`proof.ts`)
 * @param now seconds since 1970; left out for one that was accepted before
 * @throws Untrusted
 */
export async function openLatest(proof: string, policy: Policy, now?: number): Promise<OnRecord> {
  try {
    const { record, index, path, checkpoint: bytes } = decodeProof(proof)
    const { entry, note } = decodeModelEntry(record)
    if (!(await isSignedBy(note, await parseVerifierKey(policy.publisher)))) {
      throw new Untrusted('signature', 'the publisher has not signed it')
    }
    const checkpoint = await openCheckpoint(bytes, policy, now)
    if (!verifyInclusion(index, checkpoint.size, leafHash(record), path, checkpoint.root)) {
      throw new Untrusted('unlogged', 'it is not in the log')
    }
    return { entry, checkpoint, note: new TextDecoder().decode(bytes) }
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
