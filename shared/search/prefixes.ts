/**
 * Which texts hold what is being typed: each typed run is the beginning of a word, in any order, or, in scripts without
 * spaces, stands anywhere.
 *
 *     "mug sa"   finds   "Sage enamel mug"
 *     "克杯"      finds   "马克杯"        its endings "马克杯", "克杯" and "杯" are all in the index
 *
 * Terms lie sorted in one list, so that a prefix is a range of it: two binary searches, then the rows of that range. Nothing
 * is scored here.
 */
import { isUnspaced, runsOf } from '../data/subwords.ts'

export interface PrefixIndex {
  /** Sorted by code units, distinct. */
  terms: string[]
  /** (terms + 1) rows of term t are entries start[t] … start[t+1] − 1 */
  start: Uint32Array
  rows: Uint32Array
  size: number
}

/** Longer beginnings tell nothing more apart. */
const MAX_TERM_LETTERS = 16

/** @param texts each row's, in all languages it can be typed in */
export function prefixIndex(texts: readonly (readonly string[])[]): PrefixIndex {
  const rowsOf = new Map<string, number[]>()
  texts.forEach((own, row) => {
    for (const text of own) {
      for (const term of termsOf(text)) {
        const rows = rowsOf.get(term)
        if (!rows) rowsOf.set(term, [row])
        else if (rows[rows.length - 1] !== row) rows.push(row)
      }
    }
  })
  const terms = [...rowsOf.keys()].sort()
  const start = new Uint32Array(terms.length + 1)
  terms.forEach((term, t) => {
    start[t + 1] = start[t] + (rowsOf.get(term) as number[]).length
  })
  const rows = new Uint32Array(start[terms.length])
  terms.forEach((term, t) => {
    rows.set(rowsOf.get(term) as number[], start[t])
  })
  return { terms, start, rows, size: texts.length }
}

function* termsOf(text: string): Generator<string> {
  for (const run of runsOf(text)) {
    if (!isUnspaced(run)) yield run.slice(0, MAX_TERM_LETTERS)
    else for (let from = 0; from < run.length; from++) yield run.slice(from, from + MAX_TERM_LETTERS)
  }
}

/** Rows that hold all that was typed, ascending; none for nothing. */
export function rowsWith({ terms, start, rows, size }: PrefixIndex, typed: string): number[] {
  const runs = runsOf(typed)
  if (runs.length === 0) return []
  // A row is counted once a run: it has reached n only if it had reached n − 1.
  const met = new Uint8Array(size)
  const most = Math.min(runs.length, 255)
  for (let n = 0; n < most; n++) {
    const prefix = runs[n].slice(0, MAX_TERM_LETTERS)
    const from = start[firstFrom(terms, prefix)]
    const to = start[firstFrom(terms, `${prefix}\uffff`)]
    for (let at = from; at < to; at++) if (met[rows[at]] === n) met[rows[at]] = n + 1
  }
  const found: number[] = []
  for (let row = 0; row < size; row++) if (met[row] === most) found.push(row)
  return found
}

/** The first term that is not before a text. */
function firstFrom(terms: readonly string[], text: string): number {
  let [low, high] = [0, terms.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (terms[middle] < text) low = middle + 1
    else high = middle
  }
  return low
}
