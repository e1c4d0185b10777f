/** The network's state at moments of many shoppers' histories: each history is read once. */
import type { Product } from '../../shared/data/catalog.ts'
import type { ShopEvent } from '../../shared/data/events.ts'
import { tokensOf } from '../../shared/data/sequence.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import { startState, step } from '../../shared/model/infer.ts'
import type { Moment } from './moments.ts'

/** (moments, d) */
export function statesAt(
  network: CompiledModel,
  products: readonly Product[],
  shoppers: readonly { events: readonly ShopEvent[] }[],
  moments: readonly Pick<Moment, 'shopper' | 'seen'>[],
): Float32Array[] {
  const numbers = new Map(products.map(({ item_id }, n) => [item_id, n]))
  const byShopper: { seen: number; n: number }[][] = shoppers.map(() => [])
  moments.forEach(({ shopper, seen }, n) => {
    byShopper[shopper].push({ seen, n })
  })
  const states: Float32Array[] = new Array(moments.length)
  byShopper.forEach((asked, shopper) => {
    const { events } = shoppers[shopper]
    const state = startState(network)
    let read = 0
    for (const { seen, n } of asked.sort((a, b) => a.seen - b.seen)) {
      for (const token of tokensOf(events.slice(read, seen), (id) => numbers.get(id))) step(network, state, token)
      read = seen
      states[n] = Float32Array.from(state.state)
    }
  })
  return states
}
