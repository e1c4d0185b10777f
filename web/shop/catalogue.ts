/** The catalogue as pages need it: products by id, the tree of categories, and words in the shopper's language. */
import type { StorefrontCatalog, StorefrontProduct } from '../../shared/data/storefront.ts'

export interface Category {
  path: string[]
  /** Products here and below. */
  count: number
  children: Category[]
  /** Shown where the category needs a face. */
  face: StorefrontProduct
  /** The path in other languages, by BCP 47, as the products translate it. */
  names: Record<string, string[]>
}

export interface Catalogue {
  name: string
  simulated: boolean
  currency?: string
  products: StorefrontProduct[]
  byId: Map<string, StorefrontProduct>
  /** What the shop is divided into on its front page and in its header, the largest first. */
  departments: Category[]
  categoryAt(path: string[]): Category | undefined
  /** Products of one item group, in catalogue order. */
  variants(product: StorefrontProduct): StorefrontProduct[]
}

export function createCatalogue(source: StorefrontCatalog): Catalogue {
  const byId = new Map(source.products.map((product) => [product.item_id, product]))
  const byKey = new Map<string, Category>()
  const groups = new Map<string, StorefrontProduct[]>()
  const root: Category[] = []
  for (const product of source.products) {
    for (let depth = 1; depth <= product.category.length; depth++) {
      const path = product.category.slice(0, depth)
      const key = keyOf(path)
      let category = byKey.get(key)
      if (!category) {
        category = { path, count: 0, children: [], face: product, names: {} }
        byKey.set(key, category)
        const siblings = depth === 1 ? root : byKey.get(keyOf(path.slice(0, -1)))!.children
        siblings.push(category)
      }
      category.count++
      if (appeal(product) > appeal(category.face)) category.face = product
      for (const [language, translation] of Object.entries(product.translations ?? {})) {
        if (translation.category?.length === product.category.length) {
          category.names[language] ??= translation.category.slice(0, depth)
        }
      }
    }
    if (product.item_group_id) {
      const group = groups.get(product.item_group_id)
      if (group) group.push(product)
      else groups.set(product.item_group_id, [product])
    }
  }
  const bySize = (a: Category, b: Category) => b.count - a.count
  root.sort(bySize)
  for (const category of byKey.values()) category.children.sort(bySize)
  return {
    name: source.name,
    simulated: source.simulated,
    currency: source.currency,
    products: source.products,
    byId,
    departments: departmentsOf(root, source.products.length),
    categoryAt: (path) => byKey.get(keyOf(path)),
    variants: (product) => groups.get(product.item_group_id ?? '') ?? [],
  }
}

/**
 * Top-level categories; but where one of them holds nearly everything ("Apparel"), what it is divided into says more.
 */
function departmentsOf(root: Category[], products: number): Category[] {
  const [largest] = root
  if (!largest || largest.count < 0.8 * products || largest.children.length < 2) return root
  return departmentsOf(
    [...largest.children, ...root.slice(1)].sort((a, b) => b.count - a.count),
    products,
  )
}

const keyOf = (path: string[]) => JSON.stringify(path)

/** Orders a list when nothing is known of the shopper: well reviewed by many. 0 where nobody reviewed. */
export function appeal(product: StorefrontProduct): number {
  const available = product.availability === 'out_of_stock' || product.stock === 0 ? 0.5 : 1
  return available * ((product.rating ?? 0) - 2.5) * Math.log2(1 + (product.review_count ?? 0))
}

/** The entry for a language, or for its main part: "zh-CN" finds "zh", and "zh" finds "zh-CN". */
export function inLanguage<T>(entries: Record<string, T> | undefined, language: string): T | undefined {
  if (!entries) return undefined
  if (entries[language]) return entries[language]
  const main = language.split('-')[0]
  const found = Object.keys(entries).find((name) => name.split('-')[0] === main)
  return found === undefined ? undefined : entries[found]
}

export function titleOf(product: StorefrontProduct, language: string): string {
  return inLanguage(product.translations, language)?.title ?? product.title
}

export function descriptionOf(product: StorefrontProduct, language: string): string | undefined {
  return inLanguage(product.translations, language)?.description ?? product.description
}

export function attributesOf(product: StorefrontProduct, language: string): Record<string, string> {
  return { ...product.attributes, ...inLanguage(product.translations, language)?.attributes }
}

/** The last part of a category's path, translated where a product translates it. */
export function categoryName(category: Category, language: string): string {
  return (inLanguage(category.names, language) ?? category.path).at(-1)!
}
