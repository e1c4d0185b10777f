/**
 * What each thing a shopper did adds to the score of an item: the blend's score with it, less the score without it, computed
 * by leaving it out (occlusion; Zeiler & Fergus 2014). Exact for one reason at a time; of two that say the same, either may
 * look small, because the other remains. So all that was done with one item, or for one query, is one reason.
 */
import { isPositive, SEARCH, type Token } from '../data/sequence.ts'
import { type AnyModel, type InferenceState, scoreItems, step } from './infer.ts'
import { type Models, shareOfBest, stateAfter } from './rank.ts'
import { scoreRules } from './rules.ts'

/** Places of the history, the latest ones, whose acts can be reasons: further back, rules count an act for less than 1 %. */
export const REACH = 20

/** The network's states before each of the latest places, and at last after all of them: what is left out is read from there. */
export type Trail = InferenceState[]

/** Tokens further back than every block's window cannot change what is read: they are passed over. */
export function trailAfter(network: AnyModel, tokens: readonly Token[]): Trail {
  const first = Math.max(0, tokens.length - REACH)
  const trail = [stateAfter(network, tokens.slice(0, first))]
  for (const token of tokens.slice(first)) extendTrail(network, trail, token)
  return trail
}

/** Takes one more token in, in place. */
export function extendTrail(network: AnyModel, trail: Trail, token: Token): void {
  const next = structuredClone(trail[trail.length - 1])
  step(network, next, token)
  trail.push(next)
  if (trail.length > REACH + 1) trail.shift()
}

/** All that was lately done with one item, or for one query. */
export interface Act {
  /** Places in the history, oldest first. */
  tokens: number[]
  /** Of the newest. */
  latest: Token
}

export interface Contribution {
  act: Act
  /** (asked items) in the blend's own units; below 0 where the act speaks against an item */
  scores: Float32Array
}

/** The acts of a history that can be reasons, the latest last; at most so many. */
export function actsOf(tokens: readonly Token[], most = REACH): Act[] {
  const acts = new Map<string, Act>()
  for (let at = Math.max(0, tokens.length - REACH); at < tokens.length; at++) {
    const token = tokens[at]
    if (token.action !== SEARCH && !isPositive(token.action)) continue
    const key = token.query === undefined ? `item ${token.item}` : `query ${token.query}`
    const earlier = acts.get(key)?.tokens ?? []
    acts.delete(key) // so that the last in the map is the latest
    acts.set(key, { tokens: [...earlier, at], latest: token })
  }
  return [...acts.values()].slice(-most)
}

/**
 * What each of the latest acts adds for each of some items.
 * @param most acts; a card has room for one, and it is seldom older than the eighth
 */
export function contributionsOf(
  models: Models,
  tokens: readonly Token[],
  items: readonly number[],
  trail?: Trail,
  most = 8,
): Contribution[] {
  const without = blendWithout(models, tokens, items, trail)
  const whole = without(new Set())
  return actsOf(tokens, most).map((act) => {
    const left = without(new Set(act.tokens))
    return { act, scores: whole.map((score, n) => score - left[n]) }
  })
}

/**
 * The acts without which an item would fall furthest: the strongest, then the strongest of what is left without it, and so
 * on. Each with what it adds beside those that are still there, and the whole score of network and rules.
 */
export function reasonsFor(
  models: Models,
  tokens: readonly Token[],
  item: number,
  most: number,
  trail?: Trail,
): { act: Act; score: number; whole: number }[] {
  const without = blendWithout(models, tokens, [item], trail)
  const left = new Set<number>()
  const reasons: ReturnType<typeof reasonsFor> = []
  let acts = actsOf(tokens)
  const [whole] = without(left)
  let score = whole
  while (reasons.length < most && acts.length > 0) {
    const scores = acts.map((act) => without(new Set([...left, ...act.tokens]))[0])
    const lowest = scores.indexOf(Math.min(...scores))
    reasons.push({ act: acts[lowest], score: score - scores[lowest], whole })
    for (const at of acts[lowest].tokens) left.add(at)
    score = scores[lowest]
    acts = acts.filter((_, n) => n !== lowest)
  }
  return reasons
}

function blendWithout(models: Models, tokens: readonly Token[], items: readonly number[], trail?: Trail): Without {
  const network = networkScores(models, tokens, items, trail)
  const rules = rulesScores(models, tokens, items)
  const { weights } = models
  return (left) => {
    const [byNetwork, byRules] = [network(left), rules(left)]
    return Float32Array.from(items, (_, n) => weights.network * byNetwork[n] + weights.rules * byRules[n])
  }
}

/** Scores of the items when some places of the history are left out. */
type Without = (left: ReadonlySet<number>) => Float32Array

/** In the standard deviations of the whole history's scores, from the catalogue's mean. */
function networkScores(
  { network }: Models,
  tokens: readonly Token[],
  items: readonly number[],
  given?: Trail,
): Without {
  const nothing = new Float32Array(items.length)
  if (!network || tokens.length === 0) return () => nothing
  const { width: d } = network.config
  const trail = given ?? trailAfter(network, tokens)
  const state = trail[trail.length - 1]
  /** Before a place. */
  const stateAt = (place: number) => structuredClone(trail[trail.length - 1 - (tokens.length - place)])
  const all = new Float32Array(network.bias.length)
  scoreItems(network, state.state, all)
  const mean = all.reduce((sum, score) => sum + score, 0) / all.length
  const deviation = Math.sqrt(all.reduce((sum, score) => sum + (score - mean) ** 2, 0) / all.length) || 1
  const centre = centreOf(network)
  const { values, scales } = network.table
  const scored = ({ state }: InferenceState) =>
    Float32Array.from(items, (item) => {
      let score = network.bias[item] - centre.bias
      for (let j = 0; j < d; j++) score += state[j] * (values[item * d + j] * scales[item] - centre.vector[j])
      return score / deviation
    })
  const whole = scored(state)
  return (left) => {
    if (left.size === 0) return whole
    const first = Math.min(...left)
    const without = stateAt(first)
    for (let at = first; at < tokens.length; at++) if (!left.has(at)) step(network, without, tokens[at])
    return without.tokens > 0 ? scored(without) : nothing
  }
}

/** The catalogue's mean vector and bias. */
function centreOf(network: AnyModel): { vector: Float32Array; bias: number } {
  let centre = centres.get(network)
  if (!centre) {
    const { values, scales, width: d } = network.table
    const vector = new Float32Array(d)
    scales.forEach((scale, item) => {
      for (let j = 0; j < d; j++) vector[j] += (values[item * d + j] * scale) / scales.length
    })
    centre = { vector, bias: network.bias.reduce((sum, bias) => sum + bias, 0) / scales.length }
    centres.set(network, centre)
  }
  return centre
}
const centres = new WeakMap<AnyModel, { vector: Float32Array; bias: number }>()

function rulesScores({ rules, popularity }: Models, tokens: readonly Token[], items: readonly number[]): Without {
  const scores = new Float32Array(popularity.length)
  return (left) => {
    const wanted = tokens.filter(({ action }, at) => !left.has(at) && isPositive(action)).map(({ item }) => item)
    scoreRules(rules.next, wanted, scores.fill(0))
    shareOfBest(scores)
    return Float32Array.from(items, (item) => scores[item])
  }
}
