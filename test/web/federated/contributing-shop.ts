/** A shop whose browsers may contribute to rounds, and what stands between them and the leader: for whoever watches them do it. */
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext, Page } from 'playwright-core'
import type { Store } from '../../../edge/store.ts'
import type { ContributionTerms } from '../../../shared/federated/policy.ts'
import { networkHash } from '../../../shared/model/bundle.ts'
import type { TaskEntry } from '../../../shared/tlog/entry.ts'
import type { Policy } from '../../../shared/tlog/policy.ts'
import type { PublisherKey } from '../../../trainer/keys.ts'
import { prepare, publish } from '../../../trainer/publish.ts'
import { folderDestination, type ServeOptions, serve } from '../../../trainer/serve.ts'
import type { Consent } from '../../../web/protocol.ts'
import type { LedgerEntry } from '../../../web/store/ledger.ts'
import { goRound, openTimed, smallBundle, stay } from '../learning/shop.ts'
import { until, type Visit } from '../visit.ts'

type Parties = Record<'leader' | 'helper', Omit<TaskEntry['leader'], 'url'>>

/** Publishes a small network for browsers that contribute with these two aggregators, and serves it. */
export async function serveContributing(
  store: Store,
  key: PublisherKey,
  { leader, helper }: Parties,
  terms: ContributionTerms,
  onRequest?: ServeOptions['onRequest'],
): Promise<{ edge: Awaited<ReturnType<typeof serve>>; policy: Policy; model: string }> {
  const destination = folderDestination(store)
  const contribution = {
    ...terms,
    leader: { operator: leader.operator, key: leader.key },
    helper: { operator: helper.operator, key: helper.key },
  }
  const { policy } = await prepare(destination, key, { contribution })
  const bundle = await smallBundle(1, 'before')
  await publish(bundle, key, destination)
  const edge = await serve({ store, port: 0, host: '127.0.0.1', onRequest })
  return { edge, policy, model: await networkHash(bundle.manifest) }
}

export const scriptOf = (edge: string): string =>
  `<script async src="${edge}/vitrine.js" data-wasm data-consent="remember" data-refresh-seconds="2"></script>`

/** What stands before the leader does with what it is sent, once it has written it down. */
export type Behaviour =
  | 'pass'
  /** Nobody is there. */
  | 'away'
  /** Answers with 503. */
  | 'busy'
  /** Passes it on, and the answer is lost. */
  | 'lose-answer'
  /** Never answers. */
  | 'hold'

export interface RecordingProxy {
  url: string
  behaviour: Behaviour
  /** All that came, as it came, but for what browsers ask before they send (OPTIONS). */
  seen: { method: string; path: string; body: Buffer; headers: IncomingMessage['headers'] }[]
  close(): void
}

export async function recordingProxy(to: string): Promise<RecordingProxy> {
  const server: Server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts)
    const { behaviour } = proxy
    if (behaviour === 'away') return void response.destroy()
    if (method !== 'OPTIONS') proxy.seen.push({ method, path, body, headers })
    if (behaviour === 'busy' && method !== 'OPTIONS') {
      return void response.writeHead(503, { 'access-control-allow-origin': '*' }).end()
    }
    if (behaviour === 'hold' && method !== 'OPTIONS') return
    const { host: _, ...passed } = headers
    const on = httpRequest(to + path, { method, headers: passed }, (answer) => {
      if (behaviour === 'lose-answer' && method !== 'OPTIONS') return void response.destroy()
      // On a connection that it has kept, a browser itself repeats what breaks off.
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, connection: 'close' })
      answer.pipe(response)
    })
    on.on('error', () => response.destroy())
    on.end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: RecordingProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behaviour: 'pass',
    seen: [],
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return proxy
}

/** Who has looked at some items, allows contributions and stays. */
export async function shopper(
  context: BrowserContext,
  url: string,
  views = 8,
  consent: Partial<Consent> = { contribute: true },
): Promise<Visit> {
  const visit = await openTimed(context, url)
  await visit.page.waitForFunction(() => window.vitrine?.running)
  await visit.call('consent', consent)
  await goRound(visit, views)
  await linger(visit)
  return visit
}

/** Long enough in view, of a page that has all it needs, for its device to learn. */
export async function linger(visit: Visit): Promise<void> {
  await until(visit.status, ({ bundle }) => bundle.network)
  await stay(visit, ({ waiting }) => !waiting.includes('visible'))
}

export const ledgerOf = ({ call }: Visit) => call('contributions') as Promise<LedgerEntry[]>

/** The ledger and the outbox as they lie there, by round; the database is not made by looking. */
export const kept = (page: Page): Promise<{ ledger: Record<string, LedgerEntry>; outbox: Record<string, number[]> }> =>
  page.evaluate(async () => {
    const found = { ledger: {}, outbox: {} } as Record<string, Record<string, never>>
    if ((await indexedDB.databases()).length === 0) return found as never
    const wait = (request: IDBRequest) => new Promise((resolve) => (request.onsuccess = resolve))
    const opening = indexedDB.open('vitrine')
    await wait(opening)
    const transaction = opening.result.transaction(['ledger', 'outbox'])
    for (const name of ['ledger', 'outbox']) {
      const [keys, values] = [transaction.objectStore(name).getAllKeys(), transaction.objectStore(name).getAll()]
      await Promise.all([wait(keys), wait(values)])
      keys.result.forEach((key, n) => {
        found[name][String(key)] = (name === 'outbox' ? [...values.result[n]] : values.result[n]) as never
      })
    }
    opening.result.close()
    return found as never
  })

/** As another script of the shop could. @param changed of the entry of a round; of none, what is put there */
export const putEntry = ({ page }: Visit, round: string, changed: unknown): Promise<void> =>
  page.evaluate(
    async ([round, changed]) => {
      const wait = (request: IDBRequest) => new Promise((resolve) => (request.onsuccess = resolve))
      const opening = indexedDB.open('vitrine')
      await wait(opening)
      const store = opening.result.transaction('ledger', 'readwrite').objectStore('ledger')
      const asked = store.get(round as string)
      await wait(asked)
      await wait(store.put(asked.result ? { ...asked.result, ...(changed as object) } : changed, round as string))
      opening.result.close()
    },
    [round, changed],
  )

/** By which a browser draws, where it remembers. */
export const putSecret = ({ page }: Visit, secret: number[]): Promise<void> =>
  page.evaluate(async (secret) => {
    const wait = (request: IDBRequest) => new Promise((resolve) => (request.onsuccess = resolve))
    const opening = indexedDB.open('vitrine')
    await wait(opening)
    const store = opening.result.transaction('pointer', 'readwrite').objectStore('pointer')
    await wait(store.put(new Uint8Array(secret), 'secret'))
    opening.result.close()
  }, secret)
