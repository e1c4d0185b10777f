/**
 * Why an item is suggested: the act without which it would fall furthest, by the models that ranked it. When none matters, the
 * item is there because it is wanted now, and the card says that.
 */
import { BUY, CART, type Token, VIEW, WISH } from '../../shared/data/sequence.ts'
import { contributionsOf, reasonsFor, type Trail } from '../../shared/model/contributions.ts'
import type { Models } from '../../shared/model/rank.ts'
import type { Explanation, Reason } from '../protocol.ts'

const REASON_OF_ACTION: Record<number, 'viewed' | 'carted' | 'bought' | 'wished'> = {
  [VIEW]: 'viewed',
  [CART]: 'carted',
  [BUY]: 'bought',
  [WISH]: 'wished',
}

/** An act that moves the score by less than this share of what network and rules can give is no reason. */
const MIN_SHARE = 0.05

type NameOf = (item: number) => { itemId: string; title: string }

/**
 * @param trail of the network, where there is one
 * @param nameOf how the shopper knows an item
 * @returns the reason of each item
 */
export function reasonsOf(
  models: Models,
  tokens: readonly Token[],
  trail: Trail | undefined,
  items: readonly number[],
  nameOf: NameOf,
): Reason[] {
  const { network, rules } = models.weights
  const least = MIN_SHARE * (network + rules)
  const contributions = contributionsOf(models, tokens, items, trail)
  return items.map((item, n) => {
    let strongest = least
    let found: Token | undefined
    for (const { act, scores } of contributions) {
      if (scores[n] <= strongest || act.latest.item === item) continue
      strongest = scores[n]
      found = act.latest
    }
    return found ? reasonOf(found, nameOf) : { code: 'trending' }
  })
}

function reasonOf({ query, action, item }: Token, nameOf: NameOf): Reason {
  return query === undefined ? { code: REASON_OF_ACTION[action], ...nameOf(item) } : { code: 'searched', query }
}

/** An item's strongest reasons together, each with its share of the score. */
export function explain(
  models: Models,
  tokens: readonly Token[],
  trail: Trail | undefined,
  item: number,
  nameOf: NameOf,
): Explanation {
  return reasonsFor(models, tokens, item, MOST_REASONS, trail)
    .filter(({ score, whole, act }) => score > MIN_SHARE * whole && whole > 0 && act.latest.item !== item)
    .map(({ act, score, whole }) => ({ reason: reasonOf(act.latest, nameOf), share: Math.min(1, score / whole) }))
}
const MOST_REASONS = 3
