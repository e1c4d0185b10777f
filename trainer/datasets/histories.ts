/**
 * Histories in memory: every shopper's tokens, flat, 21 bytes a token. What rules, training and evaluation read.
 */
import type { Faq, Product } from '../../shared/data/catalog.ts'
import { seeded } from '../../shared/data/random.ts'
import { tokensOf, VIEW } from '../../shared/data/sequence.ts'
import type { Query } from '../queries.ts'
import { UserError } from '../user-error.ts'
import { type DatasetInfo, type HistoryEvent, readDatasetInfo, readLines } from './dataset.ts'
import type { TestFileReport } from './session-benchmark.ts'

export interface Histories {
  name: string
  simulated: boolean
  /** False for benchmark files, whose order is known but not the times. */
  timed: boolean
  items: Product[]
  /** Distinct queries; a token whose item is −1 − q searched for queries[q]. */
  queries: string[]
  shoppers: string[]
  /** Tokens of shopper s are start[s] … start[s+1] − 1, in time order. */
  start: Uint32Array
  /** (tokens) item number, or −1 − query number. */
  item: Int32Array
  action: Uint8Array
  /** Milliseconds since 1970. */
  time: Float64Array
  info?: DatasetInfo
  /** Questions that the shop answers. */
  faq?: Faq[]
  /** Whether the same item again is a wish of its own, as in session benchmarks, and not one wish that goes on. */
  selfTransitions?: boolean
  /** Of a benchmark that brings its own test. */
  test?: { queries: Query[]; report: TestFileReport }
}

/** Whether items are called anything but their ids. */
export const isTitled = ({ items }: Histories): boolean => items.some(({ title, item_id }) => title !== item_id)

/** Grows like a list, ends as typed arrays. */
function tokenColumns() {
  let item = new Int32Array(1 << 16)
  let action = new Uint8Array(1 << 16)
  let time = new Float64Array(1 << 16)
  let length = 0
  return {
    get length() {
      return length
    },
    push(i: number, a: number, t: number) {
      if (length === item.length) {
        const grown = length * 2
        const [i2, a2, t2] = [new Int32Array(grown), new Uint8Array(grown), new Float64Array(grown)]
        i2.set(item)
        a2.set(action)
        t2.set(time)
        item = i2
        action = a2
        time = t2
      }
      item[length] = i
      action[length] = a
      time[length++] = t
    },
    finish: () => ({ item: item.slice(0, length), action: action.slice(0, length), time: time.slice(0, length) }),
  }
}

/**
 * Reads a dataset folder.
 * @throws UserError when it has no products or no shopper.
 */
export async function readHistories(folder: string): Promise<Histories> {
  const info = await readDatasetInfo(folder)
  const items: Product[] = []
  const numbers = new Map<string, number>()
  for await (const product of readLines<Product>(folder, 'catalog.jsonl')) {
    numbers.set(product.item_id, items.length)
    items.push(product)
  }
  if (items.length === 0) throw new UserError(`${folder}: the catalogue is empty`, 'import a catalogue or a history')
  const events = new Map<string, HistoryEvent[]>()
  for await (const event of readLines<HistoryEvent>(folder, 'events.jsonl')) {
    const own = events.get(event.shopper)
    if (own) own.push(event)
    else events.set(event.shopper, [event])
  }
  const faq: Faq[] = []
  for await (const entry of readLines<Faq>(folder, 'faq.jsonl')) faq.push(entry)
  const queries: string[] = []
  const queryNumbers = new Map<string, number>()
  const columns = tokenColumns()
  const shoppers: string[] = []
  const start = [0]
  // Shoppers in an order that says nothing: files often list them by age or size.
  const order = seeded('shoppers').shuffle([...events.keys()].sort())
  for (const shopper of order) {
    const tokens = tokensOf(events.get(shopper) ?? [], (id) => numbers.get(id))
    for (const { item, action, time, query } of tokens) {
      if (query === undefined) {
        columns.push(item, action, time)
      } else {
        let number = queryNumbers.get(query)
        if (number === undefined) {
          number = queries.length
          queries.push(query)
          queryNumbers.set(query, number)
        }
        columns.push(-1 - number, action, time)
      }
    }
    shoppers.push(shopper)
    start.push(columns.length)
    events.delete(shopper)
  }
  if (columns.length === 0) {
    throw new UserError(`${folder}: no event is about a product of the catalogue`, 'check the item ids of both')
  }
  return {
    name: info.name,
    simulated: info.simulated,
    timed: true,
    items,
    queries,
    shoppers,
    start: Uint32Array.from(start),
    ...columns.finish(),
    info,
    ...(faq.length > 0 ? { faq } : {}),
  }
}

/**
 * Reads a benchmark file, "user item item …" a line in time order. Item numbers are dealt out at random: ids often
 * follow popularity or time, and a tie broken by id would leak it.
 */
export async function readSequenceHistories(
  name: string,
  sequences: AsyncIterable<{ shopper: string; items: string[] }>,
): Promise<Histories> {
  const rows: { shopper: string; items: string[] }[] = []
  const ids = new Set<string>()
  for await (const row of sequences) {
    rows.push(row)
    for (const id of row.items) ids.add(id)
  }
  const order = seeded('items').shuffle([...ids].sort())
  const numbers = new Map(order.map((id, number) => [id, number]))
  const columns = tokenColumns()
  const start = [0]
  for (const { items } of rows) {
    items.forEach((id, step) => {
      columns.push(numbers.get(id) as number, VIEW, step)
    })
    start.push(columns.length)
  }
  return {
    name,
    simulated: false,
    timed: false,
    items: order.map((item_id) => ({ item_id, title: item_id, category: [] })),
    queries: [],
    shoppers: rows.map((row) => row.shopper),
    start: Uint32Array.from(start),
    ...columns.finish(),
  }
}
