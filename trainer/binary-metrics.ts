/** How well scores and probabilities foretell a yes or no. Answers are 1 and 0, or true and false. */
import { seeded } from '../shared/data/random.ts'
import type { Interval } from './evaluate.ts'

type Answers = ArrayLike<number | boolean>

const RESAMPLES = 1000

/** How often a yes scores above a no; a tie is half (Hanley & McNeil 1982). NaN where all answers are the same. */
export function auroc(scores: readonly number[], answers: Answers): number {
  return rankedAuroc(scores, answers)(new Uint32Array(scores.length).fill(1))
}

/** With the 95 % interval of a bootstrap over answers. */
export function aurocInterval(scores: readonly number[], answers: Answers, seed: string): Interval {
  const of = rankedAuroc(scores, answers)
  const random = seeded(`bootstrap ${seed}`)
  const resampled = Array.from({ length: RESAMPLES }, () => {
    const counts = new Uint32Array(scores.length)
    for (let i = 0; i < counts.length; i++) counts[random.int(counts.length)]++
    return of(counts)
  }).sort((a, b) => a - b)
  return {
    mean: of(new Uint32Array(scores.length).fill(1)),
    low: resampled[Math.floor(RESAMPLES * 0.025)],
    high: resampled[Math.floor(RESAMPLES * 0.975)],
  }
}

/** Sorted once, for each resample's counts to be gone through in order. */
function rankedAuroc(scores: readonly number[], answers: Answers): (counts: Uint32Array) => number {
  const order = [...scores.keys()].sort((a, b) => scores[a] - scores[b])
  return (counts) => {
    let [wins, no, yes] = [0, 0, 0]
    for (let at = 0; at < order.length; ) {
      const score = scores[order[at]]
      let [tiedNo, tiedYes] = [0, 0]
      for (; at < order.length && scores[order[at]] === score; at++) {
        if (answers[order[at]]) tiedYes += counts[order[at]]
        else tiedNo += counts[order[at]]
      }
      wins += tiedYes * (no + tiedNo / 2)
      no += tiedNo
      yes += tiedYes
    }
    return wins / (no * yes)
  }
}

/** Mean −ln of what was said of the answer that came, in nats. */
export function logLoss(probabilities: ArrayLike<number>, answers: Answers): number {
  let sum = 0
  for (let n = 0; n < answers.length; n++) {
    sum -= Math.log(Math.max(1e-12, answers[n] ? probabilities[n] : 1 - probabilities[n]))
  }
  return sum / answers.length
}
