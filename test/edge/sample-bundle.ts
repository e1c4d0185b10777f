/** A small shop's keys, policy, bundles and releases, for whoever needs something to publish. */
import { openStore, type Store, type StoreOptions } from '../../edge/store.ts'
import { BUNDLE_FORMAT, encodeManifest, type Manifest, sha256Hex } from '../../shared/model/bundle.ts'
import { type Entry, signEntry } from '../../shared/tlog/entry.ts'
import { integrityOf } from '../../shared/tlog/integrity.ts'
import { type Signer, verifierKeyText } from '../../shared/tlog/note.ts'
import type { Policy } from '../../shared/tlog/policy.ts'

/** The same keys in each process of a test, and in no shop. @param seed 0 … 255 */
export async function signerOf(name: string, seed: number): Promise<Signer> {
  // PKCS #8 of an Ed25519 key (RFC 8410, section 7) is 16 bytes that are always these, and 32 of one's own.
  const pkcs8 = new Uint8Array([...Buffer.from('302e020100300506032b657004220420', 'hex'), ...Array(32).fill(seed)])
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign'])
  const { kty, crv, x } = await crypto.subtle.exportKey('jwk', privateKey)
  const publicKey = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', true, ['verify'])
  return { name, keys: { privateKey, publicKey } }
}

export const SHOP = await signerOf('shop.example', 1)
export const LOG = await signerOf('shop.example/log', 2)

export const POLICY: Policy = {
  publisher: await verifierKeyText(SHOP.name, SHOP.keys.publicKey),
  log: await verifierKeyText(LOG.name, LOG.keys.publicKey),
  witnesses: [],
  cosignatures: 0,
  maxAgeSeconds: 86_400,
}

/** A policy may follow any other: as many as are wanted, in any order. */
export const policyRecord = (changed: Partial<Policy> = {}, ...signers: Signer[]) =>
  signEntry({ type: 'policy', ...POLICY, ...changed }, SHOP, ...signers)

/** What is put, and then on record. */
export interface Sample {
  entry: Entry
  record: Uint8Array<ArrayBuffer>
  /** By SHA-256; a bundle's manifest is the last. */
  chunks: Map<string, Uint8Array>
}

export interface SampleBundle extends Sample {
  /** As the edge's status says it. */
  latest: { version: number; manifest: string }
}

/** The same version and salt give the same chunks; another salt is another bundle of that version. */
export async function sampleBundle(
  version: number,
  salt = '',
  restores?: number,
  stage?: Manifest['stage'],
): Promise<SampleBundle> {
  const from = restores ?? version
  const shelf = new TextEncoder().encode(JSON.stringify({ salt, from, items: Array(300).fill('a mug of tea') }))
  const vectors = Uint8Array.from({ length: 5_000 }, (_, i) => (i * i * from) % 251) // compresses, but not to nothing
  const chunks = new Map<string, Uint8Array>()
  const refs: Manifest['chunks'] = []
  for (const [name, phase, bytes] of [
    ['shelf', 'first', shelf],
    ['vectors', 'rank', vectors],
  ] as const) {
    const sha256 = await sha256Hex(bytes)
    chunks.set(sha256, bytes)
    refs.push({ name, sha256, bytes: bytes.length, phase })
  }
  const bytes = manifestBytes({ version, chunks: refs, ...(stage ? { stage } : {}) })
  const manifest = await sha256Hex(bytes)
  chunks.set(manifest, bytes)
  const latest = { version, manifest }
  const entry: Entry = restores ? { type: 'rollback', ...latest, restores } : { type: 'bundle', ...latest }
  return { latest, entry, record: await signEntry(entry, SHOP), chunks }
}

export function manifestBytes(fields: Pick<Manifest, 'version' | 'chunks' | 'stage'>): Uint8Array<ArrayBuffer> {
  const text = encodeManifest({
    format: BUNDLE_FORMAT,
    shop: 'tea',
    created: '2026-11-22T00:00:00Z',
    simulated: true,
    items: 300,
    languages: ['en'],
    blend: { network: 0, rules: 0.7, popularity: 0.3, buyAgain: 0 },
    ...fields,
  })
  return new TextEncoder().encode(text)
}

/** A release of the tag. @param files texts by name; integrity.json is made here, as the trainer makes it */
export async function sampleRelease(release: number, files: Record<string, string>): Promise<Sample> {
  const chunks = new Map<string, Uint8Array>()
  const named: Record<string, string> = {}
  const add = async (name: string, text: string) => {
    const bytes = new TextEncoder().encode(text)
    named[name] = await integrityOf(bytes)
    chunks.set(await sha256Hex(bytes), bytes)
  }
  for (const [name, text] of Object.entries(files)) await add(name, text)
  await add('integrity.json', JSON.stringify(named))
  const entry: Entry = { type: 'release', release, files: named }
  return { entry, record: await signEntry(entry, SHOP), chunks }
}

/** A store that has a policy on record. */
export async function openSample(folder: string, options?: StoreOptions): Promise<Store> {
  const store = await openStore(folder, LOG, options)
  if ((await store.log.head()).size === 0) await store.log.append(await policyRecord())
  return store
}

export async function putAll(store: Store, { chunks }: Sample): Promise<void> {
  for (const [sha256, bytes] of chunks) await store.putChunk(sha256, bytes)
}

export async function publish<S extends Sample>(store: Store, sample: S): Promise<S> {
  await putAll(store, sample)
  await store.log.append(sample.record)
  return sample
}
