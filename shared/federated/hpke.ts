/**
 * Sealing a share to its aggregator: HPKE (RFC 9180) in base mode, with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM, which every
 * browser's own cryptography has.
 */
import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core'
import { type Bytes, concat, Rejected } from './wire.ts'

export const HPKE_SUITE = new CipherSuite({
  kem: new DhkemP256HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes128Gcm(),
})

/** Of an encapsulated key, and of a public one: an uncompressed point. */
export const PUBLIC_KEY_BYTES = 65
const TAG_BYTES = 16
/** What sealing adds. */
export const SEAL_BYTES = PUBLIC_KEY_BYTES + TAG_BYTES

export interface HpkeKeys {
  publicKey: Bytes
  /** An aggregator keeps it until its round closes, and then nobody has it. */
  privateKey: CryptoKey
}

export async function generateHpkeKeys(): Promise<HpkeKeys> {
  const { publicKey, privateKey } = await HPKE_SUITE.kem.generateKeyPair()
  return { publicKey: new Uint8Array(await HPKE_SUITE.kem.serializePublicKey(publicKey)), privateKey }
}

/**
 * The encapsulated key, then the ciphertext.
 * @param info what both sides know of the key's purpose
 * @param aad what the ciphertext is bound to
 * @throws Error for a public key that is none
 */
export async function seal(publicKey: Bytes, info: Bytes, aad: Bytes, plaintext: Bytes): Promise<Bytes> {
  const recipientPublicKey = await HPKE_SUITE.kem.deserializePublicKey(publicKey.buffer.slice(0))
  const { enc, ct } = await HPKE_SUITE.seal({ recipientPublicKey, info }, plaintext, aad)
  return concat([new Uint8Array(enc), new Uint8Array(ct)])
}

/** @throws Rejected for what was sealed to another key, or is bound to anything else */
export async function open(privateKey: CryptoKey, info: Bytes, aad: Bytes, sealed: Bytes): Promise<Bytes> {
  if (sealed.length < SEAL_BYTES) throw new Rejected()
  const [enc, ct] = [sealed.slice(0, PUBLIC_KEY_BYTES), sealed.slice(PUBLIC_KEY_BYTES)]
  try {
    return new Uint8Array(await HPKE_SUITE.open({ recipientKey: privateKey, info, enc }, ct, aad))
  } catch {
    throw new Rejected()
  }
}
