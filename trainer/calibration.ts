/**
 * Whether the network's probabilities mean what they say. Its scores are logits over the catalogue, so that
 *
 *     confidence   Σ softmax(scores) over the first k places
 *     outcome      share of the wanted items that are in those places: how often one of them, drawn at random, is
 *
 * agree where the network is calibrated. Questions are sorted by confidence into bins of equal size, because most of
 * these are small and bins of equal width would all but one be empty (Nguyen & O'Connor 2015); the expected calibration
 * error (Naeini et al. 2015) is Σ share of bin · |confidence − outcome|.
 */
import { rankingMetrics } from '../shared/model/metrics.ts'
import type { Query } from './queries.ts'

const BINS = 10

export interface CalibrationBin {
  queries: number
  /** Means over its queries, 0 … 1. */
  confidence: number
  outcome: number
}

export interface Calibration {
  /** Of the first k places. */
  k: number
  /** Expected calibration error, 0 … 1. */
  ece: number
  bins: CalibrationBin[]
}

export interface CalibrationCounter {
  /** @param scores (items) logits; −∞ where an item may not be listed */
  add(query: Query, scores: Float32Array, list: readonly number[]): void
  finish(): Calibration[]
}

/** Of the first place, and of the whole list of `length`. */
export function calibrationCounter(length: number): CalibrationCounter {
  const columns = [1, length].map((k) => ({ k, answers: [] as Answer[] }))
  return {
    add({ relevant }, scores, list) {
      let peak = Number.NEGATIVE_INFINITY
      for (let item = 0; item < scores.length; item++) if (scores[item] > peak) peak = scores[item]
      let sum = 0
      for (let item = 0; item < scores.length; item++) sum += Math.exp(scores[item] - peak)
      for (const { k, answers } of columns) {
        const first = list.slice(0, k)
        const confidence = first.reduce((all, item) => all + Math.exp(scores[item] - peak) / sum, 0)
        answers.push({ confidence, outcome: rankingMetrics(first, relevant, k).recall })
      }
    },
    finish: () => columns.map(({ k, answers }) => ({ k, ...calibrationBins(answers) })),
  }
}

interface Answer {
  confidence: number
  outcome: number
}

export function calibrationBins(answers: readonly Answer[]): { ece: number; bins: CalibrationBin[] } {
  const sorted = [...answers].sort((a, b) => a.confidence - b.confidence)
  const bins: CalibrationBin[] = []
  for (let bin = 1, from = 0; bin <= BINS; bin++) {
    let to = Math.round((bin * sorted.length) / BINS)
    // Answers of one confidence stay together: new shoppers are all answered alike.
    while (to < sorted.length && to > 0 && sorted[to].confidence === sorted[to - 1].confidence) to++
    if (to <= from) continue
    const own = sorted.slice(from, to)
    const mean = (of: keyof Answer) => own.reduce((sum, answer) => sum + answer[of], 0) / own.length
    bins.push({ queries: own.length, confidence: mean('confidence'), outcome: mean('outcome') })
    from = to
  }
  const ece = bins.reduce(
    (sum, { queries, confidence, outcome }) => sum + (queries / sorted.length) * Math.abs(confidence - outcome),
    0,
  )
  return { ece, bins }
}
