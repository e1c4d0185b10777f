/**
 * Merkle trees of a log (RFC 6962 2.1, RFC 9162 2.1): hashes, and proofs that a leaf is in a tree and that a tree is the beginning of
 * another. The same for a subtree, which is the leaves from `start` to `end` − 1, as witnesses may be asked about
 * (draft-ietf-plants-merkle-tree-certs 4).
 *
 *     leaf   SHA-256(0x00 ‖ record)        node   SHA-256(0x01 ‖ left ‖ right)        no leaves   SHA-256("")
 *
 * Whoever verifies trusts nothing of a proof: numbers are checked before they are used, a proof is used up exactly, and no size is too
 * large to be arithmetic (a log may claim 2^40 entries, and bitwise operators end at 2^31).
 */
import { sha256 } from '@noble/hashes/sha2.js'

/** (32) */
export type Hash = Uint8Array

export const EMPTY_ROOT: Hash = sha256(new Uint8Array(0))

export const leafHash = (record: Uint8Array): Hash => sha256(prefixed(0, record))
export const nodeHash = (left: Hash, right: Hash): Hash => sha256(prefixed(1, left, right))

function prefixed(prefix: number, ...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 1))
  bytes[0] = prefix
  let at = 1
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

export const sameHash = (a: Hash, b: Hash): boolean => a.length === b.length && a.every((byte, at) => byte === b[at])

/** Is `leaf` the one at `index` of the tree of `size` leaves with this root? (RFC 9162 2.1.3.2) */
export function verifyInclusion(index: number, size: number, leaf: Hash, proof: readonly Hash[], root: Hash): boolean {
  return verifySubtreeInclusion(index, 0, size, leaf, proof, root)
}

/** Is `leaf` the one at `index` of the subtree from `start` to `end` − 1 with this root? */
export function verifySubtreeInclusion(
  index: number,
  start: number,
  end: number,
  leaf: Hash,
  proof: readonly Hash[],
  root: Hash,
): boolean {
  if (!isSubtree(start, end) || !Number.isSafeInteger(index) || index < start || index >= end) return false
  if (!areHashes([leaf, root, ...proof])) return false
  let [fn, sn, r] = [index - start, end - start - 1, leaf]
  for (const p of proof) {
    if (sn === 0) return false
    if (isOdd(fn) || fn === sn) {
      r = nodeHash(p, r)
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else r = nodeHash(r, p)
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 && sameHash(r, root)
}

/** Is the tree of `oldSize` leaves the beginning of the one of `size`? No tree is none's: 0 is refused. (RFC 9162 2.1.4.2) */
export function verifyConsistency(
  oldSize: number,
  size: number,
  oldRoot: Hash,
  root: Hash,
  proof: readonly Hash[],
): boolean {
  return oldSize > 0 && verifySubtreeConsistency(0, oldSize, size, oldRoot, root, proof)
}

/** Is the subtree from `start` to `end` − 1 with root `node` part of the tree of `size` leaves? One of no leaves is part of every tree. */
export function verifySubtreeConsistency(
  start: number,
  end: number,
  size: number,
  node: Hash,
  root: Hash,
  proof: readonly Hash[],
): boolean {
  if (!Number.isSafeInteger(size) || end > size || !areHashes(proof)) return false
  if (start === end) return start >= 0 && proof.length === 0 && sameHash(node, EMPTY_ROOT)
  if (!isSubtree(start, end)) return false
  let [fn, sn, tn] = [start, end - 1, size - 1]
  const shift = () => {
    ;[fn, sn, tn] = [half(fn), half(sn), half(tn)]
  }
  // What is whole on its right needs no proof of its own: the subtree's root itself begins the way up.
  if (sn === tn) while (fn !== sn) shift()
  else while (fn !== sn && isOdd(sn)) shift()
  const [first, ...rest] = fn === sn ? [node, ...proof] : proof
  if (first === undefined) return false
  let [fr, sr] = [first, first]
  for (const c of rest) {
    if (tn === 0) return false
    if (isOdd(sn) || sn === tn) {
      if (fn < sn) fr = nodeHash(c, fr)
      sr = nodeHash(c, sr)
      while (!isOdd(sn)) shift()
    } else sr = nodeHash(sr, c)
    shift()
  }
  return tn === 0 && sameHash(fr, node) && sameHash(sr, root)
}

/** The leaves from `start` to `end` − 1 are a subtree where `start` is a multiple of the power of two that has room for them. */
export function isSubtree(start: number, end: number): boolean {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start >= end) return false
  let width = 1
  while (width < end - start) width *= 2
  return start % width === 0
}

/** The leaves from `start` to `end` − 1. */
export interface Range {
  start: number
  end: number
}

/** Whose roots prove that the leaf at `index` is in a tree of `size`, the nearest first. (RFC 9162 2.1.3.1) */
export function inclusionRanges(index: number, size: number): Range[] {
  if (!(index >= 0 && index < size)) throw new Error(`no leaf ${index} in a tree of ${size}`)
  const ranges: Range[] = []
  for (let [start, end] = [0, size]; end - start > 1; ) {
    const middle = start + splitOf(end - start)
    if (index < middle) {
      ranges.unshift({ start: middle, end })
      end = middle
    } else {
      ranges.unshift({ start, end: middle })
      start = middle
    }
  }
  return ranges
}

/** Whose roots prove that a tree of `oldSize` is the beginning of one of `size`. (RFC 9162 2.1.4.1) */
export function consistencyRanges(oldSize: number, size: number): Range[] {
  if (!(oldSize > 0 && oldSize <= size)) throw new Error(`a tree of ${oldSize} is not the beginning of one of ${size}`)
  const ranges: Range[] = []
  let [start, end] = [0, size]
  while (end !== oldSize) {
    const middle = start + splitOf(end - start)
    if (oldSize <= middle) {
      ranges.unshift({ start: middle, end })
      end = middle
    } else {
      ranges.unshift({ start, end: middle })
      start = middle
    }
  }
  // The old root itself needs no proof, where it is whole.
  return start === 0 ? ranges : [{ start, end }, ...ranges]
}

/**
 * The root of some leaves, of the roots of whole subtrees.
 * @param read the root of the leaves from index · 2^level to (index + 1) · 2^level − 1
 */
export function rootOf({ start, end }: Range, read: (level: number, index: number) => Hash): Hash {
  if (start === end) return EMPTY_ROOT
  const level = Math.log2(end - start)
  if (Number.isInteger(level)) return read(level, start / (end - start))
  const middle = start + splitOf(end - start)
  return nodeHash(rootOf({ start, end: middle }, read), rootOf({ start: middle, end }, read))
}

/** The largest power of two below a number of leaves. */
function splitOf(count: number): number {
  let width = 1
  while (width * 2 < count) width *= 2
  return width
}

const isOdd = (n: number) => n % 2 === 1
const half = (n: number) => Math.floor(n / 2)
const areHashes = (hashes: readonly Hash[]) => hashes.every(({ length }) => length === 32)
