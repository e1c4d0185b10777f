/** A product as every part of Vitrine sees it: what an importer makes of a feed, and what a bundle shows of it. */

export type Availability = 'in_stock' | 'out_of_stock' | 'preorder' | 'backorder'

/** Something to read or watch, recommended like a product: it has no price and goes into no cart. */
export const CONTENT_KINDS = ['guide', 'video'] as const
export type ContentKind = (typeof CONTENT_KINDS)[number]

export interface Product {
  item_id: string
  /** Absent for what is sold. */
  kind?: ContentKind
  title: string
  description?: string
  brand?: string
  /** From the root down: ["Home", "Kitchen", "Mugs"]. Empty when the source has none. */
  category: string[]
  /** In `currency`, of one unit. Missing when the source has none: never 0. */
  price?: number
  /** Before a reduction. */
  list_price?: number
  /** ISO 4217. */
  currency?: string
  availability?: Availability
  stock?: number
  /** Colour, size, material… as the source names them. */
  attributes?: Record<string, string>
  rating?: number
  review_count?: number
  url?: string
  /** Where the shop keeps the picture. Without one, a picture is drawn from the title (`picture.ts`). */
  image_link?: string
  item_group_id?: string
  /** BCP 47 of title and description; "en" where the source does not say. */
  language?: string
  /** The same product in other languages, by BCP 47; of attributes the values, under the same names. */
  translations?: Record<string, Pick<Product, 'title' | 'description' | 'attributes'> & { category?: string[] }>
}

/** Can it be bought now? A feed without availability says nothing against it. */
export function isAvailable(product: Product): boolean {
  return product.availability !== 'out_of_stock' && product.stock !== 0
}

/** Has it a price and a place in a cart? What a feed gives no price for is still a product. */
export function isForSale(product: Pick<Product, 'kind' | 'price'>): boolean {
  return product.kind === undefined && product.price !== undefined
}

/** A question the shop answers, in the language it is asked. */
export interface Faq {
  id: string
  question: string
  answer: string
  language: string
}

export const CATEGORY_SEPARATOR = ' > '
/** Whether a category, from the root, is another or within it. */
export const liesIn = (category: string, within: string): boolean =>
  category === within || category.startsWith(within + CATEGORY_SEPARATOR)
