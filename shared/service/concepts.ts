/**
 * What questions to a shop are about, by small lists of words in English and Chinese: "my package has not come" and
 * "我的快递怎么还没到" share no word with "Where is my order?", but they share what is meant. The lists are of shops in general
 * and name nothing that one shop sells.
 *
 * English by whole words, a "-" for any ending, "_" for a space; Chinese wherever it stands.
 */

const WORDS = {
  delivery: [
    'deliver- ship ships shipping shipped shipment- post postage parcel- package packages packed courier- dispatch- arriv- ' +
      'send sends sending travel- journey transport-',
    '快递 物流 配送 送货 发货 发出 送到 运费 运输 邮费 邮寄 包邮 免邮 寄到 寄往 怎么寄 发到 能到',
  ],
  order: ['order- purchase-', '订单 下单 下的单'],
  whereabouts: [
    'track- where_is where’s where_are status not_come not_arrived not_received hasn’t never_came nothing_has_arrived lost ' +
      'missing yet late delayed stuck',
    '到哪 在哪里 在哪儿 还没到 没收到 未收到 没到 没有到 没更新 不更新 不动 查物流 查一下 跟踪 追踪 丢了 丢件',
  ],
  duration: [
    'how_long how_soon how_many_days how_quick- when days_until same_day next_day today tomorrow morning',
    '多久 几天 多少天 什么时候 何时 多长时间 今天 明天 当天 次日 几点',
  ],
  fee: [
    'cost- how_much charge- fee fees free price-',
    '多少钱 运费 邮费 快递费 包邮 免邮 免运 免费 费用 加钱 收费 价格',
  ],
  abroad: [
    'abroad overseas international- country countries foreign europe america usa us states canada china japan singapore ' +
      'korea australia germany france italy spain ireland india outside_the_uk',
    '国外 海外 国际 境外 出国 欧洲 美国 加拿大 中国 日本 新加坡 韩国 澳大利亚 德国 法国 意大利 西班牙 香港 台湾',
  ],
  return: [
    'return returns returned returning send_it_back send_this_back sent_it_back send_back give_it_back bring_back ' +
      'change_my_mind changed_my_mind',
    '退货 退回 退掉 可以退 能退 想退 要退 不想要 买错 退换',
  ],
  refund: ['refund- money_back get_my_money reimburse-', '退款 退钱 退给我 退的钱 返还 到账'],
  exchange: [
    'exchange- swap- replace- instead different_colour different_size',
    '换货 换成 换颜色 换一 可以换 能换 调换',
  ],
  damaged: [
    'damage- broke broken crack- faulty fault defect- pieces smash- shatter- torn leak-',
    '破损 破了 碎了 碎 裂 坏了 损坏 瑕疵 摔坏 漏',
  ],
  payment: [
    'pay pays paying payment- card cards visa mastercard amex paypal alipay wechat klarna credit debit apple_pay google_pay',
    '付款 支付 付钱 微信 支付宝 信用卡 银行卡 刷卡 货到付款',
  ],
  coupon: [
    'coupon- discount_code discount_codes promo promotion- promo_code voucher_code code codes',
    '优惠码 优惠券 折扣码 券码 打折码 代金券',
  ],
  giftcard: ['gift_card- gift_voucher- gift_certificate- store_credit', '礼品卡 礼品券 购物卡 充值卡'],
  wrapping: ['wrap- gift_wrap- gift_box ribbon', '包装成 礼品包装 礼物包装 包起来 丝带 礼盒'],
  gift: ['gift gifts present presents surprise birthday', '礼物 送人 送礼 生日 惊喜'],
  message: [
    'message- note notes greeting- personal_note leave_the_price price_out receipt',
    '留言 祝福 写张 写一 附卡 贺卡 卡片 小票 价格单 不放价格',
  ],
  cleaning: [
    'wash washes washing washed dishwasher- clean- laundry machine microwave- soap stain-',
    '洗 清洁 机洗 手洗 微波炉 洗碗机 去渍',
  ],
  care: ['care caring look_after maintain- maintenance oil oiled polish-', '保养 打理 护理 养护 上油 清洁'],
  size: [
    'size sizes sizing fit fits measurement- how_big dimension- wear',
    '尺码 尺寸 多大 大小 码数 哪个号 选大 选小 穿 码',
  ],
  stock: [
    'stock in_stock restock- sold_out unavailable available availability back_in run_out more_of',
    '缺货 补货 有货 没货 无货 卖完 售罄 现货 到货 断货',
  ],
  baby: [
    'baby babies newborn- toddler- infant- from_birth child children kid kids',
    '婴儿 宝宝 新生儿 出生 儿童 孩子 小孩',
  ],
  safety: ['safe safety safely dangerous toxic choking small_parts suitable', '安全 适合 有毒 小零件 危险'],
  privacy: [
    'privacy data personal_data recommendation- recommend suggestion- browsing history cookie- collect remember know_what',
    '隐私 数据 推荐 记录 浏览 个人信息 收集 怎么知道',
  ],
  contact: [
    'contact phone telephone call email human person someone agent speak talk chat customer_service support opening_hours ' +
      'service_hours',
    '客服 人工 电话 联系 真人 转人 上班 在线服务',
  ],
  included: [
    'include- included comes_with come_with come_filled filled filling inside contain-',
    '包含 里面有 带不带 含 附带 内芯 枕芯',
  ],
  account: ['account- password log_in login sign_in sign_up register- username', '账号 账户 密码 登录 注册 会员'],
  cancel: ['cancel- unsubscribe', '取消 退订'],
} satisfies Record<string, [english: string, chinese: string]>

export type Concept = keyof typeof WORDS
const CONCEPTS = Object.keys(WORDS) as Concept[]

const PATTERNS = CONCEPTS.map((concept) => {
  const [english, chinese] = WORDS[concept].map((words) => words.split(' '))
  const words = english.map((word) => word.replaceAll('_', '\\s+').replace(/-$/, '[a-z]*')).join('|')
  return { concept, pattern: new RegExp(`(?<![a-z])(?:${words})(?![a-z])|${chinese.join('|')}`) }
})

/** In the order of the lists. */
export function conceptsOf(text: string): Concept[] {
  const plain = text.normalize('NFKC').toLowerCase().replaceAll("'", '’')
  return PATTERNS.filter(({ pattern }) => pattern.test(plain)).map(({ concept }) => concept)
}

/** What a question is for, as help desks sort them. */
export const INTENTS = ['order', 'return', 'delivery', 'size', 'stock', 'payment', 'other'] as const
export type Intent = (typeof INTENTS)[number]

/** The first that a question names decides: "I have not received my refund" is about a return, "code … order" about paying. */
const INTENT_OF: [intent: Intent, any: Concept[]][] = [
  ['other', ['account', 'cancel', 'giftcard', 'wrapping', 'message', 'privacy', 'cleaning', 'baby']],
  ['return', ['return', 'refund', 'exchange', 'damaged']],
  ['stock', ['stock']],
  ['payment', ['payment', 'coupon']],
  ['order', ['whereabouts']],
  ['delivery', ['delivery', 'abroad']],
  ['size', ['size', 'included']],
]

export function intentOf(concepts: readonly Concept[]): Intent {
  return INTENT_OF.find(([, any]) => any.some((concept) => concepts.includes(concept)))?.[0] ?? 'other'
}
