/**
 * Extendable output functions (VDAF draft-20 section 6.2): a seed, a domain separation tag and a binder give a stream of bytes, and that
 * one vectors of field elements. A byte string of the wrong length here is a mistake of ours, never a peer's.
 */
import { turboshake128 } from '@noble/hashes/sha3-addons.js'
import { type Field, readElement } from './field.ts'
import { type Bytes, concat } from './wire.ts'

export interface Xof {
  seedBytes: number
  start(seed: Bytes, dst: Bytes, binder: Bytes): Promise<Stream>
}
/** The next so many bytes. */
export type Stream = (length: number) => Promise<Bytes>

/** XofTurboShake128 of VDAF draft-20, section 6.2.1. */
export const XOF_TURBOSHAKE128 = turboShake(32, (dst, seed) => [
  Uint8Array.of(dst.length & 0xff, dst.length >> 8),
  dst,
  Uint8Array.of(seed.length),
  seed,
])

/** As VDAF-11 has it, to which PINE-01 is frozen: a shorter seed, and one byte for the tag's length. */
export const XOF_TURBOSHAKE128_VDAF11 = turboShake(16, (dst, seed) => [Uint8Array.of(dst.length), dst, seed])

function turboShake(seedBytes: number, prefix: (dst: Bytes, seed: Bytes) => Bytes[]): Xof {
  return {
    seedBytes,
    async start(seed, dst, binder) {
      const hash = turboshake128.create({ D: 1 })
      for (const part of [...prefix(dst, seed), binder]) hash.update(part)
      return async (length) => new Uint8Array(hash.xof(length))
    },
  }
}

const AES_BLOCK_BYTES = 16

/** XofHmacSha256Aes128 of libprio: AES-128 in counter mode, its key and first counter from HMAC-SHA-256. All of it is the platform's. */
export const XOF_HMAC_SHA256_AES128: Xof = {
  seedBytes: 32,
  async start(seed, dst, binder) {
    const hmac = await crypto.subtle.importKey('raw', seed, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const digest = await crypto.subtle.sign('HMAC', hmac, concat([Uint8Array.of(dst.length), dst, binder]))
    const key = await crypto.subtle.importKey('raw', digest.slice(0, 16), 'AES-CTR', false, ['encrypt'])
    const first = readCounter(new Uint8Array(digest, 16))
    let consumed = 0
    return async (length) => {
      const skipped = consumed % AES_BLOCK_BYTES
      const counter = counterAt(first, (consumed - skipped) / AES_BLOCK_BYTES)
      const blocks = await crypto.subtle.encrypt(
        { name: 'AES-CTR', counter, length: 128 },
        key,
        new Uint8Array(skipped + length),
      )
      consumed += length
      return new Uint8Array(blocks, skipped)
    }
  },
}

const readCounter = (bytes: Uint8Array): bigint => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)

function counterAt(first: bigint, block: number): Bytes {
  const value = BigInt.asUintN(128, first + BigInt(block))
  return Uint8Array.from({ length: 16 }, (_, n) => Number((value >> BigInt(8 * (15 - n))) & 0xffn))
}

export async function deriveSeed(xof: Xof, seed: Bytes, dst: Bytes, binder: Bytes): Promise<Bytes> {
  const next = await xof.start(seed, dst, binder)
  return next(xof.seedBytes)
}

/** Elements as the stream gives them; what is p or more is passed over. */
export async function nextVector(next: Stream, field: Field, length: number): Promise<bigint[]> {
  const mask = (1n << BigInt(field.modulus.toString(2).length)) - 1n
  const vector: bigint[] = []
  while (vector.length < length) {
    const encoded = await next((length - vector.length) * field.bytes)
    for (let at = 0; at < encoded.length; at += field.bytes) {
      const element = readElement(field, encoded, at) & mask
      if (element < field.modulus) vector.push(element)
    }
  }
  return vector
}

export async function expandIntoVector(
  xof: Xof,
  field: Field,
  seed: Bytes,
  dst: Bytes,
  binder: Bytes,
  length: number,
): Promise<bigint[]> {
  return nextVector(await xof.start(seed, dst, binder), field, length)
}
