/**
 * Signed notes (C2SP signed-note.md): a text, and Ed25519 signatures over exactly that text.
 *
 *     {"type":"bundle","version":7,…}
 *
 *     — shop.example Zm9vYmFyIGJheiBxdXV4…
 *
 * A verifier key is `name+hash+key`: the name, the first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key) in hex, and
 * base64(type ‖ public key). A signature line's base64 is that hash, then the signature: of type 0x01, the 64 bytes of Ed25519; of type
 * 0x04, a cosignature (`cosignature.ts`).
 */
import { base64Of, bytesOf, hexOf } from './base64.ts'
import { verifyEd25519 } from './ed25519.ts'

export const ED25519 = 0x01
export const COSIGNATURE = 0x04
export const MAX_NOTE_BYTES = 1 << 20
const MAX_SIGNATURES = 16

export type KeyType = typeof ED25519 | typeof COSIGNATURE

export interface VerifierKey {
  name: string
  type: KeyType
  /** (4) */
  hash: Uint8Array
  /** (32) */
  publicKey: Uint8Array<ArrayBuffer>
}

export interface Note {
  /** Ends with a newline. */
  text: string
  signatures: Signature[]
}

export interface Signature {
  name: string
  /** (4) of the key that is said to have made it */
  hash: Uint8Array
  bytes: Uint8Array<ArrayBuffer>
}

/** Who signs: a name and its keys. */
export interface Signer {
  name: string
  keys: CryptoKeyPair
}

async function keyHash(name: string, type: KeyType, publicKey: Uint8Array): Promise<Uint8Array> {
  const data = Uint8Array.of(...new TextEncoder().encode(name), 0x0a, type, ...publicKey)
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data)).slice(0, 4)
}

/** A name is not empty and has no space and no "+" (signed-note, "Verifier keys"). */
export const isName = (name: string) => name !== '' && !/[\s+]/u.test(name)

/** Control characters other than newline have no place in a note (signed-note, "Format"). */
const hasControls = (text: string) => [...text].some((character) => character < ' ' && character !== '\n')

const MAX_PARSED = 64
/** An audit asks for the same few a million times. */
const parsed = new Map<string, Promise<VerifierKey>>()

/** @throws Error when the text is no verifier key, or its hash is another key's */
export function parseVerifierKey(text: string): Promise<VerifierKey> {
  let key = parsed.get(text)
  if (!key) {
    if (parsed.size >= MAX_PARSED) parsed.clear()
    parsed.set(text, (key = parse(text)))
  }
  return key
}

async function parse(text: string): Promise<VerifierKey> {
  const [, name, hash, key] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? []
  if (!name || !isName(name)) throw new Error('verifier key: not of the form name+hash+base64')
  const bytes = bytesOf(key)
  const type = bytes?.[0]
  if (bytes?.length !== 33 || (type !== ED25519 && type !== COSIGNATURE)) {
    throw new Error('verifier key: not an Ed25519 key')
  }
  const made = await verifierKey(name, type, bytes.slice(1))
  if (hexOf(made.hash) !== hash) throw new Error('verifier key: its hash does not fit its name and key')
  return made
}

/** Of the same name and public key, for signatures of this type. */
export async function verifierKey(
  name: string,
  type: KeyType,
  publicKey: Uint8Array<ArrayBuffer>,
): Promise<VerifierKey> {
  return { name, type, hash: await keyHash(name, type, publicKey), publicKey }
}

/** The verifier key of a key pair, as text to hand out. */
export async function verifierKeyText(name: string, publicKey: CryptoKey, type: KeyType = ED25519): Promise<string> {
  if (!isName(name)) throw new Error(`key name may not be empty or have spaces or "+": ${JSON.stringify(name)}`)
  const raw = await rawKey(publicKey)
  return `${name}+${hexOf(await keyHash(name, type, raw))}+${base64Of(Uint8Array.of(type, ...raw))}`
}

const rawKey = async (publicKey: CryptoKey) => new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))

/**
 * A text signed by all of these.
 * @param text ends with a newline and has no other control characters
 */
export async function signNote(text: string, ...signers: Signer[]): Promise<Uint8Array<ArrayBuffer>> {
  if (!text.endsWith('\n')) throw new Error('note: the text must end with a newline')
  if (hasControls(text)) throw new Error('note: the text has control characters')
  const message = new TextEncoder().encode(text)
  const lines = await Promise.all(signers.map((signer) => signatureLine(signer, ED25519, message)))
  return encodeNote(text, lines)
}

export const encodeNote = (text: string, lines: readonly string[]): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`${text}\n${lines.join('')}`)

/** `— name base64` and a newline. @param prefix what stands before the signature itself */
export async function signatureLine(
  { name, keys }: Signer,
  type: KeyType,
  message: Uint8Array<ArrayBuffer>,
  prefix: Uint8Array = new Uint8Array(0),
): Promise<string> {
  if (!isName(name)) throw new Error(`note: a key name may not be empty or have spaces or "+": ${JSON.stringify(name)}`)
  const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', keys.privateKey, message))
  const hash = await keyHash(name, type, await rawKey(keys.publicKey))
  return `— ${name} ${base64Of(Uint8Array.of(...hash, ...prefix, ...signature))}\n`
}

/**
 * All lines are read before any is trusted: a note is whole or it is none. Who signed it is another question (`isSignedBy`).
 * @throws Error when it is malformed
 */
export function parseNote(note: Uint8Array): Note {
  if (note.length > MAX_NOTE_BYTES) throw new Error(`note: ${note.length} bytes is more than ${MAX_NOTE_BYTES}`)
  let whole: string
  try {
    whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(note)
  } catch {
    throw new Error('note: not UTF-8')
  }
  if (hasControls(whole)) throw new Error('note: has control characters')
  const split = whole.lastIndexOf('\n\n')
  if (split < 0 || !whole.endsWith('\n')) throw new Error('note: no signatures')
  return { text: whole.slice(0, split + 1), signatures: parseSignatures(whole.slice(split + 2)) }
}

/** @param lines each with its newline. @throws Error when one is no signature line */
export function parseSignatures(lines: string): Signature[] {
  const each = lines.slice(0, -1).split('\n')
  if (each.length > MAX_SIGNATURES) throw new Error(`note: more than ${MAX_SIGNATURES} signatures`)
  return each.map((line) => {
    const [, name, base64] = /^— ([^\s+]+) (\S+)$/u.exec(line) ?? []
    const bytes = base64 && bytesOf(base64)
    if (!name || !bytes || bytes.length < 5) throw new Error('note: a signature line is malformed')
    return { name, hash: bytes.subarray(0, 4), bytes: bytes.slice(4) }
  })
}

/** Those that are said to be by this key. */
export const signaturesOf = ({ signatures }: Pick<Note, 'signatures'>, { name, hash }: VerifierKey): Signature[] =>
  signatures.filter((one) => one.name === name && hash.every((byte, at) => byte === one.hash[at]))

/** Has the key (of type 0x01) signed it? Its first line counts; other keys' lines are passed over. */
export async function isSignedBy(note: Note, key: VerifierKey): Promise<boolean> {
  const [own] = signaturesOf(note, key)
  return own !== undefined && verifyEd25519(key.publicKey, own.bytes, new TextEncoder().encode(note.text))
}

/**
 * The text of a note that the key has signed.
 * @throws Error when the note is malformed, the key has not signed it, or its signature does not hold
 */
export async function openNote(bytes: Uint8Array, verifierKeyText: string): Promise<string> {
  const key = await parseVerifierKey(verifierKeyText)
  const note = parseNote(bytes)
  if (signaturesOf(note, key).length === 0) throw new Error(`note: not signed by ${key.name}`)
  if (!(await isSignedBy(note, key))) throw new Error(`note: the signature of ${key.name} does not hold`)
  return note.text
}
