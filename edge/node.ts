/** Serves an application over HTTP with Node. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'

/** The slowest honest client sends its headers in seconds; holding a connection open with half of them is an attack. */
const HEADERS_TIMEOUT_MS = 10_000
/** An operator with 1 Mbit/s sends the largest chunk in 134 s. */
const REQUEST_TIMEOUT_MS = 180_000
/** Browsers ask again within this time; longer than that, an idle connection only costs. */
const KEEP_ALIVE_MS = 10_000
const MAX_HEADER_BYTES = 16 * 1024
/** What a request in flight gets to finish when the edge is stopped. */
const GRACE_MS = 5_000
const SWEEP_MS = 50

export interface ServedEdge {
  /** Where it answers, without a slash at the end. */
  url: string
  port: number
  /** Stops listening, lets requests in flight finish, then cuts what is left. */
  close(): Promise<void>
}

/**
 * Resolves when the port is open. Port 0 takes any free one.
 * @throws Error with the port and what to do, when it cannot be had.
 */
export async function serveEdge(app: Pick<Hono, 'fetch'>, where: { port: number; host?: string }): Promise<ServedEdge> {
  const { port, host = '127.0.0.1' } = where
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: 1_000,
    },
  }) as Server // createAdaptorServer's type covers HTTP/2 too; without options for it, this is node:http's
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, port, host)))
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo // a TCP port, not a pipe
  let closing: Promise<void> | undefined
  return {
    url: `http://${urlHost(host)}:${address.port}`,
    port: address.port,
    close: () => (closing ??= close(server)),
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS)
    // Node closes the connections that are idle now; one whose request ends later would be kept alive.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
  })
}

function explain(error: NodeJS.ErrnoException, port: number, host: string): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `port ${port} is in use`,
    EACCES: `port ${port} may not be opened by this user`,
    EADDRNOTAVAIL: `host ${host} is no address of this machine, so port ${port} cannot be opened there`,
    ENOTFOUND: `host ${host} is unknown, so port ${port} cannot be opened there`,
  }
  return new Error(reasons[error.code ?? ''] ?? `port ${port} cannot be opened: ${error.message}`, { cause: error })
}

/** Every address of the machine includes this one; IPv6 needs brackets. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
