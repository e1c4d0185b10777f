/** A query of a few items, for models that read nothing else of it. */
import { VIEW } from '../../../shared/data/sequence.ts'
import type { Query } from '../../../trainer/queries.ts'

export function queryOf(items: number[]): Query {
  return {
    shopper: 0,
    items: Int32Array.from(items),
    actions: new Uint8Array(items.length).fill(VIEW),
    times: Float64Array.from(items.keys()),
    time: items.length,
    relevant: new Set(),
    excluded: new Set(),
  }
}
