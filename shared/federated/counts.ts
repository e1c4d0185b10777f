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
 * Who did nothing since their last answer gives none, but to the last.
 */
import { hash32 } from '../data/random.ts'
import { ACTIONS, isPositive, type Token } from '../data/sequence.ts'
import { SHELF_KINDS } from '../data/shelf-kinds.ts'
import type { AnyModel } from '../model/infer.ts'
import { ARMS, type Arm } from '../model/stage.ts'
import { foretell, wishesOf } from '../model/wishes.ts'
import type { TaskEntry } from '../tlog/entry.ts'

export interface CountedHistory {
  model: AnyModel
  /** Oldest first. */
  tokens: readonly Token[]
  /** Of items, by their numbers. */
  categories: readonly string[]
  sights: readonly Sight[]
  /** Of a release that is not for everyone yet. */
  arm?: Arm
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

/** A share of what was answered. */
export interface Figure {
  label: string
  /** Numbers of the sum that are added up. */
  part: readonly number[]
  /** Those that they are a share of; absent where that is all who answered. */
  whole?: readonly number[]
}

type CountVdaf = Exclude<TaskEntry['vdaf'], { kind: 'pine' }>

interface Count {
  /** What is asked of the shoppers of a shop with these categories. */
  vdafFor(categories: readonly string[]): CountVdaf
  /** Whether a device answers where it is asked for this. */
  accepts(vdaf: TaskEntry['vdaf']): boolean
  figures(categories: readonly string[], vdaf: CountVdaf): Figure[]
  /** A measurement of the VDAF; undefined where there is nothing to say. */
  measure(history: CountedHistory, vdaf: TaskEntry['vdaf']): number[] | undefined
}

const TOP = 10
const STEPS = ['view', 'cart', 'buy'] as const
const STEP_LABELS = ['looked', 'put into the cart', 'bought']
const HIT = 'wanted next, and among the ten foretold'
const ARM_LABELS: Record<Arm, string> = { control: 'the model before', staged: 'the model released to some' }
/** On each: seen, and followed. */
const SIGHT_KINDS = 2
const LEAST_BUCKETS = 16
const MOST_BUCKETS = 4096

const always = (vdaf: CountVdaf): Pick<Count, 'vdafFor' | 'accepts'> => ({
  vdafFor: () => vdaf,
  accepts: (asked) => JSON.stringify(asked) === JSON.stringify(vdaf),
})

export const COUNTS: Record<string, Count> = {
  'hit-rate-10': {
    ...always({ kind: 'count' }),
    figures: () => [{ label: HIT, part: [0] }],
    measure(history) {
      const hit = hitOf(history)
      return hit === undefined ? undefined : [hit]
    },
  },
  'hit-rate-10-by-arm': {
    ...always({ kind: 'histogram', length: 2 * ARMS.length }),
    figures: () =>
      ARMS.map((arm, n) => ({ label: `${HIT}: ${ARM_LABELS[arm]}`, part: [2 * n + 1], whole: [2 * n, 2 * n + 1] })),
    measure(history) {
      const hit = history.arm && hitOf(history)
      return hit === undefined ? undefined : [2 * ARMS.indexOf(history.arm as Arm) + hit]
    },
  },
  'click-through': {
    ...always({
      kind: 'multihot',
      length: ARMS.length * SHELF_KINDS.length * SIGHT_KINDS,
      maxWeight: SHELF_KINDS.length * SIGHT_KINDS,
    }),
    figures: () =>
      ARMS.flatMap((arm) =>
        SHELF_KINDS.map((kind) => {
          const [seen, followed] = sightsAt(arm, kind)
          return { label: `followed, of those who saw ${kind}: ${ARM_LABELS[arm]}`, part: [followed], whole: [seen] }
        }),
      ),
    measure({ sights, since, arm = 'control' }) {
      const bits = new Array<number>(ARMS.length * SHELF_KINDS.length * SIGHT_KINDS).fill(0)
      for (const { placement, clicked } of sights.filter(({ time }) => time >= since)) {
        const kind = SHELF_KINDS.find((known) => known === placement)
        if (!kind) continue
        const [seen, followed] = sightsAt(arm, kind)
        // What was followed was seen, whether or not that was noticed.
        bits[seen] = 1
        if (clicked) bits[followed] = 1
      }
      return bits.includes(1) ? bits : undefined
    },
  },
  'furthest-step': {
    ...always({ kind: 'histogram', length: STEPS.length }),
    figures: () => STEP_LABELS.map((label, n) => ({ label, part: [n] })),
    measure({ tokens, since }) {
      const steps = tokens
        .filter(({ time, action }) => time >= since && isPositive(action))
        .map(({ action }) => STEPS.indexOf(ACTIONS[action] as (typeof STEPS)[number]))
      return steps.length > 0 ? [Math.max(0, ...steps)] : undefined
    },
  },
  demand: {
    vdafFor: (categories) => ({ kind: 'histogram', length: bucketsFor(categories) }),
    accepts: (vdaf) => vdaf.kind === 'histogram' && isBuckets(vdaf.length),
    figures: (categories, vdaf) => {
      const names = new Map<number, string[]>()
      for (const category of new Set(categories)) {
        const bucket = bucketOf(category, lengthOf(vdaf))
        names.set(bucket, [...(names.get(bucket) ?? []), category || '(no category)'])
      }
      return [...names].map(([bucket, labels]) => ({ label: labels.sort().join(', or '), part: [bucket] }))
    },
    measure({ tokens, categories, since }, vdaf) {
      const wishes = new Map<string, number>()
      for (const at of wishesOf(tokens)) {
        if (tokens[at].time < since) continue
        const category = categories[tokens[at].item]
        const before = wishes.get(category) ?? 0
        wishes.delete(category) // so that the newest is last, and wins a tie
        wishes.set(category, before + 1)
      }
      if (wishes.size === 0) return undefined
      const [most] = [...wishes].reduce((a, b) => (b[1] >= a[1] ? b : a))
      return [bucketOf(most, lengthOf(vdaf))]
    },
  },
  'opted-in': {
    ...always({ kind: 'count' }),
    figures: () => [{ label: 'allow contributions', part: [0] }],
    measure: () => [1],
  },
}

/** The count that a task asks for by its name. Undefined where a device knows none, or one of another shape. */
export function countOf({ name, vdaf }: TaskEntry): Count | undefined {
  const known = Object.hasOwn(COUNTS, name) ? COUNTS[name] : undefined
  return known?.accepts(vdaf) ? known : undefined
}

/** @returns 1 or 0 */
function hitOf({ model, tokens, since }: CountedHistory): number | undefined {
  const newest = wishesOf(tokens).at(-1)
  if (newest === undefined || tokens[newest].time < since) return undefined
  return foretell(model, tokens, [newest]).ranks[0] <= TOP ? 1 : 0
}

function sightsAt(arm: Arm, kind: (typeof SHELF_KINDS)[number]): [seen: number, followed: number] {
  const at = SIGHT_KINDS * (ARMS.indexOf(arm) * SHELF_KINDS.length + SHELF_KINDS.indexOf(kind))
  return [at, at + 1]
}

/**
 * A category's bucket follows from its name alone, so that a device whose catalogue is of another day still means the same by it. There are as
 * many as keep a shop's categories apart, where so many are allowed; those that share one are counted together.
 */
const bucketOf = (category: string, buckets: number) => hash32(category) % buckets

function bucketsFor(categories: readonly string[]): number {
  const names = new Set(categories)
  const areApart = (buckets: number) => new Set([...names].map((name) => bucketOf(name, buckets))).size === names.size
  let buckets = LEAST_BUCKETS
  while (buckets < MOST_BUCKETS && !areApart(buckets)) buckets *= 2
  return buckets
}

const isBuckets = (length: number) =>
  length >= LEAST_BUCKETS && length <= MOST_BUCKETS && Number.isInteger(Math.log2(length))

const lengthOf = (vdaf: TaskEntry['vdaf']) => (vdaf.kind === 'histogram' ? vdaf.length : LEAST_BUCKETS)
