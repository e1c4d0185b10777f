/** What files call the events, beside GA4's own names (RetailRocket, REES46, Taobao, YooChoose). */
import { EVENT_NAMES, type EventName } from '../../shared/data/events.ts'

const ALIASES: Record<string, EventName> = {
  view: 'view_item',
  pv: 'view_item',
  productview: 'view_item',
  detail: 'view_item',
  click: 'select_item',
  cart: 'add_to_cart',
  addtocart: 'add_to_cart',
  basket: 'add_to_cart',
  removefromcart: 'remove_from_cart',
  removefromwishlist: 'remove_from_wishlist',
  fav: 'add_to_wishlist',
  wishlist: 'add_to_wishlist',
  addtowishlist: 'add_to_wishlist',
  checkout: 'begin_checkout',
  buy: 'purchase',
  order: 'purchase',
  transaction: 'purchase',
  sale: 'purchase',
  return: 'refund',
}

export function eventName(stated: string): EventName | undefined {
  const known = EVENT_NAMES.find((name) => name === stated)
  // Reviews, questions and consents carry what a row of columns does not.
  if (known) return ['review', 'ask', 'consent'].includes(known) ? undefined : known
  return ALIASES[stated.toLowerCase().replace(/[\s_-]/g, '')]
}
