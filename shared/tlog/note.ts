/**
 * Signed notes (C2SP signed-note.md): a text, and Ed25519 signatures over exactly that text.
 *
 *     {"format":"vitrine-bundle/1","version":7,…}
 *
 *     — shop.example Zm9vYmFyIGJheiBxdXV4…
 *
 * A verifier key is `name+hash+key`: the name, the first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key) in hex, and
 * base64(0x01 ‖ public key). A signature line's base64 is that hash, then the 64 bytes of the signature.
 */
import { base64Of, bytesOf } from './base64.ts'

const ED25519 = 0x01
const MAX_NOTE_BYTES = 1 << 20
const MAX_SIGNATURES = 16

export interface VerifierKey {
  name: string
  /** (4) */
  hash: Uint8Array
  /** (32) */
  publicKey: Uint8Array<ArrayBuffer>
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

async function keyHash(name: string, publicKey: Uint8Array): Promise<Uint8Array> {
  const data = Uint8Array.of(...new TextEncoder().encode(name), 0x0a, ED25519, ...publicKey)
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data)).slice(0, 4)
}

/** A name is not empty and has no space and no "+" (signed-note, "Verifier keys"). */
export const isName = (name: string) => name !== '' && !/[\s+]/u.test(name)

/** Control characters other than newline have no place in a note (signed-note, "Format"). */
const hasControls = (text: string) => [...text].some((character) => character < ' ' && character !== '\n')

/** @throws Error when the text is no verifier key, or its hash is another key's */
export async function parseVerifierKey(text: string): Promise<VerifierKey> {
  const [, name, hash, key] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? []
  if (!name || !isName(name)) throw new Error('verifier key: not of the form name+hash+base64')
  const bytes = bytesOf(key)
  if (bytes?.[0] !== ED25519 || bytes.length !== 33) throw new Error('verifier key: not an Ed25519 key')
  const publicKey = bytes.slice(1)
  const expected = await keyHash(name, publicKey)
  if (hexOf(expected) !== hash) throw new Error('verifier key: its hash does not fit its name and key')
  return { name, hash: expected, publicKey }
}

/** The verifier key of a key pair, as text to hand out. */
export async function verifierKeyText(name: string, publicKey: CryptoKey): Promise<string> {
  if (!isName(name)) throw new Error(`key name may not be empty or have spaces or "+": ${JSON.stringify(name)}`)
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
  return `${name}+${hexOf(await keyHash(name, raw))}+${base64Of(Uint8Array.of(ED25519, ...raw))}`
}

/** @param text ends with a newline and has no other control characters */
export async function signNote(text: string, name: string, keys: CryptoKeyPair): Promise<Uint8Array> {
  if (!text.endsWith('\n')) throw new Error('note: the text must end with a newline')
  if (hasControls(text)) throw new Error('note: the text has control characters')
  if (!isName(name)) throw new Error(`note: a key name may not be empty or have spaces or "+": ${JSON.stringify(name)}`)
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey))
  const signature = await crypto.subtle.sign('Ed25519', keys.privateKey, new TextEncoder().encode(text))
  const line = base64Of(Uint8Array.of(...(await keyHash(name, raw)), ...new Uint8Array(signature)))
  return new TextEncoder().encode(`${text}\n— ${name} ${line}\n`)
}

/**
 * The text of a note that the key has signed.
 * @throws Error when the note is malformed, the key has not signed it, or its signature does not hold
 */
export async function openNote(note: Uint8Array, verifierKey: string): Promise<string> {
  if (note.length > MAX_NOTE_BYTES) throw new Error(`note: ${note.length} bytes is more than ${MAX_NOTE_BYTES}`)
  const key = await parseVerifierKey(verifierKey)
  let whole: string
  try {
    whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(note)
  } catch {
    throw new Error('note: not UTF-8')
  }
  if (hasControls(whole)) throw new Error('note: has control characters')
  const split = whole.lastIndexOf('\n\n')
  if (split < 0 || !whole.endsWith('\n')) throw new Error('note: no signatures')
  const text = whole.slice(0, split + 1)
  const lines = whole.slice(split + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) throw new Error(`note: more than ${MAX_SIGNATURES} signatures`)
  // All lines are read before any is trusted: a note is whole or it is none.
  const signatures = lines.map((line) => {
    const [, name, base64] = /^— ([^\s+]+) (\S+)$/u.exec(line) ?? []
    const bytes = base64 && bytesOf(base64)
    if (!name || !bytes || bytes.length < 5) throw new Error('note: a signature line is malformed')
    return { name, hash: bytes.subarray(0, 4), signature: bytes.slice(4) }
  })
  const own = signatures.find(({ name, hash }) => name === key.name && key.hash.every((byte, i) => byte === hash[i]))
  if (!own) throw new Error(`note: not signed by ${key.name}`)
  const publicKey = await crypto.subtle.importKey('raw', key.publicKey, 'Ed25519', false, ['verify'])
  const good = await crypto.subtle.verify('Ed25519', publicKey, own.signature, new TextEncoder().encode(text))
  if (!good) throw new Error(`note: the signature of ${key.name} does not hold`)
  return text
}
