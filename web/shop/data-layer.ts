/**
 * What a shop with Google Tag Manager already does: it pushes GA4 e-commerce events to `window.dataLayer`. Nothing here
 * knows of Vitrine, which reads the same events.
 * https://developers.google.com/analytics/devguides/collection/ga4/ecommerce
 */
import type { StorefrontProduct } from '../../shared/data/storefront.ts'
import { type Order, rounded } from './orders.ts'

/** Prices of one push share a currency; GA4 wants `currency` wherever there is a `value`. */
export interface Money {
  currency?: string
}
export type Bought = { product: StorefrontProduct; quantity: number }
export type ItemEvent =
  | 'view_item'
  | 'add_to_cart'
  | 'remove_from_cart'
  | 'add_to_wishlist'
  | 'remove_from_wishlist'
  | 'view_cart'
  | 'begin_checkout'

const MAX_LIST_ITEMS = 50 // what a screenful or two shows; GA4 refuses beyond 200

/** As GTM's own snippet does, in the head and before anything is pushed. */
export function createDataLayer(): unknown[] {
  if (!Array.isArray(window.dataLayer)) window.dataLayer = []
  return window.dataLayer as unknown[]
}

export function pushItems(event: ItemEvent, bought: Bought[], money: Money): void {
  const value = sum(bought)
  pushEcommerce(event, { ...money, value, items: bought.map(({ product, quantity }) => itemOf(product, quantity)) })
}

/** A list carries no more than what names each product and its place: lean, as lists are long. */
export function pushList(listId: string, listName: string, products: StorefrontProduct[]): void {
  if (products.length === 0) return
  const items = products.slice(0, MAX_LIST_ITEMS).map(({ item_id, title }, index) => ({
    item_id,
    item_name: title,
    index: index + 1,
  }))
  pushEcommerce('view_item_list', { item_list_id: listId, item_list_name: listName, items })
}

/** GA4's share names its item among its own fields. */
export function pushShare({ item_id }: StorefrontProduct): void {
  push({ event: 'share', method: 'link', content_type: 'product', item_id })
}

let searched = ''

/** Once: coming back to the same results is no new search. */
export function pushSearch(query: string): void {
  if (query === searched) return
  searched = query
  push({ event: 'search', search_term: query })
}

export function pushPurchase(order: Order, bought: Bought[]): void {
  pushEcommerce('purchase', {
    transaction_id: order.id,
    currency: order.currency,
    value: rounded(sum(bought) - (order.coupon?.off ?? 0)),
    shipping: order.shipping,
    coupon: order.coupon?.code,
    items: bought.map(({ product, quantity }) => itemOf(product, quantity)),
  })
}

function pushEcommerce(event: string, ecommerce: Record<string, unknown>): void {
  push({ ecommerce: null }) // GTM merges pushes: without this, items of an earlier event would stay
  push({ event, ecommerce: defined(ecommerce) })
}

function push(entry: Record<string, unknown>): void {
  createDataLayer().push(entry)
}

function itemOf(product: StorefrontProduct, quantity: number): Record<string, unknown> {
  const levels = product.category.slice(0, 5)
  const categories = levels.map((name, i) => [i === 0 ? 'item_category' : `item_category${i + 1}`, name])
  return defined({
    item_id: product.item_id,
    item_name: product.title,
    item_brand: product.brand,
    ...Object.fromEntries(categories),
    price: product.price,
    quantity,
  })
}

/** GA4's value: the sum of price × quantity, without shipping. */
function sum(bought: Bought[]): number {
  return rounded(bought.reduce((value, { product, quantity }) => value + (product.price ?? 0) * quantity, 0))
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
