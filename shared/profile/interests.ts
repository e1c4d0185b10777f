/**
 * What a shopper is drawn to: categories, brands and traits, by what they did with items that have them. Two memories of
 * one kind, as in short- and long-term interest models (An et al. 2019): what this visit is about, and what lasts.
 *
 *     amount of a label = Σ weight of the act · ½^(age ÷ half-life)
 */
import { CATEGORY_SEPARATOR } from '../data/catalog.ts'
import type { EventName } from '../data/events.ts'
import { add, type Decayed, decayedAt } from './decay.ts'
import type { ItemFacts } from './facts.ts'

const DAY_MS = 86_400_000
export const LONG_HALF_LIFE_MS = 45 * DAY_MS
/** Within a visit, the last few minutes. */
const VISIT_HALF_LIFE_MS = 10 * 60_000

/** What an act says of the wish for an item; a look is 1. Against it: dismissed, sent back, taken out again. */
const WEIGHTS: Partial<Record<EventName, number>> = {
  select_item: 0.5,
  rec_click: 0.5,
  view_item: 1,
  add_to_wishlist: 2,
  share: 2,
  add_to_cart: 2,
  purchase: 3,
  remove_from_cart: -1,
  remove_from_wishlist: -1,
  rec_dismiss: -2,
  refund: -2,
}

/** @param rating of a review, 1 to 5: three stars are a shrug */
export function weightOf(name: EventName, rating?: number): number {
  return name === 'review' ? 1.5 * ((rating ?? 3) - 3) : (WEIGHTS[name] ?? 0)
}

export const LABEL_KINDS = ['category', 'brand', 'trait'] as const
export type LabelKind = (typeof LABEL_KINDS)[number]

/**
 * By label: "Home > Kitchen", "acme", "colour: sage". Categories are whole paths: a look at earrings is none at jewellery,
 * which may be a category of its own beside them.
 */
export type Interests = Record<LabelKind, Map<string, { long: Decayed; visit: Decayed }>>

export function noInterests(): Interests {
  return { category: new Map(), brand: new Map(), trait: new Map() }
}

/** Of facts that a catalogue keeps: a history is walked over again for each answer. */
const KNOWN = new WeakMap<ItemFacts, Record<LabelKind, readonly string[]>>()

export function labelsOf(facts: ItemFacts): Record<LabelKind, readonly string[]> {
  let labels = KNOWN.get(facts)
  if (!labels) {
    const { category, brand, traits } = facts
    labels = {
      category: category.length === 0 ? [] : [category.join(CATEGORY_SEPARATOR)],
      brand: brand === undefined ? [] : [brand],
      trait: traits,
    }
    KNOWN.set(facts, labels)
  }
  return labels
}

/** Adds an act to what it is about, in place. @param weight of `weightOf` */
export function addInterest(interests: Interests, facts: ItemFacts, weight: number, time: number): void {
  if (weight === 0) return
  const labels = labelsOf(facts)
  for (const kind of LABEL_KINDS) {
    for (const label of labels[kind]) {
      let known = interests[kind].get(label)
      if (!known) interests[kind].set(label, (known = { long: { amount: 0, time }, visit: { amount: 0, time } }))
      add(known.long, weight, time, LONG_HALF_LIFE_MS)
      add(known.visit, weight, time, VISIT_HALF_LIFE_MS)
    }
  }
}

export interface Interest {
  kind: LabelKind
  label: string
  /** 0 … 1 of all that were asked about. */
  share: number
  /** 0 … 1: how much was seen of it; half at three looks of today, none where companions alone speak for it. */
  confidence: number
}

/**
 * The labels of a kind that the shopper is drawn to, strongest first.
 * @param visitShare 0 … 1: how much this visit counts beside what lasts
 * @param only those that are asked about, as categories of one depth are
 */
export function interestsIn(
  interests: Interests,
  kind: LabelKind,
  now: number,
  visitShare: number,
  only: (label: string) => boolean = () => true,
): Interest[] {
  const found: { label: string; long: number; visit: number }[] = []
  for (const [label, { long, visit }] of interests[kind]) {
    if (!only(label)) continue
    found.push({
      label,
      long: Math.max(0, decayedAt(long, now, LONG_HALF_LIFE_MS)),
      visit: Math.max(0, decayedAt(visit, now, VISIT_HALF_LIFE_MS)),
    })
  }
  const totals = { long: sumOf(found, 'long'), visit: sumOf(found, 'visit') }
  const ofVisit = totals.visit === 0 ? 0 : totals.long === 0 ? 1 : visitShare
  return found
    .map(({ label, long, visit }) => ({
      kind,
      label,
      share: (1 - ofVisit) * (long / (totals.long || 1)) + ofVisit * (visit / (totals.visit || 1)),
      confidence: long / (long + 3),
    }))
    .filter(({ share }) => share > 0)
    .sort(strongestFirst)
}

/**
 * What else shoppers with an interest come for, by label; each row of shares sums to 1. With few visits behind it, an
 * interest says most through these.
 */
export type Companions = ReadonlyMap<string, readonly { label: string; share: number }[]>

/** How much a shopper's own acts count beside what others with the same interests do. */
const OWN = 1.5

/** The same interests with companions among them, strongest first. */
export function withCompanions(interests: readonly Interest[], companions: Companions): Interest[] {
  const found = new Map(interests.map((interest) => [interest.label, { ...interest, share: OWN * interest.share }]))
  for (const { kind, label, share } of interests) {
    for (const companion of companions.get(label) ?? []) {
      const known = found.get(companion.label)
      if (known) known.share += share * companion.share
      else {
        const { label, share: part } = companion
        found.set(label, { kind, label, share: share * part, confidence: 0 })
      }
    }
  }
  const total = [...found.values()].reduce((sum, { share }) => sum + share, 0)
  return [...found.values()].map((interest) => ({ ...interest, share: interest.share / total })).sort(strongestFirst)
}

const strongestFirst = (a: Interest, b: Interest) => b.share - a.share || (a.label < b.label ? -1 : 1)

const sumOf = <K extends string>(rows: readonly Record<K, number>[], name: K) =>
  rows.reduce((sum, row) => sum + row[name], 0)
