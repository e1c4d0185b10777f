/**
 * The sample shop's category tree: what each leaf sells, at what price, in which season, and what goes with it.
 * Nouns, flavours and sizes are written "English|中文|times the leaf's price|materials" (the last two may be left out).
 */
import type { Palette, Words } from './words.ts'

/** When a leaf sells best. */
export type Season = 'even' | 'christmas' | 'winter' | 'spring' | 'summer' | 'school' | 'valentine'

export interface Noun extends Words {
  priceFactor: number
  /** Keys of MATERIALS it is made of, where they differ from its leaf's; '-' is none worth naming. */
  materials?: string[]
}

export interface Leaf {
  id: string
  department: string
  /** From the root down, in both languages. */
  path: Words[]
  /** Usual price in pounds, and the standard deviation of its logarithm. */
  price: number
  priceSpread: number
  nouns: Noun[]
  /** Keys of MATERIALS; empty for goods whose noun says it all. */
  materials: string[]
  palette?: Palette
  /** Scents, origins and kinds that replace style, material and colour in the title. */
  flavours: Noun[]
  sizes: Noun[]
  uses: Words[]
  /** Leaves whose goods are bought with these. */
  complements: string[]
  season: Season
  /** Used up and bought again after about so many days. */
  consumableDays?: number
  /** Chance relative to other leaves that a shopper cares for it, and its share of the catalogue. */
  weight: number
  /** A usual present, and something one wraps presents in. */
  gift: boolean
}

interface LeafOptions {
  materials?: string
  palette?: Palette
  flavours?: string
  sizes?: string
  with?: string
  season?: Season
  days?: number
  weight?: number
  gift?: boolean
  spread?: number
}

const both = (text: string): Words => {
  const [en, zh] = text.split('|')
  return { en, zh }
}
const nouns = (text: string): Noun[] =>
  text === ''
    ? []
    : text.split('; ').map((entry) => {
        const [en, zh, factor, materials] = entry.split('|')
        return { en, zh, priceFactor: factor === undefined ? 1 : Number(factor), materials: materials?.split(' ') }
      })
const list = (text = ''): string[] => (text === '' ? [] : text.split(' '))

function department(id: string, name: string, leaves: ((department: string, root: Words) => Leaf)[]): Leaf[] {
  return leaves.map((make) => make(id, both(name)))
}

/** `path` below the department is "Group|组 > Leaf|叶" or the leaf alone. */
function leaf(id: string, path: string, price: number, goods: string, uses: string, options: LeafOptions = {}) {
  return (department: string, root: Words): Leaf => ({
    id,
    department,
    path: [root, ...path.split(' > ').map(both)],
    price,
    priceSpread: options.spread ?? 0.3,
    nouns: goods === '' ? [{ en: '', zh: '', priceFactor: 1 }] : nouns(goods),
    materials: list(options.materials),
    palette: options.palette,
    flavours: nouns(options.flavours ?? ''),
    sizes: nouns(options.sizes ?? ''),
    uses: uses.split('; ').map(both),
    complements: list(options.with),
    season: options.season ?? 'even',
    consumableDays: options.days,
    weight: options.weight ?? 1,
    gift: options.gift ?? true,
  })
}

const CUSHION_SIZES = '45 × 45 cm|45 × 45 厘米; 50 × 50 cm|50 × 50 厘米|1.2; 30 × 50 cm|30 × 50 厘米|0.9'
const THROW_SIZES = '130 × 170 cm|130 × 170 厘米; 150 × 200 cm|150 × 200 厘米|1.35'
const POT_SIZES = 'small|小号|0.7; medium|中号; large|大号|1.5'

export const LEAVES: Leaf[] = [
  ...department('kitchen', 'Kitchen & dining|厨房与餐桌', [
    leaf(
      'mugs',
      'Tableware|餐具 > Mugs & cups|马克杯与茶杯',
      12,
      'mug|马克杯; espresso cup|浓缩咖啡杯|0.75; teacup and saucer|茶杯配碟|1.4; travel mug|随行杯|1.5|porcelain steel bamboo',
      'Holds a generous morning coffee.|盛得下一大杯早安咖啡。; A comfortable handle and a rim that is kind to the lips.|杯柄顺手，杯沿温润。',
      {
        materials: 'stoneware porcelain boneChina enamel',
        palette: 'glaze',
        with: 'teapots coffee tea plates',
        weight: 2,
      },
    ),
    leaf(
      'teapots',
      'Tableware|餐具 > Teapots & jugs|茶壶与水壶',
      29,
      'teapot|茶壶; tea-for-one set|单人茶具|1.1|porcelain stoneware boneChina; milk jug|奶壶|0.5; water jug|水壶|0.8',
      'Pours without a drip.|出水利落，不滴漏。; Enough for four cups.|一壶可倒四杯。',
      { materials: 'stoneware porcelain enamel', palette: 'glaze', with: 'mugs tea storage' },
    ),
    leaf(
      'bowls',
      'Tableware|餐具 > Bowls|碗',
      14,
      'cereal bowl|麦片碗|0.8; pasta bowl|意面碗; salad bowl|沙拉碗|1.9; noodle bowl|面碗',
      'For porridge, soup or a heap of noodles.|盛粥、盛汤、盛面都合适。; Stacks neatly with its siblings.|可整齐叠放。',
      { materials: 'stoneware porcelain enamel acacia', palette: 'glaze', with: 'plates cutlery mugs', gift: false },
    ),
    leaf(
      'plates',
      'Tableware|餐具 > Plates & platters|盘子',
      13,
      'dinner plate|餐盘; side plate|点心盘|0.7; serving platter|大餐盘|2.1; cake plate|蛋糕盘|0.9',
      'A quiet stage for supper.|让晚餐成为主角。; Sturdy enough for every day, good enough for guests.|日用结实，待客体面。',
      { materials: 'stoneware porcelain boneChina enamel', palette: 'glaze', with: 'bowls cutlery linen', gift: false },
    ),
    leaf(
      'glassware',
      'Tableware|餐具 > Glassware|玻璃器皿',
      16,
      'tumbler|平底杯|0.7; wine glass|葡萄酒杯; carafe|冷水瓶|1.6|glass recycledGlass; tumbler set of four|平底杯四件套|2.2',
      'Catches the light on a laid table.|在餐桌上光影流转。; Heavy base, fine rim.|杯底厚实，杯口轻薄。',
      { materials: 'glass recycledGlass', palette: 'glass', with: 'linen plates napkins' },
    ),
    leaf(
      'cutlery',
      'Tableware|餐具 > Cutlery & serving|刀叉与分餐',
      24,
      'cutlery set|刀叉套装|1.8; serving spoon|分餐勺|0.5; salad servers|沙拉叉勺; cheese knife|奶酪刀|0.6',
      'Well balanced in the hand.|手感均衡。; Keeps its shine for years.|光泽历久如新。',
      { materials: 'steel brass beech', palette: 'metal', with: 'plates bowls boards', weight: 0.8 },
    ),
    leaf(
      'boards',
      'Cooking & baking|烹饪与烘焙 > Boards & trays|砧板与托盘',
      26,
      'chopping board|砧板; serving tray|托盘|1.1; cheese board|奶酪板|1.2; coaster set|杯垫套装|0.5|slate oak bamboo felt',
      'At home under bread, cheese and elbows.|切面包、摆奶酪都顺手。; Carries breakfast to bed without a spill.|端早餐上床，稳稳当当。',
      { materials: 'oak acacia bamboo slate', palette: 'wood', with: 'cutlery jams mugs' },
    ),
    leaf(
      'baking',
      'Cooking & baking|烹饪与烘焙 > Baking|烘焙',
      19,
      'cake stand|蛋糕架|1.6; mixing bowl|搅拌碗|1.1|ceramic enamel steel stoneware; biscuit cutter set|饼干模套装|0.5|steel tin; cake tin|蛋糕模|0.8|tin steel enamel; rolling pin|擀面杖|0.7|beech acacia ceramic; measuring cups|量杯|0.7|steel ceramic enamel',
      'For Sunday afternoons and birthdays.|为周日午后和生日准备。; Makes a plain sponge look like a feast.|让朴素的海绵蛋糕也像盛宴。',
      { materials: 'ceramic enamel tin steel', palette: 'glaze', with: 'linen napkins storage', weight: 1.2 },
    ),
    leaf(
      'storage',
      'Cooking & baking|烹饪与烘焙 > Jars & tins|储物罐与铁盒',
      15,
      'storage jar|密封罐; biscuit tin|饼干罐|1|tin; tea caddy|茶叶罐|0.9; bread bin|面包箱|2.3|tin enamel bamboo; spice jar set|调料罐套装|1.4|glass ceramic',
      'Keeps the crunch in and the damp out.|留住香脆，隔绝潮气。; Handsome enough to leave on the worktop.|放在台面上也赏心悦目。',
      { materials: 'ceramic glass tin enamel', palette: 'glaze', with: 'baking tea coffee' },
    ),
    leaf(
      'lunch',
      'Picnic & lunch|便当与野餐',
      17,
      'lunch box|便当盒; water bottle|水瓶|1|steel glass; lunch bag|便当袋|0.9|canvas cotton; picnic basket|野餐篮|2.6|wicker rattan; snack pot set|零食盒套装|0.8|steel bamboo glass',
      'Ready for school, the office or the hilltop.|上学、上班、登山都带上。; Leakproof and light.|密封防漏，轻巧便携。',
      { materials: 'steel bamboo tin', palette: 'bright', with: 'totes napkins bowls', season: 'school', gift: false },
    ),
    leaf(
      'linen',
      'Kitchen textiles|厨房布艺',
      13,
      'tea towel|茶巾|0.7; apron|围裙|1.7; oven glove|隔热手套; tablecloth|桌布|2.6; table runner|桌旗|1.6',
      'Gets softer with every wash.|越洗越柔软。; Dries glasses without a trace of fluff.|擦玻璃杯不留毛絮。',
      { materials: 'cotton linen organicCotton', palette: 'cloth', with: 'baking plates napkins', weight: 1.2 },
    ),
  ]),
  ...department('food', 'Food & drink|食品与饮品', [
    leaf(
      'coffee',
      'Coffee|咖啡',
      10,
      'coffee beans|咖啡豆; ground coffee|咖啡粉; coffee bags|挂耳咖啡|0.8',
      'Roasted in small batches every week.|每周小批量烘焙。; Notes of cocoa and ripe fruit.|带可可与熟果香气。',
      {
        flavours:
          'Ethiopian|埃塞俄比亚|1.1; Colombian|哥伦比亚; Sumatran|苏门答腊; House blend|招牌拼配|0.9; Decaf|低因; Dark roast|深烘; Guatemalan|危地马拉|1.1; Yunnan|云南',
        sizes: '250 g|250 克; 500 g|500 克|1.8',
        with: 'mugs chocolate storage',
        days: 24,
        spread: 0.15,
        weight: 1.3,
      },
    ),
    leaf(
      'tea',
      'Tea|茶叶',
      8,
      'loose-leaf tea|茶（散装）; tea bags|茶包|0.8',
      'Picked in spring and packed by hand.|春季采摘，手工包装。; One spoonful a cup, four minutes, and a good book.|每杯一勺，泡四分钟，再配一本好书。',
      {
        flavours:
          'Earl Grey|伯爵; Jasmine green|茉莉绿; Oolong|乌龙|1.3; Breakfast|早餐; Peppermint|薄荷; Chamomile|洋甘菊; Lemon & ginger|柠檬生姜; Pu’er|普洱|1.5; Rooibos|路易波士; White peony|白牡丹|1.6',
        sizes: '100 g|100 克; 250 g|250 克|2.1',
        with: 'teapots mugs jams',
        days: 34,
        spread: 0.2,
        weight: 1.3,
      },
    ),
    leaf(
      'chocolate',
      'Chocolate & sweets|巧克力与糖果',
      6,
      'chocolate bar|巧克力|0.7; truffles|松露巧克力|1.9; fudge|软糖; hot chocolate|热巧克力|1.3',
      'Made by a small family firm.|小型家族作坊制作。; Best shared, rarely is.|适合分享，却常常独享。',
      {
        flavours:
          'Sea-salt caramel|海盐焦糖; Orange|香橙; Hazelnut|榛子; Raspberry|覆盆子; Mint|薄荷; Ginger|生姜; Vanilla|香草; Matcha|抹茶',
        sizes: '100 g|100 克; 200 g|200 克|1.7',
        with: 'cards coffee wrap',
        days: 40,
        season: 'valentine',
        spread: 0.2,
      },
    ),
    leaf(
      'jams',
      'Jams & honey|果酱与蜂蜜',
      6,
      '',
      'Cooked in copper pans, nothing added that you would not add.|铜锅慢熬，不添多余的东西。; Lovely on toast, better from the spoon.|抹吐司很好，直接吃更妙。',
      {
        flavours:
          'Strawberry jam|草莓果酱; Blackcurrant jam|黑加仑果酱; Seville orange marmalade|塞维利亚橙果酱; Heather honey|石楠花蜂蜜|1.5; Fig jam|无花果果酱|1.1; Apple & sage chutney|苹果鼠尾草酸甜酱|1.1; Apricot jam|杏子果酱; Lavender honey|薰衣草蜂蜜|1.6; Lemon curd|柠檬凝酱; Raspberry jam|覆盆子果酱; Onion chutney|洋葱酸甜酱; Acacia honey|洋槐蜂蜜|1.4; Lime marmalade|青柠果酱; Plum jam|李子果酱',
        sizes: '230 g|230 克; 340 g|340 克|1.35',
        with: 'boards tea plates',
        days: 48,
        spread: 0.18,
        weight: 0.8,
      },
    ),
  ]),
  ...department('light', 'Candles & lighting|香氛与照明', [
    leaf(
      'candles',
      'Candles|蜡烛 > Scented candles|香薰蜡烛',
      18,
      'soy candle|大豆香薰蜡烛; jar candle|杯装蜡烛; tin candle|铁盒香薰蜡烛|0.6; pillar candle|柱形蜡烛|0.8',
      'Burns for about forty hours.|可燃约四十小时。; Fills a room without shouting.|香气充盈而不张扬。',
      {
        flavours:
          'Fig & cedar|无花果雪松; Sea salt|海盐; Lavender|薰衣草; Vanilla|香草; Orange & clove|橙子丁香; White tea|白茶; Rose|玫瑰; Sandalwood|檀香; Osmanthus|桂花; Fresh linen|清新棉麻; Pine forest|松林; Bergamot|佛手柑',
        sizes: '180 g|180 克; 300 g|300 克|1.5',
        with: 'holders diffusers cards',
        days: 42,
        season: 'winter',
        weight: 1.9,
      },
    ),
    leaf(
      'holders',
      'Candles|蜡烛 > Candle & t-light holders|烛台',
      11,
      't-light holder|茶蜡烛台; candle holder|烛台|1.2; hanging t-light holder|悬挂茶蜡烛台|1.1; candelabra|枝形烛台|2.8',
      'Throws a soft, dancing glow.|洒下柔和摇曳的光。; Takes a standard t-light.|适配标准茶蜡。',
      {
        materials: 'glass recycledGlass brass iron ceramic',
        palette: 'metal',
        with: 'candles lanterns',
        season: 'winter',
        weight: 1.4,
      },
    ),
    leaf(
      'lamps',
      'Lighting|灯具 > Lamps|台灯',
      58,
      'table lamp|台灯; floor lamp|落地灯|2.1; desk lamp|书桌灯; lampshade|灯罩|0.5|linen cotton rattan',
      'Warm light for reading and for nothing in particular.|阅读或发呆，都有温暖的光。; With a fabric-covered cable.|配布面编织电线。',
      {
        materials: 'ceramic brass iron oak rattan',
        palette: 'metal',
        with: 'cushions frames',
        spread: 0.35,
        gift: false,
      },
    ),
    leaf(
      'lanterns',
      'Lighting|灯具 > Lanterns & string lights|灯笼与串灯',
      22,
      'lantern|提灯; garden lantern|花园提灯|1.3; paper lantern|纸灯笼|0.5|-',
      'For the porch, the tent and the last hour of a party.|点亮门廊、帐篷和聚会的最后一小时。; Stands or hangs.|可立可挂。',
      { materials: 'iron zinc bamboo tin', palette: 'metal', with: 'candles holders', season: 'summer' },
    ),
    leaf(
      'stringlights',
      'Lighting|灯具 > Fairy lights|小彩灯',
      14,
      'fairy lights|小彩灯|1|brass -; string lights|串灯|1.3|brass -; light garland|灯饰花环|1.2|paper felt -',
      'Ten metres of warm white.|十米暖白灯光。; Runs on a plug or three batteries.|插电或三节电池均可。',
      {
        materials: 'brass paper felt',
        palette: 'bright',
        with: 'wreaths baubles bunting',
        season: 'christmas',
        weight: 0.7,
      },
    ),
    leaf(
      'diffusers',
      'Home fragrance|居家香氛',
      21,
      'reed diffuser|藤条香薰; room spray|室内香氛喷雾|0.7; incense sticks|线香|0.45; essential oil|精油|0.6',
      'Lasts for about three months.|可持续约三个月。; A steady, gentle scent for hall or bedroom.|玄关卧室皆宜，香气温和持久。',
      {
        flavours:
          'Green tea|绿茶; Cedar & moss|雪松苔藓; Lemon verbena|柠檬马鞭草; Jasmine|茉莉; Sandalwood|檀香; Eucalyptus|尤加利; Wild mint|野薄荷; Amber|琥珀',
        sizes: '100 ml|100 毫升; 200 ml|200 毫升|1.6',
        with: 'candles soap',
        days: 62,
      },
    ),
  ]),
  ...department('home', 'Home décor|家居装饰', [
    leaf(
      'cushions',
      'Soft furnishings|软装 > Cushions|靠垫',
      24,
      'cushion|靠垫; cushion cover|靠垫套|0.7; floor cushion|坐垫|1.6',
      'Feather-soft and plump.|蓬松柔软。; Hidden zip, removable cover.|隐形拉链，外套可拆洗。',
      {
        materials: 'cotton linen velvet wool',
        palette: 'cloth',
        sizes: CUSHION_SIZES,
        with: 'throws lamps rugs',
        weight: 1.7,
      },
    ),
    leaf(
      'throws',
      'Soft furnishings|软装 > Throws & blankets|毯子与盖毯',
      46,
      'throw|盖毯; blanket|毯子|1.2; baby blanket|婴儿毯|0.7',
      'Made for sofas, cold feet and long films.|沙发、冷脚丫和长电影的好搭档。; Warm without weight.|轻盈保暖。',
      {
        materials: 'wool lambswool cotton velvet',
        palette: 'cloth',
        sizes: THROW_SIZES,
        with: 'cushions candles',
        season: 'winter',
      },
    ),
    leaf(
      'rugs',
      'Soft furnishings|软装 > Rugs & doormats|地毯与门垫',
      28,
      'doormat|门垫; hallway rug|玄关地毯|2.2|jute cotton wool; bath mat|浴室地垫|0.9|cotton organicCotton bamboo',
      'A dry, friendly welcome.|干爽的迎客之礼。; With a non-slip back.|背面防滑。',
      { materials: 'coir jute cotton', palette: 'cloth', with: 'hooks baskets', weight: 0.9, gift: false },
    ),
    leaf(
      'clocks',
      'Walls & shelves|墙面与置物 > Clocks|时钟',
      34,
      'wall clock|挂钟; alarm clock|闹钟|0.7; mantel clock|座钟|1.2',
      'Ticks so softly that you forget it.|走时轻柔，几乎听不见。; Runs for a year on one battery.|一节电池可走一年。',
      { materials: 'wood tin iron oak', palette: 'metal', with: 'frames mirrors', weight: 0.9 },
    ),
    leaf(
      'frames',
      'Walls & shelves|墙面与置物 > Photo frames|相框',
      16,
      'photo frame|相框; double photo frame|双联相框|1.5; hanging frame|挂式相框|1.1|brass oak',
      'For the picture that is still on your phone.|给还留在手机里的那张照片。; Stands or hangs, upright or across.|可立可挂，横竖皆宜。',
      {
        materials: 'oak beech brass resin',
        palette: 'wood',
        sizes: '10 × 15 cm|10 × 15 厘米; 13 × 18 cm|13 × 18 厘米|1.25',
        with: 'signs clocks',
        weight: 1.2,
      },
    ),
    leaf(
      'mirrors',
      'Walls & shelves|墙面与置物 > Mirrors|镜子',
      52,
      'round mirror|圆镜; wall mirror|壁镜|1.2; hand mirror|手持镜|0.3|brass oak resin; dressing-table mirror|梳妆镜|0.9',
      'Makes a small room larger.|让小房间显得宽敞。; Bevelled edge, sturdy hanger.|斜边打磨，挂件牢固。',
      {
        materials: 'brass rattan oak iron',
        palette: 'metal',
        with: 'hooks frames',
        weight: 0.7,
        spread: 0.35,
        gift: false,
      },
    ),
    leaf(
      'vases',
      'Walls & shelves|墙面与置物 > Vases|花瓶',
      23,
      'vase|花瓶; bud vase|小花瓶|0.5; tall vase|高花瓶|1.5',
      'Lovely with one stem or with twenty.|插一枝或一大束都好看。; Watertight and steady.|不渗水，立得稳。',
      {
        materials: 'ceramic glass recycledGlass stoneware',
        palette: 'glaze',
        with: 'plants pots',
        season: 'spring',
        weight: 1.2,
      },
    ),
    leaf(
      'signs',
      'Walls & shelves|墙面与置物 > Signs & wall art|挂牌与装饰画',
      15,
      'hanging sign|挂牌; art print|装饰画|1.3|-; chalkboard|小黑板|1|wood oak; wall plaque|墙饰牌|1.2|wood ceramic slate',
      'Says what you would say yourself.|说出你的心里话。; With string or hanger, ready for the nail.|配挂绳，钉上即可。',
      { materials: 'wood tin paper slate', palette: 'wood', with: 'hooks frames', weight: 1.1 },
    ),
    leaf(
      'baskets',
      'Storage|收纳 > Baskets & boxes|篮子与收纳盒',
      21,
      'storage basket|收纳篮; laundry basket|洗衣篮|1.7; trinket box|首饰盒|0.6|ceramic wood brass; storage box|收纳盒|0.9|bamboo wood tin',
      'Hides what has no other home.|收纳无处安放的小物。; Strong handles, neat weave.|提手结实，编织细密。',
      {
        materials: 'wicker seagrass rattan bamboo',
        palette: 'woven',
        sizes: POT_SIZES,
        with: 'rugs throws',
        gift: false,
      },
    ),
    leaf(
      'hooks',
      'Storage|收纳 > Hooks & knobs|挂钩与拉手',
      9,
      'wall hook|挂钩; drawer knob|抽屉拉手|0.6; coat rack|衣帽架|3; key hook|钥匙挂钩',
      'A small change that makes an old chest new.|小小改变，旧柜翻新。; Screws included.|附螺丝。',
      { materials: 'iron brass ceramic oak', palette: 'metal', with: 'signs mirrors', weight: 0.9, gift: false },
    ),
  ]),
  ...department('garden', 'Garden & plants|花园与绿植', [
    leaf(
      'pots',
      'Plant pots|花盆',
      17,
      'plant pot|花盆; hanging planter|吊盆|1.2; herb planter|香草盆|1.1; window box|窗台花槽|1.6',
      'With a drainage hole and a saucer.|带排水孔与托盘。; Frost-proof and good-looking.|抗冻又美观。',
      {
        materials: 'terracottaClay ceramic zinc seagrass',
        palette: 'glaze',
        sizes: POT_SIZES,
        with: 'plants tools',
        season: 'spring',
        weight: 1.2,
      },
    ),
    leaf(
      'plants',
      'House plants & seeds|绿植与种子',
      15,
      'plant|盆栽; plant in a ceramic pot|陶盆盆栽|1.5',
      'Forgiving: water it on Sundays.|好养护，周日浇水即可。; Sent in a sturdy box, straight from the nursery.|苗圃直发，包装牢固。',
      {
        flavours:
          'Monstera|龟背竹; Peace lily|白鹤芋; Snake|虎尾兰; Spider|吊兰; Aloe|芦荟; Succulent|多肉; String-of-hearts|爱之蔓; Basil|罗勒; Lavender|薰衣草; Fern|蕨类; Money tree|发财树; Orchid|蝴蝶兰',
        sizes: POT_SIZES,
        with: 'pots tools vases',
        season: 'spring',
      },
    ),
    leaf(
      'tools',
      'Garden tools|园艺工具',
      18,
      'watering can|洒水壶|1.2|zinc steel; hand trowel|小铲子|1|steel beech; gardening gloves|园艺手套|0.7|canvas cotton leather; kneeling pad|园艺跪垫|0.8|canvas cotton; plant labels|植物标签|0.4|slate zinc bamboo',
      'Feels right in muddy hands.|泥手握着也顺手。; Hang it by the back door.|挂在后门边就好。',
      {
        materials: 'zinc steel beech canvas',
        palette: 'cloth',
        with: 'pots plants birds',
        season: 'spring',
        weight: 0.8,
      },
    ),
    leaf(
      'birds',
      'Birds & wildlife|小鸟与野趣',
      20,
      'bird feeder|喂鸟器; bird house|鸟屋|1.2; bird bath|鸟浴盆|1.7|ceramic iron zinc',
      'Robins first, then everyone else.|先来知更鸟，随后宾客满堂。; Easy to fill and easy to clean.|易加料，易清洗。',
      { materials: 'wood iron ceramic zinc', palette: 'wood', with: 'tools pots', season: 'winter', weight: 0.6 },
    ),
  ]),
  ...department('stationery', 'Stationery & party|文具与派对', [
    leaf(
      'notebooks',
      'Desk|书桌 > Notebooks & diaries|笔记本',
      11,
      'notebook|笔记本; sketchbook|速写本|1.2; weekly planner|周计划本|1.4; photo album|相册|2|linen leather recycledPaper',
      'Lies flat and takes ink without a blot.|平摊顺手，墨水不洇。; 160 pages and a ribbon to find them by.|160页，附书签带。',
      {
        materials: 'recycledPaper linen leather cotton',
        palette: 'paper',
        with: 'pens cards',
        season: 'school',
        weight: 1.3,
      },
    ),
    leaf(
      'pens',
      'Desk|书桌 > Pens & pencils|笔',
      8,
      'pencil set|铅笔套装|1|beech -; fountain pen|钢笔|2.4|brass wood; ballpoint pen|圆珠笔|1|brass bamboo wood; pencil case|笔袋|1.4|canvas leather felt; pen pot|笔筒|1.3|ceramic wood tin',
      'Writes at the first stroke.|落笔即书。; A small pleasure for every list.|写清单也是小确幸。',
      { materials: 'beech brass wood leather', palette: 'bright', with: 'notebooks cards', season: 'school' },
    ),
    leaf(
      'cards',
      'Cards & wrap|贺卡与包装 > Greeting cards|贺卡',
      3.5,
      'birthday card|生日贺卡; thank-you card|感谢卡; greeting card|贺卡; card set|贺卡套装|2.6|-; new-home card|乔迁贺卡',
      'Blank inside, with an envelope.|内页留白，附信封。; Room for a few kind words.|留了写几句心里话的地方。',
      {
        materials: 'card recycledPaper',
        palette: 'paper',
        with: 'wrap pens chocolate',
        days: 46,
        spread: 0.15,
        weight: 1.8,
      },
    ),
    leaf(
      'wrap',
      'Cards & wrap|贺卡与包装 > Gift wrap & ribbon|包装纸与丝带',
      5,
      'gift wrap|包装纸|1|recycledPaper -; gift bag|礼品袋|0.8|-; gift tags|礼品吊牌|0.7|-; ribbon|丝带|0.9|cotton velvet; tissue paper|薄棉纸|0.6|-',
      'Folds crisply and tapes well.|折痕利落，好粘贴。; Half the present is the paper.|好包装是半份礼物。',
      {
        materials: 'paper recycledPaper',
        palette: 'paper',
        with: 'cards',
        days: 55,
        season: 'christmas',
        spread: 0.2,
        weight: 1.4,
        gift: false,
      },
    ),
    leaf(
      'napkins',
      'Party|派对 > Napkins & paper cups|餐巾与纸杯',
      4.5,
      'paper napkins|餐巾纸|1|-; paper cups|纸杯|1|-; paper plates|纸盘|1|-; cake cases|蛋糕纸托|0.7|-; paper straws|纸吸管|0.7|-',
      'A pack of twenty.|每包二十枚。; Clears up in a minute.|一分钟收拾干净。',
      {
        materials: 'paper',
        palette: 'paper',
        with: 'bunting baking glassware',
        days: 38,
        season: 'summer',
        spread: 0.15,
        gift: false,
      },
    ),
    leaf(
      'bunting',
      'Party|派对 > Bunting & balloons|彩旗与气球',
      12,
      'bunting|彩旗|1|cotton felt linen; balloons|气球|0.5|-; paper garland|纸花环|0.8|-; birthday candles|生日蜡烛|0.4|-',
      'Up in five minutes, remembered for years.|五分钟挂好，多年难忘。; Three metres and a bit.|三米多长。',
      {
        materials: 'cotton paper felt',
        palette: 'bright',
        with: 'napkins baking cards',
        season: 'summer',
        weight: 0.8,
        gift: false,
      },
    ),
  ]),
  ...department('kids', 'Children|儿童', [
    leaf(
      'softtoys',
      'Toys|玩具 > Soft toys|毛绒玩具',
      19,
      'bear|小熊; rabbit|兔子; elephant|大象; fox|狐狸; dinosaur|恐龙; hot-water-bottle cover|热水袋套|0.9|wool lambswool plush',
      'Safe from the first day.|出生即可陪伴。; Embroidered eyes, long arms, no complaints.|刺绣眼睛，长长手臂，从不抱怨。',
      { materials: 'plush organicCotton wool felt', palette: 'bright', with: 'nursery puzzles cards', weight: 1.3 },
    ),
    leaf(
      'puzzles',
      'Toys|玩具 > Puzzles & games|拼图与游戏',
      15,
      'jigsaw puzzle|拼图|1|wood card; memory game|记忆卡片|0.8|wood card; domino set|多米诺套装|1|wood bamboo; playing cards|扑克牌|0.5|-; chess set|国际象棋|1.9|wood oak',
      'For rainy Sundays.|适合下雨的周日。; From age four to ninety-four.|四岁到九十四岁都能玩。',
      { materials: 'wood card recycledPaper', palette: 'bright', with: 'woodentoys books', season: 'christmas' },
    ),
    leaf(
      'woodentoys',
      'Toys|玩具 > Wooden toys|木制玩具',
      22,
      'building blocks|积木; train|小火车|1.2; car|小汽车|0.7; stacking rings|叠叠圈|0.9; pull-along duck|拖拉小鸭',
      'Smooth edges, safe paint.|边角圆润，涂料安全。; Passed on from child to child.|可以一代代传下去。',
      { materials: 'beech bamboo wood', palette: 'bright', with: 'puzzles softtoys', season: 'christmas' },
    ),
    leaf(
      'dolls',
      'Toys|玩具 > Dolls & doll’s houses|娃娃与娃娃屋',
      26,
      'doll|娃娃|1|cotton organicCotton felt; nesting dolls|套娃|0.8|wood; doll’s house|娃娃屋|2.4|wood beech; finger puppets|手指偶|0.5|felt cotton',
      'A friend with her own opinions.|有自己主意的小伙伴。; Clothes come off and go on again.|衣服可脱可穿。',
      {
        materials: 'cotton wood felt',
        palette: 'bright',
        with: 'softtoys woodentoys',
        season: 'christmas',
        weight: 0.7,
      },
    ),
    leaf(
      'books',
      'Crafts & books|手工与图书',
      10,
      'colouring book|涂色书|0.7|-; sticker book|贴纸书|0.6|-; craft kit|手工套装|1.4|felt card; story book|故事书|1|-; embroidery kit|刺绣套装|1.5|cotton linen',
      'An afternoon well spent.|度过一个充实的下午。; Everything you need is in the box.|所需材料都在盒中。',
      { materials: 'paper felt card', palette: 'bright', with: 'pens puzzles', gift: true, weight: 0.9 },
    ),
    leaf(
      'nursery',
      'Nursery|婴儿房',
      20,
      'night light|小夜灯|1.1|ceramic wood; baby bib|围兜|0.5|organicCotton linen; mobile|床铃|1.3|felt wood; money box|存钱罐|0.7|ceramic wood tin; children’s cutlery set|儿童餐具|0.8|steel bamboo',
      'Gentle colours for sleepy eyes.|柔和的颜色，陪伴入睡。; A present that new parents use.|新手父母真正用得上的礼物。',
      { materials: 'organicCotton wood ceramic bamboo', palette: 'bright', with: 'softtoys throws', weight: 0.8 },
    ),
  ]),
  ...department('bags', 'Bags, wear & bath|包袋、穿戴与沐浴', [
    leaf(
      'totes',
      'Bags|包袋 > Tote bags & shoppers|购物袋',
      14,
      'tote bag|托特包; shopper|购物袋|0.6; jumbo bag|大号收纳袋|0.5; backpack|双肩包|2.7|canvas cotton',
      'Carries a week of shopping and a book.|装得下一周的菜和一本书。; Folds into its own pocket.|可折叠收进小袋。',
      { materials: 'canvas cotton jute', palette: 'cloth', with: 'purses lunch', weight: 1.6 },
    ),
    leaf(
      'purses',
      'Bags|包袋 > Purses & pouches|钱包与小袋',
      16,
      'purse|零钱包|0.8; wash bag|洗漱包; make-up bag|化妆包|0.9; wallet|钱包|1.6|leather canvas; passport cover|护照夹|0.8|leather canvas',
      'Everything in its place.|样样各归其位。; Fits a pocket or a small bag.|口袋或小包都放得下。',
      { materials: 'leather canvas cotton velvet', palette: 'cloth', with: 'totes jewellery' },
    ),
    leaf(
      'umbrellas',
      'Wear|穿戴 > Umbrellas|雨伞',
      22,
      'umbrella|长柄伞|1|-; folding umbrella|折叠伞|0.8|-; parasol|遮阳伞|1.2|paper cotton -',
      'Stands up to a proper gale.|经得起大风。; Makes you hope for rain.|让人盼着下雨。',
      { materials: 'bamboo wood cotton', palette: 'cloth', with: 'totes scarves', weight: 0.6 },
    ),
    leaf(
      'scarves',
      'Wear|穿戴 > Scarves & gloves|围巾与手套',
      28,
      'scarf|围巾; gloves|手套|0.7; bobble hat|毛线帽|0.8|wool lambswool; shawl|披肩|1.5',
      'Warm, light and not at all scratchy.|轻暖不扎人。; The one you will wear every day.|会让你天天戴的那一件。',
      { materials: 'wool lambswool cotton', palette: 'cloth', with: 'socks jewellery', season: 'winter', weight: 1.1 },
    ),
    leaf(
      'socks',
      'Wear|穿戴 > Socks & slippers|袜子与拖鞋',
      11,
      'socks|袜子; bed socks|睡眠袜; slippers|拖鞋|2.3|wool felt; socks gift box|袜子礼盒|2.1',
      'Happy feet all winter.|整个冬天双脚暖洋洋。; Knitted without a seam at the toe.|脚尖无缝针织。',
      {
        materials: 'wool cotton lambswool organicCotton',
        palette: 'cloth',
        sizes: 'small|小号; medium|中号; large|大号',
        with: 'scarves soap',
        season: 'winter',
      },
    ),
    leaf(
      'jewellery',
      'Wear|穿戴 > Jewellery|首饰',
      26,
      'necklace|项链; earrings|耳环|0.8; bracelet|手链; brooch|胸针|0.7; ring|戒指',
      'In a small box, ready to give.|小盒包装，即刻送礼。; Light enough to forget, pretty enough to be asked about.|轻得忘了戴着，美得有人来问。',
      {
        materials: 'sterling goldPlated brass resin',
        palette: 'gem',
        with: 'scarves cards',
        season: 'valentine',
        weight: 1.3,
        spread: 0.4,
      },
    ),
    leaf(
      'towels',
      'Bath|沐浴 > Towels|毛巾',
      17,
      'hand towel|毛巾|0.7; bath towel|浴巾|1.3; towel set|毛巾套装|2.2; bathrobe|浴袍|2.6',
      'Thick, thirsty and quick to dry.|厚实吸水，干得快。; Soft from the first use.|初次使用就柔软。',
      { materials: 'cotton organicCotton linen', palette: 'cloth', with: 'soap rugs', weight: 0.9, gift: false },
    ),
    leaf(
      'soap',
      'Bath|沐浴 > Soap & bath|香皂与沐浴',
      9,
      'soap bar|香皂|0.6; hand wash|洗手液|1.1; hand cream|护手霜|1.1; bath salts|浴盐|1.2; bath bomb|泡澡球|0.5',
      'Kind to skin and to the drain.|对皮肤和下水道都温和。; Made in small batches with olive oil.|以橄榄油小批量手工制作。',
      {
        flavours:
          'Lavender|薰衣草; Oatmeal & honey|燕麦蜂蜜; Rose geranium|玫瑰天竺葵; Lemon & thyme|柠檬百里香; Sea mineral|海洋矿物; Green fig|青无花果; Neroli|橙花; Ginger & lime|生姜青柠',
        sizes: '100 g|100 克; 250 g|250 克|1.9',
        with: 'towels diffusers',
        days: 33,
        weight: 1.1,
      },
    ),
  ]),
  ...department('festive', 'Christmas & seasonal|圣诞与节庆', [
    leaf(
      'baubles',
      'Tree decorations|圣诞树装饰',
      7,
      'bauble|圣诞球; hanging decoration|挂饰; tree topper|树顶星|2|felt glass tin; angel decoration|天使挂饰|1.1; bell|铃铛|0.8|glass tin brass ceramic',
      'Comes out every year like an old friend.|年年相见的老朋友。; Hung on a thin ribbon.|系着细丝带。',
      {
        materials: 'glass felt wood tin ceramic',
        palette: 'festive',
        with: 'wreaths stringlights wrap',
        season: 'christmas',
        weight: 1.4,
      },
    ),
    leaf(
      'wreaths',
      'Wreaths & garlands|花环',
      24,
      'wreath|花环; garland|挂饰花环|1|felt wicker wool; heart wreath|心形花环|0.8',
      'On the door by the first of December.|十二月一日就挂上门。; Keeps its shape from year to year.|年复一年不变形。',
      {
        materials: 'wicker felt cotton',
        palette: 'festive',
        with: 'baubles candles',
        season: 'christmas',
        weight: 0.7,
      },
    ),
    leaf(
      'advent',
      'Advent & stockings|降临节与圣诞袜',
      22,
      'advent calendar|降临节日历|1|felt wood card; Christmas stocking|圣诞袜|0.9|felt cotton wool; Christmas crackers|圣诞拉炮|0.8|-',
      'Twenty-four small reasons to get up.|二十四个起床的小理由。; Room for an orange and a surprise.|放得下一只橙子和一份惊喜。',
      {
        materials: 'felt cotton paper',
        palette: 'festive',
        with: 'baubles chocolate wrap',
        season: 'christmas',
        weight: 0.6,
      },
    ),
  ]),
]
