/**
 * From several models' scores to one order. Each model is brought to its own scale first, so that one set of weights,
 * fitted on validation, holds for every shopper:
 *
 *     network     standard deviations from its mean over the catalogue
 *     rules       share of the best rule's score
 *     popularity  logarithm of the count, as a share of the most popular's
 *     buy again   share of the best's
 */
import { BUY, isPositive, type Token } from '../data/sequence.ts'
import type { Probe, RulesChunk } from './chunks.ts'
import type { CompiledModel } from './compile.ts'
import { type AnyModel, type InferenceState, scoreItems, startState, step } from './infer.ts'
import type { Kernel } from './kernel.ts'
import { topK } from './metrics.ts'
import { scoreRules } from './rules.ts'

export interface BlendWeights {
  network: number
  rules: number
  popularity: number
  buyAgain: number
}

/** What each model says of every item, (V) each, already on its own scale. */
export type Signals = { [model in keyof BlendWeights]?: Float32Array }

/** Subtracts the mean and divides by the standard deviation, in place. */
export function standardise(scores: Float32Array): Float32Array {
  let sum = 0
  for (let i = 0; i < scores.length; i++) sum += scores[i]
  const mean = sum / scores.length
  let square = 0
  for (let i = 0; i < scores.length; i++) square += (scores[i] - mean) ** 2
  const scale = square > 0 ? 1 / Math.sqrt(square / scores.length) : 0
  for (let i = 0; i < scores.length; i++) scores[i] = (scores[i] - mean) * scale
  return scores
}

/** Divides by the largest, in place; all 0 stay 0. */
export function shareOfBest(scores: Float32Array): Float32Array {
  let best = 0
  for (let i = 0; i < scores.length; i++) if (scores[i] > best) best = scores[i]
  if (best > 0) for (let i = 0; i < scores.length; i++) scores[i] /= best
  return scores
}

/** log(1 + count) as a share of the largest. */
export const popularityShare = (counts: Float32Array): Float32Array =>
  shareOfBest(counts.map((count) => Math.log1p(count)))

/** Days after which a purchase counts half towards buying again. */
const BUY_AGAIN_HALF_LIFE_DAYS = 60

/** Adds to `scores` (V) for each purchase: oftener and more lately is better. */
export function scoreBuyAgain(
  items: ArrayLike<number>,
  actions: ArrayLike<number>,
  times: ArrayLike<number>,
  now: number,
  scores: Float32Array,
): void {
  for (let i = 0; i < items.length; i++) {
    if (items[i] < 0 || actions[i] !== BUY) continue
    const days = Math.max(0, now - times[i]) / 86_400_000
    scores[items[i]] += BUY_AGAIN_HALF_LIFE_DAYS / (BUY_AGAIN_HALF_LIFE_DAYS + days)
  }
}

/** Weighted sum of the signals, into `scores` (V). */
export function blend(signals: Signals, weights: BlendWeights, scores: Float32Array): void {
  scores.fill(0)
  for (const [model, signal] of Object.entries(signals) as [keyof BlendWeights, Float32Array][]) {
    const weight = weights[model]
    if (weight !== 0) for (let i = 0; i < scores.length; i++) scores[i] += weight * signal[i]
  }
}

/** The models of an installed bundle. The network joins when it is there. */
export interface Models {
  rules: RulesChunk
  /** `popularityShare` of the rules' counts */
  popularity: Float32Array
  network?: CompiledModel
  weights: BlendWeights
}

/**
 * Room for the scores of one ranking, (V) each. A page that ranks at every act keeps one: buffers of this size, made anew
 * each time, cost more in collection than the ranking itself.
 */
export interface Scratch {
  rules: Float32Array
  buyAgain: Float32Array
  network: Float32Array
  scores: Float32Array
}

/** @param kernel of the network: what it writes and ranks lies in its memory. One scratch a kernel. */
export function createScratch(items: number, kernel?: Kernel): Scratch {
  const column = () => new Float32Array(items)
  const { network, scores } = kernel?.columns ?? { network: column(), scores: column() }
  return { rules: column(), buyAgain: column(), network, scores }
}

/** What each model says after a history. With `scratch`, until it is next used. */
export function signalsOf(
  models: Models,
  tokens: readonly Token[],
  state: InferenceState | undefined,
  now: number,
  scratch: Scratch = createScratch(models.popularity.length),
): Signals {
  const { rules, buyAgain, network } = scratch
  rules.fill(0)
  const items = tokens.map((token) => token.item)
  // What was put back or returned leads to nothing; rules were counted without it too.
  const wanted = tokens.filter((token) => isPositive(token.action)).map((token) => token.item)
  scoreRules(models.rules.next, wanted, rules)
  const signals: Signals = { rules: shareOfBest(rules), popularity: models.popularity }
  if (tokens.some((token) => token.action === BUY)) {
    scoreBuyAgain(
      items,
      tokens.map((token) => token.action),
      tokens.map((token) => token.time),
      now,
      buyAgain.fill(0),
    )
    signals.buyAgain = shareOfBest(buyAgain)
  }
  if (models.network && state && state.tokens > 0) {
    scoreItems(models.network, state.state, network)
    signals.network = standardise(network)
  }
  return signals
}

/** The network's state after a history. Tokens further back than every block's window cannot change it. */
export function stateAfter(network: AnyModel, tokens: readonly Token[]): InferenceState {
  const { blocks, window } = network.config
  const reach = blocks * (window - 1) + 1
  const state = startState(network)
  const first = Math.max(0, tokens.length - reach)
  if (first > 0) state.lastTime = tokens[first - 1].time
  for (let at = first; at < tokens.length; at++) step(network, state, tokens[at])
  return state
}

/** The blend's scores (V) after a history. */
function scoresAfter(models: Models, tokens: readonly Token[], now: number): Float32Array {
  const scores = new Float32Array(models.popularity.length)
  const state = models.network && stateAfter(models.network, tokens)
  blend(signalsOf(models, tokens, state, now), models.weights, scores)
  return scores
}

export function runProbe(models: Models, tokens: readonly Token[], now: number): { top: number[]; scores: number[] } {
  const scores = scoresAfter(models, tokens, now)
  const top = topK(scores, 10)
  return { top, scores: top.map((item) => scores[item]) }
}

/** A platform's exp may differ in the last digit: scores this close may change places. */
const PROBE_TOLERANCE = 1e-3

/** @throws Error when the models do not give the list that their publisher saw */
export function checkProbes(models: Models, probes: readonly Probe[]): void {
  probes.forEach((probe, n) => {
    const scores = scoresAfter(models, probe.tokens, probe.now)
    const found = topK(scores, 10)
    const near = (item: number, place: number) => Math.abs(scores[item] - probe.scores[place]) <= PROBE_TOLERANCE
    // The publisher's items have the publisher's scores, and nothing else comes between them.
    const holds = found.length === probe.top.length && found.every(near) && probe.top.every(near)
    if (!holds) throw new Error(`probe ${n + 1} of ${probes.length}: the list differs from the publisher's`)
  })
}
