/** What a bundle of the small shop (`edge.ts`) knows of shoppers: brands, styles and prices of its items, and two kinds of shopper. */
import { quantiseRows } from '../../shared/model/quantise.ts'
import { encodeProfileChunk } from '../../shared/profile/profile-chunk.ts'
import { encodeSegments } from '../../shared/profile/segments.ts'
import { PRODUCTS } from './edge.ts'

export const PROFILE = encodeProfileChunk({
  items: PRODUCTS.map((_, n) => ({
    brand: n % 2 ? 'Lumen' : 'Plain',
    traits: [`style: ${n % 4 < 2 ? 'Modern' : 'Rustic'}`],
    priceLevel: n % 3 ? 0.8 : -0.8,
  })),
  usage: { highSpend: 100, orderGapDays: 60, orderValue: 20 },
  priceBands: { low: -0.5, high: 0.5 },
  companions: new Map(),
  heads: {},
})

export const SEGMENTS = encodeSegments({
  categories: ['Home > Light', 'Home > Table'],
  usual: Float32Array.of(0.5, 0.5),
  centroids: quantiseRows(Float32Array.of(1, 0, 0, 1), 2),
  names: [
    { en: 'Lamps first', zh: '爱灯' },
    { en: 'Table first', zh: '爱餐桌' },
  ],
})
