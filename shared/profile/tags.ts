/**
 * What a shopper does, in words they understand: "looks at ceramics", "compares before buying". Each tag is a share of the
 * occasions on which it could have held, and is said only where that share is surely above a bar:
 * few and true rather than many. What it rests on are the shopper's own events.
 *
 *     share ~ Beta(4·bar + held, 4·(1 − bar) + others)      confidence = P(share > bar), by the normal of its mean and variance
 */
import { CATEGORY_SEPARATOR } from '../data/catalog.ts'
import { itemsOf, type ShopEvent } from '../data/events.ts'
import { SESSION_GAP_MS } from '../data/sequence.ts'
import type { FactsOf, ItemFacts } from './facts.ts'

export const TAG_CODES = [
  'looks-at',
  'likes-brand',
  'likes-trait',
  'looks-at-dear',
  'looks-at-cheap',
  'compares',
  'waits-for-reductions',
  'uses-coupons',
  'buys-again',
  'sends-back',
  'comes-in-the-evening',
  'comes-at-weekends',
  'buys-in-month',
] as const
export type TagCode = (typeof TAG_CODES)[number]

export interface Tag {
  code: TagCode
  /** What of: a category's path, a brand, a trait, a month from "1" to "12". */
  label?: string
  /** 0 … 1 */
  confidence: number
  /** Ids of the events that it holds for, the newest first. */
  evidence: string[]
}

/** The share that counts as a habit. */
const BARS: Record<TagCode, number> = {
  'looks-at': 0.2,
  'likes-brand': 0.4,
  'likes-trait': 0.4,
  'looks-at-dear': 0.5,
  'looks-at-cheap': 0.5,
  compares: 0.5,
  'waits-for-reductions': 0.5,
  'uses-coupons': 0.4,
  'buys-again': 0.25,
  'sends-back': 0.25,
  'comes-in-the-evening': 0.5,
  'comes-at-weekends': 0.5,
  'buys-in-month': 0.4,
}
const SURE = 0.9
const PRIOR_OCCASIONS = 4
/** What was done in one visit is no habit. */
const MIN_VISITS = 3
/** One kind of thing may have so many tags. */
const MOST_OF_A_CODE = 3

const DAY_MS = 86_400_000
/** Standard deviations of ln(price) within a category, from which a look is at something dear or cheap. */
const APART = 0.5
/** Looks at so many things of a category, in so many days before one is bought, are a comparison. */
const COMPARED = 3
const COMPARED_DAYS = 14

/** Occasions of one code: all of them, and those on which it held, by label. */
interface Occasions {
  all: number
  held: Map<string, string[]>
}

/**
 * The surest first.
 * @param events in the order of their times
 * @param utcOffsetMs of the shopper's clock: evenings and weekends are theirs
 */
export function tagsOf(events: readonly ShopEvent[], factsOf: FactsOf, utcOffsetMs: number): Tag[] {
  const occasions = new Map<TagCode, Occasions>()
  /** @param labels for which it held on this occasion */
  const note = (code: TagCode, eventId: string, labels: readonly string[]) => {
    let known = occasions.get(code)
    if (!known) occasions.set(code, (known = { all: 0, held: new Map() }))
    known.all++
    for (const label of labels) known.held.set(label, [...(known.held.get(label) ?? []), eventId])
  }
  const when = (holds: boolean) => (holds ? [''] : [])
  const looked = new Map<string, { time: number; category: string }>()
  const bought = new Set<string>()
  const years = new Set<number>()
  let last = Number.NEGATIVE_INFINITY
  for (const event of events) {
    if (event.name === 'consent' || event.name === 'rec_impression') continue
    const here = new Date(event.time + utcOffsetMs)
    if (event.name !== 'refund' && event.name !== 'review' && event.time - last > SESSION_GAP_MS) {
      note('comes-in-the-evening', event.id, when(here.getUTCHours() >= 18))
      note('comes-at-weekends', event.id, when([0, 6].includes(here.getUTCDay())))
    }
    last = event.time
    if (event.name === 'view_item') {
      for (const { item_id } of itemsOf(event)) {
        const facts = factsOf(item_id)
        // The same thing again is the same wish.
        if (facts && !looked.has(item_id)) noteLook(note, event.id, facts)
        if (facts) looked.set(item_id, { time: event.time, category: pathOf(facts) })
      }
    } else if (event.name === 'purchase') {
      years.add(here.getUTCFullYear())
      note('uses-coupons', event.id, when(event.coupon !== undefined))
      note('buys-in-month', event.id, [String(here.getUTCMonth() + 1)])
      note('sends-back', event.id, [])
      for (const { item_id } of itemsOf(event)) {
        const facts = factsOf(item_id)
        if (bought.size > 0) note('buys-again', event.id, when(bought.has(item_id)))
        if (facts) note('waits-for-reductions', event.id, when(facts.reduced))
        if (facts) note('compares', event.id, when(comparedWith(facts, looked, event.time)))
      }
      for (const { item_id } of itemsOf(event)) bought.add(item_id)
    } else if (event.name === 'refund') {
      const known = occasions.get('sends-back')
      known?.held.set('', [...(known.held.get('') ?? []), event.id])
    }
  }
  if ((occasions.get('comes-in-the-evening')?.all ?? 0) < MIN_VISITS) return []
  // Whoever has bought for less than two years has had each month but once.
  if (years.size < 2) occasions.delete('buys-in-month')
  return [...occasions].flatMap(([code, found]) => tagsOfCode(code, found)).sort(surestFirst)
}

function noteLook(
  note: (code: TagCode, eventId: string, labels: readonly string[]) => void,
  eventId: string,
  facts: ItemFacts,
): void {
  if (facts.category.length > 0) note('looks-at', eventId, [pathOf(facts)])
  if (facts.brand !== undefined) note('likes-brand', eventId, [facts.brand])
  if (facts.traits.length > 0) note('likes-trait', eventId, facts.traits)
  if (facts.priceLevel === undefined) return
  note('looks-at-dear', eventId, facts.priceLevel > APART ? [''] : [])
  note('looks-at-cheap', eventId, facts.priceLevel < -APART ? [''] : [])
}

const pathOf = ({ category }: ItemFacts) => category.join(CATEGORY_SEPARATOR)

/** @param looked by item, the last look at each */
function comparedWith(
  facts: ItemFacts,
  looked: ReadonlyMap<string, { time: number; category: string }>,
  now: number,
): boolean {
  const path = pathOf(facts)
  const near = [...looked.values()].filter(
    ({ time, category }) => category === path && now - time <= COMPARED_DAYS * DAY_MS,
  )
  return near.length >= COMPARED
}

function tagsOfCode(code: TagCode, { all, held }: Occasions): Tag[] {
  return [...held]
    .map(
      ([label, ids]): Tag => ({
        code,
        ...(label === '' ? {} : { label }),
        confidence: chanceAbove(BARS[code], Math.min(all, ids.length), all),
        evidence: [...new Set(ids)].reverse(),
      }),
    )
    .filter(({ confidence }) => confidence >= SURE)
    .sort(surestFirst)
    .slice(0, MOST_OF_A_CODE)
}

/** P(share > bar) after so many of all occasions, four at the bar beside them. */
function chanceAbove(bar: number, held: number, all: number): number {
  const [a, b] = [PRIOR_OCCASIONS * bar + held, PRIOR_OCCASIONS * (1 - bar) + all - held]
  const mean = a / (a + b)
  const deviation = Math.sqrt((mean * (1 - mean)) / (a + b + 1))
  return normalBelow((mean - bar) / deviation)
}

/** Φ by the logistic that is nearest to it, within .01 (Bowling et al. 2009). */
const normalBelow = (z: number) => 1 / (1 + Math.exp(-(0.07056 * z ** 3 + 1.5976 * z)))

const surestFirst = (a: Tag, b: Tag) =>
  b.confidence - a.confidence ||
  TAG_CODES.indexOf(a.code) - TAG_CODES.indexOf(b.code) ||
  ((a.label ?? '') < (b.label ?? '') ? -1 : 1)
