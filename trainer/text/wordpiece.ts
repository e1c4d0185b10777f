/**
 * Text to WordPiece ids as BERT's uncased models want them (Devlin et al. 2019): words and punctuation marks, each cut
 * into the longest pieces that the vocabulary holds, from the left; pieces inside a word begin with ##.
 */
import { UserError } from '../user-error.ts'

const MAX_PIECES = 128
const MAX_WORD_LETTERS = 100

export interface WordPieces {
  /** [CLS] … [SEP] */
  ids: number[]
  words: number
  /** Words that no pieces make. */
  unknown: number
}

/** @throws UserError when the vocabulary lacks what every such model has */
export function wordpiece(vocabulary: readonly string[], file: string): (text: string) => WordPieces {
  const numbers = new Map(vocabulary.map((piece, id) => [piece, id]))
  const special = (piece: string) => {
    const id = numbers.get(piece)
    if (id === undefined) throw new UserError(`${file}: has no ${piece}`, 'give the vocab.txt of the same model')
    return id
  }
  const [unknownId, first, last] = ['[UNK]', '[CLS]', '[SEP]'].map(special)

  const cut = (word: string): number[] | undefined => {
    const letters = [...word]
    if (letters.length > MAX_WORD_LETTERS) return undefined
    const ids: number[] = []
    for (let from = 0; from < letters.length; ) {
      let to = letters.length
      const piece = () => (from > 0 ? '##' : '') + letters.slice(from, to).join('')
      while (to > from && !numbers.has(piece())) to--
      if (to === from) return undefined
      ids.push(numbers.get(piece())!)
      from = to
    }
    return ids
  }

  return (text) => {
    const words = wordsOf(text)
    const cuts = words.map(cut)
    const inner = cuts.flatMap((ids) => ids ?? [unknownId]).slice(0, MAX_PIECES - 2)
    return { ids: [first, ...inner, last], words: words.length, unknown: cuts.filter((ids) => !ids).length }
  }
}

/** Lower case without accents; each punctuation mark and each Chinese character is a word. */
function wordsOf(text: string): string[] {
  const plain = text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
  return plain.match(/\p{Script=Han}|[\p{P}\p{S}]|(?:(?!\p{Script=Han})[^\s\p{P}\p{S}])+/gu) ?? []
}
