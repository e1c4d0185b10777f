/** What buyers write afterwards: aspect by aspect, in their own language, with a rating that follows what they felt. */
import type { Random } from '../../shared/data/random.ts'

export interface Opinion {
  /** 1 to 5. */
  rating: number
  text: string
}

export type Aspect = 'quality' | 'looks' | 'value' | 'delivery' | 'packaging'

type Phrases = { good: string[]; bad: string[] }

/** "A {red,blue} mug" → "A red mug", "A blue mug": every sentence that the choices in braces make. */
function sentences(...patterns: string[]): string[] {
  return patterns.flatMap((pattern) => {
    const [, before, choices, after] = /^(.*?)\{(.*?)\}(.*)$/.exec(pattern) ?? []
    if (choices === undefined) return [pattern]
    return sentences(...choices.split(',').map((choice) => before + choice + after))
  })
}

const OPENING: Record<'en' | 'zh', { good: string[]; mixed: string[]; bad: string[] }> = {
  en: {
    good: sentences(
      '{Very,So} {happy,pleased} with {this,it}.',
      '{Love,I love,I really like} it.',
      'Exactly what I was looking for.',
      'Would {buy again,recommend it}.',
      'A {lovely,wonderful,great,beautiful} thing.',
      'Bought as a present and it went down very well.',
      '{Perfect,Great,Excellent,Wonderful}.',
    ),
    mixed: sentences(
      'It is {all right,fine,okay}.',
      'Mixed feelings.',
      'Not bad, not great.',
      'Does the job.',
      'Nothing special.',
    ),
    bad: sentences(
      '{Disappointed,Very disappointed,Disappointing,Terrible,Awful}.',
      'Would not {buy again,recommend it}.',
      'Not what I expected.',
      'Sent it back.',
      'I {do not like,hate,regret buying} it.',
    ),
  },
  zh: {
    good: sentences(
      '{非常,很,特别}满意。',
      '{很,真的很,非常}喜欢！',
      '正是我想要的。',
      '会回购。',
      '{真的很,非常}好看。',
      '送朋友的，对方很喜欢。',
      '{非常好,很棒,太好了,推荐购买}。',
    ),
    mixed: sentences('还可以吧。', '一般般。', '不好不坏。', '能用。', '没什么特别的。'),
    bad: sentences(
      '{有点,很}失望。',
      '不会再买了。',
      '和想象的不一样。',
      '已经退货了。',
      '{不推荐,很差,太差了,后悔买了}。',
    ),
  },
}

const ASPECTS: Record<'en' | 'zh', Record<Aspect, Phrases>> = {
  en: {
    quality: {
      good: sentences(
        '{Really,Very} {well made,solid,sturdy,nicely finished,comfortable}.',
        'It {is,feels} {very,really,so} {well made,solid,sturdy,soft,comfortable}.',
        'The {quality,material,workmanship,finish} is {great,good,excellent,lovely,perfect,better than I expected}.',
        'Feels as if it will last.',
        'It has held up {well,perfectly} so far.',
        'It {works,washes} {perfectly,very well}.',
        '{Good,Great,Excellent} quality.',
      ),
      bad: sentences(
        'It {is,feels} {flimsy,thin,badly made,poorly made,rough,uncomfortable}.',
        'It {broke,cracked,fell apart,chipped} {within a week,after two days,the first time I used it}.',
        'The {quality,material,workmanship,finish} is {poor,bad,terrible,awful,disappointing,worse than I expected}.',
        'Not {well made,solid,sturdy,good quality,comfortable}.',
        'It does not {work,last,hold up}.',
        'There was a {chip,crack,hole,scratch} in it.',
        'It {faded,shrank} in the wash.',
        '{Poor,Bad,Terrible} quality.',
      ),
    },
    looks: {
      good: sentences(
        'The {colour,pattern,design,shape} is {lovely,beautiful,gorgeous,so pretty,even nicer in real life}.',
        'It looks {beautiful,great,lovely,elegant,stylish} at home.',
        'Such a {pretty,lovely,beautiful} {pattern,colour,design}.',
        'Everyone asks where it is from.',
        'I {love,like} the {colour,look,design,style}.',
      ),
      bad: sentences(
        'The {colour,pattern,design} is {ugly,dull,nothing like the photo,disappointing,not as in the picture}.',
        'It looks {cheap,ugly,boring,dull}.',
        'The pattern is crooked.',
        'Duller than the picture.',
        'I {do not like,hate} the {colour,look,design,style}.',
        'Not {pretty,beautiful,as nice as the photo}.',
      ),
    },
    value: {
      good: sentences(
        '{Great,Good,Excellent} {value,price}.',
        'Worth {every penny,the money,it}.',
        'A {fair,good} price for what it is.',
        'A {bargain,great deal}.',
        'Cheaper than elsewhere and just as good.',
      ),
      bad: sentences(
        '{Too,Far too,Very} expensive for what it is.',
        'Not worth {the money,it,the price}.',
        'I have seen the same for less.',
        '{Overpriced,A waste of money}.',
        'The price is {too high,a joke}.',
      ),
    },
    delivery: {
      good: sentences(
        'It arrived {the next day,early,quickly,on time,sooner than promised}.',
        '{Fast,Quick,Prompt} {delivery,shipping}.',
        'Delivery was {quick and friendly,fast,very quick,perfect}.',
      ),
      bad: sentences(
        'Delivery {took two weeks,was slow,was late,took forever,was terrible}.',
        'It {arrived,came} {late,too late,two weeks late,late for the birthday}.',
        'The parcel {went missing at first,was left in the rain,was lost}.',
        '{Slow,Late} {delivery,shipping}.',
      ),
    },
    packaging: {
      good: sentences(
        'Beautifully {wrapped,packed}.',
        'Well packed, nothing broken.',
        '{Careful,Lovely,Good} packaging.',
        'The box is pretty enough to keep.',
        'It came {safely,well} packed.',
      ),
      bad: sentences(
        'The {packaging,box,parcel} was {damaged,torn,crushed,wet}.',
        'Far too much plastic around it.',
        '{Badly,Poorly} packed.',
        'It came loose in a big box.',
        'It arrived {damaged,broken,scratched}.',
      ),
    },
  },
  zh: {
    quality: {
      good: sentences(
        '{做工,质量,材质,手感}{很好,非常好,不错,特别好}。',
        '质量比想象的好。',
        '{很,非常}{结实,耐用,舒服}，细节到位。',
        '用起来很{舒服,方便,好用}。',
      ),
      bad: sentences(
        '{做工,质量,材质,手感}{很差,太差,不好,不行,一般}。',
        '用了{一周,两天,一次}就{坏了,裂了,掉漆了}。',
        '做工粗糙，还有{磕碰,划痕,破损}。',
        '感觉很{单薄,廉价,不结实}。',
        '{不结实,不耐用,不好用,不舒服}。',
      ),
    },
    looks: {
      good: sentences(
        '{颜色,图案,款式,设计}{很好看,很漂亮,很精致,比照片还好看}。',
        '放在家里{很,非常}{漂亮,好看}。',
        '大家都问在哪里买的。',
        '很喜欢这个{颜色,款式,设计}。',
      ),
      bad: sentences(
        '{颜色,图案,款式}{和图片差太多,很难看,不好看,太丑了}。',
        '看起来很{廉价,丑,旧}。',
        '图案印歪了。',
        '没有图片好看。',
        '不喜欢这个{颜色,款式,设计}。',
      ),
    },
    value: {
      good: sentences('性价比{很高,高,不错}。', '{物超所值,很划算,很值}。', '价格{实惠,便宜,合适}。'),
      bad: sentences('{太,有点}贵了，不值这个价。', '性价比{低,不高,太低}。', '别家更便宜。', '{不值,不划算}。'),
    },
    delivery: {
      good: sentences('第二天就到了。', '{物流,快递,发货}{很快,非常快,及时}。', '快递员态度{很好,不错}。'),
      bad: sentences(
        '{物流,快递,发货}{太慢,很慢}，等了两个星期。',
        '生日过了才送到。',
        '快递差点弄丢了。',
        '快递员态度{很差,不好}。',
      ),
    },
    packaging: {
      good: sentences('包装{很精美,很好,很用心,很漂亮}。', '包装严实，没有破损。', '盒子漂亮得舍不得扔。'),
      bad: sentences('{包装,盒子}{破了,坏了,很差,太简陋}。', '塑料包装太多。', '盒子太大，东西在里面乱晃。'),
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
  const opinions = strongest.map((aspect) =>
    random.pick(ASPECTS[language][aspect][(feelings[aspect] ?? 0) >= 0 ? 'good' : 'bad']),
  )
  const opening = random.next() < 0.7 ? [random.pick(OPENING[language][mood])] : []
  return { rating, text: [...opening, ...opinions].join(language === 'en' ? ' ' : '') }
}
