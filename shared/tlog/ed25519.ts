/**
 * Ed25519 by one rule, in every browser, in the edge and in the auditor (RFC 8032 5.1.7, without the cofactor): implementations differ in
 * which odd keys and signatures they let through, and a log must be valid for all or for none. So what they differ in is refused
 * first, by its bytes: a key A or a point R that is not written in its one way, or is one of the eight points of small order, and an
 * S that is not below the group's order. With such a key any message has a valid signature.
 *
 * What is left is WebCrypto's: BoringSSL and OpenSSL compare S·B − k·A with R itself, and not eight times both.
 */

/** 2^255 − 19 and the order of the group, little-endian. */
const P = littleEndian((1n << 255n) - 19n)
const L = littleEndian((1n << 252n) + 27742317777372353535851937790883648493n)

/** y of the points of order 1, 2, 4 and 8; those of order 8 have two. */
const SMALL_ORDER = [
  littleEndian(1n),
  littleEndian((1n << 255n) - 20n),
  littleEndian(0n),
  fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
]

/** By the bytes that they were made of, which nobody changes. */
const imported = new WeakMap<Uint8Array, Promise<CryptoKey>>()

/** @returns false for whatever is no valid signature; never throws for what it is given */
export async function verifyEd25519(
  publicKey: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  if (!isPoint(publicKey) || !isPoint(signature.subarray(0, 32)) || !isBelow(signature.subarray(32), L)) return false
  try {
    let key = imported.get(publicKey)
    if (!key) imported.set(publicKey, (key = crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])))
    return await crypto.subtle.verify('Ed25519', await key, signature, message)
  } catch (error) {
    // A key that is on no curve. Where there is no Ed25519 at all, that is another matter.
    if (error instanceof Error && error.name === 'NotSupportedError') throw error
    return false
  }
}

/** Written in its one way, and not of small order; that it is on the curve is not looked at. */
function isPoint(encoded: Uint8Array): boolean {
  const y = encoded.slice()
  y[31] &= 0x7f // the sign of x
  return isBelow(y, P) && !SMALL_ORDER.some((small) => small.every((byte, at) => byte === y[at]))
}

/** @param a little-endian, as b */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 31; at >= 0; at--) if (a[at] !== b[at]) return a[at] < b[at]
  return false
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn))
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16))
}
