/**
 * Starts the edge, alone or with the demo shop before it. One of the two places where the trainer reaches into the edge:
 * a single process serves a shop.
 */
import { Hono } from 'hono'
import { createApp } from '../edge/app.ts'
import type { BundleStore } from '../edge/bundles.ts'
import { type ServedEdge, serveEdge } from '../edge/node.ts'
import packageJson from '../package.json' with { type: 'json' }
import { UserError } from './user-error.ts'

/** The folder an edge serves from. Commands reach it through this file, the only one here that knows the edge. */
export { openBundles } from '../edge/bundles.ts'

export interface ServeOptions {
  bundles: BundleStore
  /** Folder of the built tag. */
  assets: string
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
  const whole = new Hono()
  if (onRequest) {
    whole.use(async (c, next) => {
      await onRequest(c.req.raw)
      await next()
    })
  }
  if (shop) whole.route('/edge', app).route('/', shop)
  else whole.route('/', app)
  return listen(whole, port, host)
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
export function scriptTag(edgeUrl: string, key: string): string {
  return `<script async src="${edgeUrl}/vitrine.js" data-key="${key}" data-wasm referrerpolicy="no-referrer"></script>`
}
