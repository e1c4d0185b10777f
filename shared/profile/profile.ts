/**
 * The profile as its shopper reads it, from what is remembered of their own events and what the bundle knows of all
 * shoppers together.
 */
import { type EventName, itemsOf, type ShopEvent } from '../data/events.ts'
import { SESSION_GAP_MS } from '../data/sequence.ts'
import { type FactsOf, factsIn } from './facts.ts'
import { featuresOf } from './features.ts'
import { type Foretold, foretell } from './foretelling.ts'
import {
  type Companions,
  type Interest,
  interestsIn,
  LABEL_KINDS,
  type LabelKind,
  labelsOf,
  weightOf,
  withCompanions,
} from './interests.ts'
import { type Lifecycle, lifecycleOf, type NextOrder, nextOrderOf } from './lifecycle.ts'
import type { Memory } from './memory.ts'
import { type PriceBand, priceBandOf } from './prices.ts'
import type { ProfileChunk } from './profile-chunk.ts'
import type { Visits } from './visits.ts'

/** What the shopper is doing in this visit, as far as it shows. */
export type Doing = 'browsing' | 'comparing' | 'deciding' | 'bought'

export interface Profile {
  /** Strongest first. */
  interests: Record<LabelKind, Interest[]>
  lifecycle: Lifecycle
  doing: Doing
  /** 0 … 1: this visit ends in a purchase. Only with a bundle's head, and before there is one. */
  purchase?: number
  /** 0 … 1: a visit within 30 days, by the head where there is one. */
  returning: number
  nextOrder?: NextOrder & { categories: string[] }
  prices?: { band: PriceBand; looks: number }
  /** 0 … 1: of the shopper's looks, those at reduced items; of their orders, those with a coupon. */
  reduced: number
  coupons: number
}

/** What all shoppers together are like, where no bundle says it. */
const USUAL = { highSpend: Number.POSITIVE_INFINITY, orderGapDays: 90, orderValue: 0 }
const NO_COMPANIONS: Companions = new Map()

/** How much the last visit counts beside what lasts: when it is over, or no gate says it. */
const VISIT_SHARE = 0.35
const MOST_INTERESTS = 8
const NEXT_CATEGORIES = 3
/** Looks again at the same things, after which a shopper is comparing. */
const COMPARING_REPEATS = 2

/** Undefined for a shopper of whom nothing is known. */
export function profileOf(memory: Memory, chunk: ProfileChunk | undefined, now: number): Profile | undefined {
  const { visits, interests, prices } = memory
  if (!visits) return undefined
  const usage = chunk?.usage ?? USUAL
  const features = featuresOf(memory, now)
  const head = (name: Foretold) => {
    const trained = chunk?.heads[name]
    return trained && foretell(trained, features)
  }
  const lifecycle = lifecycleOf(visits, now, usage)
  const purchase = visits.now.orders > 0 ? undefined : head('intent')
  const isOver = now - visits.now.last > SESSION_GAP_MS
  const visitShare = (isOver ? undefined : head('gate')) ?? VISIT_SHARE
  const strongest = (kind: LabelKind) => interestsIn(interests, kind, now, visitShare)
  const next = nextOrderOf(visits, now, usage)
  const band = chunk && priceBandOf(prices, chunk.priceBands)
  const { orders } = visits
  return {
    interests: {
      category: strongest('category').slice(0, MOST_INTERESTS),
      brand: strongest('brand').slice(0, MOST_INTERESTS),
      trait: strongest('trait').slice(0, MOST_INTERESTS),
    },
    lifecycle,
    doing: doingOf(visits, purchase),
    ...(purchase === undefined ? {} : { purchase }),
    returning: head('return') ?? lifecycle.visitSoon,
    ...(next
      ? {
          nextOrder: {
            ...next,
            categories: withCompanions(strongest('category'), chunk?.companions ?? NO_COMPANIONS)
              .slice(0, NEXT_CATEGORIES)
              .map(({ label }) => label),
          },
        }
      : {}),
    ...(band ? { prices: { band, looks: prices.looked.count } } : {}),
    reduced: prices.looked.reduced / Math.max(1, prices.looked.count),
    coupons: orders.filter(({ coupon }) => coupon).length / Math.max(1, orders.length),
  }
}

function doingOf({ now: visit, cart }: Visits, purchase = 0): Doing {
  if (visit.orders > 0) return 'bought'
  if (visit.checkouts > 0 || purchase > 0.5 || (cart.size > 0 && visit.carts > 0)) return 'deciding'
  return visit.repeats >= COMPARING_REPEATS ? 'comparing' : 'browsing'
}

/** The shopper's own events that speak for a label, or against it. */
export interface Evidence {
  counts: Partial<Record<EventName, number>>
  /** Newest first. */
  eventIds: string[]
}

export type KnownLabel = Interest & { evidence: Evidence }

/** Every interest of a profile with its evidence, in one walk over the events. */
export function explained(profile: Profile, events: readonly ShopEvent[], factsOf: FactsOf): KnownLabel[] {
  const known = LABEL_KINDS.map((kind) => {
    const labels = profile.interests[kind].map(
      (interest): KnownLabel => ({ ...interest, evidence: { counts: {}, eventIds: [] } }),
    )
    return { kind, labels, byLabel: new Map(labels.map((label) => [label.label, label.evidence])) }
  })
  for (const event of [...events].sort((a, b) => b.time - a.time)) {
    if (weightOf(event.name, event.name === 'review' ? event.rating : undefined) === 0) continue
    const labelled = itemsOf(event).map((item) => labelsOf(factsOf(item.item_id) ?? factsIn(item)))
    for (const { kind, byLabel } of known) {
      for (const labels of labelled) {
        for (const label of labels[kind]) {
          const evidence = byLabel.get(label)
          // Once, however many of its items have the label.
          if (!evidence || evidence.eventIds.at(-1) === event.id) continue
          evidence.counts[event.name] = (evidence.counts[event.name] ?? 0) + 1
          evidence.eventIds.push(event.id)
        }
      }
    }
  }
  return known.flatMap(({ labels }) => labels)
}
