/** A shop with a network small enough to learn with in a second, and shoppers whose next wish can be foreseen by learning. */
import type { BrowserContext, Page } from 'playwright-core'
import { makeBundle } from '../../../trainer/publish.ts'
import type { Status } from '../../../web/protocol.ts'
import { SMALL, smallNetwork } from '../../shared/model/small-network.ts'
import { historiesOf, viewsOf } from '../../trainer/small-histories.ts'
import { type Published, record, type Signer } from '../edge.ts'
import { openVisit, until, type Visit } from '../visit.ts'

/** @param seed of the network */
export function smallBundle(version: number, seed: string) {
  const everyone = Array.from({ length: 20 }, (_, n) => viewsOf(n, n + 20, (n + 7) % SMALL.items))
  return makeBundle({
    histories: historiesOf(everyone, SMALL.items),
    network: smallNetwork(seed),
    blend: { network: 1, rules: 0.1, popularity: 0.01, buyAgain: 0 },
    version,
    now: Date.now(),
  })
}

export async function publishNetwork(signer: Signer, version: number, seed: string): Promise<Published> {
  const bundle = await smallBundle(version, seed)
  const names: Published['names'] = new Map(bundle.manifest.chunks.map(({ name, sha256 }) => [name, sha256]))
  return { version, latest: await record(signer, bundle.entry), log: signer.log, chunks: bundle.chunks, names }
}

const MINUTE = 60_000

/** Round and round five items, which the network does not foresee. */
export async function goRound({ page }: Visit, events: number): Promise<void> {
  const start = Date.now() - events * MINUTE
  await page.evaluate(
    ([events, start, minute]) => {
      for (let n = 0; n < events; n++) {
        const items = [{ item_id: `i${[3, 17, 8, 31, 22][n % 5]}` }]
        window.vitrine?.('event', 'view_item', { items, time: start + n * minute })
      }
    },
    [events, start, MINUTE],
  )
}

/** A page whose timers can be told that time has passed; its workers live in real time. */
export async function openTimed(context: BrowserContext, url: string): Promise<Visit> {
  const page = await context.newPage()
  await page.clock.install()
  return openVisit(page, url)
}

/** The page stays in view until what it says of learning is so. */
export async function stay(
  { page, status }: Pick<Visit, 'page' | 'status'>,
  holds: (learning: NonNullable<Status['learning']>) => boolean,
): Promise<NonNullable<Status['learning']>> {
  const { learning } = await until(
    async () => {
      const { learning } = await status()
      // Once the learner has been asked for, time may pass as it likes.
      if (learning?.waiting.includes('visible')) await page.clock.fastForward(10_000)
      return status()
    },
    ({ learning }) => learning !== undefined && holds(learning),
    60_000,
  )
  return learning as NonNullable<Status['learning']>
}

/** All that is kept of learning, as it lies there; the database is not made by looking. */
export const kept = (page: Page): Promise<unknown> =>
  page.evaluate(async () => {
    if ((await indexedDB.databases()).length === 0) return undefined
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('vitrine')
      request.onsuccess = () => resolve(request.result)
    })
    const asked = database.transaction('adapter').objectStore('adapter').get('learned')
    await new Promise((resolve) => {
      asked.onsuccess = resolve
    })
    database.close()
    return asked.result as unknown
  })

export async function putLearned(page: Page, change: string): Promise<void> {
  await page.evaluate(async (change) => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('vitrine')
      request.onsuccess = () => resolve(request.result)
    })
    const transaction = database.transaction('adapter', 'readwrite')
    const store = transaction.objectStore('adapter')
    const asked = store.get('learned')
    asked.onsuccess = () => store.put(new Function('learned', `${change}; return learned`)(asked.result), 'learned')
    await new Promise((resolve) => {
      transaction.oncomplete = resolve
    })
    database.close()
  }, change)
}
