/** Bytes of peers: read to the last one, or rejected. */
import { decodeVector, type Field } from './field.ts'

export type Bytes = Uint8Array<ArrayBuffer>

/** What a peer sent is not counted. Why is not said: what it would tell may depend on a secret. */
export class Rejected extends Error {
  constructor() {
    super('report rejected')
  }
}

/** Takes so many bytes at each call; `end` says that there are no more. Both throw Rejected. */
export function reader(bytes: Bytes): { (length: number): Bytes; end(): void } {
  let at = 0
  const read = (length: number): Bytes => {
    if (at + length > bytes.length) throw new Rejected()
    at += length
    return bytes.slice(at - length, at)
  }
  return Object.assign(read, {
    end() {
      if (at !== bytes.length) throw new Rejected()
    },
  })
}

/** @throws Rejected unless all are elements of the field */
export function decodeOrReject(field: Field, bytes: Bytes): bigint[] {
  try {
    return decodeVector(field, bytes)
  } catch {
    throw new Rejected()
  }
}

export function concat(parts: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Into pieces of one length. */
export const splitBytes = (bytes: Bytes, length: number): Bytes[] =>
  Array.from({ length: bytes.length / length }, (_, n) => bytes.slice(n * length, (n + 1) * length))

export const isSame = (a: Bytes, b: Bytes): boolean => a.length === b.length && a.every((byte, n) => byte === b[n])
