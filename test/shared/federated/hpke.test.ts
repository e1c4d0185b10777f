import { expect, it } from 'vitest'
import { generateHpkeKeys, open, PUBLIC_KEY_BYTES, SEAL_BYTES, seal } from '../../../shared/federated/hpke.ts'
import { Rejected } from '../../../shared/federated/wire.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const [info, aad, share] = [utf8('leader'), utf8('a report'), utf8('a share')]

it('opens what was sealed to this key, for this purpose and report, and nothing else', async () => {
  const [keys, others] = await Promise.all([generateHpkeKeys(), generateHpkeKeys()])
  expect(keys.publicKey).toHaveLength(PUBLIC_KEY_BYTES)
  const sealed = await seal(keys.publicKey, info, aad, share)
  expect(sealed).toHaveLength(share.length + SEAL_BYTES)
  expect(await open(keys.privateKey, info, aad, sealed)).toEqual(share)
  expect(await seal(keys.publicKey, info, aad, share)).not.toEqual(sealed)
  for (const wrong of [
    () => open(others.privateKey, info, aad, sealed),
    () => open(keys.privateKey, utf8('helper'), aad, sealed),
    () => open(keys.privateKey, info, utf8('another'), sealed),
    () => open(keys.privateKey, info, aad, new Uint8Array([...sealed, 0])),
    () => open(keys.privateKey, info, aad, sealed.slice(0, -1)),
    () => open(keys.privateKey, info, aad, sealed.slice(0, SEAL_BYTES - 1)),
    () => open(keys.privateKey, info, aad, new Uint8Array(0)),
    () => open(keys.privateKey, info, aad, sealed.with(1, sealed[1] ^ 1)), // no point of the curve
  ]) {
    await expect(wrong()).rejects.toThrow(Rejected)
  }
  await expect(seal(new Uint8Array(65), info, aad, share)).rejects.toThrow()
})
