/** What the sample shop offers, from when it is opened: one for who is new, one for who comes back, one for a liking. */
import type { Reduction } from '../../shared/data/storefront.ts'
import type { WrittenCoupons } from '../../shared/service/coupons.ts'

export const SAMPLE_CONTACT = 'mailto:help@shop.example'

const DAY_MS = 86_400_000
/** And the rest of the last day, by the clock of who serves the shop. */
const LASTS_DAYS = 60

export function sampleCoupons(now: number): WrittenCoupons {
  const from = new Date(now - DAY_MS).toISOString()
  const until = new Date(new Date(now + LASTS_DAYS * DAY_MS).setHours(24, 0, 0, 0)).toISOString()
  return {
    format: 'vitrine-coupons/1',
    coupons: [
      {
        id: 'first-order',
        title: { en: '£5 off your first order over £25', zh: '首单满25英镑减5英镑' },
        from,
        until,
        when: { orders: { max: 0 }, cartValue: { min: 25 } },
        code: 'HELLO5',
      },
      {
        id: 'come-back',
        title: { en: '10% off: welcome back', zh: '欢迎回来，享九折' },
        from,
        until,
        when: { stages: ['cooling', 'lost'], orders: { min: 1 } },
        code: 'AGAIN10',
      },
      {
        id: 'kitchen-lovers',
        title: { en: 'Free delivery for who likes to cook', zh: '爱下厨，免运费' },
        from,
        until,
        when: { interest: { category: 'Kitchen & dining', share: 0.3 }, cartValue: { min: 15 } },
        code: 'KITCHEN',
      },
    ],
  }
}

/** By id of the coupon. */
const OFF: Record<string, Reduction['off']> = {
  'first-order': { kind: 'amount', amount: 5 },
  'come-back': { kind: 'share', share: 0.1 },
  'kitchen-lovers': { kind: 'delivery' },
}

/** What a code takes off, as the shop's server knows it: whom a coupon is for is the device's to say. */
export function redeem({ coupons }: WrittenCoupons, code: string, now: number): Reduction | undefined {
  const coupon = coupons.find((each) => each.code === code.trim().toUpperCase())
  if (!coupon || now < Date.parse(coupon.from) || now >= Date.parse(coupon.until)) return undefined
  const { title, when } = coupon
  return {
    code: coupon.code,
    title,
    cartValue: when.cartValue?.min ?? 0,
    firstOrder: when.orders?.max === 0,
    off: OFF[coupon.id],
  }
}
