/** What of an old version is in a new one, in the new one's order: the pieces that a delta copies (`shared/model/delta.ts`). */
import type { Piece } from '../shared/model/delta.ts'

/** Rows by their ids, wherever they stood. */
export function rowPieces(before: readonly string[], after: readonly string[]): Piece[] {
  const rows = new Map(before.map((id, row) => [id, row]))
  const pieces: Piece[] = []
  for (const id of after) {
    const last = pieces.at(-1)
    const row = rows.get(id)
    if (row === undefined) {
      if (last) last.inserted++
      else pieces.push({ from: 0, copied: 0, inserted: 1 })
    } else if (last?.inserted === 0 && last.from + last.copied === row) last.copied++
    else pieces.push({ from: row, copied: 1, inserted: 0 })
  }
  return pieces
}

/** Bytes that are looked up anywhere in the old text. */
const WINDOW = 12
/** Places of one window that are tried. */
const CANDIDATES = 16
/** What follows a change is usually where it would be without the change, give or take a word. */
const NEAR = 32
/** There, fewer bytes in common are worth a piece. */
const NEAR_BYTES = 6

/**
 * Bytes, by the longest match at each place: near where the text would go on, else anywhere. Greedy, as in LZ77 (Ziv &
 * Lempel 1977): in a catalogue of which a few prices changed it finds the changes and nothing else.
 */
export function textPieces(before: Uint8Array, after: Uint8Array): Piece[] {
  const index = indexOf(before)
  const pieces: Piece[] = [{ from: 0, copied: 0, inserted: 0 }]
  let expected = 0
  for (let at = 0; at < after.length; ) {
    const last = pieces[pieces.length - 1]
    const match = findMatch(before, after, at, expected + last.inserted, index)
    if (match) {
      pieces.push({ from: match.from, copied: match.length, inserted: 0 })
      at += match.length
      expected = match.from + match.length
    } else {
      last.inserted++
      at++
    }
  }
  return pieces
}

interface Match {
  from: number
  length: number
}

function findMatch(
  before: Uint8Array,
  after: Uint8Array,
  at: number,
  expected: number,
  { heads, previous }: Index,
): Match | undefined {
  let best: Match | undefined
  const consider = (from: number, least: number) => {
    const length = commonLength(before, from, after, at)
    if (length >= least && length > (best?.length ?? 0)) best = { from, length }
  }
  for (let from = Math.max(0, expected - NEAR); from < expected + NEAR; from++) consider(from, NEAR_BYTES)
  if ((best?.length ?? 0) >= WINDOW || at + WINDOW > after.length) return best
  let from = heads[hashAt(after, at)]
  for (let tried = 0; from >= 0 && tried < CANDIDATES; tried++) {
    consider(from, WINDOW)
    from = previous[from]
  }
  return best
}

function commonLength(a: Uint8Array, i: number, b: Uint8Array, j: number): number {
  let length = 0
  while (i + length < a.length && j + length < b.length && a[i + length] === b[j + length]) length++
  return length
}

/** Where windows of each hash begin: the first in `heads`, the next ones by `previous`; −1 ends. */
interface Index {
  heads: Int32Array
  previous: Int32Array
}

const HASH_BITS = 18

function indexOf(bytes: Uint8Array): Index {
  const heads = new Int32Array(1 << HASH_BITS).fill(-1)
  const previous = new Int32Array(bytes.length)
  for (let at = bytes.length - WINDOW; at >= 0; at--) {
    const hash = hashAt(bytes, at)
    previous[at] = heads[hash]
    heads[hash] = at
  }
  return { heads, previous }
}

/** FNV-1a over a window. */
function hashAt(bytes: Uint8Array, at: number): number {
  let hash = 0x811c9dc5
  for (let k = 0; k < WINDOW; k++) hash = Math.imul(hash ^ bytes[at + k], 0x01000193)
  return (hash ^ (hash >>> HASH_BITS)) & ((1 << HASH_BITS) - 1)
}
