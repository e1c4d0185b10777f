/**
 * A text in units that a table can hold: words of scripts that write spaces, pairs of neighbouring characters of those
 * that do not. Unlike `words` in `text.ts` nothing here asks the platform's dictionary, whose cuts differ between
 * browsers: the trainer and every page get the same units.
 *
 *     "USB 充电线"  →  "usb", "充电", "电线"
 *
 * A unit that the table does not hold is met through its smaller parts (Bojanowski et al. 2017, fastText):
 * letters 3 to 5 long with boundary marks for a word, the single characters for a pair.
 */
import { hash32 } from './random.ts'

const RUNS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー])[\p{L}\p{M}\p{N}])+/gu
const STARTS_UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u

/** A part number's tail says nothing, and its n-grams are many. */
const MAX_UNIT_LETTERS = 40

/** What stands between spaces, marks and a change of script: "usb", "充电线". Lower case, compatibility forms folded (NFKC). */
export const runsOf = (text: string): string[] => text.normalize('NFKC').toLowerCase().match(RUNS) ?? []

/** Units of a text in order, with repeats. */
export function unitsOf(text: string): string[] {
  const units: string[] = []
  for (const run of runsOf(text)) {
    if (!STARTS_UNSPACED.test(run)) {
      units.push([...run].slice(0, MAX_UNIT_LETTERS).join(''))
      continue
    }
    const characters = [...run]
    if (characters.length === 1) units.push(run)
    for (let i = 0; i + 1 < characters.length; i++) units.push(characters[i] + characters[i + 1])
  }
  return units
}

export function isUnspaced(unit: string): boolean {
  return STARTS_UNSPACED.test(unit)
}

/** The mark keeps a whole word apart from the same letters inside a longer one. */
export const unitKey = (unit: string): number => hash32(`<${unit}>`)

/** What stands for a unit that has no row of its own. */
export function partKeys(unit: string): number[] {
  const letters = [...unit]
  if (isUnspaced(unit)) return letters.map(unitKey)
  const marked = ['<', ...letters, '>']
  const keys: number[] = []
  for (let n = 3; n <= 5; n++) {
    for (let i = 0; i + n <= marked.length; i++) keys.push(hash32(marked.slice(i, i + n).join('')))
  }
  return keys
}
