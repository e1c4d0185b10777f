/**
 * How well questions find their answers in the sample shop's FAQ: `TUNING` fits the confidence, `HELD_OUT` is asked. Of the
 * encoders that are named, each is measured too.
 *
 *     npm run bench -- answers
 *     VITRINE_ENCODERS=text.vta,other.vta npm run bench -- answers
 */
import { basename } from 'node:path'
import { encodeText } from '../../shared/model/text-encoder.ts'
import { ANSWER_THRESHOLD, type AnswerIndex, answerIndex, matchTo } from '../../shared/service/answers.ts'
import { FAQ } from '../../trainer/sample/faq.ts'
import { readTextEncoder } from '../../trainer/text/encoder-file.ts'
import { HELD_OUT, TUNING } from '../shared/service/questions.ts'
import { type Row, rounded } from './row.ts'

export async function bench(): Promise<Row[]> {
  const files = (process.env.VITRINE_ENCODERS ?? '').split(',').filter((file) => file !== '')
  const rows: Row[] = []
  for (const file of [undefined, ...files]) {
    const encoder = file === undefined ? undefined : await readTextEncoder(file)
    const index = answerIndex(FAQ, encoder && ((text) => encodeText(encoder, text)))
    const name = file === undefined ? 'words' : `words and ${basename(file, '.vta')}`
    const { bias, score, lead } = fitted(
      Object.values(TUNING).flatMap((asked) => asked.map((one) => outcome(index, one))),
    )
    console.error(`${name}: confidence fitted on the tuning questions: ${bias} + ${score} · score + ${lead} · lead`)
    for (const [set, questions] of [['tuning', TUNING] as const, ['held out', HELD_OUT] as const]) {
      for (const language of ['en', 'zh'] as const) {
        rows.push({ matched: name, set, language, ...measured(index, questions[language]) })
      }
    }
  }
  return rows
}

interface Outcome {
  score: number
  lead: number
  confidence: number
  right: boolean
  answerable: boolean
}

function outcome(index: AnswerIndex, [question, answer]: readonly [string, string]): Outcome {
  const { best, ...match } = matchTo(index, question)
  return { ...match, right: best?.id.replace(/-(en|zh)$/, '') === answer, answerable: answer !== 'none' }
}

function measured(index: AnswerIndex, questions: readonly (readonly [string, string])[]): Row {
  const outcomes = questions.map((one) => outcome(index, one))
  const answerable = outcomes.filter((one) => one.answerable)
  const answered = outcomes.filter(({ confidence }) => confidence >= ANSWER_THRESHOLD)
  const right = answered.filter((one) => one.right)
  const share = (part: readonly unknown[], whole: readonly unknown[]) =>
    rounded(part.length / Math.max(1, whole.length))
  return {
    questions: outcomes.length,
    answerable: answerable.length,
    'nearest is right': share(
      answerable.filter((one) => one.right),
      answerable,
    ),
    'answered rightly': share(right, answerable),
    'wrong of answered': share(
      answered.filter((one) => !one.right),
      answered,
    ),
    'answered without an answer': share(
      answered.filter((one) => !one.answerable),
      outcomes.filter((one) => !one.answerable),
    ),
    'mean confidence − right': rounded(
      outcomes.reduce((sum, { confidence, right }) => sum + confidence - Number(right), 0) / outcomes.length,
    ),
  }
}

/** Logistic regression of being right on score and lead, by plain gradient steps: a hundred rows. */
function fitted(outcomes: readonly Outcome[]): { bias: number; score: number; lead: number } {
  const weights = [0, 0, 0]
  for (let step = 0; step < 20_000; step++) {
    const gradient = [0, 0, 0]
    for (const { score, lead, right } of outcomes) {
      const x = [1, score, lead]
      const p = 1 / (1 + Math.exp(-x.reduce((sum, value, j) => sum + value * weights[j], 0)))
      x.forEach((value, j) => {
        gradient[j] += ((p - Number(right)) * value) / outcomes.length
      })
    }
    // A hundredth of ridge: a few questions that are all right would be sure for ever.
    weights.forEach((weight, j) => {
      weights[j] -= 2 * (gradient[j] + (j === 0 ? 0 : 0.001 * weight))
    })
  }
  const [bias, score, lead] = weights.map((weight) => rounded(weight, 2))
  return { bias, score, lead }
}
