import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../../shared/data/events.ts'
import type { ItemView } from '../../../shared/model/chunks.ts'
import { recentQueries, suggest, suggestionIndex } from '../../../shared/search/suggestions.ts'

const view = (id: string, title: string, category: string, zh?: string): ItemView => ({
  id,
  title,
  ...(zh ? { titles: { zh } } : {}),
  category,
  picture: '',
  available: true,
})
const VIEWS = [
  view('a', 'Enamel mug', 'Kitchen > Mugs & cups', '搪瓷马克杯'),
  view('b', 'Tall mug', 'Kitchen > Mugs & cups', '高马克杯'),
  view('c', 'Mug tree', 'Kitchen > Storage', '杯架'),
  view('d', 'Candle', 'Light', '蜡烛'),
  { ...view('e', 'Best mug', 'Kitchen > Mugs & cups'), available: false },
]
const SERVICE = {
  popularQueries: ['mug', 'mug tree', 'music box', '马克杯'],
  labelNames: { 'Kitchen > Mugs & cups': { zh: '马克杯与茶杯' }, Light: { zh: '照明' } },
}
const index = suggestionIndex(VIEWS, SERVICE)
const typing = { recent: [], scores: [0.1, 0.5, 0.3, 0.9, 9], language: 'en', limit: 8 }
const brief = (found: ReturnType<typeof suggest>) => found.map(({ source, text }) => `${source}: ${text}`)

describe('suggestions', () => {
  it('come from the shopper, from others, from categories and products, in this order', () => {
    expect(brief(suggest(index, 'mu', { ...typing, recent: ['mustard', 'vase', 'Mug'] }))).toEqual([
      'recent: mustard',
      'recent: Mug',
      'popular: mug tree',
      'popular: music box',
      'categories: Mugs & cups',
      'products: Tall mug',
      'products: Mug tree',
      'products: Enamel mug',
    ])
  })

  it('in Chinese, are found by characters and named in Chinese', () => {
    expect(brief(suggest(index, '克杯', { ...typing, language: 'zh-CN' }))).toEqual([
      'popular: 马克杯',
      'categories: 马克杯与茶杯',
      'products: 高马克杯',
      'products: 搪瓷马克杯',
    ])
  })

  it('say which item and which category they lead to', () => {
    const found = suggest(index, 'mug t', typing)
    expect(found).toContainEqual({ source: 'products', text: 'Mug tree', itemId: 'c' })
    expect(suggest(index, 'ligh', { ...typing, language: 'zh' })).toContainEqual({
      source: 'categories',
      text: '照明',
      category: 'Light',
    })
  })

  it('before anything is typed, are queries alone, of others in the page’s language', () => {
    expect(brief(suggest(index, ' ', { ...typing, recent: ['vase'] }))).toEqual([
      'recent: vase',
      'popular: mug',
      'popular: mug tree',
      'popular: music box',
    ])
    expect(brief(suggest(index, '', { ...typing, language: 'zh' }))).toEqual(['popular: 马克杯'])
  })

  it('never offer what is typed already, nor one query twice', () => {
    const found = brief(
      suggest(index, 'mug tree', { ...typing, recent: ['Mug-Tree', 'mug  tree small', 'MUG TREE SMALL'] }),
    )
    expect(found).toEqual(['recent: mug  tree small', 'products: Mug tree'])
  })

  it('are no more than asked for, and as many as there are', () => {
    const typed = fc.constantFrom('', 'm', 'mu', 'mug', '杯', 'x', 'k', 'Mug tree')
    fc.assert(
      fc.property(
        typed,
        fc.integer({ min: 0, max: 12 }),
        fc.subarray(['mug', 'mugs', 'x', '杯子']),
        (typed, limit, recent) => {
          const all = suggest(index, typed, { ...typing, recent, limit: 100 })
          const found = suggest(index, typed, { ...typing, recent, limit })
          expect(found).toHaveLength(Math.min(limit, all.length))
          for (const suggestion of found) expect(all).toContainEqual(suggestion)
        },
      ),
    )
  })

  it('put what is sold out last, however well it scores', () => {
    expect(brief(suggest(index, 'mug', { ...typing, limit: 100 })).at(-1)).toBe('products: Best mug')
  })

  it('of an empty shop are none', () => {
    expect(suggest(suggestionIndex([]), 'mug', typing)).toEqual([])
  })
})

describe('recent queries', () => {
  it('are the shopper’s own, newest first, each once', () => {
    const search = (time: number, search_term: string): ShopEvent => ({
      id: `${time}`,
      time,
      name: 'search',
      search_term,
    })
    const events = [search(3, 'Mug'), search(1, 'vase'), search(2, ' mug '), search(4, '…')]
    expect(recentQueries([...events, { id: 'v', time: 5, name: 'view_item', items: [{ item_id: 'a' }] }])).toEqual([
      'Mug',
      'vase',
    ])
  })
})
