/**
 * What an operator may ask to be counted of its shoppers, by the names of tasks: each is one answer of one shopper a round, from what their
 * own device has, and only the noised sum of many is ever seen.
 *
 *     hit-rate-10     count        was the newest thing that they wanted among the ten that the model foretold?
 *     furthest-step   histogram    how far did they go: looked, put into the cart, bought?
 *
 * Who did nothing since their last answer gives none.
 */
import { ACTIONS, isPositive, type Token } from '../data/sequence.ts'
import type { AnyModel } from '../model/infer.ts'
import { foretell, wishesOf } from '../model/wishes.ts'
import type { TaskEntry } from '../tlog/entry.ts'

export interface CountedHistory {
  model: AnyModel
  /** Oldest first. */
  tokens: readonly Token[]
  /** Milliseconds since 1970: what was done before has been counted, or is context. */
  since: number
}

interface Count {
  vdaf: Exclude<TaskEntry['vdaf'], { kind: 'pine' }>
  /** What each number of the sum is. */
  labels: readonly string[]
  /** A measurement of the VDAF; undefined where there is nothing to say. */
  measure(history: CountedHistory): number[] | undefined
}

const TOP = 10
const STEPS = ['view', 'cart', 'buy'] as const

export const COUNTS: Record<string, Count> = {
  'hit-rate-10': {
    vdaf: { kind: 'count' },
    labels: ['wanted next, and among the ten foretold'],
    measure({ model, tokens, since }) {
      const newest = wishesOf(tokens).at(-1)
      if (newest === undefined || tokens[newest].time < since) return undefined
      return [foretell(model, tokens, [newest]).ranks[0] <= TOP ? 1 : 0]
    },
  },
  'furthest-step': {
    vdaf: { kind: 'histogram', length: STEPS.length },
    labels: ['looked', 'put into the cart', 'bought'],
    measure({ tokens, since }) {
      const steps = tokens
        .filter(({ time, action }) => time >= since && isPositive(action))
        .map(({ action }) => STEPS.indexOf(ACTIONS[action] as (typeof STEPS)[number]))
      return steps.length > 0 ? [Math.max(0, ...steps)] : undefined
    },
  },
}

/** The count that a task asks for by its name. Undefined where a device knows none, or one of another shape. */
export function countOf({ name, vdaf }: TaskEntry): Count | undefined {
  const known = Object.hasOwn(COUNTS, name) ? COUNTS[name] : undefined
  return known && JSON.stringify(known.vdaf) === JSON.stringify(vdaf) ? known : undefined
}
