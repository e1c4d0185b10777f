/**
 * Whether a changed network may be published: it and the one that is published are asked about the newest wishes of some shoppers whose
 * histories the operator has. What a round made of the network must not be worse there, whatever the round's own numbers say.
 */
import { seeded } from '../../shared/data/random.ts'
import { decodeItems } from '../../shared/model/chunks.ts'
import type { AnyModel } from '../../shared/model/infer.ts'
import { foretell, wishesOf } from '../../shared/model/wishes.ts'
import type { Histories } from '../datasets/histories.ts'
import type { Previous } from '../deltas.ts'
import { type Interval, pairedInterval } from '../evaluate.ts'
import { tokensOf } from '../learning/shoppers.ts'
import { UserError } from '../user-error.ts'

const MAX_SHOPPERS = 1_000
const WISHES = 10
const LATEST = 96
/** In nats a wish: a loss of more than this is none, though chance could have made it. */
const MARGIN = 0.01

export interface Gate {
  shoppers: number
  wishes: number
  /** By how much the loss has grown, in nats a wish, over shoppers. */
  change: Interval
  passes: boolean
}

/** @throws UserError where nobody in the histories wanted anything that the shop has */
export function gate(asked: readonly HeldOut[], before: AnyModel, after: AnyModel): Gate {
  const losses = (model: AnyModel) =>
    Float64Array.from(asked.flatMap(({ tokens, wishes }) => [...foretell(model, tokens, wishes).losses]))
  const shopperOf = asked.flatMap(({ wishes }, n) => wishes.map(() => n))
  const change = pairedInterval(losses(after), losses(before), shopperOf)
  return {
    shoppers: asked.length,
    wishes: shopperOf.length,
    change,
    passes: Number.isFinite(change.mean) && change.low <= 0 && change.mean <= MARGIN,
  }
}

export interface HeldOut {
  tokens: ReturnType<typeof tokensOf>
  wishes: number[]
}

/** Items by the numbers that the published bundle gives them. @throws UserError where there is nobody to ask */
export async function heldOutOf(h: Histories, { manifest, read }: Previous): Promise<HeldOut[]> {
  const items = await read(manifest.chunks.find(({ name }) => name === 'items')?.sha256 ?? '')
  const numbers = new Map(items ? decodeItems(items).map(({ id }, number) => [id, number]) : [])
  const shoppers = seeded('gate').shuffle(Array.from(h.shoppers, (_, s) => s))
  const asked: HeldOut[] = []
  for (const s of shoppers) {
    if (asked.length === MAX_SHOPPERS) break
    const tokens = tokensOf(h, s)
      .map((token) => (token.item < 0 ? token : { ...token, item: numbers.get(h.items[token.item].item_id) ?? -2 }))
      .filter(({ item }) => item !== -2)
      .slice(-LATEST)
    const wishes = wishesOf(tokens).slice(-WISHES)
    if (wishes.length > 0) asked.push({ tokens, wishes })
  }
  if (asked.length > 0) return asked
  throw new UserError(`${h.name}: nobody wanted anything that the shop has`, 'name histories of this shop with --data')
}
