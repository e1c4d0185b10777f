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

export function reasonFor(
  item: number,
  models: Models,
  tokens: readonly Token[],
  nameOf: (item: number) => { itemId: string; title: string },
): Reason {
  let best = 0
  let found: Token | undefined
  let worth = 1
  const acts = tokens.slice(-MAX_ACTS)
  for (let i = acts.length - 1; i >= 0; i--) {
    const act = acts[i]
    if (act.action !== SEARCH && (!isPositive(act.action) || act.item === item)) continue
    const strength = worth * (ruleShare(models, act.item, item) + closeness(models.network, act, item))
    if (strength > best) {
      best = strength
      found = act
    }
    worth *= RECENCY
  }
  if (!found) return { code: 'trending' }
  if (found.query !== undefined) return { code: 'searched', query: found.query }
  return { code: REASON_OF_ACTION[found.action], ...nameOf(found.item) }
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

/** Cosine of the act's vector with the item's, 0 below MIN_COSINE. */
function closeness(network: CompiledModel | undefined, act: Token, item: number): number {
  if (!network) return 0
  const { values, scales, width: d } = network.table
  const own = vectorOf(network, act)
  if (!own) return 0
  let [dot, a, b] = [0, 0, 0]
  for (let j = 0; j < d; j++) {
    const value = values[item * d + j] * scales[item]
    dot += own[j] * value
    a += own[j] ** 2
    b += value ** 2
  }
  const cosine = dot / Math.sqrt(a * b || 1)
  return cosine >= MIN_COSINE ? cosine : 0
}

function vectorOf({ table, content }: CompiledModel, act: Token): Float32Array | undefined {
  const d = table.width
  const vector = new Float32Array(d)
  if (act.item >= 0) {
    for (let j = 0; j < d; j++) vector[j] = table.values[act.item * d + j] * table.scales[act.item]
    return vector
  }
  if (act.query === undefined || !content) return undefined
  const row = queryRow(act.query, content.scales.length)
  for (let c = 0; c < row.length; c++) {
    if (row[c] !== 0) for (let j = 0; j < d; j++) vector[j] += row[c] * content.scales[c] * content.values[c * d + j]
  }
  return vector
}
