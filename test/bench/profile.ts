/**
 * What an event costs a shopper with 2,000 of them, in the worker's own engine without WebAssembly: taken in and the profile
 * read again with its evidence, then the shelf, beside all of it from the beginning.
 *
 *     npm run bench -- profile --json
 */
import type { ShopEvent } from '../../shared/data/events.ts'
import { seeded } from '../../shared/data/random.ts'
import type { ChunkName } from '../../shared/model/bundle.ts'
import { createEngine } from '../../web/worker/engine.ts'
import { madeUpBundle } from './catalogue.ts'
import { quantile, type Row, rounded } from './row.ts'

const EVENTS = 2000
const MEASURED = 300
const ITEMS = 10_000
const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 10, 22)
const NAMES = ['view_item', 'view_item', 'view_item', 'add_to_cart', 'purchase', 'add_to_wishlist'] as const

export async function bench(): Promise<Row[]> {
  const { manifest, chunks } = await madeUpBundle(ITEMS)
  const parts = new Map<ChunkName, Uint8Array>()
  for (const { name, sha256 } of manifest.chunks) parts.set(name, chunks.get(sha256) as Uint8Array)

  const random = seeded('bench profile')
  let made = 0
  const eventAt = (time: number): ShopEvent => {
    const item = { item_id: `SKU-${10_000 + random.int(ITEMS)}`, price: 10, quantity: 1 }
    return { id: `e${made++}`, time, name: random.pick(NAMES), items: [item] }
  }
  let time = NOW - 700 * DAY_MS
  const history = Array.from({ length: EVENTS }, () => {
    time += random.next() < 0.1 ? random.int(6 * DAY_MS) : random.int(90_000)
    return eventAt(time)
  })
  const last = time
  const orders: Record<string, (n: number) => number> = {
    'in order': (n) => last + (n + 1) * 7_000,
    'of one moment': () => last + 7_000,
    late: () => last - random.int(2 * DAY_MS),
  }
  const rows: Row[] = []
  const add = (what: string, times: readonly number[]) =>
    rows.push({
      what,
      events: EVENTS,
      median_cpu_ms: rounded(quantile(times, 0.5)),
      p95_cpu_ms: rounded(quantile(times, 0.95)),
    })
  const engine = createEngine()
  engine.install(parts, manifest)
  const timed = (work: () => unknown) => {
    const began = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(began)
    return (user + system) / 1000
  }
  for (const [order, timeOf] of Object.entries(orders)) {
    engine.setHistory(history, last)
    const [updates, shelves]: number[][] = [[], []]
    for (let n = 0; n < MEASURED; n++) {
      const event = eventAt(timeOf(n))
      const now = Math.max(last, event.time)
      updates.push(
        timed(() => {
          engine.append(event, now)
          engine.profile(now)
        }),
      )
      shelves.push(timed(() => engine.recommend('for-you', { limit: 20, now, language: 'en' })))
    }
    add(`an event ${order}, and the profile after it`, updates)
    add(`a shelf after an event ${order}`, shelves)
  }
  const whole = Array.from({ length: MEASURED }, () =>
    timed(() => {
      engine.setHistory(history, last)
      engine.profile(last)
    }),
  )
  add('all of it from the beginning', whole)
  return rows
}
