/**
 * A review in terms that a table can hold: n-grams of up to three tokens, each token a word where spaces are written, one
 * character where they are not, or a mark that carries feeling ("!!", "…", an emoji). Like `subwords.ts` nothing here asks
 * the platform's dictionary: the trainer and every page get the same terms.
 *
 *     "Not good!"  →  "not", "good", "!", "not good", "good !", "not good !"
 *     "不好吃"      →  "不", "好", "吃", "不好", "好吃", "不好吃"
 *
 * Negation needs no rule of its own: "not good" and "不好" are terms.
 */
import { hash32, mix32 } from '../data/random.ts'

const UNSPACED = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー'
const TOKENS = new RegExp(
  `[${UNSPACED}]|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+|[!?~…]+|\\p{Extended_Pictographic}`,
  'gu',
)
const STARTS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u')
const STARTS_WORD = /^[\p{L}\p{N}]/u

/** Longer ones bring nothing: `npm run bench -- sentiment`. */
const LONGEST = 3

/** Of a term's hash: 4 M places, so that of terms never seen one in sixty is taken for a known one. */
export const KEY_BITS = 22

export interface Tokens {
  /** (tokens) */
  hashes: Int32Array
  /** Tokens of letters or digits, and those of them in scripts that write no spaces. */
  words: number
  unspaced: number
}

export function tokensOf(text: string): Tokens {
  const found = text.normalize('NFKC').toLowerCase().match(TOKENS) ?? []
  let [words, unspaced] = [0, 0]
  for (const token of found) {
    if (STARTS_UNSPACED.test(token)) unspaced++
    if (STARTS_WORD.test(token)) words++
  }
  return { hashes: Int32Array.from(found, hash32), words, unspaced }
}

/** The distinct terms of texts, ascending; none goes over from one text to the next. */
export function termKeys(texts: readonly Tokens[], longest = LONGEST): Uint32Array {
  const keys = new Uint32Array(longest * texts.reduce((sum, { hashes }) => sum + hashes.length, 0))
  let count = 0
  for (const { hashes } of texts) {
    for (let length = 1; length <= longest; length++) {
      for (let start = 0; start + length <= hashes.length; start++) {
        let h = length
        for (let at = start; at < start + length; at++) h = Math.imul(h ^ hashes[at], 0x9e3779b1) ^ (h >>> 15)
        keys[count++] = mix32(h) >>> (32 - KEY_BITS)
      }
    }
  }
  const sorted = keys.subarray(0, count).sort()
  return sorted.filter((key, at) => at === 0 || key !== sorted[at - 1])
}
