/**
 * Starts the edge, alone or with the demo shop before it. One of the two places where the trainer reaches into the edge:
 * a single process serves a shop.
 */
import { Hono } from 'hono'
import { type Aggregator, type AggregatorOptions, openAggregator } from '../edge/aggregation/aggregator.ts'
import { postMessage } from '../edge/aggregation/post.ts'
import { type AggregatorAppOptions, createAggregatorApp } from '../edge/aggregator.ts'
import { createApp } from '../edge/app.ts'
import { type ServedEdge, serveEdge } from '../edge/node.ts'
import { Problem } from '../edge/problem.ts'
import type { Store } from '../edge/store.ts'
import { createWitness, type WitnessOptions } from '../edge/witness.ts'
import { AWAITS_WITNESSES } from '../edge/witnesses.ts'
import packageJson from '../package.json' with { type: 'json' }
import { pinnedName } from '../shared/tlog/release-files.ts'
import { AwaitsWitnesses, type Destination } from './publish.ts'
import { UserError } from './user-error.ts'

export type { RoundStatus } from '../edge/aggregation/aggregator.ts'
/** How a publisher speaks to aggregators. */
export { openAnswer, signQuestion } from '../edge/aggregation/messages.ts'
/** The folder an edge serves from. Commands reach it through this file, the only one here that knows the edge. */
export { openStore } from '../edge/store.ts'
/** What an edge answers to an entry that is committed, and not served yet. */
export { AWAITS_WITNESSES, postMessage }

export interface ServeOptions {
  store: Store
  operatorTokenSha256?: string
  port: number
  host: string
  /** A storefront that the edge is mounted in, under /edge. */
  shop?: Hono
  log?: Parameters<typeof createApp>[0]['log']
  /** Sees each request before it is answered: how a test knows all that a browser sent. */
  onRequest?: (request: Request) => Promise<void>
}

/** @throws UserError when the port cannot be had */
export async function serve({ shop, port, host, onRequest, ...edge }: ServeOptions): Promise<ServedEdge> {
  const app = createApp({ ...edge, version: packageJson.version })
  const signing = signHourly(edge.store.log, edge.log)
  const whole = new Hono()
  if (onRequest) {
    whole.use(async (c, next) => {
      await onRequest(c.req.raw)
      await next()
    })
  }
  if (shop) whole.route('/edge', app).route('/', shop)
  else whole.route('/', app)
  const served = await listen(whole, port, host).catch((error) => {
    clearInterval(signing)
    throw error
  })
  return {
    ...served,
    close() {
      clearInterval(signing)
      return served.close()
    },
  }
}

/** Cosigns what other people's edges put on record. @throws UserError when the port cannot be had */
export async function serveWitness(options: WitnessOptions & Pick<ServeOptions, 'port' | 'host'>): Promise<ServedEdge> {
  const { port, host, ...witness } = options
  return listen(await createWitness(witness), port, host)
}

/** Of what an aggregator does by itself. */
const TICK_MS = 200

type ServeAggregatorOptions = Omit<AggregatorOptions, 'post'> &
  Pick<ServeOptions, 'port' | 'host'> &
  Pick<AggregatorAppOptions, 'limit'>

/** Takes part in rounds. @throws UserError when the port cannot be had */
export async function serveAggregator(options: ServeAggregatorOptions): Promise<ServedEdge & { key: string }> {
  const { port, host, limit, log, now, ...rest } = options
  const aggregator: Aggregator = await openAggregator({ ...rest, log, now, post: postMessage })
  const { operator } = options
  const served = await listen(createAggregatorApp({ aggregator, operator, limit, log, now }), port, host)
  const ticking = setInterval(() => aggregator.tick(), TICK_MS).unref()
  return {
    ...served,
    key: aggregator.key,
    async close() {
      clearInterval(ticking)
      await served.close()
      await aggregator.stop()
    },
  }
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/**
 * A checkpoint says how young it is, now and once an hour; and what could not be published, because a witness was away, is tried again
 * every minute. Where that fails, browsers go on until the policy's age is reached.
 */
function signHourly(log: Store['log'], logger: ServeOptions['log']): NodeJS.Timeout {
  const sign = () =>
    log
      .refresh(HOUR_MS)
      .catch((error: Error) => logger?.error({ reason: error.message }, 'the checkpoint was not signed anew'))
  void sign()
  return setInterval(sign, MINUTE_MS).unref()
}

/** Finds out before minutes of work are done for it. @throws UserError when the port cannot be had */
export async function checkPort(port: number, host: string): Promise<void> {
  const probe = await listen({ fetch: () => new Response() }, port, host)
  await probe.close()
}

function listen(app: Parameters<typeof serveEdge>[0], port: number, host: string): Promise<ServedEdge> {
  return serveEdge(app, { port, host }).catch((error: Error) => {
    const { code = '' } = (error.cause ?? {}) as NodeJS.ErrnoException
    throw new UserError(error.message, PORT_REMEDIES[code] ?? 'name another with --port')
  })
}

const PORT_REMEDIES: Record<string, string> = {
  EADDRINUSE: 'stop what listens there, or name another with --port',
  EACCES: 'name one above 1023 with --port',
  EADDRNOTAVAIL: 'try --host 127.0.0.1',
  ENOTFOUND: 'try --host 127.0.0.1',
}

/** The line a shop pastes into its pages. Under a policy without 'wasm-unsafe-eval' it goes without `data-wasm`. */
export function scriptTag(edgeUrl: string): string {
  return `<script async src="${edgeUrl}/vitrine.js" data-wasm referrerpolicy="no-referrer"></script>`
}

/** The same, for pages that are to run this release and no other: to be pasted anew with each release. */
export function pinnedScriptTag(edgeUrl: string, files: Record<string, string>): string {
  const name = pinnedName(files)
  return `<script async src="${edgeUrl}/assets/${name}" integrity="${name && files[name]}" crossorigin="anonymous" data-wasm referrerpolicy="no-referrer"></script>`
}

/** A destination in this process: a folder that an edge serves, with the log's key. */
export function folderDestination({ log, logKey, readChunk, putChunk }: Store): Destination {
  return {
    async standing() {
      if (!logKey) throw new Error("a folder is published to with the log's key")
      return { ...(await log.next()).standing, logKey }
    },
    readChunk,
    putChunk,
    append: (record) =>
      log.append(record).catch((error: Error) => {
        if (!(error instanceof Problem)) throw error
        if (error.members.code === AWAITS_WITNESSES) throw new AwaitsWitnesses(error.message)
        throw new UserError(error.message, 'publish again')
      }),
  }
}
