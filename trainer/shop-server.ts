/**
 * Serves the demo shop as any storefront is served: pages, a catalogue, pictures, and one script tag in the head.
 *
 *     GET /shop/catalog.json     the whole catalogue, compressed, with an ETag
 *     GET /shop/status           which model is in use, how far training is
 *     GET /shop/coupons/:code    what a coupon takes off, for who enters its code
 *     GET /shop/pictures/:name   local thumbnails, where the operator has them
 *     GET /assets/…              the built pages, immutable
 *     GET anything else          index.html with the tag; 404 when the catalogue knows no such page
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip, constants as zlib } from 'node:zlib'
import { type Context, Hono } from 'hono'
import type { Product } from '../shared/data/catalog.ts'
import { pictureOf } from '../shared/data/picture.ts'
import type { Reduction, ShopStatus, StorefrontCatalog, StorefrontProduct } from '../shared/data/storefront.ts'
import { readDatasetInfo, readLines } from './datasets/dataset.ts'
import { openThumbnails, type Thumbnails, thumbnailOf } from './thumbnails.ts'
import { UserError } from './user-error.ts'

export type { ShopStatus } from '../shared/data/storefront.ts'

export interface ShopOptions {
  /** A dataset: dataset.json and catalog.jsonl are read, nothing else. */
  folder: string
  /** The built shop, dist/shop. */
  dist: string
  /** Asked at every poll. */
  status: () => ShopStatus
  /** The one script tag. Without it the shop is a shop without suggestions. */
  tag?: { src: string; refreshSeconds: number }
  /** What a code takes off now; without it no code is good. */
  redeem?: (code: string) => Reduction | undefined
  /** A folder or a tar of {handle}.jpg. */
  thumbnails?: string
}

/** @throws UserError when the folder is no dataset, the shop has not been built, or the thumbnails are not there. */
export async function createShop(options: ShopOptions): Promise<Hono> {
  if (!existsSync(join(options.dist, 'index.html'))) {
    throw new UserError(`${options.dist}: the shop's pages are not built`, 'run "npm run build"')
  }
  if (options.thumbnails && !existsSync(options.thumbnails)) {
    throw new UserError(
      `${options.thumbnails}: no such file or folder`,
      'leave out the pictures, or name where they are',
    )
  }
  const thumbnails = options.thumbnails ? openThumbnails(options.thumbnails) : undefined
  const catalog = await readCatalog(options.folder, thumbnails)
  const pages = knownPages(catalog.products)
  const policy = contentSecurityPolicy(catalog.products)
  const catalogBody = stored(Buffer.from(JSON.stringify(catalog)), 'application/json; charset=utf-8', 'no-cache')
  const files = readFiles(options.dist)
  const index = withTag(readFileSync(join(options.dist, 'index.html'), 'utf8'), options.tag)
  const indexBody = stored(Buffer.from(index), 'text/html; charset=utf-8', 'no-cache')

  const shop = new Hono()
  shop.use(async (c, next) => {
    await next()
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Referrer-Policy', 'strict-origin-when-cross-origin')
  })
  shop.get('/shop/catalog.json', (c) => catalogBody(c))
  shop.get('/shop/status', (c) => c.json(options.status(), 200, { 'Cache-Control': 'no-store' }))
  shop.get('/shop/coupons/:code', (c) => {
    const reduction = options.redeem?.(c.req.param('code')) ?? null
    return c.json(reduction, 200, { 'Cache-Control': 'no-store' })
  })
  shop.get('/shop/pictures/:name', async (c) => {
    const bytes = await thumbnails?.read(c.req.param('name'))
    if (!bytes) return c.text('no such picture', 404)
    return c.body(new Uint8Array(bytes), 200, {
      'Content-Type': 'image/jpeg',
      'Cache-Control': 'public, max-age=86400',
    })
  })
  shop.get('*', (c) => {
    const path = new URL(c.req.url).pathname // not c.req.path, which is half decoded
    const file = files.get(path)
    if (file) return file(c)
    if (/^\/(assets|shop|edge)\//.test(path)) return c.text('not found', 404)
    c.header('Content-Security-Policy', policy)
    return indexBody(c, pages.has(pageName(path)) ? 200 : 404)
  })
  return shop
}

async function readCatalog(folder: string, thumbnails: Thumbnails | undefined): Promise<StorefrontCatalog> {
  const info = await readDatasetInfo(folder)
  const products: StorefrontProduct[] = []
  for await (const product of readLines<Product>(folder, 'catalog.jsonl')) {
    const thumbnail = thumbnails && thumbnailOf(product, thumbnails)
    products.push({ ...product, picture: pictureOf(product), thumbnail })
  }
  return { name: info.name, simulated: info.simulated, currency: info.currency, languages: info.languages, products }
}

const PAGES = ['/', '/c', '/search', '/cart', '/checkout', '/thanks', '/saved', '/remembered', '/help']

/** The names of all pages, so that a wrong address is a real 404, not a 200 that says so. */
function knownPages(products: Product[]): Set<string> {
  const known = new Set(PAGES)
  for (const { item_id, category } of products) {
    known.add(`/p/${item_id}`)
    for (let depth = 1; depth <= category.length; depth++) known.add(`/c/${category.slice(0, depth).join('/')}`)
  }
  return known
}

function pageName(path: string): string {
  try {
    return decodeURIComponent(path).replace(/(.)\/$/, '$1')
  } catch {
    return path // not UTF-8 behind a percent sign: no page has that name
  }
}

/**
 * What a careful shop would send. Vitrine needs of it: its tag from here, connections to here, and workers made from
 * Blobs. Pages draw pictures as data: images. Nothing is inline: no script, no style element, no eval.
 */
function contentSecurityPolicy(products: StorefrontProduct[]): string {
  const hosts = new Set<string>()
  for (const { image_link, thumbnail } of products) {
    if (image_link && !thumbnail && URL.canParse(image_link)) hosts.add(new URL(image_link).origin)
  }
  return [
    "default-src 'none'",
    // 'wasm-unsafe-eval' lets WebAssembly compile; it does not allow eval.
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    `img-src 'self' data: ${[...hosts].filter((host) => host !== 'null').join(' ')}`.trim(),
    "connect-src 'self'",
    'worker-src blob:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    // HTML comes from Svelte's own templates and code from Vitrine's own files; no other text becomes either.
    "require-trusted-types-for 'script'",
    'trusted-types svelte-trusted-html vitrine',
  ].join('; ')
}

function withTag(html: string, tag: ShopOptions['tag']): string {
  if (!tag) return html
  const script =
    `<script async src="${attribute(tag.src)}" data-consent="auto" ` +
    `data-refresh-seconds="${tag.refreshSeconds}" data-wasm referrerpolicy="no-referrer"></script>`
  return html.replace('</head>', () => `  ${script}\n  </head>`)
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

type Answer = (c: Context, status?: 200 | 404) => Promise<Response>

/** The built shop is small, so it is held in memory: path → answer. index.html is not among them. */
function readFiles(dist: string): Map<string, Answer> {
  const files = new Map<string, Answer>()
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const url = `/${relative(dist, path).replaceAll('\\', '/')}`
    if (!entry.isFile() || url === '/index.html' || entry.name.startsWith('.')) continue
    // Vite names what lies in assets/ by its content.
    const cache = url.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'public, max-age=3600'
    files.set(url, stored(readFileSync(path), TYPES[extname(path)] ?? 'application/octet-stream', cache))
  }
  return files
}

const compressed = { br: promisify(brotliCompress), gzip: promisify(gzip) }

/** Bytes that do not change while the server runs: compressed once per encoding, at the first request that wants it. */
function stored(bytes: Buffer, type: string, cacheControl: string): Answer {
  const tag = createHash('sha256').update(bytes).digest('base64url').slice(0, 22)
  const encoded = new Map<string, Promise<Buffer>>()
  return async (c, status = 200) => {
    const accepted = c.req.header('Accept-Encoding') ?? ''
    const encoding = accepted.includes('br') ? 'br' : accepted.includes('gzip') ? 'gzip' : 'identity'
    const etag = `"${tag}-${encoding}"`
    c.header('ETag', etag)
    c.header('Cache-Control', cacheControl)
    c.header('Vary', 'Accept-Encoding')
    if (status === 200 && c.req.header('If-None-Match')?.includes(etag)) return c.body(null, 304)
    c.header('Content-Type', type)
    if (encoding === 'identity') return c.body(new Uint8Array(bytes), status)
    if (!encoded.has(encoding)) {
      // Quality 6: level 11 takes seconds on a large catalogue, for a tenth fewer bytes.
      const options = { params: { [zlib.BROTLI_PARAM_QUALITY]: 6 } }
      encoded.set(encoding, encoding === 'br' ? compressed.br(bytes, options) : compressed.gzip(bytes))
    }
    c.header('Content-Encoding', encoding)
    return c.body(new Uint8Array(await encoded.get(encoding)!), status)
  }
}
