import { createCipheriv, createDecipheriv, pbkdf2Sync } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../../shared/data/events.ts'
import { openProfile, sealProfile } from '../../../shared/profile/profile-file.ts'

const PASSPHRASE = 'seven small vases, é'
const events: ShopEvent[] = Array.from({ length: 300 }, (_, n) => ({
  id: `e${n}`,
  time: 1_700_000_000_000 + n,
  name: 'view_item',
  items: [{ item_id: `p${n % 20}`, item_name: '马克杯' }],
}))
const preferences = { muted: [{ kind: 'brand' as const, label: 'Acme' }], boosted: [], declared: { region: 'Kent' } }
const profile = { madeAt: 1_800_000_000_000, events, preferences }
let file: Uint8Array<ArrayBuffer>
beforeAll(async () => {
  file = await sealProfile(profile, PASSPHRASE)
})

const CHANGED = 'profile file: the passphrase is wrong, or the file was changed'

describe('a profile as a file', () => {
  it('opens with its passphrase, however the accents are typed, and with no other', async () => {
    expect(await openProfile(file, PASSPHRASE)).toEqual(profile)
    expect(await openProfile(file, PASSPHRASE.normalize('NFD'))).toEqual(profile)
    await expect(openProfile(file, 'seven small vases, e')).rejects.toThrow(CHANGED)
  })

  it('is what the head of the file says, read by another library', () => {
    const header = file.subarray(0, 50)
    const view = new DataView(file.buffer)
    expect(new TextDecoder().decode(header.subarray(0, 18))).toBe('vitrine-profile/1\n')
    const key = pbkdf2Sync(PASSPHRASE.normalize('NFKC'), file.subarray(22, 38), view.getUint32(18), 32, 'sha256')
    const decipher = createDecipheriv('aes-256-gcm', key, file.subarray(38, 50))
    decipher.setAAD(header)
    decipher.setAuthTag(file.subarray(-16))
    const packed = Buffer.concat([decipher.update(file.subarray(50, -16)), decipher.final()])
    expect(JSON.parse(gunzipSync(packed).toString())).toEqual(profile)
  })

  it('never looks the same twice', async () => {
    const again = await sealProfile(profile, PASSPHRASE)
    expect(again.subarray(22, 50)).not.toEqual(file.subarray(22, 50))
  })

  it('with one flipped bit says what a wrong passphrase says, or that it is no such file', async () => {
    const places = [...Array(18).keys(), 22, 37, 38, 49, 50, 51, 200, file.length - 16, file.length - 1]
    for (const at of places) {
      const changed = file.slice()
      changed[at] ^= 1 << (at % 8)
      await expect(openProfile(changed, PASSPHRASE), `byte ${at}`).rejects.toThrow(
        at < 18 ? 'no file of vitrine-profile/1' : CHANGED,
      )
    }
  })

  it('cut short, empty or too large is refused before anything is derived', async () => {
    for (const length of [0, 17, 18, 49, 65]) {
      await expect(openProfile(file.slice(0, length), PASSPHRASE)).rejects.toThrow('no file of vitrine-profile/1')
    }
    const large = new Uint8Array(20_000_001)
    large.set(file)
    await expect(openProfile(large, PASSPHRASE)).rejects.toThrow('20000001 bytes')
    const slow = file.slice()
    new DataView(slow.buffer).setUint32(18, 4_000_000_000)
    await expect(openProfile(slow, PASSPHRASE)).rejects.toThrow('no file of vitrine-profile/1')
  })

  it('wants a passphrase of eight characters', async () => {
    await expect(sealProfile(profile, 'seven🫖')).rejects.toThrow('has 6 characters, not 8')
  })

  it('that holds what is no event is refused, and a small file that unpacks to gigabytes stops early', async () => {
    const broken = { ...profile, events: [{ id: '', time: -1, name: 'nothing' }] } as never
    await expect(openProfile(await sealProfile(broken, PASSPHRASE), PASSPHRASE)).rejects.toThrow('event field')
    // The head of a file of ours, and behind it zeros that no profile of ours would hold.
    const header = file.subarray(0, 50)
    const key = pbkdf2Sync(PASSPHRASE.normalize('NFKC'), file.subarray(22, 38), 600_000, 32, 'sha256')
    const cipher = createCipheriv('aes-256-gcm', key, file.subarray(38, 50))
    cipher.setAAD(header)
    const packed = cipher.update(gzipSync(Buffer.alloc(61_000_000)))
    const bomb = new Uint8Array(Buffer.concat([header, packed, cipher.final(), cipher.getAuthTag()]))
    expect(bomb.length).toBeLessThan(100_000)
    await expect(openProfile(bomb, PASSPHRASE)).rejects.toThrow('more than 60000000 bytes are packed in it')
  })
})
