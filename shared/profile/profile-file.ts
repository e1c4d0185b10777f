/**
 * A shopper's history as a file that they carry to another device or shop, and that nobody else can read.
 *
 *     "vitrine-profile/1\n" | iterations, u32 big-endian | salt, 16 | iv, 12 | AES-256-GCM of gzip(JSON)
 *
 * The key is PBKDF2-HMAC-SHA-256 of the passphrase (RFC 8018; iterations by OWASP's cheat sheet of 2023). All that stands
 * before the ciphertext is authenticated with it (NIST SP 800-38D). A wrong passphrase and a changed byte give the same
 * error: nothing says which of them it was.
 */
import { decodeEvent, type ShopEvent } from '../data/events.ts'
import { decodePreferences, type Preferences } from './preferences.ts'

export interface CarriedProfile {
  /** When the file was made, milliseconds since 1970. */
  madeAt: number
  events: ShopEvent[]
  preferences: Preferences
}

const MAGIC = new TextEncoder().encode('vitrine-profile/1\n')
const ITERATIONS = 600_000
/** A file that asks for more would keep a phone busy for minutes. */
const MAX_ITERATIONS = 10_000_000
const [SALT_BYTES, IV_BYTES, TAG_BYTES] = [16, 12, 16]
const HEADER_BYTES = MAGIC.length + 4 + SALT_BYTES + IV_BYTES
const MAX_FILE_BYTES = 20_000_000
const MAX_JSON_BYTES = 60_000_000
const MIN_PASSPHRASE_LENGTH = 8

/** @throws Error when the passphrase is shorter than 8 characters, or the history too large for a file */
export async function sealProfile(profile: CarriedProfile, passphrase: string): Promise<Uint8Array<ArrayBuffer>> {
  if ([...passphrase].length < MIN_PASSPHRASE_LENGTH) {
    throw new Error(
      `profile file: the passphrase has ${[...passphrase].length} characters, not ${MIN_PASSPHRASE_LENGTH}`,
    )
  }
  const header = new Uint8Array(HEADER_BYTES)
  header.set(MAGIC)
  new DataView(header.buffer).setUint32(MAGIC.length, ITERATIONS)
  crypto.getRandomValues(header.subarray(MAGIC.length + 4))
  const json = new TextEncoder().encode(JSON.stringify(profile))
  if (json.length > MAX_JSON_BYTES) throw new Error(`profile file: ${json.length} bytes, above ${MAX_JSON_BYTES}`)
  const packed = await streamed(json, new CompressionStream('gzip'), Number.POSITIVE_INFINITY)
  const sealed = await crypto.subtle.encrypt(gcm(header), await keyFrom(passphrase, header, ITERATIONS), packed)
  const file = new Uint8Array(HEADER_BYTES + sealed.byteLength)
  file.set(header)
  file.set(new Uint8Array(sealed), HEADER_BYTES)
  if (file.length > MAX_FILE_BYTES) throw new Error(`profile file: ${file.length} bytes, above ${MAX_FILE_BYTES}`)
  return file
}

/**
 * @throws Error when it is no profile file, or one of a newer kind; with the same words when the passphrase is wrong or the
 * file was changed
 */
export async function openProfile(file: Uint8Array<ArrayBuffer>, passphrase: string): Promise<CarriedProfile> {
  if (file.length < HEADER_BYTES + TAG_BYTES || MAGIC.some((byte, at) => file[at] !== byte)) {
    throw new Error('profile file: this is no file of vitrine-profile/1')
  }
  if (file.length > MAX_FILE_BYTES) throw new Error(`profile file: ${file.length} bytes, above ${MAX_FILE_BYTES}`)
  const header = file.slice(0, HEADER_BYTES)
  const iterations = new DataView(header.buffer).getUint32(MAGIC.length)
  if (iterations === 0 || iterations > MAX_ITERATIONS)
    throw new Error('profile file: this is no file of vitrine-profile/1')
  const key = await keyFrom(passphrase, header, iterations)
  const packed = await crypto.subtle.decrypt(gcm(header), key, file.subarray(HEADER_BYTES)).catch(() => undefined)
  if (!packed) throw new Error('profile file: the passphrase is wrong, or the file was changed')
  const json = await streamed(new Uint8Array(packed), new DecompressionStream('gzip'), MAX_JSON_BYTES)
  const { madeAt, events, preferences } = JSON.parse(new TextDecoder().decode(json)) as CarriedProfile
  return { madeAt, events: events.map(decodeEvent), preferences: decodePreferences(preferences) }
}

const gcm = (header: Uint8Array<ArrayBuffer>): AesGcmParams => ({
  name: 'AES-GCM',
  iv: header.subarray(HEADER_BYTES - IV_BYTES),
  additionalData: header,
})

async function keyFrom(passphrase: string, header: Uint8Array<ArrayBuffer>, iterations: number): Promise<CryptoKey> {
  // One passphrase has several spellings in Unicode; keyboards differ in which they type.
  const typed = new TextEncoder().encode(passphrase.normalize('NFKC'))
  const secret = await crypto.subtle.importKey('raw', typed, 'PBKDF2', false, ['deriveKey'])
  const salt = header.subarray(MAGIC.length + 4, MAGIC.length + 4 + SALT_BYTES)
  const use = { name: 'AES-GCM', length: 256 }
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations }
  return crypto.subtle.deriveKey(derivation, secret, use, false, ['encrypt', 'decrypt'])
}

/** @throws Error when more than `most` bytes come out */
async function streamed(
  bytes: Uint8Array<ArrayBuffer>,
  through: CompressionStream | DecompressionStream,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  for await (const part of readable(new Blob([bytes]).stream().pipeThrough(through))) {
    length += part.length
    if (length > most) throw new Error(`profile file: more than ${most} bytes are packed in it`)
    parts.push(part)
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}

/** Not every browser iterates over streams. */
async function* readable(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel()
  }
}
