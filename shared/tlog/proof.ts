/**
 * That a record is in a log, complete in one text (C2SP tlog-proof.md):
 *
 *     c2sp.org/tlog-proof@v1
 *     extra eyJ0eXBlIjoiYnVuZGxlIiwidmVyc2lvbiI6Nyw…
 *     index 6
 *     gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
 *
 *     shop.example/log
 *     7
 *     sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=
 *
 *     — shop.example/log hI2DJw…
 *
 * The extra data is the record itself, which the specification leaves to the application. Nothing in here is trusted for being here.
 */
import { base64Of, bytesOf } from './base64.ts'
import type { Hash } from './tree.ts'

const HEADER = 'c2sp.org/tlog-proof@v1'
/** Of a log of 2^53 entries. */
const MAX_PATH = 53

export interface LogProof {
  record: Uint8Array<ArrayBuffer>
  /** Of the record, from 0. */
  index: number
  /** Of inclusion, the leaf's neighbour first. */
  path: Hash[]
  /** A signed note. */
  checkpoint: Uint8Array<ArrayBuffer>
}

export function encodeProof({ record, index, path, checkpoint }: LogProof): string {
  const lines = [HEADER, `extra ${base64Of(record)}`, `index ${index}`, ...path.map(base64Of), '']
  return `${lines.join('\n')}\n${new TextDecoder().decode(checkpoint)}`
}

/** @throws Error naming the part */
export function decodeProof(text: string): LogProof {
  const end = text.indexOf('\n\n')
  const [header, extra = '', indexLine = '', ...hashes] = text.slice(0, Math.max(0, end)).split('\n')
  if (header !== HEADER) throw new Error(`proof: does not begin with ${HEADER}`)
  const record = bytesOf(/^extra (\S+)$/.exec(extra)?.[1] ?? '')
  if (!record) throw new Error('proof: the record is no base64')
  const index = Number(/^index (0|[1-9]\d*)$/.exec(indexLine)?.[1] ?? Number.NaN)
  if (!Number.isSafeInteger(index)) throw new Error('proof: the index is no number')
  if (hashes.length > MAX_PATH) throw new Error(`proof: ${hashes.length} hashes`)
  const path = hashes.map((line) => {
    const hash = bytesOf(line)
    if (hash?.length !== 32) throw new Error('proof: a line is no SHA-256 in base64')
    return hash
  })
  return { record, index, path, checkpoint: new TextEncoder().encode(text.slice(end + 2)) }
}
