/**
 * Vectors of words: plain files in word2vec's text format, or the catalogue's own. As a teacher, a text is the mean of
 * its words' vectors, each weighted a / (a + p(word)), less the mean of all words: what is common to every text tells
 * none from another (Arora, Liang & Ma 2017, SIF; Mu & Viswanath 2018).
 */
import { basename } from 'node:path'
import { unitsOf } from '../../shared/data/subwords.ts'
import { readLinesOf } from '../importers/json-rows.ts'
import { openSource, readText } from '../importers/source.ts'
import { UserError } from '../user-error.ts'
import type { Teacher } from './teacher.ts'

/** SIF's a. */
export const SIF = 1e-3
/** A text of fewer known units than this share is in another language. */
const MIN_KNOWN_SHARE = 0.3
const MAX_TEACHER_WORDS = 5000

export interface WordVectors {
  width: number
  words: string[]
  /** (words, width) */
  vectors: Float32Array
}

/** @param share of all units of the catalogue that a unit is */
export function wordVectorTeacher(name: string, known: WordVectors, share: (unit: string) => number): Teacher {
  const { width, vectors } = known
  const numbers = new Map(known.words.map((word, number) => [word, number]))
  const mean = new Float64Array(width)
  vectors.forEach((value, at) => {
    mean[at % width] += value / known.words.length
  })
  return {
    name,
    width,
    // Frequent ones come first in such files.
    words: known.words.filter((word) => /^\p{L}{3,}$/u.test(word)).slice(0, MAX_TEACHER_WORDS),
    understands(text) {
      const units = unitsOf(text)
      const found = units.filter((unit) => numbers.has(unit)).length
      return found > 0 && found >= MIN_KNOWN_SHARE * units.length
    },
    async encode(texts, onText) {
      const result = new Float32Array(texts.length * width)
      texts.forEach((text, row) => {
        for (const unit of unitsOf(text)) {
          const number = numbers.get(unit)
          if (number === undefined) continue
          const weight = SIF / (SIF + share(unit))
          for (let j = 0; j < width; j++) result[row * width + j] += weight * (vectors[number * width + j] - mean[j])
        }
      })
      onText?.(texts.length)
      return result
    },
  }
}

/**
 * Reads `word 0.1 -0.2 …` lines, gzip or plain, with or without word2vec's first line "words width".
 * @param wanted which words to keep: such files have millions
 * @throws UserError naming the line that is not of the file's width, or no number
 */
export async function readWordVectors(path: string, wanted: (word: string) => boolean): Promise<WordVectors> {
  const words: string[] = []
  const seen = new Set<string>()
  const values: number[] = []
  let width: number | undefined
  let stated: number | undefined
  let line = 0
  for await (const text of readLinesOf(path, readText(openSource(path)))) {
    line++
    const cells = text.trim().split(/\s+/)
    if (line === 1 && cells.length === 2 && cells.every((cell) => /^\d+$/.test(cell))) {
      stated = Number(cells[1])
      continue
    }
    if (text.trim() === '') continue
    width ??= stated ?? cells.length - 1
    if (cells.length - 1 !== width || width < 1) {
      throw new UserError(
        `${path} line ${line}: a vector ${cells.length - 1} wide, and the file’s are ${width}`,
        'word2vec’s text format is a word and its numbers on each line; export the file again',
      )
    }
    const word = cells[0].normalize('NFKC').toLowerCase()
    if (seen.has(word) || !wanted(word)) continue
    for (const cell of cells.slice(1)) {
      const value = Number(cell)
      if (!Number.isFinite(value)) {
        throw new UserError(`${path} line ${line}: "${cell.slice(0, 40)}" is no number`, 'export the file again')
      }
      values.push(value)
    }
    seen.add(word)
    words.push(word)
  }
  if (width === undefined) throw new UserError(`${path}: holds no vectors`, 'give a file in word2vec’s text format')
  return { width, words, vectors: Float32Array.from(values) }
}

export const wordVectorName = (path: string): string => `word vectors ${basename(path)}`
