/**
 * What an operator may ask to be counted of its shoppers, by the names of tasks: each is one answer of one shopper a round, from what their
 * own device has, and only the noised sum of many is ever seen.
 *
 *     hit-rate-10           count       was the newest thing that they wanted among the ten that the model foretold?
 *     hit-rate-10-by-arm    histogram   the same, of the two arms of a release that is not for everyone yet
 *     click-through         multihot    on which kinds of shelf did they see something, on which did they follow it, by arm?
 *     furthest-step         histogram   how far did they go: looked, put into the cart, bought?
 *     demand                histogram   of which category did they want most?
 *     opted-in              count       that they allow contributions
 *
 * Who did nothing since their last answer gives none, but to the last. What the numbers of a sum are: `trainer/rounds/figures.ts`.
 */
import { hash32 } from '../data/random.ts'
import { ACTIONS, isPositive, type Token } from '../data/sequence.ts'
import { SHELF_KINDS, type ShelfKind } from '../data/shelf-kinds.ts'
import type { AnyModel } from '../model/infer.ts'
import { ARMS, type Arm, type StageArm } from '../model/stage.ts'
import { foretell, wishesOf } from '../model/wishes.ts'
import type { TaskEntry } from '../tlog/entry.ts'

export interface CountedHistory {
  model: AnyModel
  /** Oldest first. */
  tokens: readonly Token[]
  /** Of items, by their numbers. */
  categories: readonly string[]
  sights: readonly Sight[]
  /** In a release that is not for everyone yet. */
  stage?: StageArm
  /** Milliseconds since 1970: what was done before has been counted, or is context. */
  since: number
}

/** Something on a shelf came into view, or was followed. */
export interface Sight {
  /** The shelf's kind. */
  placement: string
  clicked: boolean
  /** Milliseconds since 1970. */
  time: number
}

export type CountVdaf = Exclude<TaskEntry['vdaf'], { kind: 'pine' }>

/** A measurement of the VDAF; undefined where there is nothing to say. */
type Measure = (history: CountedHistory, vdaf: CountVdaf) => number[] | undefined

const TOP = 10
export const STEPS = ['view', 'cart', 'buy'] as const
const SIGHTS = ARMS.length * SHELF_KINDS.length * 2

/** What is asked for; of demand the shop's categories say how many buckets. */
export const VDAFS = {
  'hit-rate-10': { kind: 'count' },
  'hit-rate-10-by-arm': { kind: 'histogram', length: 2 * ARMS.length },
  'click-through': { kind: 'multihot', length: SIGHTS, maxWeight: SIGHTS / ARMS.length },
  'furthest-step': { kind: 'histogram', length: STEPS.length },
  demand: { kind: 'histogram', length: 16 },
  'opted-in': { kind: 'count' },
} as const satisfies Record<string, CountVdaf>
export type CountName = keyof typeof VDAFS

const MEASURES: Record<CountName, Measure> = {
  'hit-rate-10'(history) {
    const hit = hitOf(history)
    return hit === undefined ? undefined : [hit]
  },
  'hit-rate-10-by-arm'(history) {
    const arm = history.stage?.arm
    const hit = arm && hitOf(history)
    return arm && hit !== undefined ? [hitBucket(arm, hit)] : undefined
  },
  'click-through'({ sights, since, stage }) {
    const bits = new Array<number>(SIGHTS).fill(0)
    const arm = stage ? stage.arm : 'control'
    if (!arm) return undefined
    // What was seen before a release had begun was of no arm.
    const from = Math.max(since, stage?.since ?? 0)
    for (const { placement, clicked } of sights.filter(({ time }) => time >= from)) {
      const kind = SHELF_KINDS.find((known) => known === placement)
      if (!kind) continue
      // What was followed was seen, whether or not that was noticed.
      bits[sightBit(arm, kind, false)] = 1
      if (clicked) bits[sightBit(arm, kind, true)] = 1
    }
    return bits.includes(1) ? bits : undefined
  },
  'furthest-step'({ tokens, since }) {
    const steps = tokens
      .filter(({ time, action }) => time >= since && isPositive(action))
      .map(({ action }) => STEPS.indexOf(ACTIONS[action] as (typeof STEPS)[number]))
    return steps.length > 0 ? [Math.max(0, ...steps)] : undefined
  },
  demand({ tokens, categories, since }, vdaf) {
    const wishes = new Map<string, number>()
    for (const at of wishesOf(tokens)) {
      if (tokens[at].time < since) continue
      const category = categories[tokens[at].item]
      const before = wishes.get(category) ?? 0
      wishes.delete(category) // so that the newest is last, and wins a tie
      wishes.set(category, before + 1)
    }
    if (wishes.size === 0 || vdaf.kind !== 'histogram') return undefined
    const [most] = [...wishes].reduce((a, b) => (b[1] >= a[1] ? b : a))
    return [categoryBucket(most, vdaf.length)]
  },
  'opted-in': () => [1],
}

/** What a device answers to a task. Undefined where it knows none of that name, or one of another shape. */
export function countOf({ name, vdaf }: TaskEntry): ((history: CountedHistory) => number[] | undefined) | undefined {
  if (!Object.hasOwn(VDAFS, name) || vdaf.kind === 'pine') return undefined
  const known: CountVdaf = VDAFS[name as CountName]
  const isKnown = name === 'demand' ? vdaf.kind === known.kind : JSON.stringify(known) === JSON.stringify(vdaf)
  return isKnown ? (history) => MEASURES[name as CountName](history, vdaf) : undefined
}

/** @returns 1 or 0 */
function hitOf({ model, tokens, since }: CountedHistory): number | undefined {
  const newest = wishesOf(tokens).at(-1)
  if (newest === undefined || tokens[newest].time < since) return undefined
  return foretell(model, tokens, [newest]).ranks[0] <= TOP ? 1 : 0
}

/** @param hit 1 or 0 */
export const hitBucket = (arm: Arm, hit: number): number => 2 * ARMS.indexOf(arm) + hit

export const sightBit = (arm: Arm, kind: ShelfKind, clicked: boolean): number =>
  2 * (ARMS.indexOf(arm) * SHELF_KINDS.length + SHELF_KINDS.indexOf(kind)) + Number(clicked)

/** It follows from the category's name alone, so that a device whose catalogue is of another day still means the same by it. */
export const categoryBucket = (category: string, buckets: number): number => hash32(category) % buckets
