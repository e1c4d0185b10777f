/** Does it understand the shop? The catalogue, what the page says of itself, events, shelves. */
import type { Check } from './checklist.ts'
import type { Evidence, PageReading } from './evidence.ts'
import { counted } from './installation-checks.ts'

type IdSource = 'attributes' | 'dataLayer' | 'JSON-LD' | 'Open Graph' | 'events'
/** Where a page's product ids decide what is recommended; elsewhere a page may well use other numbers. */
const DECIDING: IdSource[] = ['attributes', 'dataLayer', 'events']

export function checkCatalogue({ page, history, status, edgeReading }: Evidence): Check | undefined {
  if (!page || !status) return undefined
  const base = { id: 'catalogue', title: 'Catalogue' }
  const items = edgeReading?.items
  if (!items) {
    if (status.bundle.version === 0) return undefined
    const found = `${counted(status.bundle.items, 'item')}; their ids could not be read from the edge`
    return { ...base, state: 'warn', found, remedy: 'see "Edge" and "Bundle"' }
  }
  const known = new Set(items.map(({ id }) => id))
  const bySource = new Map<IdSource, Set<string>>([
    ['attributes', idSet(page.attributes.map(({ item }) => item))],
    ['dataLayer', idSet(page.dataLayer.events.flatMap(({ name, ids }) => (isShopEvent(name) ? ids : [])))],
    ['JSON-LD', idSet(page.jsonLd.products.map(({ id }) => id))],
    ['Open Graph', idSet([page.openGraph.item])],
    ['events', idSet(history.flatMap(({ event }) => (event.items ?? []).map((item) => item.item_id)))],
  ])
  const details: string[] = []
  for (const [source, ids] of bySource) {
    const unknown = [...ids].filter((id) => !known.has(id))
    if (ids.size === 0) continue
    const which = unknown.length > 0 ? `; not ${unknown.slice(0, 5).map(quote).join(', ')}` : ''
    details.push(`${source}: ${ids.size - unknown.length} of ${ids.size} known${which}`)
  }
  const unite = (sources: IdSource[]) => new Set(sources.flatMap((source) => [...(bySource.get(source) ?? [])]))
  const all = unite([...bySource.keys()])
  const deciding = unite(DECIDING)
  const count = (ids: Set<string>) => [...ids].filter((id) => known.has(id)).length
  const size = counted(items.length, 'item')
  if (all.size === 0) {
    const remedy = 'verify a page that shows products: nothing can be compared here'
    return { ...base, state: 'warn', found: `${size} in the bundle; no product id on this page`, details, remedy }
  }
  const share = Math.floor((100 * count(all)) / all.size)
  const found = `${size} in the bundle, which knows ${count(all)} of the ${counted(all.size, 'product id')} of this page (${share} %)`
  const example = quote(items[0]?.id ?? '')
  if (deciding.size > 0 && count(deciding) === 0) {
    const remedy = `let the page say the ids of the catalogue that was imported, which look like ${example}`
    return { ...base, state: 'fail', found, details, remedy }
  }
  if (count(all) < all.size) {
    const remedy = `publish a bundle from a newer catalogue, or let the page say its ids, which look like ${example}`
    return { ...base, state: 'warn', found, details, remedy }
  }
  return { ...base, state: 'ok', found, details }
}

export function checkSemantics({ page, history }: Evidence): Check | undefined {
  if (!page) return undefined
  const { jsonLd, openGraph } = page
  const base = { id: 'semantics', title: 'Page semantics' }
  const isProductPage =
    jsonLd.types.includes('Product') ||
    openGraph.type === 'product' ||
    history.some(({ event }) => event.name === 'view_item')
  const lacking = ['Product', 'Offer', 'BreadcrumbList'].filter((type) => !has(jsonLd.types, type))
  const found = [
    jsonLd.types.length > 0 ? `JSON-LD ${jsonLd.types.join(', ')}` : 'no JSON-LD',
    openGraph.type ? `Open Graph ${openGraph.type}` : 'no Open Graph type',
  ].join('; ')
  if (jsonLd.errors.length > 0) {
    const remedy = 'mend the script of type application/ld+json: search engines cannot read it either'
    return { ...base, state: 'warn', found: `JSON-LD that is no JSON; ${found}`, details: jsonLd.errors, remedy }
  }
  if (isProductPage && lacking.length > 0) {
    const remedy = `add ${lacking.join(', ')} as JSON-LD, with the catalogue’s id as sku`
    return { ...base, state: 'warn', found, remedy }
  }
  return { ...base, state: 'ok', found: isProductPage ? found : `${found}; not a product page` }
}

function has(types: string[], wanted: string): boolean {
  return types.includes(wanted) || (wanted === 'Offer' && types.includes('AggregateOffer'))
}

export function checkEvents({ page, history, status }: Evidence): Check | undefined {
  if (!page || !status || status.failed) return undefined
  const { events } = status
  const base = { id: 'events', title: 'Events' }
  const details = [...describeEvents(history), describeDeclared(page)]
  const counts = ['call', 'attribute', 'datalayer', 'shelf'].map(
    (source) => `${source} ${events.bySource[source] ?? 0}`,
  )
  const found =
    `${events.total} (${counts.join(', ')}), ${events.rejected} rejected, ` +
    `${counted(events.unknownItems, 'item')} not in the bundle`
  if (events.rejected > 0) {
    const remedy = `mend what the page sends: ${events.lastRejection ?? 'it was no event'}`
    return { ...base, state: 'fail', found, details, remedy }
  }
  if (events.unknownItems > 0) {
    return { ...base, state: 'warn', found, details, remedy: 'see "Catalogue": these events recommend nothing' }
  }
  const own = history.filter(({ source }) => source !== 'shelf')
  if (own.length === 0) {
    const remedy = isProductPage(page)
      ? 'a product page tells its product: data-vitrine-event="view_item" data-vitrine-item="ID", a GA4 dataLayer, or vitrine("event", …)'
      : 'right for a page without products or a search; else add data-vitrine-event, a GA4 dataLayer, or vitrine("event", …)'
    return { ...base, state: 'warn', found, details, remedy }
  }
  if (isProductPage(page) && !own.some(({ event }) => event.name === 'view_item')) {
    const remedy = 'this page shows a product and tells no view_item: add one'
    return { ...base, state: 'warn', found, details, remedy }
  }
  return { ...base, state: 'ok', found, details }
}

function describeEvents(history: Evidence['history']): string[] {
  const lines = new Map<string, number>()
  for (const { event, source } of history) {
    const line = `${source}: ${event.name}`
    lines.set(line, (lines.get(line) ?? 0) + 1)
  }
  return [...lines].map(([line, times]) => `${line} ${times}`)
}

/** What two sources tell of one act is captured once, so that these may be more. */
function describeDeclared({ dataLayer, attributes }: PageReading): string {
  const told = dataLayer.events.filter(({ name }) => isShopEvent(name)).length
  const declared = attributes.filter(({ event }) => event !== undefined).length
  const layer = dataLayer.present ? `${counted(told, 'shop event')} in the dataLayer` : 'no dataLayer'
  return `in the page: ${layer}, ${counted(declared, 'element')} with data-vitrine-event`
}

/** Of the page's own words, not of what was captured. */
function isProductPage({ openGraph, jsonLd }: PageReading): boolean {
  return openGraph.type === 'product' || (jsonLd.types.includes('Product') && jsonLd.products.length === 1)
}

/** A layout shift is reported with the frame in which it happened; the shelf's change of size is observed in that frame. */
const SAME_FRAME_MS = 100
/** What Core Web Vitals call good is 0.1 for a whole page; a guest should take a tenth of that. */
const MAX_SHIFT = 0.01

export function checkShelves({ page, status }: Evidence): Check | undefined {
  if (!page) return undefined
  const base = { id: 'shelves', title: 'Shelves' }
  const { shelves, shifts, resizes } = page
  if (shelves.length === 0) {
    const remedy = 'to show suggestions: <vitrine-shelf kind="for-you"></vitrine-shelf>'
    return { ...base, state: 'ok', found: 'none on this page', ...(status ? { remedy } : {}) }
  }
  const details = shelves.map(
    ({ kind, state = 'not started', cards }) => `${kind}: ${state}, ${counted(cards, 'card')}`,
  )
  const shown = shelves.filter(({ state }) => state === 'ready').length
  const moved = shifts
    .filter(({ time }) => resizes.some((resize) => Math.abs(resize.time - time) < SAME_FRAME_MS))
    .reduce((sum, { value }) => sum + value, 0)
  const total = shifts.reduce((sum, { value }) => sum + value, 0)
  const found =
    `${shown} of ${shelves.length} shown; layout shift with a shelf’s change of size ${moved.toFixed(3)}, ` +
    `of the whole page ${total.toFixed(3)}`
  const waiting = shelves.filter(({ state }) => state === undefined || state === 'loading').length
  if (waiting > 0) {
    const remedy = status ? 'see "Content-Security-Policy" and "Bundle"' : 'see "Script tag"'
    return { ...base, state: 'fail', found, details, remedy }
  }
  if (moved > MAX_SHIFT) {
    const remedy = 'keep room in the shop’s own style sheet: vitrine-shelf { display: block; min-block-size: 22.5em }'
    return { ...base, state: 'warn', found, details, remedy }
  }
  if (shown === 0) {
    const remedy = 'no suggestion for a new shopper: kinds for-you and trending have some as soon as there is a bundle'
    return { ...base, state: 'warn', found, details, remedy }
  }
  return { ...base, state: 'ok', found, details }
}

/** A dataLayer also carries page views and consent. */
function isShopEvent(name: string | undefined): boolean {
  return (
    name !== undefined && /^(view_|select_item|add_to_|remove_from_|begin_checkout|purchase|refund|search$)/.test(name)
  )
}

function idSet(ids: (string | undefined)[]): Set<string> {
  return new Set(ids.filter((id) => id !== undefined))
}

function quote(id: string): string {
  return `"${id.length > 40 ? `${id.slice(0, 40)}…` : id}"`
}
