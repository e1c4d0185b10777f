/** What the elements for questions, offers and taste say, in the languages they speak. */
import type { PriceLevel } from '../../shared/profile/taste-start.ts'
import type { CouponReason } from '../../shared/service/coupons.ts'
import { formatPrice } from '../widgets/card.ts'
import { lastPart } from './words.ts'

type RangedFact = Extract<CouponReason, { fact: unknown }>['fact']
/** A bound of a fact in words; empty where it says nothing. */
type Bounds = Record<RangedFact, (value: number, money: (amount: number) => string) => string>

interface ReasonWords {
  stages: Record<Extract<CouponReason, { code: 'stage' }>['stages'][number], string>
  or: string
  atLeast: Bounds
  atMost: Bounds
  interest(category: string): string
}

export interface ElementWords {
  /** BCP 47 */
  language: string
  askTitle: string
  askLabel: string
  askButton: string
  asking: string
  askNote: string
  tryThese: string
  source(question: string): string
  sure(confidence: number): string
  unanswered: string
  contact: string
  offersTitle: string
  offersNote: string
  until(time: number): string
  because(reasons: readonly CouponReason[], currency: string | undefined): string
  reveal: string
  revealNamed(title: string): string
  revealing: string
  notRevealed: string
  code: string
  copy: string
  copyNamed(code: string): string
  copied: string
  tasteTitle: string
  tasteNote: string
  progress(step: number, steps: number): string
  taste: Record<'departments' | 'prices' | 'styles', string>
  prices: Record<PriceLevel, string>
  skip: string
  next: string
  done: string
  skipAll: string
  thanks: string
  skipped: string
}

/** Nobody is wholly sure. */
const percent = (confidence: number) => `${Math.min(99, Math.round(100 * confidence))}\u00a0%`
/** The last day, where it ends with that day. */
function lastMoment(until: number, locale: string): string {
  const last = new Date(until)
  const wholeDay = last.getHours() + last.getMinutes() === 0
  if (wholeDay) last.setTime(until - 1)
  return last.toLocaleString(locale, { dateStyle: 'long', timeStyle: wholeDay ? undefined : 'short' })
}
const times = (n: number, unit: string) => `${n} ${unit}${n === 1 ? '' : 's'}`

const ENGLISH_REASONS: ReasonWords = {
  stages: {
    new: 'you are new here',
    active: 'you come here regularly',
    'high-value': 'you are among those who buy most',
    cooling: 'you have been away for a while',
    lost: 'you have been away for a while',
  },
  or: ' or ',
  atLeast: {
    orders: (n) => (n > 1 ? `you have ordered at least ${n} times` : n > 0 ? 'you have ordered before' : ''),
    spent: (amount, money) => `you have spent at least ${money(amount)} here`,
    daysSinceOrder: (n) => `your last order was at least ${times(n, 'day')} ago`,
    cartValue: (amount, money) => `your cart is worth at least ${money(amount)}`,
  },
  atMost: {
    orders: (n) => (n < 1 ? 'you have not ordered yet' : `you have ordered at most ${times(n, 'time')}`),
    spent: (amount, money) => `you have spent no more than ${money(amount)} here`,
    daysSinceOrder: (n) => `you ordered within the last ${times(n, 'day')}`,
    cartValue: (amount, money) => `your cart is worth no more than ${money(amount)}`,
  },
  interest: (category) => `you look at ${category}`,
}

const CHINESE_REASONS: ReasonWords = {
  stages: {
    new: '您是新来的',
    active: '您常来',
    'high-value': '您属于购买最多的顾客',
    cooling: '您有一阵子没来了',
    lost: '您有一阵子没来了',
  },
  or: '或',
  atLeast: {
    orders: (n) => (n > 0 ? `您下过至少 ${n} 个订单` : ''),
    spent: (amount, money) => `您在这里消费满 ${money(amount)}`,
    daysSinceOrder: (n) => `距您上次下单至少 ${n} 天`,
    cartValue: (amount, money) => `您的购物车满 ${money(amount)}`,
  },
  atMost: {
    orders: (n) => (n < 1 ? '您还没有下过单' : `您下过的订单不超过 ${n} 个`),
    spent: (amount, money) => `您在这里消费不超过 ${money(amount)}`,
    daysSinceOrder: (n) => `您在最近 ${n} 天内下过单`,
    cartValue: (amount, money) => `您的购物车不超过 ${money(amount)}`,
  },
  interest: (category) => `您常看“${category}”`,
}

/** Why a coupon is to be had, each reason once: two stages may read the same. */
function reasonsIn(
  reasons: readonly CouponReason[],
  { stages, or, atLeast, atMost, interest }: ReasonWords,
  money: (amount: number) => string,
): string[] {
  return reasons
    .map((reason): string => {
      switch (reason.code) {
        case 'stage':
          return [...new Set(reason.stages.map((stage) => stages[stage]))].join(or)
        case 'at-least':
          return atLeast[reason.fact](reason.value, money)
        case 'at-most':
          return atMost[reason.fact](reason.value, money)
        case 'interest':
          return interest(lastPart(reason.category))
        default: // what keeps a coupon from being offered
          return ''
      }
    })
    .filter((text) => text !== '')
}

const ENGLISH: ElementWords = {
  language: 'en',
  askTitle: 'Questions',
  askLabel: 'Ask the shop',
  askButton: 'Ask',
  asking: 'Looking through the shop’s answers…',
  askNote: 'Your question stays on this device: it is answered here, from the shop’s own answers.',
  tryThese: 'Often asked',
  source: (question) => `From the shop’s answers: ${question}`,
  sure: (confidence) => `About ${percent(confidence)} sure`,
  unanswered: 'The shop’s answers do not say. Better ask a person.',
  contact: 'Contact the shop',
  offersTitle: 'Your offers',
  offersNote: 'Found on this device. The shop learns of it when you use the code.',
  until: (time) => `Until ${lastMoment(time, 'en-GB')}`,
  because(reasons, currency) {
    const said = reasonsIn(reasons, ENGLISH_REASONS, (amount) => formatPrice(amount, currency, 'en-GB'))
    if (said.length === 0) return 'For everyone.'
    return `You have it because ${new Intl.ListFormat('en-GB', { type: 'conjunction' }).format(said)}.`
  },
  reveal: 'Show code',
  revealNamed: (title) => `Show code: ${title}`,
  revealing: 'Opening…',
  notRevealed: 'The code could not be opened.',
  code: 'Code',
  copy: 'Copy',
  copyNamed: (code) => `Copy code ${code}`,
  copied: 'Copied',
  tasteTitle: 'New here? Say what you like',
  tasteNote: 'Your answers stay on this device, and the suggestions follow them at once.',
  progress: (step, steps) => `${step} of ${steps}`,
  taste: {
    departments: 'What are you here for?',
    prices: 'Which prices suit you?',
    styles: 'What do you like the look of?',
  },
  prices: { low: 'Less expensive', middle: 'In between', high: 'More expensive' },
  skip: 'Skip this',
  next: 'Next',
  done: 'Done',
  skipAll: 'Skip all',
  thanks: 'Thank you. The suggestions follow what you chose; you can change it where it says what is remembered.',
  skipped: 'Skipped. The suggestions will follow what you look at.',
}

const CHINESE: ElementWords = {
  language: 'zh',
  askTitle: '问题',
  askLabel: '向本店提问',
  askButton: '提问',
  asking: '正在查找本店的解答……',
  askNote: '您的问题留在本设备上：依据本店自己的解答，在这里回答。',
  tryThese: '常见问题',
  source: (question) => `来自本店的解答：${question}`,
  sure: (confidence) => `把握约 ${percent(confidence)}`,
  unanswered: '本店的解答中没有提到，最好问问客服。',
  contact: '联系本店',
  offersTitle: '您的优惠',
  offersNote: '在本设备上选出。您使用优惠码时，本店才会得知。',
  until: (time) => `有效期至 ${lastMoment(time, 'zh-CN')}`,
  because(reasons, currency) {
    const said = reasonsIn(reasons, CHINESE_REASONS, (amount) => formatPrice(amount, currency, 'zh-CN'))
    return said.length === 0 ? '人人可用。' : `您获得它，是因为${said.join('，')}。`
  },
  reveal: '显示优惠码',
  revealNamed: (title) => `显示优惠码：${title}`,
  revealing: '正在打开……',
  notRevealed: '优惠码未能打开。',
  code: '优惠码',
  copy: '复制',
  copyNamed: (code) => `复制优惠码 ${code}`,
  copied: '已复制',
  tasteTitle: '第一次来？说说您的喜好',
  tasteNote: '您的回答留在本设备上，推荐会立刻跟着变化。',
  progress: (step, steps) => `第 ${step} 题，共 ${steps} 题`,
  taste: { departments: '您想看什么？', prices: '什么价位适合您？', styles: '您喜欢什么样子？' },
  prices: { low: '较便宜', middle: '中等', high: '较贵' },
  skip: '跳过此题',
  next: '下一题',
  done: '完成',
  skipAll: '全部跳过',
  thanks: '谢谢。推荐会依据您的选择；您可以在“记住了什么”处更改。',
  skipped: '已跳过。推荐会依据您看过的商品。',
}

export function elementWordsIn(language: string): ElementWords {
  return language.toLowerCase().startsWith('zh') ? CHINESE : ENGLISH
}
