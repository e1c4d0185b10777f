/** A small network with weights as large as trained ones, compiled as it ships, and histories for it. */
import { seeded } from '../../../shared/data/random.ts'
import { ACTIONS, type Token } from '../../../shared/data/sequence.ts'
import { type CompiledModel, compile } from '../../../shared/model/compile.ts'
import { initParams, type ModelConfig } from '../../../shared/model/params.ts'

export const SMALL: ModelConfig = { items: 40, contentWidth: 0, width: 16, blocks: 2, heads: 2, window: 6, hidden: 12 }

export function smallNetwork(seed: string): CompiledModel {
  const random = seeded(seed)
  const params = initParams(SMALL, seed)
  for (const [name, { values }] of Object.entries(params)) {
    for (let i = 0; i < values.length; i++) {
      if (name.startsWith('item') || name.startsWith('token')) values[i] = 0.3 * random.normal()
      else if (name.includes('norm')) values[i] = 0.5 + random.next()
      else if (name.endsWith('distance')) values[i] = random.normal()
    }
  }
  return compile(SMALL, params)
}

/** @param itemAt the item of each step; any when left out */
export function history(seed: string, length: number, itemAt?: (step: number) => number): Token[] {
  const random = seeded(seed)
  let time = 1_700_000_000_000
  return Array.from({ length }, (_, step) => ({
    item: itemAt?.(step) ?? random.int(SMALL.items),
    action: itemAt ? 0 : random.int(ACTIONS.length - 1),
    time: (time += Math.floor(Math.exp(random.next() * 14) * 1000)),
  }))
}
