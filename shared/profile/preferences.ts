/**
 * What the shopper says themselves: labels they want to see more of, or none of, and what they choose to add about
 * themselves. Stays on the device; each entry is theirs to take back.
 */
import * as v from 'valibot'
import { liesIn } from '../data/catalog.ts'
import type { ItemFacts } from './facts.ts'
import { LABEL_KINDS, labelsOf } from './interests.ts'
import { PRICE_LEVELS } from './taste-start.ts'

const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200))
const label = v.object({ kind: v.picklist(LABEL_KINDS), label: text })

export const AGE_BANDS = ['under 18', '18–24', '25–34', '35–44', '45–54', '55–64', '65 and over'] as const

const MOST_LABELS = 200

const preferences = v.object({
  /** Nothing of these is suggested. */
  muted: v.pipe(v.array(label), v.maxLength(MOST_LABELS)),
  /** More of these is. */
  boosted: v.pipe(v.array(label), v.maxLength(MOST_LABELS)),
  declared: v.object({
    ageBand: v.optional(v.picklist(AGE_BANDS)),
    region: v.optional(text),
    /** By what they are for: "shoes: 39". */
    sizes: v.optional(text),
  }),
  /** What was chosen in the taste start. */
  taste: v.optional(
    v.object({
      departments: v.pipe(v.array(text), v.maxLength(20)),
      priceLevel: v.optional(v.picklist(PRICE_LEVELS)),
      styles: v.pipe(v.array(text), v.maxLength(20)),
    }),
  ),
  /** There at all: this device may notify the shopper while they stay away. When it did, in order; milliseconds since 1970. */
  notified: v.optional(v.pipe(v.array(v.number()), v.maxLength(20))),
})

export type Preferences = v.InferOutput<typeof preferences>
export type LabelRef = v.InferOutput<typeof label>

export const noPreferences = (): Preferences => ({ muted: [], boosted: [], declared: {} })

export const isEmpty = ({ muted, boosted, declared, taste, notified }: Preferences): boolean =>
  muted.length + boosted.length + Object.keys(declared).length === 0 && !taste && !notified

/** @returns none for what is no preferences, as after a crash */
export function decodePreferences(value: unknown): Preferences {
  const result = v.safeParse(preferences, value)
  return result.success ? result.output : noPreferences()
}

export type Leaning = 'muted' | 'boosted'

/** What the shopper said of a label; `undefined` takes it back. */
export function lean(before: Preferences, { kind, label }: LabelRef, leaning: Leaning | undefined): Preferences {
  const others = (list: LabelRef[]) => list.filter((known) => known.kind !== kind || known.label !== label)
  const after = { ...before, muted: others(before.muted), boosted: others(before.boosted) }
  if (leaning) after[leaning].push({ kind, label })
  return after
}

/**
 * What was said here, and beside it what a carried profile says of other labels; a mute it brings hides nothing of its
 * kind that more was asked of here. What this device may do, such as notify, it does not bring.
 */
export function joinedPreferences(own: Preferences, { notified: _, ...carried }: Preferences): Preferences {
  const isSaid = (label: LabelRef) => [...own.muted, ...own.boosted].some((said) => isSame(said, label))
  const isWanted = (muted: LabelRef) => own.boosted.some(({ kind, label }) => kind === muted.kind && isOf(muted, label))
  const joined = (here: LabelRef[], brought: LabelRef[]) =>
    [...here, ...brought.filter((label) => !isSaid(label))].slice(0, MOST_LABELS)
  return {
    ...carried,
    ...own,
    muted: joined(
      own.muted,
      carried.muted.filter((label) => !isWanted(label)),
    ),
    boosted: joined(own.boosted, carried.boosted),
    declared: { ...carried.declared, ...own.declared },
  }
}

const isSame = (a: LabelRef, b: LabelRef) => a.kind === b.kind && a.label === b.label

/** Of categories, those below count too. */
const isOf = ({ kind, label }: LabelRef, own: string) => (kind === 'category' ? liesIn(own, label) : own === label)

/** What was said of an item's labels. A label that is muted comes before one that is boosted. */
export function leaningOf({ muted, boosted }: Preferences, facts: ItemFacts): Leaning | undefined {
  const labels = labelsOf(facts)
  const has = (said: LabelRef) => labels[said.kind].some((label) => isOf(said, label))
  return muted.some(has) ? 'muted' : boosted.some(has) ? 'boosted' : undefined
}
