/** What the demo shop's server tells its pages: the catalogue once, which model is in use now and then, what a coupon is worth. */
import type { Product } from './catalog.ts'

/** `GET /shop/status` */
export interface ShopStatus {
  name: string
  /** Products and shoppers were made by the simulator. */
  simulated: boolean
  /** Rules alone; rules while the network trains behind them; the network swapped in. */
  phase: 'rules' | 'training' | 'ready'
  /** Of the bundle that the edge serves now. */
  version: number
  /** Of the training, 0 to 1. */
  progress: number
  /** For people: "epoch 3 of 12", or why training stopped. May be empty. */
  message: string
}

/** A product with its pictures on the shop's own pages. */
export interface StorefrontProduct extends Product {
  /** How to draw it (`picture.ts`), for products without a photograph and photographs that do not load. */
  picture: string
  /** The name of a local photograph under /shop/pictures/. */
  thumbnail?: string
}

/** `GET /shop/catalog.json` */
export interface StorefrontCatalog {
  name: string
  simulated: boolean
  /** ISO 4217, for products that name none. */
  currency?: string
  /** BCP 47. */
  languages: string[]
  products: StorefrontProduct[]
}

/** `GET /shop/coupons/:code`: what the code of a coupon takes off an order. `null` where the code is not good, or no longer. */
export interface Reduction {
  code: string
  /** By BCP 47. */
  title: Record<string, string>
  /** What is in the cart must be worth this. */
  cartValue: number
  firstOrder: boolean
  off: { kind: 'amount'; amount: number } | { kind: 'share'; share: number } | { kind: 'delivery' }
}

/** Where the shop shows an item. Ids hold anything, so they are one encoded segment. */
export function productPath(itemId: string): string {
  return `/p/${encodeURIComponent(itemId)}`
}
