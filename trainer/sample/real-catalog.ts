/** A real catalogue as a world to shop in: tastes live over its own categories, makers, colours and title words. */
import { CATEGORY_SEPARATOR, type Product } from '../../shared/data/catalog.ts'
import type { Random } from '../../shared/data/random.ts'
import { UserError } from '../user-error.ts'
import { COLOURS } from './words.ts'
import { median, type World } from './world.ts'

/** Title words that tell styles apart: common enough to be a taste, rare enough to say something. */
const STYLE_WORDS = 40
const MIN_WORD_SHARE = 0.004
const MAX_WORD_SHARE = 0.12
const COMPLEMENTS = 3
const APPEAL_SPREAD = 1.7

/** @throws UserError when there is no product */
export function worldOfCatalog(random: Random, products: Product[], days: number): World {
  if (products.length === 0)
    throw new UserError('the catalogue has no product', 'give a catalogue with at least one product')
  const labels = [...new Set(products.map(labelOf))]
  const leafOf = new Map(labels.map((label, index) => [label, index]))
  const brands = [...new Set(products.flatMap(({ brand }) => (brand === undefined ? [] : [brand])))]
  const brandOf = new Map(brands.map((brand, index) => [brand, index]))
  const colours = Object.values(COLOURS).map((colour) => colour.en)
  const styles = styleWords(products)
  const usual = median(products.flatMap((product) => product.price ?? [])) || 1
  const items = products.map((product) => {
    const words = wordsOf(product.title)
    const told = `${product.attributes?.colour ?? product.attributes?.color ?? ''} ${product.title}`.toLowerCase()
    return {
      product,
      leaf: leafOf.get(labelOf(product)) ?? 0,
      brand: product.brand === undefined ? -1 : (brandOf.get(product.brand) ?? -1),
      style: styles.findLastIndex((style) => words.includes(style)),
      colour: colours.findIndex((colour) => told.includes(colour)),
      price: product.price ?? usual,
      quality: Math.min(
        0.98,
        Math.max(0.15, (product.rating === undefined ? 0.68 : product.rating / 6) + 0.14 * random.normal()),
      ),
      appeal: Math.exp(APPEAL_SPREAD * random.normal()) * Math.sqrt(1 + (product.review_count ?? 0)),
      arrivalDay: random.next() < 0.1 ? Math.floor(random.next() * days * 0.9) : 0,
      queries: queriesOf(product),
    }
  })
  const leaves = labels.map((label, index) => {
    const own = items.flatMap((item, i) => (item.leaf === index ? [i] : []))
    const path = label.split(CATEGORY_SEPARATOR)
    const last = path[path.length - 1].toLowerCase()
    return {
      id: label,
      label,
      department: path[0],
      items: own,
      complements: [] as number[],
      season: 'even' as const,
      weight: Math.sqrt(own.length),
      gift: true,
      medianPrice: median(own.map((i) => items[i].price)),
      queries: { en: last === '' ? [] : [last], zh: [] as string[] },
    }
  })
  for (const [index, leaf] of leaves.entries()) leaf.complements = complementsOf(random, leaves, index)
  const languages = new Set(
    products.flatMap((product) => [product.language ?? 'en', ...Object.keys(product.translations ?? {})]),
  )
  return {
    items,
    leaves,
    brands,
    styles,
    colours,
    currency: products.find((product) => product.currency)?.currency ?? 'GBP',
    languages: [...languages],
  }
}

const labelOf = (product: Product) => product.category.join(CATEGORY_SEPARATOR)
const wordsOf = (title: string): string[] => title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

/** From the most to the least frequent, so that the last one found in a title is the most telling. */
function styleWords(products: Product[]): string[] {
  const frequency = new Map<string, number>()
  for (const product of products) {
    for (const word of new Set(wordsOf(product.title))) frequency.set(word, (frequency.get(word) ?? 0) + 1)
  }
  return [...frequency]
    .filter(
      ([word, n]) =>
        word.length > 3 && n >= MIN_WORD_SHARE * products.length && n <= MAX_WORD_SHARE * products.length && n > 1,
    )
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, STYLE_WORDS)
    .map(([word]) => word)
}

/** Leaves that share a parent go together best, then larger ones. */
function complementsOf(random: Random, leaves: World['leaves'], index: number): number[] {
  const path = leaves[index].label.split(CATEGORY_SEPARATOR)
  const weights = leaves.map((leaf, other) => {
    if (other === index) return 0
    const shared = leaf.label.split(CATEGORY_SEPARATOR).findIndex((part, depth) => part !== path[depth])
    return leaf.items.length ** 0.5 * 3 ** (shared < 0 ? path.length : shared)
  })
  const chosen: number[] = []
  while (chosen.length < Math.min(COMPLEMENTS, leaves.length - 1)) {
    const other = random.weighted(weights)
    chosen.push(other)
    weights[other] = 0
  }
  return chosen
}

/** The end of an English title says what it is: "Openwork V-Neck Slit Cover-Up" is looked for as "slit cover-up". */
function queriesOf(product: Product): { en: string[]; zh: string[] } {
  const tokens = product.title.toLowerCase().split(/\s+/)
  const en = [tokens.slice(-2).join(' '), tokens.slice(-3).join(' '), `${tokens[0]} ${tokens[tokens.length - 1]}`].map(
    (q) => q.slice(0, 100),
  )
  const chinese = product.language?.startsWith('zh') ? product.title : product.translations?.zh?.title
  return { en: en.filter((query) => query.trim() !== ''), zh: chinese ? [chinese.slice(0, 20)] : [] }
}
