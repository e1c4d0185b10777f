/**
 * The bundle's chunk that a profile is read with: what the catalogue says of items beyond their cards, what the trainer knows
 * of all shoppers together, and the heads. JSON in columns: a person can read it, and it compresses.
 */
import * as v from 'valibot'
import type { ItemFacts } from './facts.ts'
import { FORETOLD, type Foretold, type YesNoHead } from './foretelling.ts'
import type { Companions } from './interests.ts'
import type { ShopUsage } from './lifecycle.ts'
import type { PriceBands } from './prices.ts'

export interface ProfileChunk {
  /** (V) */
  items: Pick<ItemFacts, 'brand' | 'traits' | 'priceLevel'>[]
  usage: ShopUsage
  priceBands: PriceBands
  companions: Companions
  heads: Partial<Record<Foretold, YesNoHead>>
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const finite = v.pipe(v.number(), v.finite())
const columns = v.object({
  brands: v.array(v.string()),
  /** (V) place in `brands`, −1 for none */
  brand: v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(-1))),
  traits: v.array(v.string()),
  /** (V) places in `traits` */
  traitsOf: v.array(v.array(count)),
  /** (V) hundredths of a standard deviation */
  priceLevel: v.array(v.nullable(v.pipe(v.number(), v.safeInteger()))),
  usage: v.object({ highSpend: finite, orderGapDays: finite, orderValue: finite }),
  priceBands: v.object({ low: finite, high: finite }),
  labels: v.array(v.string()),
  /** Place in `labels`, then pairs of a companion's place and its share in thousandths. */
  companions: v.array(v.array(count)),
  heads: v.partial(v.object(Object.fromEntries(FORETOLD.map((name) => [name, yesNoHead()])) as HeadSchemas)),
})
type HeadSchemas = Record<Foretold, ReturnType<typeof yesNoHead>>
function yesNoHead() {
  return v.object({ bias: finite, weights: v.record(v.string(), finite) })
}

export function encodeProfileChunk({ items, usage, priceBands, companions, heads }: ProfileChunk): Uint8Array {
  const brands = numbered(items.flatMap(({ brand }) => brand ?? []))
  const traits = numbered(items.flatMap((item) => [...item.traits]))
  const labels = numbered([...companions].flatMap(([label, row]) => [label, ...row.map((other) => other.label)]))
  const value: v.InferOutput<typeof columns> = {
    brands: [...brands.keys()],
    brand: items.map(({ brand }) => (brand === undefined ? -1 : (brands.get(brand) as number))),
    traits: [...traits.keys()],
    traitsOf: items.map((item) => item.traits.map((trait) => traits.get(trait) as number)),
    priceLevel: items.map(({ priceLevel }) => (priceLevel === undefined ? null : Math.round(100 * priceLevel))),
    usage,
    priceBands,
    labels: [...labels.keys()],
    companions: [...companions].map(([label, row]) =>
      [labels.get(label) as number].concat(
        row.flatMap((other) => [labels.get(other.label) as number, Math.round(1000 * other.share)]),
      ),
    ),
    heads,
  }
  return new TextEncoder().encode(JSON.stringify(value))
}

/** @throws Error naming the field, or when a column has not one row an item */
export function decodeProfileChunk(bytes: Uint8Array, itemCount: number): ProfileChunk {
  const result = v.safeParse(columns, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  if (!result.success) {
    const issue = result.issues[0]
    throw new Error(`profile: field "${v.getDotPath(issue) ?? '(root)'}": ${issue.message}`)
  }
  const { brands, brand, traits, traitsOf, priceLevel, usage, priceBands, labels, companions, heads } = result.output
  for (const [name, column] of Object.entries({ brand, traitsOf, priceLevel })) {
    if (column.length !== itemCount)
      throw new Error(`profile: column "${name}" has ${column.length} rows, not ${itemCount}`)
  }
  return {
    items: brand.map((number, item) => {
      const level = priceLevel[item]
      return {
        ...(number < 0 ? {} : { brand: at(brands, number, 'brands') }),
        traits: traitsOf[item].map((trait) => at(traits, trait, 'traits')),
        ...(level === null ? {} : { priceLevel: level / 100 }),
      }
    }),
    usage,
    priceBands,
    companions: new Map(
      companions.map(([label, ...pairs]) => [
        at(labels, label, 'labels'),
        Array.from({ length: pairs.length >> 1 }, (_, n) => ({
          label: at(labels, pairs[2 * n], 'labels'),
          share: pairs[2 * n + 1] / 1000,
        })),
      ]),
    ),
    heads,
  }
}

function numbered(labels: readonly string[]): Map<string, number> {
  const numbers = new Map<string, number>()
  for (const label of labels) if (!numbers.has(label)) numbers.set(label, numbers.size)
  return numbers
}

function at(labels: readonly string[], number: number, column: string): string {
  if (number >= labels.length) throw new Error(`profile: no. ${number} of "${column}", which has ${labels.length}`)
  return labels[number]
}
