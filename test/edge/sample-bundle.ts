/** Small bundles, signed with a real key, for whoever needs something to publish. */

import type { BundleStore } from '../../edge/bundles.ts'
import { BUNDLE_FORMAT, encodeManifest, type Latest, type Manifest, sha256Hex } from '../../shared/model/bundle.ts'
import { signNote } from '../../shared/tlog/note.ts'

export interface SampleBundle {
  latest: Latest
  /** By name, the manifest last. */
  chunks: Map<string, Uint8Array>
}

const keys = crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']) as Promise<CryptoKeyPair>

/** The same version and salt give the same chunks; another salt is another bundle of that version. */
export async function sampleBundle(version: number, salt = ''): Promise<SampleBundle> {
  const shelf = new TextEncoder().encode(JSON.stringify({ salt, version, items: Array(300).fill('a mug of tea') }))
  const vectors = Uint8Array.from({ length: 5_000 }, (_, i) => (i * i * version) % 251) // compresses, but not to nothing
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
  const note = await signedManifest({ version, chunks: refs })
  const manifest = await sha256Hex(note)
  chunks.set(manifest, note)
  return { latest: { version, manifest }, chunks }
}

export async function signedManifest(fields: Pick<Manifest, 'version' | 'chunks'>): Promise<Uint8Array> {
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
  return signNote(text, 'shop.example', await keys)
}

export async function putAll(store: BundleStore, bundle: SampleBundle): Promise<void> {
  for (const [sha256, bytes] of bundle.chunks) await store.putChunk(sha256, bytes)
}

export async function publish(store: BundleStore, bundle: SampleBundle): Promise<Latest> {
  await putAll(store, bundle)
  await store.setLatest(bundle.latest)
  return bundle.latest
}
