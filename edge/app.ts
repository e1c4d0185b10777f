/**
 * The edge: what a shopper's browser fetches, and how an operator puts it there. This file reads as the API's
 * documentation, and GET /openapi.json is made from it.
 *
 * Browsers only GET, from any shop's origin, without credentials; HEAD works wherever GET does. No route sets a cookie
 * or answers one visitor differently from another, and the log does not know who asked (request-log.ts). Every error is
 * a problem document (problem.ts).
 *
 * The application may be mounted under a prefix: `shop.route('/edge', createApp(…))`.
 */
import { createHash } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { validator } from 'hono-openapi'
import { type Logger, pino } from 'pino'
import * as v from 'valibot'
import { MAX_RECORD_BYTES, parseTilePath } from '../shared/tlog/tile.ts'
import { openAssets } from './assets.ts'
import { readBody } from './body.ts'
import { MAX_UPLOAD_BYTES, SHA256_HEX } from './chunks.ts'
import type { Encoding } from './encoding.ts'
import { describe, openApiDocument } from './openapi.ts'
import { requireOperator } from './operator.ts'
import { asProblem, Problem, problemResponse } from './problem.ts'
import { IMMUTABLE, represent, SECONDS, SHORT_LIVED } from './representation.ts'
import { logRequests } from './request-log.ts'
import type { Store } from './store.ts'

export interface EdgeOptions {
  store: Store
  /** SHA-256 of the operator's token, in lower-case hexadecimal. Without it nothing can be published over HTTP. */
  operatorTokenSha256?: string
  /** Silent when left out. */
  log?: Logger
  now?: () => number
  /** Of the software, as /healthz and /openapi.json say it. */
  version: string
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const sha256Schema = v.pipe(v.string(), v.regex(SHA256_HEX, 'the SHA-256 must be 64 lower-case hexadecimal digits'))
const modelSchema = v.object({ version: v.pipe(v.number(), v.integer(), v.minValue(1)), manifest: sha256Schema })
const receiptSchema = v.object({ sha256: sha256Schema, bytes: count })
const placeSchema = v.object({ index: count })
const healthSchema = v.object({
  status: v.literal('ok'),
  version: v.string(),
  uptimeSeconds: count,
  bundle: modelSchema,
})
const statusSchema = v.object({
  version: v.string(),
  uptimeSeconds: count,
  latest: v.optional(
    v.object({ type: v.picklist(['bundle', 'rollback']), ...modelSchema.entries, restores: v.optional(count) }),
  ),
  log: v.object({ key: v.optional(v.string()), size: count }),
  policy: v.optional(v.looseObject({})),
  release: v.optional(v.looseObject({})),
  tasks: v.optional(v.record(v.string(), v.looseObject({}))),
  stored: v.object({ chunks: count, bytes: count }),
})
/** https://w3c.github.io/gpc/#gpc-support-resource. The date is that of the promise, not of a release. */
const GPC = { gpc: true, lastUpdate: '2026-11-22' }
const gpcSchema = v.object({ gpc: v.literal(true), lastUpdate: v.pipe(v.string(), v.isoDate()) })

export function createApp(options: EdgeOptions): Hono {
  const { store, version, log = pino({ level: 'silent' }), now = Date.now } = options
  const assets = openAssets(store)
  const started = now()
  const uptimeSeconds = () => Math.floor((now() - started) / 1000)
  const app = new Hono()

  app.onError((error) => problemResponse(asProblem(error)))
  app.use(logRequests(log, now))
  app.use(headers({ 'x-content-type-options': 'nosniff' }))
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, methods) => problemResponse(notAllowed(c, methods)) }))

  // The operator's routes come first: what opens the public ones to other origins, below, never reaches them.

  app.use('/v1/operator/*', headers({ 'cache-control': 'no-store', 'cross-origin-resource-policy': 'same-origin' }))
  app.use('/v1/operator/*', requireOperator(options.operatorTokenSha256))

  app.put(
    '/v1/operator/chunks/:sha256',
    describe({
      summary: 'Put a chunk, before the bundle that names it is published',
      operator: true,
      body: 'application/octet-stream',
      answers: { 201: receiptSchema, 200: receiptSchema },
      problems: [400, 401, 413, 415, 422, 507],
    }),
    validator('param', v.object({ sha256: sha256Schema }), refuseInvalid),
    async (c) => {
      const { sha256 } = c.req.valid('param')
      const bytes = await readBody(c.req.raw, MAX_UPLOAD_BYTES)
      const outcome = await store.putChunk(sha256, bytes)
      return c.json({ sha256, bytes: bytes.length }, outcome === 'stored' ? 201 : 200)
    },
  )

  app.post(
    '/v1/operator/records',
    describe({
      summary: 'Put an entry on record: a policy, a release of the tag, a bundle or a rollback',
      description:
        'Answers when a checkpoint covers it. What it names must have been put; versions follow one another; of concurrent publishers one wins.',
      operator: true,
      body: 'text/plain',
      answers: { 201: placeSchema, 200: placeSchema },
      problems: [400, 401, 409, 413, 415, 422, 500, 503, 507],
    }),
    async (c) => {
      const { index, outcome } = await store.log.append(await readBody(c.req.raw, MAX_RECORD_BYTES))
      return c.json({ index }, outcome === 'appended' ? 201 : 200)
    },
  )

  app.get(
    '/v1/operator/status',
    describe({
      summary: 'What is published and what is on the disk',
      operator: true,
      answers: { 200: statusSchema },
      problems: [401],
    }),
    async (c) => {
      const { size, standing } = await store.log.next()
      const { policy, release, model, tasks } = standing
      return c.json({
        version,
        uptimeSeconds: uptimeSeconds(),
        latest: model,
        log: { key: store.logKey, size },
        policy,
        release,
        tasks,
        stored: await store.usage(),
      })
    },
  )

  app.all('/v1/operator/*', notFound)

  // The public routes: any origin may read them, embed them (COEP: require-corp) and time them.

  app.use(cors({ origin: '*', allowMethods: ['GET', 'HEAD'], allowHeaders: ['if-none-match'], maxAge: 86_400 }))
  app.use(headers({ 'cross-origin-resource-policy': 'cross-origin', 'timing-allow-origin': '*' }))

  app.get(
    '/vitrine.js',
    describe({ summary: 'The script tag', answers: { 200: 'text/javascript' }, cached: true, problems: [404, 500] }),
    async (c) => {
      const tag = await assets.find('vitrine.js')
      if (!tag) throw new Problem(404, 'no tag has been released: "vitrine publish" releases one')
      return represent(c, tag)
    },
  )

  app.get(
    '/assets/:file',
    describe({
      summary: 'What the tag loads, immutable where the name has a hash; and integrity.json',
      answers: { 200: 'application/octet-stream' },
      cached: true,
      problems: [404, 500],
    }),
    async (c) => {
      const asset = await assets.find(c.req.param('file'))
      if (!asset) throw new Problem(404, 'no such asset')
      return represent(c, asset)
    },
  )

  app.get(
    '/v1/latest',
    describe({
      summary: 'Which bundle to install, with the proof that it is on record (C2SP tlog-proof)',
      answers: { 200: 'text/plain' },
      cached: true,
      problems: [404],
    }),
    async (c) => {
      const proof = await store.log.readLatest()
      if (!proof) throw new Problem(404, 'no bundle has been published')
      return representBytes(c, proof, 'text/plain; charset=utf-8', SHORT_LIVED)
    },
  )

  app.get(
    '/v1/rounds',
    describe({
      summary: 'Which rounds are open for contributions, with the proofs that they are on record',
      answers: { 200: 'application/json' },
      cached: true,
      problems: [],
    }),
    async (c) => representBytes(c, await store.log.readRounds(), 'application/json', SHORT_LIVED),
  )

  app.get(
    '/v1/log/checkpoint',
    describe({
      summary: 'The newest checkpoint of the log (C2SP tlog-tiles)',
      answers: { 200: 'text/plain' },
      cached: true,
      problems: [404],
    }),
    async (c) => {
      const checkpoint = await store.log.readCheckpoint()
      if (!checkpoint) throw new Problem(404, 'nothing is on record yet')
      return representBytes(c, checkpoint, 'text/plain; charset=utf-8', SECONDS)
    },
  )

  app.get(
    '/v1/log/tile/:path{.+}',
    describe({
      summary: 'A tile of the log: of hashes, or of entries (C2SP tlog-tiles)',
      answers: { 200: 'application/octet-stream' },
      cached: true,
      problems: [400, 404],
    }),
    async (c) => {
      const tile = parseTilePath(`tile/${c.req.param('path')}`)
      if (!tile) throw new Problem(400, 'no path of a tile, such as tile/0/x001/x234/067.p/17')
      const bytes = await store.log.readTile(tile)
      if (!bytes) throw new Problem(404, 'no such tile')
      return representBytes(c, bytes, 'application/octet-stream', IMMUTABLE)
    },
  )

  app.get(
    '/v1/chunks/:sha256',
    describe({
      summary: 'A chunk, or a manifest; its SHA-256 is its name',
      answers: { 200: 'application/octet-stream' },
      cached: true,
      problems: [400, 404, 500],
    }),
    validator('param', v.object({ sha256: sha256Schema }), refuseInvalid),
    async (c) => {
      const { sha256 } = c.req.valid('param')
      const read = async (encoding?: Encoding) => {
        const bytes = await store.readChunk(sha256, encoding)
        if (!bytes) throw new Problem(404, 'no such chunk')
        return bytes
      }
      const type = 'application/octet-stream'
      return represent(c, { tag: sha256, type, cacheControl: IMMUTABLE, bytes: await read(), encode: read })
    },
  )

  app.get(
    '/healthz',
    describe({ summary: 'Is there something to serve?', answers: { 200: healthSchema }, problems: [503] }),
    async (c) => {
      const { model } = (await store.log.head()).standing
      const health = { version, uptimeSeconds: uptimeSeconds() }
      if (!model) throw new Problem(503, 'no bundle has been published', {}, health)
      const bundle = { version: model.version, manifest: model.manifest }
      return c.json({ status: 'ok', ...health, bundle }, 200, { 'cache-control': 'no-store' })
    },
  )

  app.get(
    '/.well-known/gpc.json',
    describe({
      summary: 'That Global Privacy Control is honoured',
      description:
        'Browsers look for it at the root of an origin: a shop that mounts the edge elsewhere answers it itself.',
      answers: { 200: gpcSchema },
      cached: true,
      problems: [],
    }),
    (c) => representJson(c, GPC, SHORT_LIVED),
  )

  let document: ReturnType<typeof openApiDocument> | undefined
  app.get(
    '/openapi.json',
    describe({
      summary: 'This document',
      answers: { 200: v.looseObject({ openapi: v.string() }) },
      cached: true,
      problems: [],
    }),
    async (c) => representJson(c, await (document ??= openApiDocument(app, version)), SHORT_LIVED),
  )

  // Said twice, because a mounted application's routes are kept and its notFound is not.
  app.notFound(notFound)
  app.all('*', notFound)
  return app
}

function notFound(): Response {
  return problemResponse(new Problem(404, 'no such route: GET openapi.json lists them'))
}

/** Adds headers to whatever is answered, errors included. */
function headers(added: Record<string, string>) {
  return async (c: Context, next: () => Promise<void>) => {
    await next()
    for (const [name, value] of Object.entries(added)) c.header(name, value)
  }
}

function notAllowed(c: Context, methods: string[]): Problem {
  return new Problem(405, `${c.req.method} is not allowed here`, { allow: methods.join(', ') })
}

function refuseInvalid(result: { success: boolean; error?: readonly { message: string }[] }): void {
  if (!result.success) throw new Problem(400, result.error?.[0]?.message ?? 'the request is not valid')
}

function representJson(c: Context, value: unknown, cacheControl: string): Promise<Response> {
  return representBytes(c, new TextEncoder().encode(JSON.stringify(value)), 'application/json', cacheControl)
}

function representBytes(c: Context, bytes: Uint8Array, type: string, cacheControl: string): Promise<Response> {
  const tag = createHash('sha256').update(bytes).digest('hex')
  return represent(c, { tag, type, cacheControl, bytes })
}
