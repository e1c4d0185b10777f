/**
 * One line for each request:
 *
 *     {"level":30,"time":1732233600000,"method":"GET","route":"/v1/chunks/:sha256","status":200,"ms":3,"bytes":51234}
 *
 * This is all that is ever known of a visitor here, by decision: no address, no path or query string as sent (only the
 * pattern of the route), no referrer, no user agent, no header, no cookie. What is not written down cannot be handed
 * over, and a token that was sent in the wrong place is not in a log.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { Logger } from 'pino'

export function logRequests(log: Logger, now: () => number): MiddlewareHandler {
  return async (c, next) => {
    const start = now()
    await next()
    const { status, headers } = c.res
    const length = headers.get('content-length')
    const bytes = c.req.method === 'HEAD' || length === null ? undefined : Number(length)
    const line = { method: c.req.method, route: routeOf(c), status, ms: now() - start, bytes }
    if (status >= 500) log.error({ ...line, reason: c.error && reasonOf(c.error) })
    else log.info(line)
  }
}

/** The pattern of the route that was meant, or `*` for none. Middleware and the last resort end with `*`. */
function routeOf(c: Context): string {
  return matchedRoutes(c).findLast((route) => !route.path.endsWith('*'))?.path ?? '*'
}

/** Where we failed. Node's messages name our own files and values, never a request's headers. */
function reasonOf(error: Error): string {
  return error.name === 'Problem' ? error.message : (error.stack ?? error.message)
}
