/** Filters and order of a list, kept in the address: `?min=5&max=20&brand=Ash&stock=1&sort=price-up&show=48`. */
import { isAvailable } from '../../shared/data/catalog.ts'
import type { StorefrontProduct } from '../../shared/data/storefront.ts'
import { appeal } from './catalogue.ts'

export const SORTS = ['best', 'price-up', 'price-down', 'rating'] as const
export type Sort = (typeof SORTS)[number]
/** A page of a grid: divides by 2, 3 and 4 columns. */
export const PAGE_SIZE = 24

export interface Filters {
  min?: number
  max?: number
  brands: string[]
  inStock: boolean
  sort: Sort
  /** How many products are shown so far. */
  show: number
}

export function readFilters(params: URLSearchParams): Filters {
  const number = (name: string) => {
    const text = params.get(name)
    const value = Number(text)
    return text && Number.isFinite(value) && value >= 0 ? value : undefined
  }
  const sort = params.get('sort')
  return {
    min: number('min'),
    max: number('max'),
    brands: params.getAll('brand'),
    inStock: params.get('stock') === '1',
    sort: SORTS.find((known) => known === sort) ?? 'best',
    show: Math.max(PAGE_SIZE, number('show') ?? 0),
  }
}

/** Adds the filters to an address, leaving out what is as usual. */
export function writeFilters(filters: Filters, params: URLSearchParams): void {
  if (filters.min !== undefined) params.set('min', String(filters.min))
  if (filters.max !== undefined) params.set('max', String(filters.max))
  for (const brand of filters.brands) params.append('brand', brand)
  if (filters.inStock) params.set('stock', '1')
  if (filters.sort !== 'best') params.set('sort', filters.sort)
  if (filters.show > PAGE_SIZE) params.set('show', String(filters.show))
}

/** How many filters narrow the list. The order and the page do not. */
export function countFilters({ min, max, brands, inStock }: Filters): number {
  return Number(min !== undefined || max !== undefined) + brands.length + Number(inStock)
}

/** @param products in the order that "best" keeps where the list has one of its own, such as a search's. */
export function applyFilters(
  products: StorefrontProduct[],
  { min, max, brands, inStock, sort }: Filters,
  ranked: boolean,
): StorefrontProduct[] {
  const kept = products.filter(
    (product) =>
      (min === undefined || (product.price ?? -1) >= min) &&
      (max === undefined || (product.price ?? Number.POSITIVE_INFINITY) <= max) &&
      (brands.length === 0 || brands.includes(product.brand ?? '')) &&
      (!inStock || isAvailable(product)),
  )
  const last = (product: StorefrontProduct, sign: number) => product.price ?? sign * Number.POSITIVE_INFINITY
  if (sort === 'price-up') kept.sort((a, b) => last(a, 1) - last(b, 1))
  else if (sort === 'price-down') kept.sort((a, b) => last(b, -1) - last(a, -1))
  else if (sort === 'rating') kept.sort((a, b) => (b.rating ?? 0) - (a.rating ?? 0))
  else if (!ranked) kept.sort((a, b) => appeal(b) - appeal(a))
  return kept
}

/** Brands of a list with how many products each has, the largest first. */
export function brandsOf(products: StorefrontProduct[]): { brand: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const { brand } of products) if (brand) counts.set(brand, (counts.get(brand) ?? 0) + 1)
  return [...counts].map(([brand, count]) => ({ brand, count })).sort((a, b) => b.count - a.count)
}
