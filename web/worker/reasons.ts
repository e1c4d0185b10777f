/**
 * Why an item is on a shelf: the past act that speaks most for it, by the models that ranked it. An act speaks through a
 * rule (people who did that did this next), through closeness of the two items' vectors, or, a search, through its text.
 * When none does, it is there because it is wanted now, and the card says that.
 */
import { BUY, CART, isPositive, SEARCH, type Token, VIEW, WISH } from '../../shared/data/sequence.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import { queryRow } from '../../shared/model/content.ts'
import type { Models } from '../../shared/model/rank.ts'
import { RECENCY } from '../../shared/model/rules.ts'
import type { Reason } from '../protocol.ts'

const REASON_OF_ACTION: Record<number, 'viewed' | 'carted' | 'bought' | 'wished'> = {
  [VIEW]: 'viewed',
  [CART]: 'carted',
  [BUY]: 'bought',
  [WISH]: 'wished',
}

/** Further back than this, an act's share of the score is below 1 %. */
const MAX_ACTS = 20
/** Two items less alike than this are not like each other in a person's eyes. */
const MIN_COSINE = 0.25

interface Act {
  token: Token
  /** What one step back in history is worth. */
  worth: number
  /** (d) of length 1; absent without a network, or for a query that it cannot read */
  direction?: Float32Array
}

/**
 * @param nameOf how the shopper knows an item
 * @returns the reason for an item; the acts are looked at once for a whole shelf
 */
export function explainer(
  models: Models,
  tokens: readonly Token[],
  nameOf: (item: number) => { itemId: string; title: string },
): (item: number) => Reason {
  const acts: Act[] = []
  let worth = 1
  for (const token of tokens.slice(-MAX_ACTS).reverse()) {
    if (token.action !== SEARCH && !isPositive(token.action)) continue
    acts.push({ token, worth, direction: models.network && directionOf(models.network, token) })
    worth *= RECENCY
  }
  return (item) => {
    const own = models.network && directionOf(models.network, { item, action: VIEW, time: 0 })
    let best = 0
    let found: Token | undefined
    for (const { token, worth, direction } of acts) {
      if (token.item === item) continue
      const strength = worth * (ruleShare(models, token.item, item) + closeness(direction, own))
      if (strength > best) {
        best = strength
        found = token
      }
    }
    if (!found) return { code: 'trending' }
    if (found.query !== undefined) return { code: 'searched', query: found.query }
    return { code: REASON_OF_ACTION[found.action], ...nameOf(found.item) }
  }
}

/** A rule's weight as a share of the strongest from the same item. */
function ruleShare({ rules }: Models, from: number, to: number): number {
  if (from < 0) return 0
  const { start, target, weight } = rules.next
  for (let at = start[from]; at < start[from + 1]; at++) {
    if (target[at] === to) return weight[at] / weight[start[from]]
  }
  return 0
}

/** Cosine of two directions, 0 below MIN_COSINE. */
function closeness(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (!a || !b) return 0
  let cosine = 0
  for (let j = 0; j < a.length; j++) cosine += a[j] * b[j]
  return cosine >= MIN_COSINE ? cosine : 0
}

function directionOf({ table, content }: CompiledModel, { item, query }: Token): Float32Array | undefined {
  const d = table.width
  const vector = new Float32Array(d)
  if (item >= 0) vector.set(table.values.subarray(item * d, (item + 1) * d))
  else if (query !== undefined && content) {
    const row = queryRow(query, content.scales.length)
    for (let c = 0; c < row.length; c++) {
      if (row[c] !== 0) for (let j = 0; j < d; j++) vector[j] += row[c] * content.scales[c] * content.values[c * d + j]
    }
  } else return undefined
  let square = 0
  for (const value of vector) square += value * value
  const scale = 1 / Math.sqrt(square || 1)
  for (let j = 0; j < d; j++) vector[j] *= scale
  return vector
}
