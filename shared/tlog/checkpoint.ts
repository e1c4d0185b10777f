/**
 * A log's commitment to all of its entries (C2SP tlog-checkpoint.md), which is the text of a signed note:
 *
 *     shop.example/log
 *     15
 *     rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=
 *
 * Written in one way: no leading zero, no other base64. Extension lines are allowed by the specification and used by nobody here,
 * so there are none.
 */
import { base64Of, bytesOf } from './base64.ts'
import type { Hash } from './tree.ts'

export interface Checkpoint {
  /** Which log this is, unique for ever: a name without a schema, "shop.example/log". */
  origin: string
  /** Entries. */
  size: number
  root: Hash
}

const MAX_ORIGIN_LENGTH = 256
/** Beyond it a logarithm is no longer exact, and no log will get there. */
const MAX_SIZE = 2 ** 48 - 1

export const encodeCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${base64Of(root)}\n`

/** @throws Error naming the line */
export function decodeCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n')
  if (lines.length !== 4 || lines[3] !== '') throw new Error('checkpoint: not three lines and a newline')
  const [origin, sizeText, rootText] = lines
  if (origin === '' || origin.length > MAX_ORIGIN_LENGTH || /\p{Cc}/u.test(origin)) {
    throw new Error('checkpoint: the origin is no short line')
  }
  const size = Number(sizeText)
  if (!/^(0|[1-9]\d*)$/.test(sizeText) || size > MAX_SIZE) throw new Error('checkpoint: the size is no number')
  const root = bytesOf(rootText)
  if (root?.length !== 32) throw new Error('checkpoint: the root is no SHA-256 in base64')
  return { origin, size, root }
}
