/** For whom a release is: drawn by each browser, from what it alone knows. */
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Manifest } from '../../../shared/model/bundle.ts'
import { networkHash } from '../../../shared/model/bundle.ts'
import { checkOthers, drawOf, standingIn } from '../../../shared/model/stage.ts'

const manifest = (stage?: Manifest['stage'], version = 8): Manifest => ({
  format: 'vitrine-bundle/1',
  version,
  shop: 'Shop',
  created: '2026-11-01T00:00:00.000Z',
  simulated: false,
  items: 1,
  languages: [],
  blend: { network: 1, rules: 0, popularity: 0, buyAgain: 0 },
  chunks: [{ name: 'encoder', sha256: 'a'.repeat(64), bytes: 1, phase: 'rank' }],
  ...(stage ? { stage } : {}),
})
const others = { version: 7, manifest: 'b'.repeat(64) }
const secretOf = (n: number) => Uint8Array.from({ length: 32 }, (_, i) => (n >> (8 * (i % 4))) & 255)

describe('what a browser draws', () => {
  it('is the first 32 bits of the HMAC-SHA256 that Node computes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.string(), async (secret, release) => {
        const mac = createHmac('sha256', secret).update(release).digest()
        expect(await drawOf(new Uint8Array(secret), release)).toBe(mac.readUInt32BE(0) / 2 ** 32)
      }),
      { numRuns: 50, seed: 1 },
    )
  })

  it('is as likely anywhere from 0 to 1, and of two releases nothing says of the other', async () => {
    const [shoppers, buckets] = [4096, 8]
    const counts = new Array<number>(buckets ** 2).fill(0)
    for (let n = 0; n < shoppers; n++) {
      const [a, b] = await Promise.all(['one', 'two'].map((release) => drawOf(secretOf(n), release)))
      counts[Math.floor(a * buckets) * buckets + Math.floor(b * buckets)]++
    }
    const expected = shoppers / counts.length
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(chiSquare).toBeLessThan(103) // 63 degrees of freedom: one in a thousand is above
  })
})

describe('an arm', () => {
  it('is none of a version for everyone, nor of a browser that keeps no secret', async () => {
    expect(await standingIn(manifest(), secretOf(1))).toBeUndefined()
    const standing = { release: await networkHash(manifest()), since: Date.UTC(2026, 10, 1) }
    expect(await standingIn(manifest({ share: 0.5, others }), undefined)).toEqual(standing)
    expect(await standingIn(manifest({ share: 1 - 2 ** -33, others }), secretOf(1))).toEqual({
      ...standing,
      arm: 'staged',
    })
  })

  it('is kept while the share grows, whatever else changes with the version', async () => {
    const shares = [0.05, 0.2, 0.5, 0.9]
    const joined = await Promise.all(
      shares.map(async (share, n) => {
        const arms = Array.from({ length: 400 }, (_, s) => standingIn(manifest({ share, others }, 8 + n), secretOf(s)))
        return (await Promise.all(arms)).flatMap((one, s) => (one?.arm === 'staged' ? [s] : []))
      }),
    )
    shares.forEach((share, n) => {
      expect(Math.abs(joined[n].length / 400 - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / 400))
      if (n > 0) expect(joined[n]).toEqual(expect.arrayContaining(joined[n - 1]))
    })
  })
})

it('others stay with an earlier version, that was for everyone', () => {
  const staged = manifest({ share: 0.1, others })
  expect(() => checkOthers(staged, manifest(undefined, 7))).not.toThrow()
  for (const none of [manifest({ share: 0.5, others }, 7), manifest(undefined, 8), manifest(undefined, 9)]) {
    expect(() => checkOthers(staged, none)).toThrow('is none that others than those of 8 could stay with')
  }
})
