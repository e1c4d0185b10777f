/** What buyers write afterwards: aspect by aspect, in their own language, with a rating that follows what they felt. */
import type { Random } from '../../shared/data/random.ts'

export interface Opinion {
  /** 1 to 5. */
  rating: number
  text: string
}

export type Aspect = 'quality' | 'looks' | 'value' | 'delivery' | 'packaging'

type Phrases = { good: string[]; bad: string[] }

const OPENING: Record<'en' | 'zh', { good: string[]; mixed: string[]; bad: string[] }> = {
  en: {
    good: [
      'Very happy with this.',
      'Love it.',
      'Exactly what I was looking for.',
      'Would buy again.',
      'A lovely thing.',
      'Bought as a present and it went down very well.',
    ],
    mixed: ['It is all right.', 'Mixed feelings.', 'Not bad, not great.', 'Does the job.'],
    bad: ['Disappointed.', 'Would not buy again.', 'Not what I expected.', 'Sent it back.'],
  },
  zh: {
    good: ['非常满意。', '很喜欢！', '正是我想要的。', '会回购。', '真的很好看。', '送朋友的，对方很喜欢。'],
    mixed: ['还可以吧。', '一般般。', '不好不坏。', '能用。'],
    bad: ['有点失望。', '不会再买了。', '和想象的不一样。', '已经退货了。'],
  },
}

const ASPECTS: Record<'en' | 'zh', Record<Aspect, Phrases>> = {
  en: {
    quality: {
      good: [
        'Really well made.',
        'Solid and nicely finished.',
        'The quality is better than I expected.',
        'Feels as if it will last.',
      ],
      bad: [
        'It feels flimsy.',
        'It broke within a week.',
        'The finish is rough and there was a chip.',
        'Poor quality.',
      ],
    },
    looks: {
      good: [
        'The colour is even nicer in real life.',
        'It looks beautiful at home.',
        'Such a pretty pattern.',
        'Everyone asks where it is from.',
      ],
      bad: [
        'The colour is nothing like the photo.',
        'It looks cheap.',
        'The pattern is crooked.',
        'Duller than the picture.',
      ],
    },
    value: {
      good: ['Great value.', 'Worth every penny.', 'A fair price for what it is.'],
      bad: ['Too expensive for what it is.', 'Not worth the money.', 'I have seen the same for less.'],
    },
    delivery: {
      good: ['It arrived the next day.', 'Fast delivery.', 'Delivery was quick and friendly.'],
      bad: ['Delivery took two weeks.', 'It arrived late for the birthday.', 'The parcel went missing at first.'],
    },
    packaging: {
      good: ['Beautifully wrapped.', 'Well packed, nothing broken.', 'The box is pretty enough to keep.'],
      bad: ['The packaging was damaged.', 'Far too much plastic around it.', 'It came loose in a big box.'],
    },
  },
  zh: {
    quality: {
      good: ['做工很好。', '质量比想象的好。', '很结实，细节到位。', '手感不错，应该很耐用。'],
      bad: ['质量很差。', '用了一周就坏了。', '做工粗糙，还有磕碰。', '感觉很单薄。'],
    },
    looks: {
      good: ['颜色比照片还好看。', '放在家里很漂亮。', '图案很精致。', '大家都问在哪里买的。'],
      bad: ['颜色和图片差太多。', '看起来很廉价。', '图案印歪了。', '没有图片好看。'],
    },
    value: {
      good: ['性价比很高。', '物超所值。', '价格实惠。'],
      bad: ['太贵了，不值这个价。', '性价比低。', '别家更便宜。'],
    },
    delivery: {
      good: ['第二天就到了。', '物流很快。', '快递员态度很好。'],
      bad: ['物流太慢，等了两个星期。', '生日过了才送到。', '快递差点弄丢了。'],
    },
    packaging: {
      good: ['包装很精美。', '包装严实，没有破损。', '盒子漂亮得舍不得扔。'],
      bad: ['包装破了。', '塑料包装太多。', '盒子太大，东西在里面乱晃。'],
    },
  },
}

/** @param feelings how each aspect was felt, −1 (bad) to 1 (good); what the buyer did not notice is left out */
export function writeReview(random: Random, language: 'en' | 'zh', feelings: Partial<Record<Aspect, number>>): Opinion {
  const aspects = (Object.keys(feelings) as Aspect[]).filter((aspect) => feelings[aspect] !== undefined)
  const mean = aspects.reduce((sum, aspect) => sum + (feelings[aspect] ?? 0), 0) / Math.max(1, aspects.length)
  // One bad thing weighs more than several good ones; a neutral feeling gives between three and four stars.
  const worst = Math.min(0, ...aspects.map((aspect) => feelings[aspect] ?? 0))
  const rating = Math.min(5, Math.max(1, Math.round(4 + 2.4 * mean + 2.1 * worst + 0.3 * random.normal())))
  const mood = rating >= 4 ? 'good' : rating === 3 ? 'mixed' : 'bad'
  const strongest = random
    .shuffle([...aspects])
    .sort((a, b) => Math.abs(feelings[b] ?? 0) - Math.abs(feelings[a] ?? 0))
    .slice(0, 1 + random.int(3))
  const sentences = strongest.map((aspect) =>
    random.pick(ASPECTS[language][aspect][(feelings[aspect] ?? 0) >= 0 ? 'good' : 'bad']),
  )
  const opening = random.next() < 0.7 ? [random.pick(OPENING[language][mood])] : []
  return { rating, text: [...opening, ...sentences].join(language === 'en' ? ' ' : '') }
}
