/** What the numbers of a noised sum are, for each count (`shared/federated/counts.ts`). */
import { SHELF_KINDS } from '../../shared/data/shelf-kinds.ts'
import {
  type CountName,
  type CountVdaf,
  categoryBucket,
  hitBucket,
  STEPS,
  sightBit,
  VDAFS,
} from '../../shared/federated/counts.ts'
import { ARMS, type Arm } from '../../shared/model/stage.ts'

/** A share of what was answered. */
export interface Figure {
  label: string
  /** Numbers of the sum that are added up. */
  part: readonly number[]
  /** Those that they are a share of; absent where that is all who answered. */
  whole?: readonly number[]
}

export const COUNT_NAMES = Object.keys(VDAFS) as CountName[]
/** Of demand. */
const MOST_BUCKETS = 4096

const HIT = 'wanted next, and among the ten foretold'
const ARM_LABELS: Record<Arm, string> = { control: 'everyone’s model', staged: 'the model released to some' }
const STEP_LABELS: Record<(typeof STEPS)[number], string> = { view: 'looked', cart: 'put into the cart', buy: 'bought' }

/** What is asked of the shoppers of a shop with these categories: of demand, as few buckets as keep them apart, where so many are allowed. */
export function vdafFor(name: CountName, categories: readonly string[]): CountVdaf {
  if (name !== 'demand') return VDAFS[name]
  const names = new Set(categories)
  const areApart = (length: number) =>
    new Set([...names].map((category) => categoryBucket(category, length))).size === names.size
  let { length }: { length: number } = VDAFS.demand
  while (length < MOST_BUCKETS && !areApart(length)) length *= 2
  return { kind: 'histogram', length }
}

/** The shares of two arms. */
export const ARM_FIGURES: Figure[] = ARMS.map((arm) => ({
  label: `${HIT}: ${ARM_LABELS[arm]}`,
  part: [hitBucket(arm, 1)],
  whole: [hitBucket(arm, 0), hitBucket(arm, 1)],
}))

/** @param categories of the shop: those that share a bucket are counted together */
export function figuresOf(name: CountName, vdaf: CountVdaf, categories: readonly string[]): Figure[] {
  switch (name) {
    case 'hit-rate-10':
      return [{ label: HIT, part: [0] }]
    case 'hit-rate-10-by-arm':
      return ARM_FIGURES
    case 'click-through':
      return ARMS.flatMap((arm) =>
        SHELF_KINDS.map((kind) => ({
          label: `followed, of those who saw ${kind}: ${ARM_LABELS[arm]}`,
          part: [sightBit(arm, kind, true)],
          whole: [sightBit(arm, kind, false)],
        })),
      )
    case 'furthest-step':
      return STEPS.map((step, n) => ({ label: STEP_LABELS[step], part: [n] }))
    case 'demand':
      return vdaf.kind === 'histogram' ? demandFigures(categories, vdaf.length) : []
    case 'opted-in':
      return [{ label: 'allow contributions', part: [0] }]
  }
}

function demandFigures(categories: readonly string[], buckets: number): Figure[] {
  const names = new Map<number, string[]>()
  for (const category of [...new Set(categories)].sort()) {
    const bucket = categoryBucket(category, buckets)
    names.set(bucket, [...(names.get(bucket) ?? []), category || '(no category)'])
  }
  return [...names].map(([bucket, labels]) => ({ label: labels.join(', or '), part: [bucket] }))
}
