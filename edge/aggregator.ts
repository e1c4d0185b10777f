/**
 * An aggregator's routes: what shoppers' browsers send, what the publisher asks for, and what a leader asks its helper. It runs by itself,
 * beside the edge or at another operator's. Every error is a problem document (`problem.ts`) with a `code`. No route sets a cookie, and
 * the log does not know who asked (`request-log.ts`); addresses are looked at only to limit what comes from one network.
 */
import { getConnInfo } from '@hono/node-server/conninfo'
import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { type Logger, pino } from 'pino'
import { SECRET_BYTES } from '../shared/federated/report.ts'
import { Rejected } from '../shared/federated/wire.ts'
import { MAX_NOTE_BYTES } from '../shared/tlog/note.ts'
import { MAX_RECORD_BYTES } from '../shared/tlog/tile.ts'
import type { Aggregator } from './aggregation/aggregator.ts'
import { readBody } from './body.ts'
import { limitNetworks, type NetworkLimit } from './network-prefix.ts'
import { asProblem, Problem, problemResponse } from './problem.ts'
import { logRequests } from './request-log.ts'

/** One of 50,000 elements has 430 kB. */
const MAX_REPORT_BYTES = 1 << 20

export interface AggregatorAppOptions {
  aggregator: Aggregator
  /** Who runs it. */
  operator: string
  /** Of reports and withdrawals. */
  limit: NetworkLimit
  /** Silent when left out. */
  log?: Logger
  now?: () => number
}

export function createAggregatorApp(options: AggregatorAppOptions): Hono {
  const { aggregator, operator, log = pino({ level: 'silent' }), now = Date.now } = options
  const spend = limitNetworks(options.limit, now)
  const app = new Hono()

  app.onError((error) =>
    problemResponse(
      error instanceof Rejected
        ? new Problem(400, 'this is not understood here', {}, { code: 'rejected' })
        : asProblem(error),
    ),
  )
  app.use(logRequests(log, now))
  app.use(async (c, next) => {
    await next()
    c.header('x-content-type-options', 'nosniff')
    c.header('cache-control', 'no-store')
    c.header('cross-origin-resource-policy', 'cross-origin')
  })

  // Of shoppers' browsers, from any shop's origin.

  app.use('/v1/rounds/*', cors({ origin: '*', allowMethods: ['GET', 'PUT', 'POST'], maxAge: 86_400 }))

  /** A report; sent again it has no effect. 201 where it is stored, 200 where it was: only then is it acknowledged. */
  app.put('/v1/rounds/:round/reports/:id', async (c) => {
    admit(c)
    const { round, id } = c.req.param()
    const outcome = await aggregator.putReport(round, id, await bodyOf(c, MAX_REPORT_BYTES))
    return c.body(null, outcome === 'stored' ? 201 : 200)
  })

  /** A report is taken back by the secret whose hash is its id, until its round closes. */
  app.post('/v1/rounds/:round/withdrawals', async (c) => {
    spend(addressOf(c))
    const secret = await bodyOf(c, SECRET_BYTES)
    if (secret.length !== SECRET_BYTES) throw new Problem(400, 'no secret of 32 bytes', {}, { code: 'rejected' })
    await aggregator.withdraw(c.req.param('round'), secret)
    return c.body(null, 200)
  })

  /** {"state":"open"}, "closing", {"state":"released","reports":1203,…} or {"state":"aborted","reason":"too-few"} */
  app.get('/v1/rounds/:round', (c) => c.json(aggregator.status(c.req.param('round'))))

  /** The noised sum, whose SHA-256 is on record: elements of the field, as the VDAF encodes them. */
  app.get('/v1/rounds/:round/aggregate', async (c) => {
    const bytes = await aggregator.readAggregate(c.req.param('round'))
    if (!bytes) throw new Problem(404, 'nothing has been released', {}, { code: 'not-released' })
    return c.body(new Uint8Array(bytes), 200, { 'content-type': 'application/octet-stream' })
  })

  // Of the publisher, whose signature is on what is sent.

  /** An entry for the log, signed by the publisher: answered with this aggregator's signature line, or with why not. */
  app.post('/v1/signatures', async (c) => c.text(await aggregator.sign(await bodyOf(c, MAX_RECORD_BYTES))))

  /** A round's record, signed by the publisher and both aggregators: the round is open from here on. First to the helper. */
  app.post('/v1/rounds', async (c) => {
    await aggregator.openRound(await bodyOf(c, MAX_RECORD_BYTES))
    return c.body(null, 201)
  })

  // Of the publisher and of the leader: `aggregation/messages.ts`.

  app.post('/v1/messages', async (c) => {
    const answer = await aggregator.answer(await bodyOf(c, MAX_NOTE_BYTES))
    return c.body(answer, 200, { 'content-type': 'text/plain; charset=utf-8' })
  })

  app.get('/healthz', (c) => c.json({ status: 'ok', key: aggregator.key, operator }))

  app.notFound(() => problemResponse(new Problem(404, 'no such route', {}, { code: 'no-route' })))
  return app

  /** @throws Problem 403 under Global Privacy Control, 429 where too much comes from one network */
  function admit(c: Context): void {
    if (c.req.header('sec-gpc') === '1') {
      throw new Problem(403, 'Global Privacy Control is on: nothing is taken', {}, { code: 'gpc' })
    }
    spend(addressOf(c))
  }
}

const bodyOf = async (c: Context, maxBytes: number) => new Uint8Array(await readBody(c.req.raw, maxBytes))

/** Undefined where the application is called without a connection. */
function addressOf(c: Context): string | undefined {
  return c.env?.incoming ? getConnInfo(c).remote.address : undefined
}
