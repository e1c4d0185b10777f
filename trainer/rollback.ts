/** Going back to an earlier model: a new version, on record like any other, whose chunks are the old one's. */
import { decodeManifest, encodeManifest, sha256Hex } from '../shared/model/bundle.ts'
import { decodeCheckpoint } from '../shared/tlog/checkpoint.ts'
import type { ModelEntry, RollbackEntry } from '../shared/tlog/entry.ts'
import { findModel } from '../shared/tlog/find-model.ts'
import { parseNote, type Signer } from '../shared/tlog/note.ts'
import type { LogSource } from './audit/source.ts'
import type { PublisherKey } from './keys.ts'
import { type Destination, publish, requirePublisher } from './publish.ts'
import { UserError } from './user-error.ts'

/**
 * @param restores the version to go back to
 * @throws UserError when it is not on record, or not before the newest, or the key is another's
 */
export async function rollBack(
  restores: number,
  source: LogSource,
  destination: Destination,
  key: PublisherKey,
  now: number,
): Promise<RollbackEntry> {
  const { policy, model } = await destination.standing()
  requirePublisher(policy, key)
  const newest = model?.version ?? 0
  if (restores >= newest) {
    throw new UserError(
      `version ${restores} is not before ${newest}, the newest`,
      'name an earlier one; "vitrine audit" lists them',
    )
  }
  const checkpoint = await source.checkpoint()
  const size = checkpoint ? decodeCheckpoint(parseNote(checkpoint).text).size : 0
  const old = await findModel(restores, size, source.tile)
  if (!old) throw new UserError(`version ${restores} is not to be had`, 'publish anew with "vitrine publish"')
  return restore(old, destination, key, now)
}

/** @param old on record, and before the newest @throws UserError where its manifest is gone */
export async function restore(
  old: Pick<ModelEntry, 'version' | 'manifest'>,
  destination: Destination,
  key: Signer,
  now: number,
): Promise<RollbackEntry> {
  const bytes = await destination.readChunk(old.manifest)
  if (!bytes) throw new UserError(`version ${old.version} is not to be had`, 'publish anew with "vitrine publish"')
  // For everyone, whoever it was for before.
  const { deltas: _, stage: __, ...manifest } = decodeManifest(new TextDecoder().decode(bytes))
  const version = ((await destination.standing()).model?.version ?? 0) + 1
  const made = new TextEncoder().encode(encodeManifest({ ...manifest, version, created: new Date(now).toISOString() }))
  const sha256 = await sha256Hex(made)
  const entry = { type: 'rollback', version, manifest: sha256, restores: old.version } as const
  await publish({ chunks: new Map([[sha256, made]]), entry }, key, destination)
  return entry
}
