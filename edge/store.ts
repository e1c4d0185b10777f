/**
 * All that an edge keeps, in one folder: chunks (`chunks.ts`) and the log that says what they are (`log.ts`). An entry is let in when what
 * it names is here, whole, and compressed, so that no shopper waits for that.
 */
import { decodeManifest, filesOf, type Manifest } from '../shared/model/bundle.ts'
import { checkOthers } from '../shared/model/stage.ts'
import { type Entry, isModel, type ModelEntry } from '../shared/tlog/entry.ts'
import { findModel } from '../shared/tlog/find-model.ts'
import { integrityHex } from '../shared/tlog/integrity.ts'
import { type Signer, verifierKeyText } from '../shared/tlog/note.ts'
import { type ChunkStore, openChunks } from './chunks.ts'
import { type Log, openLog } from './log.ts'
import { decodeOr, Problem } from './problem.ts'
import { askWitnesses } from './witnesses.ts'

export interface Store extends ChunkStore {
  log: Log
  /** The log's verifier key; undefined where this edge has none and can only read. */
  logKey?: string
}

type ModelVersion = Pick<ModelEntry, 'version' | 'manifest'>

export interface StoreOptions {
  /** Asked to cosign each checkpoint. */
  witnessUrls?: readonly string[]
  /** The log's key may be another than the policy on record names: a policy that names it comes next. */
  rotatesKey?: boolean
  /** Beside the log's key: `high-water.ts`. */
  highWater?: string
  now?: () => number
}

/** @throws Error naming the folder when it cannot be made or read, or when its log is another key's */
export async function openStore(
  folder: string,
  signer?: Signer,
  { witnessUrls = [], rotatesKey = false, highWater, now }: StoreOptions = {},
): Promise<Store> {
  const chunks = await openChunks(folder)
  const logKey = signer && (await verifierKeyText(signer.name, signer.keys.publicKey))

  async function admit(entry: Entry, size: number): Promise<void> {
    if (entry.type === 'policy') {
      if (entry.log === logKey) return
      throw new Problem(422, `the policy names ${entry.log} as the log's key; this edge signs with ${logKey}`)
    }
    if (entry.type === 'release')
      return requireChunks(Object.values(entry.files).map((one) => ({ sha256: integrityHex(one) })))
    if (entry.type === 'result' && entry.outcome === 'released') return requireChunks([{ sha256: entry.aggregate }])
    if (!isModel(entry)) return
    const manifest = await manifestOf(entry)
    await requireChunks([{ sha256: entry.manifest }, ...filesOf(manifest)])
    if (manifest.stage) await requireOthers(manifest, manifest.stage.others, size)
    if (entry.type === 'bundle') return
    const restored = await findModel(entry.restores, size, log.readTile)
    const same = restored && JSON.stringify((await manifestOf(restored)).chunks) === JSON.stringify(manifest.chunks)
    if (!same) throw new Problem(422, `version ${entry.version} has not the chunks of ${entry.restores}`)
  }

  /** What the others of a stage stay with: a version on record, for everyone, all of it here. */
  async function requireOthers(staged: Manifest, { version, manifest: sha256 }: ModelVersion, size: number) {
    const onRecord = await findModel(version, size, log.readTile)
    if (onRecord?.manifest !== sha256) throw new Problem(422, `the others' version ${version} is another on record`)
    const others = await manifestOf(onRecord)
    decodeOr(422, () => checkOthers(staged, others))
    await requireChunks(filesOf(others))
  }

  async function manifestOf({ version, manifest: sha256 }: ModelVersion): Promise<Manifest> {
    const bytes = await chunks.readKept(sha256)
    if (!bytes) throw new Problem(422, `the manifest ${sha256} has not been put`, {}, { missing: [sha256] })
    const manifest = decodeOr(422, () => decodeManifest(new TextDecoder().decode(bytes)))
    if (manifest.version === version) return manifest
    throw new Problem(422, `the manifest is of version ${manifest.version}, not ${version}`)
  }

  /** @throws Problem 422 unless all are on the disk, whole and of their lengths */
  async function requireChunks(wanted: readonly { sha256: string; bytes?: number }[]): Promise<void> {
    const missing: string[] = []
    for (const { sha256, bytes: length } of wanted) {
      const bytes = await chunks.readKept(sha256)
      if (!bytes) missing.push(sha256)
      else if (length !== undefined && bytes.length !== length) {
        throw new Problem(422, `chunk ${sha256} has ${bytes.length} bytes, the manifest says ${length}`)
      }
    }
    if (missing.length) throw new Problem(422, `${missing.length} chunks have not been put`, {}, { missing })
    for (const { sha256 } of wanted) await chunks.readChunk(sha256, 'br')
  }

  const witness = askWitnesses(witnessUrls)
  const log = await openLog(folder, { signer, rotatesKey, highWater, admit, witness, now })
  return { ...chunks, logKey, log }
}
