/**
 * Writes a simulated shop as a dataset folder. The same options give the same bytes: every shopper has a generator of
 * their own, seeded by the shop's seed and their number, so that one can be changed without moving the others.
 */
import { CATEGORY_SEPARATOR, type Product } from '../../shared/data/catalog.ts'
import type { EventName } from '../../shared/data/events.ts'
import { seeded } from '../../shared/data/random.ts'
import { createDataset, type HistoryEvent } from '../datasets/dataset.ts'
import { UserError } from '../user-error.ts'
import { makeCatalog } from './catalog.ts'
import { FAQ } from './faq.ts'
import { makeGuides, readingOf } from './guides.ts'
import { type Marginals, marginalCounter } from './marginals.ts'
import { worldOfCatalog } from './real-catalog.ts'
import { simulateShopper } from './sessions.ts'
import { makeShopper, segmentsOf, truthOf } from './shoppers.ts'

/** 180 days from here hold the school term, Advent, the sales and St Valentine's day. */
const START_TIME = Date.UTC(2025, 8, 1)

export interface SampleOptions {
  /** The dataset folder to write. */
  out: string
  seed?: number | string
  /** Size of the sample catalogue; without meaning when `catalog` is given. */
  products?: number
  shoppers?: number
  days?: number
  /** Guides and videos beside the products; the sample catalogue's alone. None when left out. */
  guides?: number
  /** A real catalogue to shop in. */
  catalog?: Product[]
  onProgress?: (shoppersDone: number, shoppers: number) => void
}

export interface SampleSummary {
  folder: string
  simulated: true
  seed: string
  shoppers: number
  items: number
  leaves: number
  days: number
  events: number
  sessions: number
  eventsByName: Partial<Record<EventName, number>>
  languages: Record<string, number>
  marginals: Marginals
}

/** @throws UserError when the options leave no shop to simulate */
export async function generateSample(options: SampleOptions): Promise<SampleSummary> {
  const { out, seed = 1, products = 1200, shoppers = 5000, days = 180, guides = 0, catalog, onProgress } = options
  for (const [name, value] of Object.entries({ products, shoppers, days })) {
    if (!Number.isInteger(value) || value < 1)
      throw new UserError(`--${name} ${value}: not a whole number above 0`, `for example --${name} 180`)
  }
  const world = catalog
    ? worldOfCatalog(seeded(`${seed} catalog`), catalog, days)
    : makeCatalog(seeded(`${seed} catalog`), products, days)
  if (!Number.isInteger(guides) || guides < 0) {
    throw new UserError(`--guides ${guides}: not a whole number`, 'for example --guides 24')
  }
  if (catalog && guides > 0) {
    throw new UserError(`--guides ${guides}: there are none for another catalogue`, 'leave out --guides, or --catalog')
  }
  const content = makeGuides(guides)
  const categories = new Map(
    world.items.map(({ product }) => [product.item_id, product.category.join(CATEGORY_SEPARATOR)]),
  )
  const segments = segmentsOf(world)
  const ratings = new Map<string, { sum: number; count: number }>()
  const eventsByName: SampleSummary['eventsByName'] = {}
  const languages: Record<string, number> = {}
  const counter = marginalCounter()
  let marginals: Marginals
  let events = 0
  let sessions = 0
  let from = Number.POSITIVE_INFINITY
  let to = 0
  const dataset = createDataset(out)
  try {
    for (let n = 0; n < shoppers; n++) {
      const random = seeded(`${seed} shopper ${n}`)
      const shopper = makeShopper(random, world, n, days, segments)
      const shopping = simulateShopper(world, shopper, random, START_TIME, days)
      languages[shopper.language] = (languages[shopper.language] ?? 0) + 1
      await dataset.line('truth.jsonl', truthOf(shopper, world, START_TIME))
      for (const session of shopping.sessions) await dataset.line('truth-sessions.jsonl', session)
      sessions += shopping.sessions.length
      const reading = readingOf(seeded(`${seed} reader ${n}`), content, (id) => categories.get(id), shopping.events)
      for (const event of inOrder([...shopping.events, ...reading])) {
        await dataset.event(event)
        counter.add(event)
        events++
        eventsByName[event.name] = (eventsByName[event.name] ?? 0) + 1
        if (event.name === 'review') {
          const rated = ratings.get(event.items[0].item_id) ?? { sum: 0, count: 0 }
          ratings.set(event.items[0].item_id, { sum: rated.sum + event.rating, count: rated.count + 1 })
        }
        from = Math.min(from, event.time)
        to = Math.max(to, event.time)
      }
      onProgress?.(n + 1, shoppers)
    }
    for (const { product } of world.items) {
      const rated = catalog ? undefined : ratings.get(product.item_id)
      await dataset.product(
        rated
          ? { ...product, rating: Math.round((rated.sum / rated.count) * 10) / 10, review_count: rated.count }
          : product,
      )
    }
    for (const guide of content) await dataset.product(guide)
    for (const entry of FAQ) await dataset.faq(entry)
    marginals = counter.finish()
    await dataset.finish({
      format: 'vitrine-dataset/1',
      name: catalog ? 'Catalogue demo' : 'Sample shop',
      simulated: true,
      source: `simulated: seed ${seed}, ${world.items.length} products${guides > 0 ? `, ${guides} guides and videos` : ''}, ${shoppers} shoppers, ${days} days from ${new Date(START_TIME).toISOString().slice(0, 10)}`,
      // Someone who found nothing to look at left no trace.
      shoppers: marginals.shoppers,
      items: world.items.length + content.length,
      events,
      currency: world.currency,
      languages: world.languages,
      ...(events > 0 ? { from: new Date(from).toISOString(), to: new Date(to).toISOString() } : {}),
    })
  } catch (error) {
    await dataset.abandon()
    throw error
  }
  return {
    folder: out,
    simulated: true,
    seed: String(seed),
    shoppers: marginals.shoppers,
    items: world.items.length + content.length,
    leaves: world.leaves.length,
    days,
    events,
    sessions,
    eventsByName,
    languages,
    marginals,
  }
}

const inOrder = (events: HistoryEvent[]) => events.sort((a, b) => a.time - b.time)
