/** Whose learning is measured, and on what: what each shopper did until a date is their device's, what came after is asked. */
import { hash32, mix32 } from '../../shared/data/random.ts'
import type { Token } from '../../shared/data/sequence.ts'
import { type Wishes, wishesOf } from '../../shared/model/wishes.ts'
import type { Histories } from '../datasets/histories.ts'

/**
 * Half of all shoppers may teach a network that has then seen nothing of the others. Settings are chosen on some of those
 * and reported on the rest.
 */
export const PARTS = ['tune', 'report'] as const
export type Part = (typeof PARTS)[number]

const quarterOf = (shopper: string) => mix32(hash32(`learning ${shopper}`)) % 4
export const mayTeach = (shopper: string): boolean => quarterOf(shopper) >= 2
export const partOf = (shopper: string): Part => PARTS[quarterOf(shopper) % 2]

export interface Learner {
  shopper: string
  tokens: Token[]
  /** Places in `tokens` of what was wanted after the cut. */
  later: Wishes
  /** Tokens before the cut. */
  known: number
}

/** A few shops' buyers do thousands of things in two months: they would be most of what is measured. */
const MOST_LATER = 200

/** All that a shopper did, as a device has it. */
export function tokensOf(h: Histories, s: number): Token[] {
  const tokens: Token[] = []
  for (let at = h.start[s]; at < h.start[s + 1]; at++) {
    const item = h.item[at]
    const token = { item: Math.max(-1, item), action: h.action[at], time: h.time[at] }
    tokens.push(item < 0 ? { ...token, query: h.queries[-1 - item] } : token)
  }
  return tokens
}

/** @returns undefined for a shopper with nothing before the cut or nothing after it */
export function learnerOf(h: Histories, s: number, cut: number): Learner | undefined {
  const tokens = tokensOf(h, s)
  const known = tokens.findIndex(({ time }) => time >= cut)
  if (known < 1) return undefined
  const later = wishesOf(tokens)
    .filter((at) => at >= known)
    .slice(0, MOST_LATER)
  return later.length > 0 ? { shopper: h.shoppers[s], tokens, later, known } : undefined
}
