/**
 * Which words a picture is chosen by, in English and Chinese. The first rule that finds a word wins, so compounds stand
 * before what they are made of ("lunch bag" before "bag"), and things before the ornaments on them ("mug" before "heart").
 */

/** "name=english words=中文": English ones match whole words and their plural, Chinese ones anywhere. */
function rules(lines: string): [name: string, words: RegExp][] {
  return lines
    .trim()
    .split('\n')
    .map((line) => {
      const [name, english, chinese] = line.trim().split(/(?<![?])=/)
      const alternatives = english === '' ? [] : [`\\b(?:${english})(?:e?s)?\\b`]
      return [name, new RegExp([...alternatives, ...(chinese ? [chinese] : [])].join('|'), 'i')]
    })
}

export const SILHOUETTE_WORDS = /* @__PURE__ */ rules(`
hotwater=hot.water.bottle|hottie=热水袋|暖水袋
ribbon=sewing kit|craft kit|embroidery kit|colouring set|craft set=手工套装|刺绣套装
notebook=photo album|colouring book|story ?book|sticker book=相册|涂色书|故事书|贴纸书
glass=tumbler|wine glass(?:es)?|carafe=平底杯|葡萄酒杯|冷水瓶
cupcake=cake cases?|birthday candles?=蛋糕纸托|生日蜡烛
bowl=mixing bowl|rolling pin|measuring cup=搅拌碗|擀面杖|量杯
candle=tin candle|pillar candle|jar candle|soy candle=香薰蜡烛|杯装蜡烛|柱形蜡烛
tlight=candle ?holder|t.?-?light|candle ?stick|candelabra|candle ?pot=烛台|茶蜡
clock=clock=钟
lantern=lantern=提灯|灯笼
pouch=coffee (?:beans|bags)|ground coffee|loose.leaf tea|tea bags|truffle|fudge|hot chocolate|chocolate bar=咖啡豆|咖啡粉|挂耳咖啡|茶（|茶包|巧克力|软糖
pot=plant pot|planter|window box|plant in a ceramic pot=花盆|吊盆|香草盆|花槽|陶盆
can=trowel|watering can=铲|洒水壶
scarf=scarf|scarves|shawl|bobble hat=围巾|披肩|毛线帽
glove=gloves?=手套
puzzle=jigsaw=拼图
game=playing cards|memory game|card game|chess|domino|naughts=扑克|记忆卡|国际象棋|多米诺
bear=teddy|soft toy=毛绒小熊
train=stacking ring|building block|glider=积木|叠叠
jewel=necklace|earrings?|bracelet|brooch=项链|耳环|手链|胸针
bauble=bauble|tree topper|angel decoration|hanging decoration=圣诞球|树顶星|天使挂饰|铃铛
wreath=wreath=花环(?<!灯饰花环|纸花环|挂饰花环)
socks=socks?|stocking=袜
lamp=night light|lamp|bedside light=小夜灯|灯罩|台灯|落地灯
bauble=mobile=床铃
cutlery=cutlery|chopstick|cake slice=儿童餐具|刀叉|筷
birdhouse=bird (?:house|feeder|bath)=鸟屋|喂鸟器|鸟浴
sign=(?:metal|wall|door|wooden|tin|hanging)? ?sign|doorsign|chalk ?board|black ?board=挂牌|小黑板
bear=(?:mouse|rabbit|cat|dog) toy|bunny|rabbit=兔
purse=wash ?bag|make.?up bag=洗漱包|化妆包
glass=tea glass
ribbon=tape measure|measuring tape=卷尺
bag=jumbo (?:storage )?bag|storage bag
lunchbox=lunch ?box(?:es)?=便当盒
lunchbag=lunch bag
notebook=note ?book|sketch ?book
lights=lights
purse=purse|wallet
hook=peg
doll=babushka|matryoshka|nesting doll|russian doll=套娃
lunchbox=lunch ?box(?:es)?|bento|snack (?:box|pot)(?:es)?|snack pot set=便当盒|午餐盒|零食盒
lunchbag=lunch bag|cool(?:er)? bag=便当袋|保温袋
doorstop=door ?stop=门挡
rug=door ?mat|bath ?mat|hallway rug|rug|carpet=门垫|地垫|地毯
towel=tea towel|kitchen towel=茶巾|厨房巾
card=greetings? card|birthday card|gift card|christmas card|thank.you card|new.home card|card set|postcard|invite|envelope|card holder|card|passport cover=贺卡|感谢卡|明信片|信封|护照夹
game=playing cards|dominoe?|dominoe?s|chess|ludo|snakes & ladders|snakes|backgammon|dice|noughts|tic.?tac.?toe|memory game|game|spinning top|yo.?yo|skittles|quoits=扑克|国际象棋|多米诺|记忆卡|游戏
puzzle=jigsaw|puzzle=拼图
cupcake=cake cases?|cup ?cake|fairy cake|muffin|cake mould|cake candle|petit four|jelly mould|pudding mould|moulds?=蛋糕纸托|纸杯蛋糕|生日蜡烛
tin=(?:cake|biscuit|cookie|storage|herb|round|sandwich|treat|tea|sweet|sugar|flour)? ?tins?|caddy|caddies|canister|biscuit barrel|bread bin|tea caddy|plasters in tin|first aid|bin|container|bucket|pail=铁罐|饼干罐|茶叶罐|面包箱|铁盒(?!香薰)|桶
teapot=tea ?pot|tea.for.one|coffee ?pot|kettle=茶壶|单人茶具
tlight=t.?-?lights?|t.?-?light (?:holder|lantern)|tea ?-?light|votive|oil burner|night light holder|candle ?holder|candle ?stick|candelabra|candle plate=茶蜡|烛台
lamp=lamp|lamp ?shade|night ?light|lava|torch|chandelier|desk light=台灯|落地灯|灯罩|小夜灯|吊灯|书桌灯
lights=fairy lights?|string lights?|light string|light garland|lights|led|light chain=小彩灯|串灯|灯饰
lantern=lantern=提灯|灯笼
diffuser=diffuser|room spray|incense|oil|fragrance|scent bottle|perfume bottle|perfume|joss=香薰(?!蜡烛)|喷雾|线香|精油
candle=candle=蜡烛
cakestand=cake ?stand|cake stand|cake.?tier|tier|cake plate stand=蛋糕架
teacup=tea ?cup|cup (?:and|&) saucer|cup.?saucer|saucer|tea ?set|coffee set=茶杯|咖啡杯|杯碟
mug=mug|beaker|travel cup|cup|tankard|egg ?cup=马克杯|随行杯|纸杯|蛋杯
glass=wine glass(?:es)?|wine|champagne|flute|goblet=葡萄酒杯|酒杯
glass=glass tumbler|tumbler|drinking glass(?:es)?|hi ?ball|shot glass(?:es)?|carafe|glass set=平底杯|冷水瓶|玻璃杯
jug=jug|creamer|pitcher|milk jug|measuring jug|milk bottle=水壶(?<!洒水壶)|奶壶
can=watering can=洒水壶
jar=jar|jam|storage jar|terrarium|cloche|marmalade|honey|chutney|curd|preserve|spice=密封罐|储物罐|调料罐|果酱|蜂蜜|酸甜酱|凝酱|橙酱
bottle=bottle|flask|tonic|soda|hand wash|hand cream|bubble bath|lotion|vinegar|dispenser|shampoo=水瓶|洗手液|护手霜|瓶装
cutlery=cutlery|spoon|fork|knife|knives|server|salad servers?|spatula|ladle|tongs=刀叉|餐具|勺|奶酪刀
bowl=mixing bowl|baking|bake|pan|frying|casserole|saucepan|rolling ?pin|whisk|cookie cutter|cutter|pastry|measuring|colander|sieve|grater|kitchen set|cooking|oven dish=搅拌碗|擀面杖|量杯|模|烘焙
basket=basket|hamper|crate|laundry|wicker (?:box|tray)=篮
tray=tray|snack tray=托盘
bowl=bowl|dish|ramekin|trifle|colander=碗
plate=plate|platter|charger|doil(?:y|ies)=盘|碟
sign=chalk ?board|black ?board|memo ?board|notice ?board|message board|chalk=黑板|留言板
board=chopping board|bread board|cheese board|board(?! game)|coaster|placemat|place mat|slate|tile|trivet|pot stand|worktop saver=砧板|奶酪板|杯垫|餐垫
napkin=napkin|serviette|tissue|paper cup|paper plate|paper straw|straws?|doil(?:y|ies)|table ?cloth|table runner|runner|tablecover=餐巾|纸巾|棉纸|桌布|桌旗|纸盘|吸管
apron=apron|tabard|overall=围裙
glove=oven glove|oven mitt|glove|mitten|gauntlet|hand warmer|handwarmer|kneeling pad|kneeling mat|wrist ?warmer=手套|暖手|跪垫
gift=money ?(?:bank|box|box(?:es)?)|piggy|bank=存钱罐
cushion=cushion|pillow|seat pad|bean ?bag|pouffe|pin ?cushion=靠垫|坐垫|抱枕|枕
blanket=blanket|throw|quilt|bedspread|picnic rug|shawl|duvet|bed ?cover=毯|披肩
clock=clock|watch|timer=钟|手表
stickers=fridge magnet|magnet|magnetic=磁贴|冰箱贴
frame=(?:photo|picture|hanging|box|wooden|wood|double)? ?frame|photo|picture=相框
mirror=mirror=镜(?!片)
vase=vase|posy=花瓶
birdhouse=bird ?house|bird ?box|bird ?feeder|bird ?bath|nest(?:ing)? box|bird ?table|bird ?cage|birdcage|cage|feeder|dovecote=鸟屋|喂鸟器|鸟浴
purse=purse|wallet|pouch|pencil case|glasses case|spectacle case|spectacle|holdall|coin|case|organiser wallet|oyster=钱包|小袋|卡包
doll=babushka|matryoshka|nesting doll|russian doll|dollcraft|doll|dolly (?!girl)|puppet|fairy doll|princess=套娃|娃娃(?!屋)|手指偶
box=doll.?s.? house|playhouse|cottage|village|castle=娃娃屋|小屋
hook=coat (?:rack|hook)|hook|coat rack|rack|peg|holder wall|towel rail|hat stand|bracket=挂钩|衣帽架
hook=hanger=衣架
knob=knob|door ?handle|drawer (?:pull|handle)|handle|drawer knob=拉手
box=advent calendar|cabinet|drawer|chest|cupboard|wardrobe|shelf|shelves|shelving|bookcase|table|stool|chair|bench|step=抽屉柜|柜|架子|日历
hook=key.?(?:ring|fob|chain)|key hook|key|luggage tag=钥匙
bowl=scale|weighing=秤
notebook=note ?books?|sketch ?book|journal|diary|diaries|planner|organiser|note ?pad|jotter|memo pad|address book|photo album|album|recipe book|colouring book|story ?book|book|notelet|writing set|letter set|folder|file|pad|passport=笔记本|速写本|计划|相册|图书|故事书|涂色书
pens=pencil|pen(?! ?knife)|crayon|pen pot|paint|brush|marker|chalks|eraser|sharpener|ruler|stationery set|art set|painting set=铅笔|钢笔|圆珠笔|笔筒|笔袋|画笔
stickers=sticker|transfer|tattoo|decal|stamp|stencil|gift tags?|label|tags?=贴纸|吊牌|标签
wrap=wrap|wrapping|gift ?wrap|wallpaper|drawer liner|paper roll|crepe|tissue paper=包装纸
box=box(?:es)?|storage|trinket|keepsake|treasure|jewellery box|tidy|cube|trinket pot|casket|cases?=盒|箱
ribbon=sewing|thread|reel|knitting|embroidery|cross ?stitch|stitch|button|needle|haberdashery|wool reel|craft|craft kit|crochet|felt ?craft=刺绣|缝纫|手工
ribbon=ribbon|tape|lace|trim|string|twine|bow|masking tape=丝带|胶带|花边带
can=trowel|garden(?:ing|er.?s?)? tool|spade|rake|dibber|plant marker|plant label|herb marker|plant ties|gardener|tool|hammer|screwdriver|tape measure|pen ?knife|secateurs|hose=铲|园艺工具|植物标签
bunting=bunting|pennant|flag|banner|streamer|garland|paper chain|chain kit|honeycomb|fan paper=彩旗|旗|纸花环
wreath=wreath|garland=花环
balloon=balloon=气球
socks=stocking=圣诞袜
gift=cracker=拉炮
tree=christmas tree|xmas tree|tree|pine=圣诞树(?!装饰)
bauble=bauble|christmas (?:decoration|ornament)|tree decoration|xmas decoration|decoration christmas=圣诞球
doll=angel|cherub|fairy(?! tale| cake| light)|nativity=天使
bauble=bell|chime|wind ?chime|windmill=铃|风铃
jewel=earring|ear ring|ear ?studs?=耳环
jewel=bracelet|bangle|anklet|bead|bag charm|phone charm|charm=手链|手镯
jewel=ring|diamante ring|hair ?(?:clip|grip|slide)|tiara=戒指
jewel=necklace|pendant|brooch|jewel(?:le)?ry|locket|choker|lariat|neckl|crystal|pearl|gem|rhinestone=项链|胸针|首饰|吊坠
mirror=compact|make.?up mirror|lip ?(?:gloss|balm)|nail file|manicure|cosmetic=粉盒
bag=(?:jumbo|tote|shopper|shopping|shoulder|beach|gift|party|hand|charlotte|charlie|woodland|recycled|recycling|storage|picnic|toy|swing|union|woven|washing)? ?bags?|tote|shopper|handbag|clutch|satchel|hobo|crossbody=购物袋|托特包|礼品袋|收纳袋|手提包|洗漱包|化妆包
bag=back ?pack|ruck ?sack|school ?bag|bum ?bag|suit ?case|vanity case|luggage|travel set|trunk=背包|双肩包|行李箱
umbrella=umbrella|parasol|brolly=伞
scarf=hat|cap|sun ?hat|sombrero|fascinator|headband|head ?band|scrunchie=帽
scarf=beanie|bobble hat|ear ?muff=毛线帽
scarf=scarf|scarves|snood|shawl|wrap scarf=围巾
socks=sock|bed ?socks?|leg ?warmer|tights=袜
shoe=heel|stiletto|pump|mule|court shoe=高跟鞋
shoe=shoe|boot|bootie|ankle boot|sandal|slipper|flip ?flop|sneaker|trainer|loafer|clog|espadrille|slide|flats?=鞋
towel=towel|flannel|face ?cloth|bath ?robe|hammam=毛巾|浴巾|浴袍
swim=swim ?suit|swim ?wear|bikini|tankini|one.piece|swim|monokini|cover.up|beachwear|bodysuit|romper|lingerie|bra|bralette|thong|panty|panties|teddy=泳衣|泳装|比基尼|连体|内衣
trousers=trouser|jean|pant|legging|short|jogger|jumpsuit|overalls|capri|sweatpant|denim pant|pajama|pyjama|loungewear|culotte|dungaree=裤|连衣裤|睡衣
skirt=skirt|skort|tutu=半身裙|短裙
top=jacket|coat|blazer|cardigan|parka|trench|shacket|kimono|vest|gilet|poncho|cape|cloak|windbreaker=外套|夹克|大衣|开衫|马甲
dress=dress(?:es)?|gown|sundress=连衣裙|裙
top=top|shirt|t.?shirt|blouse|tee|sweater|jumper|hoodie|pullover|tunic|camisole|cami|tank|knit|sweatshirt|polo|crop top|turtleneck|henley|body ?shirt|cold shoulder=上衣|衬衫|T恤|毛衣|卫衣|背心|针织
soap=soap|bath salts?|bath bomb|bath|sponge|bathroom set|shower|nail ?brush|loofah|toothbrush|loo|toilet|wash=香皂|浴盐|泡澡球|肥皂
train=train|car|truck|tractor|aeroplane|airplane|plane|bus|vehicle|boat|ship|racing|robot|rocket|space ?ship|pull.?along|caravan|helicopter|tank engine=火车|小汽车|玩具车|拖拉
train=bicycle|bike|scooter|cycling|tricycle=自行车
train=block|building|brick|stacking|alphabet (?:block|set)|abacus|stack=积木|叠叠
sign=sign|plaque|plate sign|wall art|print|poster|picture|canvas|metal sign|hanging sign|wall sticker|wall decoration|warning|billboard|art|sketch|map|message=挂牌|装饰画|墙饰|招牌|海报
bear=rabbit|bunny|bunnies|hare|easter=兔
bird=owl|owls=猫头鹰
bear=teddy|bear|soft ?toy|plush|elephant|fox|dinosaur|dog|cat|puppy|kitten|monkey|lion|tiger|hippo|giraffe|hedgehog|sheep|lamb|cow|pig|horse|zebra|frog|mouse|panda|koala|reindeer|squirrel|animal|cuddly|dino|deer|scottie|dachshund|crocodile|polar=小熊|熊|大象|狐狸|恐龙|毛绒|小狗|小猫
bird=bird|robin|chick|hen|duck|cockerel|dove|love ?bird|peacock|swan|flamingo|penguin|goose|cockatoo|parrot|partridge|rooster=小鸟|鸭|知更鸟
bauble=butterfly|butterflies|dragonfly|bee|ladybird|ladybug|bug|insect|moth=蝴蝶
pot=plant (?:pot|in a)|planter|plant|flower ?pot|herb|pot|window box|succulent|cactus|terracotta|grow|seed|garden=花盆|盆栽|吊盆|花槽|香草盆|种植|绿植
vase=flower|rose|daisy|sunflower|bouquet|tulip|lily|poppy|lavender|posie|bloom|orchid|hyacinth|geranium|dandelion|petal|pansy=花(?!边|园|环)
pouch=chocolate|fudge|truffle|sweet|candy|hot chocolate|toffee|lolly|lollipop|gum=巧克力|软糖|糖果
pouch=coffee|tea(?! towel| light| set| party)|tea bag|tea ?time tea|sachet|pot ?pourri|coffee bags?|nuts?|spice mix|sachets=咖啡|茶包|茶（|香包
cupcake=popcorn|pop corn|ice cream|snack|party cone=爆米花
gift=fan|folding fan=扇
sign=letter|word|alphabet|initial|number|love block|home block|monogram=字母
heart=heart|love|valentine|sweetheart|cupid=心形|爱心|心
star=star|snowflake|ice ?flake|snow=星|雪花
bauble=ornament|hanging decoration|decoration|hanging|decorative|charm|christmas|xmas|father christmas|santa|snowman|disco ?ball|ball|mobile|egg|catcher|dream ?catcher=挂饰|装饰|床铃|圣诞
tin=popart|cabin tin|enamel|zinc|metal|galvanised=马口铁
napkin=party|picnic|paper|spotty|airline=派对
apron=bib=围兜
lantern=holder=灯
`)

export const PATTERN_WORDS = /* @__PURE__ */ rules(`
1=polka.?dot|polkadot|spot|spotty|spotted|dot|dotty|retro ?spot|dotcom|bubble|speckled|toadstool=波点|圆点|斑点
6=gingham|check|checked|tartan|plaid|lattice|harlequin|patchwork=格
2=stripe|striped|stripey|ribbed|candy stripe|circus|ticking|regency=条纹|竖纹
3=heart|hearts|love|sweetheart|valentine|cupid|i love=爱心|心形
4=star|starry|space ?boy|snowflake|christmas|xmas|night sky=星
5=leaf|leaves|fern|botanical|woodland|bamboo|tree|forest|apple|pear|pears|strawberry|bird|owl|palm|jungle|tropical=蕨|植物|竹|叶|森林
8=rose|rosie|flower|floral|daisy|daisies|poppy|paisley|wild ?flower|blossom|garden|charlotte|doily|peony|ditsy|dolly girl|scalloped|lace|vintage=玫瑰|花
7=wave|sea|seashell|shell|coastal|ocean|nautical|fish|mermaid|crane=波|海|贝壳|仙鹤
9=geometric|zig ?zag|chevron|nordic|scandinavian|scandi|aztec|folk ?art|babushka|union|triangle|two.tone|diamond=几何|北欧|双色
`)

/** Colours before materials: a white metal lantern is white. */
export const COLOUR_WORDS = /* @__PURE__ */ rules(`
rose=rose(?= *,| *$)|rose gold|raspberry=玫瑰粉
blush=blush|nude|peach|apricot=浅粉|裸色|杏色
pink=pink|fuchsia|magenta|hot pink|sweetheart=粉
red=red|scarlet|cherry|strawberry|crimson|poppy|burgundy|wine red|retro ?spot|ruby=红(?!色?陶)
clay=terracotta|rust|clay|brick red=陶土红|砖红
orange=orange|coral|tangerine|pumpkin=橙|珊瑚
mustard=mustard|ochre=芥末黄|姜黄
gold=gold|golden=金色|镀金
yellow=yellow|lemon|sunshine=黄(?!铜|麻)
amber=amber|honey|topaz=琥珀
sage=sage|olive|khaki|pistachio=鼠尾草绿|橄榄
forest=forest green|dark green|hunter green|emerald|bottle green|christmas tree=墨绿|深绿
mint=mint|aqua|seafoam|pale green=薄荷绿
teal=teal|turquoise|cyan|peacock=青绿|青色
green=green|lime|apple|botanical|leaf|grass=绿
sky=sky ?blue|light blue|pale blue|baby blue|duck egg|powder blue=天蓝|浅蓝
navy=navy|indigo|midnight|dark blue|denim|royal blue=藏青|海军蓝|靛
blue=blue|cobalt|delft|cornflower|spaceboy|space ?boy|willow=蓝
lilac=lilac|lavender|mauve=丁香紫|薰衣草紫
purple=purple|violet|plum|amethyst|aubergine=紫
charcoal=charcoal|slate|gunmetal|dark gr[ea]y=炭灰|石板
grey=gr[ea]y|stone|heather gr[ea]y=灰
brown=brown|chocolate|tan|leather|camel|mocha|cocoa=棕|褐|咖啡色|巧克力
cream=cream|ivory|vanilla|champagne|antique|off.white=奶油白|象牙|米白
white=white|porcelain|snow=白
black=black|noir|ebony|chalkboard|blackboard=黑
silver=silver|chrome|steel|zinc|galvanised|tin|metal|diamante|crystal|sterling=银|镀锌|不锈钢
copper=copper|bronze=铜
walnut=walnut|mahogany|dark wood|coffee=胡桃
natural=natural|wicker|wooden|wood|rattan|jute|hessian|seagrass|oak|beech|bamboo|acacia|cardboard|kraft|beige|sand|taupe|rustic|coir=原色|原木|柳编|藤|橡木|榉木|竹制|米色|木质
clear=clear|glass|transparent=透明|玻璃
gold=brass|gilt|honeycomb=黄铜
`)
