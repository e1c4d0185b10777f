/** An evaluation with its name on the page: of a run, or one that was made apart. */
import type { Evaluation, Measured } from '../evaluation.ts'

export interface Column {
  name: string
  evaluation: Evaluation
}

/** One kind of question, and what each column says of it. */
export interface QuestionSet {
  title: string
  repeats: boolean
  of(evaluation: Evaluation): Measured | undefined
}

const SETS: QuestionSet[] = [
  { title: 'all questions', repeats: true, of: (evaluation) => evaluation },
  {
    title: 'without what the shopper bought before',
    repeats: false,
    of: (evaluation) => evaluation.without_repeats,
  },
]

/** Those that some column has an answer to. */
export const questionSets = (columns: readonly Column[]): QuestionSet[] =>
  SETS.filter(({ of }) => columns.some(({ evaluation }) => of(evaluation)))

export const modelNames = (measured: readonly (Measured | undefined)[]): string[] => [
  ...new Set(measured.flatMap((one) => Object.keys(one?.models ?? {}))),
]

/** A model's measures by name, whichever models this version of the evaluation knows. */
export const modelOf = (measured: Measured | undefined, name: string) =>
  (measured?.models as Record<string, Measured['models']['rules']> | undefined)?.[name]
