/**
 * The dataLayer dialect: what the shop already tells Google's tags, in both shapes.
 *
 *     dataLayer.push({ event: 'view_item', ecommerce: { currency: 'GBP', items: [{ item_id: '85123A' }] } })
 *     dataLayer.push({ ecommerce: null })                                     the reset between events
 *     gtag('event', 'add_to_cart', { items: [{ item_id: '85123A' }] })        an arguments object in the same array
 *     gtag('consent', 'update', { personalization_storage: 'granted' })
 *
 * https://developers.google.com/analytics/devguides/collection/ga4/ecommerce
 * https://developers.google.com/tag-platform/security/guides/consent
 */
import { isFields, type Noticed, noticed } from './event.ts'

/** Of all that passes through a dataLayer, what a shopper does with items. */
const OURS =
  /^(view_item_list|select_item|view_item|(add_to|remove_from)_(cart|wishlist)|share|view_cart|begin_checkout|purchase|refund|search|view_search_results)$/

export interface DataLayerSink {
  onEvent(event: Noticed): void
  /** The shop's consent banner has decided whether this shopper may be remembered on their own device. */
  onRemember(granted: boolean): void
}

export function createDataLayerReader(sink: DataLayerSink): (entry: unknown) => void {
  /** GTM keeps `ecommerce` until it is reset, so an event may follow its items in a later push. */
  let ecommerce: Record<string, unknown> = {}
  let currency: unknown

  const onEvent = (name: unknown, parameters: Record<string, unknown>) => {
    if (typeof name !== 'string' || !OURS.test(name)) return
    if (name === 'share') {
      // Of anything, and named among the event's own fields.
      if (parameters.content_type !== 'product' || !parameters.item_id) return
      parameters = { items: [parameters] }
    }
    sink.onEvent(noticed(name, currency === undefined ? parameters : { currency, ...parameters }))
  }

  return (entry) => {
    if (isTuple(entry)) {
      const [command, subject, parameters] = Array.from(entry)
      const fields = isFields(parameters) ? parameters : {}
      if (command === 'event') onEvent(subject, fields)
      if (command === 'set' && isFields(subject)) currency = subject.currency ?? currency
      if (command === 'consent') readConsent(subject, fields, sink)
    } else if (isFields(entry)) {
      if (entry.ecommerce === null) ecommerce = {}
      if (isFields(entry.ecommerce)) ecommerce = entry.ecommerce
      const { event, ecommerce: _, 'gtm.uniqueEventId': __, ...flat } = entry
      // A search has no items of its own here; those left from the last event are not what was found.
      const isSearch = event === 'search' || event === 'view_search_results'
      onEvent(event, isSearch && !isFields(entry.ecommerce) ? flat : { ...flat, ...ecommerce })
    }
  }
}

/**
 * 'default' says what holds before the shopper is asked, on every page again: a denied default is no decision, and must
 * not delete what an earlier 'update' allowed to be kept. Defaults for some regions only are not ours to judge.
 */
function readConsent(kind: unknown, states: Record<string, unknown>, sink: DataLayerSink): void {
  const decided = [states.personalization_storage, states.functionality_storage].filter((state) => state !== undefined)
  if (decided.length === 0) return
  const granted = decided.includes('granted')
  if (kind === 'update' || (kind === 'default' && granted && !states.region)) sink.onRemember(granted)
}

/**
 * Reads the array's backlog and everything pushed from now on. The wrapper calls through first, with the caller's own
 * `this` and result, and lets nothing of ours out: the shop's tags must not notice us.
 * @param isHooked arrays already wrapped, because pages replace `dataLayer` after we have seen it
 */
export function hookDataLayer(layer: unknown, isHooked: WeakSet<object>, read: (entry: unknown) => void): void {
  if (!Array.isArray(layer) || isHooked.has(layer)) return
  isHooked.add(layer)
  const quietly = (entry: unknown) => {
    try {
      read(entry)
    } catch {
      // An exotic entry (a getter that throws, a revoked proxy) is nothing we could have understood.
    }
  }
  for (const entry of [...layer]) quietly(entry)
  const push = layer.push
  layer.push = function (this: unknown[], ...entries: unknown[]) {
    const length = push.apply(this, entries)
    for (const entry of entries) quietly(entry)
    return length
  }
}

function isTuple(entry: unknown): entry is ArrayLike<unknown> {
  return Array.isArray(entry) || Object.prototype.toString.call(entry) === '[object Arguments]'
}
