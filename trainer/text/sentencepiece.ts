/**
 * Text to sentencepiece ids by the unigram model (Kudo 2018): of all ways to cut a text into pieces, the one whose
 * scores (log probabilities) sum highest, found by Viterbi. What the pieces of `vocab.json` beside a TF.js sentence
 * encoder are for.
 *
 *     [["<unk>", 0], ["<s>", 0], …, ["▁the", -3.57], ["s", -3.34]]      piece, score; the id is the place in the list
 */

/** A space is a letter here, and every text begins with one. */
const SPACE = '▁'
/** Control pieces come first and are never cut out of a text. */
const RESERVED = 6
const UNKNOWN = 0
/** sentencepiece's own: an unknown character costs this much more than the rarest piece. */
const UNKNOWN_PENALTY = 10

/** A piece that lost its score in conversion (one published vocabulary has null for ":") is taken as the rarest. */
export type Vocabulary = readonly (readonly [piece: string, score: number | null])[]

export interface Pieces {
  ids: number[]
  /** Characters that no piece covers. */
  unknown: number
}

export function sentencepiece(vocabulary: Vocabulary): (text: string) => Pieces {
  const pieces = new Map<string, { id: number; score: number }>()
  const lowest = vocabulary.reduce((least, [, score]) => Math.min(least, score ?? 0), 0)
  let longest = 1
  vocabulary.forEach(([piece, score], id) => {
    if (id < RESERVED || pieces.has(piece)) return
    pieces.set(piece, { id, score: score ?? lowest })
    longest = Math.max(longest, [...piece].length)
  })
  const unknownScore = lowest - UNKNOWN_PENALTY

  return (text) => {
    const characters = [...spaced(text)]
    const n = characters.length
    const best = new Float64Array(n + 1).fill(Number.NEGATIVE_INFINITY)
    const from = new Int32Array(n + 1)
    const idAt = new Int32Array(n + 1)
    best[0] = 0
    for (let start = 0; start < n; start++) {
      let piece = ''
      for (let end = start + 1; end <= Math.min(n, start + longest); end++) {
        piece += characters[end - 1]
        const known = pieces.get(piece)
        if (!known && end > start + 1) continue
        const score = best[start] + (known?.score ?? unknownScore)
        if (score <= best[end]) continue
        best[end] = score
        from[end] = start
        idAt[end] = known?.id ?? UNKNOWN
      }
    }
    const ids: number[] = []
    let unknown = 0
    for (let end = n; end > 0; end = from[end]) {
      if (idAt[end] === UNKNOWN) unknown++
      // A run of unknown characters is one unknown piece.
      if (idAt[end] !== UNKNOWN || ids.at(-1) !== UNKNOWN) ids.push(idAt[end])
    }
    return { ids: ids.reverse(), unknown }
  }
}

function spaced(text: string): string {
  const normal = text.normalize('NFKC').trim().replace(/\s+/g, SPACE)
  return normal === '' ? '' : SPACE + normal
}

/** Whole words among the pieces: what the teacher knows well. */
export function wholeWords(vocabulary: Vocabulary): string[] {
  return vocabulary.flatMap(([piece]) => (/^▁\p{L}{3,}$/u.test(piece) ? [piece.slice(1)] : []))
}
