/**
 * What happens in a shop, in one vocabulary: GA4 names and fields, plus what GA4 has no word for.
 *
 * Every dialect a page speaks (dataLayer, data attributes, calls) and every file an operator imports becomes one of
 * these before anything else sees it. An example:
 *
 *     { "id": "8d3f…", "time": 1732233600000, "name": "add_to_cart", "currency": "GBP",
 *       "items": [{ "item_id": "85123A", "price": 2.55, "quantity": 6 }] }
 *
 * Field names: https://developers.google.com/analytics/devguides/collection/ga4/reference/events
 */
import * as v from 'valibot'

/** Longest id we keep. GA4 stops at 100; a merchant's composite keys are sometimes longer, a runaway field never is. */
export const MAX_ID_LENGTH = 256
/** GA4's own limit. */
export const MAX_ITEMS_PER_EVENT = 200
const MAX_TEXT_LENGTH = 10_000

export const ITEM_EVENTS = [
  'view_item_list',
  'select_item',
  'view_item',
  'add_to_cart',
  'remove_from_cart',
  'add_to_wishlist',
  'remove_from_wishlist',
  'share',
  'view_cart',
  'begin_checkout',
  'purchase',
  'refund',
  'rec_impression',
  'rec_click',
  'rec_dismiss',
] as const
export const SEARCH_EVENTS = ['search', 'view_search_results'] as const
export const EVENT_NAMES = [...ITEM_EVENTS, ...SEARCH_EVENTS, 'review', 'ask', 'consent'] as const
export type EventName = (typeof EVENT_NAMES)[number]

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID_LENGTH))
const label = v.optional(v.pipe(v.string(), v.maxLength(1000)))
const amount = v.optional(v.pipe(v.number(), v.finite()))

const eventItem = v.object({
  item_id: id,
  item_name: label,
  item_brand: label,
  /** The path from the root, "A > B > C". GA4 spreads it over item_category…item_category5; we join them on entry. */
  item_category: label,
  item_variant: label,
  price: amount,
  quantity: amount,
  /** Place in the list it was shown in, from 1. */
  index: amount,
  item_list_id: label,
  /** The recommendation this item was shown by, so that a click can be traced to a shelf without leaving the device. */
  rec_id: label,
  placement: label,
})

const base = {
  id,
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  time: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  currency: label,
}

const shopEvent = v.variant('name', [
  v.object({
    ...base,
    name: v.picklist(ITEM_EVENTS),
    items: v.pipe(v.array(eventItem), v.minLength(1), v.maxLength(MAX_ITEMS_PER_EVENT)),
    value: amount,
    transaction_id: label,
    coupon: label,
  }),
  v.object({
    ...base,
    name: v.picklist(SEARCH_EVENTS),
    search_term: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID_LENGTH)),
    items: v.optional(v.pipe(v.array(eventItem), v.maxLength(MAX_ITEMS_PER_EVENT))),
  }),
  v.object({
    ...base,
    name: v.literal('review'),
    items: v.tuple([eventItem]),
    rating: v.pipe(v.number(), v.minValue(1), v.maxValue(5)),
    text: v.optional(v.pipe(v.string(), v.maxLength(MAX_TEXT_LENGTH))),
  }),
  v.object({ ...base, name: v.literal('ask'), text: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TEXT_LENGTH)) }),
  v.object({
    ...base,
    name: v.literal('consent'),
    personalise: v.boolean(),
    remember: v.boolean(),
    contribute: v.boolean(),
  }),
])

export type EventItem = v.InferOutput<typeof eventItem>
export type ShopEvent = v.InferOutput<typeof shopEvent>

/**
 * Reads a value from outside as an event. Unknown fields are dropped, so nothing is stored that this file does not name.
 * @throws Error naming the field, the value's type and what was expected.
 */
export function decodeEvent(value: unknown): ShopEvent {
  const result = v.safeParse(shopEvent, value)
  if (result.success) return result.output
  const issue = result.issues[0]
  throw new Error(`event field "${v.getDotPath(issue) ?? '(root)'}": ${issue.message}`)
}

/** The items an event is about; empty for a question or a consent. */
export function itemsOf(event: ShopEvent): EventItem[] {
  return 'items' in event && event.items ? event.items : []
}
