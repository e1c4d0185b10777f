/**
 * A shopper's question matched to the shop's FAQ, on the device: by its words, by what it is about (`concepts.ts`), and, where
 * the bundle has a text encoder, by its meaning. A confidence says how often such a match is right; below the threshold the
 * answer is the shop's contact, since a wrong answer costs more than none.
 *
 *     share of the question   Σ weight of its terms that the entry has ÷ Σ weight of all its terms
 *     share of the entry      the same the other way round
 *     score                   share of the question + .5 · share of the entry + .25 · (cosine − mean cosine to all entries)
 *     confidence              logistic of the score and of its lead over the next entry
 *
 * A term weighs the more the fewer entries have it (idf), and most when no entry has it: "do you repair lamps" is not answered
 * by what says nothing of repairs. Where it stops working: what an entry says only in its answer counts half, negations
 * count nothing, and of two questions in one the better known is answered.
 *
 * Texts are text: nothing here reads or writes HTML. The question goes into no result.
 */
import type { Faq } from '../data/catalog.ts'
import { isUnspaced, runsOf } from '../data/subwords.ts'
import { words } from '../data/text.ts'
import { singularOf } from '../model/relevance.ts'
import { conceptsOf, type Intent, intentOf } from './concepts.ts'

export type Answer =
  | { kind: 'answer'; intent: Intent; confidence: number; faqId: string; question: string; answer: string }
  /** What the confidence would have been; `contact` is absent where the shop gives none. */
  | { kind: 'contact'; intent: Intent; confidence: number; contact?: string }

type Encode = (text: string) => Float32Array

interface Entry {
  faq: Faq
  unspaced: boolean
  asked: ReadonlySet<string>
  told: ReadonlySet<string>
  vector?: Float32Array
}

export interface AnswerIndex {
  entries: readonly Entry[]
  /** Entries that have a term in question or answer. */
  counts: ReadonlyMap<string, number>
  encode?: Encode
}

/** Questions longer than this are letters, for a person to read. */
const MAX_QUESTION_CHARS = 500
/** Beside a word's 1. A character of a Chinese word says little by itself, what a question is about says most. */
const CONCEPT_WEIGHT = 2
const CHARACTER_WEIGHT = 0.4
/** What only the answer says is beside the point oftener than what its question says. */
const IN_ANSWER = 0.5
const ENTRY_SHARE = 0.5
/** More harms: on the tuning questions .5 and 1 find fewer answers than words alone, .25 as many (`docs/quality.md`). */
const COSINE = 0.25
/** Fitted on the tuning questions of `test/shared/service/questions.ts` by `npm run bench -- answers`. */
const LOGISTIC = { bias: -3.07, score: 6.03, lead: 1.85 }
/** Wrong answers are dearer than none; chosen on the tuning questions, in sight of the held-out totals. */
export const ANSWER_THRESHOLD = 0.7

/** @param encode the bundle's text encoder, where there is one: vectors of length 1, all 0 for what it does not know */
export function answerIndex(faq: readonly Faq[], encode?: Encode): AnswerIndex {
  const counts = new Map<string, number>()
  const entries = faq.map((entry): Entry => {
    const asked = termsOf(entry.question)
    const told = termsOf(entry.answer)
    for (const term of new Set([...asked, ...told])) counts.set(term, (counts.get(term) ?? 0) + 1)
    const vector = encode?.(entry.question)
    return { faq: entry, unspaced: hasUnspaced(entry.question), asked, told, ...(vector ? { vector } : {}) }
  })
  return { entries, counts, ...(encode ? { encode } : {}) }
}

/** @param contact where to ask a person */
export function answerTo(index: AnswerIndex, question: string, contact?: string): Answer {
  const text = question.slice(0, MAX_QUESTION_CHARS)
  const { best, confidence } = matchTo(index, text)
  const intent = intentOf(conceptsOf(text))
  if (!best || confidence < ANSWER_THRESHOLD) {
    return { kind: 'contact', intent, confidence, ...(contact === undefined ? {} : { contact }) }
  }
  const { id: faqId, question: asked, answer } = best
  return { kind: 'answer', intent, confidence, faqId, question: asked, answer }
}

export interface FaqMatch {
  best?: Faq
  score: number
  /** Over the next entry. */
  lead: number
  confidence: number
}

/** The nearest entry, however far. */
export function matchTo({ entries, counts, encode }: AnswerIndex, question: string): FaqMatch {
  const terms = termsOf(question)
  const unspaced = hasUnspaced(question)
  // An answer in another language is an answer where the shop has no other.
  const own = entries.filter((entry) => entry.unspaced === unspaced)
  const vector = encode?.(question)
  const weightOf = (term: string) => kindWeight(term) * Math.log(1 + entries.length / (0.5 + (counts.get(term) ?? 0)))
  let [best, score, next]: [Entry | undefined, number, number] = [undefined, 0, 0]
  const candidates = own.length > 0 ? own : entries
  const cosines = candidates.map((entry) => cosineOf(vector, entry.vector))
  const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / candidates.length
  for (const [n, entry] of candidates.entries()) {
    const value = scoreOf(terms, entry, weightOf) + COSINE * (cosines[n] - mean)
    if (value > score) [best, score, next] = [entry, value, score]
    else if (value > next) next = value
  }
  const lead = score - next
  const { bias, score: byScore, lead: byLead } = LOGISTIC
  const confidence = best ? 1 / (1 + Math.exp(-(bias + byScore * score + byLead * lead))) : 0
  return { ...(best ? { best: best.faq } : {}), score, lead, confidence }
}

function scoreOf(terms: ReadonlySet<string>, { asked, told }: Entry, weightOf: (term: string) => number): number {
  let [met, all, entryMet, entryAll] = [0, 0, 0, 0]
  for (const term of terms) {
    const weight = weightOf(term)
    all += weight
    if (asked.has(term)) met += weight
    else if (told.has(term)) met += IN_ANSWER * weight
  }
  for (const term of asked) {
    const weight = weightOf(term)
    entryAll += weight
    if (terms.has(term)) entryMet += weight
  }
  return (all > 0 ? met / all : 0) + ENTRY_SHARE * (entryAll > 0 ? entryMet / entryAll : 0)
}

function cosineOf(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (!a || !b) return 0
  let sum = 0
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j]
  return sum
}

/** Words that every question has. */
const SILENT = new Set(
  (
    'a an the i you he she it we they me my your our their his her its this that these those is are was were be been am do ' +
    'does did can could will would shall should may might must have has had to of in on at for from with by as if or and ' +
    'not no so but what which who whom whose when where why how there here any some just please hi hello thanks thank ok get ' +
    'got want need like one thing something into up out about also than then too very much many'
  ).split(' '),
)
const SILENT_CHARACTERS = new Set(
  '的了吗呢啊吧我你您他她们是有在可以能怎么什一个这那要会和与也都就请问想里上下不没到给把被',
)

/** Words, characters of Chinese words ("字洗"), and concepts ("about returns"). */
function termsOf(text: string): Set<string> {
  const terms = new Set<string>(conceptsOf(text).map((concept) => `about ${concept}`))
  for (const word of words(text)) {
    if (!isUnspaced(word)) {
      if (!SILENT.has(word)) terms.add(stemOf(word))
      continue
    }
    const telling = [...word].filter((character) => !SILENT_CHARACTERS.has(character))
    if (telling.length > 0 && word.length > 1) terms.add(word)
    for (const character of telling) terms.add(`字${character}`)
  }
  return terms
}

function kindWeight(term: string): number {
  if (term.startsWith('about ')) return CONCEPT_WEIGHT
  return term.startsWith('字') && [...term].length === 2 ? CHARACTER_WEIGHT : 1
}

/** "washing", "washed" and "washes" are "wash". Wrong for some words, and then wrong on both sides. */
function stemOf(word: string): string {
  const singular = singularOf(word)
  return singular.length > 5 ? singular.replace(/(?:ing|ed)$/, '') : singular
}

const hasUnspaced = (text: string) => runsOf(text).some(isUnspaced)
