/**
 * What to call a segment, in words of the shop's own: the categories that set it apart most, and the habit that does, where one
 * does clearly.
 *
 *     "Mugs & cups, Teapots · dear things"        "马克杯与茶杯、茶壶 · 偏好高价"
 */
import { CATEGORY_SEPARATOR, type Product } from '../../shared/data/catalog.ts'
import type { Memory } from '../../shared/profile/memory.ts'
import { meanLevel } from '../../shared/profile/prices.ts'

const CATEGORIES = 2
/** Standard deviations between a segment's mean and everyone's, from which a habit is worth a word. */
const CLEAR = 0.35

type Words = Record<'en' | 'zh', string>
interface Habit {
  of(memory: Memory): number
  more: Words
  less: Words
}

const HABITS: Habit[] = [
  {
    of: ({ prices }) => meanLevel(prices.looked, 10),
    more: { en: 'dear things', zh: '偏好高价' },
    less: { en: 'low prices', zh: '偏好低价' },
  },
  {
    of: ({ visits }) => Math.log(visits?.count ?? 1),
    more: { en: 'come often', zh: '常来' },
    less: { en: 'come seldom', zh: '不常来' },
  },
  {
    of: ({ visits }) => (visits?.orders.length ?? 0) / ((visits?.count ?? 0) + 2),
    more: { en: 'buy readily', zh: '下单爽快' },
    less: { en: 'look more than they buy', zh: '看得多买得少' },
  },
  {
    of: ({ visits }) => visits?.orders.filter(({ coupon }) => coupon).length ?? 0,
    more: { en: 'use coupons', zh: '常用优惠券' },
    less: { en: 'no coupons', zh: '不用优惠券' },
  },
]

/**
 * (segments) names, no two alike while categories last.
 * @param shares (members) of (categories)
 * @param segmentOf (members)
 */
export function segmentNames(
  products: readonly Product[],
  categories: readonly string[],
  shares: readonly Float64Array[],
  members: readonly { memory: Memory }[],
  segmentOf: Int32Array,
  segments: number,
): Words[] {
  const labels = labelsOf(products)
  const habits = habitsOf(members, segmentOf, segments)
  const usual = meanOf(shares, () => true, categories.length)
  const taken = new Set<string>()
  return Array.from({ length: segments }, (_, segment) => {
    const own = meanOf(shares, (n) => segmentOf[n] === segment, categories.length)
    const apart = [...categories.keys()]
      .map((column) => ({ column, weight: own[column] * Math.log((own[column] + 1e-9) / (usual[column] + 1e-9)) }))
      .sort((a, b) => b.weight - a.weight)
      .map(({ column }) => labels.get(categories[column]) as Words)
    let count = CATEGORIES
    while (count < apart.length && taken.has(phrase(apart.slice(0, count), habits[segment]).en)) count++
    const name = phrase(apart.slice(0, count), habits[segment])
    taken.add(name.en)
    return name
  })
}

function phrase(categories: readonly Words[], habit: Words | undefined): Words {
  const end = (language: 'en' | 'zh') => (habit ? ` · ${habit[language]}` : '')
  return {
    en: categories.map(({ en }) => en).join(', ') + end('en'),
    zh: categories.map(({ zh }) => zh).join('、') + end('zh'),
  }
}

/** By full path, the last part of it as the shop writes it; where a language has none, in the language that has. */
function labelsOf(products: readonly Product[]): Map<string, Words> {
  const labels = new Map<string, Words>()
  for (const { category, translations, language = 'en' } of products) {
    const path = category.join(CATEGORY_SEPARATOR)
    if (labels.has(path) || category.length === 0) continue
    const own = category[category.length - 1]
    const other = (tag: 'en' | 'zh') => translations?.[tag]?.category?.at(-1)
    labels.set(path, {
      en: language.startsWith('en') ? own : (other('en') ?? own),
      zh: language.startsWith('zh') ? own : (other('zh') ?? own),
    })
  }
  return labels
}

/** (segments) the habit in which each differs most, if clearly. */
function habitsOf(members: readonly { memory: Memory }[], segmentOf: Int32Array, segments: number) {
  const strongest = new Array<{ apart: number; words: Words } | undefined>(segments)
  for (const { of, more, less } of HABITS) {
    const values = members.map(({ memory }) => of(memory))
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
    if (deviation === 0) continue
    for (let segment = 0; segment < segments; segment++) {
      const own = values.filter((_, n) => segmentOf[n] === segment)
      const apart = (own.reduce((sum, value) => sum + value, 0) / own.length - mean) / deviation
      if (Math.abs(apart) > Math.max(CLEAR, strongest[segment]?.apart ?? 0)) {
        strongest[segment] = { apart: Math.abs(apart), words: apart > 0 ? more : less }
      }
    }
  }
  return strongest.map((found) => found?.words)
}

function meanOf(rows: readonly Float64Array[], isOwn: (n: number) => boolean, width: number): Float64Array {
  const mean = new Float64Array(width)
  let count = 0
  rows.forEach((row, n) => {
    if (!isOwn(n)) return
    count++
    row.forEach((value, column) => {
      mean[column] += value
    })
  })
  return mean.map((value) => value / Math.max(1, count))
}
