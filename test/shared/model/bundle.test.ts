import { describe, expect, it } from 'vitest'
import {
  BUNDLE_FORMAT,
  decodeManifest,
  encodeManifest,
  MAX_CHUNK_BYTES,
  type Manifest,
  sha256Hex,
} from '../../../shared/model/bundle.ts'

const HASH = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const manifest: Manifest = {
  format: BUNDLE_FORMAT,
  version: 7,
  shop: 'Töpferei 🍵',
  created: '2026-11-22T00:00:00.000Z',
  simulated: false,
  items: 300,
  languages: ['en', 'zh'],
  currency: 'GBP',
  blend: { network: 0.35, rules: 1, popularity: 0.05, buyAgain: 0 },
  chunks: [
    { name: 'shelf', sha256: HASH, bytes: 48_000, phase: 'first' },
    { name: 'rules', sha256: HASH.replace('b', 'c'), bytes: 0, phase: 'rank' },
  ],
}
type Json = Record<string, unknown>
const chunk = (change: Json): Json => ({
  ...manifest,
  chunks: [manifest.chunks[0], { ...manifest.chunks[1], ...change }],
})

describe('a manifest', () => {
  it('is one line of JSON, and comes back as it was', () => {
    expect(encodeManifest(manifest).split('\n')).toHaveLength(2)
    expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest)
  })

  const refused: [string, Json, RegExp][] = [
    ['a field that nobody knows', { ...manifest, tracking: 1 }, /^manifest: field "tracking"/],
    ['a chunk with a field that nobody knows', chunk({ url: 'https://elsewhere' }), /"chunks.1.url"/],
    ['another format', { ...manifest, format: 'vitrine-bundle/2' }, /"format"/],
    ['version 0', { ...manifest, version: 0 }, /"version"/],
    ['half a version', { ...manifest, version: 1.5 }, /"version"/],
    ['a version beyond whole numbers', { ...manifest, version: 2 ** 53 }, /"version"/],
    ['no chunks', { ...manifest, chunks: [] }, /"chunks"/],
    ['a chunk twice', chunk({ name: 'shelf' }), /"chunks": a chunk is named twice/],
    ['a chunk that nobody knows', chunk({ name: 'script' }), /"chunks.1.name"/],
    ['a phase that nobody knows', chunk({ phase: 'never' }), /"chunks.1.phase"/],
    ['a negative size', chunk({ bytes: -1 }), /"chunks.1.bytes"/],
    ['a size beyond all bounds', chunk({ bytes: MAX_CHUNK_BYTES + 1 }), /"chunks.1.bytes"/],
    ['a hash in capitals', chunk({ sha256: HASH.toUpperCase() }), /"chunks.1.sha256"/],
    ['a hash with something behind it', chunk({ sha256: `${HASH}/../x` }), /"chunks.1.sha256"/],
    ['a hash and a newline', chunk({ sha256: `${HASH}\n` }), /"chunks.1.sha256"/],
    ['negative items', { ...manifest, items: -1 }, /"items"/],
    ['no weights', { ...manifest, blend: {} }, /"blend.network"/],
    ['a weight as text', { ...manifest, blend: { ...manifest.blend, rules: '1' } }, /"blend.rules"/],
  ]
  it.each(refused)('with %s is refused, and the field is named', (_what, value, reason) => {
    expect(() => decodeManifest(JSON.stringify(value))).toThrow(reason)
  })

  it('with an infinite weight is refused: JSON can say 1e999', () => {
    expect(() => decodeManifest(encodeManifest(manifest).replace('0.35', '1e999'))).toThrow(/"blend.network"/)
  })

  it.each(Object.keys(manifest).filter((name) => name !== 'currency'))('without %s is refused', (name) => {
    const { [name]: _, ...rest } = manifest as Json
    expect(() => decodeManifest(JSON.stringify(rest))).toThrow(`manifest: field "${name}"`)
  })

  it.each(['', '{', 'null', '[]', '7', '"manifest"'])('that is %j is refused', (text) => {
    expect(() => decodeManifest(text)).toThrow(/^manifest: /)
  })
})

it('chunks are named by SHA-256', async () => {
  // FIPS 180-2, appendix B.1
  expect(await sha256Hex(new TextEncoder().encode('abc'))).toBe(HASH)
})
