/**
 * What a bundle of the small shop (`edge.ts`) knows of shoppers: brands, styles and prices of its items, two kinds of shopper,
 * and what visits begin with.
 */
import { quantiseRows } from '../../shared/model/quantise.ts'
import { encodeNextCategory } from '../../shared/profile/next-category.ts'
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

/** Once more of the same, by half. */
export const NEXT = encodeNextCategory({
  categories: ['Home > Light', 'Home > Table'],
  season: Float32Array.of(0.5, 0.5, 0),
  head: { beta: Float32Array.of(Math.log(2), 0, 0, 0, 0, 0, 0, 0), bias: new Float32Array(3) },
})
