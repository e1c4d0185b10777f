import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openNote, parseVerifierKey, signNote, verifierKeyText } from '../../../shared/tlog/note.ts'
import { besideRepository } from '../../shared-data.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const makeKeys = () => crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']) as Promise<CryptoKeyPair>

const TEXT = '{"version":7}\nsecond line, with — a dash\n'
let keys: CryptoKeyPair
let verifier: string
let note: string

beforeAll(async () => {
  keys = await makeKeys()
  verifier = await verifierKeyText('shop.example', keys.publicKey)
  note = textOf(await signNote(TEXT, { name: 'shop.example', keys }))
})

const open = (changed: string) => openNote(bytesOf(changed), verifier)

describe('the golden note of golang.org/x/mod/sumdb/note', () => {
  const file = besideRepository('oracles', 'signed-note-tlog', 'vectors.json')
  const vectors = file && JSON.parse(readFileSync(file, 'utf8'))

  it.skipIf(!vectors)('opens with its key, and signing its text gives its bytes', async () => {
    const { vkey, skey } = vectors.keys.PeterNeumann
    const { text, signed } = vectors.sign
    expect(await openNote(bytesOf(signed), vkey)).toBe(text)
    // PRIVATE+KEY+name+hash+base64(algorithm ‖ seed); PKCS #8 is a fixed prefix before the seed (RFC 8410).
    const seed = Buffer.from(skey.split('+').slice(4).join('+'), 'base64').subarray(1)
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
    const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign'])
    const raw = (await parseVerifierKey(vkey)).publicKey
    const publicKey = await crypto.subtle.importKey('raw', raw, 'Ed25519', true, ['verify'])
    const keys = { privateKey, publicKey }
    expect(textOf(await signNote(text, { name: 'PeterNeumann', keys }))).toBe(signed)
    expect(await verifierKeyText('PeterNeumann', publicKey)).toBe(vkey)
  })

  it.skipIf(!vectors)(
    'opens with the signature of another key beside it, on either side, and for either key',
    async () => {
      const { text, signed, enoch_sig_line: other } = vectors.sign
      const own = signed.slice(text.length + 1)
      for (const lines of [own + other, other + own]) {
        for (const { vkey } of Object.values<{ vkey: string }>(vectors.keys)) {
          expect(await openNote(bytesOf(`${text}\n${lines}`), vkey)).toBe(text)
        }
      }
      await expect(openNote(bytesOf(`${text}\n${other}`), vectors.keys.PeterNeumann.vkey)).rejects.toThrow(
        'not signed by',
      )
    },
  )

  it.skipIf(!vectors)('has a verifier key of which no byte can be changed or left out', async () => {
    const { vkey } = vectors.keys.PeterNeumann
    for (const bad of vectors.bad_vkeys) await expect(parseVerifierKey(bad)).rejects.toThrow(/^verifier key: /)
    for (let at = 0; at < vkey.length; at++) {
      const next = String.fromCharCode(vkey.charCodeAt(at) + 1)
      for (const bad of [vkey.slice(0, at) + next + vkey.slice(at + 1), vkey.slice(0, at), vkey.slice(at + 1)]) {
        await expect(parseVerifierKey(bad)).rejects.toThrow(/^verifier key: /)
      }
    }
  })
})

describe('a note', () => {
  it('opens to the text that was signed', async () => {
    expect(await open(note)).toBe(TEXT)
    const blank = textOf(await signNote('one\n\ntwo\n', { name: 'shop.example', keys }))
    expect(await open(blank)).toBe('one\n\ntwo\n')
  })

  it('signed by two, as when a key is changed, opens for either and for nobody else', async () => {
    const signers = [
      { name: 'shop.example', keys },
      { name: 'shop.example', keys: await makeKeys() },
    ]
    const both = textOf(await signNote(TEXT, ...signers))
    expect(both.split('\n— ')).toHaveLength(3)
    const keyOf = ({ keys: { publicKey } }: { keys: CryptoKeyPair }) => verifierKeyText('shop.example', publicKey)
    for (const signer of signers) expect(await openNote(bytesOf(both), await keyOf(signer))).toBe(TEXT)
    const stranger = await keyOf({ keys: await makeKeys() })
    await expect(openNote(bytesOf(both), stranger)).rejects.toThrow('not signed by')
  })

  it('with any bit turned does not open', async () => {
    const bytes = bytesOf(note)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Uint8Array.from(bytes)
      changed[bit >> 3] ^= 1 << (bit & 7)
      await expect(openNote(changed, verifier), `bit ${bit}`).rejects.toThrow(/^note: /)
    }
  })

  it('cut off anywhere does not open', async () => {
    for (let length = 0; length < note.length; length++)
      await expect(open(note.slice(0, length))).rejects.toThrow(/^note: /)
  })

  const malformed: [string, (note: string) => string][] = [
    ['a line after the signatures', (whole) => `${whole}extra\n`],
    ['text after the signatures without a newline', (whole) => `${whole}extra`],
    ['an empty line after the signatures', (whole) => `${whole}\n`],
    ['a hyphen for the dash', (whole) => whole.replace('\n— shop', '\n- shop')],
    ['a space in the name', (whole) => whole.replace('shop.example', 'shop example')],
    ['a name of nothing', (whole) => whole.replace('shop.example ', ' ')],
    ['two spaces', (whole) => whole.replace('shop.example ', 'shop.example  ')],
    ['base64 that is none', (whole) => `${whole}— other !!!!\n`],
    ['base64 without its padding', (whole) => `${whole}— other AAAAAAA\n`],
    ['base64 with bits left over', (whole) => `${whole}— other AAAAAB==\n`],
    ['a signature of nothing but a hash', (whole) => `${whole}— other AAAAAA==\n`],
    ['a carriage return', (whole) => whole.replace('\nsecond', '\r\nsecond')],
    ['a control character', (whole) => whole.replace('second', 'sec\x01ond')],
    ['a hundred signatures', (whole) => whole + '— other AAAAAAAA\n'.repeat(100)],
  ]
  it.each(malformed)('with %s is malformed', async (_what, change) => {
    expect(change(note)).not.toBe(note)
    await expect(open(change(note))).rejects.toThrow(/^note: /)
  })

  it('that is not UTF-8, or larger than a mebibyte, does not open', async () => {
    await expect(openNote(Uint8Array.of(0xff, ...bytesOf(note)), verifier)).rejects.toThrow('note: not UTF-8')
    await expect(open('x'.repeat((1 << 20) + 1))).rejects.toThrow('note: 1048577 bytes')
  })

  it('signed by somebody else of the same name does not open', async () => {
    const impostor = textOf(await signNote(TEXT, { name: 'shop.example', keys: await makeKeys() }))
    await expect(open(impostor)).rejects.toThrow('not signed by shop.example')
    // Nor with the true key's hash before the impostor's signature.
    const [hash, other] = [note, impostor].map((whole) => Buffer.from(whole.trim().split(' ').at(-1) ?? '', 'base64'))
    const forged = Buffer.concat([hash.subarray(0, 4), other.subarray(4)]).toString('base64')
    await expect(open(`${TEXT}\n— shop.example ${forged}\n`)).rejects.toThrow('does not hold')
  })

  it('is only made of a text that can be opened again', async () => {
    for (const text of ['no newline', 'a\ttab\n', 'nul\0\n']) {
      await expect(signNote(text, { name: 'shop.example', keys })).rejects.toThrow(/^note: the text/)
    }
    for (const name of ['', 'a b', 'a+b', 'a\u00a0b']) {
      await expect(signNote(TEXT, { name, keys })).rejects.toThrow(/key name/)
      await expect(verifierKeyText(name, keys.publicKey)).rejects.toThrow(/key name/)
    }
  })
})
