/** A small sample shop with a trained network, served as `npm start` serves it, with every request written down. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServedEdge, serveEdge } from '../../edge/node.ts'
import type { Store } from '../../edge/store.ts'
import { fitBlend } from '../../trainer/blend.ts'
import { type Histories, readHistories } from '../../trainer/datasets/histories.ts'
import { openLogKey, openPublisherKey, type PublisherKey } from '../../trainer/keys.ts'
import { PRESETS } from '../../trainer/presets.ts'
import { type Destination, makeBundle, prepare, publish } from '../../trainer/publish.ts'
import { modelsAt } from '../../trainer/ranking.ts'
import { generateSample } from '../../trainer/sample/sample.ts'
import { folderDestination, openStore, serve } from '../../trainer/serve.ts'
import { createShop } from '../../trainer/shop-server.ts'
import { train } from '../../trainer/train.ts'
import { tuningSplit } from '../../trainer/train-run.ts'
import { buildWeb } from '../../web/build.ts'

const DIST = join(import.meta.dirname, '..', '..', 'dist')

export interface SeenRequest {
  method: string
  /** With path and query. */
  url: string
  headers: Record<string, string>
  body: string
}

export interface ServedShop {
  url: string
  histories: Histories
  /** What the edge serves, and the folder it is in. */
  store: Store
  storeFolder: string
  destination: Destination
  key: PublisherKey
  /** The log's, which the edge has. */
  logKey: PublisherKey
  /** In the order in which they arrived; empty it between visits. */
  requests: SeenRequest[]
  /** Publishes the next version, with the network that was trained. */
  publishNetwork(): Promise<number>
  /** From now on requests wait, until what is returned is called. */
  hold(): () => void
  /** From now on the shop answers at the same address without an edge behind it. */
  loseEdge(): Promise<void>
  close(): Promise<void>
}

/** @param refreshSeconds how often an open page asks for a newer bundle; 0 never */
export async function serveSampleShop(refreshSeconds = 0): Promise<ServedShop> {
  const home = mkdtempSync(join(tmpdir(), 'vitrine-shop-'))
  const folder = join(home, 'sample')
  await generateSample({ out: folder, seed: 'e2e', products: 240, shoppers: 300, days: 60 })
  const histories = await readHistories(folder)
  const { trainEnds, validation } = tuningSplit(histories)
  const key = await openPublisherKey(join(home, 'key.json'), 'e2e.test')
  const logKey = await openLogKey(join(home, 'log.json'), `${key.name}/log`)
  const storeFolder = join(home, 'bundles')
  const store = await openStore(storeFolder, logKey)
  const destination = folderDestination(store)
  const now = Date.now()
  const counted = fitBlend(modelsAt(histories, trainEnds), validation, histories.queries).weights
  await buildWeb()
  await prepare(destination, key)
  await publish(await makeBundle({ histories, blend: counted, version: 1, now }), key, destination)
  const status = { name: 'Sample', simulated: true, phase: 'ready', version: 1, progress: 1, message: '' } as const
  const shop = await createShop({
    folder,
    dist: join(DIST, 'shop'),
    status: () => status,
    tag: { src: '/edge/vitrine.js', refreshSeconds },
  })
  const requests: SeenRequest[] = []
  let held: Promise<void> | undefined
  let served: ServedEdge = await serve({
    store,
    port: 0,
    host: '127.0.0.1',
    shop,
    onRequest: async (request) => {
      const url = new URL(request.url)
      requests.push({
        method: request.method,
        url: url.pathname + url.search,
        headers: Object.fromEntries([...request.headers].sort()),
        body: await request.clone().text(),
      })
      await held
    },
  })
  return {
    url: served.url,
    histories,
    store,
    storeFolder,
    destination,
    key,
    logKey,
    requests,
    async publishNetwork() {
      const preset = { ...PRESETS.tiny, epochs: 2 }
      const { compiled } = await train(histories, trainEnds, validation, { preset, seed: 1 })
      const { weights } = fitBlend(modelsAt(histories, trainEnds, compiled), validation, histories.queries)
      const version = ((await destination.standing()).model?.version ?? 0) + 1
      await publish(await makeBundle({ histories, network: compiled, blend: weights, version, now }), key, destination)
      return version
    },
    hold() {
      let release = () => {}
      held = new Promise((resolve) => {
        release = resolve
      })
      return release
    },
    async loseEdge() {
      const { port } = served
      await served.close()
      served = await serveEdge(shop, { port })
    },
    async close() {
      await served.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
