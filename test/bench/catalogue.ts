/** A made-up shop of any size with a network of random weights: ranking costs the same whatever the numbers are. */
import type { Product } from '../../shared/data/catalog.ts'
import { seeded } from '../../shared/data/random.ts'
import { BUY, VIEW } from '../../shared/data/sequence.ts'
import { compile } from '../../shared/model/compile.ts'
import { contentOf } from '../../shared/model/content.ts'
import { initParams } from '../../shared/model/params.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import { PRESETS } from '../../trainer/presets.ts'
import { type Bundle, makeBundle } from '../../trainer/publish.ts'

const NOUNS = ['mug', 'lamp', 'bowl', 'basket', 'clock', 'candle', 'cushion', 'frame', 'vase', 'tray', 'towel', 'bag']
const STYLES = [
  'speckled',
  'woven',
  'enamel',
  'ribbed',
  'painted',
  'recycled',
  'hand-made',
  'vintage',
  'striped',
  'tall',
]
const COLOURS = ['sage', 'indigo', 'ochre', 'charcoal', 'rose', 'cream', 'terracotta', 'moss', 'sky', 'plum']
const SHOPPERS = 4000

export function madeUpHistories(items: number): Histories {
  const random = seeded(`bench ${items}`)
  const products = Array.from({ length: items }, (_, n): Product => {
    const noun = random.pick(NOUNS)
    return {
      item_id: `SKU-${10_000 + n}`,
      title: `${random.pick(STYLES)} ${random.pick(STYLES)} ${noun}, ${random.pick(COLOURS)}, no. ${random.int(900)}`,
      category: ['Home', noun],
      price: rounded(3 + 60 * random.next() ** 2),
      currency: 'GBP',
    }
  })
  // Zipf's law, as in shops: the n-th item is wanted 1/n as often as the first.
  const popular = () => Math.min(items - 1, Math.floor(items ** random.next()) - 1)
  const item: number[] = []
  const start = [0]
  for (let s = 0; s < SHOPPERS; s++) {
    const length = 5 + random.int(60)
    const taste = popular()
    for (let t = 0; t < length; t++) item.push(random.next() < 0.6 ? (taste + random.int(40)) % items : popular())
    start.push(item.length)
  }
  return {
    name: `made up, ${items} items`,
    simulated: true,
    timed: true,
    items: products,
    queries: [],
    shoppers: Array.from({ length: SHOPPERS }, (_, s) => String(s)),
    start: Uint32Array.from(start),
    item: Int32Array.from(item),
    action: Uint8Array.from(item, (_, at) => (at % 5 === 0 ? BUY : VIEW)),
    time: Float64Array.from(item, (_, at) => 1_760_000_000_000 + at * 60_000),
  }
}

const rounded = (price: number) => Math.round(price * 100) / 100

export async function madeUpBundle(items: number, version = 1): Promise<Bundle> {
  const histories = madeUpHistories(items)
  const { width, blocks, heads, window, hidden } = PRESETS.tiny
  const content = contentOf(histories.items)
  const config = { items, contentWidth: content.width, width, blocks, heads, window, hidden }
  const params = initParams(config, 1)
  // The spread of trained vectors: what brotli makes of them depends on it.
  const random = seeded('spread')
  for (const { values } of Object.values(params))
    for (let i = 0; i < values.length; i++) values[i] += 0.1 * random.normal()
  return makeBundle({
    histories,
    network: compile(config, params, content),
    blend: { network: 1, rules: 1, popularity: 0.3, buyAgain: 0.3 },
    version,
    now: 1_780_000_000_000,
  })
}
