/** Tags as a shopper reads them, in English and Chinese. "{}" stands for the label. */
import { CATEGORY_SEPARATOR } from '../data/catalog.ts'
import type { Tag, TagCode } from './tags.ts'

const WORDS: Record<TagCode, Record<'en' | 'zh', string>> = {
  'looks-at': { en: 'looks at {}', zh: '常看{}' },
  'likes-brand': { en: 'likes {}', zh: '喜欢{}' },
  'likes-trait': { en: 'drawn to {}', zh: '偏爱{}' },
  'looks-at-dear': { en: 'looks at the dearer ones', zh: '常看较贵的' },
  'looks-at-cheap': { en: 'looks at the cheaper ones', zh: '常看较便宜的' },
  compares: { en: 'compares before buying', zh: '货比三家才下单' },
  'waits-for-reductions': { en: 'waits for reductions', zh: '等降价再买' },
  'uses-coupons': { en: 'uses coupons', zh: '常用优惠券' },
  'buys-again': { en: 'buys the same again', zh: '会回购' },
  'sends-back': { en: 'sends things back', zh: '常退货' },
  'comes-in-the-evening': { en: 'comes in the evening', zh: '常在晚上来' },
  'comes-at-weekends': { en: 'comes at weekends', zh: '常在周末来' },
  'buys-in-month': { en: 'buys in {}', zh: '常在{}购买' },
}

/** @param labelIn the shop's own words for a label in that language, where it has them */
export function tagWords(
  { code, label }: Pick<Tag, 'code' | 'label'>,
  language: 'en' | 'zh',
  labelIn: (label: string) => string | undefined = () => undefined,
): string {
  if (label === undefined) return WORDS[code][language]
  return WORDS[code][language].replace('{}', () => (code === 'buys-in-month' ? month(label, language) : read(label)))
  function read(own: string): string {
    return labelIn(own) ?? (code === 'looks-at' ? (own.split(CATEGORY_SEPARATOR).at(-1) as string) : own)
  }
}

function month(label: string, language: 'en' | 'zh'): string {
  return new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' }).format(
    Date.UTC(2000, Number(label) - 1, 15),
  )
}
