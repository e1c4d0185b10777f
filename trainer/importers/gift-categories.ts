/**
 * Categories for a gift shop whose export has none, from the head noun of the description: "SET OF 3 CAKE TINS PANTRY
 * DESIGN" is a tin. English puts the head last, so the title is read from its end until a known noun is met; what follows
 * "with", "for", "in" … describes and is skipped. No known noun, no category: nothing is guessed.
 */
const NOUNS: [group: string, category: string, nouns: string][] = [
  [
    'Kitchen',
    'Mugs & Cups',
    'mug, cup, teacup, egg cup, saucer, tumbler, beaker, glass, goblet, shot glass, flask, hot chocolate mug',
  ],
  ['Kitchen', 'Plates & Bowls', 'bowl, plate, dish, platter, cake plate, side plate, trinket dish, dinnerware, tureen'],
  [
    'Kitchen',
    'Tea & Coffee',
    'teapot, tea set, tea cosy, tea infuser, coffee set, teaspoon, tea strainer, coffee maker, milk jug, sugar bowl, infuser',
  ],
  [
    'Kitchen',
    'Baking',
    'cake case, cakestand, cake stand, cake mould, mould, baking set, cookie cutter, cutter, rolling pin, cake tin, spatula, whisk, jelly mould, baking mould, cakes stand, cake slice, measuring spoon, measuring cup, scale, sieve',
  ],
  [
    'Kitchen',
    'Storage',
    'tea caddy, caddy, tin, jar, canister, bread bin, jam jar, lunch box, snack box, bottle, container, storage tin, storage jar, cannister, biscuit tin, milk bottle, bread crock',
  ],
  [
    'Kitchen',
    'Textiles',
    'apron, tea towel, oven glove, pot holder, tablecloth, table cloth, napkin, placemat, doily, doiley, table runner, oven mitt, gauntlet',
  ],
  [
    'Kitchen',
    'Utensils',
    'pastry brush, apple corer, squeezer, sugar tong, tong, toastrack, breakfast set, cooking set, cutlery, cutlery set, spoon, fork, knife, chopping board, tray, trivet, jug, pan, frying pan, colander, bottle opener, corkscrew, coaster, salt and pepper, cruet, egg timer, kitchen scale, ladle, chopstick, serving set, salad server, peg, timer, butter dish, grater, toast rack, straw',
  ],
  [
    'Home',
    'Candles',
    'candlepot, baroquecandlestick, chocolatecandle, candle, t light, tea light, tealight, candlestick, candle holder, t light holder, tealight holder, candleholder, candle pot, oil burner, incense, scented candle, votive, candle plate, joss stick, night light, nightlight, fragrance, room spray, scent',
  ],
  [
    'Home',
    'Lighting',
    'lantern, lamp, light, string light, fairy light, lampshade, chandelier, lamp shade, torch, light string, lights',
  ],
  ['Home', 'Clocks', 'clock, alarm clock, wall clock, watch'],
  ['Home', 'Frames & Mirrors', 'photoframe, frame, photo frame, mirror, picture frame, photo album, album, photo cube'],
  [
    'Home',
    'Wall Decoration',
    'wall art, sign, metal sign, plaque, wall tidy, wall clock art, blackboard, chalkboard, noticeboard, notice board, memoboard, memo board, picture, print, canvas, wall sticker, letter, block letter, hook, coat rack, wall plaque, tile, alphabet, block, word, calendar, wall organiser, number tile, decal',
  ],
  [
    'Home',
    'Cushions & Throws',
    'squarecushion cover, cushion, cushion cover, throw, blanket, quilt, pillow, rug, beanbag, bean bag, curtain, door curtain, shawl throw, fabric, seat pad, bedspread, bed canopy',
  ],
  [
    'Home',
    'Storage',
    'box, trinket box, storage box, jewellery box, basket, drawer, cabinet, chest, trunk, shelf, rack, magazine rack, bin, waste bin, laundry bin, tidy, stand, bucket, crate, money box, money bank, piggy bank, holder, toilet roll holder, trinket pot, storage cube, organiser, hat box, sewing box, key rack, key cabinet, hanger, coat hanger, storage bag, cupboard, trinket tray',
  ],
  [
    'Home',
    'Furniture & Fittings',
    'drawerknob, mat, love seat, pouffe, doorsign, chair, table, stool, bench, doormat, door mat, doorstop, door stop, doorknob, knob, drawer knob, door bell, doorbell, footstool, bookend, book end, door hanger, finial, bell, handle, screen, deckchair',
  ],
  [
    'Home',
    'Bath & Comfort',
    'flannel, lip gloss, washing up brush, scrubbing brush, bath, shower cap, hot water bottle, soap, soap dish, towel, bath mat, bath sponge, hand warmer, handwarmer, bath salt, toothbrush, toothbrush holder, soap holder, bathroom set, foot spa, eye mask, massager, wheat bag, plaster, hand cream, nail file',
  ],
  [
    'Home',
    'Ornaments',
    'ornament, vase, figurine, statue, snow globe, sculpture, bird ornament, duck, owl, pot pourri, flower vase, cherub, angel, buddha, photo clip, dome, skull, babushka, doll ornament, cloche, birdcage, bird cage, paperweight, photo tree, mobile, feather tree, magnet, fridge magnet, wind chime, windchime, chime, dreamcatcher, hen',
  ],
  [
    'Home',
    'Artificial Flowers',
    'flower, rose, tulip, bouquet, posy, blossom, daisy, orchid, sunflower, leaf, petal, artificial flower, spray, lily',
  ],
  [
    'Garden',
    'Garden & Outdoor',
    'rake, spade, garden brush, wheelbarrow, windsock, twine, fly swat, watering can, planter, plant pot, flower pot, flowerpot, pot, garden kit, plant marker, marker, bird feeder, birdhouse, bird house, bird table, windmill, garden tool, gnome, thermometer, parasol, seed, herb pot, trowel, bird bath, nesting box, garden stake, plant, fork set, toadstool, garden set, hammock, barbecue, gardener, kneeler, kneeling pad, grow kit, growing kit, grow your own, lawn mower',
  ],
  [
    'Garden',
    'Picnic',
    'picnic basket, picnic bag, picnic set, picnic rug, cool bag, cooler bag, cool box, hamper, picnic hamper, picnic blanket, ice cream bowl',
  ],
  [
    'Bags',
    'Shopping & Jumbo Bags',
    'bag, jumbo bag, shopper, shopper bag, shopping bag, tote, tote bag, charlotte bag, recycling bag, jumbo shopper, shoulder bag, beach bag, handbag, hand bag, rucksack, backpack, suitcase, satchel, shopping trolley, trolley, cases, weekend bag, overnight bag',
  ],
  ['Bags', 'Lunch Bags', 'lunch bag, lunchbag, lunch bags'],
  [
    'Bags',
    'Purses & Travel',
    'purse, wallet, make up bag, makeup bag, wash bag, washbag, cosmetic bag, luggage tag, travel card wallet, card holder, passport cover, passport holder, pouch, glasses case, specs case, travel set, sewing kit, manicure set, compact mirror, travel pillow, card wallet, ticket holder, phone case',
  ],
  [
    'Stationery',
    'Cards & Wrap',
    'card, greeting card, birthday card, christmas card, gift wrap, wrap, wrapping paper, tissue paper, ribbon, gift tag, tag, gift bag, envelope, post card, postcard, gift box, wrap roll, bow, paper bag, playing card, card set, sticky tape, tape, wrapping, gift card, swirl, chain of paper, reel, paper',
  ],
  [
    'Stationery',
    'Notebooks & Pens',
    'notebook, pen, pencil, crayon, pencil case, pencil tin, pencil set, sketchbook, journal, diary, eraser, rubber, ruler, sharpener, chalk, memo pad, pad, notepad, note book, book, organizer, stationery set, writing set, stamp, stamp set, sticker, address book, clip, bookmark, paper clip, calculator, address label, paint set, colouring set, drawing set, highlighter, letter rack, recipe box, cook book, paint brush, pencils tube, pencils, pens, sticker sheet, stickers, folder, colouring pencil, sketch book, marker pen, passport',
  ],
  [
    'Stationery',
    'Craft & Sewing',
    'stencil, modelling clay, scissor, needle set, hole punch, stencil craft, craft, craft kit, felt kit, knitting, knitting kit, yarn, button, felt craft, feltcraft, sewing set, sewing basket, pin cushion, pincushion, thread, wool, tape measure, kit, tapestry kit, crochet kit, embroidery kit, bead kit, cross stitch, sewing machine, applique, motif, felt doll, pom pom, patch, bobbin, lace',
  ],
  [
    'Party',
    'Party Supplies',
    'flag, pennant, match, bunting, balloon, paper plate, party cup, paper cup, party bag, garland, paper chain, streamer, confetti, party hat, hat, party set, candle set, cake candle, birthday candle, banner, tissue, pack of tissue, pocket tissue, napkins pack, crown, cone, invite, invitation, mask, party, lollipop, sweet, gum, chocolate, whistle, tattoo, cocktail umbrella, drink umbrella, fan, paper fan, party pack, pinata, honeycomb, paper ball, paper napkin, food container, food cover, party sunglasses, sunglass',
  ],
  [
    'Christmas',
    'Christmas Decoration',
    'christmas decoration, decoration, bauble, christmas tree, wreath, stocking, tinsel, nativity, advent calendar, christmas garland, christmas star, star, snowflake, reindeer, santa, snowman, cracker, christmas bauble, tree decoration, hanging decoration, icicle, christmas stocking, christmas bunting, hanging heart, hanging star, tree, christmas light, christmas ribbon, heart, heart decoration, robin, angel decoration, hanging ornament, pendant decoration, holly, wicker star, wicker heart, xmas tree',
  ],
  [
    'Seasonal',
    'Easter',
    'easter egg, egg, easter bunny, bunny, rabbit, chick, easter basket, easter decoration, easter tree, easter hen',
  ],
  ['Jewellery', 'Necklaces', 'necklace, pendant, locket, choker, necklet, neckl, necklac, lariat'],
  ['Jewellery', 'Bracelets', 'bracelet, bangle, wristband, wristwear, anklet, friendship bracelet, bangles'],
  [
    'Jewellery',
    'Earrings & Rings',
    'earring, ring, brooch, hair clip, hairclip, hair band, hairband, hair grip, hairslide, hair slide, tiara, hair tie, hair comb, ear ring, hair ornament, jewellery set, keyring, key ring, key chain, keychain, phone charm, charm, bag charm, hairgrip, cufflink, headband, drop earring, hoop earring, hat pin, pin, bead, necklace and bracelet, hair claw, bobble, scrunchie, key fob, keyfob, necklace set, diamante ring, expander, bag chain, badge',
  ],
  [
    'Clothing',
    'Accessories',
    'rain mac, skirt, sombrero, umbrella, scarf, glove, sock, slipper, hat scarf, shawl, bootee, belt, shoe, bathrobe, poncho, rain hat, rainhat, boot, flip flop, tie, sunglasses, gloves, mitten, cap, cape, raincoat, pashmina, parka, t shirt, tshirt, ear muff, leg warmer, wellington, dress, bib',
  ],
  [
    'Toys & Games',
    'Toys',
    'toy, doll, soft toy, teddy, teddy bear, bear, puppet, rattle, train, car, spinning top, skipping rope, kite, yo yo, dinosaur, plane, robot, paddle ball, jack in the box, marble, dolly, dolls house, doll house, tractor, animal, helicopter, aeroplane, ball, bouncy ball, juggling ball, rocking horse, horse, horn, glider, racing car, pony, elephant, monkey, frog, cat, dog, farm, tea set toy, bubble, wand, magic wand, fairy doll, finger puppet, playhouse, play house, tent, wigwam, swing, xylophone, drum, harmonica, recorder, flute, music box, gun, rocket, slinky, whoopee cushion, duck toy, rag doll, toybox, toy box, space hopper',
  ],
  [
    'Toys & Games',
    'Games & Puzzles',
    'game, jigsaw, puzzle, domino, dominoes, ludo, snakes and ladders, snakes ladders, backgammon, bingo, bingo set, noughts and crosses, noughts crosses, tic tac toe, skittle, quoits, croquet, darts, chess, board game, solitaire, snap cards, happy families, magic set, joke, poker set, memory game, activity set, origami, chess set, playing cards, tower game, trick, bingo game, table tennis, ping pong, croquet set, tennis set, building block, building blocks, magic, paint by numbers, dice',
  ],
]

const CATEGORY_OF = new Map<string, [group: string, category: string]>()
for (const [group, category, nouns] of NOUNS) {
  for (const noun of nouns.split(', ')) CATEGORY_OF.set(noun.split(' ').map(singular).join(' '), [group, category])
}
const LONGEST_PHRASE = 4

/**
 * Nouns that are more often a pattern than the thing: a "lunch bag dolly girl design" is a bag. They count only where no
 * other noun is known.
 */
const MOTIFS = new Set(
  (
    'heart star flower rose daisy leaf petal blossom posy tulip lily orchid sunflower spray skull babushka owl hen duck ' +
    'angel cherub robin holly tree santa snowman reindeer snowflake doll dolly cat dog frog horse elephant monkey bear ' +
    'pony animal dinosaur car train plane rocket robot tractor farm egg bunny rabbit chick doily doiley lace magic ' +
    'chocolate sweet gum word alphabet letter block bead paper glass fan cone watch party tissue wool print picture book ' +
    'bow bubble postcard toadstool plant scent clip bell tile trick applique swirl passport reel pin cap tie'
  ).split(' '),
)

/** What follows one of these describes the head before it. */
const DESCRIBES = new Set(['with', 'w', 'for', 'in', 'from', 'on', 'to', 'by', 'assorted', 'asstd'])

export function giftCategory(title: string): string[] {
  const words = title
    .toLowerCase()
    .replace(/[’']/g, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && !/^\d+$/.test(word))
    .map(singular)
  const cut = words.findIndex((word, i) => i > 0 && DESCRIBES.has(word))
  const head = cut > 0 ? words.slice(0, cut) : words
  const strong = (words: string[]) => categoryOf(words, (phrase) => !MOTIFS.has(phrase))
  return strong(head) ?? strong(words) ?? categoryOf(head, () => true) ?? categoryOf(words, () => true) ?? []
}

function categoryOf(words: string[], counts: (phrase: string) => boolean): string[] | undefined {
  for (let end = words.length; end > 0; end--) {
    for (let length = Math.min(LONGEST_PHRASE, end); length > 0; length--) {
      const phrase = words.slice(end - length, end).join(' ')
      const found = CATEGORY_OF.get(phrase)
      if (found && counts(phrase)) return [...found]
    }
  }
  return undefined
}

function singular(word: string): string {
  if (word.length < 4 || /(ss|us|is)$/.test(word)) return word
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`
  if (/(x|ch|sh|ss)es$/.test(word)) return word.slice(0, -2)
  return word.endsWith('s') ? word.slice(0, -1) : word
}
