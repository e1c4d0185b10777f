/**
 * Brings the published bundle to this browser: pointer, manifest, then chunks one after the other in the manifest's
 * order. What is fetched depends on the version already here and on nothing else, above all not on what the shopper did.
 *
 * Where the bundle is kept, a changed chunk is made from the kept one by the deltas that the manifest names: these requests
 * say which version was here, and that it was kept, and they are the same for everyone of whom that is true. Elsewhere
 * chunks are fetched whole, because it is the HTTP cache that brings them to the next page. A delta that is missing,
 * damaged or gives other bytes than the manifest's hash costs its own download, and the chunk is fetched whole.
 *
 * Nothing is used before it is checked: the manifest's signature, its version (never back), each chunk's length and
 * SHA-256, then the engine's own probes. What fails is refused with the reason, and what was installed stays.
 */
import {
  type ChunkName,
  type ChunkRef,
  decodeLatest,
  deltasTo,
  MAX_CHUNK_BYTES,
  type Manifest,
  openManifest,
  sha256Hex,
} from '../../shared/model/bundle.ts'
import { applyDelta } from '../../shared/model/delta.ts'
import { getChunk, getLatest, keepLatest, Unreachable } from '../network.ts'
import { loadBundle, saveBundle } from '../store/chunks.ts'
import type { Database } from '../store/database.ts'
import type { Engine } from './engine.ts'

export interface Installed {
  manifest: Manifest
  manifestSha256: string
  /** Checked chunks by SHA-256, the manifest included. */
  chunks: Map<string, Uint8Array>
  complete: boolean
}

/** A bundle that is not what it should be. */
export class Refused extends Error {
  readonly version: number
  constructor(version: number, reason: string) {
    super(reason)
    this.version = version
  }
}

interface Destination {
  edge: string
  key: string
  engine: Engine
  installed: Installed | undefined
  /** Whether what is installed outlives the page. */
  keeps: boolean
  onInstalled(installed: Installed): void
  /** Resolves when the page has had its first shelf, so that what is fetched for later is not in its way. */
  idle(): Promise<void>
}

/**
 * Installs what the edge has now. Resolves when that is what is installed.
 * @throws Unreachable when the edge cannot be reached, Refused when what it has is not installed
 */
export async function installLatest(destination: Destination, from: 'edge' | 'cache'): Promise<void> {
  const { edge, key, installed, keeps, engine, onInstalled, idle } = destination
  const text = await getLatest(edge, from)
  const latest = attempt(0, () => decodeLatest(text))
  const { version } = latest
  const before = installed?.manifest.version ?? 0
  if (version < before) throw new Refused(version, `version ${version} is older than the installed ${before}`)
  if (version === before && latest.manifest !== installed?.manifestSha256) {
    throw new Refused(version, `version ${version} was published twice`)
  }
  // Last of all, so that requests always come in the same order. Without a copy the next page only lacks a fallback.
  const keepCopy = () => (from === 'edge' ? keepLatest(edge, text).catch(() => {}) : undefined)
  if (version === before && installed?.complete) return keepCopy()

  const have = installed?.chunks ?? new Map<string, Uint8Array>()
  const manifestBytes = have.get(latest.manifest) ?? (await fetchChecked(edge, latest.manifest, version))
  const manifest = await attempt(version, () => openManifest(manifestBytes, key))
  if (manifest.version !== version) throw new Refused(version, `its manifest is of version ${manifest.version}`)

  const chunks = new Map([[latest.manifest, manifestBytes]])
  const install = (complete: boolean) => {
    attempt(version, () => engine.install(partsOf(manifest, chunks), manifest))
    onInstalled({ manifest, manifestSha256: latest.manifest, chunks: new Map(chunks), complete })
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

/** Installs the bundle that an earlier visit kept, checked as if it had just come over the network. */
export async function installStored(database: Database, destination: Destination): Promise<void> {
  const stored = await loadBundle(database)
  if (!stored) return
  const { version, manifest: manifestSha256, chunks } = stored
  const bytes = chunks.get(manifestSha256)
  if (!bytes) throw new Refused(version, 'the stored manifest is missing')
  const manifest = await attempt(version, () => openManifest(bytes, destination.key))
  if (manifest.version !== version) throw new Refused(version, 'the stored pointer names another version')
  for (const { name, sha256 } of manifest.chunks) {
    const chunk = chunks.get(sha256)
    if (!chunk || (await sha256Hex(chunk)) !== sha256) throw new Refused(version, `stored chunk "${name}" is damaged`)
  }
  attempt(version, () => destination.engine.install(partsOf(manifest, chunks), manifest))
  destination.onInstalled({ manifest, manifestSha256, chunks, complete: true })
}

export function store(database: Database, { manifest, manifestSha256, chunks }: Installed): Promise<void> {
  return saveBundle(database, { version: manifest.version, manifest: manifestSha256, chunks })
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
  throw new Refused(version, `chunk "${ref?.name ?? 'manifest'}": ${reason}`)
}

/** Whatever is wrong with a bundle's content, it is refused for it. */
function attempt<T>(version: number, work: () => T): T {
  const refuse = (error: unknown): never => {
    throw new Refused(version, (error as Error).message)
  }
  try {
    const result = work()
    return result instanceof Promise ? (result.catch(refuse) as T) : result
  } catch (error) {
    return refuse(error)
  }
}
