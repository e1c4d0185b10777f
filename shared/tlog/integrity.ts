/** Subresource Integrity of SHA-256 (W3C SRI 3.5), which is the name of a chunk in another spelling: "sha256-…" in base64. */
import { base64Of, bytesOf, hexOf } from './base64.ts'

export const INTEGRITY = /^sha256-[A-Za-z0-9+/]{43}=$/

export async function integrityOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `sha256-${base64Of(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))}`
}

/** @throws Error for what is none */
export function integrityHex(integrity: string): string {
  const bytes = INTEGRITY.test(integrity) ? bytesOf(integrity.slice('sha256-'.length)) : undefined
  if (!bytes) throw new Error(`no SHA-256 integrity: ${integrity}`)
  return hexOf(bytes)
}
