/**
 * What a review speaks of: its clauses, and the aspects that each names, by a small lexicon in English and Chinese. Offsets
 * are of the text as it was written, in UTF-16 code units, so that a page can quote what it shows; nothing is taken out.
 *
 *     "Lovely colour, but the fabric is thin."  →  "Lovely colour" (looks), "but the fabric is thin" (quality)
 */

export const ASPECTS = ['quality', 'fit', 'price', 'delivery', 'service', 'looks', 'performance'] as const
export type Aspect = (typeof ASPECTS)[number]

export interface Span {
  start: number
  end: number
}

/** English by whole words, a "-" for any ending; Chinese wherever it stands. */
const WORDS: Record<Aspect, [english: string, chinese: string]> = {
  quality: [
    'quality material- fabric- cloth textile- craftsmanship workmanship made stitch- seam- thread- durab- sturd- flims- ' +
      'broke broken breaks defect- faulty fell apart washed washing shrink- shrank shrunk pill pills pilling pilled thin ' +
      'thick itch- scratchy soft softness wool cotton silk polyester linen lining crack- leak- ripped rips tore torn hole ' +
      'holes fade- fading genuine fake counterfeit fresh rotten mould- mold- unravel-',
    '质量 材质 面料 布料 料子 用料 做工 质感 品质 质地 手感 掉色 褪色 起球 缩水 线头 开线 破了 破损 破洞 坏了 坏的 坏掉 损坏 烂了 烂的 很烂 太烂 腐烂 正品 假货 真货 新鲜 耐用 结实 瑕疵 印刷 纸张',
  ],
  fit: [
    'size sizes sized sizing fit fits fitted fitting tight- loose- snug- baggy boxy small smaller large larger big bigger ' +
      'huge tiny long longer short shorter length waist- hip hips bust chest shoulder- sleeve- petite narrow wide roomy',
    '尺码 尺寸 大小 码数 均码 一码 合身 合适 偏大 偏小 太大 太小 大了 小了 太紧 偏紧 很紧 点紧 宽松 太长 太短 长短 显瘦 偏肥 太肥 肥大',
  ],
  price: [
    'price- pricing pricey cost costs costly expensive cheap cheaper cheaply value worth money afford- bargain deal sale ' +
      'discount- dollar- overpriced',
    '性价比 价格 价钱 价位 便宜 太贵 很贵 真贵 偏贵 点贵 不贵 贵了 实惠 划算 物有所值 超值 不值 值得 降价 涨价 优惠 块钱 花钱',
  ],
  delivery: [
    'deliver- ship shipped shipping shipment- arriv- packag- packed packing courier- parcel- postage tracking',
    '物流 快递 发货 送货 包装 配送 到货 运输 送到 邮寄 快件 收货',
  ],
  service: [
    'service staff support seller- refund- return returned returning exchange- reply replied rude helpful warranty ' +
      'receptionist- salesperson',
    '客服 服务(?!器) 态度 售后 店家 卖家 商家 老板 退货 换货 退款 退换 前台 保修 安装师傅',
  ],
  looks: [
    'color- colour- style- stylish look looks looked looking beautiful- pretty cute gorgeous design- pattern- print ' +
      'prints flatter- unflattering ugly elegant fashion- appearance',
    '颜色 色差 款式 样式 外观 外形 好看 漂亮 难看 设计 时尚 丑 美观 样子',
  ],
  performance: [
    'comfort- uncomfort- comfy battery screen- fast slow slowly speed perform- work works worked working function- ' +
      'easy tast- smell- flavour- flavor- noisy loud quiet crash- freez-',
    '舒服 舒适 速度 系统 屏幕 电池 运行 死机 卡顿 好用 难用 效果 口感 味道 好吃 难吃 不甜 很甜 气味 香味 功能 性能 声音 信号 反应慢 反应快 反应迟 加热 噪音',
  ],
}

const PATTERNS = ASPECTS.map((aspect) => {
  const [english, chinese] = WORDS[aspect].map((words) => words.split(' '))
  const words = english.map((word) => word.replace(/-$/, '[a-z]*')).join('|')
  return { aspect, pattern: new RegExp(`(?<![a-z])(?:${words})(?![a-z])|${chinese.join('|')}`, 'i') }
})

const HAN = '\\p{Script=Han}'
/** A number's point and a list's "、" do not end a clause; a word that turns the sense begins one. */
const BREAKS = new RegExp(
  `[!?;。！？；，…\\n]+|(?<!\\d)[.,:]|[.,:](?!\\d)|(?<=${HAN})\\s+` +
    // Tried once for each run of spaces, from its start: from each of them it would take the square of the time.
    `|(?<!\\s)\\s+(?=${HAN}|(?:but|however|although|though|except|yet)\\s)|(?=(?<![不非])但|不过|可是|然而)`,
  'giu',
)
const ONE_WORD = /^\s*[\p{Script=Latin}\p{M}'’-]+$/u

/** In order, without the space around them; none is empty, none overlaps another. */
export function clausesOf(text: string): Span[] {
  const spans: Span[] = []
  let from = 0
  for (const { 0: found, index } of [...text.matchAll(BREAKS), { 0: '', index: text.length }]) {
    const clause = text.slice(from, index)
    // "Colour, fit and price are right": the first of a list says nothing by itself.
    if (found === ',' && ONE_WORD.test(clause)) continue
    const start = from + clause.length - clause.trimStart().length
    const end = from + clause.trimEnd().length
    if (end > start) spans.push({ start, end })
    from = index + found.length
  }
  return spans
}

/** In the order of `ASPECTS`. */
export function aspectsOf(clause: string): Aspect[] {
  return PATTERNS.filter(({ pattern }) => pattern.test(clause)).map(({ aspect }) => aspect)
}
