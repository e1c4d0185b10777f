/** Which checkpoints a policy accepts, and which proofs. */
import { beforeAll, describe, expect, it } from 'vitest'
import { cosign, cosignedAt } from '../../../shared/tlog/cosignature.ts'
import { decodeEntry, type Entry, signEntry } from '../../../shared/tlog/entry.ts'
import {
  encodeNote,
  parseNote,
  parseVerifierKey,
  type Signer,
  signNote,
  verifierKeyText,
} from '../../../shared/tlog/note.ts'
import { openLatest } from '../../../shared/tlog/on-record.ts'
import { openCheckpoint, type Policy } from '../../../shared/tlog/policy.ts'
import { decodeProof, encodeProof } from '../../../shared/tlog/proof.ts'
import { follow, type Standing } from '../../../shared/tlog/succession.ts'
import { MemoryLog } from './memory-log.ts'

const NOW = 1_790_000_000
const DAY = 86_400
const newSigner = async (name: string): Promise<Signer> => ({
  name,
  keys: (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair,
})
const keyOf = ({ name, keys }: Signer, type: 1 | 4 = 1) => verifierKeyText(name, keys.publicKey, type)

let publisher: Signer
let signer: Signer
let witnesses: Signer[]
let policy: Policy
let log: MemoryLog
beforeAll(async () => {
  publisher = await newSigner('shop.test')
  signer = await newSigner('shop.test/log')
  witnesses = await Promise.all([1, 2, 3].map((n) => newSigner(`witness.test/${n}`)))
  policy = {
    publisher: await keyOf(publisher),
    log: await keyOf(signer),
    witnesses: await Promise.all(witnesses.map((witness) => keyOf(witness, 4))),
    cosignatures: 0,
    maxAgeSeconds: DAY,
  }
  log = new MemoryLog(signer)
  log.append(await signEntry({ type: 'policy', ...policy }, publisher))
  log.append(await signEntry({ type: 'bundle', version: 1, manifest: '1'.repeat(64) }, publisher))
})

describe('a cosignature', () => {
  it('holds for its text, its key and its time alone; the newest counts', async () => {
    const text = 'shop.test/log\n1\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n'
    const [one, other] = await Promise.all(witnesses.map((witness) => keyOf(witness, 4).then(parseVerifierKey)))
    const lines = await Promise.all([1_700_000_000, 1_700_000_300].map((time) => cosign(text, time, witnesses[0])))
    const note = parseNote(encodeNote(text, lines))
    expect(await cosignedAt(note, one)).toBe(1_700_000_300)
    expect(await cosignedAt(note, other)).toBeUndefined()
    expect(await cosignedAt({ ...note, text: text.replace('\n1\n', '\n2\n') }, one)).toBeUndefined()
    for (const at of [0, 7, 8, 40, 71]) {
      const turned = structuredClone(note.signatures.slice(1))
      turned[0].bytes[at] ^= 1
      expect(await cosignedAt({ ...note, signatures: turned }, one), `byte ${at}`).toBeUndefined()
    }
  })
})

describe('a checkpoint', () => {
  const open = async (signing: Parameters<MemoryLog['checkpoint']>[0], wanted: Partial<Policy> = {}, now = NOW) =>
    openCheckpoint(await log.checkpoint({ time: NOW, ...signing }), { ...policy, ...wanted }, now)
      .then(() => 'accepted')
      .catch(({ why, message }: { why?: string; message: string }) => why ?? message)

  it.each([
    ['of now', {}, {}, 'accepted'],
    ['of a day ago', { time: NOW - DAY }, {}, 'accepted'],
    ['of a second more', { time: NOW - DAY - 1 }, {}, 'stale'],
    ['of tomorrow, for a clock that is behind', { time: NOW + DAY }, {}, 'accepted'],
    ['of later still', { time: NOW + DAY + 1 }, {}, 'stale'],
    ['of the year 5138', { time: 99_999_999_999 }, {}, 'stale'],
  ] as const)('%s', async (_what, signing, wanted, outcome) => {
    expect(await open(signing, wanted)).toBe(outcome)
  })

  it('that was accepted once is not asked for its age again', async () => {
    const note = await log.checkpoint({ time: NOW - 400 * DAY })
    expect(await openCheckpoint(note, policy)).toMatchObject({ size: 2, time: NOW - 400 * DAY })
  })

  it.each([
    [0, 0, 'accepted'],
    [1, 0, 'witnesses'],
    [1, 1, 'accepted'],
    [2, 1, 'witnesses'],
    [2, 2, 'accepted'],
    [2, 3, 'accepted'],
  ])('of which %i cosignatures are asked for and %i there', async (cosignatures, there, outcome) => {
    expect(await open({ witnesses: witnesses.slice(0, there) }, { cosignatures })).toBe(outcome)
  })

  it('has one cosignature of a witness that is named twice, or cosigned twice', async () => {
    const [a, b] = policy.witnesses
    expect(await open({ witnesses: [witnesses[0]] }, { witnesses: [a, a, b], cosignatures: 2 })).toBe('witnesses')
    expect(await open({ witnesses: [witnesses[0], witnesses[0]] }, { cosignatures: 2 })).toBe('witnesses')
  })

  it('is held up neither by a witness of another year nor by one that nobody asked', async () => {
    const text = parseNote(await log.checkpoint({ time: NOW })).text
    const lines = await Promise.all([
      cosign(text, NOW + 400 * DAY, witnesses[0]),
      cosign(text, NOW, witnesses[1]),
      cosign(text, NOW, await newSigner('stranger.test')),
    ])
    const own = new TextDecoder().decode(await log.checkpoint({ time: NOW })).slice(text.length + 1)
    const note = encodeNote(text, [own, ...lines])
    expect(await openCheckpoint(note, { ...policy, cosignatures: 1 }, NOW)).toMatchObject({ time: NOW })
    await expect(openCheckpoint(note, { ...policy, cosignatures: 2 }, NOW)).rejects.toMatchObject({ why: 'stale' })
  })

  it('that the log has signed and not cosigned does not tell its age', async () => {
    const { text } = parseNote(await log.checkpoint())
    await expect(openCheckpoint(await signNote(text, signer), policy, NOW)).rejects.toMatchObject({ why: 'signature' })
  })

  it('of another key, or of another log by the same key', async () => {
    expect(await open({ as: await newSigner('shop.test/log') })).toBe('signature')
    const other = await newSigner('other.test/log')
    const moved = await signNote(parseNote(await log.checkpoint()).text, { name: other.name, keys: other.keys })
    await expect(openCheckpoint(moved, { ...policy, log: await keyOf(other) }, NOW)).rejects.toMatchObject({
      why: 'signature',
    })
  })
})

describe('a proof', () => {
  it('is read back as it was written, and names the model', async () => {
    const text = await log.proof(1, { time: NOW })
    expect(encodeProof(decodeProof(text))).toBe(text)
    expect(await openLatest(text, policy, NOW)).toMatchObject({
      entry: { type: 'bundle', version: 1 },
      checkpoint: { size: 2, origin: 'shop.test/log' },
    })
  })

  it('of which any line is left out, doubled or another is refused', async () => {
    const lines = (await log.proof(1, { time: NOW })).split('\n')
    for (let n = 0; n < lines.length - 1; n++) {
      const variants = [
        lines.toSpliced(n, 1),
        lines.toSpliced(n, 0, lines[n]),
        lines.with(n, `${lines[n]} `),
        lines.with(n, lines[n].toUpperCase()),
      ]
      for (const variant of variants) {
        const text = variant.join('\n')
        // A signature may stand there twice: it is the same one.
        if (text === lines.join('\n') || (lines[n].startsWith('— ') && variant.length > lines.length)) continue
        await expect(openLatest(text, policy, NOW), `line ${n}: ${text}`).rejects.toHaveProperty('why')
      }
    }
  })

  it('of a policy proves no model', async () => {
    await expect(openLatest(await log.proof(0, { time: NOW }), policy, NOW)).rejects.toMatchObject({ why: 'malformed' })
  })
})

describe('an entry', () => {
  const bundle: Entry = { type: 'bundle', version: 2, manifest: '2'.repeat(64) }

  it.each([
    '{"type":"bundle","version":2,"manifest":"M", "more":1}',
    '{"version":2,"type":"bundle","manifest":"M"}',
    '{"type":"bundle","version":2.0,"manifest":"M"}',
    '{"type":"bundle","version":2,"manifest":"M"} ',
    '{"type":"bundle","version":"2","manifest":"M"}',
    '{"type":"bundle","version":0,"manifest":"M"}',
    '{"type":"bundle","version":9007199254740993,"manifest":"M"}',
    '{"type":"bundle","version":2,"version":2,"manifest":"M"}',
    '{"type":"task","version":2,"manifest":"M"}',
    '[]',
    '',
  ])('that is not written in its one way is none: %s', async (text) => {
    const record = await signNote(`${text.replace('"M"', `"${'2'.repeat(64)}"`)}\n`, publisher)
    expect(() => decodeEntry(record)).toThrow(/^entry: /)
  })

  it('is at most 65,535 bytes, and one that would be longer is not made', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 65 }, (_, n) => [`${'a'.repeat(90)}${n}.js`, `sha256-${'A'.repeat(43)}=`]),
    )
    await expect(signEntry({ type: 'release', release: 1, files }, publisher)).rejects.toThrow('64 files')
    expect(() => decodeEntry(new Uint8Array(65_536))).toThrow('65536 bytes')
  })

  it('that is a policy has a key for each purpose, and as many witnesses as it asks for', async () => {
    const codes = async (change: Partial<Policy>) =>
      (await follow({}, await signEntry({ type: 'policy', ...policy, ...change }, publisher))).violations.length
    const [a, b] = policy.witnesses
    const again = await keyOf({ name: 'another.test', keys: witnesses[0].keys }, 4)
    expect(await codes({ witnesses: [a, b], cosignatures: 2 })).toBe(0)
    expect(await codes({ witnesses: [a, b], cosignatures: 3 })).toBe(1)
    for (const wrong of [[a, a], [a, again], [policy.log], ['no key']])
      expect(await codes({ witnesses: wrong })).toBe(1)
    expect(await codes({ log: a, witnesses: [a] })).toBe(1)
  })

  it('follows by its version, its signature and its policy alone', async () => {
    const standing: Standing = { policy, model: { type: 'bundle', version: 1, manifest: '1'.repeat(64) } }
    const codes = async (entry: Entry, ...signers: Signer[]) =>
      (await follow(standing, await signEntry(entry, ...signers))).violations.map(({ code }) => code)
    expect(await codes(bundle, publisher)).toEqual([])
    expect(await codes(bundle, signer)).toEqual(['wrong-signature'])
    expect(await codes({ ...bundle, version: 1 }, publisher)).toEqual(['version-twice'])
    expect(await codes({ ...bundle, version: 3 }, publisher)).toEqual(['gap'])
    expect(await codes({ type: 'rollback', version: 2, manifest: bundle.manifest, restores: 1 }, publisher)).toEqual([
      'restores-nothing',
    ])
    expect(await codes({ type: 'release', release: 2, files: {} }, publisher)).toEqual(['gap'])
    const first: Entry = { ...bundle, version: 1 }
    expect((await follow({}, await signEntry(first, publisher))).violations.map(({ code }) => code)).toEqual([
      'no-policy',
    ])
  })
})
