/**
 * Distils a static text encoder (`shared/model/text-encoder.ts`) from a teacher:
 *
 *     teach      the teacher's vectors of the shop's texts, of single words and of short snippets that look like queries
 *     reduce     less their mean, to their leading directions (PCA)
 *     fit        a vector for every subword, so that a text's sum points where the teacher's vector does
 *     prune      to the subwords that matter, as many as the budget has rows; fitted once more
 *     quantise   to int8
 *
 * What each step costs is measured on texts held out from fitting. A text that the teacher cannot read learns from one
 * that means the same (its translation, the titles a query led to); with neither it takes the catalogue's own
 * co-occurrences, in directions of their own.
 */
import { type Random, seeded } from '../shared/data/random.ts'
import { unitsOf } from '../shared/data/subwords.ts'
import { quantiseRows } from '../shared/model/quantise.ts'
import {
  encodeText,
  MAX_TEXT_ENCODER_BYTES,
  normalise,
  type SubwordEncoder,
  subwordEncoder,
  textEncoderInfo,
} from '../shared/model/text-encoder.ts'
import { coOccurrenceVectors } from './text/co-occurrence.ts'
import { type Corpus, isUnspacedText, unitCounts, unitShares } from './text/corpus.ts'
import { principalDirections, project } from './text/principal-directions.ts'
import { encodeBy, fitRows, prune, type Target, tableOf } from './text/subword-table.ts'
import type { Teacher } from './text/teacher.ts'
import { SIF, wordVectorTeacher } from './text/word-vectors.ts'
import { UserError } from './user-error.ts'

/** Short texts from titles and descriptions, as long as queries are. */
const SNIPPET_UNITS = 3
const HELD_OUT_SHARE = 0.1
/** Pairs of held-out texts whose likeness is compared with the teacher's. */
const PAIRS = 20_000
/** Bytes of the file beside its rows: header, padding. */
const HEADER_BYTES = 1024

export interface DistilOptions {
  width: number
  /** At most this many sentences are taught, as many snippets, and each word once. */
  sentences: number
  seed: string | number
  /** Of the file. */
  maxBytes?: number
  onProgress?: (step: string, done: number) => void
  /** Asked after each step, for a measure of the caller's own: NDCG on a search collection. */
  measure?: (encode: (text: string) => Float32Array) => number
}

export interface DistilStep {
  step: 'reduce' | 'fit' | 'prune' | 'quantise'
  rows: number
  bytes: number
  /** Mean cosine to the teacher's reduced vectors, held-out texts. Absent for the reduction itself. */
  cosine?: number
  /** Correlation, over pairs of held-out texts, of their cosine here with their cosine by the whole teacher. */
  likeness: number
  measure?: number
}

export interface Distilled {
  encoder: SubwordEncoder
  steps: DistilStep[]
  /** How many sentences were taught by what. */
  taught: { teacher: number; meaning: number; coOccurrence: number; none: number }
  heldOut: number
  /** What an operator should know, in sentences. */
  notes: string[]
}

/** @throws UserError when teacher and texts do not fit each other */
export async function distil(corpus: Corpus, teacher: Teacher | undefined, options: DistilOptions): Promise<Distilled> {
  const { width, seed, maxBytes = MAX_TEXT_ENCODER_BYTES, onProgress, measure } = options
  const random = seeded(`text encoder ${seed}`)
  const share = unitShares(corpus)
  const own = () => catalogueTeacher(corpus, width, share, random)
  const whole = teacher ?? own()
  if (whole.width < width) {
    throw new UserError(
      `teacher ${whole.name}: its vectors are ${whole.width} wide, the encoder’s ${width}`,
      `choose --width ${whole.width} or less`,
    )
  }
  const lesson = lessonOf(corpus, whole, options.sentences, random)
  const { taught } = lesson
  const notes: string[] = []
  if (taught.teacher === 0) {
    throw new UserError(
      `teacher ${whole.name}: reads none of ${corpus.name}’s ${lesson.sentences} texts: they are in other languages`,
      'choose a teacher of the catalogue’s language, or --teacher none',
    )
  }
  if (taught.meaning > 0) {
    notes.push(`${taught.meaning} texts that the teacher cannot read learnt from their translations or clicked titles`)
  }

  const full = await whole.encode(lesson.asked, (done) => onProgress?.('teach', done / lesson.asked.length))
  const directions = principalDirections(full, whole.width, width, random)
  const reduced = project(full, directions)
  const targets: Target[] = []
  const heldOut: { text: string; full: Float32Array; target: Float32Array }[] = []
  for (const { text, asked, holdOut, weight } of lesson.entries) {
    const target = meanRow(reduced, width, asked)
    if (!holdOut) targets.push({ text, target, weight })
    else heldOut.push({ text, full: meanRow(full, whole.width, asked), target })
  }
  taught.none = lesson.unread.length
  if (teacher && lesson.unread.length > 0) {
    const fallback = own()
    const readable = lesson.unread.filter((text) => fallback.understands(text))
    const vectors = await fallback.encode(readable)
    readable.forEach((text, row) => {
      const target = normalise(vectors.slice(row * width, (row + 1) * width))
      targets.push({ text, target, weight: 1 })
    })
    taught.coOccurrence = readable.length
    taught.none -= readable.length
    notes.push(
      `${readable.length} texts that the teacher cannot read, with no translation, take the catalogue’s ` +
        'co-occurrences: they find each other, and a query in the teacher’s language does not find them',
    )
  }

  const pairs = Array.from({ length: heldOut.length > 1 ? PAIRS : 0 }, () => {
    const a = random.int(heldOut.length)
    return [a, (a + 1 + random.int(heldOut.length - 1)) % heldOut.length] as const
  })
  const teacherCosines = pairs.map(([a, b]) => cosine(heldOut[a].full, heldOut[b].full))
  const likeness = (vectors: readonly Float32Array[]) =>
    correlation(
      teacherCosines,
      pairs.map(([a, b]) => cosine(vectors[a], vectors[b])),
    )
  const steps: DistilStep[] = [
    { step: 'reduce', rows: 0, bytes: 0, likeness: likeness(heldOut.map(({ target }) => target)) },
  ]
  const record = (step: DistilStep['step'], rows: number, bytes: number, encode: (text: string) => Float32Array) => {
    const vectors = heldOut.map(({ text }) => encode(text))
    const cosines = vectors.map((vector, at) => cosine(vector, heldOut[at].target))
    steps.push({
      step,
      rows,
      bytes,
      cosine: cosines.reduce((sum, value) => sum + value, 0) / Math.max(1, cosines.length),
      likeness: likeness(vectors),
      ...(measure ? { measure: measure(encode) } : {}),
    })
  }

  const counts = unitCounts(corpus, lesson.words)
  const candidates = tableOf(counts, targets, width, (unit) => SIF / (SIF + share(unit)))
  fitRows(candidates, targets, random, (done) => onProgress?.('fit', done))
  record('fit', candidates.keys.length, candidates.rows.byteLength, (text) => encodeBy(candidates, text))
  const table = prune(candidates, counts, Math.floor((maxBytes - HEADER_BYTES) / (width + 8)))
  fitRows(table, targets, random, (done) => onProgress?.('prune', done))
  record('prune', table.keys.length, table.rows.byteLength, (text) => encodeBy(table, text))
  const encoder = subwordEncoder(
    textEncoderInfo(width, whole.name, corpus.languages),
    table.keys,
    quantiseRows(table.rows, width),
  )
  const bytes = encoder.rows.values.byteLength + 8 * encoder.keys.length
  record('quantise', encoder.keys.length, bytes, (text) => encodeText(encoder, text))
  return { encoder, steps, taught, heldOut: heldOut.length, notes }
}

/** What is asked of the teacher, and which answers each text is taught. */
interface Lesson {
  sentences: number
  /** Distinct. */
  asked: string[]
  /** `asked`: numbers of the texts whose mean is this one's. */
  entries: { text: string; asked: number[]; holdOut: boolean; weight: number }[]
  unread: string[]
  words: Set<string>
  taught: Distilled['taught']
}

function lessonOf(corpus: Corpus, teacher: Teacher, limit: number, random: Random): Lesson {
  const numbers = new Map<string, number>()
  const ask = (text: string) => {
    const known = numbers.get(text)
    if (known !== undefined) return known
    numbers.set(text, numbers.size)
    return numbers.size - 1
  }
  const sentences = random.shuffle([...corpus.sentences]).slice(0, limit)
  const lesson: Lesson = {
    sentences: sentences.length,
    asked: [],
    entries: [],
    unread: [],
    words: new Set(),
    taught: { teacher: 0, meaning: 0, coOccurrence: 0, none: 0 },
  }
  for (const { text, meanings } of sentences) {
    const holdOut = random.next() < HELD_OUT_SHARE
    if (teacher.understands(text)) {
      lesson.taught.teacher++
      lesson.entries.push({ text, asked: [ask(text)], holdOut, weight: 1 })
      if (!holdOut && !isUnspacedText(text)) {
        const snippet = snippetOf(text, random)
        if (teacher.understands(snippet))
          lesson.entries.push({ text: snippet, asked: [ask(snippet)], holdOut, weight: 1 })
      }
      continue
    }
    const understood = meanings.filter((meaning) => teacher.understands(meaning))
    if (understood.length > 0) {
      lesson.taught.meaning++
      lesson.entries.push({ text, asked: understood.map(ask), holdOut, weight: 1 })
    } else lesson.unread.push(text)
  }
  // A query is often one word: each word once, and the teacher's own words, which shoppers know and titles may not hold.
  for (const unit of unitCounts(corpus).keys()) if (teacher.understands(unit)) lesson.words.add(unit)
  for (const word of teacher.words) lesson.words.add(word.toLowerCase())
  for (const word of lesson.words) lesson.entries.push({ text: word, asked: [ask(word)], holdOut: false, weight: 1 })
  lesson.asked = [...numbers.keys()]
  return lesson
}

function snippetOf(text: string, random: Random): string {
  const units = unitsOf(text)
  const length = 1 + random.int(SNIPPET_UNITS)
  const from = random.int(Math.max(1, units.length - length + 1))
  return units.slice(from, from + length).join(' ')
}

function catalogueTeacher(corpus: Corpus, width: number, share: (unit: string) => number, random: Random): Teacher {
  const vectors = coOccurrenceVectors(corpus.documents, width, random)
  if (vectors.words.length < width) {
    throw new UserError(
      `${corpus.name}: only ${vectors.words.length} words are in two products or more, too few for a width of ${width}`,
      `give a larger catalogue, or choose --width ${Math.max(1, vectors.words.length >> 1)}`,
    )
  }
  // Its words are the catalogue's, which are taught anyway.
  return { ...wordVectorTeacher('the catalogue’s co-occurrences', vectors, share), words: [] }
}

/** The direction of the mean of some rows. */
function meanRow(rows: Float32Array, width: number, numbers: readonly number[]): Float32Array {
  const mean = new Float32Array(width)
  for (const row of numbers) for (let j = 0; j < width; j++) mean[j] += rows[row * width + j]
  return normalise(mean)
}

/** Of vectors of length 1, or of 0. */
function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j]
  return sum
}

/** Pearson's. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const n = a.length
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / n
  const [ma, mb] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    ab += (a[i] - ma) * (b[i] - mb)
    aa += (a[i] - ma) ** 2
    bb += (b[i] - mb) ** 2
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0
}
