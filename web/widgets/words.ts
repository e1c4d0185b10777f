/** What a shelf says, in the languages it speaks. Titles come from the catalogue. */
import { CATEGORY_SEPARATOR, type ContentKind } from '../../shared/data/catalog.ts'
import type { ShelfKind } from '../../shared/data/shelf-kinds.ts'
import type { Reason } from '../protocol.ts'

export interface Words {
  headings: Record<ShelfKind, string>
  reason(reason: Reason): string
  dismiss(title: string): string
  dismissed(title: string): string
  undo: string
  was(price: string): string
  kinds: Record<ContentKind, string>
}

const ENGLISH: Words = {
  headings: {
    'for-you': 'For you',
    related: 'Similar to this',
    'bought-together': 'Often bought together',
    'buy-again': 'Buy again',
    trending: 'Popular now',
    discover: 'Something different',
    'win-back': 'Welcome back',
  },
  reason(reason) {
    switch (reason.code) {
      case 'viewed':
        return `Because you looked at ${reason.title}`
      case 'carted':
        return `Because ${reason.title} is in your cart`
      case 'bought':
        return `Because you bought ${reason.title}`
      case 'wished':
        return `Because you saved ${reason.title}`
      case 'searched':
        return `Because you searched for “${reason.query}”`
      case 'bought-together':
        return `Often bought with ${reason.title}`
      case 'chosen-after':
        return `Others went from ${reason.title} to this`
      case 'similar':
        return `Similar to ${reason.title}`
      case 'buy-again':
        return reason.times > 1 ? `You bought this ${reason.times} times` : 'You bought this before'
      case 'trending':
        return 'Popular now'
      case 'chosen':
        return 'Because of what you chose'
      case 'others-go-on':
        return `Others who like ${lastOf(reason.from)} come here too`
      case 'new-to-you':
        return `New to you: ${lastOf(reason.category)}`
    }
  },
  dismiss: (title) => `Not interested in ${title}`,
  dismissed: (title) => `${title} will not be shown again.`,
  undo: 'Undo',
  was: (price) => `was ${price}`,
  kinds: { guide: 'Guide', video: 'Video' },
}

const CHINESE: Words = {
  headings: {
    'for-you': '为你推荐',
    related: '相似商品',
    'bought-together': '经常一起购买',
    'buy-again': '再次购买',
    trending: '热门商品',
    discover: '换换口味',
    'win-back': '欢迎回来',
  },
  reason(reason) {
    switch (reason.code) {
      case 'viewed':
        return `因为你看过“${reason.title}”`
      case 'carted':
        return `因为“${reason.title}”在你的购物车里`
      case 'bought':
        return `因为你买过“${reason.title}”`
      case 'wished':
        return `因为你收藏了“${reason.title}”`
      case 'searched':
        return `因为你搜索过“${reason.query}”`
      case 'bought-together':
        return `常与“${reason.title}”一起购买`
      case 'chosen-after':
        return `看过“${reason.title}”的人接着选了它`
      case 'similar':
        return `与“${reason.title}”相似`
      case 'buy-again':
        return reason.times > 1 ? `你买过 ${reason.times} 次` : '你以前买过'
      case 'trending':
        return '热门商品'
      case 'chosen':
        return '根据你的选择'
      case 'others-go-on':
        return `喜欢“${lastOf(reason.from)}”的人也来这里`
      case 'new-to-you':
        return `对你来说是新的：“${lastOf(reason.category)}”`
    }
  },
  dismiss: (title) => `对“${title}”不感兴趣`,
  dismissed: (title) => `不再显示“${title}”。`,
  undo: '撤销',
  was: (price) => `原价 ${price}`,
  kinds: { guide: '指南', video: '视频' },
}

const lastOf = (category: string) => category.split(CATEGORY_SEPARATOR).at(-1)

/** @param language BCP 47 */
export function wordsIn(language: string): Words {
  return language.toLowerCase().startsWith('zh') ? CHINESE : ENGLISH
}
