/** What a shopper's connection carries, as budgets: brotli bytes of a bundle of 10,000 items, and of the code before it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Phase } from '../../shared/model/bundle.ts'
import type { Bundle } from '../../trainer/publish.ts'
import { buildWeb } from '../../web/build.ts'
import { madeUpBundle } from '../bench/catalogue.ts'

const TAG = join(import.meta.dirname, '..', '..', 'dist', 'tag')
let bundle: Bundle

beforeAll(async () => {
  await buildWeb()
  bundle = await madeUpBundle(10_000)
}, 120_000)

const brotli = (bytes: Uint8Array) => brotliCompressSync(bytes).length

function bundleBytes(...phases: Phase[]): number {
  return bundle.manifest.chunks
    .filter(({ phase }) => phases.includes(phase))
    .reduce((sum, { sha256 }) => sum + brotli(bundle.chunks.get(sha256) as Uint8Array), 0)
}

describe('bytes over the wire', () => {
  it('the first shelf needs at most 60 kB: code, manifest and first chunk together', () => {
    const code = readdirSync(TAG)
      // After the first shelf come the panel, the assistant, what learns and what contributes.
      .filter((file) => file.endsWith('.js') && !/^(panel|assistant|learn|contributor)/.test(file))
      .reduce((sum, file) => sum + brotli(readFileSync(join(TAG, file))), 0)
    const manifest = brotli(bundle.chunks.get(bundle.entry.manifest) as Uint8Array)
    const total = code + manifest + bundleBytes('first')
    console.log(`first shelf: ${total} bytes (code ${code}, bundle ${total - code})`)
    expect(total).toBeLessThanOrEqual(60_000)
  })

  it('ranking 10,000 items needs at most 1.3 MB', () => {
    const total = bundleBytes('first', 'rank')
    console.log(`ranking: ${total} bytes at 10,000 items`)
    for (const { name, sha256 } of bundle.manifest.chunks) {
      console.log(`  ${name} ${brotli(bundle.chunks.get(sha256) as Uint8Array)}`)
    }
    expect(total).toBeLessThanOrEqual(1_300_000)
  })

  it('learning, for those who allow remembering and have been in view for a while, costs at most 310 kB, gzipped', () => {
    const files = readdirSync(TAG).filter((file) => /^learn/.test(file))
    expect(files.map((file) => file.split('.')[0]).sort()).toEqual(['learner', 'learning', 'learning-simd'])
    const total = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(TAG, file))).length, 0)
    console.log(`learning: ${total} bytes`)
    expect(total).toBeLessThanOrEqual(310_000)
  })
})
