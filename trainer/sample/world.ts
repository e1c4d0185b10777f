/**
 * The shop as its simulated shoppers see it: items with the qualities that decide who wants them, in leaves of the
 * category tree. Made from the sample catalogue (`catalog.ts`) or from a real one (`real-catalog.ts`).
 */
import type { Product } from '../../shared/data/catalog.ts'
import type { Season } from './departments.ts'

export interface WorldItem {
  product: Product
  leaf: number
  /** Index into `World.brands`, `styles` and `colours`; −1 where there is none. */
  brand: number
  style: number
  colour: number
  /** What shoppers compare budgets with; the product itself may have no price. */
  price: number
  /** How pleased a buyer is on average, 0 to 1. */
  quality: number
  /** How well known it is: the weight of a choice with nothing else to go by. */
  appeal: number
  /** First day on which it can be seen, from 0. */
  arrivalDay: number
  /** What people type to find it, by language. */
  queries: { en: string[]; zh: string[] }
}

export interface WorldLeaf {
  id: string
  label: string
  department: string
  items: number[]
  complements: number[]
  season: Season
  consumableDays?: number
  weight: number
  gift: boolean
  medianPrice: number
  /** Queries for the leaf as a whole. */
  queries: { en: string[]; zh: string[] }
}

export interface World {
  items: WorldItem[]
  leaves: WorldLeaf[]
  brands: string[]
  styles: string[]
  colours: string[]
  currency: string
  languages: string[]
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted.length === 0 ? 0 : sorted[sorted.length >> 1]
}
