/** Base64 (RFC 4648 4), with padding and in the one way in which bytes are written; and base16, in lower case. */

/** A call takes only so many arguments. */
const BLOCK_BYTES = 32_768

export function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    text += String.fromCharCode(...bytes.subarray(at, at + BLOCK_BYTES))
  }
  return btoa(text)
}

/** Undefined for what is no base64, has no padding, or has bits behind its last byte. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
  return base64Of(bytes) === base64 ? bytes : undefined
}

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
