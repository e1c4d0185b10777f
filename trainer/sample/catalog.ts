/** The catalogue of the sample shop: distinct, plausible products in English and Chinese, from a seed. */
import { CATEGORY_SEPARATOR, type Product } from '../../shared/data/catalog.ts'
import type { Random } from '../../shared/data/random.ts'
import { UserError } from '../user-error.ts'
import { BRANDS, type Brand } from './brands.ts'
import { LEAVES, type Leaf, type Noun } from './departments.ts'
import { COLOURS, MATERIALS, type Material, PALETTES, STYLES, type Words } from './words.ts'
import { median, type World, type WorldItem } from './world.ts'

const CURRENCY = 'GBP'
const COLOUR_KEYS = Object.keys(COLOURS)
/** A share of the range arrives during the simulated time, the rest was there before. */
const NEW_SHARE = 0.12
const REDUCED_SHARE = 0.14
const OUT_OF_STOCK_SHARE = 0.04
/** Standard deviation of the logarithm of appeal; with the shoppers' choices it gives the popularity curve of a shop. */
const APPEAL_SPREAD = 1.7
/** Draws of one leaf that may repeat a title before the maker's name is added to tell two apart. */
const PATIENCE = 12

/**
 * @param count at least one for each leaf
 * @throws UserError when the words do not suffice for so many distinct titles
 */
export function makeCatalog(random: Random, count: number, days: number): World {
  if (count < LEAVES.length) {
    throw new UserError(
      `--products ${count}: the sample shop has ${LEAVES.length} categories`,
      `ask for at least ${LEAVES.length}`,
    )
  }
  const items: WorldItem[] = []
  const titles = new Set<string>()
  const quotas = leafQuotas(count)
  for (const [index, leaf] of LEAVES.entries()) {
    const brands = brandsFor(leaf)
    let misses = 0
    for (let made = 0; made < quotas[index]; ) {
      const family = leaf.flavours.length > 0 ? flavoured(random, leaf, brands) : crafted(random, leaf, brands)
      const before = made
      for (const draft of family.slice(0, quotas[index] - made)) {
        if (misses > PATIENCE)
          draft.title = { en: `${draft.title.en}, ${draft.brand.name}`, zh: `${draft.title.zh} ${draft.brand.name}` }
        if (titles.has(draft.title.en) || titles.has(draft.title.zh)) continue
        titles.add(draft.title.en)
        titles.add(draft.title.zh)
        items.push(itemOf(random, draft, index, items.length, days))
        made++
      }
      misses = made > before ? 0 : misses + 1
      if (misses > 500)
        throw new UserError(`--products ${count}: no more distinct titles in "${leaf.id}"`, 'ask for fewer products')
    }
  }
  nameGroups(items)
  const indexOf = new Map(LEAVES.map((leaf, index) => [leaf.id, index]))
  return {
    items,
    leaves: LEAVES.map((leaf, index) => {
      const own = items.flatMap((item, i) => (item.leaf === index ? [i] : []))
      return {
        id: leaf.id,
        label: leaf.path.map((part) => part.en).join(CATEGORY_SEPARATOR),
        department: leaf.department,
        items: own,
        complements: leaf.complements.flatMap((id) => indexOf.get(id) ?? []),
        season: leaf.season,
        consumableDays: leaf.consumableDays,
        weight: leaf.weight,
        gift: leaf.gift,
        medianPrice: median(own.map((i) => items[i].price)),
        queries: leafQueries(leaf),
      }
    }),
    brands: BRANDS.map((brand) => brand.name),
    styles: STYLES.map((style) => style.id),
    colours: COLOUR_KEYS,
    currency: CURRENCY,
    languages: ['en', 'zh'],
  }
}

/** What is decided about a product before it has an id. */
interface Draft {
  leaf: Leaf
  brand: Brand
  noun: Noun
  style: number
  colour: number
  title: Words
  description: Words
  listPrice: number
  attributes: Record<string, Words>
  /** Products that differ in colour or size alone share it. */
  family: string
  queries: { en: string[]; zh: string[] }
}

/** Shares by weight, with the rounding given to the largest remainders. */
function leafQuotas(count: number): number[] {
  const total = LEAVES.reduce((sum, leaf) => sum + leaf.weight, 0)
  const exact = LEAVES.map((leaf) => 1 + (leaf.weight / total) * (count - LEAVES.length))
  const quotas = exact.map(Math.floor)
  const order = exact.map((value, i) => ({ i, rest: value - quotas[i] })).sort((a, b) => b.rest - a.rest || a.i - b.i)
  const missing = count - quotas.reduce((sum, n) => sum + n, 0)
  for (let k = 0; k < missing; k++) quotas[order[k].i]++
  return quotas
}

function brandsFor(leaf: Leaf): Brand[] {
  const own = BRANDS.filter((brand) => brand.departments.includes(leaf.department))
  const general = BRANDS.filter((brand) => brand.departments.length === 0)
  return leaf.department === 'food' ? own : [...own, ...general]
}

const joined = (...parts: string[]) => parts.filter((part) => part !== '').join(' ')

function styleOf(random: Random, brand: Brand): number {
  const id = random.pick(brand.styles)
  return STYLES.findIndex((style) => style.id === id)
}

/** "Speckled stoneware mug, sage" and its sisters in other colours. */
function crafted(random: Random, leaf: Leaf, brands: Brand[]): Draft[] {
  const noun = random.pick(leaf.nouns)
  const key = random.pick(noun.materials ?? leaf.materials)
  const material: Material | undefined = MATERIALS[key]
  const surface = material?.surface ?? (leaf.palette === 'cloth' ? 'textile' : 'paper')
  const brand = random.pick(brands)
  const style = styleOf(random, brand)
  const adjectives = STYLES[style].adjectives.filter((word) => word.surfaces.includes(surface))
  if (adjectives.length === 0) return []
  const adjective = random.pick(adjectives)
  // Paper and card go without saying where the noun is a card or a book.
  const implied = key === 'card' || key === 'paper' || (material && noun.en.includes(material.en))
  const named = implied ? undefined : material
  const sizes = leaf.sizes.length > 0 ? leaf.sizes : [undefined]
  const size = random.pick(sizes)
  const price = leaf.price * noun.priceFactor * brand.pricePosition * Math.exp(random.normal() * leaf.priceSpread * 0.6)
  const palette = (leaf.palette ? [...PALETTES[leaf.palette]] : []).filter(
    (colour) => colour !== 'clear' || surface === 'glass',
  )
  const colours = random.shuffle(palette).slice(0, 1 + random.weighted([4, 3, 2, 1]))
  const en = joined(adjective.en, named?.en ?? '', noun.en)
  const zh = `${adjective.zh}${named?.zh ?? ''}${noun.zh}`
  const look = random.pick(STYLES[style].sentences)
  const use = random.pick(leaf.uses)
  const end = size ? { en: `, ${size.en}`, zh: ` ${size.zh}` } : { en: '', zh: '' }
  return colours.map((colour) => {
    const shade = COLOURS[colour]
    return {
      leaf,
      brand,
      noun,
      style,
      colour: COLOUR_KEYS.indexOf(colour),
      title: { en: `${en}, ${shade.en}${end.en}`, zh: `${zh} ${shade.zh}${end.zh}` },
      description: {
        en: joined(`${en} by ${brand.name}, in ${shade.en}.`, look.en, use.en, material?.care.en ?? ''),
        zh: `${brand.name}出品的${zh}，${shade.zh}。${look.zh}${use.zh}${material?.care.zh ?? ''}`,
      },
      listPrice: price * (size?.priceFactor ?? 1),
      attributes: {
        colour: shade,
        ...(material ? { material } : {}),
        style: STYLES[style],
        ...(size ? { size } : {}),
      },
      family: `${en}|${brand.name}`,
      queries: {
        en: [
          noun.en,
          `${shade.en} ${noun.en}`,
          joined(adjective.en.toLowerCase(), noun.en),
          joined(named?.en ?? '', noun.en),
          `${brand.name} ${noun.en}`,
        ],
        zh: [
          noun.zh,
          `${shade.zh}${noun.zh}`,
          `${adjective.zh}${noun.zh}`,
          `${named?.zh ?? ''}${noun.zh}`,
          `${brand.name} ${noun.zh}`,
        ],
      },
    }
  })
}

/** "Fig & cedar soy candle, 180 g" and its sisters in other sizes. */
function flavoured(random: Random, leaf: Leaf, brands: Brand[]): Draft[] {
  const noun = random.pick(leaf.nouns)
  const flavour = random.pick(leaf.flavours)
  const brand = random.pick(brands)
  const style = styleOf(random, brand)
  const price =
    leaf.price *
    noun.priceFactor *
    flavour.priceFactor *
    brand.pricePosition *
    Math.exp(random.normal() * leaf.priceSpread * 0.6)
  const en = joined(flavour.en, noun.en)
  const zh = `${flavour.zh}${noun.zh}`
  const use = random.pick(leaf.uses)
  const look = random.pick(STYLES[style].sentences)
  const sizes = random.next() < 0.5 ? leaf.sizes : [random.pick(leaf.sizes)]
  const goods = noun.en === '' ? flavour : noun
  return sizes.map((size) => ({
    leaf,
    brand,
    noun: goods,
    style,
    colour: -1,
    title: { en: `${en}, ${size.en}`, zh: `${zh} ${size.zh}` },
    description: {
      en: joined(`${en} from ${brand.name}.`, use.en, leaf.department === 'food' ? '' : look.en),
      zh: `${brand.name}出品的${zh}。${use.zh}${leaf.department === 'food' ? '' : look.zh}`,
    },
    listPrice: price * size.priceFactor,
    attributes: {
      [leaf.department === 'food' ? 'flavour' : leaf.department === 'garden' ? 'kind' : 'scent']: flavour,
      size,
      style: STYLES[style],
    },
    family: `${en}|${brand.name}`,
    queries: {
      en: [goods.en, en.toLowerCase(), flavour.en.toLowerCase(), `${brand.name} ${goods.en}`],
      zh: [goods.zh, zh, flavour.zh, `${brand.name} ${goods.zh}`],
    },
  }))
}

function leafQueries(leaf: Leaf): World['leaves'][number]['queries'] {
  const last = leaf.path[leaf.path.length - 1]
  return {
    en: [last.en.toLowerCase(), ...leaf.nouns.map((noun) => noun.en)].filter((text) => text !== ''),
    zh: [last.zh, ...leaf.nouns.map((noun) => noun.zh)].filter((text) => text !== ''),
  }
}

function itemOf(random: Random, draft: Draft, leaf: number, index: number, days: number): WorldItem {
  const listPrice = psychological(draft.listPrice)
  const reduced = random.next() < REDUCED_SHARE ? psychological(listPrice * (0.9 - 0.3 * random.next())) : listPrice
  const stock = random.next() < OUT_OF_STOCK_SHARE ? 0 : 1 + Math.floor(Math.exp(2.8 + 1.1 * random.normal()))
  const attributesIn = (language: keyof Words) =>
    Object.fromEntries(Object.entries(draft.attributes).map(([name, words]) => [name, words[language]]))
  const product: Product = {
    item_id: `V${10001 + index}`,
    title: draft.title.en,
    description: draft.description.en,
    brand: draft.brand.name,
    category: draft.leaf.path.map((part) => part.en),
    price: reduced,
    ...(reduced < listPrice ? { list_price: listPrice } : {}),
    currency: CURRENCY,
    availability: stock === 0 ? 'out_of_stock' : 'in_stock',
    stock,
    attributes: attributesIn('en'),
    item_group_id: draft.family,
    language: 'en',
    translations: {
      zh: {
        title: draft.title.zh,
        description: draft.description.zh,
        category: draft.leaf.path.map((part) => part.zh),
        attributes: attributesIn('zh'),
      },
    },
  }
  return {
    product,
    leaf,
    brand: BRANDS.indexOf(draft.brand),
    style: draft.style,
    colour: draft.colour,
    price: reduced,
    quality: Math.min(0.98, Math.max(0.15, 0.68 + 0.07 * Math.log(draft.brand.pricePosition) + 0.16 * random.normal())),
    appeal: Math.exp(APPEAL_SPREAD * random.normal()) * (reduced < listPrice ? 1.3 : 1),
    arrivalDay: random.next() < NEW_SHARE ? Math.floor(random.next() * days * 0.9) : 0,
    queries: draft.queries,
  }
}

/** Prices as shops write them: 3.25, 7.99, 14.50, 34.95, 120. */
export function psychological(price: number): number {
  if (price < 5) return Math.max(0.5, Math.round(price * 4) / 4)
  if (price < 10) return Math.floor(price) + 0.99
  if (price < 30) return Math.floor(price) + (price % 1 < 0.5 ? 0.5 : 0.95)
  if (price < 100) return Math.round(price) - 0.05
  return Math.round(price / 5) * 5
}

/** A family of one is no group. Others get a short id in order of appearance. */
function nameGroups(items: WorldItem[]): void {
  const families = new Map<string, WorldItem[]>()
  for (const item of items) {
    const family = item.product.item_group_id ?? ''
    families.set(family, [...(families.get(family) ?? []), item])
  }
  let n = 0
  for (const family of families.values()) {
    const name = family.length > 1 ? `G${1001 + n++}` : undefined
    for (const item of family) {
      if (name) item.product.item_group_id = name
      else delete item.product.item_group_id
    }
  }
}
