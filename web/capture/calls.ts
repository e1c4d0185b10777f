/**
 * The calls dialect: what a page says outright.
 *
 *     vitrine('event', 'view_item', { items: [{ item_id: '85123A', price: 2.55 }] })
 *     vitrine('event', { id: '8d3f…', name: 'search', search_term: 'lantern' })
 *
 * A name that is no event's is not swallowed: the worker counts it as rejected, and an installation check shows why.
 */
import { isFields, type Noticed, noticed } from './event.ts'

export function readCall(nameOrEvent: unknown, parameters?: unknown): Noticed {
  if (isFields(nameOrEvent)) return noticed(String(nameOrEvent.name), nameOrEvent)
  return noticed(String(nameOrEvent), parameters)
}
