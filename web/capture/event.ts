/**
 * GA4 parameters, as pages really write them, to one of our events: ids as text, prices as numbers, category levels
 * joined. Used by every dialect. The result is checked by `decodeEvent` in the worker, not here: the tag stays small.
 */
import type { EventItem } from '../../shared/data/events.ts'

/** What a dialect noticed. The tag adds who noticed it; the worker decides whether it is an event. */
export interface Noticed {
  id: string
  time: number
  name: string
  items?: Partial<EventItem>[]
  currency?: string
  transaction_id?: string
  coupon?: string
  search_term?: string
  text?: string
  value?: number
  rating?: number
  personalise?: boolean
  remember?: boolean
  contribute?: boolean
}

type Fields = Record<string, unknown>

const CATEGORY_LEVELS = ['item_category', 'item_category2', 'item_category3', 'item_category4', 'item_category5']
/** GA4's limit; a longer list loses its end, not the event. */
const MAX_ITEMS = 200

const TEXTS = ['currency', 'transaction_id', 'coupon', 'search_term', 'text'] as const
const NUMBERS = ['value', 'rating'] as const
const FLAGS = ['personalise', 'remember', 'contribute'] as const

/** Only what we name is taken: pages push callbacks and elements beside their items, which no worker can be sent. */
export function noticed(name: string, parameters: unknown, now = Date.now()): Noticed {
  const given = isFields(parameters) ? parameters : {}
  const event: Noticed = { id: toText(given.id) ?? crypto.randomUUID(), time: toNumber(given.time) ?? now, name }
  for (const field of TEXTS) if (field in given) event[field] = toText(given[field])
  for (const field of NUMBERS) if (field in given) event[field] = toNumber(given[field])
  for (const field of FLAGS) if (typeof given[field] === 'boolean') event[field] = given[field]
  if (Array.isArray(given.items)) {
    event.items = given.items
      .slice(0, MAX_ITEMS)
      .filter(isFields)
      .map((item) => toItem(item, given))
      .filter((item) => item.item_id !== undefined)
  }
  return event
}

function toItem(item: Fields, event: Fields): Partial<EventItem> {
  const levels = CATEGORY_LEVELS.map((level) => toText(item[level])).filter((level) => level !== undefined)
  return {
    item_id: toText(item.item_id ?? item.id),
    item_name: toText(item.item_name ?? item.name),
    item_brand: toText(item.item_brand ?? item.brand),
    item_category: levels.length > 0 ? levels.join(' > ') : toText(item.category),
    item_variant: toText(item.item_variant ?? item.variant),
    price: toNumber(item.price),
    quantity: toNumber(item.quantity),
    index: toNumber(item.index ?? item.position),
    item_list_id: toText(item.item_list_id ?? event.item_list_id),
    rec_id: toText(item.rec_id),
    placement: toText(item.placement),
  }
}

/** Ids are often numbers in a page and text in a feed; they must meet as text. Empty is absent. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What is no number is absent, so that a price "on request" does not cost the event. */
function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
