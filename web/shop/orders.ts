/** Cart lines and orders as values. The shop keeps them in its own localStorage, as shops do; Vitrine never reads it. */
import type { Reduction, StorefrontProduct } from '../../shared/data/storefront.ts'

export interface Line {
  itemId: string
  quantity: number
}

export interface Order {
  id: string
  /** Milliseconds since the epoch. */
  time: number
  lines: (Line & { title: string; price: number })[]
  shipping: number
  coupon?: { code: string; off: number }
  total: number
  currency?: string
}

export const MAX_QUANTITY = 99
export const SHIPPING = { standard: 3.5, express: 7.5 } as const
export type ShippingMethod = keyof typeof SHIPPING
/** Standard delivery is free from here. */
export const FREE_SHIPPING_FROM = 50

export function withAdded(lines: Line[], itemId: string, quantity: number): Line[] {
  const line = lines.find((each) => each.itemId === itemId)
  if (!line) return [...lines, { itemId, quantity: clamp(quantity) }]
  return withQuantity(lines, itemId, line.quantity + quantity)
}

/** 0 takes the line away. */
export function withQuantity(lines: Line[], itemId: string, quantity: number): Line[] {
  if (quantity <= 0) return lines.filter((line) => line.itemId !== itemId)
  return lines.map((line) => (line.itemId === itemId ? { ...line, quantity: clamp(quantity) } : line))
}

export function countOf(lines: Line[]): number {
  return lines.reduce((sum, line) => sum + line.quantity, 0)
}

/** In the catalogue's currency, rounded to hundredths: sums of prices carry binary dust. */
export function subtotalOf(lines: { product: StorefrontProduct; quantity: number }[]): number {
  return rounded(lines.reduce((sum, { product, quantity }) => sum + (product.price ?? 0) * quantity, 0))
}

export function shippingOf(subtotal: number, method: ShippingMethod, reduction?: Reduction): number {
  const isFree = subtotal >= FREE_SHIPPING_FROM || reduction?.off.kind === 'delivery'
  return method === 'standard' && isFree ? 0 : SHIPPING[method]
}

/** What a coupon takes off the products: never more than they cost, and nothing where it is for delivery. */
export function takenOff(subtotal: number, { off }: Reduction): number {
  if (off.kind === 'amount') return Math.min(off.amount, subtotal)
  return off.kind === 'share' ? rounded(off.share * subtotal) : 0
}

export function rounded(amount: number): number {
  return Math.round(amount * 100) / 100
}

function clamp(quantity: number): number {
  return Math.min(MAX_QUANTITY, Math.max(1, Math.round(quantity) || 1))
}

/** Short enough to read out: eight letters and digits without those that look alike. */
export function newOrderId(random: Uint8Array = crypto.getRandomValues(new Uint8Array(8))): string {
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
  return `D-${Array.from(random, (byte) => letters[byte % letters.length]).join('')}`
}
