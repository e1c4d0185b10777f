/**
 * Text to features: words by `Intl.Segmenter`, so that English and Chinese both work, and hashed subwords, so that a word
 * never seen in training still means something (Bojanowski et al. 2017, fastText; Weinberger et al. 2009, feature hashing).
 */
import { hash32 } from './random.ts'

/** Width of a hashed text vector. A sign hash makes collisions cancel on average. */
export const TEXT_WIDTH = 256

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })

/** Lower-cased words of a text; Chinese is cut by the platform's dictionary. */
export function words(text: string): string[] {
  const found: string[] = []
  for (const part of segmenter.segment(text.normalize('NFKC').toLowerCase())) {
    if (part.isWordLike) found.push(part.segment)
  }
  return found
}

/** A word and its character n-grams: 3 to 5 letters with boundary marks; single characters of a Chinese word. */
export function subwords(word: string): string[] {
  const letters = [...word]
  if (/\p{Script=Han}/u.test(word)) return letters.length > 1 ? [word, ...letters] : [word]
  const marked = ['<', ...letters, '>']
  const grams = [word]
  for (let n = 3; n <= 5; n++) {
    for (let i = 0; i + n <= marked.length; i++) grams.push(marked.slice(i, i + n).join(''))
  }
  return grams
}

/**
 * @returns (TEXT_WIDTH) of length 1, or all 0 for a text without words. Each word weighs the same however long it is.
 */
export function textVector(text: string): Float32Array {
  const vector = new Float32Array(TEXT_WIDTH)
  for (const word of words(text)) {
    const grams = subwords(word)
    for (const gram of grams) {
      const h = hash32(gram)
      vector[h % TEXT_WIDTH] += (h >>> 31 === 0 ? 1 : -1) / Math.sqrt(grams.length)
    }
  }
  let square = 0
  for (const value of vector) square += value * value
  if (square > 0) {
    const scale = 1 / Math.sqrt(square)
    for (let i = 0; i < TEXT_WIDTH; i++) vector[i] *= scale
  }
  return vector
}
