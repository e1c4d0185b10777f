/**
 * What a round counted, in one hash that both aggregators sign: the RFC 6962 root over its reports in the order of their ids, each as
 *
 *     round (32) ‖ id (16) ‖ SHA-256 of what is sealed to the leader (32) ‖ SHA-256 of what is sealed to the helper (32)
 *
 * A sum of hashes would not do: who may choose reports could make two batches of one sum.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { RightEdge } from '../tlog/right-edge.ts'
import type { Hash } from '../tlog/tree.ts'
import type { Report } from './report.ts'
import { type Bytes, concat } from './wire.ts'

/** Of a report, what a batch's hash is over. */
export const batchLeaf = ({ round, id, sealed: [leader, helper] }: Report): Bytes =>
  leafOf(round, id, sha256(leader), sha256(helper))

/** The same for whoever has seen only hashes of what is sealed. */
export const leafOf = (round: Bytes, id: Bytes, leader: Uint8Array, helper: Uint8Array): Bytes =>
  concat([round, id, leader, helper])

/** @param leaves of `batchLeaf`, in any order, each of another report */
export function batchDigest(leaves: readonly Bytes[]): Hash {
  const tree = new RightEdge()
  for (const leaf of [...leaves].sort(compare)) tree.append(leaf)
  return tree.root()
}

function compare(a: Bytes, b: Bytes): number {
  const at = a.findIndex((byte, n) => byte !== b[n])
  return at < 0 ? 0 : a[at] - b[at]
}
