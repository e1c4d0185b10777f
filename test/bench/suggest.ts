/**
 * What a keystroke costs: suggestions for every beginning of two hundred titles and queries, in English and Chinese, over ten
 * thousand products with titles in both. Of each the quickest of five: the slowest say what else the machine was doing.
 *
 *     npm run bench -- suggest --json
 */
import { seeded } from '../../shared/data/random.ts'
import { viewOf } from '../../shared/model/chunks.ts'
import { suggest, suggestionIndex } from '../../shared/search/suggestions.ts'
import { madeUpHistories } from './catalogue.ts'
import { quantile, type Row, rounded } from './row.ts'

const ITEMS = 10_000
const CHINESE = [
  '搪瓷',
  '编织',
  '马克杯',
  '台灯',
  '鼠尾草绿',
  '炭灰',
  '手工',
  '复古',
  '花瓶',
  '托盘',
  '毛巾',
  '蜡烛',
  '大号',
  '靛蓝',
]

export async function bench(): Promise<Row[]> {
  const random = seeded('suggest')
  const views = madeUpHistories(ITEMS).items.map((product) => ({
    ...viewOf(product),
    titles: { zh: [random.pick(CHINESE), random.pick(CHINESE), random.pick(CHINESE)].join('') },
  }))
  const popularQueries = views.slice(0, 500).map(({ title }) => title.split(',')[0])
  const began = performance.now()
  const index = suggestionIndex(views, { popularQueries })
  const buildMs = performance.now() - began
  const recent = views.slice(500, 600).map(({ title }) => title.split(',')[0])
  const scores = Float32Array.from(views, () => random.next())
  return (['en', 'zh'] as const).map((language) => {
    const texts = Array.from({ length: 100 }, () => random.pick(views)).map(({ title, titles }) =>
      language === 'en' ? title : titles.zh,
    )
    const typed = texts.flatMap((text) => [...text].map((_, n) => text.slice(0, n + 1)))
    const times = typed.map((text) =>
      Math.min(
        ...Array.from({ length: 5 }, () => {
          const start = performance.now()
          suggest(index, text, { recent, scores, language, limit: 8 })
          return performance.now() - start
        }),
      ),
    )
    return {
      language,
      products: ITEMS,
      keystrokes: times.length,
      'median ms': rounded(quantile(times, 0.5)),
      'p95 ms': rounded(quantile(times, 0.95)),
      'slowest ms': rounded(quantile(times, 1)),
      'index ms, once': Math.round(buildMs),
      terms: index.byTitle.terms.length,
    }
  })
}
