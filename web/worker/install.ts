/**
 * Brings the published bundle to this browser: what is on record, the manifest, then chunks one after the other in the manifest's
 * order. What is fetched depends on the version already here, on what is drawn, and on nothing else: above all not on what the shopper did.
 *
 * Where the bundle is kept, a changed chunk is made from the kept one by the deltas that the manifest names: these requests
 * say which version was here, and that it was kept, and they are the same for everyone of whom that is true. Elsewhere
 * chunks are fetched whole, because it is the HTTP cache that brings them to the next page. Where a version is for some, what is fetched says
 * for whom, which was drawn (`stage.ts`) and is nothing that a shopper did. A delta that is missing,
 * damaged or gives other bytes than the manifest's hash costs its own download, and the chunk is fetched whole.
 *
 * Nothing is used before it is checked: that it is on record, signed, in a log that has only grown since this browser saw it last
 * (`shared/tlog/on-record.ts`); its version (never back); the manifest's and each chunk's length and SHA-256; then the engine's own
 * probes. What fails is refused with the reason, and what was installed stays.
 */
import {
  type ChunkName,
  type ChunkRef,
  decodeManifest,
  deltasTo,
  MAX_CHUNK_BYTES,
  type Manifest,
  sha256Hex,
} from '../../shared/model/bundle.ts'
import { applyDelta } from '../../shared/model/delta.ts'
import { checkOthers, type StageArm, standingIn } from '../../shared/model/stage.ts'
import type { ModelEntry } from '../../shared/tlog/entry.ts'
import { type OnRecord, openLatest } from '../../shared/tlog/on-record.ts'
import { type Policy, Untrusted } from '../../shared/tlog/policy.ts'
import { checkGrowth } from '../log-growth.ts'
import { getChunk, getLatest, keepLatest, Unreachable } from '../network.ts'
import type { Refusal, RefusalCode } from '../protocol.ts'
import { loadBundle, saveBundle } from '../store/chunks.ts'
import type { Database } from '../store/database.ts'
import type { Seen } from '../store/witnessed.ts'
import type { Engine } from './engine.ts'

export interface Installed {
  /** What was on record as the newest. */
  entry: ModelEntry
  /** Of the version in use: the entry's, or the one that others stay with while that is for some. */
  manifest: Manifest
  /** Where this browser stands in a version that is for some. */
  stage?: StageArm
  /** That the entry is on record, as the edge served it. */
  proof: string
  /** Checked chunks by SHA-256, manifests included. */
  chunks: Map<string, Uint8Array>
  complete: boolean
}

/** A bundle that is not what it should be. */
export class Refused extends Error implements Omit<Refusal, 'time' | 'reason'> {
  readonly code: RefusalCode
  readonly version: number
  /** What to show others: as the edge offered it, and the checkpoint that was seen before. */
  readonly offered?: string
  readonly held?: string
  constructor(code: RefusalCode, version: number, reason: string, offered?: string, held?: string) {
    super(reason)
    this.code = code
    this.version = version
    this.offered = offered
    this.held = held
  }
}

interface Destination {
  edge: string
  policy: Policy
  engine: Engine
  installed: Installed | undefined
  /** The version that an earlier visit kept, whether or not today's policy still accepts it: nothing older is installed. */
  floor: number
  /** Whether what is installed outlives the page. */
  keeps: boolean
  /** By which this browser draws whether a release is for it; undefined where it keeps none. */
  secret(): Promise<Uint8Array<ArrayBuffer> | undefined>
  /** The newest checkpoint that was seen. */
  seen: Seen | undefined
  onSeen(seen: Seen): void
  onInstalled(installed: Installed): void
  /** Resolves when the page has had its first shelf, so that what is fetched for later is not in its way. */
  idle(): Promise<void>
}

/**
 * Installs what the edge has now. Resolves when that is what is installed.
 * @throws Unreachable when the edge cannot be reached, Refused when what it has is not installed
 */
export async function installLatest(destination: Destination, from: 'edge' | 'cache'): Promise<void> {
  const { edge, installed, keeps, engine, onInstalled, idle } = destination
  const proof = await getLatest(edge, from).catch((error: Error) => {
    throw error instanceof Unreachable ? error : new Refused('malformed', 0, error.message)
  })
  const { entry } = await checkRecord(proof, destination)
  const { version } = entry
  // Last of all, so that requests always come in the same order. Without a copy the next page only lacks a fallback.
  const keepCopy = () => (from === 'edge' ? keepLatest(edge, proof).catch(() => {}) : undefined)
  const before = installed?.entry.version ?? 0
  if (version === before && installed?.complete && (await isSettled(installed, destination))) return keepCopy()

  const have = installed?.chunks ?? new Map<string, Uint8Array>()
  const chunks = new Map<string, Uint8Array>()
  const { manifest, stage } = await manifestFor(entry, destination, async (sha256, of) => {
    const bytes = have.get(sha256) ?? (await fetchChecked(edge, sha256, of))
    chunks.set(sha256, bytes)
    return bytes
  })

  const install = (complete: boolean) => {
    attempt(version, () => engine.install(partsOf(manifest, chunks), manifest))
    onInstalled({ entry, manifest, stage, proof, chunks: new Map(chunks), complete })
  }
  for (const [i, ref] of manifest.chunks.entries()) {
    const next = manifest.chunks[i + 1]?.phase
    if (ref.phase === 'idle' && manifest.chunks[i - 1]?.phase !== 'idle') await idle()
    const bytes =
      have.get(ref.sha256) ??
      (keeps ? await makeFromDeltas(edge, ref, manifest, have) : undefined) ??
      (await fetchChecked(edge, ref.sha256, version, ref))
    chunks.set(ref.sha256, bytes)
    if (next === ref.phase) continue
    // A first visit shows what it has as soon as it can. An upgrade waits until it ranks as well as what it replaces.
    if (ref.phase !== 'first' || before === 0 || next === undefined) install(next === undefined)
  }
  await keepCopy()
}

/**
 * That what is offered is on record, in a log that has grown out of the one seen before, and that it is not older than what is here.
 * @throws Refused
 */
async function checkRecord(proof: string, destination: Destination): Promise<OnRecord> {
  const { edge, policy, installed, floor, seen, onSeen } = destination
  const before = Math.max(installed?.entry.version ?? 0, floor)
  let version = 0
  const refuse = (code: RefusalCode, reason: string): never => {
    throw new Refused(code, version, reason, proof, seen?.note)
  }
  try {
    const offered = await openLatest(proof, policy, Math.floor(Date.now() / 1000))
    version = offered.entry.version
    const isShorter = seen && offered.checkpoint.size < seen.checkpoint.size
    if (seen && !isShorter) await checkGrowth(seen, offered, edge)
    if (!isShorter) onSeen(offered)
    if (version < before) refuse('rollback', `version ${version} is older than the installed ${before}`)
    if (version === before && installed && offered.entry.manifest !== installed.entry.manifest) {
      refuse('twice', `version ${version} was published twice`)
    }
    // A copy on the way may lag, with what is here already. Anything else in a log that was longer is not looked into.
    if (isShorter && version !== before) refuse('rollback', 'the log had more entries before')
    return offered
  } catch (error) {
    if (error instanceof Refused) throw error
    return refuse(error instanceof Untrusted ? error.why : 'malformed', (error as Error).message)
  }
}

/** Installs the bundle that an earlier visit kept, checked as if it had just come over the network, but for its age. */
export async function installStored(database: Database, destination: Destination): Promise<void> {
  const stored = await loadBundle(database)
  if (!stored) return
  const { proof } = stored
  const { entry } = await openLatest(proof, destination.policy).catch((error: Error) => {
    throw new Refused('content', 0, `the stored proof: ${error.message}`)
  })
  const { version } = entry
  const chunks = new Map<string, Uint8Array>()
  const checked = async (sha256: string, name = 'manifest') => {
    const bytes = stored.chunks.get(sha256)
    if (!bytes || (await sha256Hex(bytes)) !== sha256) {
      throw new Refused('content', version, `stored chunk "${name}" is damaged`)
    }
    chunks.set(sha256, bytes)
    return bytes
  }
  const { manifest, stage } = await manifestFor(entry, destination, (sha256) => checked(sha256), stored.chunks)
  for (const { name, sha256 } of manifest.chunks) await checked(sha256, name)
  attempt(version, () => destination.engine.install(partsOf(manifest, chunks), manifest))
  destination.onInstalled({ entry, manifest, stage, proof, chunks, complete: true })
}

/** Whether this browser would not draw another version now: it may keep a secret since. */
async function isSettled({ stage }: Installed, { secret }: Destination): Promise<boolean> {
  return !stage || stage.arm !== undefined || (await secret()) === undefined
}

/**
 * The manifest that this browser goes by: the one on record, or, where that is for others, the one before.
 * @param read gives the bytes of that SHA-256, of a version
 * @param stored all that there is: where it is not what is drawn now, the version that it is of is used, and that counts as neither
 */
async function manifestFor(
  { version, manifest: sha256 }: ModelEntry,
  { secret }: Pick<Destination, 'secret'>,
  read: (sha256: string, version: number) => Promise<Uint8Array>,
  stored?: ReadonlyMap<string, Uint8Array>,
): Promise<Pick<Installed, 'manifest' | 'stage'>> {
  const bytes = await read(sha256, version)
  const recorded = attempt(version, () => readManifest(bytes, version))
  if (!recorded.stage) return { manifest: recorded }
  const { others } = recorded.stage
  const drawn = (await standingIn(recorded, await secret())) as StageArm
  const hasOwn = recorded.chunks.every((chunk) => stored?.has(chunk.sha256) ?? true)
  const hasOthers = stored?.has(others.manifest) ?? true
  const isStaged = hasOwn && (drawn.arm === 'staged' || !hasOthers)
  const { arm, ...undrawn } = drawn
  const stage = isStaged === (arm === 'staged') ? drawn : undrawn
  if (isStaged) return { manifest: recorded, stage }
  const bytesOfOthers = await read(others.manifest, version)
  const manifest = attempt(version, () => readManifest(bytesOfOthers, others.version))
  attempt(version, () => checkOthers(recorded, manifest))
  return { manifest, stage }
}

export function store(database: Database, { proof, chunks }: Installed): Promise<void> {
  return saveBundle(database, { proof, chunks })
}

function readManifest(bytes: Uint8Array, version: number): Manifest {
  const manifest = decodeManifest(new TextDecoder().decode(bytes))
  if (manifest.version !== version) throw new Error(`its manifest is of version ${manifest.version}`)
  return manifest
}

/** @param without those of these names */
export function partsOf(
  manifest: Manifest,
  chunks: ReadonlyMap<string, Uint8Array>,
  without: readonly ChunkName[] = [],
): Map<ChunkName, Uint8Array> {
  const parts = new Map<ChunkName, Uint8Array>()
  for (const { name, sha256 } of manifest.chunks) {
    const bytes = chunks.get(sha256)
    if (bytes && !without.includes(name)) parts.set(name, bytes)
  }
  return parts
}

/** @returns undefined when no deltas lead from what is here to the chunk, or they do not give it */
async function makeFromDeltas(
  edge: string,
  ref: ChunkRef,
  { version, deltas = [] }: Manifest,
  have: ReadonlyMap<string, Uint8Array>,
): Promise<Uint8Array | undefined> {
  const path = deltasTo(ref.sha256, deltas, (sha256) => have.has(sha256))
  let bytes = path && have.get(path[0].from)
  for (const delta of path ?? []) {
    if (!bytes) return undefined
    const maxBytes = delta.to === ref.sha256 ? ref.bytes : MAX_CHUNK_BYTES
    try {
      bytes = applyDelta(bytes, await fetchChecked(edge, delta.sha256, version, { ...delta, name: 'delta' }), maxBytes)
    } catch {
      return undefined // whatever it is, the whole chunk will tell: if the edge is away, that fails too
    }
    if ((await sha256Hex(bytes)) !== delta.to) return undefined
  }
  return bytes
}

/** A damaged copy in the HTTP cache would stay there for a year, so the second try goes past it. */
async function fetchChecked(
  edge: string,
  sha256: string,
  version: number,
  ref?: { name: string; bytes: number },
): Promise<Uint8Array> {
  let reason = ''
  for (const cache of ['force-cache', 'reload'] as const) {
    try {
      const bytes = await getChunk(edge, sha256, ref?.bytes, cache)
      if (ref && bytes.length !== ref.bytes) throw new Error(`${bytes.length} bytes instead of ${ref.bytes}`)
      if ((await sha256Hex(bytes)) !== sha256) throw new Error('its SHA-256 is another')
      return bytes
    } catch (error) {
      if (error instanceof Unreachable) throw error
      reason = (error as Error).message
    }
  }
  throw new Refused('content', version, `chunk "${ref?.name ?? 'manifest'}": ${reason}`)
}

/** Whatever is wrong with a bundle's content, it is refused for it. */
function attempt<T>(version: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new Refused('content', version, (error as Error).message)
  }
}
