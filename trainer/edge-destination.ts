/** Publishes to an edge over HTTP, as its operator. */
import { decodeLatest } from '../shared/model/bundle.ts'
import type { Destination } from './publish.ts'
import { UserError } from './user-error.ts'

const TIMEOUT_MS = 60_000

/** @param token is sent to this URL and nowhere else, and is in no message */
export function edgeDestination(url: string, token: string): Destination {
  const base = url.replace(/\/$/, '')
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    let response: Response
    try {
      response = await fetch(base + path, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
    } catch (error) {
      throw new UserError(
        `${base}: does not answer (${causeOf(error as Error)})`,
        'is the edge running, and is the URL right?',
      )
    }
    return response
  }
  const put = async (path: string, type: string, body: BodyInit) => {
    const response = await send(path, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      body,
    })
    if (response.ok) return
    const problem = (await response.json().catch(() => ({}))) as { detail?: string; title?: string }
    // Without the path, which is mostly a chunk's hash.
    throw new UserError(
      `${base}: ${response.status} ${problem.detail ?? problem.title ?? ''}`,
      response.status === 401 ? 'is VITRINE_TOKEN the token the edge was started with?' : 'publish again',
    )
  }
  return {
    async latest() {
      const response = await send('/v1/latest', {})
      if (response.status === 404 || response.status === 503) return undefined
      if (!response.ok) throw new UserError(`${base}/v1/latest: ${response.status}`, 'is this the URL of an edge?')
      return decodeLatest(await response.text())
    },
    async readChunk(sha256) {
      const response = await send(`/v1/chunks/${sha256}`, {})
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined
    },
    putChunk: (sha256, bytes) =>
      put(`/v1/operator/chunks/${sha256}`, 'application/octet-stream', bytes as Uint8Array<ArrayBuffer>),
    setLatest: (next) => put('/v1/operator/latest', 'application/json', JSON.stringify(next)),
  }
}

/** What fetch does not say by itself: "getaddrinfo ENOTFOUND edge.example", "self-signed certificate". */
function causeOf(error: Error): string {
  const { message, code } = (error.cause ?? {}) as NodeJS.ErrnoException
  // Of a host with several addresses, each refused, there is no message.
  return message || code || error.name
}
