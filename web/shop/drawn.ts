/** PLACEHOLDER until shared/data/picture.ts. */
import type { Product } from '../../shared/data/catalog.ts'
import { hash32 } from '../../shared/data/random.ts'

export function drawn(product: Product): string {
  const hue = hash32(product.item_id) % 360
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><rect width="100" height="100" fill="hsl(${hue} 30% 88%)"/><circle cx="50" cy="54" r="24" fill="hsl(${hue} 32% 62%)"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
