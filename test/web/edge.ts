/** A small published shop and an edge that serves it over real HTTP, with every request written down. */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Product } from '../../shared/data/catalog.ts'
import {
  BUNDLE_FORMAT,
  type ChunkName,
  type DeltaRef,
  encodeManifest,
  type Phase,
  sha256Hex,
} from '../../shared/model/bundle.ts'
import { encodeItems, encodeProbes, encodeRules, encodeShelf, viewOf } from '../../shared/model/chunks.ts'
import { countRules, withinBasket } from '../../shared/model/rules.ts'
import { type ModelEntry, signEntry } from '../../shared/tlog/entry.ts'
import { verifierKeyText } from '../../shared/tlog/note.ts'
import type { Policy } from '../../shared/tlog/policy.ts'
import { parseTilePath } from '../../shared/tlog/tile.ts'
import { withPolicy } from '../../trainer/release.ts'
import { buildWeb } from '../../web/build.ts'
import { MemoryLog } from '../shared/tlog/memory-log.ts'

const TAG = join(import.meta.dirname, '..', '..', 'dist', 'tag')
const NAMES = ['mug', 'lamp', 'vase', 'bowl', 'tray', 'clock', 'kettle', 'candle', 'basket', 'cushion', 'frame', 'rug']

export const PRODUCTS: Product[] = NAMES.map((name, n) => ({
  item_id: `${name}-${n}`,
  title: `Blue ${name}`,
  category: ['Home', n % 2 ? 'Light' : 'Table'],
  price: 4.5 + n,
  currency: 'GBP',
  url: `/p/${name}-${n}`,
  translations: { zh: { title: `蓝色${n}号` } },
}))

export interface Published {
  version: number
  /** The proof that it is on record. */
  latest: string
  /** Where its tiles come from. */
  log: MemoryLog
  /** By SHA-256, the manifest included. */
  chunks: Map<string, Uint8Array>
  names: Map<ChunkName | 'manifest', string>
}

export interface Link {
  ref: DeltaRef
  bytes: Uint8Array
}

/** A publisher, its log and what a tag of theirs pins. */
export interface Signer {
  name: string
  keys: CryptoKeyPair
  log: MemoryLog
  policy: Policy
}

export const makeKeys = () => crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']) as Promise<CryptoKeyPair>

export async function createSigner(name = 'shop.test'): Promise<Signer> {
  const [keys, logKeys] = await Promise.all([makeKeys(), makeKeys()])
  const origin = `${name}/log`
  const policy: Policy = {
    publisher: await verifierKeyText(name, keys.publicKey),
    log: await verifierKeyText(origin, logKeys.publicKey),
    witnesses: [],
    cosignatures: 0,
    maxAgeSeconds: 86_400,
  }
  const log = new MemoryLog({ name: origin, keys: logKeys })
  log.append(await signEntry({ type: 'policy', ...policy }, { name, keys }))
  return { name, keys, log, policy }
}

/** Puts a model on record, and proves it. */
export async function record(signer: Signer, entry: ModelEntry): Promise<string> {
  return signer.log.proof(signer.log.append(await signEntry(entry, signer)))
}

/**
 * Rules in which each product is followed by the next: mug → lamp → vase …
 * @param more chunks of idle time
 */
export async function publish(
  signer: Signer,
  version: number,
  links: readonly Link[] = [],
  more: Partial<Record<ChunkName, Uint8Array>> = {},
  products: readonly Product[] = PRODUCTS,
): Promise<Published> {
  const views = products.map(viewOf)
  const chain = Array.from({ length: 8 }, () => PRODUCTS.map((_, n) => n))
  const popularity = Float32Array.from(PRODUCTS, (_, n) => 100 - n + version)
  const parts: [ChunkName, Phase, Uint8Array][] = [
    ['shelf', 'first', encodeShelf(views.slice(0, 8))],
    ['items', 'rank', encodeItems(views)],
    [
      'rules',
      'rank',
      encodeRules({
        next: countRules(chain, PRODUCTS.length),
        together: countRules(chain, PRODUCTS.length, withinBasket),
        popularity,
      }),
    ],
    ['probes', 'idle', encodeProbes([])],
    ...Object.entries(more).map(([name, bytes]): [ChunkName, Phase, Uint8Array] => [name as ChunkName, 'idle', bytes]),
  ]
  const chunks = new Map<string, Uint8Array>()
  const names: Published['names'] = new Map()
  const refs = []
  for (const [name, phase, bytes] of parts) {
    const sha256 = await sha256Hex(bytes)
    chunks.set(sha256, bytes)
    names.set(name, sha256)
    refs.push({ name, sha256, bytes: bytes.length, phase })
  }
  for (const { ref, bytes } of links) chunks.set(ref.sha256, bytes)
  const bytes = new TextEncoder().encode(
    encodeManifest({
      format: BUNDLE_FORMAT,
      version,
      shop: 'test',
      created: '2026-01-01T00:00:00Z',
      simulated: true,
      items: PRODUCTS.length,
      languages: ['en', 'zh'],
      currency: 'GBP',
      blend: { network: 0, rules: 1, popularity: 0.1, buyAgain: 0.1 },
      chunks: refs,
      ...(links.length > 0 ? { deltas: links.map(({ ref }) => ref) } : {}),
    }),
  )
  const manifest = await sha256Hex(bytes)
  chunks.set(manifest, bytes)
  names.set('manifest', manifest)
  return {
    version,
    latest: await record(signer, { type: 'bundle', version, manifest }),
    log: signer.log,
    chunks,
    names,
  }
}

export interface SeenRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
}

export interface TestEdge {
  url: string
  requests: SeenRequest[]
  /** What is served now; a test replaces or damages it. */
  published: Published | undefined
  /** Every connection is cut. */
  offline: boolean
  close(): void
}

/** @param policy that the tag pins */
export async function startEdge(policy: Policy, published?: Published): Promise<TestEdge> {
  await buildWeb()
  // Read at once: another test may build anew beside this one.
  const assets = new Map(readdirSync(TAG).map((name) => [name, readFileSync(join(TAG, name))]))
  const tag = withPolicy(String(assets.get('vitrine.js')), policy)
  const { server, url } = await listen((request, response) => {
    if (edge.offline) return void request.socket.destroy()
    const { method = '', url: path = '', headers } = request
    edge.requests.push({ method, path, headers })
    const asset = path.startsWith('/assets/') ? assets.get(path.slice('/assets/'.length)) : undefined
    const body = path === '/vitrine.js' ? tag : (asset ?? find(path, edge.published))
    response.setHeader('access-control-allow-origin', '*')
    if (!body) return void response.writeHead(404).end()
    const type = path.endsWith('.js') ? 'text/javascript' : 'application/octet-stream'
    const cache = path === '/v1/latest' || path === '/vitrine.js' ? 'max-age=0' : 'public, max-age=31536000, immutable'
    response.writeHead(200, { 'content-type': type, 'cache-control': cache }).end(body)
  })
  const edge: TestEdge = { url, requests: [], published, offline: false, close: () => closeNow(server) }
  return edge
}

function find(path: string, published: Published | undefined): Uint8Array | string | undefined {
  const [, name = ''] = path.match(/^\/v1\/chunks\/(\w+)$/) ?? []
  if (path === '/v1/latest') return published?.latest
  const tile = parseTilePath(path.replace(/^\/v1\/log\//, ''))
  if (tile) return published?.log.tile(tile)
  return published?.chunks.get(name)
}

export interface TestShop {
  url: string
  close(): void
}

/** A shop of its own origin. `pages` gives a page's HTML and its Content-Security-Policy, if any. */
export async function startShop(pages: (path: string) => { html: string; policy?: string }): Promise<TestShop> {
  const { server, url } = await listen((request, response) => {
    const { html, policy } = pages(new URL(request.url ?? '/', 'http://shop').pathname)
    response.setHeader('content-type', 'text/html; charset=utf-8')
    if (policy) response.setHeader('content-security-policy', policy)
    response.end(html)
  })
  return { url, close: () => closeNow(server) }
}

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

function closeNow(server: Server): void {
  server.close()
  server.closeAllConnections()
}
