/**
 * The words that product titles are composed of, in English and Chinese. In both languages the order is
 * adjective, material, noun, colour: "Speckled stoneware mug, sage", "斑点釉粗陶马克杯 鼠尾草绿".
 */

/** The same word in both languages. */
export interface Words {
  en: string
  zh: string
}

/** What a pattern can be put on: ceramic, glass, textile, hard (wood, metal, wicker) or paper. */
export type Surface = 'ceramic' | 'glass' | 'textile' | 'hard' | 'paper'

export interface Style extends Words {
  id: string
  adjectives: (Words & { surfaces: Surface[] })[]
  /** A sentence or two about the look, for descriptions. */
  sentences: Words[]
}

const EVERY: Surface[] = ['ceramic', 'glass', 'textile', 'hard', 'paper']
const SOFT: Surface[] = ['ceramic', 'textile', 'paper']
const PRINTED: Surface[] = ['ceramic', 'glass', 'textile', 'paper']

const words = (en: string, zh: string): Words => ({ en, zh })
const adjective = (en: string, zh: string, surfaces: Surface[] = EVERY) => ({ en, zh, surfaces })

export const STYLES: Style[] = [
  {
    id: 'nordic',
    ...words('Nordic', '北欧风'),
    adjectives: [
      adjective('Nordic', '北欧风'),
      adjective('Ribbed', '竖纹', ['ceramic', 'glass', 'textile']),
      adjective('Two-tone', '双色', ['ceramic', 'textile', 'hard', 'paper']),
    ],
    sentences: [
      words('Clean lines and quiet colours, for a calm room.', '线条利落，色调安静，让房间更显从容。'),
      words('A simple northern shape that goes with what you already have.', '简洁的北欧造型，与家中物件百搭。'),
    ],
  },
  {
    id: 'vintage',
    ...words('Vintage', '复古'),
    adjectives: [
      adjective('Vintage', '复古'),
      adjective('Scalloped', '花边', ['ceramic', 'textile', 'paper']),
      adjective('Rose-print', '玫瑰印花', SOFT),
      adjective('Filigree', '镂花', ['hard']),
    ],
    sentences: [
      words('It has the charm of a lucky find at a Sunday market.', '仿佛周日集市上淘来的心头好。'),
      words('Inspired by a pattern from the nineteen-fifties.', '图案灵感来自上世纪五十年代。'),
    ],
  },
  {
    id: 'rustic',
    ...words('Rustic', '乡村'),
    adjectives: [
      adjective('Rustic', '乡村风'),
      adjective('Speckled', '斑点釉', ['ceramic']),
      adjective('Hand-finished', '手工打磨', ['hard']),
      adjective('Gingham', '格纹', ['textile', 'paper']),
      adjective('Bubble', '气泡', ['glass']),
    ],
    sentences: [
      words(
        'Small irregularities are part of its character: no two are alike.',
        '细微的不规则正是它的个性，每一件都独一无二。',
      ),
      words('An honest, sturdy piece for every day.', '朴实耐用，天天都能用上。'),
    ],
  },
  {
    id: 'botanical',
    ...words('Botanical', '植物'),
    adjectives: [
      adjective('Botanical', '植物图案', PRINTED),
      adjective('Fern', '蕨叶'),
      adjective('Wildflower', '野花', SOFT),
    ],
    sentences: [
      words('Drawn from leaves and flowers found along a country lane.', '图样取自乡间小路旁的花叶。'),
      words('Brings a little of the garden indoors.', '把一点花园的气息带进屋里。'),
    ],
  },
  {
    id: 'modern',
    ...words('Modern', '现代'),
    adjectives: [
      adjective('Matte', '哑光', ['ceramic', 'hard', 'paper']),
      adjective('Geometric', '几何'),
      adjective('Minimal', '极简'),
    ],
    sentences: [
      words('Pared back to what it needs and nothing more.', '去繁就简，只留下需要的部分。'),
      words('A crisp shape that looks good from every side.', '轮廓干净，从哪个角度看都好看。'),
    ],
  },
  {
    id: 'coastal',
    ...words('Coastal', '海岸'),
    adjectives: [
      adjective('Striped', '条纹', PRINTED),
      adjective('Coastal', '海岸风'),
      adjective('Seashell', '贝壳', SOFT),
    ],
    sentences: [
      words('Fresh as a morning by the sea.', '清新得像海边的早晨。'),
      words('Salt air, faded stripes and long afternoons.', '海风、褪色的条纹和悠长的午后。'),
    ],
  },
  {
    id: 'playful',
    ...words('Playful', '童趣'),
    adjectives: [
      adjective('Polka-dot', '波点', PRINTED),
      adjective('Star', '星星'),
      adjective('Heart', '爱心'),
      adjective('Woodland', '森林动物', ['ceramic', 'textile', 'paper', 'hard']),
    ],
    sentences: [
      words('It makes people smile, children and grown-ups alike.', '大人孩子看了都会微笑。'),
      words('A cheerful pattern for grey days.', '欢快的图案，点亮阴天。'),
    ],
  },
  {
    id: 'eastern',
    ...words('Eastern', '东方'),
    adjectives: [
      adjective('Wave-pattern', '海波纹', SOFT),
      adjective('Crane', '仙鹤', PRINTED),
      adjective('Bamboo-leaf', '竹叶', PRINTED),
      adjective('Lattice', '窗格', ['hard', 'glass']),
    ],
    sentences: [
      words('A traditional motif, drawn with a light hand.', '传统纹样，笔触轻盈。'),
      words('Quiet and balanced, made for slow evenings.', '宁静而平衡，适合慢下来的夜晚。'),
    ],
  },
]

/** Of each shade, the words and nothing else: the picture finds its paint by the same words. */
export const COLOURS: Record<string, Words> = {
  sage: words('sage', '鼠尾草绿'),
  navy: words('navy', '藏青'),
  cream: words('cream', '奶油白'),
  terracotta: words('terracotta', '陶土红'),
  mustard: words('mustard', '芥末黄'),
  blush: words('blush', '浅粉'),
  charcoal: words('charcoal', '炭灰'),
  sky: words('sky blue', '天蓝'),
  white: words('white', '白色'),
  black: words('black', '黑色'),
  red: words('red', '红色'),
  forest: words('forest green', '墨绿'),
  lilac: words('lilac', '丁香紫'),
  teal: words('teal', '青绿'),
  grey: words('grey', '灰色'),
  natural: words('natural', '原色'),
  walnut: words('walnut', '胡桃色'),
  gold: words('gold', '金色'),
  silver: words('silver', '银色'),
  copper: words('copper', '铜色'),
  clear: words('clear', '透明'),
  amber: words('amber', '琥珀色'),
  rose: words('rose', '玫瑰粉'),
}

/** Which colours a kind of goods comes in. */
export const PALETTES = {
  glaze: ['sage', 'navy', 'cream', 'terracotta', 'mustard', 'blush', 'charcoal', 'sky', 'white', 'teal'],
  cloth: [
    'sage',
    'navy',
    'cream',
    'terracotta',
    'mustard',
    'blush',
    'charcoal',
    'sky',
    'red',
    'forest',
    'lilac',
    'grey',
  ],
  wood: ['natural', 'walnut', 'white', 'black', 'sage', 'grey'],
  metal: ['black', 'gold', 'silver', 'copper', 'white', 'forest', 'cream'],
  glass: ['clear', 'amber', 'sage', 'rose', 'sky', 'charcoal'],
  paper: ['cream', 'red', 'forest', 'navy', 'blush', 'mustard', 'sky', 'lilac', 'gold'],
  bright: ['red', 'sky', 'mustard', 'sage', 'lilac', 'rose', 'teal', 'cream'],
  festive: ['red', 'forest', 'gold', 'silver', 'white', 'rose', 'clear'],
  gem: ['teal', 'navy', 'black', 'rose', 'forest', 'white'],
  woven: ['natural', 'white', 'grey', 'black', 'sage'],
} as const
export type Palette = keyof typeof PALETTES

export interface Material extends Words {
  surface: Surface
  care: Words
}

const material = (en: string, zh: string, surface: Surface, careEn: string, careZh: string): Material => ({
  en,
  zh,
  surface,
  care: words(careEn, careZh),
})
const DISHWASHER = ['Safe in the dishwasher and the microwave.', '可放入洗碗机和微波炉。'] as const
const WIPE = ['Wipe clean with a damp cloth.', '用湿布擦拭即可。'] as const
const HAND_WASH = ['Wash by hand in warm water.', '请用温水手洗。'] as const
const WOOD_CARE = ['Wipe with a damp cloth and oil now and then.', '用湿布擦净，偶尔上油保养。'] as const
const MACHINE = ['Machine wash at 30 °C.', '可30℃机洗。'] as const
const GENTLE = ['Wash by hand and dry flat.', '请手洗后平铺晾干。'] as const
const DRY = ['Dust with a soft, dry cloth.', '用柔软的干布除尘。'] as const
const PAPER_CARE = ['Printed on sturdy paper; recycle it when you are done.', '厚实纸张印制，用后可回收。'] as const

export const MATERIALS: Record<string, Material> = {
  stoneware: material('stoneware', '粗陶', 'ceramic', ...DISHWASHER),
  porcelain: material('porcelain', '白瓷', 'ceramic', ...DISHWASHER),
  boneChina: material('bone china', '骨瓷', 'ceramic', ...HAND_WASH),
  ceramic: material('ceramic', '陶瓷', 'ceramic', ...WIPE),
  terracottaClay: material('clay', '陶土', 'ceramic', ...WIPE),
  enamel: material('enamel', '搪瓷', 'ceramic', ...HAND_WASH),
  glass: material('glass', '玻璃', 'glass', ...HAND_WASH),
  recycledGlass: material('recycled glass', '再生玻璃', 'glass', ...HAND_WASH),
  oak: material('oak', '橡木', 'hard', ...WOOD_CARE),
  beech: material('beech', '榉木', 'hard', ...WOOD_CARE),
  bamboo: material('bamboo', '竹制', 'hard', ...WOOD_CARE),
  acacia: material('acacia', '相思木', 'hard', ...WOOD_CARE),
  wood: material('wooden', '木质', 'hard', ...WIPE),
  steel: material('steel', '不锈钢', 'hard', ...HAND_WASH),
  brass: material('brass', '黄铜', 'hard', ...DRY),
  iron: material('iron', '铁艺', 'hard', ...DRY),
  zinc: material('zinc', '镀锌', 'hard', ...WIPE),
  tin: material('tin', '马口铁', 'hard', ...WIPE),
  wicker: material('wicker', '柳编', 'hard', ...WIPE),
  rattan: material('rattan', '藤编', 'hard', ...DRY),
  seagrass: material('seagrass', '海草编', 'hard', ...DRY),
  slate: material('slate', '石板', 'hard', ...WIPE),
  resin: material('resin', '树脂', 'hard', ...DRY),
  cotton: material('cotton', '纯棉', 'textile', ...MACHINE),
  organicCotton: material('organic cotton', '有机棉', 'textile', ...MACHINE),
  linen: material('linen', '亚麻', 'textile', ...MACHINE),
  wool: material('wool', '羊毛', 'textile', ...GENTLE),
  lambswool: material('lambswool', '羔羊毛', 'textile', ...GENTLE),
  velvet: material('velvet', '丝绒', 'textile', ...GENTLE),
  felt: material('felt', '毛毡', 'textile', ...GENTLE),
  canvas: material('canvas', '帆布', 'textile', ...GENTLE),
  jute: material('jute', '黄麻', 'textile', ...DRY),
  coir: material('coir', '椰棕', 'textile', 'Shake out and brush dry.', '抖落灰尘，用干刷清理。'),
  plush: material('plush', '毛绒', 'textile', ...GENTLE),
  leather: material('leather', '皮革', 'textile', ...DRY),
  paper: material('paper', '纸质', 'paper', ...PAPER_CARE),
  recycledPaper: material('recycled paper', '再生纸', 'paper', ...PAPER_CARE),
  card: material('card', '卡纸', 'paper', ...PAPER_CARE),
  sterling: material('sterling silver', '纯银', 'hard', ...DRY),
  goldPlated: material('gold-plated', '镀金', 'hard', ...DRY),
}
